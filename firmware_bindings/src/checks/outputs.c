/* -------------------------------------------------------------- checks: outputs, golden vectors */

static int interval_holds(const output_record *o) {
    const unsigned char *below = (const unsigned char *)&o->below,
                        *above = (const unsigned char *)&o->above;
    int64_t level = order64(&o->level), one = (int64_t)0x3FF << 52;
    if (moderate(below) && moderate(above))
        return order64(below) >= 0 && order64(above) >= 0 && level > 0 && level < one;
    /* without an interval both are NaN and the level is 0 */
    return !finite64(below) && !finite64(above) && load64(below) << 12 && load64(above) << 12 &&
           !level;
}

static int output_holds(const output_record *o) {
    const unsigned char *p = (const unsigned char *)o;
    uint32_t kappa = load32(p + 64);
    for (unsigned i = 0; i < 8; i++) /* bias, scale, offset, range_low, range_high */
        if (0xC7u >> i & 1u && !moderate(p + 8 * i)) return 0;
    if ((load32(p + 12) & 0x7FFFFFFFu) < 0x01700000u) return 0; /* |scale| < 2^-1000 */
    if (order64(p + 56) < order64(p + 48) || !interval_holds(o)) return 0;
    if (kappa << 1 && kappa >= 0x7F800000u) return 0; /* below 0 or not finite */
    return o->link <= LINK_LOGISTIC && o->interval_space <= 1 && all_zero(o->reserved, 10);
}

static int weight_holds(uint32_t bits) {
    uint32_t exponent = bits & 0x7F800000u;
    return exponent != 0x7F800000u && (exponent || !(bits << 1));
}

static int outputs_hold(const sna_model *m) {
    const u32 *w = (const u32 *)(const void *)weights_at(m);
    for (unsigned k = 0; k < m->n_outputs; k++)
        if (!output_holds(output_at(m, k))) return 0;
    for (uint32_t i = 0; i < m->n_modes * m->n_outputs; i++)
        if (!weight_holds(w[i])) return 0;
    return padding_rows_hold(m, w, 1);
}

static int golden_inputs_hold(const sna_model *m, const f64 *x) {
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        if (order64(x + d) < order64(&a->lower) || order64(x + d) > order64(&a->upper)) return 0;
        if (a->kind == CATEGORICAL && whole(x + d) < 0) return 0;
    }
    return 1;
}

static int golden_holds(const sna_model *m) {
    const unsigned char *p = section(m, GOLDEN);
    uint32_t size = section_size(m, GOLDEN), count = size >= 8 ? load32(p) : 0;
    const f64 *tolerance = (const f64 *)(const void *)(p + 8),
              *inputs = tolerance + 2 * m->n_outputs;
    if (count < 1 || count > 65536 || load32(p + 4)) return 0;
    if (size != 8 + 16u * m->n_outputs + 8 * count * (m->n_axes + m->n_outputs)) return 0;
    for (uint32_t i = 8; i < size; i += 8)
        if (!finite64(p + i)) return 0;
    for (unsigned i = 0; i < 2u * m->n_outputs; i++)
        if (order64(tolerance + i) < 0) return 0;
    for (uint32_t g = 0; g < count; g++)
        if (!golden_inputs_hold(m, inputs + (size_t)g * m->n_axes)) return 0;
    return 1;
}
