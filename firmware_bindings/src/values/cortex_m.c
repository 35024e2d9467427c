/* ------------------------------------------------------------------------------ FPU of Cortex-M */

/* Bytes per axis for the gradient of the usual model, more than the general path takes. */
enum { PLAIN_SLOPE = 100 };

/* A second writing of the usual model for the single-precision FPU of Cortex-M, where compilers
 * load registers one by one and one vldm loads sixteen: full CP, float32 tables, uniform cubic
 * axes, one output. SNA_PLAIN_C leaves it out. Products and sums of rows are fused where the core
 * fuses well; an M4 takes three cycles for a fused step that does not wait for the one before it,
 * and two for a product and a sum. */
#ifdef CORTEX_FPU
#include "values/cortex_m_assembly.c"

/* Where axis a has first_row of the span of x (matrix_id stands n_spans further on), and u; NULL
 * outside the domain. */
INLINE const u16 *plain_span(const unsigned char *spans, const axis_record *a, real x, real *u) {
    uint32_t span;
    if (!(x >= a->lower32 && x <= a->upper32)) return NULL;
    x = (x - a->lower32) * a->inv_width32;
    span = (uint32_t)(int32_t)x;
    if (span >= a->n_spans) span = a->n_spans - 1u;
    x -= (real)(int32_t)span;
    *u = x < 1 ? x : 1;
    return (const u16 *)(const void *)(spans + a->spans) + span;
}

/* Returns 0 when a coordinate is outside: the general path says how. */
static int plain_value(const sna_model *m, const real *x, real *y, plain_cell *cells) {
    const axis_record *a = axis_at(m, 0), *end = a + m->n_axes;
    const unsigned char *spans = section(m, SPANS), *matrices = section(m, MATRICES),
                        *tables = section(m, TABLES);
    const f32 *w = weights_at(m), *w_end = w + m->n_modes;
    uint32_t stride = a->n_columns << 2, offset = 0;
    real f = REAL(output_at(m, 0)->bias);
    for (plain_cell *c = cells; a < end; a++, c++) {
        real u;
        const u16 *row = plain_span(spans, a, *x++, &u);
        if (!row) return 0;
        c->at = tables + a->table + row[0] * stride;
        plain_basis((const f32 *)(const void *)(matrices + a->matrices) + 16u * row[a->n_spans], u,
                    c->b);
    }
    for (; w < w_end; w += 8, offset += 32) f += plain_eight(cells, m->n_axes, offset, stride, w);
    *y = output_of(output_at(m, 0), f);
    return 1;
}

/* As plain_value, with dy[n_axes]. */
static int plain_gradient(const sna_model *m, const real *x, real *y, real *dy,
                          plain_slope *cells) {
    const axis_record *a = axis_at(m, 0), *end = a + m->n_axes;
    const unsigned char *spans = section(m, SPANS), *matrices = section(m, MATRICES),
                        *tables = section(m, TABLES);
    const output_record *o = output_at(m, 0);
    const f32 *w = weights_at(m), *w_end = w + m->n_modes;
    uint32_t stride = a->n_columns << 2, offset = 0;
    real f = REAL(o->bias), slope;
    for (plain_slope *c = cells; a < end; a++, c++) {
        real u;
        const u16 *row = plain_span(spans, a, *x++, &u);
        if (!row) return 0;
        *dy++ = 0;
        c->at = tables + a->table + row[0] * stride;
        plain_basis_slope((const f32 *)(const void *)(matrices + a->matrices) +
                              16u * row[a->n_spans],
                          u, a->inv_width32, c->b);
    }
    for (; w < w_end; w += 8, offset += 32)
        f += plain_eight_slopes(cells, m->n_axes, offset, stride, w, dy);
    *y = output_and_slope(o, f, &slope);
    for (real *first = dy - m->n_axes; dy > first;) *--dy *= slope;
    return 1;
}

#ifdef SNA_PLAIN_ONLY
/* at[n_axes] = x with coordinates settled on the ends of their domains, or why there is no value:
 * one that is not a number, or one outside. */
static sna_status settle_all(const sna_model *m, unsigned flags, const real *x, real *at) {
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        at[d] = settled(a, x[d]);
        if (!is_finite(at[d])) return SNA_BAD_INPUT;
        if (!(at[d] >= a->lower32 && at[d] <= a->upper32))
            return flags & SNA_EXTRAPOLATE ? SNA_UNSUPPORTED : SNA_OUT_OF_DOMAIN;
    }
    return SNA_OK;
}
#endif
#endif
