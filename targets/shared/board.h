/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
/*
 * What a test program may ask of the board it runs on. One implementation talks to the machine that runs the emulator
 * (semihosting), one is the host itself (stdio). Input and output are two files in the working directory of the run:
 * input.bin and output.bin. Text goes to standard output.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

#if defined(__GNUC__)
#define BOARD_NORETURN __attribute__((noreturn))
#else
#define BOARD_NORETURN
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Exit codes of the board itself, above those that programs use. */
#define BOARD_EXIT_FILES 97          /* output.bin cannot be written */
#define BOARD_EXIT_STACK_OVERFLOW 98 /* the stack grew into the program's variables */
#define BOARD_EXIT_FAULT 99          /* the processor raised a fault */

/* Reads the next `count` bytes of input.bin. Returns how many there were: less than `count` at the end of the file. */
uint32_t board_read(void *bytes, uint32_t count);

/* Appends `count` bytes to output.bin, which starts empty. They are in the file when the program has ended. */
void board_write(const void *bytes, uint32_t count);

/* Prints a text as it is, without adding a line end. */
void board_print(const char *text);

/* Ends the program; returning from main does the same. `code` is 0 to 96. */
BOARD_NORETURN void board_exit(int code);

/*
 * Fills the free stack below the caller's frame with a pattern. Returns the number of bytes filled; 0 where the board
 * cannot measure its stack (the host).
 */
uint32_t board_stack_paint(void);

/* The deepest stack use since board_stack_paint, in bytes below the frame of its caller; 0 where that is not measured. */
uint32_t board_stack_used(void);

#ifdef __cplusplus
}
#endif

#endif
