/* -------------------------------------------------------------------- outputs, links, intervals */
#ifdef SNA_FLOAT
#define EXP_MAX 88.722839f
#define EXP_MIN (-87.336544f) /* below: 0, no subnormals */
#define LN2_HIGH 0.693145752f
#define LN2_LOW 1.42860677e-6f
#define EXP_TERMS 7
#define LOG_TERMS 4
#define LEAST_EXPONENT (-126) /* of a normal number */
#define UNIT_BITS 24
#define BELOW_ONE 5.96046448e-8f /* from 1 to the next number below */
#define ROUNDING 1.1920929e-7f   /* of an output: sum, product with scale, sum with offset */
#else
#define EXP_MAX 709.782712893384
#define EXP_MIN (-708.3964185322641)
#define LN2_HIGH 0.693147180369123816490
#define LN2_LOW 1.90821492927058770002e-10
#define EXP_TERMS 13
#define LOG_TERMS 9
#define LEAST_EXPONENT (-1022) /* of a normal number */
#define UNIT_BITS 53
#define BELOW_ONE 1.1102230246251565e-16
#define ROUNDING 2.220446049250313e-16
#endif

static real absolute(real x) { return x < 0 ? -x : x; }

/* exp(x) = 2^n exp(r), |r| <= ln2 / 2, Taylor series of exp(r): relative error below 2 units in the
 * last place. */
static real exponential(real x) {
    static const real series[] = {
        1,
        1,
        (real)(1.0 / 2),
        (real)(1.0 / 6),
        (real)(1.0 / 24),
        (real)(1.0 / 120),
        (real)(1.0 / 720),
        (real)(1.0 / 5040),
#ifndef SNA_FLOAT
        1.0 / 40320,
        1.0 / 362880,
        1.0 / 3628800,
        1.0 / 39916800,
        1.0 / 479001600,
        1.0 / 6227020800,
#endif
    }; /* 1 / i! */
    real sum = series[EXP_TERMS], r;
    int32_t n;
    if (!(x - x >= 0) && !(x < 0) && !(x > 0)) return x;
    if (x > EXP_MAX) return (real)float_of_bits(0x7F800000u);
    if (x < EXP_MIN) return 0;
    n = (int32_t)(x * (real)1.4426950408889634f + (x < 0 ? (real)-0.5f : (real)0.5f));
    r = (x - (real)n * LN2_HIGH) - (real)n * LN2_LOW;
    for (int i = EXP_TERMS; i-- > 0;) sum = sum * r + series[i];
    return sum * power_of_two(n >> 1) * power_of_two(n - (n >> 1));
}

/* log(x), x > 0 and finite: x = 2^n (1 + f), 1 + f from sqrt(1/2) to sqrt(2), and log(1 + f) = 2
 * atanh s of s = f / (2 + f), by its series R in s^2: f - s (f - R). Error below 1 unit in the last
 * place. Source: FreeBSD, e_log.c (Sun Microsystems, 1993). */
static real logarithm(real x) {
    static const real series[] = {
        (real)(1.0 / 3), (real)(1.0 / 5), (real)(1.0 / 7), (real)(1.0 / 9),
#ifndef SNA_FLOAT
        1.0 / 11,        1.0 / 13,        1.0 / 15,        1.0 / 17,        1.0 / 19,
#endif
    }; /* 1 / (2 i + 3) */
    int32_t n = 0;
    real f, s, square, sum = series[LOG_TERMS - 1];
    if (x < power_of_two(LEAST_EXPONENT)) { /* no normal number */
        x *= power_of_two(UNIT_BITS);
        n = -UNIT_BITS;
    }
    n += without_exponent(&x);
    if (x > (real)1.4142135623730951f) {
        x *= (real)0.5f;
        n++;
    }
    f = x - 1;
    s = f / (2 + f);
    square = s * s;
    for (int i = LOG_TERMS - 1; i-- > 0;) sum = sum * square + series[i];
    return (real)n * LN2_HIGH - ((s * (f - 2 * square * sum) - (real)n * LN2_LOW) - f);
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
    if (!is_positive(&o->level)) return SNA_BAD_INPUT;
    if (status < 0 || status == SNA_EXTRAPOLATED) return status;
    real a = beside(o, y, -REAL(o->below)), b = beside(o, y, REAL(o->above));
    real least = a < b ? a : b, most = a < b ? b : a, rounding = (y < 0 ? -y : y) * ROUNDING;
    *low = in_range(o, (least < y ? least : y) - rounding);
    *high = in_range(o, (most > y ? most : y) + rounding);
    return SNA_OK;
}
