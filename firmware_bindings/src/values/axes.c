/* -------------------------------------------------------------- axes: span and local
 * coordinate_record */

#ifdef SNA_FLOAT
#define LOWER(a) ((a)->lower32)
#define UPPER(a) ((a)->upper32)
#define INV_WIDTH(a) ((a)->inv_width32)
#else
#define LOWER(a) ((a)->lower)
#define UPPER(a) ((a)->upper)
#define INV_WIDTH(a) ((a)->inv_width)
#endif

/* x, or the end of the domain that x lies on but for rounding (FORMAT.md section 1). */
NOINLINE real settled(const axis_record *a, real x) {
    real lower = LOWER(a), upper = UPPER(a), most = larger(lower, upper),
         slack = upper * BORDER_RANGE - lower * BORDER_RANGE;
#ifndef SNA_FLOAT /* of what a float carries 2^-16 of the range is more */
    if (slack < most * BORDER_FLOAT64) slack = most * BORDER_FLOAT64;
#endif
    if (slack > most * BORDER_FLOAT32) slack = most * BORDER_FLOAT32;
    return x > upper && x <= upper + slack ? upper : x < lower && x >= lower - slack ? lower : x;
}

/* A coordinate on its axis: span, u in [0, 1], du/dx, and how far outside the domain it lies. */
typedef struct place {
    uint32_t span;
    real u, rate, excess;
} place;

INLINE real clipped(real u) { return u > 0 ? (u < 1 ? u : 1) : 0; }

/* span = the largest one whose lower break does: bisection with a fixed number of steps. `does`
 * speaks of break `at`; it holds up to some break, and of the first one it is not asked. */
#define LAST_SPAN(span, n_spans, does)                        \
    for (uint32_t count = (n_spans); count > 1;) {            \
        const uint32_t half = count >> 1, at = (span) + half; \
        (span) += (does) ? half : 0;                          \
        count -= half;                                        \
    }

static uint32_t span_of(const f64 *breaks, uint32_t n_spans, real x) {
    uint32_t span = 0;
    LAST_SPAN(span, n_spans, REAL(breaks[at]) <= x)
    return span;
}

#ifndef SNA_PLAIN_ONLY
/* u of an x inside a uniform axis, and its span. */
INLINE real uniform_place(const axis_record *a, real x, uint32_t *span) {
    real u = (x - LOWER(a)) * INV_WIDTH(a);
    uint32_t s = (uint32_t)(int32_t)u;
    if (s >= a->n_spans) s = a->n_spans - 1u;
    *span = s;
    u -= (real)(int32_t)s;
    return u < 1 ? u : 1;
}
#endif

static void place_inside(const sna_model *m, const axis_record *a, real x, place *p) {
    if (is_uniform(a)) {
        real t = (x - LOWER(a)) * INV_WIDTH(a), last = (real)(a->n_spans - 1u);
        p->rate = INV_WIDTH(a);
        p->span = t >= last ? a->n_spans - 1u : t > 0 ? (uint32_t)(int32_t)t : 0;
        p->u = clipped(t - (real)(int32_t)p->span);
    } else {
        const f64 *breaks = breaks_at(m, a);
        p->span = span_of(breaks, a->n_spans, x);
        p->rate = REAL(breaks[a->n_spans + 1 + p->span]);
        p->u = clipped((x - REAL(breaks[p->span])) * p->rate);
    }
}

static sna_status place_level(const axis_record *a, real x, place *p) {
    p->rate = 0;
    p->u = 0;
    p->span = 0;
    if (!(x >= 0 && x < (real)a->n_spans)) return SNA_OUT_OF_DOMAIN;
    p->span = (uint32_t)x;
    return (real)p->span < x ? SNA_OUT_OF_DOMAIN : SNA_OK;
}

static real wrapped(const axis_record *a, real x) {
    real lower = LOWER(a), period = UPPER(a) - lower, turns = (x - lower) / period;
    real limit = (real)1e9f;
    if (!(turns < limit && turns > -limit))
        return lower; /* so far out that no digit of the phase is left */
    int32_t whole = (int32_t)turns;
    if ((real)whole > turns) whole--;
    x -= (real)whole * period;
    return x < lower ? lower : x > UPPER(a) ? UPPER(a) : x;
}

/* Coordinate to place; periodic axes wrap and others keep their excess when extrapolation was asked
 * for. */
static sna_status place_on(const sna_model *m, const axis_record *a, real x, unsigned flags,
                           place *p) {
    sna_status status = SNA_OK;
    p->excess = 0;
    if (a->kind == CATEGORICAL) {
        if (!is_finite(x)) return SNA_BAD_INPUT;
        status = place_level(a, x, p);
    } else {
        if (!(x >= LOWER(a) && x <= UPPER(a))) {
            real bound = x < LOWER(a) ? LOWER(a) : UPPER(a);
            if (!is_finite(x)) return SNA_BAD_INPUT;
            p->excess = settled(a, x) - bound;
            if (p->excess < 0 || p->excess > 0) {
                if (!(flags & SNA_EXTRAPOLATE)) return SNA_OUT_OF_DOMAIN;
                status = SNA_EXTRAPOLATED;
                if (a->kind == PERIODIC) {
                    p->excess = 0;
                    bound = wrapped(a, x);
                }
            }
            x = bound;
        }
        place_inside(m, a, x, p);
    }
    if (status == SNA_OK && !section(m, SPANS)[a->support + p->span]) status = SNA_EDGE;
    return status;
}
