/* sorted.h - points of large batches sorted by span, part of sna_host.c.
 * SPDX-License-Identifier: Apache-2.0 */

/* Spans and u - 1/2 of n points on axis d; 0 when one is extrapolated, which a span's polynomial
 * does not say. */
static int place_pile(const sna_host *h, int d, unsigned flags, int n, const double *x64,
                      const float *x32, const pile *k) {
    const host_axis *a = &h->axes[d];
    const unsigned char *support =
        section(&h->model, SPANS) + axis_at(&h->model, (unsigned)d)->support;
    const size_t stride = (size_t)h->n_axes;
    float *u = k->u + (size_t)d * MANY;
    for (int from = 0; from < n; from += BLOCK) {
        const int m = n - from < BLOCK ? n - from : BLOCK;
        const size_t at = (size_t)from * stride + (size_t)d;
        int slow = !a->fast;
        if (!slow)
            slow = x64 ? h->set->places_f64(a, x64 + at, stride, m, k->span + from, u + from)
                       : h->set->places_f32(a, x32 + at, stride, m, k->span + from, u + from);
        for (int q = 0; slow && q < m; q++) {
            const size_t here = at + (size_t)q * stride;
            place p;
            merge_status(&k->status[from + q],
                         place_slowly(h, d, x64 ? x64[here] : (double)x32[here], flags, &p));
            if (p.excess < 0 || p.excess > 0) return 0;
            k->span[from + q] = (int32_t)p.span;
            u[from + q] = (float)(p.u - 0.5);
        }
    }
    for (int q = 0; a->edges && q < n; q++)
        if (!support[k->span[q]]) merge_status(&k->status[q], SNA_EDGE);
    return 1;
}

/* Links the points of each span: cheaper than sorting, and one walk along the chain hides behind
 * the arithmetic of 64 modes. */
static void link_pile(const host_axis *a, int n, const int32_t *span, int16_t *head,
                      int16_t *next) {
    for (int s = 0; s < a->n_spans; s++) head[s] = -1;
    for (int q = 0; q < n; q++) {
        next[q] = head[span[q]];
        head[span[q]] = (int16_t)q;
    }
}

/* Counting sort: order[start[s]] .. order[start[s + 1]] are the points of span s. */
static void sort_pile(const host_axis *a, int n, const int32_t *span, int16_t *start,
                      int16_t *order) {
    int16_t from[MOST_SPANS + 1];
    for (int s = 0; s <= a->n_spans; s++) from[s] = 0;
    for (int q = 0; q < n; q++) from[span[q] + 1]++;
    for (int s = 0; s < a->n_spans; s++) from[s + 1] = (int16_t)(from[s + 1] + from[s]);
    for (int s = 0; s <= a->n_spans; s++) start[s] = from[s];
    for (int q = 0; q < n; q++) order[from[span[q]]++] = (int16_t)q;
}

/* Linear parts and statuses of n points; 0 leaves them to the ordinary way. */
static int run_pile(const sna_host *h, unsigned flags, int n, const double *x64, const float *x32,
                    const pile *k) {
    for (int q = 0; q < n; q++) k->status[q] = 0;
    for (int d = 0; d < h->n_axes; d++) {
        if (!place_pile(h, d, flags, n, x64, x32, k)) return 0;
        (h->set->lanes == 16 ? link_pile : sort_pile)(
            &h->axes[d], n, k->span, k->head + d * (MOST_SPANS + 1), k->next + d * MANY);
    }
    for (int j = 0; j < h->n_outputs; j++) {
        const double bias = output_at(&h->model, (unsigned)j)->bias;
        for (int q = 0; q < n; q++) k->f[q * h->n_outputs + j] = bias;
    }
    h->set->sorted(h, n, k);
    return 1;
}
