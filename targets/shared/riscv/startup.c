/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
/* From reset to board_start on a 32-bit RISC-V processor in machine mode, and a last word when it traps. */
#include "../board.h"
#include "../semihosting/call.h"
#include "../semihosting/fault.h"
#include "../semihosting/stack.h"

void board_reset(void);
void board_trap(void);
void board_report_trap(uint32_t return_address);

/*
 * The global pointer must be set without relaxation, which would turn the instruction into one that reads the register.
 * The trap handler is in mtvec before any code that could trap; its two lowest bits, the mode, are 0: the handler is aligned.
 */
__attribute__((naked, section(".reset"))) void board_reset(void) {
  __asm__ volatile(
    ".option push\n"
    ".option norelax\n"
    "la gp, __global_pointer$\n"
    ".option pop\n"
    "la sp, board_stack_top\n"
    "la t0, board_trap\n"
    "csrw mtvec, t0\n"
    "j board_start\n");
}

/*
 * The two shifts around ebreak do nothing: they tell a call of the emulator from a breakpoint. The three must be
 * uncompressed and on one page, where the emulator looks for them: hence norvc and the alignment.
 */
__attribute__((noinline)) int32_t semihosting_call(uint32_t operation, uintptr_t argument) {
  register uint32_t a0 __asm__("a0") = operation;
  register uintptr_t a1 __asm__("a1") = argument;
  __asm__ volatile(
    ".option push\n"
    ".option norvc\n"
    ".balign 16\n"
    "slli x0, x0, 0x1f\n"
    "ebreak\n"
    "srai x0, x0, 7\n"
    ".option pop\n"
    : "+r"(a0)
    : "r"(a1)
    : "memory");
  return (int32_t)a0;
}

/* On entry the stack pointer is still the caller's. */
__attribute__((naked)) uint32_t board_stack_paint(void) {
  __asm__ volatile(
    "mv a0, sp\n"
    "j board_stack_paint_below\n");
}

__attribute__((naked, aligned(4))) void board_trap(void) {
  __asm__ volatile(
    "mv a0, ra\n"
    "j board_report_trap\n");
}

__attribute__((used, noreturn)) void board_report_trap(uint32_t return_address) {
  uint32_t cause, address, value;
  __asm__ volatile("csrr %0, mcause\ncsrr %1, mepc\ncsrr %2, mtval" : "=r"(cause), "=r"(address), "=r"(value));
  print_register("fault: pc=", address);
  print_register(" ra=", return_address);
  print_register(" mcause=", cause);
  print_register(" mtval=", value);
  board_print("\n");
  board_exit(BOARD_EXIT_FAULT);
}
