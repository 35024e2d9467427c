/* sna_host_sweep.c - see sna_host_sweep.h.   SPDX-License-Identifier: Apache-2.0
 *
 * Sums and products are rounded one by one, never fused: only so do they give the same bits as
 * numpy and on every processor. */
#if defined(__clang__)
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif
#include "sna_host_sweep.h"

#include <math.h>

enum { PIECE = 512, LANES = 16 };

#define UNIT 0x1p-32
#define SHIFTS 0x80000000u /* blocks of Philox from here on are shifts */
#define ROOT_HALF 0.7071067811865476
#define LN2 0.6931471805599453

typedef union number {
    double value;
    uint64_t bits;
} number;

typedef struct routines {
    void (*words)(uint64_t, int, uint32_t, uint64_t, uint32_t *);
    void (*uniform)(const double *, const uint32_t *, int, float *);
    void (*triangular)(const double *, const uint32_t *, int, float *);
    void (*normal)(const double *, const uint32_t *, int, float *);
    void (*normal_far)(const double *, const uint32_t *, int, float *);
    void (*powers)(const sna_scale *, const double *, int, double *, int32_t *);
    void (*beyond)(const sna_spec *, const double *, const int32_t *, int, int32_t *, int64_t *);
    int (*extreme)(const double *, int, double, double);
} routines;

/* Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988) 477: numerator and denominator,
 * highest power first. */
static const double centre[2][8] = {
    {2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608},
    {5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0}};
static const double tail[2][8] = {
    {7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
     1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959,
     1.42343711074968357734},
    {1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966,
     0.14810397642748007459, 0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187,
     1.0}};
static const double far_tail[2][8] = {
    {2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
     0.026532189526576123093, 0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699,
     6.6579046435011037772},
    {2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
     7.868691311456132591e-4, 0.0148753612908506148525, 0.13692988092273580531,
     0.59983220655588793769, 1.0}};

#define ISA baseline
#define TARGET
#include "sna_host_sweep_kernel.h"
#undef ISA
#undef TARGET

#if defined(__x86_64__)
#define ISA avx2
#define TARGET __attribute__((target("avx2")))
#include "sna_host_sweep_kernel.h"
#undef ISA
#undef TARGET

#define ISA avx512
#ifdef __clang__
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2")))
#else
#define TARGET \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,prefer-vector-width=512")))
#endif
#include "sna_host_sweep_kernel.h"
#undef ISA
#undef TARGET
#endif

static const routines *chosen(void) {
#if defined(__x86_64__)
    const int best = sna_host_best();
    if (best == 2) return &set_avx512;
    if (best == 1) return &set_avx2;
#endif
    return &set_baseline;
}

/* ------------------------------------------------------------------------------------- drawing */

/* Whether every probability is above exp(-25), where the third ratio begins, and below 1 less that.
 */
static int never_far(const double *m) {
    const double least = m[2] + m[3] * (0.5 * UNIT), most = m[2] + m[3] * (1.0 - 0.5 * UNIT);
    return least > 1.4e-11 && 1.0 - most > 1.4e-11;
}

static void draw_rows(const sna_draw *d, const uint32_t *w, int n, float *x) {
    for (int q = 0; q < n; q++) x[q] = d->values[(uint64_t)w[q] * d->n_values >> 32];
}

/* By halves: the first cut above w. */
static void draw_levels(const sna_draw *d, const uint32_t *w, int n, float *x) {
    for (int q = 0; q < n; q++) {
        uint32_t low = 0, high = d->n_cuts;
        while (low < high) {
            const uint32_t middle = (low + high) / 2;
            if (d->cuts[middle] <= w[q]) low = middle + 1;
            else high = middle;
        }
        x[q] = d->values[low];
    }
}

/* One digit of the numbers first .. of samples: each point `stride` times, then the next. */
static void draw_grid(const sna_draw *d, uint64_t first, int n, float *x) {
    const uint64_t stride = (uint64_t)d->numbers[0];
    uint64_t left = stride - first % stride;
    uint32_t place = (uint32_t)(first / stride % d->n_values);
    for (int q = 0; q < n; q++) {
        x[q] = d->values[place];
        if (--left) continue;
        left = stride;
        place = place + 1 < d->n_values ? place + 1 : 0;
    }
}

static void draw_one(const routines *use, const sna_draw *d, uint64_t first, const uint32_t *w,
                     int n, float *x) {
    switch (d->kind) {
    case SNA_DRAW_UNIFORM: use->uniform(d->numbers, w, n, x); break;
    case SNA_DRAW_NORMAL:
        (never_far(d->numbers) ? use->normal : use->normal_far)(d->numbers, w, n, x);
        break;
    case SNA_DRAW_TRIANGULAR: use->triangular(d->numbers, w, n, x); break;
    case SNA_DRAW_ROWS: draw_rows(d, w, n, x); break;
    case SNA_DRAW_LEVELS: draw_levels(d, w, n, x); break;
    case SNA_DRAW_GRID: draw_grid(d, first, n, x); break;
    default:
        for (int q = 0; q < n; q++) x[q] = (float)d->numbers[0];
    }
}

static int random_words(const sna_draw *d) {
    return d->kind != SNA_DRAW_FIXED && d->kind != SNA_DRAW_GRID;
}

/* Direction number k of the four inputs of a block onto the words of one sample. */
static void add_direction(const sna_sweep *s, uint32_t block, int k, uint32_t *words) {
    const uint32_t *v = s->directions + (size_t)128 * block + k;
    for (uint32_t c = 0; c < 4 && 4 * block + c < (uint32_t)s->n_axes; c++)
        words[c * PIECE] ^= v[32 * c];
}

/* words[4][PIECE] of n samples. The first point of a replicate is its shift: random words. Each
 * has one direction number more or less than the one before it: the lowest one of its place. */
static void sobol_words(const routines *use, const sna_sweep *s, uint64_t first, int n,
                        uint32_t block, uint32_t *words) {
    uint64_t replicate = first / s->points, place = first % s->points, ones;
    for (int q = 0; q < n; q++, place++) {
        uint32_t *w = words + q;
        if (place == s->points) place = 0, replicate++;
        if (q == 0 || place == 0) {
            use->words(replicate, 1, SHIFTS + block, s->seed, w);
            ones = place ^ place >> 1;
        } else {
            for (int c = 0; c < 4; c++) w[c * PIECE] = w[c * PIECE - 1];
            ones = place & (0 - place);
        }
        for (; ones; ones &= ones - 1) add_direction(s, block, __builtin_ctzll(ones), w);
    }
}

/* At most PIECE samples. */
static void draw_piece(const routines *use, const sna_sweep *s, uint64_t first, int n, float *x) {
    uint32_t words[4 * PIECE], block = UINT32_MAX;
    float column[PIECE];
    for (int d = 0; d < s->n_axes; d++) {
        const sna_draw *one = &s->draws[d];
        if (random_words(one) && one->word / 4 != block) {
            block = one->word / 4;
            if (s->directions) sobol_words(use, s, first, n, block, words);
            else use->words(first, n, block, s->seed, words);
        }
        draw_one(use, one, first, words + one->word % 4 * PIECE, n, column);
        for (int q = 0; q < n; q++) x[(size_t)q * (size_t)s->n_axes + (size_t)d] = column[q];
    }
}

void sna_sweep_draw(const sna_sweep *s, uint64_t first, size_t n, float *x) {
    const routines *use = chosen();
    for (size_t done = 0; done < n; done += PIECE) {
        const int m = n - done < PIECE ? (int)(n - done) : PIECE;
        draw_piece(use, s, first + done, m, x + done * (size_t)s->n_axes);
    }
}

/* ------------------------------------------------------------------------------------ counting */

/* Workspace of a piece. */
typedef struct bench {
    float *x, *y;
    double *column, *sums; /* sums [n_outputs][POWERS][LANES] */
    int32_t *valid, *within, *bins;
    signed char *status;
    void *host;
} bench;

static void *take(unsigned char *base, size_t *used, size_t bytes) {
    void *p = base ? base + *used : NULL;
    *used += (bytes + 63u) & ~(size_t)63;
    return p;
}

static size_t bench_of(const sna_host *h, const sna_sweep *s, unsigned char *base, bench *b) {
    size_t used = 0;
    b->x = (float *)take(base, &used, (size_t)s->n_axes * PIECE * sizeof(float));
    b->y = (float *)take(base, &used, (size_t)s->n_outputs * PIECE * sizeof(float));
    b->column = (double *)take(base, &used, PIECE * sizeof(double));
    b->sums = (double *)take(base, &used,
                             (size_t)s->n_outputs * SNA_SWEEP_POWERS * LANES * sizeof(double));
    b->valid = (int32_t *)take(base, &used, PIECE * sizeof(int32_t));
    b->within = (int32_t *)take(base, &used, PIECE * sizeof(int32_t));
    b->bins = (int32_t *)take(base, &used, PIECE * sizeof(int32_t));
    b->status = (signed char *)take(base, &used, PIECE);
    b->host = take(base, &used, sna_host_workspace_size(h));
    return used;
}

size_t sna_sweep_work(const sna_host *h, const sna_sweep *s) {
    bench b;
    return bench_of(h, s, NULL, &b);
}

/* value into the list of the least, which is in order; ties stay behind those that came first. */
static void keep(double *list, int64_t *at, double value, int64_t sample) {
    int i = SNA_SWEEP_EXTREMES - 1;
    if (!(value < list[i])) return;
    for (; i > 0 && value < list[i - 1]; i--) {
        list[i] = list[i - 1];
        at[i] = at[i - 1];
    }
    list[i] = value;
    at[i] = sample;
}

static void keep_extremes(const routines *use, const bench *b, int n, uint64_t first, double *list,
                          int64_t *at) {
    enum { LAST = SNA_SWEEP_EXTREMES - 1 };
    if (!use->extreme(b->column, n, list[LAST], list[SNA_SWEEP_EXTREMES + LAST])) return;
    for (int q = 0; q < n; q++) {
        if (!b->valid[q]) continue;
        keep(list, at, b->column[q], (int64_t)first + q);
        keep(list + SNA_SWEEP_EXTREMES, at + SNA_SWEEP_EXTREMES, -b->column[q], (int64_t)first + q);
    }
}

/* Output k as a column, the centre where there is no value and up to a multiple of LANES. */
static void fill_column(const sna_sweep *s, const bench *b, int k, int n) {
    const int padded = (n + LANES - 1) / LANES * LANES;
    const double none = s->scales[k].centre;
    for (int q = 0; q < n; q++)
        b->column[q] = b->valid[q] ? (double)b->y[q * s->n_outputs + k] : none;
    for (int q = n; q < padded; q++) b->column[q] = none;
}

static void count_output(const routines *use, const sna_sweep *s, const bench *b, int k, int n,
                         uint64_t first, const sna_tally *t) {
    const size_t list = (size_t)k * 2 * SNA_SWEEP_EXTREMES;
    int64_t *counts = t->counts + (size_t)k * (SNA_SWEEP_BINS + 2);
    fill_column(s, b, k, n);
    use->powers(&s->scales[k], b->column, (n + LANES - 1) / LANES * LANES,
                b->sums + (size_t)k * SNA_SWEEP_POWERS * LANES, b->bins);
    for (int q = 0; q < n; q++) counts[b->bins[q]] += b->valid[q];
    keep_extremes(use, b, n, first, t->extremes + list, t->at + list);
    for (int i = 0; i < s->n_specs; i++)
        if (s->specs[i].output == k)
            use->beyond(&s->specs[i], b->column, b->valid, n, b->within, t->beyond + 2 * i);
}

/* `plain`: all statuses are SNA_OK. */
static void count_piece(const routines *use, const sna_sweep *s, const bench *b, int n, int plain,
                        uint64_t first, const sna_tally *t) {
    for (int q = 0; q < n; q++) b->valid[q] = b->within[q] = b->status[q] >= 0;
    if (plain) t->statuses[SNA_SWEEP_STATUSES / 2] += n;
    for (int q = 0; !plain && q < n; q++) t->statuses[b->status[q] + SNA_SWEEP_STATUSES / 2]++;
    for (int k = 0; k < s->n_outputs; k++) count_output(use, s, b, k, n, first, t);
    for (int q = 0; q < n; q++) t->inside[0] += b->within[q];
}

/* Lanes by halves. */
static void fold(double *lanes, double *sum) {
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++) lanes[i] = lanes[i] + lanes[i + half];
    *sum = lanes[0];
}

void sna_sweep_count(const sna_host *h, const sna_sweep *s, uint64_t first, size_t n,
                     const sna_tally *t, double *sums, void *work) {
    const routines *use = chosen();
    const int all = s->n_outputs * SNA_SWEEP_POWERS;
    sna_status said;
    bench b;
    (void)bench_of(h, s, (unsigned char *)work, &b);
    for (int i = 0; i < all * LANES; i++) b.sums[i] = 0;
    for (size_t done = 0; done < n; done += PIECE) {
        const int m = n - done < PIECE ? (int)(n - done) : PIECE;
        draw_piece(use, s, first + done, m, b.x);
        said = sna_host_eval_f32(h, 0, (size_t)m, b.x, b.y, b.status, b.host);
        count_piece(use, s, &b, m, said == SNA_OK, first + done, t);
    }
    for (int i = 0; i < all; i++) fold(b.sums + i * LANES, sums + i);
}
