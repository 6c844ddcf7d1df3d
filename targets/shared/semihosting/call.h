/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
/* Semihosting: a breakpoint with an operation number, which the emulator answers on behalf of its own machine. */
#ifndef SEMIHOSTING_CALL_H
#define SEMIHOSTING_CALL_H

#include <stdint.h>

/* One call; `argument` is a pointer or a number as the operation says. Each processor family has its own instruction. */
int32_t semihosting_call(uint32_t operation, uintptr_t argument);

/* Not 0 if the stack has been larger than its room. Each processor family knows where its stack ends. */
int board_stack_overflowed(void);

#endif
