/* --------------------------------------------------------------------------------------- verify */

#ifndef SNA_NO_BOUND
/* The bound of |phi| on an axis, of a train that of the row sums of |Phi|: the Bernstein
 * coefficients bound a polynomial. */
static real axis_bound(const sna_model *m, const axis_record *a) {
    const f32 *matrix = (const f32 *)(const void *)(section(m, MATRICES) + a->matrices);
    const unsigned char *row = section(m, TABLES) + a->table;
    const uint32_t n = a->degree + 1u, left = a->left ? a->left : 1u, right = a->n_columns / left;
    real basis = 0, table = a->n_columns ? 0 : 1;
    for (uint32_t i = 0; i < (uint32_t)a->n_matrices * n; i++) {
        const f32 *from = matrix + i / n * n * n;
        const uint32_t j = i % n;
        real sum = 0;
        for (uint32_t b = 0; b < n; b++, from += n) {
            real weight = 1, value = (real)from[0];
            for (uint32_t k = 1; k <= j; k++) {
                weight *= (real)(int32_t)(j + 1u - k) / (real)(int32_t)(n - k);
                value += (real)from[k] * weight;
            }
            sum += value < 0 ? -value : value;
        }
        if (!(sum <= basis)) basis = sum;
    }
    for (uint32_t i = 0; i < a->n_rows; i++, row += row_bytes(a))
        for (uint32_t r = 0; r < right; r++) {
            real sum = 0;
            for (uint32_t l = 0; l < left; l++) {
                real value = element(row, a->dtype, l * right + r);
                sum += value < 0 ? -value : value;
            }
            if (!(sum <= table)) table = sum;
        }
    return basis * table;
}

/* f[k] = |bias| + sum_r |W[r][k]| prod of the bounds of the axes of mode r. */
static void linear_bounds(const sna_model *m, real *f) {
    const f32 *w = weights_at(m);
    real peak[SNA_MAX_AXES], all = 1;
    for (unsigned d = 0; d < m->n_axes; d++) all *= peak[d] = axis_bound(m, axis_at(m, d));
    for (unsigned k = 0; k < m->n_outputs; k++) f[k] = larger(REAL(output_at(m, k)->bias), 0);
    for (unsigned g = 0; g < (is_train(m) ? 1u : m->n_groups); g++) {
        uint32_t modes = m->n_modes;
        if (!is_train(m)) {
            all = 1;
            for (unsigned d = 0; d < m->n_axes; d++)
                if (uses(group_at(m, g), d)) all *= peak[d];
            modes = padded(group_at(m, g)->count);
        }
        for (; modes; modes--)
            for (unsigned k = 0; k < m->n_outputs; k++, w++) f[k] += larger((real)*w, 0) * all;
    }
}

#ifdef SNA_FLOAT
#define TOLERANCE 1.220703125e-4f /* 2^-13 */
#define BOUND_LIMIT 3.40282347e38f
#else
#define TOLERANCE 1.4551915228366852e-11 /* 2^-36 */
#define BOUND_LIMIT power_of_two(500)
#define TOLERANCE32 1.220703125e-4 /* 2^-13 */
#endif
#define BOUND_MARGIN ((real)1.0078125f)          /* 1 + 2^-7 */
#define BOUND_OFFSET ((real)9.5367431640625e-7f) /* 2^-20 */

/* Range and expected values inside the bound of |y|, kappa and tolerances no wider than it
 * explains: FORMAT.md section 7. */
NOINLINE int bounds_hold(const sna_model *m) {
    uint32_t count = load32(section(m, GOLDEN));
    const f64 *tolerance = (const f64 *)(const void *)(section(m, GOLDEN) + 8);
    const f64 *expected = tolerance + 2 * m->n_outputs + (size_t)count * m->n_axes;
    real f[SNA_MAX_OUTPUTS];
    linear_bounds(m, f);
    for (unsigned k = 0; k < m->n_outputs; k++) {
        const output_record *o = output_at(m, k);
        const real low = REAL(o->range_low), high = REAL(o->range_high), offset = REAL(o->offset),
                   scale = larger(REAL(o->scale), 0);
        real limit = f[k], far = larger(low - offset, high - offset), size = f[k];
        if (!(f[k] < BOUND_LIMIT)) return 0;
#ifndef SNA_NO_LINK
        if (o->link != LINK_IDENTITY) limit = o->link == LINK_EXP ? exponential(f[k]) : 1;
#endif
        limit = BOUND_MARGIN * scale * limit + larger(offset, 0) * BOUND_OFFSET;
        size *= BOUND_MARGIN * (o->link == LINK_EXP        ? far
                                : o->link == LINK_LOGISTIC ? scale * (real)0.25f
                                                           : scale);
        if (!(far <= limit) || !((real)o->kappa * (high - low) <= size)) return 0;
        for (uint32_t g = 0; g < count; g++)
            if (!(larger(REAL(expected[(size_t)g * m->n_outputs + k]) - offset, 0) <= limit))
                return 0;
        size = (size + 2 * larger(low, high)) * TOLERANCE;
#ifdef SNA_FLOAT
        if (!(REAL(tolerance[m->n_outputs + k]) <= size)) return 0;
#else
        if (!(tolerance[k] <= size) ||
            !(tolerance[m->n_outputs + k] <= size * (TOLERANCE32 / TOLERANCE)))
            return 0;
#endif
    }
    return 1;
}
#endif

#ifndef SNA_NO_BOUND
#define BOUNDS_HOLD(m) bounds_hold(m)
#else
#define BOUNDS_HOLD(m) 1
#endif

/* Does the model give its golden vectors? */
static int replayed(const sna_model *m, const space *s) {
    const f64 *tolerance = (const f64 *)(const void *)(section(m, GOLDEN) + 8);
    const f64 *x = tolerance + 2 * m->n_outputs, *expected;
    uint32_t count = load32(section(m, GOLDEN));
    expected = x + (size_t)count * m->n_axes;
#ifdef SNA_FLOAT
    tolerance += m->n_outputs;
#endif
    for (uint32_t g = 0; g < count; g++, x += m->n_axes, expected += m->n_outputs) {
        real in[SNA_MAX_AXES], out[SNA_MAX_OUTPUTS];
        for (unsigned d = 0; d < m->n_axes; d++) in[d] = REAL(x[d]);
        if (answer_at(m, in, out, s) < 0) return 0;
        for (unsigned k = 0; k < m->n_outputs; k++) {
            real off = out[k] - REAL(expected[k]);
            if (!(off <= REAL(tolerance[k]) && -off <= REAL(tolerance[k]))) return 0;
        }
    }
    return 1;
}

#ifndef SNA_NO_COMPANIONS
/* The rule that a companion breaks: of the bounds first, then of the golden vectors. */
static sna_rule companion_rule(const sna_model *m, sna_rule rule, void *work, size_t work_size) {
    for (unsigned i = 0; i < companions_of(m); i++) {
        sna_model c;
        space s;
        take_companion(m, i, &c);
        if (rule == SNA_RULE_BAD_GOLDEN
                ? !BOUNDS_HOLD(&c)
                : take_space(&c, SNA_WORK_EVAL, work, work_size, &s) || !replayed(&c, &s))
            return rule;
    }
    return SNA_RULE_NONE;
}
#endif

sna_status sna_verify(sna_model *m, void *work, size_t work_size) {
    space s;
    sna_status ready;
    if (m->rule) return SNA_CORRUPT;
    if (!m->bytes) return SNA_BAD_INPUT;
    m->seal = 0;
    ready = take_space(m, SNA_WORK_EVAL, work, work_size, &s);
    if (ready != SNA_OK) return ready;
#ifndef SNA_NO_COMPANIONS
    if (work_size < largest_space(m, SNA_WORK_VERIFY)) return SNA_NO_SPACE;
#endif
    if (!BOUNDS_HOLD(m)) m->rule = SNA_RULE_BAD_GOLDEN;
#ifndef SNA_NO_COMPANIONS
    else m->rule = (uint8_t)companion_rule(m, SNA_RULE_BAD_GOLDEN, work, work_size);
#endif
    if (!m->rule && !replayed(m, &s)) m->rule = SNA_RULE_GOLDEN_MISMATCH;
#ifndef SNA_NO_COMPANIONS
    if (!m->rule) m->rule = (uint8_t)companion_rule(m, SNA_RULE_GOLDEN_MISMATCH, work, work_size);
    if (!m->rule && !formulas_replayed(m)) m->rule = SNA_RULE_GOLDEN_MISMATCH;
#endif
    if (m->rule) return SNA_CORRUPT;
    m->seal = seal_of(m);
    return SNA_OK;
}
