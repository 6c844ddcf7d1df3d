/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
/* From reset to board_start on every Cortex-M, and a last word when the processor faults. */
#include "../board.h"
#include "../semihosting/call.h"
#include "../semihosting/fault.h"
#include "../semihosting/stack.h"

void board_reset(void);
void board_fault(void);
void board_report_fault(const uint32_t *frame);

typedef struct {
  uint32_t *stack_top;
  void (*handlers[15])(void);
} vector_table_t;

/* Entries that stay empty are reserved or belong to devices that nobody switches on. */
__attribute__((section(".vectors"), used)) static const vector_table_t vector_table = {
  board_stack_top,
  { board_reset, board_fault, board_fault, board_fault, board_fault, board_fault, 0, 0, 0, 0,
    board_fault, board_fault, 0, board_fault, board_fault },
};

/*
 * The FPU is switched on before any C runs: a compiler is free to use its registers even for clearing .bss. 0xE000ED88
 * is CPACR; bits 20 to 23 give full access to coprocessors 10 and 11, which are the FPU.
 */
__attribute__((naked)) void board_reset(void) {
#if defined(__ARM_FP)
  __asm__ volatile(
    "ldr r0, =0xE000ED88\n"
    "ldr r1, [r0]\n"
    "orr r1, r1, #0x00F00000\n"
    "str r1, [r0]\n"
    "dsb\n"
    "isb\n");
#endif
  __asm__ volatile(
    "ldr r0, =board_start\n"
    "bx r0\n"
    ".ltorg\n");
}

int32_t semihosting_call(uint32_t operation, uintptr_t argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register uintptr_t r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return (int32_t)r0;
}

/* On entry the stack pointer is still the caller's. */
__attribute__((naked)) uint32_t board_stack_paint(void) {
  __asm__ volatile(
    "mov r0, sp\n"
    "ldr r1, =board_stack_paint_below\n"
    "bx r1\n"
    ".ltorg\n");
}

/* The processor has pushed r0-r3, r12, lr, pc and the status register; the handler hands them on. */
__attribute__((naked)) void board_fault(void) {
  __asm__ volatile(
    "mov r0, sp\n"
    "ldr r1, =board_report_fault\n"
    "bx r1\n"
    ".ltorg\n");
}

__attribute__((used, noreturn)) void board_report_fault(const uint32_t *frame) {
  print_register("fault: pc=", frame[6]);
  print_register(" lr=", frame[5]);
  print_register(" exception=", *(const volatile uint32_t *)0xE000ED04u & 0x1FFu);
#if !defined(__ARM_ARCH_6M__)
  print_register(" cfsr=", *(const volatile uint32_t *)0xE000ED28u); /* why: ARMv6-M has no such register */
#endif
  board_print("\n");
  board_exit(BOARD_EXIT_FAULT);
}
