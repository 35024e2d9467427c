/* ---------------------------------------------------------- companions: densities and small sums
 * Loops of their own for what stands beside most models, in a third of the time that those for
 * every model take: mixtures of products of hat functions in int8, and sums of one function per
 * axis. */
#if !defined(SNA_NO_COMPANIONS) && !defined(SNA_PLAIN_ONLY)

#ifndef SNA_NO_INT
#ifdef SNA_FLOAT
typedef int32_t fraction;
enum { FRACTION_BITS = 23 };
#else
typedef int64_t fraction;
enum { FRACTION_BITS = 52 };
#endif
#define WHOLE ((fraction)1 << FRACTION_BITS)

/* One axis of a mixture at a point: u from the row `at` to the one `gap` bytes further on. */
typedef struct hat {
    const signed char *at;
    uint32_t gap;
    fraction u;
} hat;

/* Between a and b, times 2^FRACTION_BITS: one conversion to real instead of two, at most 2^7
 * WHOLE. */
INLINE real between(const hat *h, const signed char *a) {
    return (real)(a[0] * (WHOLE - h->u) + a[h->gap] * h->u);
}

/* Are basis values of this matrix those of a hat function in a table of 2^-7: 1 - u and u, or 1? */
static int is_hat(const u32 *matrix, unsigned degree) {
    return matrix[0] == 0x3C000000u &&
           (!degree || (matrix[1] == 0xBC000000u && !matrix[2] && matrix[3] == 0x3C000000u));
}

static int fill_hat(const sna_model *m, const axis_record *a, real x, hat *h) {
    const u32 *matrices = (const u32 *)(const void *)(section(m, MATRICES) + a->matrices);
    const u16 *row = first_rows(m, a);
    place p;
    if (a->degree > 1 || a->dtype != DT_I8 || a->n_columns != m->n_modes) return 0;
    if (a->kind == CATEGORICAL) {
        if (place_level(a, x, &p) < 0) return 0;
    } else {
        if (!(x >= LOWER(a) && x <= UPPER(a))) return 0;
        if (is_uniform(a)) p.u = uniform_place(a, x, &p.span);
        else place_inside(m, a, x, &p);
    }
    row += p.span;
    if (!is_hat(matrices + (a->degree ? 4u : 1u) * row[a->n_spans], a->degree)) return 0;
    h->at = (const signed char *)section(m, TABLES) + a->table + row[0] * a->n_columns;
    h->gap = a->degree ? a->n_columns : 0;
    h->u = (fraction)(p.u * (real)WHOLE + (real)0.5f);
    return 1;
}

/* Modes four at a time and axes four at a time, whose factor 2^(7 + FRACTION_BITS) each is then
 * taken from the product. */
static real mixture_of(const sna_model *m, const hat *hats) {
    enum { BITS = 7 + FRACTION_BITS };
    const f32 *w = weights_at(m);
    const hat *end = hats + m->n_axes;
    real sum = 0;
    for (uint32_t r = 0; r < m->n_modes; r += LANES, w += LANES) {
        real one = 1, two = 1, three = 1, four = 1;
        for (const hat *h = hats; h < end;) {
            const hat *last = end - h > 4 ? h + 4 : end;
            const real unit = power_of_two(-BITS * (int32_t)(last - h));
            for (; h < last; h++) {
                const signed char *a = h->at + r;
                one *= between(h, a);
                two *= between(h, a + 1);
                three *= between(h, a + 2);
                four *= between(h, a + 3);
            }
            one *= unit;
            two *= unit;
            three *= unit;
            four *= unit;
        }
        sum += (real)w[0] * one + (real)w[1] * two + ((real)w[2] * three + (real)w[3] * four);
    }
    return sum;
}

/* 0: not such a mixture, or x outside. */
static int mixture_value(const sna_model *m, const real *x, real *f, hat *hats) {
    for (unsigned d = 0; d < m->n_axes; d++)
        if (!fill_hat(m, axis_at(m, d), x[d], hats + d)) return 0;
    *f += mixture_of(m, hats);
    return 1;
}
#endif

/* The axis of a group of one, or -1. */
static int only_axis(const group_record *g) {
    const uint32_t word = g->mask[0] ? g->mask[0] : g->mask[1];
    int d = g->mask[0] ? 0 : 32;
    if ((g->mask[0] && g->mask[1]) || word & (word - 1u)) return -1;
    while (!uses(g, (unsigned)d)) d++;
    return d;
}

/* sum_i b_i T[i][column] */
static real atom_of(const cell *c, uint32_t column) {
    const unsigned char *at = c->at;
    real sum = 0;
    for (unsigned i = 0; i < c->n; i++, at += c->stride)
        sum += c->b[i] * element(at, c->dtype, column);
    return sum;
}

/* 0: not a sum of functions of one axis each, or x outside. */
static int additive_value(const sna_model *m, const real *x, real *f, cell *c) {
    const f32 *w = weights_at(m);
    for (unsigned g = 0; g < m->n_groups; g++) {
        const group_record *r = group_at(m, g);
        const int d = only_axis(r);
        place p;
        if (d < 0 || place_on(m, axis_at(m, (unsigned)d), x[d], 0, &p) < 0) return 0;
        fill_cell(m, axis_at(m, (unsigned)d), &p, c, 0);
        for (uint32_t j = 0; j < r->count; j++) *f += (real)w[r->first + j] * atom_of(c, j);
    }
    return 1;
}

/* The value of a companion with one output; 0 leaves it to the loops for every model. */
static int beside_value(const sna_model *m, const real *x, real *y, cell *cells, real *values) {
    const output_record *o = output_at(m, 0);
    real f = REAL(o->bias);
    if (is_train(m) || m->n_outputs != 1) return 0;
    cells->b = values;
#ifndef SNA_NO_INT
    if (m->n_groups == 1 && only_axis(group_at(m, 0)) < 0) {
        if (!mixture_value(m, x, &f, (hat *)(void *)cells)) return 0;
    } else
#endif
        if (!additive_value(m, x, &f, cells))
        return 0;
    *y = output_of(o, f);
    return 1;
}
#endif
