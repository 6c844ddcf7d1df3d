/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
/*
 * What avr-libc's own start leaves to a board: semihosting calls, the way out, and the measurement of the stack.
 *
 * The chip has no semihosting, and the emulator is part of bnnc (compiler/runner/avr). They agree on this: GPIOR1 and GPIOR2
 * receive the low and the high byte of the address of a request; writing 1 to GPIOR0 has it answered, as semihosting on other
 * processors does, before the next instruction. These three registers have no function on the chip, and the same addresses
 * on every ATmega. A request and the blocks it points to hold 32-bit numbers, least significant byte first; addresses are
 * those of the data memory.
 */
#include "../board.h"
#include "../semihosting/call.h"

#include <avr/io.h>
#include <stdlib.h>

#define PAINT 0xA7u
#define GUARD 0x5Au

/* The stack grows down from RAMEND to the guard, which is where the variables end. */
extern volatile uint8_t __heap_start[];
#define GUARD_BYTES 2u
#define LOWEST (__heap_start + GUARD_BYTES)

static volatile struct {
  uint32_t operation;
  uint32_t argument;
  int32_t result;
} request;

static const volatile uint8_t *painted_from;
void board_guard(void);
uint32_t board_stack_paint_below(const volatile uint8_t *caller);

int32_t semihosting_call(uint32_t operation, uintptr_t argument) {
  request.operation = operation;
  request.argument = argument;
  GPIOR1 = (uint8_t)((uintptr_t)&request & 0xFFu);
  GPIOR2 = (uint8_t)((uintptr_t)&request >> 8);
  __asm__ volatile("" : : : "memory"); /* what the argument points to is in memory now, ... */
  GPIOR0 = 1u;
  __asm__ volatile("" : : : "memory"); /* ... and may have changed */
  return request.result;
}

/* main is followed by a jump to exit, which by itself would stop the processor. */
void exit(int code) {
  board_exit(code);
}

/* The emulator takes this instruction for a fault. */
void abort(void) {
  __asm__ volatile("break");
  for (;;) {
  }
}

/* Part of the start sequence, behind the clearing of variables: no call, no return. */
__attribute__((naked, used, section(".init5"))) void board_guard(void) {
  __heap_start[0] = GUARD;
  __heap_start[1] = GUARD;
}

int board_stack_overflowed(void) {
  return __heap_start[0] != GUARD || __heap_start[1] != GUARD;
}

/* On entry the stack holds the return address above what its pointer points to; below it was the caller's. */
#if defined(__AVR_3_BYTE_PC__)
#define RETURN_ADDRESS_BYTES "3"
#else
#define RETURN_ADDRESS_BYTES "2"
#endif

__attribute__((naked)) uint32_t board_stack_paint(void) {
  __asm__ volatile(
    "in r24, __SP_L__\n"
    "in r25, __SP_H__\n"
    "adiw r24, " RETURN_ADDRESS_BYTES "\n"
    "jmp board_stack_paint_below\n");
}

/* The stack pointer points to the highest free byte. */
__attribute__((used, noinline)) uint32_t board_stack_paint_below(const volatile uint8_t *caller) {
  volatile uint8_t *byte = (volatile uint8_t *)SP; /* volatile: a loop turned into a call would paint over its own frame */
  uint32_t painted = 0u;
  while (byte >= LOWEST) {
    *byte-- = PAINT;
    painted++;
  }
  painted_from = caller;
  return painted;
}

uint32_t board_stack_used(void) {
  const volatile uint8_t *byte = LOWEST;
  while (byte <= painted_from && *byte == PAINT) byte++;
  return (uint32_t)(uintptr_t)(painted_from + 1 - byte);
}
