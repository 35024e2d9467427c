/* train.h - tensor trains, included by kernel.h per instruction set.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A core is [row][left][width], width = right rank padded with zeros to whole vectors; v is a row
 * of ranks, padded alike. */

/* out = v Phi(x), Phi = sum_i b[i] core[i]: sums over the left bond for each of the p + 1 rows
 * apart, so that one broadcast of v serves four multiply-adds that do not wait for one another. */
TARGET static inline __attribute__((always_inline)) void NAME(train_step)(
    const train_core *c, const float *core, const float *b, const float *v, float *out) {
    const size_t width = (size_t)c->width, row = c->row;
    for (size_t j = 0; j < width; j += VL) {
        vec total = {0};
        for (int i = 0; i < c->n_rows; i += 4) {
            const float *at = core + (size_t)i * row + j;
            vec s0 = {0}, s1 = s0, s2 = s0, s3 = s0;
            if (c->n_rows - i >= 4) {
                for (int l = 0; l < c->left; l++, at += width) {
                    s0 += v[l] * *(const vec *)(const void *)at;
                    s1 += v[l] * *(const vec *)(const void *)(at + row);
                    s2 += v[l] * *(const vec *)(const void *)(at + 2 * row);
                    s3 += v[l] * *(const vec *)(const void *)(at + 3 * row);
                }
                total += b[i] * s0 + b[i + 1] * s1 + (b[i + 2] * s2 + b[i + 3] * s3);
            } else
                for (int k = i; k < c->n_rows; k++, at += row) {
                    s0 = (vec){0};
                    for (int l = 0; l < c->left; l++)
                        s0 += v[l] * *(const vec *)(const void *)(at + (size_t)l * width);
                    total += b[k] * s0;
                }
        }
        *(vec *)(void *)(out + j) = total;
    }
}

/* before[d] = the row of ranks in front of axis d, for d = 0..D, one behind the other; returns the
 * last one. */
TARGET static const float *NAME(train_prefixes)(const sna_host *h, int q, const int32_t *rows,
                                                const float *basis, float *before, int keep) {
    float *v = before, *next;
    for (int i = 0; i < VL; i++) v[i] = 0;
    v[0] = 1;
    for (int d = 0; d < h->n_axes; d++, v = next) {
        const train_core *c = &h->cores[d];
        const float *core = c->table + (size_t)rows[d * BLOCK + q] * c->row;
        next = keep ? v + (d ? h->cores[d - 1].width : VL) : before + ((d + 1) & 1) * h->widest;
        NAME(train_step)(c, core, basis + ((size_t)d * BLOCK + (size_t)q) * (size_t)h->order, v,
                         next);
    }
    return v;
}

TARGET static inline __attribute__((always_inline)) double NAME(train_dot)(const float *a,
                                                                           const float *b,
                                                                           int width) {
    vec s = {0};
    for (int j = 0; j < width; j += VL)
        s += *(const vec *)(const void *)(a + j) * *(const vec *)(const void *)(b + j);
    return (double)NAME(sum)(s);
}

TARGET static void NAME(train)(const sna_host *h, int n, const int32_t *rows, const float *basis,
                               double *f, float *chain) {
    const int width = h->cores[h->n_axes - 1].width;
    for (int q = 0; q < n; q++) {
        const float *last = NAME(train_prefixes)(h, q, rows, basis, chain, 0);
        for (int k = 0; k < h->n_outputs; k++)
            f[q * h->n_outputs + k] += NAME(train_dot)(last, h->ends + k * width, width);
    }
}

/* next = Phi v for the right-hand side v; returns before Phi' v: both share the loads. */
TARGET static inline __attribute__((always_inline)) double NAME(train_back)(
    const train_core *c, const float *core, const float *b, const float *db, const float *before,
    const float *v, float *next) {
    vec slope = {0};
    for (int l = 0; l < c->left; l++) {
        vec value = {0}, rise = {0};
        for (int j = 0; j < c->width; j += VL) {
            const float *at = core + (size_t)l * (size_t)c->width + (size_t)j;
            vec phi = {0}, dphi = {0};
            for (int i = 0; i < c->n_rows; i++, at += c->row) {
                phi += b[i] * *(const vec *)(const void *)at;
                dphi += db[i] * *(const vec *)(const void *)at;
            }
            value += phi * *(const vec *)(const void *)(v + j);
            rise += dphi * *(const vec *)(const void *)(v + j);
        }
        next[l] = NAME(sum)(value);
        slope += before[l] * rise;
    }
    return (double)NAME(sum)(slope);
}

/* f[k] and df[k][d] of one point; chain: the prefixes, then two rows of ranks. */
TARGET static void NAME(train_gradient)(const sna_host *h, int q, const int32_t *rows,
                                        const float *basis, const float *slopes, double *f,
                                        double *df, float *chain) {
    const float *last = NAME(train_prefixes)(h, q, rows, basis, chain, 1);
    const int width = h->cores[h->n_axes - 1].width;
    float *spare = chain + h->prefixes;
    for (int k = 0; k < h->n_outputs; k++) {
        const float *suffix = h->ends + k * width, *before = last;
        f[k] += NAME(train_dot)(last, suffix, width);
        for (int d = h->n_axes - 1; d >= 0; d--) {
            const train_core *c = &h->cores[d];
            const size_t at = ((size_t)d * BLOCK + (size_t)q) * (size_t)h->order;
            const int left = d ? h->cores[d - 1].width : VL;
            float *next = spare + (d & 1) * h->widest;
            before -= left;
            for (int l = c->left; l < left; l++) next[l] = 0;
            df[k * h->n_axes + d] +=
                NAME(train_back)(c, c->table + (size_t)rows[d * BLOCK + q] * c->row, basis + at,
                                 slopes + at, before, suffix, next);
            suffix = next;
        }
    }
}
