/* sna_host_sweep_kernel.h - included by sna_host_sweep.c once per instruction set, with ISA and
 * TARGET. Plain loops over a piece of samples, which the compiler turns into vectors. */

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define NAME(name) PASTE(name, ISA)

/* words[4][PIECE] of n samples: ten rounds of Philox4x32. */
TARGET static void NAME(words)(uint64_t first, int n, uint32_t block, uint64_t seed,
                               uint32_t *restrict words) {
    for (int q = 0; q < n; q++) {
        const uint64_t i = first + (uint64_t)q;
        uint32_t a = (uint32_t)i, b = (uint32_t)(i >> 32), c = block, d = 0;
        uint32_t k = (uint32_t)seed, l = (uint32_t)(seed >> 32);
        for (int round = 0; round < 10; round++) {
            const uint64_t p = (uint64_t)0xD2511F53u * a, s = (uint64_t)0xCD9E8D57u * c;
            a = (uint32_t)(s >> 32) ^ b ^ k;
            b = (uint32_t)s;
            c = (uint32_t)(p >> 32) ^ d ^ l;
            d = (uint32_t)p;
            k += 0x9E3779B9u;
            l += 0xBB67AE85u;
        }
        words[q] = a;
        words[PIECE + q] = b;
        words[2 * PIECE + q] = c;
        words[3 * PIECE + q] = d;
    }
}

TARGET static void NAME(uniform)(const double *m, const uint32_t *restrict w, int n,
                                 float *restrict x) {
    for (int q = 0; q < n; q++) x[q] = (float)(m[0] + m[1] * ((w[q] + 0.5) * UNIT));
}

TARGET static void NAME(triangular)(const double *m, const uint32_t *restrict w, int n,
                                    float *restrict x) {
    for (int q = 0; q < n; q++) {
        const double u = (w[q] + 0.5) * UNIT;
        const double left = m[0] + sqrt(u * m[2]), right = m[1] - sqrt((1.0 - u) * m[3]);
        x[q] = (float)(u < m[4] ? left : right);
    }
}

TARGET static inline __attribute__((always_inline)) double NAME(log)(double x) {
    number v = {x}, exponent;
    double m, e, s, square, series = 1.0 / 19;
    exponent.bits = v.bits >> 52 | 0x4330000000000000u;
    v.bits = (v.bits & 0x000FFFFFFFFFFFFFu) | 0x3FE0000000000000u;
    e = exponent.value - 4503599627370496.0 - 1022.0;
    m = v.value < ROOT_HALF ? v.value + v.value : v.value;
    e = v.value < ROOT_HALF ? e - 1.0 : e;
    s = (m - 1.0) / (m + 1.0);
    square = s * s;
    series = series * square + 1.0 / 17;
    series = series * square + 1.0 / 15;
    series = series * square + 1.0 / 13;
    series = series * square + 1.0 / 11;
    series = series * square + 1.0 / 9;
    series = series * square + 1.0 / 7;
    series = series * square + 1.0 / 5;
    series = series * square + 1.0 / 3;
    series = series * square + 1.0;
    return e * LN2 + (s + s) * series;
}

TARGET static inline __attribute__((always_inline)) double NAME(polynomial)(const double *c,
                                                                            double x) {
    double v = c[0];
    for (int i = 1; i < 8; i++) v = v * x + c[i];
    return v;
}

/* Phi^-1 of the probabilities p[n] of the tails: |p - 1/2| > 0.425. `far`: whether one can be below
 * 1.4e-11 or above 1 less that, where the third ratio begins. */
TARGET static inline __attribute__((always_inline)) void NAME(tails)(const double *restrict p,
                                                                     int n, int far,
                                                                     double *restrict z) {
    for (int q = 0; q < n; q++) {
        const double rest = 1.0 - p[q], t = sqrt(-NAME(log)(p[q] < rest ? p[q] : rest));
        double top = NAME(polynomial)(tail[0], t - 1.6),
               bottom = NAME(polynomial)(tail[1], t - 1.6);
        if (far) {
            const double a = NAME(polynomial)(far_tail[0], t - 5.0),
                         b = NAME(polynomial)(far_tail[1], t - 5.0);
            top = t <= 5.0 ? top : a;
            bottom = t <= 5.0 ? bottom : b;
        }
        z[q] = p[q] - 0.5 < 0.0 ? -(top / bottom) : top / bottom;
    }
}

/* The centre of all, then the tails of those that lie there, side by side. */
TARGET static inline __attribute__((always_inline)) void NAME(normal_of)(const double *m,
                                                                         const uint32_t *restrict w,
                                                                         int n, int far,
                                                                         float *restrict x) {
    double p[PIECE], z[PIECE], outer[PIECE];
    int32_t at[PIECE], central[PIECE];
    int count = 0;
    for (int q = 0; q < n; q++) {
        const double v = m[2] + m[3] * ((w[q] + 0.5) * UNIT), c = v - 0.5, r = 0.180625 - c * c;
        const double ratio = NAME(polynomial)(centre[0], r) / NAME(polynomial)(centre[1], r);
        p[q] = v;
        central[q] = r >= 0.0;
        x[q] = (float)(m[0] + m[1] * (c * ratio));
    }
    for (int q = 0; q < n; q++) {
        at[count] = q;
        outer[count] = p[q];
        count += !central[q];
    }
    NAME(tails)(outer, count, far, z);
    for (int i = 0; i < count; i++) x[at[i]] = (float)(m[0] + m[1] * z[i]);
}

TARGET static void NAME(normal)(const double *m, const uint32_t *restrict w, int n,
                                float *restrict x) {
    NAME(normal_of)(m, w, n, 0, x);
}

TARGET static void NAME(normal_far)(const double *m, const uint32_t *restrict w, int n,
                                    float *restrict x) {
    NAME(normal_of)(m, w, n, 1, x);
}

/* sums[power][lane] += t^power of y[n], n a multiple of LANES; bins[q]: place in the histogram. */
TARGET static void NAME(powers)(const sna_scale *s, const double *restrict y, int n,
                                double *restrict sums, int32_t *restrict bins) {
    double a[LANES], b[LANES], c[LANES], d[LANES];
    for (int i = 0; i < LANES; i++) {
        a[i] = sums[i];
        b[i] = sums[LANES + i];
        c[i] = sums[2 * LANES + i];
        d[i] = sums[3 * LANES + i];
    }
    for (int q = 0; q < n; q += LANES)
        for (int i = 0; i < LANES; i++) {
            const double t = (y[q + i] - s->centre) * s->rate, square = t * t;
            a[i] += t;
            b[i] += square;
            c[i] += square * t;
            d[i] += square * square;
        }
    for (int i = 0; i < LANES; i++) {
        sums[i] = a[i];
        sums[LANES + i] = b[i];
        sums[2 * LANES + i] = c[i];
        sums[3 * LANES + i] = d[i];
    }
    for (int q = 0; q < n; q++) {
        double place = (y[q] - s->low) * s->bins;
        place = place < (double)SNA_SWEEP_BINS ? place : (double)SNA_SWEEP_BINS;
        place = place >= 0.0 ? place : -1.0;
        bins[q] = (int32_t)place + 1;
    }
}

/* How many of y[n] are below and above; within[q] stays 1 where neither. */
TARGET static void NAME(beyond)(const sna_spec *s, const double *restrict y,
                                const int32_t *restrict valid, int n, int32_t *restrict within,
                                int64_t *restrict found) {
    int32_t below = 0, above = 0;
    for (int q = 0; q < n; q++) {
        const int32_t low = y[q] < s->lower ? valid[q] : 0, high = y[q] > s->upper ? valid[q] : 0;
        below += low;
        above += high;
        within[q] &= 1 - (low | high);
    }
    found[0] += below;
    found[1] += above;
}

/* Whether one of y[n] is below `low` or its negative below `high`. */
TARGET static int NAME(extreme)(const double *restrict y, int n, double low, double high) {
    int32_t any = 0;
    for (int q = 0; q < n; q++) any |= (y[q] < low) | (-y[q] < high);
    return any;
}

static const routines NAME(set) = {NAME(words),  NAME(uniform),    NAME(triangular),
                                   NAME(normal), NAME(normal_far), NAME(powers),
                                   NAME(beyond), NAME(extreme)};

#undef NAME
#undef PASTE
#undef PASTE_
