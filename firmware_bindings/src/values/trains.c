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

/* out = v Phi, v[left] -> out[right] */
static void tt_row(const axis_record *a, const cell *c, const real *b, const real *v, real *out) {
    for (uint32_t r = 0; r < a->right; r++) out[r] = 0;
    for (uint32_t l = 0; l < a->left; l++)
        for (uint32_t r = 0; r < a->right; r++) out[r] += v[l] * entry(c, b, l * a->right + r);
}

/* out = Phi v, v[right] -> out[left] */
static void tt_column(const axis_record *a, const cell *c, const real *b, const real *v,
                      real *out) {
    for (uint32_t l = 0; l < a->left; l++) {
        out[l] = 0;
        for (uint32_t r = 0; r < a->right; r++) out[l] += entry(c, b, l * a->right + r) * v[r];
    }
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
