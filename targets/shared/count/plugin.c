/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
/*
 * A QEMU plugin that counts every instruction between marks (markers.h). It runs in the emulator on the user's computer, never
 * on a board.
 *
 * QEMU translates guest code in blocks without jumps inside. Each block is cut at its marks into pieces; a piece is entered at
 * its first instruction and left behind its last one, so one callback per piece counts all of its instructions. A piece is
 * written out with its bytes: what the instructions are is for the reader to decide.
 *
 * Argument: out=FILE. The file, lines of words, all numbers but addresses and bytes decimal:
 *
 *   bnnc-count 1 ARCHITECTURE        first line
 *   begin                            an inference begins, and with it its first region
 *   piece NUMBER ADDRESS BYTES       before the first use of a piece; address and code in hexadecimal, code as it lies in memory
 *   ran NUMBER TIMES JUMPS           in this region; JUMPS: how often something else than the next instruction followed
 *   step                             the region ends and the next one begins
 *   end                              the last region of the inference ends
 *   done                             last line: nothing is missing
 */
#include "markers.h"
#include "qemu-plugin-api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_INSTRUCTION 4u

enum mark { MARK_NONE, MARK_BEGIN, MARK_STEP, MARK_END };

struct piece {
  struct piece *next_touched;
  uint64_t start;
  uint64_t end; /* address behind the last instruction */
  unsigned char *code;
  size_t bytes;
  uint64_t number; /* 0 until it is written out */
  uint64_t times;
  uint64_t jumps;
};

struct marked_place {
  enum mark mark;
  uint64_t address;
};

COUNT_EXPORTED int qemu_plugin_version = COUNT_PLUGIN_API;

static FILE *out;
static bool is_arm;
static bool counting;
static struct piece *touched; /* pieces that ran in this region, in no order that matters */
static struct piece *previous;
static uint64_t pieces_written;

static void *allocate(size_t bytes) {
  void *memory = calloc(1u, bytes);
  if (memory == NULL) {
    fputs("count: out of memory\n", stderr);
    exit(1);
  }
  return memory;
}

static uint32_t word_at(const unsigned char *bytes, size_t count) {
  uint32_t word = 0;
  size_t i;
  for (i = 0; i < count; i++) word |= (uint32_t)bytes[i] << (8u * i);
  return word;
}

/* From the encoding: QEMU 7.2 gives one halfword too much for the last instruction of a page. */
static size_t size_of(const unsigned char *bytes) {
  const uint32_t half = word_at(bytes, 2u);
  if (is_arm) return half < 0xE800u ? 2u : 4u;
  return (half & 3u) == 3u ? 4u : 2u;
}

static enum mark mark_of(const unsigned char *bytes, size_t size) {
  const uint32_t word = word_at(bytes, size);
  if (is_arm && size == 2u) {
    if (word == COUNT_THUMB_BEGIN) return MARK_BEGIN;
    if (word == COUNT_THUMB_STEP) return MARK_STEP;
    if (word == COUNT_THUMB_END) return MARK_END;
  }
  if (!is_arm && size == 4u) {
    if (word == COUNT_RISCV_BEGIN) return MARK_BEGIN;
    if (word == COUNT_RISCV_STEP) return MARK_STEP;
    if (word == COUNT_RISCV_END) return MARK_END;
  }
  return MARK_NONE;
}

/* The instruction at the front of `bytes`, which has room for the longest one. */
static void read_instruction(const struct qemu_plugin_insn *instruction, unsigned char *bytes) {
#if COUNT_PLUGIN_API >= 3
  (void)qemu_plugin_insn_data(instruction, bytes, LONGEST_INSTRUCTION);
#else
  const unsigned char *code = qemu_plugin_insn_data(instruction);
  memcpy(bytes, code, 2u);
  if (size_of(bytes) == 4u) memcpy(bytes, code, 4u);
#endif
}

/* Counts a jump where a piece did not go on to the next address. */
static void arrive(uint64_t address) {
  if (previous != NULL && previous->end != address) previous->jumps++;
}

static void write_region(void) {
  struct piece *piece = touched;
  while (piece != NULL) {
    struct piece *const next = piece->next_touched;
    if (piece->number == 0u) {
      size_t i;
      piece->number = ++pieces_written;
      fprintf(out, "piece %" PRIu64 " %" PRIx64 " ", piece->number, piece->start);
      for (i = 0; i < piece->bytes; i++) fprintf(out, "%02x", piece->code[i]);
      fputc('\n', out);
    }
    fprintf(out, "ran %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", piece->number, piece->times, piece->jumps);
    piece->times = 0;
    piece->jumps = 0;
    piece->next_touched = NULL;
    piece = next;
  }
  touched = NULL;
}

static void on_piece(unsigned int cpu, void *data) {
  struct piece *const piece = data;
  (void)cpu;
  if (!counting) return;
  arrive(piece->start);
  if (piece->times == 0u) {
    piece->next_touched = touched;
    touched = piece;
  }
  piece->times++;
  previous = piece;
}

static void on_mark(unsigned int cpu, void *data) {
  const struct marked_place *const place = data;
  (void)cpu;
  if (place->mark == MARK_BEGIN) {
    counting = true;
    fputs("begin\n", out);
  } else if (counting) {
    arrive(place->address);
    write_region();
    counting = place->mark == MARK_STEP;
    fputs(counting ? "step\n" : "end\n", out);
  }
  previous = NULL;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  const size_t count = qemu_plugin_tb_n_insns(block);
  struct piece *piece = NULL;
  size_t i;
  (void)id;
  for (i = 0; i < count; i++) {
    struct qemu_plugin_insn *const instruction = qemu_plugin_tb_get_insn(block, i);
    const uint64_t address = qemu_plugin_insn_vaddr(instruction);
    unsigned char bytes[LONGEST_INSTRUCTION] = {0};
    size_t size;
    enum mark mark;
    read_instruction(instruction, bytes);
    size = size_of(bytes);
    mark = mark_of(bytes, size);
    if (mark != MARK_NONE) {
      struct marked_place *const place = allocate(sizeof *place);
      place->mark = mark;
      place->address = address;
      qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_mark, COUNT_NO_REGISTERS, place);
      piece = NULL;
      continue;
    }
    if (piece == NULL) {
      piece = allocate(sizeof *piece);
      piece->start = address;
      piece->code = allocate((count - i) * LONGEST_INSTRUCTION);
      qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_piece, COUNT_NO_REGISTERS, piece);
    }
    memcpy(piece->code + piece->bytes, bytes, size);
    piece->bytes += size;
    piece->end = address + size;
  }
}

static void on_exit_of_emulator(qemu_plugin_id_t id, void *data) {
  (void)id;
  (void)data;
  if (!counting) fputs("done\n", out);
  if (fclose(out) != 0) fputs("count: the counts cannot be written\n", stderr);
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
  const char *path = NULL;
  int i;
  for (i = 0; i < argc; i++) {
    if (strncmp(argv[i], "out=", 4u) == 0) path = argv[i] + 4;
  }
  is_arm = strcmp(info->target_name, "arm") == 0;
  out = path == NULL ? NULL : fopen(path, "w");
  if (out == NULL || (!is_arm && strcmp(info->target_name, "riscv32") != 0)) {
    fputs("count: needs out=FILE, and an emulator of arm or riscv32\n", stderr);
    return -1;
  }
  fprintf(out, "bnnc-count 1 %s\n", info->target_name);
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_atexit_cb(id, on_exit_of_emulator, NULL);
  return 0;
}
