/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
/* The board API on a computer: stdio. */
#include "../board.h"

#include <stdio.h>
#include <stdlib.h>

static FILE *input_file;
static FILE *output_file;

static void close_output(void) {
  if (output_file != NULL && fclose(output_file) != 0) {
    fputs("board: output.bin cannot be written\n", stderr);
    _Exit(BOARD_EXIT_FILES);
  }
}

uint32_t board_read(void *bytes, uint32_t count) {
  if (input_file == NULL) input_file = fopen("input.bin", "rb");
  if (input_file == NULL) return 0u;
  return (uint32_t)fread(bytes, 1u, count, input_file);
}

void board_write(const void *bytes, uint32_t count) {
  if (output_file == NULL) {
    output_file = fopen("output.bin", "wb");
    /* At exit and not in board_exit: returning from main must keep the bytes too, and a full disk must not go unseen. */
    if (output_file == NULL || atexit(close_output) != 0) {
      fputs("board: output.bin cannot be opened\n", stderr);
      _Exit(BOARD_EXIT_FILES);
    }
  }
  if (fwrite(bytes, 1u, count, output_file) != count) {
    fputs("board: output.bin cannot be written\n", stderr);
    _Exit(BOARD_EXIT_FILES);
  }
}

void board_print(const char *text) {
  fputs(text, stdout);
}

void board_exit(int code) {
  exit(code);
}

uint32_t board_stack_paint(void) {
  return 0u;
}

uint32_t board_stack_used(void) {
  return 0u;
}
