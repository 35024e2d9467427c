/* Answers of one exported model in whole numbers to rows of sensor counts, a line each: values,
 * ends of intervals, familiarity. The first number is how many rows follow.
 * SPDX-License-Identifier: Apache-2.0 */
#include "m.h"

#include <math.h>
#include <stdio.h>

static sna_model model;
SNA_ALIGN(8) static unsigned char work[M_WORK_BYTES];

int main(void) {
    int32_t counts[M_INPUTS], y[M_OUTPUTS], low[M_OUTPUTS], high[M_OUTPUTS], p = 0;
    unsigned rows;
    if (m_self_test(&model, work, sizeof work) != SNA_OK || scanf("%u", &rows) != 1) return 1;
    while (rows--) {
        for (unsigned i = 0; i < M_INPUTS; i++) {
            long count;
            if (scanf("%ld", &count) != 1) return 2;
            counts[i] = (int32_t)count;
        }
        if (sna_fixed_answer(&model, m_beside, counts, y, low, high, &p, work, sizeof work) < 0)
            return 3;
        for (unsigned k = 0; k < M_OUTPUTS; k++) {
            const int bits = sna_fixed_end_exponent(&model, m_beside, k);
            printf("%.17g %.17g %.17g ", ldexp(y[k], -sna_fixed_exponent(&model, k)),
                   ldexp(low[k], -bits), ldexp(high[k], -bits));
        }
        printf("%.17g\n", ldexp(p, -30));
    }
    return 0;
}
