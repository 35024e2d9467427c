/* sna_host.c - see sna_host.h.   SPDX-License-Identifier: Apache-2.0
 *
 * Contents: 1 what a prepared model is  2 instruction sets  3 prepare  4 evaluate  5 gradient
 * A third file keeps sna.c small for firmware: this one costs memory and code of a host. */
#include "../sna.c"
#include "sna_host.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* ------------------------------------------------------------------- 1 what a prepared model is */

enum { BLOCK = 64, WIDEST = 64, WIDE = 32, NARROW = 16, L1_BYTES = 34 << 10 };
enum {
    MANY = 512,
    FEW = 128,
    MOST_SPANS = 256
}; /* of the sorted path: points at once, fewest that pay, spans of an axis */

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

/* --------------------------------------------------------------------------- 2 instruction sets */

#define ISA baseline
#define TARGET
#define VL 4
#include "sna_host_kernel.h"
#undef ISA
#undef TARGET
#undef VL

#if defined(__x86_64__)
#define ISA avx2
#define TARGET __attribute__((target("avx2,fma")))
#define VL 8
#include "sna_host_kernel.h"
#undef ISA
#undef TARGET
#undef VL

#define ISA avx512
#ifdef __clang__
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#else
#define TARGET \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,prefer-vector-width=512")))
#endif
#define VL 16
#include "sna_host_kernel.h"
#undef ISA
#undef TARGET
#undef VL
#endif

static const char *const isa_names[3] = {"baseline", "avx2", "avx512"};

static int isa_present(int isa) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (isa == 2)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("fma");
    if (isa == 1) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return isa == 0;
}

/* The one writable word of this layer: a wish for tests and measurements, set before any model is
 * prepared. */
static int wished_isa = 2;

int sna_host_use(const char *isa) {
    for (int i = 0; i < 3; i++) {
        int j = 0;
        while (isa[j] && isa[j] == isa_names[i][j]) j++;
        if (isa[j] == isa_names[i][j] && isa_present(i)) {
            wished_isa = i;
            return 1;
        }
    }
    return 0;
}

const char *sna_host_isa(const sna_host *h) { return isa_names[h->isa]; }

static const instruction_set *set_of(int isa) {
#if defined(__x86_64__)
    if (isa == 2) return &set_avx512;
    if (isa == 1) return &set_avx2;
#endif
    (void)isa;
    return &set_baseline;
}

/* ------------------------------------------------------------------------------------ 3 prepare
 * The same walk runs twice: with base = NULL it only measures. */

typedef struct arena {
    unsigned char *base;
    size_t used;
} arena;

static void *take(arena *a, size_t bytes) {
    void *p = a->base ? a->base + a->used : NULL;
    a->used += (bytes + 63u) & ~(size_t)63;
    return p;
}

/* Modes of one block: groups' runs of consecutive modes. */
typedef struct run {
    const group_record *group;
    uint32_t from, count; /* modes of the group */
} run;

typedef struct plan {
    run runs[NARROW];
    int n_runs, width;
    uint64_t axes;
} plan;

static void fill_pieces(const host_axis *a, const part *p, int width, int order, float *pieces);
static size_t pieces_size(const sna_model *m);

static uint64_t mask_of(const group_record *g) { return (uint64_t)g->mask[1] << 32 | g->mask[0]; }

/* The next block: up to 64 modes of one group, or the ends of several groups side by side in 16
 * lanes. */
static int next_plan(const sna_model *m, unsigned *g, uint32_t *from, int wide, plan *p) {
    uint32_t lanes = NARROW, used = 0;
    p->n_runs = 0;
    p->axes = 0;
    while (*g < m->n_groups && used < lanes) {
        const group_record *r = group_at(m, *g);
        uint32_t rest = r->count - *from, n;
        if (!used && wide && rest > NARROW) lanes = rest > WIDE + NARROW ? WIDEST : WIDE;
        else if (used && lanes > NARROW) break;
        n = rest < lanes - used ? rest : lanes - used;
        p->runs[p->n_runs].group = r;
        p->runs[p->n_runs].from = *from;
        p->runs[p->n_runs++].count = n;
        p->axes |= mask_of(r);
        used += n;
        *from += n;
        if (*from == r->count) {
            *from = 0;
            ++*g;
        }
    }
    p->width = (int)lanes;
    return p->n_runs;
}

/* Column of the group's first mode in the table of axis d. */
static uint32_t first_column(const sna_model *m, const group_record *group, unsigned d) {
    uint32_t column = 0;
    for (const group_record *g = group_at(m, 0); g < group; g++)
        column += uses(g, d) ? padded(g->count) : 0;
    return column;
}

static void fill_part(const sna_model *m, const plan *p, unsigned d, float *table, float *absent,
                      part *out) {
    const axis_record *a = axis_at(m, d);
    int lane = 0, missing = 0;
    out->axis = (int)d;
    out->n_rows = a->degree + 1;
    out->table = table;
    for (int i = 0; i < p->width; i++) absent[i] = 0;
    clear(table, (size_t)a->n_rows * (size_t)p->width * sizeof(float));
    for (int i = 0; i < p->n_runs; i++) {
        const run *r = &p->runs[i];
        uint32_t column = uses(r->group, d) ? first_column(m, r->group, d) + r->from : 0;
        for (uint32_t j = 0; j < r->count; j++, lane++) {
            if (!uses(r->group, d)) {
                absent[lane] = 1;
                missing = 1;
                continue;
            }
            for (uint32_t row = 0; row < a->n_rows; row++)
                table[row * (size_t)p->width + (size_t)lane] =
                    (float)element(section(m, TABLES) + a->table + (size_t)row * row_bytes(a),
                                   a->dtype, column + j);
        }
    }
    out->absent = missing ? absent : NULL;
}

static void fill_weights(const sna_model *m, const plan *p, float *w) {
    clear(w, (size_t)p->width * m->n_outputs * sizeof(float));
    for (unsigned k = 0; k < m->n_outputs; k++) {
        int lane = 0;
        for (int i = 0; i < p->n_runs; i++)
            for (uint32_t j = 0; j < p->runs[i].count; j++, lane++)
                w[k * (unsigned)p->width + (unsigned)lane] = weights_at(
                    m)[(p->runs[i].group->first + p->runs[i].from + j) * m->n_outputs + k];
    }
}

static void prepare_block(const sna_model *m, const plan *p, int order, const host_axis *axes,
                          int sorted, arena *memory, mode_block *out) {
    int n_parts = 0;
    size_t bytes = 0;
    float *weights;
    part *parts;
    for (unsigned d = 0; d < m->n_axes; d++) {
        if (!(p->axes >> d & 1)) continue;
        n_parts++;
        bytes += (size_t)axis_at(m, d)->n_rows * (size_t)p->width * sizeof(float);
    }
    parts = (part *)take(memory, (size_t)n_parts * sizeof(part));
    weights = (float *)take(memory, (size_t)p->width * m->n_outputs * sizeof(float));
    for (unsigned d = 0, i = 0; d < m->n_axes; d++) {
        float *table, *absent, *pieces;
        if (!(p->axes >> d & 1)) continue;
        table =
            (float *)take(memory, (size_t)axis_at(m, d)->n_rows * (size_t)p->width * sizeof(float));
        absent = (float *)take(memory, (size_t)p->width * sizeof(float));
        pieces = sorted ? (float *)take(memory, (size_t)axis_at(m, d)->n_spans * 4 *
                                                    (size_t)p->width * sizeof(float))
                        : NULL;
        if (!memory->base) continue;
        fill_part(m, p, d, table, absent, &parts[i]);
        parts[i].pieces = pieces;
        if (sorted) fill_pieces(&axes[d], &parts[i], p->width, order, pieces);
        i++;
    }
    if (!memory->base) return;
    fill_weights(m, p, weights);
    out->parts = parts;
    out->weights = weights;
    out->n_parts = n_parts;
    out->width = p->width;
    out->tile = (int)(L1_BYTES / (bytes / (size_t)n_parts + 1));
    if (out->tile < 1)
        out->tile = 3; /* one table alone is larger than the cache: tiles gain nothing */
    for (int i = n_parts - 1, run = 0; i >= 0; i--) {
        run = order == 4 && parts[i].n_rows == 4 && !parts[i].absent ? run + 1 : 0;
        parts[i].run = run;
    }
}

/* Smallest number of differing spans at the ends; -1 when the axis is not regular. */
static int edge_of(const axis_record *a, const host_span *s) {
    int n = (int)a->n_spans, edge = 0, step = n > 1 ? s[1].row : 0, middle = s[n / 2].matrix;
    for (int i = 0; i < n; i++) {
        int from_end = i < n - 1 - i ? i : n - 1 - i;
        if (s[i].row != i * step) return -1;
        if (s[i].matrix != middle && from_end >= edge) edge = from_end + 1;
    }
    return edge <= 7 && n >= 2 * edge + 1 ? edge : -1;
}

static void fill_kinds(host_axis *out, int order, float *kinds) {
    for (int j = 0; j <= 2 * out->edge; j++) {
        const float *m =
            out->matrices +
            out->spans[j <= out->edge ? j : out->n_spans - 2 * out->edge - 1 + j].matrix;
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < 4; k++) kinds[64 * i + 16 * k + j] = m[k * order + i];
    }
    out->kinds = kinds;
}

/* Coefficients of powers of u - 1/2 instead of u: at degree 7 powers of u cancel two digits of a
 * float, these do not. */
static void about_the_middle(const f32 *stored, int n, double *c) {
    for (int k = 0; k < n; k++) c[k] = (double)stored[k];
    for (int j = 0; j < n - 1; j++)
        for (int k = n - 2; k >= j; k--) c[k] += 0.5 * c[k + 1];
}

static void prepare_axis(const sna_model *m, unsigned d, int order, arena *memory, host_axis *out) {
    const axis_record *a = axis_at(m, d);
    const u16 *row = first_rows(m, a);
    const f32 *stored = (const f32 *)(const void *)(section(m, MATRICES) + a->matrices);
    host_span *spans = (host_span *)take(memory, a->n_spans * sizeof(host_span));
    float *matrices =
        (float *)take(memory, (size_t)a->n_matrices * (size_t)(order * order) * sizeof(float));
    float *kinds = (float *)take(memory, 256 * sizeof(float));
    int n = a->degree + 1;
    if (!memory->base) return;
    clear(kinds, 256 * sizeof(float));
    clear(matrices, (size_t)a->n_matrices * (size_t)(order * order) * sizeof(float));
    for (unsigned i = 0; i < a->n_matrices; i++)
        for (int b = 0; b < n; b++) {
            double c[SNA_MAX_DEGREE + 1];
            about_the_middle(stored + ((int)i * n + b) * n, n, c);
            for (int k = 0; k < n; k++) matrices[((int)i * order + k) * order + b] = (float)c[k];
        }
    out->edges = 0;
    for (uint32_t s = 0; s < a->n_spans; s++) {
        spans[s].row = row[s];
        spans[s].matrix = row[a->n_spans + s] * order * order;
        out->edges |= !section(m, SPANS)[a->support + s];
    }
    out->lower = a->lower;
    out->upper = a->upper;
    out->inv_width = a->inv_width;
    out->spans = spans;
    out->matrices = matrices;
    out->n_spans = (int32_t)a->n_spans;
    out->degree = a->degree;
    out->fast = is_uniform(a);
    out->edge = order == 4 && out->fast ? edge_of(a, spans) : -1;
    out->regular = out->edge >= 0;
    out->row_step = a->n_spans > 1 ? spans[1].row : 0;
    if (out->regular) fill_kinds(out, order, kinds);
}

#include "sna_host_train.h"

static sna_host *lay_out(const sna_model *m, arena *memory, int isa) {
    sna_host *h = (sna_host *)take(memory, sizeof(sna_host));
    host_axis *axes = (host_axis *)take(memory, m->n_axes * sizeof(host_axis));
    mode_block *blocks;
    unsigned g = 0;
    uint32_t from = 0;
    int n_blocks = 0, order = m->max_degree < 4 ? 4 : 8, sorted = pieces_size(m) != 0;
    plan p;
    if (memory->base) clear(h, sizeof *h);
    if (m->features & FEATURE_TT) lay_out_train(m, memory, set_of(isa)->lanes, h);
    while (next_plan(m, &g, &from, isa > 0, &p)) n_blocks++;
    blocks = (mode_block *)take(memory, (size_t)n_blocks * sizeof(mode_block));
    for (unsigned d = 0; d < m->n_axes; d++)
        prepare_axis(m, d, order, memory, memory->base ? &axes[d] : NULL);
    g = 0;
    for (int i = 0; next_plan(m, &g, &from, isa > 0, &p); i++)
        prepare_block(m, &p, order, axes, sorted, memory, memory->base ? &blocks[i] : NULL);
    if (!memory->base) return NULL;
    for (int i = 0; i < n_blocks; i++) {
        blocks[i].order = i;
        blocks[i].last = i + 1 == n_blocks;
    }
    h->model = *m;
    h->axes = axes;
    h->blocks = blocks;
    h->n_axes = m->n_axes;
    h->n_outputs = m->n_outputs;
    h->n_blocks = n_blocks;
    h->order = order;
    h->sorted = sorted;
    h->isa = isa;
    h->set = set_of(isa);
    return h;
}

static int best_isa(void) {
    int isa = wished_isa;
    while (!isa_present(isa)) isa--;
    return isa;
}

int sna_host_best(void) { return best_isa(); }

size_t sna_host_size(const sna_model *m) {
    arena memory = {NULL, 0};
    (void)lay_out(m, &memory, best_isa());
    return memory.used;
}

sna_status sna_host_prepare(const sna_model *m, void *memory, size_t size, const sna_host **host) {
    arena a;
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
    if (!memory || (uintptr_t)memory & 63u) return SNA_BAD_INPUT;
    if (size < sna_host_size(m)) return SNA_NO_SPACE;
    a.base = (unsigned char *)memory;
    a.used = 0;
    *host = lay_out(m, &a, best_isa());
    return SNA_OK;
}

/* ----------------------------------------------------------------------------------- 4 evaluate */

static size_t desk_of(const sna_host *h, unsigned char *base, desk *k) {
    arena a = {base, 0};
    size_t d = (size_t)h->n_axes, outputs = (size_t)h->n_outputs, order = (size_t)h->order;
    size_t modes = BLOCK * WIDEST + BLOCK * NARROW + d * 3 * NARROW,
           train = (size_t)(h->prefixes + 2 * h->widest);
    k->span = (int32_t *)take(&a, BLOCK * 4);
    k->u = (float *)take(&a, BLOCK * 4);
    k->status = (signed char *)take(&a, BLOCK);
    k->rows = (int32_t *)take(&a, d * BLOCK * 4);
    k->basis = (float *)take(&a, d * BLOCK * order * 4);
    k->f = (double *)take(&a, BLOCK * outputs * 8);
    k->park = (float *)take(&a, (h->cores ? train : modes) * sizeof(float));
    k->column = (double *)take(&a, d * BLOCK * 8);
    k->spans = (int32_t *)take(&a, d * BLOCK * 4);
    k->places = (float *)take(&a, d * BLOCK * 4);
    k->rates = (double *)take(&a, d * BLOCK * 8);
    k->slopes = (float *)take(&a, d * BLOCK * order * 4);
    return a.used;
}

static size_t pile_of(const sna_host *h, unsigned char *base, pile *k);

size_t sna_host_workspace_size(const sna_host *h) {
    desk k;
    pile p;
    size_t size = desk_of(h, NULL, &k), sorted = h->sorted ? pile_of(h, NULL, &p) : 0;
    return size > sorted ? size : sorted;
}

/* One coordinate that is refused, extrapolated, wrapped or on a listed axis: the rules of sna.c. */
static sna_status place_slowly(const sna_host *h, int d, double x, unsigned flags, place *p) {
    const axis_record *a = axis_at(&h->model, (unsigned)d);
    sna_status s = place_on(&h->model, a, x, flags, p);
    if (s < 0) {
        p->span = 0;
        p->u = 0;
        p->excess = 0;
    }
    return s;
}

static void merge_status(signed char *status, sna_status s) {
    if (*status < 0 || s == SNA_OK) return;
    if (s < 0 || s == SNA_EXTRAPOLATED || *status == SNA_OK) *status = (signed char)s;
}

static void continue_linearly(const sna_host *h, int d, const place *p, float *b) {
    const host_axis *a = &h->axes[d];
    const float *m = a->matrices + a->spans[p->span].matrix;
    for (int i = 0; i <= a->degree; i++) {
        double slope = 0;
        for (int k = a->degree; k > 0; k--)
            slope = slope * (p->u - 0.5) + (double)((float)k * m[k * h->order + i]);
        b[i] = (float)((double)b[i] + p->excess * p->rate * slope);
    }
}

static void note_edges(const sna_host *h, int d, int n, const desk *k) {
    const unsigned char *support =
        section(&h->model, SPANS) + axis_at(&h->model, (unsigned)d)->support;
    for (int q = 0; h->axes[d].edges && q < n; q++)
        if (!support[k->span[q]]) merge_status(&k->status[q], SNA_EDGE);
}

/* Row offsets and basis values of n points on axis d; `x` has stride n_axes. */
static void fill_axis(const sna_host *h, int d, unsigned flags, int n, const double *x64,
                      const float *x32, const desk *k) {
    const host_axis *a = &h->axes[d];
    size_t stride = (size_t)h->n_axes;
    int slow = !a->fast, order = h->order;
    float *b = k->basis + (size_t)d * BLOCK * (size_t)order;
    if (h->set->regular && a->regular && n >= 8) {
        const double *column = k->column + (size_t)d * BLOCK;
        slow = h->set->regular(a, column, (n + 15) & ~15, k->span, k->rows + (size_t)d * BLOCK, b);
        if (!slow) {
            note_edges(h, d, n, k);
            return;
        }
    }
    if (!slow)
        slow = x64 ? h->set->places_f64(a, x64 + d, stride, n, k->span, k->u)
                   : h->set->places_f32(a, x32 + d, stride, n, k->span, k->u);
    if (!slow) {
        note_edges(h, d, n, k);
        (order == 4 ? h->set->basis4 : h->set->basis8)(a, n, k->span, k->u,
                                                       k->rows + (size_t)d * BLOCK, b);
        return;
    }
    for (int q = 0; q < n; q++) {
        place p;
        merge_status(&k->status[q], place_slowly(h, d,
                                                 x64 ? x64[(size_t)q * stride + (size_t)d]
                                                     : (double)x32[(size_t)q * stride + (size_t)d],
                                                 flags, &p));
        k->span[q] = (int32_t)p.span;
        k->u[q] = (float)(p.u - 0.5);
        (order == 4 ? h->set->basis4 : h->set->basis8)(
            a, 1, k->span + q, k->u + q, k->rows + (size_t)d * BLOCK + q, b + q * order);
        if (p.excess < 0 || p.excess > 0) continue_linearly(h, d, &p, b + q * order);
    }
}

/* Coordinates by axis. All columns are written before one is read: a wide load right behind narrow
 * stores would stall. */
static void fill_columns(const sna_host *h, int n, const double *x64, const float *x32,
                         double *column) {
    int axes = h->n_axes, m = (n + 15) & ~15;
    if (x64)
        for (int q = 0; q < n; q++)
            for (int d = 0; d < axes; d++) column[d * BLOCK + q] = x64[q * axes + d];
    else
        for (int q = 0; q < n; q++)
            for (int d = 0; d < axes; d++) column[d * BLOCK + q] = (double)x32[q * axes + d];
    for (int q = n; q < m; q++)
        for (int d = 0; d < axes; d++) column[d * BLOCK + q] = h->axes[d].lower;
}

static void fill_block(const sna_host *h, unsigned flags, int n, const double *x64,
                       const float *x32, const desk *k) {
    for (int q = 0; q < n; q++) k->status[q] = 0;
    if (h->set->regular && n >= 8) fill_columns(h, n, x64, x32, k->column);
    for (int d = 0; d < h->n_axes; d++) fill_axis(h, d, flags, n, x64, x32, k);
    for (int q = 0; q < n; q++)
        for (int j = 0; j < h->n_outputs; j++)
            k->f[q * h->n_outputs + j] = output_at(&h->model, (unsigned)j)->bias;
}

static sna_status hand_out(const sna_host *h, int n, const signed char *found, double *f,
                           signed char *status, sna_status worst) {
    for (int q = 0; q < n; q++) {
        sna_status s = (sna_status)found[q];
        if (status) status[q] = found[q];
        if (s < 0)
            for (int j = 0; j < h->n_outputs; j++) f[q * h->n_outputs + j] = not_a_number();
        if (s != SNA_OK && (worst == SNA_OK || (s < 0 && worst > 0))) worst = s;
    }
    return worst;
}

#include "sna_host_sorted.h"

/* Outputs of n points from their linear parts f. */
static void hand_over(const sna_host *h, int n, double *f, double *y64, float *y32) {
    const size_t outputs = (size_t)h->n_outputs, count = (size_t)n * outputs;
    for (size_t j = 0; j < outputs; j++) {
        const output_record *o = output_at(&h->model, (unsigned)j);
        for (size_t i = j; i < count; i += outputs) f[i] = output_of(o, f[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (y64) y64[i] = f[i];
        else y32[i] = (float)f[i];
    }
}

static sna_status run_blocks(const sna_host *h, unsigned flags, size_t n, const double *x64,
                             const float *x32, double *y64, float *y32, signed char *status,
                             void *work) {
    sna_status worst = SNA_OK;
    const size_t outputs = (size_t)h->n_outputs, axes = (size_t)h->n_axes;
    size_t plain = 0; /* points left that the sorted path has given back */
    desk k;
    pile p;
    if (h->sorted && n >= FEW) (void)pile_of(h, (unsigned char *)work, &p);
    desk_of(h, (unsigned char *)work, &k);
    for (size_t done = 0, m; done < n; done += m) {
        const double *xd = x64 ? x64 + done * axes : NULL;
        const float *xf = x32 ? x32 + done * axes : NULL;
        double *f = k.f;
        const signed char *found = k.status;
        m = n - done < MANY ? n - done : MANY;
        if (h->sorted && !plain && m >= FEW && !run_pile(h, flags, (int)m, xd, xf, &p)) plain = m;
        if (h->sorted && !plain && m >= FEW) {
            f = p.f;
            found = p.status;
        } else {
            m = n - done < BLOCK ? n - done : BLOCK;
            plain -= plain < m ? plain : m;
            fill_block(h, flags, (int)m, xd, xf, &k);
            (h->cores ? h->set->train : h->set->modes)(h, (int)m, k.rows, k.basis, k.f, k.park);
        }
        worst = hand_out(h, (int)m, found, f, status ? status + done : NULL, worst);
        hand_over(h, (int)m, f, y64 ? y64 + done * outputs : NULL,
                  y32 ? y32 + done * outputs : NULL);
    }
    return worst;
}

sna_status sna_host_eval(const sna_host *h, unsigned flags, size_t n, const double *x, double *y,
                         signed char *status, void *work) {
    return run_blocks(h, flags, n, x, NULL, y, NULL, status, work);
}

sna_status sna_host_eval_f32(const sna_host *h, unsigned flags, size_t n, const float *x, float *y,
                             signed char *status, void *work) {
    return run_blocks(h, flags, n, NULL, x, NULL, y, status, work);
}

/* ----------------------------------------------------------------------------------- 5 gradient */

static void fill_slopes(const sna_host *h, int d, unsigned flags, int n, const double *x,
                        const desk *k) {
    const host_axis *a = &h->axes[d];
    int32_t *span = k->spans + d * BLOCK;
    float *u = k->places + d * BLOCK;
    double *rate = k->rates + d * BLOCK;
    int slow = !a->fast || h->set->places_f64(a, x + d, (size_t)h->n_axes, n, span, u);
    for (int q = 0; q < n; q++) rate[q] = a->inv_width;
    for (int q = 0; slow && q < n; q++) {
        place p;
        (void)place_slowly(h, d, x[(size_t)q * (size_t)h->n_axes + (size_t)d], flags, &p);
        span[q] = (int32_t)p.span;
        u[q] = (float)(p.u - 0.5);
        rate[q] = p.rate;
    }
    (h->order == 4 ? h->set->slope4 : h->set->slope8)(
        a, n, span, u, k->slopes + (size_t)d * BLOCK * (size_t)h->order);
}

sna_status sna_host_grad(const sna_host *h, unsigned flags, size_t n, const double *x, double *y,
                         double *dy, signed char *status, void *work) {
    sna_status worst = SNA_OK;
    size_t outputs = (size_t)h->n_outputs, axes = (size_t)h->n_axes;
    desk k;
    desk_of(h, (unsigned char *)work, &k);
    for (size_t done = 0; done < n; done += BLOCK) {
        int m = n - done < BLOCK ? (int)(n - done) : BLOCK;
        fill_block(h, flags, m, x + done * axes, NULL, &k);
        for (int d = 0; d < h->n_axes; d++) fill_slopes(h, d, flags, m, x + done * axes, &k);
        for (int q = 0; q < m; q++) {
            double *f = k.f + (size_t)q * outputs, *df = dy + (done + (size_t)q) * outputs * axes;
            for (size_t i = 0; i < outputs * axes; i++) df[i] = 0;
            if (h->cores) h->set->train_gradient(h, q, k.rows, k.basis, k.slopes, f, df, k.park);
            for (int i = 0; i < h->n_blocks; i++)
                h->set->gradient(h, &h->blocks[i], &k, q,
                                 h->sorted && k.status[q] != SNA_EXTRAPOLATED, f, df);
            for (size_t j = 0; j < outputs; j++) {
                const output_record *o = output_at(&h->model, (unsigned)j);
                double slope;
                f[j] = output_and_slope(o, f[j], &slope);
                if (k.status[q] < 0) slope = not_a_number();
                for (size_t d = 0; d < axes; d++)
                    df[j * axes + d] *= slope * k.rates[d * BLOCK + (size_t)q];
            }
        }
        worst = hand_out(h, m, k.status, k.f, status ? status + done : NULL, worst);
        for (size_t i = 0; i < (size_t)m * outputs; i++) y[done * outputs + i] = k.f[i];
    }
    return worst;
}
