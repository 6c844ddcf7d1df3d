/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
#ifndef SEMIHOSTING_STACK_H
#define SEMIHOSTING_STACK_H

#include <stdint.h>

/* The stack grows down from board_stack_top to board_stack_limit, where the variables end. Both come from the linker. */
extern uint32_t board_stack_top[], board_stack_limit[];

/* Puts a known word at the limit; board_stack_overflowed looks whether it is still there. */
void board_stack_guard(void);

/*
 * The work of board_stack_paint. `caller` is the stack pointer of its caller, which C cannot see: each processor family has
 * a board_stack_paint of two instructions that jumps here with it.
 */
uint32_t board_stack_paint_below(const volatile uint32_t *caller);

#endif
