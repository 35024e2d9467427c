/* sna_host_sorted.h - points of large batches sorted by span, included by sna_host.c.
 * SPDX-License-Identifier: Apache-2.0 */

enum { PIECES_BYTES = 16 << 20 }; /* polynomials of a larger model are not unpacked */

/* Bytes of the polynomials of all spans of a model; 0 where the sorted path does not serve it. */
static size_t pieces_size(const sna_model *m) {
    size_t bytes = 0;
    if (m->features & FEATURE_TT || m->max_degree > 3) return 0;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        if (a->n_spans > MOST_SPANS) return 0;
        bytes += (size_t)a->n_spans * 4 * (a->n_columns + WIDEST) * sizeof(float);
    }
    return bytes <= PIECES_BYTES ? bytes : 0;
}

/* pieces[span][k][mode]: coefficient of (u - 1/2)^k of every atom; 1 where a mode does not use the
 * axis. */
static void fill_pieces(const host_axis *a, const part *p, int width, int order, float *pieces) {
    for (int s = 0; s < a->n_spans; s++) {
        const float *m = a->matrices + a->spans[s].matrix,
                    *rows = p->table + (size_t)a->spans[s].row * (size_t)width;
        for (int k = 0; k < 4; k++)
            for (int j = 0; j < width; j++) {
                double c = p->absent && k == 0 ? (double)p->absent[j] : 0;
                for (int i = 0; i < p->n_rows; i++)
                    c += (double)m[k * order + i] * (double)rows[i * width + j];
                *pieces++ = (float)c;
            }
    }
}

static size_t pile_of(const sna_host *h, unsigned char *base, pile *k) {
    arena a = {base, 0};
    size_t d = (size_t)h->n_axes;
    k->span = (int32_t *)take(&a, MANY * 4);
    k->head = (int16_t *)take(&a, d * (MOST_SPANS + 1) * 2);
    k->next = (int16_t *)take(&a, d * MANY * 2);
    k->u = (float *)take(&a, d * MANY * 4);
    k->park = (float *)take(&a, MANY * WIDEST * 4);
    k->total = (float *)take(&a, MANY * NARROW * 4);
    k->f = (double *)take(&a, MANY * (size_t)h->n_outputs * 8);
    k->status = (signed char *)take(&a, MANY);
    return a.used;
}

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
