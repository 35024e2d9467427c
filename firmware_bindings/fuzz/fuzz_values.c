/* fuzz_values.c - absurd values against every function of sna.h, built with sanitizers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: fuzz_values SEED ROUNDS FILE..
 *
 * Each round takes a
 * file, in every second round with absurd numbers in its outputs, weights and tables (checksum
 * mended, no golden replay), and hands NaN, infinities, subnormal and huge numbers to every verb,
 * in buffers of exactly the size the library asks for. A round that takes longer than WATCHDOG
 * seconds ends the process with the verb's name. */
#define _POSIX_C_SOURCE 200809L
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -DFUZZ_HOST: the host layer and the inverse functions too; link sna_host_inverse.c,
 * sna_host_roots.c, sna_host_descent.c. */
#ifdef FUZZ_HOST
#include "../host/sna_host.c"
#include "../host/sna_host_inverse.h"
#else
#include "../sna.c"
#endif

enum { WATCHDOG = 20, ROOM = 8 };

static uint64_t state;
static const char *volatile verb = "none";

static uint64_t next(void) { /* xorshift64* */
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 2685821657736338717ull;
}

static uint32_t below(uint32_t n) { return n ? (uint32_t)(next() >> 32) % n : 0; }

static void too_long(int number) {
    static const char text[] = " does not end\n";
    (void)number;
    if (write(2, verb, strlen(verb)) < 0 || write(2, text, sizeof text - 1) < 0) _exit(4);
    _exit(3);
}

static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", verb, what);
    exit(5);
}

static double absurd(void) {
    static const double values[] = {
        0.0,      -0.0,         1.0,           -1.0,         NAN,      INFINITY, -INFINITY, DBL_MIN,
        -DBL_MIN, 4.9e-324,     -4.9e-324,     DBL_MAX,      -DBL_MAX, 1e306,    -1e306,    1e160,
        -1e160,   FLT_MAX,      -FLT_MAX,      FLT_MIN,      1e-45,    -1e-45,   1e30,      -1e30,
        1e-30,    2147483648.0, -2147483649.0, 4294967296.0, 9.3e18,   0.3,      1e9,       -1e9,
        709.8,    -745.2,       88.8,          -103.0};
    union {
        uint64_t bits;
        double value;
    } v;
    if (below(4)) return values[below(sizeof values / sizeof *values)];
    v.bits = next();
    return v.value;
}

static real coordinate(const axis_record *a) {
    switch (below(6)) {
    case 0: return LOWER(a);
    case 1: return UPPER(a);
    case 2: return (real)nextafter((double)UPPER(a), below(2) ? INFINITY : -INFINITY);
    case 3: return (real)absurd();
    default:
        return a->kind == CATEGORICAL ? (real)(int)below(a->n_spans)
                                      : LOWER(a) + (UPPER(a) - LOWER(a)) * (real)below(1001) / 1000;
    }
}

static int known(sna_status s) { return *sna_status_name(s) != 0; }

#include "fuzz_companions.h"

static void absurd_numbers(unsigned char *b, size_t size) {
    sna_model m;
    uint32_t crc;
    if (sna_open(b, size, &m) != SNA_OK) return;
    for (uint32_t n = 1 + below(12); n--;) {
        double wide = absurd();
        float narrow = (float)wide;
        uint32_t tables = load32(b + HEADER + 16 * (TABLES - 1) + 8) / 4,
                 weights = m.n_modes * m.n_outputs;
        if (!isfinite(wide)) continue;
        if (below(2))
            memcpy(b + m.section[OUTPUTS] + OUTPUT * below(m.n_outputs) + 8 * below(5), &wide, 8);
        if (!isfinite(narrow)) continue;
        if (weights && below(2))
            memcpy(b + m.section[OUTPUTS] + OUTPUT * m.n_outputs + 4 * below(weights), &narrow, 4);
        if (tables && axis_at(&m, 0)->dtype == DT_F32)
            memcpy(b + m.section[TABLES] + 4 * below(tables), &narrow, 4);
    }
    crc = crc32(0, b, m.section[INTEGRITY]);
#ifndef SNA_NO_COMPANIONS
    absurd_companions(b, &m);
    if (m.features & FEATURE_COMPANIONS)
        crc = crc32(crc, section(&m, SIGNATURE) + 128, size - m.section[SIGNATURE] - 128);
#endif
    memcpy(b + m.section[INTEGRITY] + 32, &crc, 4);
}

static void values(const sna_model *m, const real *x) {
    size_t size = sna_workspace_size(m, SNA_WORK_EVAL);
    void *work = malloc(size);
    real *y = malloc(sizeof(real) * m->n_outputs), *two = malloc(2 * sizeof(real) * m->n_axes),
         *four = malloc(2 * sizeof(real) * m->n_outputs);
    signed char rows[2];
    sna_fault fault;
    for (unsigned flags = 0; flags < 2; flags++) {
        sna_status s, there;
        verb = "sna_eval";
        s = sna_eval(m, flags, x, y, work, size);
        if (!known(s)) fail("unknown status");
        for (unsigned k = 0; k < m->n_outputs && s < 0; k++)
            if (!isnan(y[k])) fail("a refused row has a value");
        verb = "sna_locate";
        there = sna_locate(m, flags, x, &fault);
        if (there != s) fail("another status than sna_eval");
        verb = "sna_eval_batch";
        memcpy(two, x, sizeof(real) * m->n_axes);
        memcpy(two + m->n_axes, x, sizeof(real) * m->n_axes);
        if (!known(sna_eval_batch(m, flags, 2, two, four, rows, work, size)) || rows[1] != s)
            fail("another status than sna_eval");
    }
    free(four);
    free(two);
    free(y);
    free(work);
}

static void gradients(const sna_model *m, const real *x) {
    size_t size = sna_workspace_size(m, SNA_WORK_GRAD);
    void *work = malloc(size);
    real *y = malloc(sizeof(real) * m->n_outputs),
         *dy = malloc(sizeof(real) * m->n_outputs * m->n_axes);
    verb = "sna_eval_grad";
    for (unsigned flags = 0; flags < 2; flags++)
        if (!known(sna_eval_grad(m, flags, x, y, dy, work, size))) fail("unknown status");
    free(dy);
    free(y);
    free(work);
}

static void roots(const sna_model *m, const real *x) {
    size_t size = sna_workspace_size(m, SNA_WORK_ROOTS), found = 99;
    void *work = malloc(size);
    sna_root *list = malloc(sizeof(sna_root) * ROOM);
    unsigned axis = below(m->n_axes + 1u), output = below(m->n_outputs + 1u);
    real nearest, target = (real)absurd();
    sna_status s;
    verb = "sna_roots";
    s = sna_roots(m, x, axis, output, target, list, below(ROOM + 1), &found, &nearest, work, size);
    if (!known(s) || found > ROOM) fail("unknown status");
    for (size_t i = 0; i < found; i++) {
        const axis_record *a = axis_at(m, axis);
        real slack = (UPPER(a) - LOWER(a)) * (real)1e-6f;
        if (!(list[i].low <= list[i].high && list[i].low >= LOWER(a) - slack &&
              list[i].high <= UPPER(a) + slack))
            fail("a root outside the domain");
    }
    if (found && !(target - target >= 0)) fail("a root of no number");
    free(list);
    free(work);
}

static void intervals(const sna_model *m) {
    real low, high;
    verb = "sna_interval";
    if (!known(sna_interval(m, below(m->n_outputs + 1u), (sna_status)((int)below(15) - 9),
                            (real)absurd(), &low, &high)))
        fail("unknown status");
}

#ifndef SNA_NO_FIXED
static void integers(const sna_model *m) {
    size_t size = sna_workspace_size(m, SNA_WORK_FIXED);
    void *work = malloc(size);
    sna_place *places = malloc(sizeof(sna_place) * m->n_axes);
    int32_t *y = malloc(sizeof(int32_t) * m->n_outputs);
    for (unsigned d = 0; d < m->n_axes; d++) {
        int32_t counts = below(2) ? (int32_t)(uint32_t)next() : below(2) ? INT32_MIN : INT32_MAX;
        verb = "sna_fixed_place";
        if (sna_fixed_place(m, d, counts, places + d) < 0) {
            places[d].span = (uint16_t)next();
            places[d].u = (uint16_t)next();
        }
    }
    verb = "sna_fixed_eval";
    if (!known(sna_fixed_eval(m, places, y, work, size))) fail("unknown status");
    free(y);
    free(places);
    free(work);
    if (sna_fixed_exponent(m, (unsigned)next()) > 64) fail("exponent");
    if (!sna_status_name((sna_status)(int)below(40)) || !sna_rule_name((sna_rule)below(60)))
        fail("no name");
}
#endif

#ifdef FUZZ_HOST
static void host_values(const sna_model *m) {
    enum { ROWS = 140 };
    size_t size = sna_host_size(m), n = ROWS, d = m->n_axes, k = m->n_outputs;
    const sna_host *h;
    void *memory = aligned_alloc(64, size), *work;
    double *x = malloc(n * d * 8), *y = malloc(n * k * 8), *dy = malloc(n * k * d * 8);
    float *narrow = malloc(n * d * 4), *out = malloc(n * k * 4);
    verb = "sna_host_prepare";
    if (sna_host_prepare(m, memory, size, &h) == SNA_OK) {
        work = aligned_alloc(64, (sna_host_workspace_size(h) + 63u) & ~(size_t)63);
        for (size_t i = 0; i < n * d; i++) {
            x[i] = (double)coordinate(axis_at(m, (unsigned)(i % d)));
            narrow[i] = (float)x[i];
        }
        for (unsigned flags = 0; flags < 2; flags++) {
            verb = "sna_host_eval";
            if (!known(sna_host_eval(h, flags, n, x, y, NULL, work)) ||
                !known(sna_host_eval(h, flags, 1, x, y, NULL, work)))
                fail("unknown status");
            verb = "sna_host_eval_f32";
            if (!known(sna_host_eval_f32(h, flags, n, narrow, out, NULL, work)))
                fail("unknown status");
            verb = "sna_host_grad";
            if (!known(sna_host_grad(h, flags, n, x, y, dy, NULL, work))) fail("unknown status");
        }
        free(work);
    }
    free(out);
    free(narrow);
    free(dy);
    free(y);
    free(x);
    free(memory);
}

static double some(void) { return below(3) ? (double)below(2001) / 1000 - 1 : absurd(); }

/* Two inputs, one output, eight modes, three spans each: polynomials with absurd coefficients here
 * and there. */
static void host_inverse(void) {
    enum { D = 2, SPANS = 3, ORDER = 4, RANK = 8, N = 6 };
    double poly[D * SPANS * ORDER * RANK], breaks[D * (SPANS + 1)],
        rate[D] = {3, 0}, weights[RANK], bias = some(), lower[D] = {0, 0}, width[D] = {1, 1};
    double x[N * D], z[N * D], r[N], tolerance = 1e-9, goal = some(),
                                     unit = below(2) ? 1 : absurd(), line[SPANS * ORDER];
    double zeros[SPANS * (ORDER + 1) + 1], flat[2 * (SPANS + 1)], distance[N], fill, density[N],
        back[D * D] = {1, 0, 0, 1}, scale = some(), energy[N];
    double slope[N * D], curvature[N * D * D], radius[N], right[8], columns[RANK * 8];
    signed char tangent[SPANS * (ORDER + 1) + 1], done[N];
    int32_t base[D] = {0, SPANS}, spans[D] = {SPANS, SPANS}, unknown[D] = {0, 1}, outputs = 0;
    int64_t taken[N];
    sna_forms f = {poly, breaks, rate, base, spans, weights, &bias, D, 1, RANK, ORDER};
    sna_sought q = {unknown, &outputs, D, 1, 30, lower, width, &tolerance};
    sna_zeros found = {zeros, tangent, flat, 0, 0};
    sna_misfit misfit = {&f, columns, columns, right, lower, width, some(), 8};
    void *work;
    for (size_t i = 0; i < sizeof poly / 8; i++) poly[i] = some();
    for (int d = 0; d < D; d++)
        for (int s = 0; s <= SPANS; s++) breaks[d * (SPANS + 1) + s] = s / 3.0;
    for (int i = 0; i < RANK; i++) weights[i] = some();
    for (int i = 0; i < 8; i++) right[i] = some();
    for (int i = 0; i < RANK * 8; i++) columns[i] = some();
    for (int i = 0; i < N * D; i++)
        x[i] = z[i] = below(4) ? (double)below(1001) / 1000 : below(2) ? 0 : 1;
    verb = "sna_line";
    sna_line(&f, 0, 0, x, line);
    for (int i = 0; i < SPANS * ORDER; i++) line[i] = below(3) ? line[i] : absurd();
    work = malloc(sna_line_work(SPANS));
    verb = "sna_line_zeros";
    sna_line_zeros(breaks, line, SPANS, ORDER, absurd(), &found, work);
    if (found.n > SPANS * (ORDER + 1) + 1 || found.n_intervals > SPANS + 1)
        fail("more zeros than there is room for");
    free(work);
    verb = "sna_walks";
    (void)sna_walks(&f, &q, x, &goal, &unit, N, z, r, done, N, 0.05);
    work = aligned_alloc(64, (sna_misfit_work(&misfit) * N + 63) & ~(size_t)63);
    verb = "sna_misfit_local";
    sna_misfit_local(&misfit, N, z, energy, slope, curvature, work);
    verb = "sna_descend";
    for (int i = 0; i < N; i++) {
        radius[i] = 0.5;
        done[i] = 0;
    }
    sna_descend(&misfit, N, z, energy, slope, curvature, done, radius, 20, 1e-6, 1e-6, 1, 0, 0.05,
                work);
    verb = "sna_onto_ridge";
    sna_onto_ridge(&misfit, N, z, energy, slope, curvature, work);
    free(work);
    for (int i = 0; i < N * D; i++) z[i] = some();
    verb = "sna_thin";
    if (sna_thin(z, N, D, N, some(), 0.05, taken, distance, &fill) > N)
        fail("more points than there are");
    verb = "sna_mixture";
    sna_mixture(z, N, D, x, back, &scale, 1, density);
}
#endif

static void one_round(unsigned char *file, size_t size, int damaged) {
    unsigned char *b = malloc(size); /* ends where the file ends: one byte further is an error */
    sna_model m;
    real x[SNA_MAX_AXES];
    memcpy(b, file, size);
    if (damaged) absurd_numbers(b, size);
    verb = "sna_open";
    if (sna_open(b, size, &m) == SNA_OK) {
        m.seal = seal_of(&m); /* golden vectors of absurd tables do not hold; the verbs must */
        m.section[0] = m.features & FEATURE_FIXED ? (uint32_t)seal_of(&m) : 0;
        for (int i = 0; i < 4; i++) {
            for (unsigned d = 0; d < m.n_axes; d++) x[d] = coordinate(axis_at(&m, d));
            values(&m, x);
            gradients(&m, x);
            for (unsigned d = 0; d < m.n_axes; d++)
                if (below(3))
                    x[d] = axis_at(&m, d)->kind == CATEGORICAL ? 0 : LOWER(axis_at(&m, d));
            roots(&m, x);
            intervals(&m);
#ifndef SNA_NO_COMPANIONS
            companions(&m, x);
#endif
#ifndef SNA_NO_FIXED
            integers(&m);
#endif
        }
#ifdef FUZZ_HOST
        host_values(&m);
        host_inverse();
#endif
    }
    free(b);
}

int main(int argc, char **argv) {
    static unsigned char file[64][1 << 18];
    static size_t size[64];
    long rounds = argc > 2 ? atol(argv[2]) : 0;
    int files = 0;
    struct sigaction watch;
    memset(&watch, 0, sizeof watch);
    watch.sa_handler = too_long;
    sigaction(SIGALRM, &watch, NULL);
    state = (argc > 1 ? strtoull(argv[1], NULL, 10) : 1) * 2654435761u + 88172645463325252ull;
    for (int i = 3; i < argc && files < 64; i++, files++) {
        FILE *f = fopen(argv[i], "rb");
        if (!f) return 2;
        size[files] = fread(file[files], 1, sizeof file[0], f);
        fclose(f);
    }
    if (!files) return 2;
    for (long i = 0; i < rounds; i++) {
        uint32_t which = below((uint32_t)files);
        alarm(WATCHDOG);
        one_round(file[which], size[which], (int)(i & 1));
    }
    printf("%ld rounds\n", rounds);
    return 0;
}
