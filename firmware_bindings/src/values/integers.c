/* --------------------------------------------------------------------------------- integer path
 * FORMAT.md section 13, operation by operation. Sums and products are taken on unsigned numbers, so
 * that a hostile file wraps instead of overflowing; right shifts of negative numbers are arithmetic
 * on every supported compiler. */
#ifndef SNA_NO_FIXED

INLINE int32_t plus(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
INLINE int32_t times(int32_t a, int32_t b) { return (int32_t)((uint32_t)a * (uint32_t)b); }
INLINE int32_t rounded(int32_t v, unsigned n) { return plus(v, (int32_t)(1u << (n - 1u))) >> n; }

/* round(h * u, 15), u in 0..32768, from two 32-bit products: exact, no 64-bit multiply needed on
 * small cores. */
INLINE int32_t times_q15(int32_t h, uint32_t u) {
    uint32_t high = (uint32_t)(h >> 16) * u, low = ((uint32_t)h & 0xFFFFu) * u;
    return (int32_t)((high << 1) + ((low + 0x4000u) >> 15));
}

/* What an axis brings to one integer query; its n basis values follow. */
typedef struct fixed_cell {
    const unsigned char *at;
    uint16_t quads; /* bytes of a row, in fours: at most 32768 */
    uint8_t n, is_i8;
} fixed_cell;

INLINE int32_t *basis_of(fixed_cell *c) { return (int32_t *)(void *)(c + 1); }
INLINE uint32_t cell_words(uint32_t n) {
    return (uint32_t)((sizeof(fixed_cell) + 4u * n + sizeof(void *) - 1u) / sizeof(void *) *
                      (sizeof(void *) / 4u));
}

/* Small functions that are not inlined: a Cortex-M0+ has eight registers to work with. */
NOINLINE void fixed_basis_cubic(const i32 *c, unsigned shift, uint32_t u, int32_t *b) {
    const int32_t *end = b + 4;
    for (; b < end; c += 4) {
        int32_t h = plus(times_q15(c[3], u), c[2]);
        h = plus(times_q15(h, u), c[1]);
        *b++ = rounded(plus(times_q15(h, u), c[0]), shift);
    }
}

NOINLINE void fixed_basis(const i32 *c, unsigned n, unsigned shift, uint32_t u, int32_t *b) {
    for (const int32_t *end = b + n; b < end; c += n) {
        int32_t h = c[n - 1];
        for (unsigned k = n - 1; k-- > 0;) h = plus(times_q15(h, u), c[k]);
        *b++ = rounded(h, shift);
    }
}

INLINE sna_status fill_fixed_cell(const sna_model *m, unsigned d, const sna_place *at,
                                  fixed_cell *c) {
    const axis_record *a = axis_at(m, d);
    const fixed_axis *f = fixed_axis_at(m, d);
    const u16 *row = first_rows(m, a) + at->span;
    uint32_t n = a->degree + 1u, matrix, stride = row_bytes(a);
    int32_t *b = basis_of(c);
    if (at->span >= a->n_spans || at->u > 32768u) return SNA_OUT_OF_DOMAIN;
    c->is_i8 = a->dtype == DT_I8;
    c->n = (uint8_t)n;
    c->quads = (uint16_t)(stride >> 2);
    c->at = section(m, TABLES) + a->table + row[0] * stride;
    matrix = f->matrices + 4u * row[a->n_spans] * n * n;
    if (n == 4)
        fixed_basis_cubic((const i32 *)(const void *)(section(m, FIXED) + matrix), f->q - 15u,
                          at->u, b);
    else
        fixed_basis((const i32 *)(const void *)(section(m, FIXED) + matrix), n, f->q - 15u, at->u,
                    b);
    return section(m, SPANS)[a->support + at->span] ? SNA_OK : SNA_EDGE;
}

/* Four atoms of an axis, Q15; moves the cell on. A row's four entries are taken out of whole words:
 * cores without signed loads by offset need fewer instructions that way. */
NOINLINE void fixed_atoms_i8(fixed_cell *c, int32_t out[LANES]) {
    const unsigned char *at = c->at;
    const int32_t *b = basis_of(c), *end = b + c->n;
    uint32_t s0 = 1u << 6, s1 = s0, s2 = s0, s3 = s0;
    c->at = at + LANES;
    for (uint32_t stride = (uint32_t)c->quads << 2; b < end; at += stride) {
        uint32_t bi = (uint32_t)*b++, w = *(const u32 *)(const void *)at;
        s0 += bi * (uint32_t)((int32_t)(w << 24) >> 24);
        s1 += bi * (uint32_t)((int32_t)(w << 16) >> 24);
        s2 += bi * (uint32_t)((int32_t)(w << 8) >> 24);
        s3 += bi * (uint32_t)((int32_t)w >> 24);
    }
    out[0] = (int32_t)s0 >> 7;
    out[1] = (int32_t)s1 >> 7;
    out[2] = (int32_t)s2 >> 7;
    out[3] = (int32_t)s3 >> 7;
}

NOINLINE void fixed_atoms_i16(fixed_cell *c, int32_t out[LANES]) {
    const unsigned char *at = c->at;
    const int32_t *b = basis_of(c), *end = b + c->n;
    uint32_t s0 = 1u << 14, s1 = s0, s2 = s0, s3 = s0;
    c->at = at + 2 * LANES;
    for (uint32_t stride = (uint32_t)c->quads << 2; b < end; at += stride) {
        uint32_t bi = (uint32_t)*b++, w = *(const u32 *)(const void *)at;
        s0 += bi * (uint32_t)((int32_t)(w << 16) >> 16);
        s1 += bi * (uint32_t)((int32_t)w >> 16);
        w = ((const u32 *)(const void *)at)[1];
        s2 += bi * (uint32_t)((int32_t)(w << 16) >> 16);
        s3 += bi * (uint32_t)((int32_t)w >> 16);
    }
    out[0] = (int32_t)s0 >> 15;
    out[1] = (int32_t)s1 >> 15;
    out[2] = (int32_t)s2 >> 15;
    out[3] = (int32_t)s3 >> 15;
}

INLINE void fixed_atoms(fixed_cell *c, int32_t out[LANES]) {
    if (c->is_i8) fixed_atoms_i8(c, out);
    else fixed_atoms_i16(c, out);
}

/* One query's f[n_outputs], cells with their basis values, and 16 bits per axis for where a group's
 * cells are. */
static size_t fixed_workspace(const sna_model *m) {
    return (8u * m->n_outputs + m->n_axes * (sizeof(fixed_cell) + sizeof(void *) - 2u) +
            4u * m->n_values + 7u) &
           ~(size_t)7;
}

static int32_t fixed_link(const fixed_output *o, const i32 *table, int64_t v) {
    int64_t z = v - o->table_lower, j = z >> o->table_shift;
    int64_t half = o->table_shift ? (int64_t)1 << o->table_shift >> 1 : 0;
    if (z < 0) return table[0];
    if (j >= (int64_t)o->table_count - 1) return table[o->table_count - 1];
    return (int32_t)(uint32_t)(table[j] +
                               ((((int64_t)table[j + 1] - table[j]) * (z - (j << o->table_shift)) +
                                 half) >>
                                o->table_shift));
}

NOINLINE int32_t fixed_output_of(const sna_model *m, unsigned k, uint64_t f) {
    const fixed_output *o = fixed_output_at(m, k);
    int64_t v = (int64_t)(f + ((uint64_t)1 << (o->shift - 1))) >> o->shift;
    return o->table_count
               ? fixed_link(o, (const i32 *)(const void *)(section(m, FIXED) + o->table), v)
               : (int32_t)(uint32_t)(uint64_t)v;
}

/* The parts of a query follow one another rather than nest: a small core's stack holds one of their
 * frames at a time. */
NOINLINE sna_status fill_fixed_cells(const sna_model *m, const sna_place *places, uint32_t *words) {
    sna_status status = SNA_OK;
    for (unsigned d = 0; d < m->n_axes; d++) {
        fixed_cell *c = (fixed_cell *)(void *)words;
        sna_status here = fill_fixed_cell(m, d, places + d, c);
        if (here < 0) return here;
        if (here) status = here;
        words += cell_words(c->n);
    }
    return status;
}

/* use[] = words before the cell of each axis of the group; returns how many axes. */
NOINLINE unsigned fixed_cells_of(const sna_model *m, const group_record *g, const uint32_t *words,
                                 uint16_t *use) {
    unsigned n = 0, at = 0;
    for (unsigned d = 0; d < m->n_axes; d++) {
        if (uses(g, d)) use[n++] = (uint16_t)at;
        at += cell_words(((const fixed_cell *)(const void *)(words + at))->n);
    }
    return n;
}

/* Four modes of a group, Q15. */
INLINE void fixed_modes(uint32_t *words, const uint16_t *use, const uint16_t *end,
                        int32_t mode[LANES]) {
    int32_t atom[LANES];
    fixed_atoms((fixed_cell *)(void *)(words + *use), mode);
    while (++use < end) {
        fixed_atoms((fixed_cell *)(void *)(words + *use), atom);
        mode[0] = rounded(times(mode[0], atom[0]), 15);
        mode[1] = rounded(times(mode[1], atom[1]), 15);
        mode[2] = rounded(times(mode[2], atom[2]), 15);
        mode[3] = rounded(times(mode[3], atom[3]), 15);
    }
}

/* Sums of all outputs in f, one by one: 64-bit multiplies happen once per mode and output. */
NOINLINE void fixed_sums(const sna_model *m, uint64_t *f, uint32_t *words, uint16_t *use) {
    const i32 *w = fixed_weights(m);
    for (unsigned g = 0; g < m->n_groups; g++) {
        const uint16_t *end = use + fixed_cells_of(m, group_at(m, g), words, use);
        for (uint32_t left = padded(group_at(m, g)->count); left; left -= LANES) {
            int32_t mode[LANES];
            fixed_modes(words, use, end, mode);
            for (unsigned j = 0; j < LANES; j++)
                for (unsigned k = 0; k < m->n_outputs; k++)
                    f[k] += (uint64_t)((int64_t)*w++ * mode[j]);
        }
    }
}

sna_status sna_fixed_eval(const sna_model *m, const sna_place *places, int32_t *y, void *work,
                          size_t work_size) {
    uint64_t *f = (uint64_t *)work;
    uint32_t *words;
    size_t size;
    sna_status status;
    if (m->section[0] != (uint32_t)seal_of(m))
        return m->features & FEATURE_FIXED ? SNA_NOT_VERIFIED : SNA_UNSUPPORTED;
    if (!work || (uintptr_t)work & 7u) return SNA_BAD_INPUT;
    size = fixed_workspace(m);
    if (work_size < size) return SNA_NO_SPACE;
    words = (uint32_t *)(void *)(f + m->n_outputs);
    status = fill_fixed_cells(m, places, words);
    if (status < 0) return status;
    for (unsigned k = 0; k < m->n_outputs; k++)
        f[k] = (uint64_t)fixed_output_at(m, k)->bias[1] << 32 | fixed_output_at(m, k)->bias[0];
    fixed_sums(m, f, words, (uint16_t *)(void *)((unsigned char *)work + size) - m->n_axes);
    for (unsigned k = 0; k < m->n_outputs; k++) y[k] = fixed_output_of(m, k, f[k]);
    return status;
}

sna_status sna_fixed_place(const sna_model *m, unsigned axis, int32_t counts, sna_place *to) {
    const axis_record *a;
    const fixed_axis *f;
    uint32_t span = 0, multiplier;
    int32_t start;
    uint64_t v;
    if (!(m->features & FEATURE_FIXED)) return SNA_UNSUPPORTED;
    if (axis >= m->n_axes) return SNA_BAD_INPUT;
    a = axis_at(m, axis);
    f = fixed_axis_at(m, axis);
    multiplier = f->multiplier;
    start = f->count_lower;
    if (counts < f->count_lower || counts > f->count_upper) return SNA_OUT_OF_DOMAIN;
    to->u = 0;
    to->span = (uint16_t)counts;
    if (a->kind == CATEGORICAL) return SNA_OK;
    if (f->counts) {
        const i32 *breaks = (const i32 *)(const void *)(section(m, FIXED) + f->counts);
        LAST_SPAN(span, a->n_spans, breaks[at] <= counts)
        start = breaks[span];
        multiplier = ((const u32 *)(const void *)(breaks + a->n_spans + 1))[span];
    }
    v = (uint64_t)((uint32_t)counts - (uint32_t)start) * multiplier;
    v = f->shift < 64 ? v >> f->shift : 0;
    if (!f->counts) {
        span = v >> 15 < a->n_spans ? (uint32_t)(v >> 15) : a->n_spans - 1u;
        v -= (uint64_t)span << 15;
    }
    to->span = (uint16_t)span;
    to->u = (uint16_t)(v < 32768u ? v : 32768u);
    return SNA_OK;
}

int sna_fixed_exponent(const sna_model *m, unsigned output) {
    return m->features & FEATURE_FIXED && output < m->n_outputs
               ? fixed_output_at(m, output)->exponent
               : 0;
}

/* Opens the integer path of these bytes alone: their golden vectors, in every bit. */
static sna_status fixed_replayed(sna_model *m, void *work, size_t work_size) {
    const unsigned char *p;
    const sna_place *places;
    const i32 *expected;
    uint32_t count;
    if (m->rule) return SNA_CORRUPT;
    if (!(m->features & FEATURE_FIXED)) return SNA_UNSUPPORTED;
    if (!fixed_arrays_hold(m, &count)) return SNA_CORRUPT;
    p = section(m, FIXED) + count;
    count = load32(p);
    m->section[0] = (uint32_t)seal_of(m);
    places = (const sna_place *)(const void *)(p + 8);
    expected = (const i32 *)(const void *)(places + (size_t)count * m->n_axes);
    for (uint32_t g = 0; g < count; g++, places += m->n_axes, expected += m->n_outputs) {
        int32_t y[SNA_MAX_OUTPUTS];
        sna_status status = sna_fixed_eval(m, places, y, work, work_size);
        for (unsigned k = 0; k < m->n_outputs && status >= 0; k++)
            if (y[k] != expected[k]) m->rule = SNA_RULE_GOLDEN_MISMATCH;
        if (m->rule) status = SNA_CORRUPT;
        if (status < 0) {
            m->section[0] = 0;
            return status;
        }
    }
    return SNA_OK;
}

#endif /* SNA_NO_FIXED */
