/* sna_host_kernel.h - the inner loops, included by sna_host.c once for each instruction set.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Needs: ISA (suffix), TARGET (function attribute), VL (floats in a vector). Vectors are compiler
 * extensions. */

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define NAME(f) PASTE(f##_, ISA)
typedef float NAME(vec) __attribute__((vector_size(4 * VL), aligned(4 * VL), may_alias));
#define vec NAME(vec)

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

TARGET static inline __attribute__((always_inline)) float NAME(sum)(vec v) {
#if VL == 16
    union {
        vec whole;
        oct part[2];
    } w = {v};
    oct h = w.part[0] + w.part[1];
    union {
        oct whole;
        quad part[2];
    } x = {h};
    quad f = x.part[0] + x.part[1];
#elif VL == 8
    union {
        vec whole;
        quad part[2];
    } x = {v};
    quad f = x.part[0] + x.part[1];
#else
    quad f = v;
#endif
    return (f[0] + f[2]) + (f[1] + f[3]);
}

/* One load brings the four basis values of a point to every 128-bit lane; shuffles then spread them
 * one by one. Shuffles have an execution port of their own where four broadcasting loads would
 * compete with the loads of table rows. */
#if defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 12)
#if VL == 16
#define SPREAD4(w) vec every_##w = (vec)_mm512_broadcast_f32x4(*(const __m128 *)(const void *)w)
#define SPREAD(w, i)                                                                             \
    __builtin_shufflevector(every_##w, every_##w, i, i, i, i, i + 4, i + 4, i + 4, i + 4, i + 8, \
                            i + 8, i + 8, i + 8, i + 12, i + 12, i + 12, i + 12)
#elif VL == 8
#define SPREAD4(w) vec every_##w = (vec)_mm256_broadcast_ps((const __m128 *)(const void *)w)
#define SPREAD(w, i) \
    __builtin_shufflevector(every_##w, every_##w, i, i, i, i, i + 4, i + 4, i + 4, i + 4)
#else
#define SPREAD4(w) vec every_##w = *(const vec *)(const void *)w
#define SPREAD(w, i) __builtin_shufflevector(every_##w, every_##w, i, i, i, i)
#endif
#else
#define SPREAD4(w)
#define SPREAD(w, i) w[i]
#endif

/* park[q] (*)= prod over `axes` cubic parts of (sum_i b[i] row_i), nv vectors per point. What
 * belongs to a part (table, rows, basis values) is constant over the points and stays in registers;
 * the tables of the parts share the first-level cache. `axes` and `nv` are constants at every call,
 * so their loops unroll. */
TARGET static inline __attribute__((always_inline)) void NAME(pass)(const part *p, int axes, int nv,
                                                                    int first, int n,
                                                                    const int32_t *rows,
                                                                    const float *basis,
                                                                    float *park) {
    const float *table[4], *b[4];
    const int32_t *row[4];
    for (int a = 0; a < axes; a++) {
        table[a] = p[a].table;
        row[a] = rows + (size_t)p[a].axis * BLOCK;
        b[a] = basis + (size_t)p[a].axis * BLOCK * 4;
    }
    for (int q = 0; q < n; q++) {
        vec acc[64 / VL], *kept = (vec *)(void *)park + (size_t)q * (size_t)nv;
        for (int a = 0; a < axes; a++) {
            const vec *c =
                (const vec *)(const void *)(table[a] + (size_t)row[a][q] * (size_t)(nv * VL));
            const float *w = b[a] + q * 4;
            vec s[64 / VL];
            SPREAD4(w);
            for (int j = 0; j < nv; j++) s[j] = SPREAD(w, 0) * c[j];
            for (int j = 0; j < nv; j++) s[j] += SPREAD(w, 1) * c[nv + j];
            for (int j = 0; j < nv; j++) s[j] += SPREAD(w, 2) * c[2 * nv + j];
            for (int j = 0; j < nv; j++) s[j] += SPREAD(w, 3) * c[3 * nv + j];
            for (int j = 0; j < nv; j++)
                if (a) acc[j] *= s[j];
                else acc[j] = s[j];
        }
        for (int j = 0; j < nv; j++)
            if (first) kept[j] = acc[j];
            else kept[j] *= acc[j];
    }
}

/* One part of any degree, with modes that may not use the axis. */
TARGET static inline __attribute__((always_inline)) void NAME(any)(const part *p, int nv, int order,
                                                                   int first, int n,
                                                                   const int32_t *rows,
                                                                   const float *basis,
                                                                   float *park) {
    const int32_t *row = rows + (size_t)p->axis * BLOCK;
    const float *b = basis + (size_t)p->axis * BLOCK * (size_t)order;
    const vec *absent = (const vec *)(const void *)p->absent;
    for (int q = 0; q < n; q++) {
        vec *kept = (vec *)(void *)park + (size_t)q * (size_t)nv, s[64 / VL];
        const vec *c = (const vec *)(const void *)(p->table + (size_t)row[q] * (size_t)(nv * VL));
        const float *w = b + q * order;
        for (int j = 0; j < nv; j++) s[j] = w[0] * c[j];
        if (absent)
            for (int j = 0; j < nv; j++) s[j] += absent[j];
        for (int i = 1; i < p->n_rows; i++)
            for (int j = 0; j < nv; j++) s[j] += w[i] * c[i * nv + j];
        for (int j = 0; j < nv; j++)
            if (first) kept[j] = s[j];
            else kept[j] *= s[j];
    }
}

/* f[q][k] += sum_r W[k][r] park[q][r]. One output: the sums of the blocks meet in vectors (`total`)
 * and are added up once. */
TARGET static inline __attribute__((always_inline)) void NAME(mixed)(const mode_block *block,
                                                                     int nv, int n, int n_outputs,
                                                                     const float *park, double *f,
                                                                     float *total) {
    for (int k = 0; k < n_outputs; k++) {
        const vec *w = (const vec *)(const void *)(block->weights + (size_t)(k * nv * VL));
        for (int q = 0; q < n; q++) {
            const vec *kept = (const vec *)(const void *)park + (size_t)q * (size_t)nv;
            vec s = w[0] * kept[0];
            for (int j = 1; j < nv; j++) s += w[j] * kept[j];
            if (total && block->order) s += ((vec *)(void *)total)[q];
            if (total && !block->last) ((vec *)(void *)total)[q] = s;
            else f[q * n_outputs + k] += (double)NAME(sum)(s);
        }
    }
}

/* One block of modes over a block of points. */
#define MODES(name, NV)                                                                   \
    TARGET static void NAME(name)(const sna_host *h, const mode_block *block, int n,      \
                                  const int32_t *rows, const float *basis, double *f,     \
                                  float *park) {                                          \
        const part *p = block->parts, *end = p + block->n_parts;                          \
        int first = 1;                                                                    \
        for (; p < end; first = 0) {                                                      \
            int run = p->run < block->tile ? p->run : block->tile;                        \
            if (run >= 3) NAME(pass)(p, 3, NV, first, n, rows, basis, park), p += 3;      \
            else if (run == 2) NAME(pass)(p, 2, NV, first, n, rows, basis, park), p += 2; \
            else if (run == 1) NAME(pass)(p, 1, NV, first, n, rows, basis, park), p += 1; \
            else NAME(any)(p, NV, h->order, first, n, rows, basis, park), p += 1;         \
        }                                                                                 \
        NAME(mixed)(block, NV, n, h->n_outputs, park, f,                                  \
                    h->n_outputs == 1 ? park + BLOCK * WIDEST : NULL);                    \
    }

MODES(narrow, 16 / VL)
MODES(wide, 32 / VL)
MODES(widest, 64 / VL)

TARGET static void NAME(modes)(const sna_host *h, int n, const int32_t *rows, const float *basis,
                               double *f, float *park) {
    for (int i = 0; i < h->n_blocks; i++)
        (h->blocks[i].width == 16   ? NAME(narrow)
         : h->blocks[i].width == 32 ? NAME(wide)
                                    : NAME(widest))(h, &h->blocks[i], n, rows, basis, f, park);
}

/* sum_i w[i] c[i nv], four rows without a loop. */
TARGET static inline __attribute__((always_inline)) vec NAME(rows_of)(const vec *c, const float *w,
                                                                      int n_rows, int nv) {
    vec s = w[0] * c[0];
    if (n_rows == 4) return (s + w[1] * c[nv]) + (w[2] * c[2 * nv] + w[3] * c[3 * nv]);
    for (int i = 1; i < n_rows; i++) s += w[i] * c[i * nv];
    return s;
}

/* Atoms of one part at point q and their slopes by u. From the polynomials of the span where there
 * are some: a slope is then not a difference of larger numbers. */
TARGET static inline __attribute__((always_inline)) vec NAME(atom)(const part *p, const desk *k,
                                                                   int order, int nv, int j0, int q,
                                                                   int pieces, vec *slope) {
    const size_t at = (size_t)p->axis * BLOCK + (size_t)q;
    if (pieces) {
        const vec *c =
            (const vec *)(const void *)p->pieces + (size_t)k->spans[at] * (size_t)(4 * nv) + j0;
        const vec x = (vec){0} + k->places[at];
        *slope = (3.0f * x * c[3 * nv] + 2.0f * c[2 * nv]) * x + c[nv];
        return ((c[3 * nv] * x + c[2 * nv]) * x + c[nv]) * x + c[0];
    } else {
        const vec *c = (const vec *)(const void *)p->table + (size_t)k->rows[at] * (size_t)nv + j0;
        vec s = NAME(rows_of)(c, k->basis + at * (size_t)order, p->n_rows, nv);
        if (p->absent) s += ((const vec *)(const void *)p->absent)[j0];
        *slope = NAME(rows_of)(c, k->slopes + at * (size_t)order, p->n_rows, nv);
        return s;
    }
}

/* f and df/du of one block of modes at one point by prefix and suffix products; k->park: three
 * vectors per part. */
TARGET static void NAME(gradient)(const sna_host *h, const mode_block *block, const desk *k, int q,
                                  int pieces, double *f, double *df) {
    const int nv = block->width / VL, alone = h->n_outputs == 1;
    vec share[SNA_MAX_AXES]; /* one output: the parts of df, added up at the end */
    for (int a = 0; alone && a < block->n_parts; a++) share[a] = (vec){0};
    for (int j0 = 0; j0 < nv; j0++) {
        const vec *w = (const vec *)(const void *)block->weights + j0;
        vec acc = (vec){0} + 1.0f, suffix = acc, *kept = (vec *)(void *)k->park;
        for (int a = 0; a < block->n_parts; a++, kept += 3) {
            kept[0] = acc;
            kept[1] = NAME(atom)(&block->parts[a], k, h->order, nv, j0, q, pieces, &kept[2]);
            acc *= kept[1];
        }
        for (int i = 0; i < h->n_outputs; i++) f[i] += (double)NAME(sum)(acc * w[i * nv]);
        for (int a = block->n_parts - 1; a >= 0; a--) {
            kept -= 3;
            const vec s = kept[2] * kept[0] * suffix;
            suffix *= kept[1];
            if (alone) share[a] += s * w[0];
            for (int i = 0; !alone && i < h->n_outputs; i++)
                df[i * h->n_axes + block->parts[a].axis] += (double)NAME(sum)(s * w[i * nv]);
        }
    }
    for (int a = 0; alone && a < block->n_parts; a++)
        df[block->parts[a].axis] += (double)NAME(sum)(share[a]);
}

#include "sna_host_train_kernel.h"
#include "sna_host_sorted_kernel.h"

static const instruction_set NAME(set) = {NAME(uniform_places_f64),
                                          NAME(uniform_places_f32),
                                          NAME(basis4),
                                          NAME(basis8),
                                          NAME(slope4),
                                          NAME(slope8),
                                          NAME(modes),
                                          NAME(gradient),
                                          NAME(train),
                                          NAME(train_gradient),
                                          VL,
                                          NAME(sorted),
#if VL == 16
                                          NAME(regular)
#else
                                          NULL
#endif
};

#undef vec
#undef NAME
#undef MODES
#undef SPREAD4
#undef SPREAD
#undef PASTE
#undef PASTE_
