/*
 * A plugin of QEMU's (TCG, interface version 1) that watches a program between two calls of a function: how often every block of
 * instructions runs and jumps, the words that it loads from flash, and the lines that a cache in front of flash would have to fetch.
 * Declares what it uses of the interface itself: distributions leave the header out.
 *
 *   -plugin core_profile.so,marker=ADDR,flash=ADDR,size=BYTES,cache=BYTES,ways=N,line=BYTES,out=FILE
 *
 * The file: "lines OF_INSTRUCTIONS OF_CONSTANTS IN_SEQUENCE", the last those that follow the one fetched before; then for each block
 * "ADDR INSTRUCTIONS RUNS JUMPS WORDS".
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define MOST_LINES 65536

typedef uint64_t plugin_id;
typedef uint32_t plugin_access;
struct qemu_info;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *), int, void *);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, void (*)(unsigned, plugin_access, uint64_t, void *), int, int, void *);
extern bool qemu_plugin_mem_is_store(plugin_access);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
extern size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
extern void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);

EXPORT int qemu_plugin_version = 1;

/* All accesses: version 7.2 mistakes the stores for the loads that are asked for. */
enum { LOADS_AND_STORES = 3 };

typedef struct block {
    uint64_t first;
    uint64_t end;
    unsigned instructions;
    bool marks;
    uint64_t runs;
    uint64_t jumps;
    uint64_t words;
    struct block *next;
} block;

static block *blocks;
static block *last;
static bool counting;
static char out[1024];
static uint64_t marker, flash, size, cache, ways, line;

/* Numbers of the lines that the cache holds, the one used last first in each set. */
static uint64_t held[MOST_LINES];
/* Lines fetched for instructions, for constants, and of both those that follow the one before. */
static uint64_t fetched[2];
static uint64_t in_sequence;
static uint64_t newest;

static void look_up(uint64_t address, int constant)
{
    const uint64_t number = address / line + 1;
    uint64_t *const set = held + number % (cache / line / ways) * ways;
    uint64_t way = 0;

    while (way < ways && set[way] != number) {
        ++way;
    }
    if (way == ways) {
        ++fetched[constant];
        in_sequence += number == newest + 1;
        newest = number;
        --way;
    }
    memmove(set + 1, set, way * sizeof *set);
    set[0] = number;
}

static bool in_flash(uint64_t address)
{
    return address - flash < size;
}

static void on_block(unsigned cpu, void *data)
{
    block *const at = data;

    (void)cpu;
    if (counting && last != NULL && last->end != at->first) {
        ++last->jumps;
    }
    if (at->marks) {
        counting = !counting;
    }
    last = counting ? at : NULL;
    if (counting) {
        ++at->runs;
        for (uint64_t address = at->first / line * line; address < at->end; address += line) {
            if (in_flash(address)) {
                look_up(address, 0);
            }
        }
    }
}

/* A word at a time, as the core's bus has it: QEMU reads two for LDRD one by one. */
static void on_access(unsigned cpu, plugin_access access, uint64_t address, void *data)
{
    block *const at = data;

    (void)cpu;
    if (counting && in_flash(address) && !qemu_plugin_mem_is_store(access)) {
        ++at->words;
        look_up(address, 1);
    }
}

static void on_translation(plugin_id id, struct qemu_plugin_tb *tb)
{
    const size_t n = qemu_plugin_tb_n_insns(tb);
    const struct qemu_plugin_insn *const end = qemu_plugin_tb_get_insn(tb, n - 1);
    block *at = calloc(1, sizeof *at);

    (void)id;
    at->first = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
    at->end = qemu_plugin_insn_vaddr(end) + qemu_plugin_insn_size(end);
    at->instructions = (unsigned)n;
    at->marks = at->first == marker;
    at->next = blocks;
    blocks = at;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, 0, at);
    for (size_t i = 0; i < n; ++i) {
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), on_access, 0, LOADS_AND_STORES, at);
    }
}

static void write_counts(plugin_id id, void *data)
{
    FILE *const file = fopen(out, "w");

    (void)id;
    (void)data;
    if (file == NULL) {
        return;
    }
    fprintf(file, "lines %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", fetched[0], fetched[1], in_sequence);
    for (const block *at = blocks; at != NULL; at = at->next) {
        if (at->runs > 0) {
            fprintf(file, "%" PRIx64 " %u %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", at->first, at->instructions, at->runs, at->jumps, at->words);
        }
    }
    fclose(file);
}

EXPORT int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int count, char **arguments)
{
    const struct {
        const char *name;
        uint64_t *value;
    } numbers[] = { { "marker=", &marker }, { "flash=", &flash }, { "size=", &size }, { "cache=", &cache }, { "ways=", &ways }, { "line=", &line } };

    (void)info;
    for (int i = 0; i < count; ++i) {
        for (size_t n = 0; n < sizeof numbers / sizeof *numbers; ++n) {
            if (strncmp(arguments[i], numbers[n].name, strlen(numbers[n].name)) == 0) {
                *numbers[n].value = strtoull(arguments[i] + strlen(numbers[n].name), NULL, 0);
            }
        }
        if (strncmp(arguments[i], "out=", 4) == 0) {
            strncpy(out, arguments[i] + 4, sizeof out - 1);
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, write_counts, NULL);
    return marker == 0 || out[0] == 0 || line == 0 || ways == 0 || cache / line > MOST_LINES || cache / line / ways == 0;
}
