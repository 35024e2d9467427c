/* Answers of one exported model to rows of readings, a line each: status, values, ends of
 * intervals, familiarity. Readings stand in the order of sna_derive; the first number is how many
 * rows follow. SPDX-License-Identifier: Apache-2.0 */
#include "m.h"

#include <stdio.h>

static sna_model model;
SNA_ALIGN(8) static unsigned char work[M_WORK_BYTES];

static sna_status answered(const sna_real *x, sna_real *y, sna_real *low, sna_real *high,
                           sna_real *p) {
    sna_status status = sna_eval(&model, 0, x, y, work, sizeof work), found;
    for (unsigned k = 0; k < M_OUTPUTS; k++) {
        found = sna_interval_at(&model, k, x, (sna_real)0.9, status, y, low + k, high + k, work,
                                sizeof work);
        if (found < 0) return found;
    }
    found = sna_familiarity(&model, x, status, y, p, work, sizeof work);
    return found < 0 ? found : status;
}

int main(void) {
    sna_real readings[64], x[M_INPUTS], y[M_OUTPUTS], low[M_OUTPUTS], high[M_OUTPUTS], p = 0;
    unsigned rows, n;
    if (m_self_test(&model, work, sizeof work) != SNA_OK) return 1;
    n = sna_readings(&model);
    if (n > 64 || scanf("%u", &rows) != 1) return 2;
    while (rows--) {
        for (unsigned i = 0; i < n; i++) {
            double number;
            if (scanf("%lf", &number) != 1) return 3;
            readings[i] = (sna_real)number;
        }
        if (sna_derive(&model, readings, x) < 0 || answered(x, y, low, high, &p) < 0) return 4;
        for (unsigned k = 0; k < M_OUTPUTS; k++)
            printf("%.17g %.17g %.17g ", (double)y[k], (double)low[k], (double)high[k]);
        printf("%.17g\n", (double)p);
    }
    return 0;
}
