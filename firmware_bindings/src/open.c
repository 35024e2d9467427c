/* ----------------------------------------------------------------------------------------- open */

typedef int axis_check(const sna_model *m, const axis_record *a);

NOINLINE int every_axis(const sna_model *m, axis_check *holds) {
    for (unsigned d = 0; d < m->n_axes; d++)
        if (!holds(m, axis_at(m, d))) return 0;
    return 1;
}

NOINLINE sna_rule first_broken_rule(sna_model *m, const unsigned char *b, size_t size) {
    static const unsigned char magic[8] = {0x89, 'S', 'N', 'A', '\r', '\n', 0x1A, '\n'};
    if (size < HEADER + 16 * N_SECTIONS) return SNA_RULE_TOO_SHORT;
    for (int i = 0; i < 8; i++)
        if (b[i] != magic[i]) return SNA_RULE_BAD_MAGIC;
    if (load16(b + 8) != SNA_FORMAT_MAJOR) return SNA_RULE_UNSUPPORTED_VERSION;
    if (load32(b + 12) & ~FEATURES) return SNA_RULE_UNSUPPORTED_FEATURE;
    m->features = b[12];
#ifndef SNA_NO_COMPANIONS
    if (m->embedded && m->features & FEATURE_COMPANIONS) return SNA_RULE_BAD_HEADER;
#endif
    if (load32(b + 16) != size || size > (size_t)1 << 30) return SNA_RULE_BAD_SIZE;
    m->bytes = b;
    m->size = (uint32_t)size;
    if (!header_holds(m, b)) return SNA_RULE_BAD_HEADER;
    if (!section_table_holds(m)) return SNA_RULE_BAD_SECTION_TABLE;
    if (!is_embedded(m) && !checksum_holds(m)) return SNA_RULE_BAD_CHECKSUM;
    if (!padding_holds(m)) return SNA_RULE_BAD_PADDING;
    if (!every_axis(m, axis_holds)) return SNA_RULE_BAD_AXIS;
    if (!every_axis(m, offsets_hold)) return SNA_RULE_BAD_OFFSET;
    if (!every_axis(m, spans_hold)) return SNA_RULE_BAD_SPAN;
#ifndef SNA_NO_TT
    if (is_train(m) && !tt_holds(m)) return SNA_RULE_BAD_GROUP;
#endif
    if (!is_train(m) && !cp_holds(m)) return SNA_RULE_BAD_GROUP;
    if (!tables_hold(m)) return SNA_RULE_BAD_TABLE_LAYOUT;
    if (!every_axis(m, values_hold)) return SNA_RULE_BAD_VALUE;
    if (!outputs_hold(m)) return SNA_RULE_BAD_OUTPUT;
#ifndef SNA_NO_FIXED
    if (m->features & FEATURE_FIXED && !fixed_holds(m)) return SNA_RULE_BAD_FIXED;
#endif
    return golden_holds(m) ? SNA_RULE_NONE : SNA_RULE_BAD_GOLDEN;
}

#ifdef CORTEX_FPU
/* Do the loops written for the FPU of Cortex-M serve this model? */
static int is_plain(const sna_model *m) {
    if (is_train(m) || m->n_groups != 1 || m->n_outputs != 1 || m->n_modes & 7u) return 0;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        if (a->kind != CONTINUOUS || !is_uniform(a) || a->degree != 3 || a->dtype != DT_F32 ||
            a->n_columns != m->n_modes)
            return 0;
        for (uint32_t s = 0; s < a->n_spans; s++)
            if (!section(m, SPANS)[a->support + s]) return 0;
    }
    return 1;
}
#endif

/* What verbs want to know of a model whose rules hold. */
static void take_sizes(sna_model *m) {
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        if (a->degree > m->max_degree) m->max_degree = a->degree;
        if (a->right > m->max_rank) m->max_rank = a->right;
        m->n_values = (uint16_t)(m->n_values + a->degree + 1u);
    }
#ifdef CORTEX_FPU
    m->plain = (uint16_t)(is_plain(m) ? 20u * m->n_axes : 0u);
#endif
}

#define BORDER_FLOAT32 ((real)2.384185791015625e-7f)  /* 2^-22 of the larger bound */
#define BORDER_RANGE ((real)1.52587890625e-5f)        /* 2^-16 of the range */
#define BORDER_FLOAT64 ((real)8.881784197001252e-16f) /* 2^-50 of the larger bound */

/* max(|a|, |b|) */
NOINLINE real larger(real a, real b) {
    if (a < 0) a = -a;
    if (b < 0) b = -b;
    return a > b ? a : b;
}

#ifdef SNA_FLOAT
/* The float of these bits as a multiple of 2^-24 of the power of two with this exponent, which is
 * not below its own. Integers, so that the integer path needs no emulated FPU. */
NOINLINE int32_t aligned(uint32_t bits, uint32_t exponent) {
    uint32_t own = bits >> 23 & 255u, gap = exponent - own;
    int32_t size = own && gap < 25 ? (int32_t)((bits << 8 | 0x80000000u) >> 7 >> gap) : 0;
    return bits >> 31 ? -size : size;
}

/* high - low in multiples of 2^-24 of the power of two with *exponent, that of the larger end. */
static int32_t width_of(uint32_t low, uint32_t high, uint32_t *exponent) {
    *exponent = low << 1 > high << 1 ? low >> 23 & 255u : high >> 23 & 255u;
    return aligned(high, *exponent) - aligned(low, *exponent);
}

/* The step of float at the larger end, 2^-23 of its power of two, is at most 2^-16 of the range:
 * Unix seconds of one minute lie 128 s apart and are not carried. Exact: ends so close differ by
 * one exponent at most. */
static int carried(const f64 *low, const f64 *high) {
    uint32_t exponent;
    int32_t width = width_of(bits_of(single(low)), bits_of(single(high)), &exponent);
    return order64(low) == order64(high) || !exponent || (exponent < 255 && width >= 1 << 17);
}

/* (upper32 - lower32) inv_width32, of which the span is taken, is a number between 0 and 2^24 (1.6
 * % more at most). */
static int countable(const axis_record *a) {
    uint32_t exponent, rate = load32((const unsigned char *)&a->inv_width32), own = rate >> 23;
    int32_t width = width_of(load32((const unsigned char *)&a->lower32),
                             load32((const unsigned char *)&a->upper32), &exponent);
    uint32_t product = ((uint32_t)width >> 11) * ((rate & 0x7FFFFFu) >> 8 | 0x8000u);
    int32_t room = 306 - (int32_t)exponent - (int32_t)own;
    if (width < 0 || exponent == 255 || own >= 255) return !(rate << 1) && exponent < 255;
    return !own || room >= 32 || (room >= 0 && !(product >> room));
}

static int all_carried(const sna_model *m) {
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        if (!countable(a)) return 0;
        if (a->kind != CATEGORICAL && !carried(&a->lower, &a->upper)) return 0;
    }
    for (unsigned k = 0; k < m->n_outputs; k++)
        if (!carried(&output_at(m, k)->range_low, &output_at(m, k)->range_high)) return 0;
    return 1;
}
#endif

#ifndef SNA_NO_COMPANIONS
/* Does a float carry the n numbers at p, each `step` bytes behind the one before? */
static int all_single(const void *p, uint32_t n, uint32_t step) {
#ifdef SNA_FLOAT
    for (const unsigned char *at = (const unsigned char *)p; n--; at += step)
        if ((load32(at + 4) & 0x7FFFFFFFu) >= 0x47D00000u) return 0;
#else
    (void)p, (void)n, (void)step;
#endif
    return 1;
}

/* The numbers of sections 14 to 16 in float: below 2^126, ends as those of an axis. */
static int additions_carried(const sna_model *m) {
    const calibration_record *c = calibration_of(m);
    const readings_record *r = readings_of(m);
    return (!companions_of(m) || all_single(&companion_at(m, 0)->weight, companions_of(m), 32)) &&
           (!c || all_single(quantiles_of(c), residual_numbers(m, c) + score_numbers(c), 8)) &&
           (!r ||
            (all_single(tolerances_of(r), m->n_axes + 2u * r->n_raw, 8) &&
             all_single(&derived_of(m, r)->constant, (uint32_t)r->n_derived + r->n_terms, 16) &&
             all_single(reference_readings_of(m, r),
                        r->n_golden * (m->n_axes + (uint32_t)r->n_raw + 2u * r->n_derived), 8)));
}
#endif

/* 0 when the build left out what the model needs. */
static int supported(const sna_model *m) {
#ifdef SNA_FLOAT
    if (!all_carried(m)) return 0;
#endif
#if defined(SNA_NO_F16) || defined(SNA_NO_INT)
    for (unsigned d = 0; d < m->n_axes; d++) {
        unsigned dtype = axis_at(m, d)->dtype;
#ifdef SNA_NO_F16
        if (dtype == DT_F16) return 0;
#endif
#ifdef SNA_NO_INT
        if (dtype == DT_I16 || dtype == DT_I8) return 0;
#endif
    }
#endif
#ifdef SNA_PLAIN_ONLY
    if (!m->plain) return 0;
#endif
#ifdef SNA_NO_LINK
    for (unsigned k = 0; k < m->n_outputs; k++)
        if (output_at(m, k)->link != LINK_IDENTITY) return 0;
#endif
    (void)m;
    return 1;
}

#ifndef SNA_NO_COMPANIONS
/* One companion; *end: where the part before it ends, then where its file does. *served becomes 0
 * where this build leaves out what it needs. */
static int companion_holds(const sna_model *m, const companion_record *r, uint32_t *end,
                           int *served) {
    const unsigned char *file = addition(m, COMPANIONS) + r->file;
    sna_model c;
    sna_rule rule;
    if (r->role > SNA_ROLE_BASE || r->reserved || r->zero[0] || r->zero[1] ||
        !inside(r->file, r->file_size, 8, section_size(m, COMPANIONS)))
        return 0;
    clear(&c, sizeof c);
    c.embedded = 1;
    rule = first_broken_rule(&c, file, r->file_size);
    if (rule == SNA_RULE_UNSUPPORTED_FEATURE &&
        !(load32(file + 12) & ~(FEATURE_TT | FEATURE_FIXED))) {
        *served = 0;
        *end = r->file + r->file_size;
        return 1;
    }
    if (rule || !parts_hold(m, r, &c, end) || !role_holds(m, r, &c)) return 0;
    take_sizes(&c);
    *served &= supported(&c) & all_single(&coordinates_at(m, r)->constant, c.n_axes, COORDINATE);
    return 1;
}

static int companions_hold(const sna_model *m, int *served) {
    const unsigned char *p = addition(m, COMPANIONS);
    uint32_t size = section_size(m, COMPANIONS), count = p && size >= 8 ? load32(p) : 0, end;
    if (!p) return 1;
    end = 8 + COMPANION * count;
    if (count < 1 || count > MOST_COMPANIONS || load32(p + 4) || end > size) return 0;
    for (unsigned i = 0; i < count; i++)
        if (!companion_holds(m, companion_at(m, i), &end, served)) return 0;
    return end == size;
}

/* The sections of format 1.1. */
static sna_rule first_broken_addition(const sna_model *m, int *served) {
    if (!companions_hold(m, served)) return SNA_RULE_BAD_COMPANION;
    if (!calibration_holds(m)) return SNA_RULE_BAD_CALIBRATION;
    if (!readings_hold(m)) return SNA_RULE_BAD_READINGS;
    *served &= additions_carried(m);
    return SNA_RULE_NONE;
}
#endif

/* A model without bytes, axes and outputs: every verb refuses it. */
static sna_status closed(sna_model *m, sna_rule rule, sna_status status) {
    clear(m, sizeof *m);
    m->rule = (uint8_t)rule;
    return status;
}

sna_status sna_open(const void *bytes, size_t size, sna_model *model) {
    sna_rule rule;
    int served = 1;
    clear(model, sizeof *model);
    if (!bytes || (uintptr_t)bytes & 7u) return SNA_BAD_INPUT;
    rule = first_broken_rule(model, (const unsigned char *)bytes, size);
    if (rule == SNA_RULE_UNSUPPORTED_VERSION || rule == SNA_RULE_UNSUPPORTED_FEATURE)
        return closed(model, rule, SNA_UNSUPPORTED);
#ifndef SNA_NO_COMPANIONS
    if (!rule) rule = first_broken_addition(model, &served);
#endif
    if (rule) return closed(model, rule, SNA_CORRUPT);
    take_sizes(model);
    return served && supported(model) ? SNA_OK : closed(model, SNA_RULE_NONE, SNA_UNSUPPORTED);
}
