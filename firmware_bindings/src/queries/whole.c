/* -------------------------------------------------------------- beside the values, in whole
 * numbers The rule of docs/plc.md#whole-numbers, operation by operation, by constants that an
 * export writes beside a file. Sums and products are taken modulo 2^64; where the constants belong
 * to the file, none leaves 63 bits. */
#ifndef SNA_NO_FIXED

typedef int64_t ALIAS i64;
enum { LOWER_END, UPPER_END };
enum {
    BESIDE_MAGIC = 0x57414E53, /* "SNAW" */
    NO_COMPANION = 0xFFFF,
    SCORES = 33,
    LOG_BITS = 26,
    LOG_STEP = 22,
    LEAST_LOG = -126,
    GRID_BITS = 15,
    GRID_STEP = 10,
    LAST_SHARE = ((SCORES - 1) << (GRID_BITS - GRID_STEP)) - 1,
    ONE_SHARE = 1 << 30
};

/* Offsets count from the first byte of the constants. */
typedef struct ALIAS beside_head {
    uint32_t magic, size;
    uint64_t digest; /* of the file, its first eight bytes */
    uint16_t n_inputs, n_outputs, n_ends, n_densities, n_pairs, reserved;
    int32_t least, limit;
    uint32_t ends, densities, pairs, scores, logarithms, shares,
        places; /* most axes of a function */
} beside_head;

/* A companion, and its coordinates. */
typedef struct ALIAS beside_asked {
    uint32_t coordinates;
    uint16_t companion, n_coordinates;
} beside_asked;

/* A count: that of an input (no bits), else a sum of terms, kept within low..high. */
typedef struct ALIAS beside_coordinate {
    int64_t start;
    int32_t low, high;
    uint32_t terms;
    uint16_t n_terms, input;
    uint8_t bits, reserved[7];
} beside_coordinate;

/* One factor: times the count beyond `lower`, or the value; several: one a level. */
typedef struct ALIAS beside_term {
    uint32_t factors, n_factors;
    int32_t lower;
    uint16_t index, of_output;
} beside_term;

typedef struct ALIAS beside_ends {
    int64_t factor[2], more[2], place_low, place_high, first, error, cut[2];
    beside_asked scale;
    uint32_t table, n_entries; /* none: ends are moved in the space of the output */
    uint16_t output;
    uint8_t bits[2], drop, step, bend, falling, holds;
    int8_t exponent;
    uint8_t reserved[6];
} beside_ends;

typedef struct ALIAS beside_density {
    beside_asked asked;
    int32_t factor;
    uint8_t bits;
    int8_t exponent;
    uint16_t reserved;
} beside_density;

typedef struct ALIAS beside_pair {
    uint32_t seen;
    uint16_t a, b, rows, columns;
    uint32_t reserved;
} beside_pair;

typedef char beside_records_have_their_sizes
    [sizeof(beside_head) == 64 && sizeof(beside_coordinate) == 32 && sizeof(beside_term) == 16 &&
             sizeof(beside_ends) == 112 && sizeof(beside_density) == 16 && sizeof(beside_pair) == 16
         ? 1
         : -1];

INLINE const void *part_at(const beside_head *b, uint32_t offset) {
    return (const unsigned char *)b + offset;
}
INLINE const beside_ends *ends_at(const beside_head *b, unsigned i) {
    return (const beside_ends *)part_at(b, b->ends) + i;
}
INLINE int64_t times_wide(int64_t a, int64_t b) { return (int64_t)((uint64_t)a * (uint64_t)b); }
INLINE int64_t sum_wide(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }
INLINE int64_t kept_within(int64_t v, int64_t low, int64_t high) {
    return v < low ? low : v > high ? high : v;
}

/* Were the constants written for this file? */
static int is_written_for(const sna_model *m, const beside_head *b) {
    return b && !((uintptr_t)b & 7u) && b->magic == (uint32_t)BESIDE_MAGIC && !is_embedded(m) &&
           b->n_inputs == m->n_axes && b->places >= m->n_axes && b->places <= SNA_MAX_AXES &&
           b->n_outputs == m->n_outputs && b->digest == load64(section(m, INTEGRITY));
}

#ifndef SNA_NO_COMPANIONS
static int32_t count_at(const beside_head *b, const beside_coordinate *c, const int32_t *counts,
                        const int32_t *y) {
    const beside_term *t = (const beside_term *)part_at(b, c->terms);
    uint64_t v = (uint64_t)c->start;
    if (!c->bits) return counts[c->input];
    for (unsigned n = c->n_terms; n--; t++) {
        const i64 *factor = (const i64 *)part_at(b, t->factors);
        const int32_t x = t->of_output ? y[t->index] : counts[t->index];
        if (t->n_factors == 1) v += (uint64_t)times_wide((int64_t)x - t->lower, *factor);
        else if ((uint32_t)x < t->n_factors) v += (uint64_t)factor[x];
    }
    return (int32_t)kept_within((int64_t)v >> c->bits, c->low, c->high);
}

/* *v: the one output of a companion, whose integer path opened with that of the values. */
NOINLINE sna_status fixed_companion(const sna_model *m, const beside_head *b, const beside_asked *q,
                                    const int32_t *counts, const int32_t *y, int32_t *v,
                                    sna_place *places, void *work, size_t work_size) {
    const beside_coordinate *from = (const beside_coordinate *)part_at(b, q->coordinates);
    sna_model c;
    if (q->companion >= companions_of(m)) return SNA_BAD_INPUT;
    take_companion(m, q->companion, &c);
    if (c.n_axes != q->n_coordinates || c.n_axes > b->places || c.n_outputs != 1)
        return SNA_BAD_INPUT;
    c.section[0] = (uint32_t)seal_of(&c);
    for (unsigned d = 0; d < c.n_axes; d++) {
        const sna_status status =
            sna_fixed_place(&c, d, count_at(b, from + d, counts, y), places + d);
        if (status < 0) return status;
    }
    return sna_fixed_eval(&c, places, v, work, work_size);
}
#else
static sna_status fixed_companion(const sna_model *m, const beside_head *b, const beside_asked *q,
                                  const int32_t *counts, const int32_t *y, int32_t *v,
                                  sna_place *places, void *work, size_t work_size) {
    (void)m, (void)b, (void)q, (void)counts, (void)y, (void)v, (void)places;
    (void)work, (void)work_size;
    return SNA_UNSUPPORTED;
}
#endif

/* ------------------------------------------------------------------------------ ends of intervals
 */

/* No less (upper end), or no more, than the output where the place of its link has moved. */
static int64_t led_back(const beside_ends *e, const i32 *table, unsigned side, int64_t place,
                        int64_t move) {
    const int64_t last = (int64_t)e->n_entries - 1;
    const int64_t z =
        kept_within(sum_wide(kept_within(place, e->place_low, e->place_high) - e->first, move), 0,
                    last << e->step);
    const int64_t j = z >> e->step < last ? z >> e->step : last - 1;
    const int64_t rise = (int64_t)table[j + 1] - table[j];
    const int64_t line =
        table[j] +
        ((times_wide(rise, z - (j << e->step)) + ((int64_t)1 << e->step >> 1)) >> e->step);
    const int64_t off = ((rise < 0 ? -rise : rise) >> e->bend) + 1;
    return side == UPPER_END ? line + off : line - off;
}

static int32_t end_at(const beside_head *b, const beside_ends *e, unsigned side, int64_t y,
                      int64_t place, int32_t sigma) {
    const unsigned which = e->n_entries && e->falling ? 1u - side : side;
    const int64_t whole = side == UPPER_END ? -(-y >> e->drop) : y >> e->drop;
    const int64_t move =
        which == UPPER_END
            ? sum_wide(e->more[1], times_wide(-1, times_wide(sigma, -e->factor[1]) >> e->bits[1]))
            : sum_wide(times_wide(sigma, e->factor[0]) >> e->bits[0], -e->more[0]);
    int64_t end = sum_wide(whole, move);
    if (e->n_entries) end = led_back(e, (const i32 *)part_at(b, e->table), side, place, move);
    end = sum_wide(end, side == UPPER_END ? e->error : -e->error);
    if (e->holds && (side == UPPER_END ? end < whole : end > whole)) end = whole;
    return (int32_t)kept_within(end, e->cut[0], e->cut[1]);
}

/* -------------------------------------------------------------------------------- familiarity */

/* log2(value 2^-exponent) times 2^26, by a table of 257 entries. */
static int64_t logarithm_of(const i32 *table, int32_t value, int exponent) {
    uint32_t v = value < 1 ? 1u : (uint32_t)value, j;
    int32_t whole = 30 - exponent;
    if (value < 1) return times_wide(LEAST_LOG, (int64_t)1 << LOG_BITS);
    for (uint32_t bits = 16; bits; bits >>= 1)
        if (v < (uint32_t)1 << (31u - bits)) {
            v <<= bits;
            whole -= (int32_t)bits;
        }
    j = (v >> LOG_STEP) - 256u;
    return table[j] +
           (times_wide((int64_t)table[j + 1] - table[j], v & (((uint32_t)1 << LOG_STEP) - 1u)) >>
            LOG_STEP) +
           times_wide(whole, (int64_t)1 << LOG_BITS);
}

/* floor(part 2^15 / gap), part <= gap; no division, which small cores have in software. */
static uint32_t share_of_gap(uint64_t part, uint64_t gap) {
    uint32_t q = 0;
    if (!gap) return 0;
    for (int i = 0; i <= GRID_BITS; i++) {
        const int more = part >= gap;
        q = q << 1 | (uint32_t)more;
        part = (more ? part - gap : part) << 1;
    }
    return q;
}

/* The share of scores up to s, times 2^30. */
static int32_t share_at(const beside_head *b, int64_t s) {
    const i64 *score = (const i64 *)part_at(b, b->scores);
    const i32 *share = (const i32 *)part_at(b, b->shares);
    uint32_t span = 0, place, j;
    int64_t gap, p;
    LAST_SPAN(span, SCORES, score[at] <= s)
    if (s < score[0]) return b->least;
    gap = span < SCORES - 1 ? score[span + 1] - score[span] : 0;
    place = (span << GRID_BITS) +
            share_of_gap((uint64_t)kept_within(sum_wide(s, -score[span]), 0, gap), (uint64_t)gap);
    j = place >> GRID_STEP;
    if (j > (uint32_t)LAST_SHARE) j = LAST_SHARE;
    p = share[j] +
        (times_wide((int64_t)share[j + 1] - share[j], (int64_t)place - (int64_t)(j << GRID_STEP)) >>
         GRID_STEP);
    return p > b->least ? (int32_t)p : b->least;
}

static int levels_met(const beside_head *b, const int32_t *counts) {
    const beside_pair *p = (const beside_pair *)part_at(b, b->pairs), *last = p + b->n_pairs;
    for (; p < last; p++) {
        const uint32_t a = (uint32_t)counts[p->a], c = (uint32_t)counts[p->b];
        if (a >= p->rows || c >= p->columns ||
            !((const unsigned char *)part_at(b, p->seen))[a * p->columns + c])
            return 0;
    }
    return 1;
}

/* ------------------------------------------------------------------------------------- answers */

/* Work of an answer: places before the links, places of coordinates, a query of the integer path.
 */
typedef struct answer_space {
    int64_t *linear;
    sna_place *places;
    void *work;
    size_t size;
} answer_space;

static sna_status take_answer_space(const sna_model *m, const beside_head *b, void *work,
                                    size_t work_size, answer_space *s) {
    const size_t before = 8u * m->n_outputs + ((b->places * sizeof(sna_place) + 7u) & ~(size_t)7);
    if (!work || (uintptr_t)work & 7u) return SNA_BAD_INPUT;
    if (work_size < before) return SNA_NO_SPACE;
    s->linear = (int64_t *)work;
    s->places = (sna_place *)(void *)(s->linear + m->n_outputs);
    s->work = (unsigned char *)work + before;
    s->size = work_size - before;
    return SNA_OK;
}

static sna_status fixed_values(const sna_model *m, const int32_t *counts, int32_t *y,
                               const answer_space *s) {
    sna_status status;
    for (unsigned d = 0; d < m->n_axes; d++) {
        status = sna_fixed_place(m, d, counts[d], s->places + d);
        if (status < 0) return status;
    }
    status = sna_fixed_eval(m, s->places, y, s->work, s->size);
    for (unsigned k = 0; k < m->n_outputs && status >= 0; k++) {
        const unsigned shift = fixed_output_at(m, k)->shift;
        s->linear[k] =
            (int64_t)(((const uint64_t *)s->work)[k] + ((uint64_t)1 << (shift - 1u))) >> shift;
    }
    return status;
}

static sna_status fixed_ends(const sna_model *m, const beside_head *b, const int32_t *counts,
                             const int32_t *y, int32_t *low, int32_t *high, const answer_space *s) {
    for (unsigned i = 0; i < b->n_ends; i++) {
        const beside_ends *e = ends_at(b, i);
        const unsigned k = e->output;
        int32_t sigma = 1;
        if (e->scale.companion != NO_COMPANION) {
            const sna_status status =
                fixed_companion(m, b, &e->scale, counts, y, &sigma, s->places, s->work, s->size);
            if (status < 0) return status;
        }
        low[k] = end_at(b, e, LOWER_END, y[k], s->linear[k], sigma);
        high[k] = end_at(b, e, UPPER_END, y[k], s->linear[k], sigma);
    }
    return SNA_OK;
}

static sna_status fixed_share(const sna_model *m, const beside_head *b, const int32_t *counts,
                              const int32_t *y, int32_t *p, const answer_space *s) {
    const beside_density *q = (const beside_density *)part_at(b, b->densities);
    const i32 *logarithms = (const i32 *)part_at(b, b->logarithms);
    int64_t score = 0;
    for (unsigned i = b->n_densities; i--; q++) {
        int32_t density = 0;
        const sna_status status =
            fixed_companion(m, b, &q->asked, counts, y, &density, s->places, s->work, s->size);
        if (status < 0) return status;
        score =
            sum_wide(score, times_wide(q->factor, logarithm_of(logarithms, density, q->exponent)) >>
                                q->bits);
    }
    *p = b->n_densities ? share_at(b, score) : (int32_t)ONE_SHARE;
    if (!levels_met(b, counts)) *p = 0;
    return SNA_OK;
}

static sna_status fixed_answered(const sna_model *m, const beside_head *b, const int32_t *counts,
                                 int32_t *y, int32_t *low, int32_t *high, int32_t *p,
                                 const answer_space *s) {
    const sna_status status = fixed_values(m, counts, y, s);
    sna_status more = SNA_OK;
    if (status >= 0 && low && high) more = fixed_ends(m, b, counts, y, low, high, s);
    if (status < 0 || more < 0) return status < 0 ? status : more;
    if (!(b->n_densities | b->n_pairs)) return status;
    more = fixed_share(m, b, counts, y, p, s);
    if (more < 0) return more;
    return *p <= b->limit ? SNA_UNFAMILIAR : status;
}

static void tell_nothing(const sna_model *m, int32_t *y, int32_t *low, int32_t *high,
                         int32_t *familiarity) {
    *familiarity = SNA_NOTHING;
    for (unsigned k = 0; k < m->n_outputs; k++) {
        y[k] = SNA_NOTHING;
        if (low) low[k] = SNA_NOTHING;
        if (high) high[k] = SNA_NOTHING;
    }
}

sna_status sna_fixed_answer(const sna_model *m, const void *beside, const int32_t *counts,
                            int32_t *y, int32_t *low, int32_t *high, int32_t *familiarity,
                            void *work, size_t work_size) {
    const beside_head *b = (const beside_head *)beside;
    answer_space s;
    sna_status status;
    tell_nothing(m, y, low, high, familiarity);
    if (!m->bytes || m->section[0] != (uint32_t)seal_of(m))
        return m->features & FEATURE_FIXED ? SNA_NOT_VERIFIED : SNA_UNSUPPORTED;
    if (!is_written_for(m, b)) return SNA_BAD_INPUT;
    status = take_answer_space(m, b, work, work_size, &s);
    if (status != SNA_OK) return status;
    status = fixed_answered(m, b, counts, y, low, high, familiarity, &s);
    if (status < 0) tell_nothing(m, y, low, high, familiarity);
    return status;
}

int sna_fixed_end_exponent(const sna_model *m, const void *beside, unsigned output) {
    const beside_head *b = (const beside_head *)beside;
    if (!m->bytes || !is_written_for(m, b)) return 0;
    for (unsigned i = 0; i < b->n_ends; i++)
        if (ends_at(b, i)->output == output) return ends_at(b, i)->exponent;
    return 0;
}

sna_status sna_fixed_verify(sna_model *m, void *work, size_t work_size) {
    const sna_status status = fixed_replayed(m, work, work_size);
#ifndef SNA_NO_COMPANIONS
    for (unsigned i = 0; status >= 0 && i < companions_of(m); i++) {
        sna_model c;
        sna_status here;
        take_companion(m, i, &c);
        if (!(c.features & FEATURE_FIXED)) continue;
        here = fixed_replayed(&c, work, work_size);
        if (here < 0) {
            m->section[0] = 0;
            m->rule = c.rule;
            return here;
        }
    }
#endif
    return status;
}

#endif /* SNA_NO_FIXED */
