/* places.h - coordinates to spans, rows and basis values, included by kernel.h per instruction set.
 * SPDX-License-Identifier: Apache-2.0 */

/* Coordinates of one uniform axis to spans and u - 1/2, all points of a block; returns 1 when one
 * is outside. */
#define UNIFORM_PLACES(suffix, type)                                                        \
    TARGET static int NAME(uniform_places_##suffix)(                                        \
        const host_axis *a, const type *x, size_t stride, int n, int32_t *span, float *u) { \
        const double lower = a->lower, upper = a->upper, rate = a->inv_width,               \
                     last = (double)(a->n_spans - 1);                                       \
        double column[BLOCK];                                                               \
        int bad = 0;                                                                        \
        for (int q = 0; q < n; q++) column[q] = (double)x[(size_t)q * stride];              \
        for (int q = 0; q < n; q++) {                                                       \
            double t = (column[q] - lower) * rate, c = t > 0 ? t : 0, f;                    \
            c = c < last ? c : last;                                                        \
            span[q] = (int32_t)c;                                                           \
            f = t - (double)span[q];                                                        \
            f = f > 0 ? f : 0;                                                              \
            u[q] = (float)((f < 1 ? f : 1) - 0.5);                                          \
            bad |= !((column[q] >= lower) & (column[q] <= upper));                          \
        }                                                                                   \
        return bad;                                                                         \
    }
UNIFORM_PLACES(f64, double)
UNIFORM_PLACES(f32, float)
#undef UNIFORM_PLACES

/* Uniform axes whose spans differ only near the ends (`regular`), cubic at most: places, rows and
 * basis values of 16 points at once. Coefficients of up to 16 kinds of spans sit in one vector each
 * and are picked by a permutation. */
#if VL == 16
TARGET static inline
    __attribute__((always_inline)) __m256 NAME(eight)(const host_axis *a, const double *x,
                                                      __m256i *span, __mmask8 *bad) {
    __m512d v = _mm512_loadu_pd(x), lower = _mm512_set1_pd(a->lower), zero = _mm512_setzero_pd(), u;
    __m512d t = _mm512_mul_pd(_mm512_sub_pd(v, lower), _mm512_set1_pd(a->inv_width));
    *bad |= (__mmask8) ~(_mm512_cmp_pd_mask(v, lower, _CMP_GE_OQ) &
                         _mm512_cmp_pd_mask(v, _mm512_set1_pd(a->upper), _CMP_LE_OQ));
    *span = _mm512_cvttpd_epi32(
        _mm512_min_pd(_mm512_max_pd(t, zero), _mm512_set1_pd((double)(a->n_spans - 1))));
    u = _mm512_sub_pd(t, _mm512_cvtepi32_pd(*span));
    return _mm512_cvtpd_ps(_mm512_sub_pd(_mm512_min_pd(_mm512_max_pd(u, zero), _mm512_set1_pd(1.0)),
                                         _mm512_set1_pd(0.5)));
}

TARGET static int NAME(regular)(const host_axis *a, const double *column, int n, int32_t *span,
                                int32_t *row, float *b) {
    const __m512i edge = _mm512_set1_epi32(a->edge),
                  right = _mm512_set1_epi32(a->n_spans - a->edge);
    const __m512i back = _mm512_set1_epi32(2 * a->edge + 1 - a->n_spans),
                  step = _mm512_set1_epi32(a->row_step);
    __mmask8 bad = 0;
    for (int q = 0; q < n; q += 16) {
        __m256i s0, s1;
        __m256 u0 = NAME(eight)(a, column + q, &s0, &bad),
               u1 = NAME(eight)(a, column + q + 8, &s1, &bad);
        __m512 u = _mm512_insertf32x8(_mm512_castps256_ps512(u0), u1, 1), v[4], w[4];
        __m512i s = _mm512_inserti64x4(_mm512_castsi256_si512(s0), s1, 1);
        __m512i kind = _mm512_mask_add_epi32(_mm512_min_epi32(s, edge),
                                             _mm512_cmpge_epi32_mask(s, right), s, back);
        _mm512_storeu_si512(span + q, s);
        _mm512_storeu_si512(row + q, _mm512_mullo_epi32(s, step));
        for (int i = 0; i < 4; i++) {
            const float *c = a->kinds + 64 * i;
            v[i] = _mm512_permutexvar_ps(kind, _mm512_load_ps(c + 48));
            v[i] = _mm512_fmadd_ps(v[i], u, _mm512_permutexvar_ps(kind, _mm512_load_ps(c + 32)));
            v[i] = _mm512_fmadd_ps(v[i], u, _mm512_permutexvar_ps(kind, _mm512_load_ps(c + 16)));
            v[i] = _mm512_fmadd_ps(v[i], u, _mm512_permutexvar_ps(kind, _mm512_load_ps(c)));
        }
        /* 4 x 16 to 16 x 4: quads of points 0 4 8 12 | 1 5 9 13 | .. first */
        w[0] = _mm512_unpacklo_ps(v[0], v[1]);
        w[1] = _mm512_unpackhi_ps(v[0], v[1]);
        w[2] = _mm512_unpacklo_ps(v[2], v[3]);
        w[3] = _mm512_unpackhi_ps(v[2], v[3]);
        v[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(w[0]), _mm512_castps_pd(w[2])));
        v[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(w[0]), _mm512_castps_pd(w[2])));
        v[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(w[1]), _mm512_castps_pd(w[3])));
        v[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(w[1]), _mm512_castps_pd(w[3])));
        w[0] = _mm512_shuffle_f32x4(v[0], v[1], 0x44);
        w[1] = _mm512_shuffle_f32x4(v[2], v[3], 0x44);
        w[2] = _mm512_shuffle_f32x4(v[0], v[1], 0xEE);
        w[3] = _mm512_shuffle_f32x4(v[2], v[3], 0xEE);
        _mm512_store_ps(b + 4 * q, _mm512_shuffle_f32x4(w[0], w[1], 0x88));
        _mm512_store_ps(b + 4 * q + 16, _mm512_shuffle_f32x4(w[0], w[1], 0xDD));
        _mm512_store_ps(b + 4 * q + 32, _mm512_shuffle_f32x4(w[2], w[3], 0x88));
        _mm512_store_ps(b + 4 * q + 48, _mm512_shuffle_f32x4(w[2], w[3], 0xDD));
    }
    return bad != 0;
}
#endif

/* Basis values of one axis: b[q][0..ORDER), ORDER = 4 or 8 with zeros above the degree. */
TARGET static void NAME(basis4)(const host_axis *a, int n, const int32_t *span, const float *u,
                                int32_t *row, float *b) {
    for (int q = 0; q < n; q++) {
        const host_span s = a->spans[span[q]];
        const quad *m = (const quad *)(const void *)(a->matrices + s.matrix);
        quad v = m[3];
        v = v * u[q] + m[2];
        v = v * u[q] + m[1];
        v = v * u[q] + m[0];
        *(quad *)(void *)(b + 4 * q) = v;
        row[q] = s.row;
    }
}

TARGET static void NAME(basis8)(const host_axis *a, int n, const int32_t *span, const float *u,
                                int32_t *row, float *b) {
    for (int q = 0; q < n; q++) {
        const host_span s = a->spans[span[q]];
        const oct *m = (const oct *)(const void *)(a->matrices + s.matrix);
        oct v = m[a->degree];
        for (int k = a->degree - 1; k >= 0; k--) v = v * u[q] + m[k];
        *(oct *)(void *)(b + 8 * q) = v;
        row[q] = s.row;
    }
}

/* Derivatives of the basis values with respect to u, which comes less 1/2. */
TARGET static void NAME(slope4)(const host_axis *a, int n, const int32_t *span, const float *u,
                                float *db) {
    for (int q = 0; q < n; q++) {
        const quad *m = (const quad *)(const void *)(a->matrices + a->spans[span[q]].matrix);
        *(quad *)(void *)(db + 4 * q) = (3.0f * u[q] * m[3] + 2.0f * m[2]) * u[q] + m[1];
    }
}

TARGET static void NAME(slope8)(const host_axis *a, int n, const int32_t *span, const float *u,
                                float *db) {
    for (int q = 0; q < n; q++) {
        const oct *m = (const oct *)(const void *)(a->matrices + a->spans[span[q]].matrix);
        oct v = {0};
        for (int k = a->degree; k > 0; k--) v = v * u[q] + (float)k * m[k];
        *(oct *)(void *)(db + 8 * q) = v;
    }
}
