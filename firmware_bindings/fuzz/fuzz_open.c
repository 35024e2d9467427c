/* fuzz_open.c - the reader under libFuzzer: guided by coverage, with a mutator that knows the
 * sections and mends checksums and places.
 * SPDX-License-Identifier: Apache-2.0
 *
 * clang -fsanitize=fuzzer,undefined fuzz_open.c; tools/release/fuzz_c.py runs it. FUZZ_FILES in the
 * environment names good files, one a line, from which every second change begins. A page that
 * nobody may read stands behind the file, so that this finds reads beyond it without the address
 * sanitizer, too.
 *
 * Every file goes to sna_signed and sna_open; one that is accepted to all verbs (every fourth),
 * with inputs in and out of the domain. A file that takes a second of the processor ends the
 * process. At its end it prints how many files each rule refused, and the longest time. */
#define _DEFAULT_SOURCE
#define FUZZ_LIBRARY
#include "fuzz.c"
#include <sys/mman.h>
#include <time.h>

enum { ACCEPTED = 0, UNNAMED = SNA_RULE_COUNT, MOST_FILE = 1 << 20, PAGE = 1 << 16 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

static unsigned long named[SNA_RULE_COUNT + 1], files;
static double slowest;

static void report(void) {
    printf("{\"files\": %lu, \"slowest_s\": %.3f, \"accepted\": %lu", files, slowest, named[0]);
    for (int r = 1; r < SNA_RULE_COUNT; r++)
        printf(", \"%s\": %lu", sna_rule_name((sna_rule)r), named[r]);
    printf(", \"unnamed\": %lu}\n", named[UNNAMED]);
}

static unsigned char good[64][1 << 15];
static size_t good_size[64];
static uint32_t n_good;
static unsigned char *fence; /* the page behind MOST_FILE bytes */

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    FILE *list = getenv("FUZZ_FILES") ? fopen(getenv("FUZZ_FILES"), "r") : NULL;
    unsigned char *room =
        mmap(NULL, MOST_FILE + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char line[4096];
    (void)argc, (void)argv;
    if (room == MAP_FAILED || mprotect(room + MOST_FILE, PAGE, PROT_NONE)) abort();
    fence = room + MOST_FILE;
    while (list && n_good < 64 && fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = 0;
        FILE *f = fopen(line, "rb");
        if (!f) abort();
        good_size[n_good] = fread(good[n_good], 1, sizeof good[0], f);
        fclose(f);
        n_good++;
    }
    if (list) fclose(list);
    atexit(report);
    return 0;
}

/* The rule that opening or a replay names. */
static int rule_of(const unsigned char *bytes, size_t size, sna_model *m) {
    sna_status s = sna_open(bytes, size, m);
    size_t room;
    void *work;
    if (s != SNA_OK) return m->rule ? m->rule : UNNAMED;
    room = sna_workspace_size(m, SNA_WORK_FAMILIARITY) + sna_workspace_size(m, SNA_WORK_VERIFY);
    if (room > (size_t)64 << 20) return ACCEPTED;
    work = malloc(room);
    if (sna_verify(m, work, room) == SNA_OK && m->features & FEATURE_FIXED)
        (void)sna_fixed_verify(m, work, room);
    free(work);
    return m->rule;
}

static int any_signature(void *context, const unsigned char signature[64],
                         const unsigned char key_id[16], const sna_part parts[3]) {
    unsigned char sum = key_id[0] ^ signature[63];
    (void)context;
    for (int i = 0; i < 3; i++)
        for (size_t n = 0; n < parts[i].size; n++) sum ^= parts[i].bytes[n];
    return sum & 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    unsigned char *exact = fence - ((size + 7) & ~(size_t)7); /* ends at the fence */
    clock_t start = clock();
    uint64_t version;
    sna_model m;
    int rule;
    if (size > MOST_FILE) return 0;
    memcpy(exact, data, size);
    if (sna_signed(exact, size, 0, any_signature, NULL, &version) == SNA_OLDER_VERSION) abort();
    rule = rule_of(exact, size, &m);
    state = 88172645463325252ull + crc32(0, exact, size); /* the same inputs for the same file */
    if (rule == ACCEPTED ? !below(4) : rule == SNA_RULE_GOLDEN_MISMATCH && !below(8)) use(&m);
    files++;
    named[rule]++;
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (seconds > slowest) slowest = seconds;
    if (seconds > 1) abort();
    return 0;
}

/* ------------------------------------------------------------------------------------- mutator */
static uint32_t word(const unsigned char *p) { /* a place that a hostile file names */
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

static uint32_t half(const unsigned char *p) { return p[0] | (uint32_t)p[1] << 8; }

typedef struct part {
    size_t at, size;
} part;

/* The sections of the file that begins at `base`, with its header and section table in front;
 * 0 where the table leads out of it. */
static int parts_of(const unsigned char *b, size_t base, size_t size, part *found) {
    uint32_t n;
    if (size < base || size - base < 272) return 0;
    n = half(b + base + 20);
    if (n != 13 && n != 16) return 0;
    if (size - base < HEADER + 16u * n) return 0;
    found[0].at = base, found[0].size = HEADER;
    found[1].at = base + HEADER, found[1].size = 16u * n;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = word(b + base + HEADER + 16u * i + 4);
        uint32_t bytes = word(b + base + HEADER + 16u * i + 8);
        if (at > size - base || bytes > size - base - at) return 0;
        found[2 + i].at = base + at, found[2 + i].size = bytes;
    }
    return (int)n + 2;
}

/* Another number of one, two, four or eight bytes. */
static void change(unsigned char *p, size_t room) {
    static const size_t widths[] = {1, 2, 4, 4, 8};
    size_t width = widths[below(5)];
    uint64_t v = 0;
    if (width > room) width = 1;
    memcpy(&v, p, width);
    switch (below(8)) {
    case 0: v += (uint64_t)1 << below((uint32_t)(8 * width)); break;
    case 1: v -= (uint64_t)1 << below((uint32_t)(8 * width)); break;
    case 2: v ^= (uint64_t)1 << below((uint32_t)(8 * width)); break;
    case 3: v = interesting[below(sizeof interesting)]; break;
    case 4: v = ~(uint64_t)0 >> below(2); break;
    case 5:
        if (width == 8) memcpy(&v, &doubles[below(8)], 8);
        else if (width == 4) memcpy(&v, &floats[below(8)], 4);
        else v = next();
        break;
    case 6: v = below(64); break;
    default: v = (uint64_t)next() << 32 | next(); break;
    }
    memcpy(p, &v, width);
}

/* Bytes put into section i or taken out of it; the places of those behind follow. */
static size_t resized(unsigned char *b, size_t size, size_t room, const part *at, int n, int i) {
    static unsigned char made[MOST_FILE];
    static const uint32_t steps[] = {1, 2, 4, 8, 16, 32, 64, 80, 256};
    uint32_t count = steps[below(9)], cut = below(2);
    size_t end, where = at[i].size ? below((uint32_t)at[i].size + 1) & ~(size_t)7 : 0;
    if (i < 2 || size + 64 * 16 + count > room || size + 2048 > sizeof made) return size;
    if (where > at[i].size) where = at[i].size;
    if (cut && count > at[i].size - where) count = (uint32_t)(at[i].size - where);
    end = HEADER + 16u * (uint32_t)(n - 2);
    memcpy(made, b, end);
    for (int s = 2; s < n; s++) {
        const unsigned char *from = b + at[s].at;
        size_t bytes = at[s].size, start = (end + 63) & ~(size_t)63;
        uint32_t entry[2];
        if (start + bytes + count > sizeof made) return size;
        memset(made + end, 0, start - end);
        if (s != i) memcpy(made + start, from, bytes);
        else {
            memcpy(made + start, from, where);
            if (cut) memcpy(made + start + where, from + where + count, bytes - where - count);
            else {
                memset(made + start + where, 0, count);
                memcpy(made + start + where + count, from + where, bytes - where);
            }
            bytes = cut ? bytes - count : bytes + count;
        }
        entry[0] = (uint32_t)start, entry[1] = (uint32_t)bytes;
        memcpy(made + HEADER + 16 * (s - 2) + 4, entry, 8);
        end = start + bytes;
    }
    if (end > room) return size;
    memcpy(b, made, end);
    return end;
}

/* One change inside a section, half of them in a file inside section 14 where there is one. */
static size_t changed(unsigned char *b, size_t size, size_t room) {
    part at[18];
    int n = parts_of(b, 0, size, at), i;
    if (!n) return size;
    i = below(16) ? 2 + (int)below((uint32_t)n - 2) : (int)below(2);
    if (below(12) == 0) return resized(b, size, room, at, n, i);
    if (i == 2 + COMPANIONS - 1 && at[i].size > 40 && below(2)) {
        uint32_t file = word(b + at[i].at + 8 + 8);
        part inner[18];
        int m = file < at[i].size ? parts_of(b, at[i].at + file, at[i].at + at[i].size, inner) : 0;
        if (m) at[i = 0] = inner[below((uint32_t)m)];
    }
    if (!at[i].size) return size;
    if (below(10) == 0) {
        (void)LLVMFuzzerMutate(b + at[i].at, at[i].size, at[i].size);
        return size;
    }
    size_t where = below((uint32_t)at[i].size);
    if (below(4)) where &= ~(size_t)(below(2) ? 3 : 7);
    if (below(12) == 0) {
        size_t from = below((uint32_t)at[i].size) & ~(size_t)7, length = 8u << below(4);
        size_t far = from > where ? from : where;
        if (length > at[i].size - far) length = at[i].size - far;
        memmove(b + at[i].at + where, b + at[i].at + from, length);
    } else change(b + at[i].at + where, at[i].size - where);
    return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed) {
    state = seed * 2654435761u + 88172645463325252ull;
    if (n_good && below(2)) {
        uint32_t i = below(n_good);
        if (good_size[i] <= room) memcpy(data, good[i], size = good_size[i]);
    }
    if (below(50) == 0) return LLVMFuzzerMutate(data, size, room);
    for (uint32_t n = 1 + below(3); n--;) size = changed(data, size, room);
    if (below(500) == 0 && size) size = below((uint32_t)size);
    if (below(30)) mend(data, size);
    return size;
}
