/* sna_host_sweep.h - Monte Carlo on hosts: inputs drawn by counters, answered and counted.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sample i is a function of i and the seed alone: Philox4x32-10 of (i, block of four words) under
 * the seed as key. The numpy code of export/monte_carlo says the same step by step and is the
 * reference: samples agree to the bit, and so do counts and sums of the same values. Nothing is
 * allocated or kept; `work` belongs to one call, everything else may be shared. */
#ifndef SNA_HOST_SWEEP_H
#define SNA_HOST_SWEEP_H

#include "../sna_host.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SNA_SWEEP_BINS = 8192,
    SNA_SWEEP_EXTREMES = 5,
    SNA_SWEEP_POWERS = 4,
    SNA_SWEEP_STATUSES = 32 /* counted from -16 on */
};

typedef enum sna_draw_kind {
    SNA_DRAW_FIXED,      /* a */
    SNA_DRAW_UNIFORM,    /* a + b u */
    SNA_DRAW_NORMAL,     /* a + b Phi^-1(c + d u) */
    SNA_DRAW_TRIANGULAR, /* a + sqrt(u c) where u < e, else b - sqrt((1 - u) d) */
    SNA_DRAW_ROWS,       /* values[floor(w n_values / 2^32)] */
    SNA_DRAW_LEVELS,     /* values[number of cuts <= w] */
    SNA_DRAW_GRID        /* values[floor(i / a) mod n_values] of sample i; a: a whole number */
} sna_draw_kind;

/* One input, from the random word w of the sample: u = (w + 1/2) / 2^32; numbers: a, b, c, d, e. */
typedef struct sna_draw {
    int kind;
    uint32_t word; /* which one: word % 4 of block word / 4 */
    double numbers[5];
    const uint32_t *cuts;
    const float *values; /* n_cuts + 1 of them for levels */
    uint32_t n_cuts, n_values;
} sna_draw;

/* How an output is counted: sums are of t = (y - centre) rate, bins are 1 / bins wide. */
typedef struct sna_scale {
    double centre, rate, low, bins;
} sna_scale;

typedef struct sna_spec {
    int output;
    double lower, upper;
} sna_spec;

typedef struct sna_sweep {
    const sna_draw *draws;   /* [n_axes] */
    const sna_scale *scales; /* [n_outputs] */
    const sna_spec *specs;   /* [n_specs] */
    int n_axes, n_outputs, n_specs;
    uint64_t seed;
    const uint32_t *directions; /* [n_axes][32] of Sobol' points; NULL: words are random */
    uint64_t points;            /* of a replicate, each of which has a shift of its own */
} sna_sweep;

/* What is added to. Lists of extremes hold the least values first: of y, then of -y. */
typedef struct sna_tally {
    int64_t *counts;   /* [n_outputs][SNA_SWEEP_BINS + 2]: below, bins, above */
    int64_t *statuses; /* [SNA_SWEEP_STATUSES] */
    int64_t *beyond;   /* [n_specs][2]: below, above */
    int64_t *inside;   /* [1]: samples with a value that meet every spec */
    double *extremes;  /* [n_outputs][2][SNA_SWEEP_EXTREMES] */
    int64_t *at;       /* beside them: which sample */
} sna_tally;

/* Bytes of work, on a multiple of 64. */
size_t sna_sweep_work(const sna_host *host, const sna_sweep *sweep);

/* x [n][n_axes] of the samples first .. first + n - 1. */
void sna_sweep_draw(const sna_sweep *sweep, uint64_t first, size_t n, float *x);

/* Draws, answers and counts n samples; sums [n_outputs][SNA_SWEEP_POWERS] of t^1 .. t^4. */
void sna_sweep_count(const sna_host *host, const sna_sweep *sweep, uint64_t first, size_t n,
                     const sna_tally *tally, double *sums, void *work);

#ifdef __cplusplus
}
#endif

#endif
