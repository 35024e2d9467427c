/* -------------------------------------------------------------------- outputs, links, intervals */
#ifdef SNA_FLOAT
#define EXP_MAX 88.722839f
#define EXP_MIN (-87.336544f) /* below: 0, no subnormals */
#define LN2_HIGH 0.693145752f
#define LN2_LOW 1.42860677e-6f
#define EXP_TERMS 7
#define BELOW_ONE 5.96046448e-8f /* from 1 to the next number below */
#define ROUNDING 1.1920929e-7f   /* of an output: sum, product with scale, sum with offset */
#else
#define EXP_MAX 709.782712893384
#define EXP_MIN (-708.3964185322641)
#define LN2_HIGH 0.693147180369123816490
#define LN2_LOW 1.90821492927058770002e-10
#define EXP_TERMS 13
#define BELOW_ONE 1.1102230246251565e-16
#define ROUNDING 2.220446049250313e-16
#endif

static real absolute(real x) { return x < 0 ? -x : x; }

/* exp(x) = 2^n exp(r), |r| <= ln2 / 2, Taylor series of exp(r): relative error below 2 units in the
 * last place. */
static real exponential(real x) {
    real sum = 1, r;
    int32_t n;
    if (!(x - x >= 0) && !(x < 0) && !(x > 0)) return x;
    if (x > EXP_MAX) return (real)float_of_bits(0x7F800000u);
    if (x < EXP_MIN) return 0;
    n = (int32_t)(x * (real)1.4426950408889634f + (x < 0 ? (real)-0.5f : (real)0.5f));
    r = (x - (real)n * LN2_HIGH) - (real)n * LN2_LOW;
    for (int i = EXP_TERMS; i > 0; i--) sum = 1 + sum * r / (real)i;
    return sum * power_of_two(n >> 1) * power_of_two(n - (n >> 1));
}

/* log(x), x > 0 and finite: Newton on the exponential above from the exponent of x; converges
 * quadratically. */
static real logarithm(real x) {
    real f = 0, scale;
    for (int i = 0; i < 1100 && x > 2; i++) {
        x *= (real)0.5f;
        f += 1;
    }
    for (int i = 0; i < 1100 && x < 1; i++) {
        x *= 2;
        f -= 1;
    }
    f *= LN2_HIGH + LN2_LOW;
    scale = x - 1;
    for (int i = 0; i < 5; i++) scale += x * exponential(-scale) - 1;
    return f + scale;
}

static real link_of(unsigned link, real f) {
#ifndef SNA_NO_LINK
    if (link == LINK_EXP) return exponential(f);
    if (link == LINK_LOGISTIC) return 1 / (1 + exponential(-f));
#endif
    (void)link;
    return f;
}

static real output_of(const output_record *o, real f) {
    return link_of(o->link, f) * REAL(o->scale) + REAL(o->offset);
}

/* As output_of, with *slope = its derivative by f. */
static real output_and_slope(const output_record *o, real f, real *slope) {
    real g = link_of(o->link, f), scale = REAL(o->scale);
    *slope = scale * (o->link == LINK_EXP ? g : o->link == LINK_LOGISTIC ? g * (1 - g) : 1);
    return g * scale + REAL(o->offset);
}

/* Link-space intervals need no logarithm: exp(f - b) = g exp(-b), and odds(f - b) = odds(f)
 * exp(-b). */
static real shifted(const output_record *o, real y, real by) {
    real g = (y - REAL(o->offset)) / REAL(o->scale), e = exponential(by);
    if (o->link == LINK_IDENTITY) return (g + by) * REAL(o->scale) + REAL(o->offset);
    if (g <= 0)
        g = (real)float_of_bits(
            0x00800000u); /* rounded to an end of the link: the nearest value inside */
    if (o->link == LINK_LOGISTIC) g = 1 / (1 + (g < 1 ? (1 - g) / g : BELOW_ONE) / e);
    else g *= e;
    return g * REAL(o->scale) + REAL(o->offset);
}

/* y cut to the range of the link: offset .. offset + scale (logistic), from the offset on (exp),
 * everything (identity). */
static real in_range(const output_record *o, real y) {
    real from = REAL(o->offset), to = from + REAL(o->scale);
    int up = from < to;
    if (o->link == LINK_IDENTITY) return y;
    if (up ? y < from : y > from) return from;
    return o->link == LINK_LOGISTIC && (up ? y > to : y < to) ? to : y;
}

/* y moved in the space of the interval. */
static real beside(const output_record *o, real y, real by) {
    return o->interval_space ? shifted(o, y, by) : y + by;
}

#ifndef SNA_NO_COMPANIONS
/* The scale of output k, or -1. */
static int scale_of(const sna_model *m, unsigned k) {
    for (unsigned i = 0; i < companions_of(m); i++)
        if (companion_at(m, i)->role == SNA_ROLE_SCALE && companion_at(m, i)->output == k)
            return (int)i;
    return -1;
}
#endif

sna_status sna_interval(const sna_model *m, unsigned k, sna_status status, real y, real *low,
                        real *high) {
    const output_record *o;
    *low = *high = not_a_number();
    if (k >= m->n_outputs || !(y - y >= 0)) return SNA_BAD_INPUT;
    o = output_at(m, k);
#ifndef SNA_NO_COMPANIONS
    if (scale_of(m, k) >= 0) return SNA_UNSUPPORTED;
#endif
    if (order64(&o->level) <= 0) return SNA_BAD_INPUT;
    if (status < 0 || status == SNA_EXTRAPOLATED) return status;
    real a = beside(o, y, -REAL(o->below)), b = beside(o, y, REAL(o->above));
    real least = a < b ? a : b, most = a < b ? b : a, rounding = (y < 0 ? -y : y) * ROUNDING;
    *low = in_range(o, (least < y ? least : y) - rounding);
    *high = in_range(o, (most > y ? most : y) + rounding);
    return SNA_OK;
}
