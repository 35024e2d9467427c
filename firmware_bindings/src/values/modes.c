/* ------------------------------------------------------------------------ sums of products (CP)
 * Modes go four at a time: their product stays in registers over all axes. */

INLINE real element(const unsigned char *at, unsigned dtype, uint32_t i) {
    if (dtype == DT_F32) return (real)((const f32 *)(const void *)at)[i];
#ifndef SNA_NO_INT
    if (dtype == DT_I8) return (real)((const signed char *)at)[i];
    if (dtype == DT_I16) return (real)(int16_t)((const u16 *)(const void *)at)[i];
#endif
#ifdef SNA_NO_F16
    return 0;
#else
    return (real)float_of_half(((const u16 *)(const void *)at)[i]);
#endif
}

/* out[0..3] = sum_i b[i] row_i[0..3] */
INLINE void four_of(const unsigned char *at, uint32_t stride, unsigned dtype, unsigned n,
                    const real *b, real out[LANES]) {
    for (int j = 0; j < LANES; j++) out[j] = b[0] * element(at, dtype, (uint32_t)j);
    for (unsigned i = 1; i < n; i++) {
        at += stride;
        for (int j = 0; j < LANES; j++) out[j] += b[i] * element(at, dtype, (uint32_t)j);
    }
}

NOINLINE void four_of_any(const cell *c, const real *b, real out[LANES]) {
    switch (c->dtype) {
#ifndef SNA_NO_INT
    case DT_I8: four_of(c->at, c->stride, DT_I8, c->n, b, out); break;
    case DT_I16: four_of(c->at, c->stride, DT_I16, c->n, b, out); break;
#endif
#ifndef SNA_NO_F16
    case DT_F16: four_of(c->at, c->stride, DT_F16, c->n, b, out); break;
#endif
    default: four_of(c->at, c->stride, DT_F32, c->n, b, out); break;
    }
}

INLINE void atoms(const cell *c, const real *b, real out[LANES]) {
    if (c->dtype == DT_F32 && c->n == 4) four_of(c->at, c->stride, DT_F32, 4, b, out);
    else four_of_any(c, b, out);
}

INLINE void advance(cell *c) {
    c->at += LANES << (c->dtype == DT_F32 ? 2 : c->dtype == DT_I8 ? 0 : 1);
}

#ifndef SNA_PLAIN_ONLY
INLINE void mix(const f32 *w, unsigned n_outputs, const real mode[LANES], real *f) {
    for (unsigned k = 0; k < n_outputs; k++)
        f[k] += (real)w[k] * mode[0] + (real)w[n_outputs + k] * mode[1] +
                ((real)w[2 * n_outputs + k] * mode[2] + (real)w[3 * n_outputs + k] * mode[3]);
}

#endif

/* use[] = the axes of the group; returns how many. */
static unsigned axes_of(const sna_model *m, const group_record *g, uint8_t *use) {
    unsigned n = 0;
    for (unsigned d = 0; d < m->n_axes; d++)
        if (uses(g, d)) use[n++] = (uint8_t)d;
    return n;
}

#ifndef SNA_PLAIN_ONLY
static void cp_linear(const sna_model *m, cell *cells, uint8_t *use, real *f) {
    const f32 *w = weights_at(m);
    for (unsigned g = 0; g < m->n_groups; g++) {
        const uint8_t *end = use + axes_of(m, group_at(m, g), use);
        for (uint32_t left = padded(group_at(m, g)->count); left;
             left -= LANES, w += LANES * m->n_outputs) {
            real mode[LANES] = {1, 1, 1, 1}, atom[LANES];
            for (const uint8_t *d = use; d < end; d++) {
                atoms(&cells[*d], cells[*d].b, atom);
                advance(&cells[*d]);
                for (int j = 0; j < LANES; j++) mode[j] *= atom[j];
            }
            mix(w, m->n_outputs, mode, f);
        }
    }
}

/* df[k][d] += sum_r W[r][k] slope_r prod of the other axes, by prefix and suffix products over the
 * group's axes. scratch: 8 numbers per axis. */
static void cp_gradient(const sna_model *m, cell *cells, uint8_t *use, real *scratch, real *f,
                        real *df) {
    const f32 *w = weights_at(m);
    for (unsigned g = 0; g < m->n_groups; g++) {
        unsigned n = axes_of(m, group_at(m, g), use);
        for (uint32_t left = padded(group_at(m, g)->count); left;
             left -= LANES, w += LANES * m->n_outputs) {
            real mode[LANES] = {1, 1, 1, 1}, suffix[LANES] = {1, 1, 1, 1}, slope[LANES];
            for (unsigned i = 0; i < n; i++) {
                real *prefix = scratch + 2 * LANES * i, *atom = prefix + LANES;
                atoms(&cells[use[i]], cells[use[i]].b, atom);
                for (int j = 0; j < LANES; j++) {
                    prefix[j] = mode[j];
                    mode[j] *= atom[j];
                }
            }
            mix(w, m->n_outputs, mode, f);
            for (unsigned i = n; i-- > 0;) {
                cell *c = &cells[use[i]];
                const real *prefix = scratch + 2 * LANES * i, *atom = prefix + LANES;
                atoms(c, c->b + c->n, slope);
                advance(c);
                for (int j = 0; j < LANES; j++) {
                    slope[j] *= prefix[j] * suffix[j];
                    suffix[j] *= atom[j];
                }
                for (unsigned k = 0; k < m->n_outputs; k++)
                    df[k * m->n_axes + use[i]] += (real)w[k] * slope[0] +
                                                  (real)w[m->n_outputs + k] * slope[1] +
                                                  ((real)w[2 * m->n_outputs + k] * slope[2] +
                                                   (real)w[3 * m->n_outputs + k] * slope[3]);
            }
        }
    }
}
#endif
