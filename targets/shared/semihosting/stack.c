/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
/*
 * Stack measurement by painting on 32-bit processors, and a guard word: without memory protection an overflow is silent.
 */
#include "stack.h"
#include "../board.h"
#include "call.h"

#define PAINT 0xC0DEFACEu
#define GUARD 0x5AFE57ACu

#if defined(__riscv)
#define MOVE "mv"
#else
#define MOVE "mov"
#endif

static const volatile uint32_t *painted_from;

void board_stack_guard(void) {
  *(volatile uint32_t *)board_stack_limit = GUARD;
}

int board_stack_overflowed(void) {
  return *(const volatile uint32_t *)board_stack_limit != GUARD;
}

__attribute__((used, noinline)) uint32_t board_stack_paint_below(const volatile uint32_t *caller) {
  volatile uint32_t *word; /* volatile: a loop turned into a call of memset would paint over the frame of memset */
  uint32_t painted = 0u;
  __asm__ volatile(MOVE " %0, sp" : "=r"(word));
  while (word > board_stack_limit + 1) {
    *--word = PAINT;
    painted += 4u;
  }
  painted_from = caller;
  return painted;
}

uint32_t board_stack_used(void) {
  const volatile uint32_t *word = board_stack_limit + 1;
  while (word < painted_from && *word == PAINT) word++;
  return (uint32_t)((uintptr_t)painted_from - (uintptr_t)word);
}
