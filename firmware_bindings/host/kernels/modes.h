/* modes.h - sums of products (CP) and their gradient, included by kernel.h per instruction set.
 * SPDX-License-Identifier: Apache-2.0 */

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

#undef MODES
#undef SPREAD4
#undef SPREAD
