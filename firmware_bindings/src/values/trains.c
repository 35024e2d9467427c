/* --------------------------------------------------------------------------- tensor trains (TT) */
#ifndef SNA_NO_TT
/* One entry of Phi(x): sum_i b[i] core[row + i][column]. */
INLINE real entry(const cell *c, const real *b, uint32_t column) {
    const unsigned char *at = c->at;
    real sum = 0;
    for (unsigned i = 0; i < c->n; i++, at += c->stride)
        sum += b[i] * element(at, c->dtype, column);
    return sum;
}

/* The usual cell, cubic and of float32, with its basis values apart from the core: the compiler
 * unrolls sums over its rows. */
typedef struct usual_cell {
    cell c;
    real b[4];
} usual_cell;

INLINE int take_usual(const cell *c, const real *b, usual_cell *own) {
    if (c->dtype != DT_F32 || c->n != 4) return 0;
    own->c = *c;
    own->c.dtype = DT_F32;
    own->c.n = 4;
    for (int i = 0; i < 4; i++) own->b[i] = b[i];
    return 1;
}

/* In the order of the core: a large one is read once. */
INLINE void row_of(const axis_record *a, const cell *c, const real *b, const real *v, real *out) {
    const uint32_t left = a->left, right = a->right;
    uint32_t column = 0;
    for (; column < right; column++) out[column] = v[0] * entry(c, b, column);
    for (uint32_t l = 1; l < left; l++)
        for (uint32_t r = 0; r < right; r++) out[r] += v[l] * entry(c, b, column++);
}

INLINE void column_of(const axis_record *a, const cell *c, const real *b, const real *v,
                      real *out) {
    const uint32_t left = a->left, right = a->right;
    uint32_t column = 0;
    for (uint32_t l = 0; l < left; l++) {
        real sum = 0;
        for (uint32_t r = 0; r < right; r++) sum += entry(c, b, column++) * v[r];
        out[l] = sum;
    }
}

/* out = v Phi, v[left] -> out[right] */
static void tt_row(const axis_record *a, const cell *c, const real *b, const real *v, real *out) {
    usual_cell own;
    if (take_usual(c, b, &own)) row_of(a, &own.c, own.b, v, out);
    else row_of(a, c, b, v, out);
}

/* out = Phi v, v[right] -> out[left] */
static void tt_column(const axis_record *a, const cell *c, const real *b, const real *v,
                      real *out) {
    usual_cell own;
    if (take_usual(c, b, &own)) column_of(a, &own.c, own.b, v, out);
    else column_of(a, c, b, v, out);
}

/* Row vectors before each axis, one after another from `v`; returns the one behind axis `end` - 1
 */
static real *tt_prefixes(const sna_model *m, const cell *cells, unsigned end, real *v) {
    v[0] = 1;
    for (unsigned d = 0; d < end; d++) {
        tt_row(axis_at(m, d), &cells[d], cells[d].b, v, v + axis_at(m, d)->left);
        v += axis_at(m, d)->left;
    }
    return v;
}

#ifndef SNA_PLAIN_ONLY
/* scratch: 2 * max_rank */
static void tt_linear(const sna_model *m, const cell *cells, real *scratch, real *f) {
    real *v = scratch, *next = scratch + m->max_rank, *swap;
    v[0] = 1;
    for (unsigned d = 0; d < m->n_axes; d++, swap = v, v = next, next = swap)
        tt_row(axis_at(m, d), &cells[d], cells[d].b, v, next);
    for (uint32_t r = 0; r < m->n_modes; r++)
        for (unsigned k = 0; k < m->n_outputs; k++)
            f[k] += (real)weights_at(m)[r * m->n_outputs + k] * v[r];
}
#endif

/* scratch: 1 + sum of ranks for the prefixes, then 2 * max_rank */
static void tt_gradient(const sna_model *m, const cell *cells, real *scratch, real *f, real *df) {
    real *last = tt_prefixes(m, cells, m->n_axes, scratch);
    for (unsigned k = 0; k < m->n_outputs; k++) {
        real *suffix = last + m->n_modes, *next = suffix + m->max_rank, *swap, *prefix = last;
        for (uint32_t r = 0; r < m->n_modes; r++) {
            suffix[r] = (real)weights_at(m)[r * m->n_outputs + k];
            f[k] += last[r] * suffix[r];
        }
        for (unsigned d = m->n_axes; d-- > 0; swap = suffix, suffix = next, next = swap) {
            const axis_record *a = axis_at(m, d);
            real sum = 0;
            prefix -= a->left;
            tt_column(a, &cells[d], cells[d].b + cells[d].n, suffix, next);
            for (uint32_t l = 0; l < a->left; l++) sum += prefix[l] * next[l];
            df[k * m->n_axes + d] += sum;
            tt_column(a, &cells[d], cells[d].b, suffix, next);
        }
    }
}
#endif
