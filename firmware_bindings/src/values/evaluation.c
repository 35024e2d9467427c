/* ----------------------------------------------------------------------------------- evaluation */
static size_t sum_of_ranks(const sna_model *m) {
    size_t n = 1;
    for (unsigned d = 0; d < m->n_axes; d++) n += axis_at(m, d)->right;
    return n;
}

static size_t longest_axis(const sna_model *m) {
    size_t n = 0;
    for (unsigned d = 0; d < m->n_axes; d++)
        if (axis_at(m, d)->n_rows > n) n = axis_at(m, d)->n_rows;
    return n;
}

/* Workspace: cells, use list (CP, 1 byte per axis, rounded up to 8), basis values, scratch. */
INLINE size_t use_size(const sna_model *m) {
    return is_train(m) ? 0 : (m->n_axes + 7u) & ~(size_t)7;
}

/* Bytes for a verb on this model alone. */
static size_t space_size(const sna_model *m, sna_verb verb) {
    int tt = is_train(m);
    size_t reals = m->n_values, fixed = 0;
#ifndef SNA_NO_FIXED
    if (verb == SNA_WORK_FIXED) return fixed_workspace(m);
#endif
    if (verb == SNA_WORK_EVAL) reals += tt ? 2u * m->max_rank : 0;
    if (verb == SNA_WORK_GRAD)
        reals = 2 * reals + (tt ? sum_of_ranks(m) + 2u * m->max_rank : 2u * LANES * m->n_axes);
    if (verb == SNA_WORK_ROOTS)
        reals += longest_axis(m) + (tt ? sum_of_ranks(m) + 2u * m->max_rank : 0);
    if (verb == SNA_WORK_GRAD && m->plain) return (PLAIN_SLOPE * m->n_axes + 7u) & ~(size_t)7;
    fixed = m->n_axes * sizeof(cell) + use_size(m);
    return (fixed + reals * sizeof(real) + 7u) & ~(size_t)7;
}

typedef struct space {
    cell *cells;
    uint8_t *use;
    real *values, *scratch;
} space;

static sna_status take_space(const sna_model *m, sna_verb verb, void *work, size_t work_size,
                             space *s) {
    if (!work || (uintptr_t)work & 7u) return SNA_BAD_INPUT;
    if (work_size < space_size(m, verb)) return SNA_NO_SPACE;
    s->cells = (cell *)work;
    s->use = (uint8_t *)(s->cells + m->n_axes);
    s->values = (real *)(void *)(s->use + use_size(m));
    s->scratch = s->values + ((size_t)m->n_values << (verb == SNA_WORK_GRAD));
    return SNA_OK;
}

static void fill_nan(real *y, size_t n) {
    while (n--) *y++ = not_a_number();
}

/* The value by the loops that serve every model, or why there is none. */
#ifdef SNA_PLAIN_ONLY
NOINLINE sna_status general_value(const sna_model *m, unsigned flags, const real *x, real *y,
                                  const space *s) {
    real at[SNA_MAX_AXES];
    sna_status status = settle_all(m, flags, x, at);
    if (status == SNA_OK && plain_value(m, at, y, (plain_cell *)(void *)s->cells)) return SNA_OK;
    fill_nan(y, 1);
    return status;
}
#else
static sna_status general_value(const sna_model *m, unsigned flags, const real *x, real *y,
                                const space *s) {
    sna_status status = fill_cells(m, flags, x, s->cells, s->values, 0);
    if (status < 0) {
        fill_nan(y, m->n_outputs);
        return status;
    }
    for (unsigned k = 0; k < m->n_outputs; k++) y[k] = REAL(output_at(m, k)->bias);
#ifndef SNA_NO_TT
    if (is_train(m)) tt_linear(m, s->cells, s->scratch, y);
    else
#endif
        cp_linear(m, s->cells, s->use, y);
    for (unsigned k = 0; k < m->n_outputs; k++) y[k] = output_of(output_at(m, k), y[k]);
    return status;
}
#endif

static sna_status value_at(const sna_model *m, unsigned flags, const real *x, real *y,
                           const space *s) {
#ifdef CORTEX_FPU
    if (m->plain && plain_value(m, x, y, (plain_cell *)(void *)s->cells)) return SNA_OK;
#endif
    return general_value(m, flags, x, y, s);
}

/* As value_at inside the domain; that of a companion comes without a remark. */
static sna_status answer_at(const sna_model *m, const real *x, real *y, const space *s) {
#if !defined(SNA_NO_COMPANIONS) && !defined(SNA_PLAIN_ONLY)
    if (is_embedded(m) && beside_value(m, x, y, s->cells, s->values)) return SNA_OK;
#endif
    return value_at(m, 0, x, y, s);
}

sna_status sna_eval_batch(const sna_model *m, unsigned flags, size_t n, const real *x, real *y,
                          signed char *status, void *work, size_t work_size) {
    sna_status worst = SNA_OK;
    space s;
    sna_status ready = take_space(m, SNA_WORK_EVAL, work, work_size, &s);
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
    if (ready != SNA_OK) return ready;
    for (size_t i = 0; i < n; i++, x += m->n_axes, y += m->n_outputs) {
        sna_status row = value_at(m, flags, x, y, &s);
        if (status) status[i] = (signed char)row;
        if (row < 0 && worst == SNA_OK) worst = row;
    }
    return worst;
}

sna_status sna_eval(const sna_model *m, unsigned flags, const real *x, real *y, void *work,
                    size_t work_size) {
    space s;
    sna_status ready;
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
#ifdef CORTEX_FPU
    if (work_size > m->plain - (size_t)1 && work && !((uintptr_t)work & 7u) &&
        plain_value(m, x, y, (plain_cell *)work))
        return SNA_OK;
#endif
    ready = take_space(m, SNA_WORK_EVAL, work, work_size, &s);
    return ready == SNA_OK ? general_value(m, flags, x, y, &s) : ready;
}

#ifdef SNA_PLAIN_ONLY
NOINLINE sna_status settled_gradient(const sna_model *m, unsigned flags, const real *x, real *y,
                                     real *dy, plain_slope *cells) {
    real at[SNA_MAX_AXES];
    sna_status status = settle_all(m, flags, x, at);
    if (status == SNA_OK && plain_gradient(m, at, y, dy, cells)) return SNA_OK;
    fill_nan(y, 1);
    fill_nan(dy, m->n_axes);
    return status;
}
#endif

sna_status sna_eval_grad(const sna_model *m, unsigned flags, const real *x, real *y, real *dy,
                         void *work, size_t work_size) {
    space s;
    sna_status status;
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
    status = take_space(m, SNA_WORK_GRAD, work, work_size, &s);
    if (status != SNA_OK) return status;
#ifdef CORTEX_FPU
    if (m->plain && plain_gradient(m, x, y, dy, (plain_slope *)work)) return SNA_OK;
#endif
#ifdef SNA_PLAIN_ONLY
    return settled_gradient(m, flags, x, y, dy, (plain_slope *)work);
#else
    size_t n = (size_t)m->n_outputs * m->n_axes;
    status = fill_cells(m, flags, x, s.cells, s.values, 1);
    if (status < 0) {
        fill_nan(y, m->n_outputs);
        fill_nan(dy, n);
        return status;
    }
    for (size_t i = 0; i < n; i++) dy[i] = 0;
    for (unsigned k = 0; k < m->n_outputs; k++) y[k] = REAL(output_at(m, k)->bias);
#ifndef SNA_NO_TT
    if (is_train(m)) tt_gradient(m, s.cells, s.scratch, y, dy);
    else
#endif
        cp_gradient(m, s.cells, s.use, s.scratch, y, dy);
    for (unsigned k = 0; k < m->n_outputs; k++) {
        real slope;
        y[k] = output_and_slope(output_at(m, k), y[k], &slope);
        for (unsigned d = 0; d < m->n_axes; d++) dy[k * m->n_axes + d] *= slope;
    }
    return status;
#endif
}

sna_status sna_locate(const sna_model *m, unsigned flags, const real *x, sna_fault *fault) {
    sna_status status = SNA_OK;
    fault->axis = -1;
    fault->reserved = 0;
    fault->excess = 0;
    if (!m->bytes) return SNA_BAD_INPUT;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        place p;
        sna_status s = place_on(m, a, x[d], flags, &p);
        if (s >= 0 && !(s == SNA_EXTRAPOLATED && status != SNA_EXTRAPOLATED) && !(s && !status))
            continue;
        status = s;
        fault->axis = (int)d;
        fault->excess = p.excess;
        if (s < 0) break;
    }
    return status;
}
