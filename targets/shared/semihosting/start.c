/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
/* From the first C code to main on 32-bit processors; the reset code of each family, which sets the stack up, jumps here. */
#include "../board.h"
#include "stack.h"

/* From the linker script: the variables with a value, the same in the program's memory, and those that start as zero. */
extern uint32_t board_data_load[], board_data_start[], board_data_end[], board_bss_start[], board_bss_end[];
int main(void);
void board_start(void);

__attribute__((used, noreturn)) void board_start(void) {
  const uint32_t *from = board_data_load;
  uint32_t *to;
  for (to = board_data_start; to < board_data_end; to++) *to = *from++;
  for (to = board_bss_start; to < board_bss_end; to++) *to = 0u;
  board_stack_guard();
  board_exit(main());
}
