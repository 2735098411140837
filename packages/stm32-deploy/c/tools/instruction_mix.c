/*
 * A plugin of QEMU's (TCG, interface version 1) that counts how often every block of instructions runs between two calls of a function.
 * Declares what it uses of the interface itself: distributions leave the header out.
 *
 *   -plugin mix.so,marker=ADDR,out=FILE
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct qemu_info;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *), int, void *);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
extern void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);

EXPORT int qemu_plugin_version = 1;

typedef struct block {
    uint64_t first;
    unsigned instructions;
    bool marks;
    uint64_t runs;
    struct block *next;
} block;

static block *blocks;
static uint64_t marker;
static bool counting;
static char out[1024];

static void on_block(unsigned cpu, void *data)
{
    block *const at = data;

    (void)cpu;
    if (at->marks) {
        counting = !counting;
    }
    if (counting) {
        ++at->runs;
    }
}

static void on_translation(plugin_id id, struct qemu_plugin_tb *tb)
{
    const size_t n = qemu_plugin_tb_n_insns(tb);
    block *at = calloc(1, sizeof *at);

    (void)id;
    at->first = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
    at->instructions = (unsigned)n;
    at->marks = at->first == marker;
    at->next = blocks;
    blocks = at;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, 0, at);
}

static void write_counts(plugin_id id, void *data)
{
    FILE *const file = fopen(out, "w");

    (void)id;
    (void)data;
    if (file == NULL) {
        return;
    }
    for (const block *at = blocks; at != NULL; at = at->next) {
        if (at->runs > 0) {
            fprintf(file, "%" PRIx64 " %u %" PRIu64 "\n", at->first, at->instructions, at->runs);
        }
    }
    fclose(file);
}

EXPORT int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int count, char **arguments)
{
    (void)info;
    for (int i = 0; i < count; ++i) {
        if (strncmp(arguments[i], "marker=", 7) == 0) {
            marker = strtoull(arguments[i] + 7, NULL, 0);
        } else if (strncmp(arguments[i], "out=", 4) == 0) {
            strncpy(out, arguments[i] + 4, sizeof out - 1);
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, write_counts, NULL);
    return marker == 0 || out[0] == 0;
}
