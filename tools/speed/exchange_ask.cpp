// exchange_ask.c through sna.hpp: the same rows, the same lines.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <vector>

#include "m.h"
#include "sna.hpp"

int main() {
    static sna::Model<M_WORK_BYTES> model(m_artifact, M_SIZE);
    unsigned rows = 0;
    if (!model || std::scanf("%u", &rows) != 1) return 1;
    std::vector<sna_real> readings(sna_readings(&model.get())), x(M_INPUTS), y(M_OUTPUTS);
    while (rows-- > 0) {
        for (sna_real &reading : readings) {
            double number = 0;
            if (std::scanf("%lf", &number) != 1) return 2;
            reading = static_cast<sna_real>(number);
        }
        if (model.derive(readings, x) < 0) return 3;
        const sna_status status = model.value(x, y);
        if (status < 0) return 4;
        for (unsigned k = 0; k < M_OUTPUTS; k++) {
            sna_real low = 0, high = 0;
            if (model.interval(k, x, static_cast<sna_real>(0.9), status, y, low, high) < 0)
                return 5;
            std::printf("%.17g %.17g %.17g ", static_cast<double>(y[k]), static_cast<double>(low),
                        static_cast<double>(high));
        }
        sna_real p = 0;
        if (model.familiarity(x, status, y, p) < 0) return 6;
        std::printf("%.17g\n", static_cast<double>(p));
    }
    return 0;
}
