/* sorted.h - many points at once, span by span, included by kernel.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Points are grouped by the span they are in, axis by axis. The polynomial of a span then stays in
 * registers for all its points: no table rows to load, no basis values to make, and Horner's rule
 * takes three multiply-adds where four rows take four. */

/* kept[0 .. step) (*)= the polynomials c[k * step + j] at x; step is a constant at every call. */
TARGET static inline __attribute__((always_inline)) void NAME(climb_point)(const vec *c, int step,
                                                                           vec x, vec *kept,
                                                                           int first) {
    vec v[4];
    for (int j = 0; j < step; j++) v[j] = c[3 * step + j] * x + c[2 * step + j];
    for (int j = 0; j < step; j++) v[j] = v[j] * x + c[step + j];
    for (int j = 0; j < step; j++) v[j] = v[j] * x + c[j];
    for (int j = 0; j < step; j++)
        if (first) kept[j] = v[j];
        else kept[j] *= v[j];
}

/* park[point][j0 .. j0 + step) (*)= atoms of one axis, nv vectors a point. */
TARGET static inline __attribute__((always_inline)) void NAME(climb)(const part *p,
                                                                     const pile *points,
                                                                     int n_spans, int nv, int j0,
                                                                     int step, int first) {
    const int16_t *head = points->head + (size_t)p->axis * (MOST_SPANS + 1),
                  *next = points->next + (size_t)p->axis * MANY;
    const float *u = points->u + (size_t)p->axis * MANY;
    const vec *piece = (const vec *)(const void *)p->pieces + j0;
    vec *park = (vec *)(void *)points->park + j0;
    for (int s = 0; s < n_spans; s++, piece += 4 * nv) {
        vec c[16];
#if VL == 16
        if (head[s] < 0) continue;
#else
        if (head[s] == head[s + 1]) continue;
#endif
        for (int k = 0; k < 4; k++)
            for (int j = 0; j < step; j++) c[k * step + j] = piece[k * nv + j];
#if VL == 16
        for (int q = head[s]; q >= 0; q = next[q])
            NAME(climb_point)(c, step, (vec){0} + u[q], park + (size_t)q * (size_t)nv, first);
#else
        for (int i = head[s]; i < head[s + 1]; i++)
            NAME(climb_point)(c, step, (vec){0} + u[next[i]], park + (size_t)next[i] * (size_t)nv,
                              first);
#endif
    }
}

#if VL == 16
#define STEP 4
#else
#define STEP 2
#endif
#define CLIMB(name, NV)                                                                        \
    TARGET static void NAME(name)(const part *p, const pile *points, int n_spans, int first) { \
        for (int j0 = 0; j0 < NV; j0 += NV < STEP ? NV : STEP)                                 \
            if (first) NAME(climb)(p, points, n_spans, NV, j0, NV < STEP ? NV : STEP, 1);      \
            else NAME(climb)(p, points, n_spans, NV, j0, NV < STEP ? NV : STEP, 0);            \
    }
CLIMB(climb_narrow, 16 / VL)
CLIMB(climb_wide, 32 / VL)
CLIMB(climb_widest, 64 / VL)

TARGET static void NAME(sorted)(const sna_host *h, int n, const pile *points) {
    for (int i = 0; i < h->n_blocks; i++) {
        const mode_block *block = &h->blocks[i];
        float *total = h->n_outputs == 1 ? points->total : NULL;
        for (const part *p = block->parts; p < block->parts + block->n_parts; p++) {
            const int spans = h->axes[p->axis].n_spans, first = p == block->parts;
            if (block->width == 16) NAME(climb_narrow)(p, points, spans, first);
            else if (block->width == 32) NAME(climb_wide)(p, points, spans, first);
            else NAME(climb_widest)(p, points, spans, first);
        }
        if (block->width == 16)
            NAME(mixed)(block, 16 / VL, n, h->n_outputs, points->park, points->f, total);
        else if (block->width == 32)
            NAME(mixed)(block, 32 / VL, n, h->n_outputs, points->park, points->f, total);
        else NAME(mixed)(block, 64 / VL, n, h->n_outputs, points->park, points->f, total);
    }
}
#undef CLIMB
#undef STEP
