/* SPDX-License-Identifier: Apache-2.0 OR MIT-0 */
/*
 * The few functions of QEMU's plugin interface that counting needs, declared anew from its documentation (QEMU manual, "QEMU
 * TCG Plugins"): distributions ship emulators with plugins, but seldom the header. COUNT_PLUGIN_API is the version of the
 * interface: 1 up to QEMU 8.2, 2 in 9.0, 3 from 9.1. Of what is declared here only qemu_plugin_insn_data changed.
 */
#ifndef COUNT_QEMU_PLUGIN_API_H
#define COUNT_QEMU_PLUGIN_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT_EXPORTED __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;

/* A block of guest code as it is translated, and one instruction in it. Valid only in the callback that gets them. */
struct qemu_plugin_tb;
struct qemu_plugin_insn;

/* Only its beginning is read: later versions add fields behind. */
typedef struct {
  const char *target_name; /* "arm", "riscv32" */
} qemu_info_t;

enum count_register_access { COUNT_NO_REGISTERS = 0 };

typedef void (*count_translate_callback)(qemu_plugin_id_t id, struct qemu_plugin_tb *block);
typedef void (*count_execute_callback)(unsigned int cpu, void *data);
typedef void (*count_exit_callback)(qemu_plugin_id_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, count_translate_callback callback);
void qemu_plugin_register_vcpu_insn_exec_cb(
  struct qemu_plugin_insn *instruction, count_execute_callback callback, enum count_register_access access, void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, count_exit_callback callback, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
#if COUNT_PLUGIN_API >= 3
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction, void *bytes, size_t count);
#else
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
#endif

/* What QEMU looks for in a plugin. */
extern COUNT_EXPORTED int qemu_plugin_version;
COUNT_EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

#endif
