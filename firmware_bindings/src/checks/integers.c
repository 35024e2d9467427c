/* ------------------------------------------------------------------------- checks: integer path
 * Records and rule of FORMAT.md section 13. */
#ifndef SNA_NO_FIXED
typedef struct ALIAS fixed_axis {
    uint32_t matrices;
    uint8_t q, shift;
    uint16_t reserved;
    int32_t count_lower, count_upper;
    uint32_t multiplier, counts, zero[2];
} fixed_axis;

typedef struct ALIAS fixed_output {
    uint32_t bias[2];
    uint8_t shift;
    int8_t exponent;
    uint8_t table_shift, reserved;
    uint32_t table_count, table;
    int32_t table_lower;
    uint32_t zero[2];
} fixed_output;

typedef char
    fixed_records_have_32_bytes[sizeof(fixed_axis) == 32 && sizeof(fixed_output) == 32 ? 1 : -1];
typedef int32_t ALIAS i32;

INLINE const fixed_axis *fixed_axis_at(const sna_model *m, unsigned d) {
    return (const fixed_axis *)(const void *)section(m, FIXED) + d;
}
INLINE const fixed_output *fixed_output_at(const sna_model *m, unsigned k) {
    return (const fixed_output *)(const void *)(section(m, FIXED) + 32u * m->n_axes) + k;
}
INLINE const i32 *fixed_weights(const sna_model *m) {
    return (const i32 *)(const void *)(section(m, FIXED) + 32u * m->n_axes + 32u * m->n_outputs);
}
INLINE uint32_t counts_bytes(const axis_record *a) {
    return is_uniform(a) || a->kind == CATEGORICAL ? 0 : 4u * (2u * a->n_spans + 1u);
}

static int counts_hold(const axis_record *a, const fixed_axis *f, const unsigned char *p) {
    const i32 *breaks = (const i32 *)(const void *)p;
    const u32 *multiplier = (const u32 *)(const void *)(breaks + a->n_spans + 1);
    if (breaks[0] != f->count_lower || breaks[a->n_spans] != f->count_upper) return 0;
    for (uint32_t s = 0; s < a->n_spans; s++)
        if (breaks[s] >= breaks[s + 1] || !multiplier[s]) return 0;
    return 1;
}

/* Do the matrices of axis d stand where those of an earlier axis of the same shape do? */
static int shares_matrices(const sna_model *m, unsigned d) {
    const axis_record *a = axis_at(m, d);
    for (unsigned e = 0; e < d; e++) {
        const axis_record *b = axis_at(m, e);
        if (b->n_matrices == a->n_matrices && b->degree == a->degree &&
            fixed_axis_at(m, e)->matrices == fixed_axis_at(m, d)->matrices)
            return 1;
    }
    return 0;
}

/* Checks one axis; *end is where its arrays must begin and then where they end. */
static int fixed_axis_holds(const sna_model *m, unsigned d, uint32_t *end) {
    const axis_record *a = axis_at(m, d);
    const fixed_axis *f = fixed_axis_at(m, d);
    uint32_t order = a->degree + 1u, counts = counts_bytes(a);
    int level = a->kind == CATEGORICAL;
    if ((a->n_columns && a->dtype != DT_I16 && a->dtype != DT_I8) || f->q < 16 || f->q > 30 ||
        f->shift > 32)
        return 0;
    if (f->reserved || f->zero[0] || f->zero[1] || (f->matrices != *end && !shares_matrices(m, d)))
        return 0;
    if (level ? f->count_lower || f->count_upper != (int32_t)a->n_spans - 1
              : f->count_lower >= f->count_upper)
        return 0;
    if (!f->multiplier != !is_uniform(a)) return 0;
    if (f->matrices == *end) *end += 4 * a->n_matrices * order * order;
    if (f->counts != (counts ? *end : 0)) return 0;
    *end += counts;
    if (*end > section_size(m, FIXED)) return 0;
    return !counts || counts_hold(a, f, section(m, FIXED) + f->counts);
}

static int fixed_output_holds(const sna_model *m, unsigned k, uint32_t *end) {
    const fixed_output *o = fixed_output_at(m, k);
    int table = o->table_count != 0;
    if (o->shift < 1 || o->shift > 62 || o->exponent < -64 || o->exponent > 64 || o->reserved ||
        o->zero[0] || o->zero[1])
        return 0;
    if (o->table_count == 1 || o->table_count > 4097 || o->table_shift > 20) return 0;
    if (table != (output_at(m, k)->link != LINK_IDENTITY)) return 0;
    if (table ? o->table != *end : o->table || o->table_shift || o->table_lower) return 0;
    *end += 4 * o->table_count;
    return *end <= section_size(m, FIXED);
}

static int fixed_golden_holds(const sna_model *m, uint32_t end) {
    const unsigned char *p = section(m, FIXED) + end;
    uint32_t size = section_size(m, FIXED);
    uint32_t count;
    if (end + 8 > size) return 0;
    count = load32(p);
    if (count < 1 || count > 65536 || load32(p + 4) ||
        end + 8 + 4 * count * (m->n_axes + m->n_outputs) != size)
        return 0;
    p += 8;
    for (uint32_t g = 0; g < count; g++)
        for (unsigned d = 0; d < m->n_axes; d++, p += 4) {
            const axis_record *a = axis_at(m, d);
            if (load16(p) >= a->n_spans || load16(p + 2) > (a->kind == CATEGORICAL ? 0 : 32768))
                return 0;
        }
    return 1;
}

/* Checks the records and what they point to; *end is where the golden vectors begin. Axes, outputs
 * and modes are bounded by then: the sum stays below 2^31. */
NOINLINE int fixed_arrays_hold(const sna_model *m, uint32_t *end) {
    *end = 32u * m->n_axes + 32u * m->n_outputs + 4u * m->n_modes * m->n_outputs;
    if (*end > section_size(m, FIXED)) return 0;
    for (unsigned d = 0; d < m->n_axes; d++)
        if (!fixed_axis_holds(m, d, end)) return 0;
    for (unsigned k = 0; k < m->n_outputs; k++)
        if (!fixed_output_holds(m, k, end)) return 0;
    return 1;
}

static int fixed_holds(const sna_model *m) {
    uint32_t end;
    return !is_train(m) && fixed_arrays_hold(m, &end) && fixed_golden_holds(m, end) &&
           padding_rows_hold(m, (const u32 *)(const void *)fixed_weights(m), 0);
}
#endif
