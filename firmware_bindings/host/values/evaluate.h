/* evaluate.h - outputs of many points, part of sna_host.c.
 * SPDX-License-Identifier: Apache-2.0 */

/* Outputs of n points from their linear parts f. */
static void hand_over(const sna_host *h, int n, double *f, double *y64, float *y32) {
    const size_t outputs = (size_t)h->n_outputs, count = (size_t)n * outputs;
    for (size_t j = 0; j < outputs; j++) {
        const output_record *o = output_at(&h->model, (unsigned)j);
        for (size_t i = j; i < count; i += outputs) f[i] = output_of(o, f[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (y64) y64[i] = f[i];
        else y32[i] = (float)f[i];
    }
}

static sna_status run_blocks(const sna_host *h, unsigned flags, size_t n, const double *x64,
                             const float *x32, double *y64, float *y32, signed char *status,
                             void *work) {
    sna_status worst = SNA_OK;
    const size_t outputs = (size_t)h->n_outputs, axes = (size_t)h->n_axes;
    size_t plain = 0; /* points left that the sorted path has given back */
    desk k;
    pile p;
    if (h->sorted && n >= FEW) (void)pile_of(h, (unsigned char *)work, &p);
    desk_of(h, (unsigned char *)work, &k);
    for (size_t done = 0, m; done < n; done += m) {
        const double *xd = x64 ? x64 + done * axes : NULL;
        const float *xf = x32 ? x32 + done * axes : NULL;
        double *f = k.f;
        const signed char *found = k.status;
        m = n - done < MANY ? n - done : MANY;
        if (h->sorted && !plain && m >= FEW && !run_pile(h, flags, (int)m, xd, xf, &p)) plain = m;
        if (h->sorted && !plain && m >= FEW) {
            f = p.f;
            found = p.status;
        } else {
            m = n - done < BLOCK ? n - done : BLOCK;
            plain -= plain < m ? plain : m;
            fill_block(h, flags, (int)m, xd, xf, &k);
            (h->cores ? h->set->train : h->set->modes)(h, (int)m, k.rows, k.basis, k.f, k.park);
        }
        worst = hand_out(h, (int)m, found, f, status ? status + done : NULL, worst);
        hand_over(h, (int)m, f, y64 ? y64 + done * outputs : NULL,
                  y32 ? y32 + done * outputs : NULL);
    }
    return worst;
}

sna_status sna_host_eval(const sna_host *h, unsigned flags, size_t n, const double *x, double *y,
                         signed char *status, void *work) {
    return run_blocks(h, flags, n, x, NULL, y, NULL, status, work);
}

sna_status sna_host_eval_f32(const sna_host *h, unsigned flags, size_t n, const float *x, float *y,
                             signed char *status, void *work) {
    return run_blocks(h, flags, n, NULL, x, NULL, y, status, work);
}
