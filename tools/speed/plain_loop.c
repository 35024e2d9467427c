/* What one would write by hand for one model: INPUTS uniform cubic axes on [0, 1], MODES modes (a
 * multiple of 16), one output; no check of the domain, no other degree, no other storage. The
 * yardstick of bench_kernel.py. */
#include <stddef.h>

#define LANES 16
#define VECTORS (MODES / LANES)

typedef float lanes __attribute__((vector_size(4 * LANES), aligned(64)));

static void cubic(float u, float b[4]) {
    float v = 1.0f - u;
    b[0] = v * v * v / 6.0f;
    b[1] = (u * u * (3.0f * u - 6.0f) + 4.0f) / 6.0f;
    b[3] = u * u * u / 6.0f;
    b[2] = 1.0f - b[0] - b[1] - b[3];
}

/* y [count] of x [count, INPUTS]; tables [INPUTS, rows, MODES], weights [MODES] on 64 bytes. */
void plain_loop(const float *restrict tables, int rows, const float *restrict x, size_t count,
                const float *restrict weights, float *restrict y) {
    int spans = rows - 3;
    for (size_t n = 0; n < count; n++) {
        lanes product[VECTORS], total = {0};
        for (int j = 0; j < VECTORS; j++) product[j] = ((const lanes *)weights)[j];
        for (int d = 0; d < INPUTS; d++) {
            float t = x[n * INPUTS + (size_t)d] * (float)spans, b[4];
            int span = (int)t < spans ? (int)t : spans - 1;
            const lanes *row =
                (const lanes *)(tables + ((size_t)d * (size_t)rows + (size_t)span) * MODES);
            cubic(t - (float)span, b);
            for (int j = 0; j < VECTORS; j++)
                product[j] *= b[0] * row[j] + b[1] * row[j + VECTORS] +
                              b[2] * row[j + 2 * VECTORS] + b[3] * row[j + 3 * VECTORS];
        }
        for (int j = 0; j < VECTORS; j++) total += product[j];
        y[n] = 0.0f;
        for (int i = 0; i < LANES; i++) y[n] += total[i];
    }
}
