/* -------------------------------------------------------------------- readings to coordinates */
#ifndef SNA_NO_COMPANIONS

/* Of the larger of border and tolerance: what their difference to a reading may be off by. */
#ifdef SNA_FLOAT
#define READING_ROUNDING ((real)4.76837158203125e-7f) /* 2^-21 */
#else
#define READING_ROUNDING ((real)8.881784197001252e-16f) /* 2^-50 */
#endif

/* A reading no further outside its axis than its sensor errs is at the border; a sensor without
 * tolerance moves none. */
static real bordered(const axis_record *a, real tolerance, real x) {
    const real end = x < LOWER(a) ? LOWER(a) : UPPER(a);
    const real away = x < LOWER(a) ? end - x : x - end;
    if (!(tolerance > 0 && away > 0)) return x;
    return away <= tolerance + READING_ROUNDING * larger(end, tolerance) ? end : x;
}

unsigned sna_readings(const sna_model *m) {
    const readings_record *r = m->bytes ? readings_of(m) : NULL;
    return m->n_axes + (r ? r->n_raw : 0u);
}

sna_status sna_derive(const sna_model *m, const real *readings, real *x) {
    const readings_record *r = m->bytes ? readings_of(m) : NULL;
    const real *raw = readings + m->n_axes;
    const derived_record *f;
    const term_record *t;
    if (!m->bytes) return SNA_BAD_INPUT;
    for (unsigned d = 0; d < m->n_axes; d++)
        x[d] = r ? bordered(axis_at(m, d), REAL(tolerances_of(r)[d]), readings[d]) : readings[d];
    if (!r) return SNA_OK;
    for (unsigned i = 0; i < r->n_raw; i++) {
        const f64 *ends = raw_ends_of(m, r) + 2u * i;
        if (!is_finite(raw[i])) return SNA_BAD_INPUT;
        if (!(raw[i] >= REAL(ends[0]) && raw[i] <= REAL(ends[1]))) return SNA_OUT_OF_DOMAIN;
    }
    f = derived_of(m, r);
    t = terms_of(m, r);
    for (const derived_record *end = f + r->n_derived; f < end; t += f++->n_terms) {
        x[f->axis] = derived_value(f, t, x, raw, NULL, 0);
        if (!is_finite(x[f->axis])) return SNA_BAD_INPUT;
    }
    return SNA_OK;
}
#endif
