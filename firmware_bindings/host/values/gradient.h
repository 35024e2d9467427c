/* gradient.h - outputs and their derivatives, part of sna_host.c.
 * SPDX-License-Identifier: Apache-2.0 */

static void fill_slopes(const sna_host *h, int d, unsigned flags, int n, const double *x,
                        const desk *k) {
    const host_axis *a = &h->axes[d];
    int32_t *span = k->spans + d * BLOCK;
    float *u = k->places + d * BLOCK;
    double *rate = k->rates + d * BLOCK;
    int slow = !a->fast || h->set->places_f64(a, x + d, (size_t)h->n_axes, n, span, u);
    for (int q = 0; q < n; q++) rate[q] = a->inv_width;
    for (int q = 0; slow && q < n; q++) {
        place p;
        (void)place_slowly(h, d, x[(size_t)q * (size_t)h->n_axes + (size_t)d], flags, &p);
        span[q] = (int32_t)p.span;
        u[q] = (float)(p.u - 0.5);
        rate[q] = p.rate;
    }
    (h->order == 4 ? h->set->slope4 : h->set->slope8)(
        a, n, span, u, k->slopes + (size_t)d * BLOCK * (size_t)h->order);
}

sna_status sna_host_grad(const sna_host *h, unsigned flags, size_t n, const double *x, double *y,
                         double *dy, signed char *status, void *work) {
    sna_status worst = SNA_OK;
    size_t outputs = (size_t)h->n_outputs, axes = (size_t)h->n_axes;
    desk k;
    desk_of(h, (unsigned char *)work, &k);
    for (size_t done = 0; done < n; done += BLOCK) {
        int m = n - done < BLOCK ? (int)(n - done) : BLOCK;
        fill_block(h, flags, m, x + done * axes, NULL, &k);
        for (int d = 0; d < h->n_axes; d++) fill_slopes(h, d, flags, m, x + done * axes, &k);
        for (int q = 0; q < m; q++) {
            double *f = k.f + (size_t)q * outputs, *df = dy + (done + (size_t)q) * outputs * axes;
            for (size_t i = 0; i < outputs * axes; i++) df[i] = 0;
            if (h->cores) h->set->train_gradient(h, q, k.rows, k.basis, k.slopes, f, df, k.park);
            for (int i = 0; i < h->n_blocks; i++)
                h->set->gradient(h, &h->blocks[i], &k, q,
                                 h->sorted && k.status[q] != SNA_EXTRAPOLATED, f, df);
            for (size_t j = 0; j < outputs; j++) {
                const output_record *o = output_at(&h->model, (unsigned)j);
                double slope;
                f[j] = output_and_slope(o, f[j], &slope);
                if (k.status[q] < 0) slope = not_a_number();
                for (size_t d = 0; d < axes; d++)
                    df[j * axes + d] *= slope * k.rates[d * BLOCK + (size_t)q];
            }
        }
        worst = hand_out(h, m, k.status, k.f, status ? status + done : NULL, worst);
        for (size_t i = 0; i < (size_t)m * outputs; i++) y[done * outputs + i] = k.f[i];
    }
    return worst;
}
