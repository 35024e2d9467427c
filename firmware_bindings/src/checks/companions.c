/* ------------------------------------------------------------------------- checks: companions
 * Records and rules of FORMAT.md sections 14 to 16. */
#ifndef SNA_NO_COMPANIONS
enum { SOURCE_INPUT, SOURCE_FEATURE, SOURCE_PREDICTION };
enum { GRID = 33, COMPANION = 32, COORDINATE = 16, MOST_COMPANIONS = 64 };

typedef struct ALIAS companion_record {
    uint8_t role, output;
    uint16_t reserved;
    uint32_t coordinates, file, file_size;
    double weight;
    uint32_t zero[2];
} companion_record;

typedef struct ALIAS coordinate_record {
    uint8_t source, reserved;
    uint16_t index;
    uint32_t weights;
    double constant;
} coordinate_record;

typedef char companion_record_has_32_bytes[sizeof(companion_record) == COMPANION ? 1 : -1];
typedef char coordinate_has_16_bytes[sizeof(coordinate_record) == COORDINATE ? 1 : -1];

/* Sections 14 to 16 stand in no field of sna_model: a value query has no use for them. NULL where
 * one is empty. */
NOINLINE const unsigned char *addition(const sna_model *m, int id) {
    if (!(m->features & FEATURE_COMPANIONS) || !section_size(m, id)) return NULL;
    return m->bytes + load32(section_record(m, id) + 4);
}
static unsigned companions_of(const sna_model *m) {
    const unsigned char *p = addition(m, COMPANIONS);
    return p ? (unsigned)load32(p) : 0;
}
INLINE const companion_record *companion_at(const sna_model *m, unsigned i) {
    return (const companion_record *)(const void *)(addition(m, COMPANIONS) + 8) + i;
}
INLINE const coordinate_record *coordinates_at(const sna_model *m, const companion_record *r) {
    return (const coordinate_record *)(const void *)(addition(m, COMPANIONS) + r->coordinates);
}

/* |*p| < 2^500 */
NOINLINE int bounded(const void *p) {
    return (load32((const unsigned char *)p + 4) & 0x7FFFFFFFu) < 0x5F300000u;
}

/* E: columns of the inputs as features take them. */
static uint32_t encoded_inputs(const sna_model *m) {
    uint32_t n = 0;
    for (unsigned d = 0; d < m->n_axes; d++)
        n += axis_at(m, d)->kind == CATEGORICAL ? axis_at(m, d)->n_spans : 1u;
    return n;
}

static int feature_holds(const sna_model *m, const coordinate_record *c, uint32_t *end) {
    uint32_t n = encoded_inputs(m);
    const unsigned char *w = addition(m, COMPANIONS) + *end;
    if (c->index || c->weights != *end || !moderate(&c->constant) ||
        !inside(*end, 4 * n, 4, section_size(m, COMPANIONS)))
        return 0;
    for (uint32_t e = 0; e < n; e++)
        if (!finite32(load32(w + 4 * e))) return 0;
    *end += 4 * n;
    return 1;
}

/* Coordinate c of axis a of a companion; *end: where the next weights stand. */
static int coordinate_holds(const sna_model *m, const axis_record *a, const coordinate_record *c,
                            uint32_t *end) {
    const axis_record *input;
    if (c->reserved) return 0;
    if (c->source == SOURCE_FEATURE) return a->kind == CONTINUOUS && feature_holds(m, c, end);
    if (c->weights || order64(&c->constant)) return 0;
    if (c->source == SOURCE_PREDICTION) return a->kind == CONTINUOUS && c->index < m->n_outputs;
    if (c->source != SOURCE_INPUT || c->index >= m->n_axes) return 0;
    input = axis_at(m, c->index);
    return a->kind == input->kind &&
           load64((const unsigned char *)&a->lower) ==
               load64((const unsigned char *)&input->lower) &&
           load64((const unsigned char *)&a->upper) == load64((const unsigned char *)&input->upper);
}

/* The parts of one companion, without holes; *end: where the part before them ends, then where its
 * file does. */
static int parts_hold(const sna_model *m, const companion_record *r, const sna_model *c,
                      uint32_t *end) {
    const unsigned char *p = addition(m, COMPANIONS);
    uint32_t at = (*end + 7u) & ~7u, weights = at + (uint32_t)COORDINATE * c->n_axes;
    if (r->coordinates != at || !inside(at, weights - at, 8, section_size(m, COMPANIONS)) ||
        !all_zero(p + *end, at - *end))
        return 0;
    for (unsigned d = 0; d < c->n_axes; d++)
        if (!coordinate_holds(m, axis_at(c, d), coordinates_at(m, r) + d, &weights)) return 0;
    if (r->file != ((weights + 7u) & ~7u) || !all_zero(p + weights, r->file - weights)) return 0;
    *end = r->file + r->file_size;
    return 1;
}

/* One output without a name, sigma > 0, of an output that has no other interval or scale. */
static int scale_holds(const sna_model *m, const companion_record *r, const sna_model *c) {
    const output_record *o = output_at(c, 0);
    for (const companion_record *other = companion_at(m, 0); other < r; other++)
        if (other->role == SNA_ROLE_SCALE && other->output == r->output) return 0;
    return o->link == LINK_EXP && order64(&o->scale) > 0 && order64(&o->offset) >= 0 &&
           !order64(&output_at(m, r->output)->level);
}

static int role_holds(const sna_model *m, const companion_record *r, const sna_model *c) {
    for (unsigned k = 0; k < c->n_outputs; k++)
        if (order64(&output_at(c, k)->level)) return 0;
    if (r->role == SNA_ROLE_FAMILIARITY)
        return !r->output && c->n_outputs == 1 && output_at(c, 0)->link == LINK_IDENTITY &&
               order64(&output_at(c, 0)->scale) > 0 && moderate(&r->weight) &&
               order64(&r->weight) > 0;
    if (order64(&r->weight)) return 0;
    if (r->role == SNA_ROLE_CLASS) return 1;
    if (c->n_outputs != 1 || r->output >= m->n_outputs) return 0;
    return r->role == SNA_ROLE_BASE || scale_holds(m, r, c);
}

/* ------------------------------------------------------------------------- checks: calibration */
typedef struct ALIAS calibration_record {
    uint32_t n_residuals, n_scores;
    double least_p;
    uint16_t n_pairs;
    uint8_t reserved[14];
} calibration_record;

typedef struct ALIAS pair_record {
    uint16_t a, b;
    uint32_t size;
} pair_record;

typedef char calibration_has_32_bytes[sizeof(calibration_record) == 32 ? 1 : -1];

INLINE const calibration_record *calibration_of(const sna_model *m) {
    return (const calibration_record *)(const void *)addition(m, CALIBRATION);
}
/* Numbers behind residuals: quantiles, floors, correlations; and behind scores. */
INLINE uint32_t residual_numbers(const sna_model *m, const calibration_record *c) {
    uint32_t k = m->n_outputs;
    return c->n_residuals ? (GRID + 1u) * k + k * (k - 1u) / 2u : 0;
}
INLINE uint32_t score_numbers(const calibration_record *c) {
    return c->n_scores ? (uint32_t)GRID : 0;
}
INLINE const f64 *quantiles_of(const calibration_record *c) {
    return (const f64 *)(const void *)(c + 1);
}
INLINE const f64 *scores_of(const sna_model *m, const calibration_record *c) {
    return quantiles_of(c) + residual_numbers(m, c);
}
INLINE const pair_record *pairs_of(const sna_model *m, const calibration_record *c) {
    return (const pair_record *)(const void *)(scores_of(m, c) + score_numbers(c));
}

/* A grid that never decreases. */
static int grid_holds(const f64 *q) {
    for (int j = 0; j < GRID; j++)
        if (!bounded(q + j) || (j && order64(q + j) < order64(q + j - 1))) return 0;
    return 1;
}

static int residuals_hold(const sna_model *m, const f64 *q) {
    const unsigned k = m->n_outputs;
    const f64 *floor = q + GRID * k, *correlation = floor + k;
    for (unsigned i = 0; i < k; i++)
        if (!grid_holds(q + GRID * i) || !bounded(floor + i) || order64(floor + i) < 0) return 0;
    for (unsigned i = 0; i < k * (k - 1u) / 2u; i++) {
        int64_t size = order64(correlation + i), one = (int64_t)0x3FF << 52;
        if (size > one || size < -one) return 0;
    }
    return 1;
}

/* Level pairs; `end` is where the section ends. */
static int pairs_hold(const sna_model *m, const calibration_record *c, const unsigned char *end) {
    const pair_record *p = pairs_of(m, c), *last = p + c->n_pairs;
    const unsigned char *bits = (const unsigned char *)last;
    uint32_t before = 0;
    for (; p < last; p++) {
        uint32_t key = (uint32_t)p->a << 16 | p->b, n;
        if (p->a >= p->b || p->b >= m->n_axes || key <= before) return 0;
        if (axis_at(m, p->a)->kind != CATEGORICAL || axis_at(m, p->b)->kind != CATEGORICAL)
            return 0;
        n = axis_at(m, p->a)->n_spans * axis_at(m, p->b)->n_spans;
        if (p->size != (n + 7u) >> 3 || p->size > (size_t)(end - bits)) return 0;
        bits += p->size;
        if (n & 7u && bits[-1] >> (n & 7u)) return 0;
        before = key;
    }
    return bits == end;
}

static int has_role(const sna_model *m, unsigned role) {
    for (unsigned i = 0; i < companions_of(m); i++)
        if (companion_at(m, i)->role == role) return 1;
    return 0;
}

static int calibration_holds(const sna_model *m) {
    const calibration_record *c = calibration_of(m);
    uint32_t size = section_size(m, CALIBRATION);
    int64_t least;
    if (!c) return !has_role(m, SNA_ROLE_SCALE) && !has_role(m, SNA_ROLE_FAMILIARITY);
    if (size < sizeof *c || !(c->n_residuals | c->n_scores | c->n_pairs) ||
        !all_zero(c->reserved, 14) || c->n_pairs > 2016)
        return 0;
    least = order64(&c->least_p);
    if (c->n_scores ? least <= 0 || least >= (int64_t)0x3FF << 52 : least != 0) return 0;
    if (!c->n_scores != !has_role(m, SNA_ROLE_FAMILIARITY) ||
        (!c->n_residuals && has_role(m, SNA_ROLE_SCALE)))
        return 0;
    if (size < sizeof *c + 8u * (residual_numbers(m, c) + score_numbers(c) + c->n_pairs)) return 0;
    return (!c->n_residuals || residuals_hold(m, quantiles_of(c))) &&
           (!c->n_scores || grid_holds(scores_of(m, c))) &&
           pairs_hold(m, c, (const unsigned char *)c + size);
}

/* ---------------------------------------------------------------------------- checks: readings */
enum { PRODUCT, SUM, PROGRAM, MOST_TERMS = 16, MOST_STEPS = 64, DEEPEST = 8, MOST_GOLDEN = 16 };

/* Kinds of a step, and operations: of two values, then of one. */
enum { LOAD_INPUT, LOAD_RAW, LOAD_NUMBER, OPERATION };
enum {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    POWER,
    MINIMUM,
    MAXIMUM,
    NEGATIVE,
    ROOT,
    EXPONENTIAL,
    LOGARITHM,
    ABSOLUTE,
    OPERATIONS
};
enum { OF_ONE = NEGATIVE };

typedef struct ALIAS readings_record {
    uint16_t n_raw, n_derived, n_terms, n_golden;
} readings_record;

typedef struct ALIAS derived_record {
    uint16_t axis;
    uint8_t formula, n_terms;
    uint32_t reserved;
    double constant;
} derived_record;

typedef struct ALIAS term_record {
    uint8_t kind, reserved;
    uint16_t index;
    uint32_t zero;
    double number;
} term_record;

typedef char
    formulas_have_16_bytes[sizeof(derived_record) == 16 && sizeof(term_record) == 16 ? 1 : -1];

INLINE const readings_record *readings_of(const sna_model *m) {
    return (const readings_record *)(const void *)addition(m, READINGS);
}
INLINE const f64 *tolerances_of(const readings_record *r) {
    return (const f64 *)(const void *)(r + 1);
}
INLINE const f64 *raw_ends_of(const sna_model *m, const readings_record *r) {
    return tolerances_of(r) + m->n_axes;
}
INLINE const derived_record *derived_of(const sna_model *m, const readings_record *r) {
    return (const derived_record *)(const void *)(raw_ends_of(m, r) + 2u * r->n_raw);
}
INLINE const term_record *terms_of(const sna_model *m, const readings_record *r) {
    return (const term_record *)(const void *)(derived_of(m, r) + r->n_derived);
}

/* Rows of readings, then of pairs: what a formula gives there, and its error in roundings. */
INLINE const f64 *reference_readings_of(const sna_model *m, const readings_record *r) {
    return (const f64 *)(const void *)(terms_of(m, r) + r->n_terms);
}

static int is_derived(const sna_model *m, const readings_record *r, unsigned axis) {
    const derived_record *f = derived_of(m, r);
    for (unsigned i = 0; i < r->n_derived; i++)
        if (f[i].axis == axis) return 1;
    return 0;
}

static int tolerance_holds(const sna_model *m, const readings_record *r, unsigned d) {
    const f64 *t = tolerances_of(r) + d;
    if (!moderate(t) || order64(t) < 0) return 0;
    return !order64(t) || (axis_at(m, d)->kind != CATEGORICAL && !is_derived(m, r, d));
}

static int ends_hold(const f64 *ends) {
    return moderate(ends) && moderate(ends + 1) && order64(ends) < order64(ends + 1) &&
           far_apart(ends, ends + 1);
}

static int term_holds(const sna_model *m, const readings_record *r, const term_record *t,
                      unsigned formula) {
    uint32_t size = load32((const unsigned char *)&t->number + 4) & 0x7FFFFFFFu;
    if (t->kind > (formula == PROGRAM ? OPERATION : LOAD_RAW) || t->reserved || t->zero ||
        !bounded(&t->number))
        return 0;
    if (formula == PROGRAM) {
        if (t->kind == LOAD_NUMBER) return !t->index;
        if (!all_zero((const unsigned char *)&t->number, 8)) return 0;
        if (t->kind == OPERATION) return t->index < OPERATIONS;
    } else if (!order64(&t->number)) return 0;
    if (formula == PRODUCT && /* beyond 64 */
        (size > 0x40500000u || (size == 0x40500000u && load32((const unsigned char *)&t->number))))
        return 0;
    if (t->kind) return t->index < r->n_raw;
    return t->index < m->n_axes && axis_at(m, t->index)->kind != CATEGORICAL &&
           !is_derived(m, r, t->index);
}

static int formula_holds(const sna_model *m, const derived_record *f, int last) {
    if (!(f->axis < m->n_axes && (int)f->axis > last && axis_at(m, f->axis)->kind == CONTINUOUS &&
          f->formula <= PROGRAM && f->n_terms >= 1 && !f->reserved && bounded(&f->constant)))
        return 0;
    if (f->formula == PROGRAM)
        return f->n_terms <= MOST_STEPS && all_zero((const unsigned char *)&f->constant, 8);
    return f->n_terms <= MOST_TERMS && (f->formula == SUM || order64(&f->constant));
}

/* Does every step find the values it works on, with no more than eight at once and one at the end,
 * from at least one reading? */
static int program_holds(const term_record *t, unsigned n) {
    int depth = 0, reads = 0;
    for (; n--; t++) {
        depth += t->kind != OPERATION ? 1 : t->index < OF_ONE ? -1 : 0;
        reads |= t->kind <= LOAD_RAW;
        if (depth < 1 || depth > DEEPEST) return 0;
    }
    return depth == 1 && reads;
}

/* Reference readings are numbers, and errors of what is expected not negative. */
static int reference_readings_hold(const sna_model *m, const readings_record *r) {
    const f64 *v = reference_readings_of(m, r);
    uint32_t n = r->n_golden * (m->n_axes + (uint32_t)r->n_raw);
    for (; n--; v++)
        if (!moderate(v)) return 0;
    for (n = (uint32_t)r->n_golden * r->n_derived; n--; v += 2)
        if (!moderate(v) || !moderate(v + 1) || order64(v + 1) < 0) return 0;
    return 1;
}

static int readings_hold(const sna_model *m) {
    const readings_record *r = readings_of(m);
    const derived_record *f;
    const term_record *t;
    uint32_t size = section_size(m, READINGS), terms = 0;
    int last = -1;
    if (!r) return 1;
    if (size < sizeof *r || r->n_raw > 64 || r->n_derived > m->n_axes ||
        r->n_golden > MOST_GOLDEN || (r->n_golden && !r->n_derived) ||
        size != sizeof *r + 8u * m->n_axes +
                    16u * ((uint32_t)r->n_raw + r->n_derived + r->n_terms) +
                    8u * r->n_golden * (m->n_axes + (uint32_t)r->n_raw + 2u * r->n_derived))
        return 0;
    f = derived_of(m, r);
    t = terms_of(m, r);
    for (unsigned i = 0; i < r->n_derived; last = f[i++].axis) {
        if (!formula_holds(m, f + i, last)) return 0;
        terms += f[i].n_terms;
    }
    if (terms != r->n_terms) return 0;
    for (unsigned d = 0; d < m->n_axes; d++)
        if (!tolerance_holds(m, r, d)) return 0;
    for (unsigned i = 0; i < r->n_raw; i++)
        if (!ends_hold(raw_ends_of(m, r) + 2u * i)) return 0;
    for (unsigned i = 0; i < r->n_derived; i++) {
        if (f[i].formula == PROGRAM && !program_holds(t, f[i].n_terms)) return 0;
        for (unsigned j = 0; j < f[i].n_terms; j++)
            if (!term_holds(m, r, t++, f[i].formula)) return 0;
    }
    return reference_readings_hold(m, r);
}
#endif
