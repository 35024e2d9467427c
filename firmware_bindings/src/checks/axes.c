/* ----------------------------------------------------------------- checks: axes, groups, tables */

#ifdef SNA_FLOAT
/* Numbers that follow from others are not recomputed on a core without a double FPU: the checksum
 * vouches for them, and no memory access depends on them; `all_carried` looks at what a conversion
 * to an integer needs. */
static int derived_hold(const axis_record *a) {
    return finite64((const unsigned char *)&a->inv_width);
}
#else
/* x rounded to float towards minus (step -1) or plus (step +1) infinity. */
static float rounded_outwards(double x, int step) {
    union {
        float value;
        uint32_t bits;
    } v;
    v.value = (float)x;
    if (step < 0 ? (double)v.value > x : (double)v.value < x) {
        if (v.bits << 1 == 0) v.bits = step < 0 ? 0x80000001u : 1u;
        else v.bits += (v.bits >> 31) ^ (step < 0) ? 0xFFFFFFFFu : 1u;
    }
    return v.value;
}

static int same(double a, double b) { return a >= b && a <= b; }

static int derived_hold(const axis_record *a) {
    double inv_width = is_uniform(a) ? (double)a->n_spans / (a->upper - a->lower) : 0.0;
    return finite64((const unsigned char *)&a->inv_width) && same(a->inv_width, inv_width) &&
           same((double)a->lower32, (double)rounded_outwards(a->lower, -1)) &&
           same((double)a->upper32, (double)rounded_outwards(a->upper, 1)) &&
           same((double)a->inv_width32, (double)(float)inv_width);
}
#endif

/* The whole number 0 .. 2^24 that the double at p is, or -1. */
NOINLINE int32_t whole(const f64 *p) {
    uint32_t low = load32((const unsigned char *)p), high = load32((const unsigned char *)p + 4);
    uint32_t bits = 0x80000000u | high << 11 | low >> 21; /* 1.fraction, as far as 24 bits go */
    uint32_t exponent = (high >> 20) - 1023u, value;
    if (!(high << 1 | low)) return 0;
    if (exponent > 24 || low << 11) return -1;
    value = bits >> (31u - exponent);
    return value << (31u - exponent) == bits && value <= 16777216u ? (int32_t)value : -1;
}

#ifndef SNA_FLOAT
/* upper - lower >= 2^-1000 */
static int far_apart(const f64 *lower, const f64 *upper) {
    return *upper - *lower >= power_of_two(-1000);
}
#else
#define far_apart(lower, upper) 1
#endif

static int axis_holds(const sna_model *m, const axis_record *a) {
    const f64 *lower = &a->lower, *upper = &a->upper;
    if (a->kind > CATEGORICAL || a->degree > SNA_MAX_DEGREE || a->dtype > DT_I8 || a->flags > 1 ||
        a->reserved)
        return 0;
    if (a->n_spans < 1 || a->n_spans > 32768 || a->n_rows <= a->degree || a->n_rows > 65535 ||
        !a->n_matrices || a->n_matrices > 32768)
        return 0;
    if (!moderate(lower) || !moderate(upper)) return 0;
    if (a->kind == CATEGORICAL) {
        if (a->degree || a->flags || order64(lower) || whole(upper) != (int32_t)a->n_spans - 1)
            return 0;
    } else if (order64(lower) >= order64(upper) || !far_apart(lower, upper)) {
        return 0;
    }
    (void)m;
    return derived_hold(a);
}

/* `align` is a power of two. */
NOINLINE int inside(uint32_t offset, uint32_t bytes, uint32_t align, uint32_t size) {
    return !(offset & (align - 1u)) && bytes <= size && offset <= size - bytes;
}

static int offsets_hold(const sna_model *m, const axis_record *a) {
    uint32_t order = a->degree + 1u, spans = a->n_spans; /* bounded by axis_holds */
    int listed = !is_uniform(a) && a->kind != CATEGORICAL;
    return inside(a->spans, 4 * spans, 2, section_size(m, SPANS)) &&
           inside(a->support, spans, 1, section_size(m, SPANS)) &&
           (listed ? inside(a->breaks, 8 * (2 * spans + 1), 8, section_size(m, BREAKS))
                   : !a->breaks) &&
           inside(a->matrices, 4 * a->n_matrices * order * order, 4, section_size(m, MATRICES));
}

static int breaks_hold(const axis_record *a, const f64 *breaks) {
    for (uint32_t s = 0; s <= a->n_spans; s++)
        if (!finite64((const unsigned char *)(breaks + s))) return 0;
    if (order64(breaks) != order64(&a->lower) || order64(breaks + a->n_spans) != order64(&a->upper))
        return 0;
    for (uint32_t s = 0; s < a->n_spans; s++) {
#ifndef SNA_FLOAT
        double off = breaks[a->n_spans + 1 + s] * (breaks[s + 1] - breaks[s]) - 1.0;
        if (!(off >= -1e-12 && off <= 1e-12)) return 0;
#endif
        if (order64(breaks + s) >= order64(breaks + s + 1)) return 0;
    }
    return 1;
}

static int spans_hold(const sna_model *m, const axis_record *a) {
    const u16 *row = first_rows(m, a), *matrix = row + a->n_spans;
    for (uint32_t s = 0; s < a->n_spans; s++)
        if ((uint32_t)row[s] + a->degree >= a->n_rows || matrix[s] >= a->n_matrices) return 0;
    return is_uniform(a) || a->kind == CATEGORICAL || breaks_hold(a, breaks_at(m, a));
}

/* Rows of padding are zero in `w`, the bits of the output weights: all but the sign, `shift` = 1,
 * or all of them. */
NOINLINE int padding_rows_hold(const sna_model *m, const u32 *w, unsigned shift) {
    for (unsigned g = 0; g < m->n_groups; g++) {
        const group_record *r = group_at(m, g);
        for (uint32_t i = (r->first + r->count) * m->n_outputs;
             i < (r->first + padded(r->count)) * m->n_outputs; i++)
            if (w[i] << shift) return 0;
    }
    return 1;
}

static int cp_holds(const sna_model *m) {
    uint32_t first = 0, last_low = 0, last_high = 0;
    for (unsigned g = 0; g < m->n_groups; g++) {
        const group_record *r = group_at(m, g);
        uint64_t mask = (uint64_t)r->mask[1] << 32 | r->mask[0],
                 before = (uint64_t)last_high << 32 | last_low;
        if (mask <= before || (m->n_axes < 64 && mask >> m->n_axes)) return 0;
        if (r->count < 1 || r->count > 65536 || r->first != first) return 0;
        last_low = r->mask[0];
        last_high = r->mask[1];
        first += padded(r->count);
    }
    if (first != m->n_modes) return 0;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        uint32_t columns = 0;
        for (unsigned g = 0; g < m->n_groups; g++)
            columns += uses(group_at(m, g), d) ? padded(group_at(m, g)->count) : 0;
        if (a->left || a->right || a->n_columns != columns) return 0;
    }
    return 1;
}

#ifndef SNA_NO_TT
static int tt_holds(const sna_model *m) {
    uint32_t left = 1;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        if (a->left != left || a->right < 1 || a->right > SNA_MAX_RANK ||
            a->n_columns != left * a->right)
            return 0;
        left = a->right;
    }
    return left == m->n_modes;
}
#endif

static int tables_hold(const sna_model *m) {
    static const uint8_t bytes_of[4] = {4, 2, 2, 1};
    const uint64_t step = step_of(m);
    uint64_t end = 0;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        uint64_t start = (end + step) & ~step;
        if (a->table != start || start > section_size(m, TABLES) ||
            !all_zero(section(m, TABLES) + end, (size_t)(start - end)))
            return 0;
        end = start + (uint64_t)a->n_rows * a->n_columns * bytes_of[a->dtype];
        if (end > section_size(m, TABLES)) return 0;
    }
    return end == section_size(m, TABLES);
}

static int values_hold(const sna_model *m, const axis_record *a) {
    const u32 *matrix = (const u32 *)(const void *)(section(m, MATRICES) + a->matrices);
    const unsigned char *table = section(m, TABLES) + a->table;
    uint32_t order = a->degree + 1u, n = (uint32_t)a->n_matrices * order * order;
    size_t cells = (size_t)a->n_rows * a->n_columns;
    for (uint32_t i = 0; i < n; i++)
        if (!finite32(matrix[i])) return 0;
    for (size_t i = 0; a->dtype == DT_F32 && i < cells; i++)
        if (!finite32(((const u32 *)(const void *)table)[i])) return 0;
    for (size_t i = 0; a->dtype == DT_F16 && i < cells; i++)
        if ((((const u16 *)(const void *)table)[i] & 0x7C00u) == 0x7C00u) return 0;
    return 1;
}
