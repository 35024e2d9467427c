/* fuzz.c - damaged artifacts against the library, built with sanitizers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: fuzz SEED COUNT FILE..
 *
 * Each round takes a file, damages it, mends its CRC-32
 * in most rounds so that the damage gets past it, and calls every verb with inputs in and out of
 * the domain. Prints how many files each rule refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -DFUZZ_HOST: the host layer too. */
#ifdef FUZZ_HOST
#include "../host/sna_host.c"
#else
#include "../sna.c"
#endif

static uint64_t state;

static uint32_t next(void) { /* xorshift64* */
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)(state * 2685821657736338717ull >> 32);
}

static uint32_t below(uint32_t n) { return n ? next() % n : 0; }

static const unsigned char interesting[] = {0, 1, 2, 3, 7, 8, 63, 64, 127, 128, 254, 255};

static const float floats[] = {3e38f, -3e38f, 1e30f, 1e-38f, 1e-45f, 0, 65504, -1};
static const double doubles[] = {1e308, -1e308, 1e300, 1e-308, 5e-324, 0, 1e154, -1e150};

/* A place to damage: anywhere, in header and axes, or in the signature and what stands behind it.
 */
static size_t spot(const unsigned char *b, size_t size) {
    size_t region = below(3) == 0 ? size : below(2) ? 272 + 64 + 80 * 8 : 272, start;
    if (size > 320 && b[12] & FEATURE_COMPANIONS && below(2)) {
        start = load32(b + HEADER + 16 * (SIGNATURE - 1) + 4);
        if (start < size) return start + below((uint32_t)(size - start));
    }
    return below((uint32_t)(region < size ? region : size));
}

static size_t damage(unsigned char *b, size_t size, size_t room) {
    for (uint32_t n = 1 + below(4); n--;) {
        size_t at = spot(b, size);
        switch (below(9)) {
        case 0: b[at] ^= (unsigned char)(1u << below(8)); break;
        case 1: b[at] = interesting[below(sizeof interesting)]; break;
        case 2: b[at] = (unsigned char)next(); break;
        case 3: memset(b + at, below(2) ? 0xFF : 0, size - at < 8 ? size - at : 8); break;
        case 4: memmove(b + below((uint32_t)size), b + at, 1); break;
        case 7: memcpy(b + (below((uint32_t)size - 4) & ~3u), &floats[below(8)], 4); break;
        case 8: memcpy(b + (below((uint32_t)size - 8) & ~7u), &doubles[below(8)], 8); break;
        case 5:
            if (below(20) == 0 && size > 300) size -= below((uint32_t)size - 1);
            break;
        default:
            if (below(20) == 0 && size + 64 < room) size += 1 + below(64);
            break;
        }
    }
    return size;
}

static void mend(unsigned char *b, size_t size) {
    uint32_t start, rest, crc;
    if (size < 272) return;
    if (below(4)) {
        uint32_t n = (uint32_t)size;
        memcpy(b + 16, &n, 4);
    }
    memcpy(&start, b + 64 + 16 * 11 + 4, 4);
    if (start > size || size - start < 36) return;
    crc = crc32(0, b, start);
    rest = load32(b + 64 + 16 * 12 + 4);
    if (b[12] & FEATURE_COMPANIONS && rest < size && size - rest > 128)
        crc = crc32(crc, b + rest + 128, size - rest - 128);
    memcpy(b + start + 32, &crc, 4);
}

#ifdef FUZZ_HOST
enum {
    HOST_ROWS = 150,
    SOME = 70
}; /* enough for the sorted path; a full block and a part of one */

static int use_host(sna_model *m) {
    size_t size = sna_host_size(m), n = (size_t)HOST_ROWS, d = m->n_axes, k = m->n_outputs;
    const sna_host *h;
    void *memory, *work;
    int status = 0;
    if (!size || size > (size_t)16 << 20) return 0;
    memory = aligned_alloc(64, size);
    status += (int)sna_host_prepare(m, memory, size, &h);
    work = aligned_alloc(64, (sna_host_workspace_size(h) + 63u) & ~(size_t)63);
    double *x = malloc(n * d * 8), *y = malloc(n * k * 8), *dy = malloc(n * k * d * 8);
    signed char *rows = malloc(n);
    for (size_t i = 0; i < n * d; i++) {
        const axis_record *a = axis_at(m, (unsigned)(i % d));
        x[i] = below(30) ? a->lower + (a->upper - a->lower) * (double)below(1001) / 1000.0
                         : (double)float_of_bits(next());
    }
    for (unsigned flags = 0; flags < 2; flags++) {
        status += (int)sna_host_eval(h, flags, n, x, y, rows, work);
        status += (int)sna_host_eval(h, flags, SOME, x, y, rows, work);
        status += (int)sna_host_eval(h, flags, 1, x, y, NULL, work);
        status += (int)sna_host_grad(h, flags, SOME, x, y, dy, rows, work);
    }
    free(rows);
    free(dy);
    free(y);
    free(x);
    free(work);
    free(memory);
    return status;
}
#endif

/* What format 1.1 added, at x with the values y. */
static int use_companions(const sna_model *m, const real *x, const real *y, void *work,
                          size_t size) {
    real *z = malloc(sizeof(real) * 2 * SNA_MAX_AXES), low, high;
    sna_companion_use role;
    sna_model c;
    int status = (int)sna_familiarity(m, x, SNA_OK, y, &low, work, size);
    real level = (real)below(1000) / 1000;
    status +=
        (int)sna_interval_at(m, below(m->n_outputs), x, level, SNA_OK, y, &low, &high, work, size);
    for (unsigned i = 0; i < sna_companions(m); i++) {
        status += (int)sna_companion(m, i, &c, &role);
        if (sna_companion_place(m, i, x, y, z) < 0) continue;
        c.seal = seal_of(&c);
        status += (int)sna_eval(&c, 0, z, z + SNA_MAX_AXES, work, size);
    }
    for (unsigned i = 0; i < sna_readings(m); i++)
        z[i] = i < m->n_axes ? x[i] : (real)float_of_bits(next());
    status += (int)sna_derive(m, z, z);
    free(z);
    return status;
}

static void use(sna_model *m) {
    size_t size = 0;
    for (int verb = 0; verb <= SNA_WORK_FAMILIARITY; verb++)
        if (sna_workspace_size(m, (sna_verb)verb) > size)
            size = sna_workspace_size(m, (sna_verb)verb);
    if (size > (size_t)64 << 20) return;
    void *work = malloc(size);
    real x[SNA_MAX_AXES], y[SNA_MAX_OUTPUTS],
        *dy = malloc(sizeof(real) * SNA_MAX_AXES * SNA_MAX_OUTPUTS), nearest, low, high;
    sna_root roots[8];
    sna_place places[SNA_MAX_AXES];
    int32_t integers[SNA_MAX_OUTPUTS];
    size_t found;
    int status = (int)sna_verify(m, work, size) + (int)sna_fixed_verify(m, work, size);
    m->seal = seal_of(m);
    m->section[0] = m->features & FEATURE_FIXED
                        ? (uint32_t)seal_of(m)
                        : 0; /* the evaluators must hold for hostile numbers too */
#ifdef FUZZ_HOST
    status += use_host(m);
#endif
    for (int round = 0; round < 4; round++) {
        for (unsigned d = 0; d < m->n_axes; d++) {
            const axis_record *a = axis_at(m, d);
            real t = (real)below(1000) / 1000;
            x[d] = round < 2 ? LOWER(a) + t * (UPPER(a) - LOWER(a)) : (real)float_of_bits(next());
            if (a->kind == CATEGORICAL && round < 2)
                x[d] = (real)(int)below(round ? 70000 : a->n_spans);
            status += (int)sna_fixed_place(m, d, (int32_t)next(), &places[d]);
            places[d].span = (uint16_t)below(round < 2 ? a->n_spans : 65536);
            places[d].u = (uint16_t)below(32769);
        }
        status += (int)sna_eval_grad(m, (unsigned)round & 1u, x, y, dy, work, size);
        status += use_companions(m, x, y, work, size);
        status += (int)sna_eval_batch(m, (unsigned)round & 1u, 1, x, y, NULL, work, size);
        status += (int)sna_roots(m, x, below(m->n_axes), below(m->n_outputs), y[0], roots, 8,
                                 &found, &nearest, work, size);
        status += (int)sna_interval(m, below(m->n_outputs), SNA_OK, y[0], &low, &high);
        status += (int)sna_fixed_eval(m, places, integers, work, size);
    }
    free(dy);
    free(work);
    if (status == 12345) puts("");
}

#ifndef FUZZ_LIBRARY /* fuzz_open.c has another main */
int main(int argc, char **argv) {
    static unsigned char file[64][1 << 20];
    static size_t size[64];
    static unsigned long refused[SNA_RULE_COUNT + 1];
    int files = 0;
    long count = argc > 2 ? atol(argv[2]) : 0;
    state = argc > 1 ? strtoull(argv[1], NULL, 10) * 2654435761u + 88172645463325252ull : 1;
    for (int i = 3; i < argc && files < 64; i++) {
        FILE *f = fopen(argv[i], "rb");
        if (!f) return 2;
        size[files] = fread(file[files], 1, sizeof file[0], f);
        fclose(f);
        files++;
    }
    if (!files) return 2;
    for (long i = 0; i < count; i++) {
        static unsigned char scratch[(1 << 20) + 4096];
        uint32_t which = below((uint32_t)files);
        sna_model m;
        sna_status s;
        memcpy(scratch, file[which], size[which]);
        size_t n = damage(scratch, size[which], size[which] + 4096);
        if (below(8)) mend(scratch, n);
        unsigned char *exact =
            malloc(n ? n : 1); /* ends where the file ends: one byte further is an error */
        memcpy(exact, scratch, n);
        s = sna_open(exact, n, &m);
        refused[s == SNA_OK ? 0 : m.rule ? m.rule : SNA_RULE_COUNT]++;
        if (s == SNA_OK) use(&m);
        free(exact);
    }
    printf("%ld files, %lu accepted", count, refused[0]);
    for (int r = 1; r < SNA_RULE_COUNT; r++)
        if (refused[r]) printf(", %s %lu", sna_rule_name((sna_rule)r), refused[r]);
    puts("");
    return 0;
}
#endif
