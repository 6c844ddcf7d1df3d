/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
/*
 * Instructions that do nothing and that compilers never write by themselves: moves of a register to itself, and on RISC-V
 * hints that write to x0. A program marks with them what is to be counted, and whoever counts knows them by these numbers.
 * Nothing that reads or writes memory is moved across a mark.
 */
#ifndef COUNT_MARKERS_H
#define COUNT_MARKERS_H

#define COUNT_THUMB_BEGIN 0x46C9   /* mov r9, r9 */
#define COUNT_THUMB_STEP 0x46D2    /* mov r10, r10 */
#define COUNT_THUMB_END 0x46DB     /* mov r11, r11 */
#define COUNT_RISCV_BEGIN 0x7A102013 /* slti x0, x0, 0x7A1 */
#define COUNT_RISCV_STEP 0x7A202013  /* slti x0, x0, 0x7A2 */
#define COUNT_RISCV_END 0x7A302013   /* slti x0, x0, 0x7A3 */

#define COUNT_AVR_BEGIN 0x2C22     /* mov r2, r2 */
#define COUNT_AVR_STEP 0x2C33      /* mov r3, r3 */
#define COUNT_AVR_END 0x2C44       /* mov r4, r4 */

#define COUNT_TEXT_OF(number) #number
#define COUNT_TEXT(number) COUNT_TEXT_OF(number)

#if defined(__thumb__)
#define COUNT_MARK(name) __asm__ volatile(".inst.n " COUNT_TEXT(COUNT_THUMB_##name) : : : "memory")
#elif defined(__riscv)
#define COUNT_MARK(name) __asm__ volatile(".4byte " COUNT_TEXT(COUNT_RISCV_##name) : : : "memory")
#elif defined(__AVR__)
#define COUNT_MARK(name) __asm__ volatile(".word " COUNT_TEXT(COUNT_AVR_##name) : : : "memory")
#else
#define COUNT_MARK(name) ((void)0)
#endif

#endif
