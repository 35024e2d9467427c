/* points.h - spans, basis values and statuses of a block of points, part of sna_host.c.
 * SPDX-License-Identifier: Apache-2.0 */

/* One coordinate that is refused, extrapolated, wrapped or on a listed axis: the rules of sna.c. */
static sna_status place_slowly(const sna_host *h, int d, double x, unsigned flags, place *p) {
    const axis_record *a = axis_at(&h->model, (unsigned)d);
    sna_status s = place_on(&h->model, a, x, flags, p);
    if (s < 0) {
        p->span = 0;
        p->u = 0;
        p->excess = 0;
    }
    return s;
}

static void merge_status(signed char *status, sna_status s) {
    if (*status < 0 || s == SNA_OK) return;
    if (s < 0 || s == SNA_EXTRAPOLATED || *status == SNA_OK) *status = (signed char)s;
}

static void continue_linearly(const sna_host *h, int d, const place *p, float *b) {
    const host_axis *a = &h->axes[d];
    const float *m = a->matrices + a->spans[p->span].matrix;
    for (int i = 0; i <= a->degree; i++) {
        double slope = 0;
        for (int k = a->degree; k > 0; k--)
            slope = slope * (p->u - 0.5) + (double)((float)k * m[k * h->order + i]);
        b[i] = (float)((double)b[i] + p->excess * p->rate * slope);
    }
}

static void note_edges(const sna_host *h, int d, int n, const desk *k) {
    const unsigned char *support =
        section(&h->model, SPANS) + axis_at(&h->model, (unsigned)d)->support;
    for (int q = 0; h->axes[d].edges && q < n; q++)
        if (!support[k->span[q]]) merge_status(&k->status[q], SNA_EDGE);
}

/* Row offsets and basis values of n points on axis d; `x` has stride n_axes. */
static void fill_axis(const sna_host *h, int d, unsigned flags, int n, const double *x64,
                      const float *x32, const desk *k) {
    const host_axis *a = &h->axes[d];
    size_t stride = (size_t)h->n_axes;
    int slow = !a->fast, order = h->order;
    float *b = k->basis + (size_t)d * BLOCK * (size_t)order;
    if (h->set->regular && a->regular && n >= 8) {
        const double *column = k->column + (size_t)d * BLOCK;
        slow = h->set->regular(a, column, (n + 15) & ~15, k->span, k->rows + (size_t)d * BLOCK, b);
        if (!slow) {
            note_edges(h, d, n, k);
            return;
        }
    }
    if (!slow)
        slow = x64 ? h->set->places_f64(a, x64 + d, stride, n, k->span, k->u)
                   : h->set->places_f32(a, x32 + d, stride, n, k->span, k->u);
    if (!slow) {
        note_edges(h, d, n, k);
        (order == 4 ? h->set->basis4 : h->set->basis8)(a, n, k->span, k->u,
                                                       k->rows + (size_t)d * BLOCK, b);
        return;
    }
    for (int q = 0; q < n; q++) {
        place p;
        merge_status(&k->status[q], place_slowly(h, d,
                                                 x64 ? x64[(size_t)q * stride + (size_t)d]
                                                     : (double)x32[(size_t)q * stride + (size_t)d],
                                                 flags, &p));
        k->span[q] = (int32_t)p.span;
        k->u[q] = (float)(p.u - 0.5);
        (order == 4 ? h->set->basis4 : h->set->basis8)(
            a, 1, k->span + q, k->u + q, k->rows + (size_t)d * BLOCK + q, b + q * order);
        if (p.excess < 0 || p.excess > 0) continue_linearly(h, d, &p, b + q * order);
    }
}

/* Coordinates by axis. All columns are written before one is read: a wide load right behind narrow
 * stores would stall. */
static void fill_columns(const sna_host *h, int n, const double *x64, const float *x32,
                         double *column) {
    int axes = h->n_axes, m = (n + 15) & ~15;
    if (x64)
        for (int q = 0; q < n; q++)
            for (int d = 0; d < axes; d++) column[d * BLOCK + q] = x64[q * axes + d];
    else
        for (int q = 0; q < n; q++)
            for (int d = 0; d < axes; d++) column[d * BLOCK + q] = (double)x32[q * axes + d];
    for (int q = n; q < m; q++)
        for (int d = 0; d < axes; d++) column[d * BLOCK + q] = h->axes[d].lower;
}

static void fill_block(const sna_host *h, unsigned flags, int n, const double *x64,
                       const float *x32, const desk *k) {
    for (int q = 0; q < n; q++) k->status[q] = 0;
    if (h->set->regular && n >= 8) fill_columns(h, n, x64, x32, k->column);
    for (int d = 0; d < h->n_axes; d++) fill_axis(h, d, flags, n, x64, x32, k);
    for (int q = 0; q < n; q++)
        for (int j = 0; j < h->n_outputs; j++)
            k->f[q * h->n_outputs + j] = output_at(&h->model, (unsigned)j)->bias;
}

static sna_status hand_out(const sna_host *h, int n, const signed char *found, double *f,
                           signed char *status, sna_status worst) {
    for (int q = 0; q < n; q++) {
        sna_status s = (sna_status)found[q];
        if (status) status[q] = found[q];
        if (s < 0)
            for (int j = 0; j < h->n_outputs; j++) f[q * h->n_outputs + j] = not_a_number();
        if (s != SNA_OK && (worst == SNA_OK || (s < 0 && worst > 0))) worst = s;
    }
    return worst;
}
