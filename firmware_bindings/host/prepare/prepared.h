/* prepared.h - what a prepared model is and what a call works on, part of sna_host.c.
 * SPDX-License-Identifier: Apache-2.0 */

/* Points at once; modes of a block, in three widths; room for tables in the first-level cache. */
enum { BLOCK = 64, WIDEST = 64, WIDE = 32, NARROW = 16, L1_BYTES = 34 << 10 };
/* The sorted path: points at once, fewest that pay, most spans of an axis. */
enum { MANY = 512, FEW = 128, MOST_SPANS = 256 };

typedef float quad __attribute__((vector_size(16), aligned(16), may_alias));
typedef float oct __attribute__((vector_size(32), aligned(32), may_alias));

typedef struct host_span {
    int32_t row, matrix; /* first table row; offset of the span's matrix in floats */
} host_span;

typedef struct host_axis {
    double lower, upper, inv_width;
    const host_span *spans;
    /* [matrix][k][order]: power of u - 1/2 before basis function, zeros above the degree */
    const float *matrices;
    int32_t n_spans;
    int degree, fast, edges; /* fast: uniform; edges: some span has no training rows */
    /* span s has row s * row_step; spans edge .. n_spans - edge - 1 share one matrix */
    int regular, edge, row_step;
    /* regular: [i][k][16] coefficient of (u - 1/2)^k in B_i for each of 2 * edge + 1 kinds of spans
     */
    const float *kinds;
} host_axis;

/* One axis of a block of modes. Where a mode does not use the axis its column is zero and absent[]
 * is 1. */
typedef struct part {
    const float *table;  /* [row][width] */
    const float *absent; /* [width] or NULL when all modes of the block use the axis */
    const float *pieces; /* [span][4][width] polynomials of the sorted path, or NULL */
    int axis, n_rows;    /* n_rows: p + 1 */
    int run;             /* this and how many parts after it are plain cubic ones; 0: this is not */
} part;

typedef struct mode_block {
    const part *parts;
    const float *weights;     /* [output][width] */
    int order, last;          /* place in the list of blocks */
    int n_parts, width, tile; /* tile: axes whose tables share the first-level cache */
} mode_block;

/* One core of a tensor train, [row][left][width]: width is the right rank padded to whole vectors,
 * row = left * width. */
typedef struct train_core {
    const float *table;
    size_t row;
    int left, n_rows, width; /* n_rows: p + 1 */
} train_core;

/* Points of the sorted path by span. `head` and `next`: the first point of each span and the point
 * behind each point, -1 at the end; or, where vectors are so short that points are walked over
 * several times, the points in order and where each span starts in them. */
typedef struct pile {
    int16_t *head; /* [axis][MOST_SPANS + 1] */
    int16_t *next; /* [axis][MANY] */
    float *u;      /* [axis][MANY], u - 1/2 */
    int32_t *span; /* of one axis */
    float *park, *total;
    double *f;
    signed char *status;
} pile;

/* Workspace of a block of points. */
typedef struct desk {
    int32_t *span, *rows;
    float *u, *basis, *park;
    double *f, *column;
    signed char *status;
    int32_t *spans;         /* of gradients: [axis][BLOCK] */
    float *places, *slopes; /* u - 1/2, and derivatives of the basis values by u */
    double *rates;          /* du/dx */
} desk;

typedef struct instruction_set {
    int (*places_f64)(const host_axis *, const double *, size_t, int, int32_t *, float *);
    int (*places_f32)(const host_axis *, const float *, size_t, int, int32_t *, float *);
    void (*basis4)(const host_axis *, int, const int32_t *, const float *, int32_t *, float *);
    void (*basis8)(const host_axis *, int, const int32_t *, const float *, int32_t *, float *);
    void (*slope4)(const host_axis *, int, const int32_t *, const float *, float *);
    void (*slope8)(const host_axis *, int, const int32_t *, const float *, float *);
    void (*modes)(const sna_host *, int, const int32_t *, const float *, double *, float *);
    void (*gradient)(const sna_host *, const mode_block *, const desk *, int, int, double *,
                     double *);
    void (*train)(const sna_host *, int, const int32_t *, const float *, double *, float *);
    void (*train_gradient)(const sna_host *, int, const int32_t *, const float *, const float *,
                           double *, double *, float *);
    int lanes;
    void (*sorted)(const sna_host *, int, const pile *);
    int (*regular)(const host_axis *, const double *, int, int32_t *, int32_t *,
                   float *); /* NULL: not for this set */
} instruction_set;

struct sna_host {
    sna_model model;
    const instruction_set *set;
    const host_axis *axes;
    const mode_block *blocks;
    const train_core *cores; /* NULL: not a tensor train */
    const float *ends;       /* W of a train, [output][width] */
    int n_axes, n_outputs, n_blocks, order, isa;
    int widest, prefixes; /* floats of the widest row of ranks, and of all of them */
    int sorted;           /* large batches go span by span */
};
