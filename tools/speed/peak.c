/* Fused multiply-adds per second of one core, FLOP/s: twelve independent chains of vectors with VL
 * floats. */
#include <time.h>

typedef float vec __attribute__((vector_size(VL * 4)));

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double peak(void) {
    vec a[12], x = {0}, y = {0};
    double best = 1e9;
    x = x + 1.0001f;
    y = y + 1e-9f;
    for (int i = 0; i < 12; i++) a[i] = x * (float)i;
    for (int round = 0; round < 40; round++) {
        double start = now();
        for (int n = 0; n < 100000; n++)
            for (int i = 0; i < 12; i++) a[i] = a[i] * x + y;
        __asm volatile("" : : "r"(a) : "memory");
        start = now() - start;
        if (start < best) best = start;
    }
    return 12e5 * 2 * VL / best;
}
