/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
/* The board API over semihosting, for processors in an emulator. Its blocks hold 32-bit numbers on every one of them. */
#include "../board.h"
#include "call.h"

#include <string.h>

#define SYS_OPEN 0x01u
#define SYS_CLOSE 0x02u
#define SYS_WRITE0 0x04u
#define SYS_WRITE 0x05u
#define SYS_READ 0x06u
#define SYS_EXIT_EXTENDED 0x20u

#define OPEN_READ_BINARY 1u
#define OPEN_WRITE_BINARY 5u
#define APPLICATION_EXIT 0x20026u

/* A call costs the emulator as much as thousands of instructions, so output is collected. */
#ifndef BOARD_OUTPUT_BUFFER_BYTES
#define BOARD_OUTPUT_BUFFER_BYTES 4096u
#endif

static int32_t input_handle;  /* 0: not opened yet, -1: there is no such file */
static int32_t output_handle; /* 0: not opened yet */
static uint32_t buffered;
static unsigned char output_buffer[BOARD_OUTPUT_BUFFER_BYTES];

static int32_t call_with(uint32_t operation, uint32_t first, uint32_t second, uint32_t third) {
  uint32_t block[3];
  block[0] = first;
  block[1] = second;
  block[2] = third;
  return semihosting_call(operation, (uintptr_t)block);
}

static int32_t open_file(const char *name, uint32_t mode) {
  return call_with(SYS_OPEN, (uint32_t)(uintptr_t)name, mode, (uint32_t)strlen(name));
}

BOARD_NORETURN static void leave(int code) {
  (void)call_with(SYS_EXIT_EXTENDED, APPLICATION_EXIT, (uint32_t)code, 0u);
  for (;;) {
  }
}

static void write_out(const unsigned char *bytes, uint32_t count) {
  if (output_handle == 0) output_handle = open_file("output.bin", OPEN_WRITE_BINARY);
  /* SYS_WRITE returns how many bytes it did not write. */
  if (output_handle <= 0 || call_with(SYS_WRITE, (uint32_t)output_handle, (uint32_t)(uintptr_t)bytes, count) != 0) {
    board_print("board: output.bin cannot be written\n");
    leave(BOARD_EXIT_FILES);
  }
}

static void flush(void) {
  if (buffered > 0u) write_out(output_buffer, buffered);
  buffered = 0u;
}

uint32_t board_read(void *bytes, uint32_t count) {
  uint32_t done = 0u;
  if (input_handle == 0) input_handle = open_file("input.bin", OPEN_READ_BINARY);
  if (input_handle <= 0) return 0u;
  while (done < count) {
    const uint32_t wanted = count - done;
    /* SYS_READ returns how many bytes it did not read; all of them at the end of the file. */
    const int32_t missing = call_with(SYS_READ, (uint32_t)input_handle, (uint32_t)((uintptr_t)bytes + done), wanted);
    if (missing < 0 || (uint32_t)missing >= wanted) break;
    done += wanted - (uint32_t)missing;
  }
  return done;
}

void board_write(const void *bytes, uint32_t count) {
  if (count > BOARD_OUTPUT_BUFFER_BYTES - buffered) flush();
  if (count > BOARD_OUTPUT_BUFFER_BYTES) {
    write_out((const unsigned char *)bytes, count);
  } else {
    memcpy(output_buffer + buffered, bytes, (size_t)count);
    buffered += count;
  }
}

void board_print(const char *text) {
  (void)semihosting_call(SYS_WRITE0, (uintptr_t)text);
}

void board_exit(int code) {
  /* First: after an overflow nothing that lies in RAM can be trusted, least of all the buffer. */
  if (board_stack_overflowed()) {
    board_print("board: the stack grew into the program's variables\n");
    leave(BOARD_EXIT_STACK_OVERFLOW);
  }
  flush();
  if (output_handle > 0) (void)call_with(SYS_CLOSE, (uint32_t)output_handle, 0u, 0u);
  leave(code);
}
