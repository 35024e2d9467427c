/* Nanoseconds of one query inside C, printed: calls of one point each, the best of fifty rounds.
 * Usage: one_call MODEL.sna */
#include "host/sna_host.c"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CALLS 10000

static unsigned char bytes[1 << 24] __attribute__((aligned(64)));

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

int main(int argc, char **argv) {
    FILE *file = fopen(argv[argc - 1], "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    void *work = aligned_alloc(64, 1 << 20), *memory;
    double x[64], y[64], best = 1e9, sum = 0;
    const sna_host *host;
    sna_model m;
    if (sna_open(bytes, size, &m) || sna_verify(&m, work, 1 << 20)) return 1;
    memory = aligned_alloc(64, (sna_host_size(&m) + 63) & ~(size_t)63);
    if (sna_host_prepare(&m, memory, sna_host_size(&m), &host)) return 1;
    for (int round = 0; round < 50; round++) {
        double start = now();
        for (int i = 0; i < CALLS; i++) {
            for (int d = 0; d < m.n_axes; d++) x[d] = (double)((i * (d + 3)) % 1000) / 1000.0;
            sum += (double)sna_host_eval(host, 0, 1, x, y, NULL, work) + y[0];
        }
        start = (now() - start) / CALLS;
        if (start < best) best = start;
    }
    printf("%.2f\n", best + 0 * sum);
    return 0;
}
