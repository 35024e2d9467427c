/* ------------------------------------------------------------------ companions of format 1.1 */
#ifndef SNA_NO_COMPANIONS

/* The model of companion i, whose rules hold since sna_open of the file around it. */
static void take_companion(const sna_model *m, unsigned i, sna_model *c) {
    clear(c, sizeof *c);
    c->embedded = 1;
    c->bytes = addition(m, COMPANIONS) + companion_at(m, i)->file;
    c->size = companion_at(m, i)->file_size;
    c->features = c->bytes[12];
    take_header(c, c->bytes);
    for (int id = 1; id <= N_SECTIONS; id++) c->section[id] = load32(section_record(c, id) + 4);
    take_sizes(c);
    if (is_sealed(m)) c->seal = seal_of(c);
}

/* To every feature z of the n coordinates at `from`, A_e u_e of the encoded inputs u in their
 * order; the weights of one stand behind those of the feature before it. */
static sna_status add_inputs(const sna_model *m, const coordinate_record *from, unsigned n,
                             const f32 *weights, const real *x, real *z) {
    const uint32_t encoded = encoded_inputs(m);
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        const f32 *w = weights;
        real u = 1;
        if (a->kind == CATEGORICAL) {
            place p;
            sna_status status = place_level(a, x[d], &p);
            if (status < 0) return status;
            w += p.span;
            weights += a->n_spans;
        } else {
            u = (x[d] >= LOWER(a) && x[d] <= UPPER(a) ? x[d] : settled(a, x[d])) - LOWER(a);
            weights++;
        }
        for (unsigned i = 0; i < n; i++)
            if (from[i].source == SOURCE_FEATURE) {
                z[i] += (real)*w * u;
                w += encoded;
            }
    }
    return SNA_OK;
}

/* z[axes of c]: coordinates of companion i where the value model has y at x. */
static sna_status companion_place(const sna_model *m, unsigned i, const sna_model *c, const real *x,
                                  const real *y, real *z) {
    const coordinate_record *from = coordinates_at(m, companion_at(m, i));
    uint32_t weights = 0;
    for (unsigned d = c->n_axes; d-- > 0;) {
        if (from[d].source == SOURCE_FEATURE) {
            weights = from[d].weights;
            z[d] = REAL(from[d].constant);
        } else if (from[d].source == SOURCE_INPUT) {
            z[d] = x[from[d].index];
        } else {
            if (!y) return SNA_BAD_INPUT;
            z[d] = y[from[d].index];
        }
    }
    if (weights) {
        const f32 *w = (const f32 *)(const void *)(addition(m, COMPANIONS) + weights);
        const sna_status status = add_inputs(m, from, c->n_axes, w, x, z);
        if (status < 0) return status;
    }
    for (unsigned d = 0; d < c->n_axes; d++) {
        const axis_record *a = axis_at(c, d);
        if (a->kind == CATEGORICAL) continue;
        if (z[d] < LOWER(a)) z[d] = LOWER(a);
        else if (z[d] > UPPER(a)) z[d] = UPPER(a);
        else if (!(z[d] >= LOWER(a))) return SNA_NOT_CONVERGED; /* not a number */
    }
    return SNA_OK;
}

/* Bytes for the value of a companion: those of its own query, then its coordinates. */
static size_t companion_space(const sna_model *c) {
    return space_size(c, SNA_WORK_EVAL) + ((c->n_axes * sizeof(real) + 7u) & ~(size_t)7);
}

static size_t largest_space(const sna_model *m, sna_verb verb) {
    size_t most = 0;
    for (unsigned i = 0; i < companions_of(m); i++) {
        const unsigned role = companion_at(m, i)->role;
        sna_model c;
        size_t size;
        if ((verb == SNA_WORK_INTERVAL && role != SNA_ROLE_SCALE) ||
            (verb == SNA_WORK_FAMILIARITY && role != SNA_ROLE_FAMILIARITY))
            continue;
        take_companion(m, i, &c);
        size = companion_space(&c);
        if (size > most) most = size;
    }
    return most;
}

/* *v: the one output of companion i. */
static sna_status companion_value(const sna_model *m, unsigned i, const real *x, const real *y,
                                  real *v, void *work, size_t work_size) {
    sna_model c;
    sna_status status;
    space s;
    real *z;
    take_companion(m, i, &c);
    status = take_space(&c, SNA_WORK_EVAL, work, work_size, &s);
    if (status != SNA_OK) return status;
    if (work_size < companion_space(&c)) return SNA_NO_SPACE;
    z = (real *)(void *)((unsigned char *)work + space_size(&c, SNA_WORK_EVAL));
    status = companion_place(m, i, &c, x, y, z);
    return status < 0 ? status : answer_at(&c, z, v, &s);
}

#endif

#ifndef SNA_NO_FIXED
/* Bytes of the integer path of the model and of its companions; of an answer, more before them. */
static size_t fixed_space(const sna_model *m, sna_verb verb) {
    size_t most = fixed_workspace(m), places = m->n_axes;
#ifndef SNA_NO_COMPANIONS
    for (unsigned i = 0; m->bytes && i < companions_of(m); i++) {
        sna_model c;
        take_companion(m, i, &c);
        if (!(c.features & FEATURE_FIXED)) continue;
        if (fixed_workspace(&c) > most) most = fixed_workspace(&c);
        if (c.n_axes > places) places = c.n_axes;
    }
#endif
    if (verb != SNA_WORK_ANSWER) return most;
    return most + 8u * m->n_outputs + ((places * sizeof(sna_place) + 7u) & ~(size_t)7);
}
#endif

size_t sna_workspace_size(const sna_model *m, sna_verb verb) {
    size_t own;
#ifndef SNA_NO_FIXED
    if (verb == SNA_WORK_FIXED || verb == SNA_WORK_ANSWER) return fixed_space(m, verb);
#endif
    own = space_size(m, (sna_verb)(verb & 3u)); /* SNA_WORK_VERIFY: a value's */
#ifndef SNA_NO_COMPANIONS
    if (verb >= SNA_WORK_VERIFY) {
        size_t most = m->bytes ? largest_space(m, verb) : 0;
        return verb == SNA_WORK_VERIFY && own > most ? own : most;
    }
#endif
    return own;
}

#ifndef SNA_NO_COMPANIONS
unsigned sna_companions(const sna_model *m) { return m->bytes ? companions_of(m) : 0; }

sna_status sna_companion(const sna_model *m, unsigned index, sna_model *companion,
                         sna_companion_use *use) {
    const companion_record *r;
    clear(companion, sizeof *companion);
    clear(use, sizeof *use);
    if (index >= sna_companions(m)) return SNA_BAD_INPUT;
    r = companion_at(m, index);
    use->role = r->role;
    use->output = r->output;
    use->weight = REAL(r->weight);
    take_companion(m, index, companion);
    return SNA_OK;
}

sna_status sna_companion_place(const sna_model *m, unsigned index, const real *x, const real *y,
                               real *z) {
    sna_model c;
    if (index >= sna_companions(m)) return SNA_BAD_INPUT;
    take_companion(m, index, &c);
    return companion_place(m, index, &c, x, y, z);
}

/* ------------------------------------------------------------------------ intervals at a level */
#define LEAST_SHARE ((real)3.3535013046647811e-4) /* p_0 of the grid, 1 / (1 + exp(8)) */
#define ONE_ROW (1 - (real)1 / 4096) /* what a decimal level may lose in rounding is left out */

/* The quantile at a place 0..32 of its grid. */
static real quantile(const f64 *q, real at) {
    int j = (int)at;
    if (!(at > 0)) return REAL(q[0]);
    if (j >= GRID - 1) return REAL(q[GRID - 1]);
    return REAL(q[j]) + (REAL(q[j + 1]) - REAL(q[j])) * (at - (real)j);
}

/* low..high of residuals at the level, in units of sigma; 0 where the rows do not support it. */
static int residuals_at(const calibration_record *c, const f64 *q, real level, real *low,
                        real *high) {
    const real share = (1 - level) / 2;
    real at;
    if (!(level > 0 && level < 1) || !(share >= LEAST_SHARE) ||
        !(share * ((real)c->n_residuals + 1) >= ONE_ROW))
        return 0;
    at = (GRID - 1) / 2 + 2 * (logarithm(share) - logarithm(1 - share));
    *low = quantile(q, at);
    *high = quantile(q, GRID - 1 - at);
    return 1;
}

sna_status sna_interval_at(const sna_model *m, unsigned k, const real *x, real level,
                           sna_status status, const real *y, real *low, real *high, void *work,
                           size_t work_size) {
    const calibration_record *c;
    const output_record *o;
    const f64 *q;
    real sigma = 1, below, above, floor, from, to, rounding;
    *low = *high = not_a_number();
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
    if (k >= m->n_outputs) return SNA_BAD_INPUT;
    c = calibration_of(m);
    if (!c || !c->n_residuals) return SNA_UNSUPPORTED;
    q = quantiles_of(c) + GRID * k;
    if (!residuals_at(c, q, level, &below, &above)) return SNA_BAD_INPUT;
    if (status < 0 || status == SNA_EXTRAPOLATED) return status;
    if (!is_finite(y[k])) return SNA_NOT_CONVERGED;
    if (scale_of(m, k) >= 0) {
        status = companion_value(m, (unsigned)scale_of(m, k), x, y, &sigma, work, work_size);
        if (status < 0) return status;
    }
    if (!is_finite(sigma)) return SNA_NOT_CONVERGED;
    o = output_at(m, k);
    floor = REAL(quantiles_of(c)[GRID * m->n_outputs + k]);
    from = beside(o, y[k], below * sigma - floor);
    to = beside(o, y[k], above * sigma + floor);
    rounding = absolute(y[k]) * ROUNDING;
    *low = in_range(o, (from < to ? from : to) - rounding);
    *high = in_range(o, (from < to ? to : from) + rounding);
    return SNA_OK;
}

/* ---------------------------------------------------------------------------------- familiarity */
#define LEAST_DENSITY power_of_two(-126)

/* Was the combination of levels at x seen? 0, 1, or a negative status. */
static int levels_seen(const sna_model *m, const calibration_record *c, const real *x) {
    const pair_record *p = pairs_of(m, c), *last = p + c->n_pairs;
    const unsigned char *bits = (const unsigned char *)last;
    int seen = 1;
    for (; p < last; bits += p++->size) {
        place a, b;
        uint32_t bit;
        sna_status first = place_level(axis_at(m, p->a), x[p->a], &a),
                   second = place_level(axis_at(m, p->b), x[p->b], &b);
        if (first < 0 || second < 0) return (int)SNA_OUT_OF_DOMAIN;
        bit = a.span * axis_at(m, p->b)->n_spans + b.span;
        seen &= bits[bit >> 3] >> (bit & 7u);
    }
    return seen;
}

/* s = sum_j weight_j ln(max(p_j, 2^-126)) */
static sna_status familiarity_score(const sna_model *m, const real *x, const real *y, real *s,
                                    void *work, size_t work_size) {
    *s = 0;
    for (unsigned i = 0; i < companions_of(m); i++) {
        real p;
        sna_status status;
        if (companion_at(m, i)->role != SNA_ROLE_FAMILIARITY) continue;
        status = companion_value(m, i, x, y, &p, work, work_size);
        if (status < 0) return status;
        if (!is_finite(p)) return SNA_NOT_CONVERGED;
        *s += REAL(companion_at(m, i)->weight) * logarithm(p > LEAST_DENSITY ? p : LEAST_DENSITY);
    }
    return is_finite(*s) ? SNA_OK : SNA_NOT_CONVERGED;
}

/* The share of scores up to s. */
static real share_of(const f64 *score, uint32_t n_scores, real s) {
    const real least = 1 / ((real)n_scores + 1);
    const uint32_t j = span_of(score, GRID, s);
    real at = (real)j, share;
    if (REAL(score[0]) > s) return least;
    if (j < GRID - 1) at += (s - REAL(score[j])) / (REAL(score[j + 1]) - REAL(score[j]));
    share = 1 / (1 + exponential(((GRID - 1) / 2 - at) / 2));
    return share > least ? share : least;
}

sna_status sna_familiarity(const sna_model *m, const real *x, sna_status status, const real *y,
                           real *p, void *work, size_t work_size) {
    const calibration_record *c;
    int seen;
    *p = not_a_number();
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
    c = calibration_of(m);
    if (!c || !(c->n_scores | c->n_pairs)) return SNA_UNSUPPORTED;
    if (status < 0 || status == SNA_EXTRAPOLATED) return status;
    seen = levels_seen(m, c, x);
    if (seen < 0) return (sna_status)seen;
    if (seen && c->n_scores) {
        real s;
        sna_status scored = familiarity_score(m, x, y, &s, work, work_size);
        if (scored < 0) return scored;
        *p = share_of(scores_of(m, c), c->n_scores, s);
    } else {
        *p = (real)seen;
    }
    return *p <= REAL(c->least_p) ? SNA_UNFAMILIAR : status;
}
#endif
