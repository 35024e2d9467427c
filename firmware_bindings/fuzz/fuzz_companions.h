/* fuzz_companions.h - what format 1.1 added, for fuzz_values.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SNA_NO_COMPANIONS
/* Absurd numbers in outputs and weights of companions, in quantiles, scores and formulas. */
static void absurd_companions(unsigned char *b, const sna_model *m) {
    const int sections[] = {CALIBRATION, READINGS};
    for (unsigned i = 0; i < companions_of(m) && below(2); i++) {
        sna_model c;
        double wide = absurd();
        take_companion(m, i, &c);
        if (isfinite(wide)) memcpy(b + (c.bytes - b) + c.section[OUTPUTS] + 8 * below(3), &wide, 8);
    }
    for (int i = 0; i < 2; i++) {
        const unsigned char *p = addition(m, sections[i]);
        double wide = absurd();
        if (p && below(2))
            memcpy(b + (p - b) + 8 * below(section_size(m, sections[i]) / 8), &wide, 8);
    }
}

static void companions(const sna_model *m, const real *x) {
    size_t n = sna_readings(m), size = sna_workspace_size(m, SNA_WORK_INTERVAL);
    real *y = malloc(sizeof(real) * m->n_outputs), *readings = malloc(sizeof(real) * n), low, high;
    real *at = malloc(sizeof(real) * m->n_axes);
    void *work = malloc(size ? size : 1);
    sna_status before = (sna_status)((int)below(15) - 9), s;
    for (unsigned k = 0; k < m->n_outputs; k++) y[k] = (real)absurd();
    verb = "sna_interval_at";
    s = sna_interval_at(m, below(m->n_outputs + 1u), x, (real)(below(2) ? absurd() : 0.9), before,
                        y, &low, &high, work, size);
    if (!known(s)) fail("unknown status");
    free(work);
    size = sna_workspace_size(m, SNA_WORK_FAMILIARITY);
    work = malloc(size ? size : 1);
    verb = "sna_familiarity";
    s = sna_familiarity(m, x, before, y, &low, work, size);
    if (!known(s) || (s == SNA_UNFAMILIAR && !(low >= 0 && low <= 1))) fail("unknown status");
    free(work);
    for (size_t i = 0; i < n; i++) readings[i] = i < m->n_axes ? x[i] : (real)absurd();
    verb = "sna_derive";
    if (!known(sna_derive(m, readings, at))) fail("unknown status");
    for (unsigned i = 0; i < sna_companions(m); i++) {
        sna_companion_use use;
        sna_model c;
        verb = "sna_companion";
        if (sna_companion(m, i, &c, &use) != SNA_OK || use.role > SNA_ROLE_BASE)
            fail("no companion");
        real *z = malloc(sizeof(real) * c.n_axes);
        verb = "sna_companion_place";
        if (sna_companion_place(m, i, x, y, z) >= 0)
            for (unsigned d = 0; d < c.n_axes; d++)
                if (axis_at(&c, d)->kind != CATEGORICAL &&
                    !(z[d] >= LOWER(axis_at(&c, d)) && z[d] <= UPPER(axis_at(&c, d))))
                    fail("a coordinate outside its axis");
        free(z);
    }
    free(at);
    free(readings);
    free(y);
}
#endif
