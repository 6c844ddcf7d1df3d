/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
/* What a board says when the processor raises a fault: one line of named registers, after which the program ends. */
#ifndef SEMIHOSTING_FAULT_H
#define SEMIHOSTING_FAULT_H

#include "../board.h"

/* Prints the name and the value as eight hexadecimal digits. */
static void print_register(const char *name, uint32_t value) {
  char digits[9];
  int i;
  for (i = 7; i >= 0; i--) {
    digits[i] = "0123456789abcdef"[value & 15u];
    value >>= 4;
  }
  digits[8] = '\0';
  board_print(name);
  board_print(digits);
}

#endif
