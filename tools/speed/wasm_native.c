/* Nanoseconds of one query in C, beside which wasm_bench.py sets JavaScript, as JSON: the least of
 * many rounds, as long as those of wasm_bench.mjs.
 * Usage: wasm_native MODEL.sna READINGS ROWS, READINGS a file of doubles [ROWS][readings] */
#include "host/sna_host.c"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static unsigned char bytes[1 << 22] __attribute__((aligned(64)));
static volatile double sink;
static double readings[1 << 18], x[64], y[64], dy[64 * 64], low, high, p;
static sna_model m;
static void *work;
static const sna_host *host;
enum { WORK = 1 << 20, ROUNDS = 400, ROUND = 500000 }; /* a round has that many nanoseconds */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static sna_status value(const double *at) {
    (void)!sna_derive(&m, at, x);
    return sna_eval(&m, 0, x, y, work, WORK);
}

static double one_value(const double *at) { return value(at) + y[0]; }

static double one_gradient(const double *at) {
    (void)!sna_derive(&m, at, x);
    return (double)sna_eval_grad(&m, 0, x, y, dy, work, WORK) + dy[0];
}

static double one_interval(const double *at) {
    sna_status s = value(at);
    const int own = order64(&output_at(&m, 0)->level) > 0;
    if (calibration_of(&m)) s = sna_familiarity(&m, x, s, y, &p, work, WORK);
    for (unsigned k = 0; k < m.n_outputs; k++)
        (void)!(own ? sna_interval(&m, k, s, y[k], &low, &high)
                    : sna_interval_at(&m, k, x, 0.9, s, y, &low, &high, work, WORK));
    return low;
}

static double one_host(const double *at) {
    (void)!sna_derive(&m, at, x);
    return (double)sna_host_eval(host, 0, 1, x, y, NULL, work) + y[0];
}

static double least(double (*query)(const double *), int rows, unsigned n) {
    double best = 1e18, count = 1;
    for (int round = 0; round < ROUNDS;) {
        const double start = now();
        for (double k = 0; k < count; k++)
            for (int i = 0; i < rows; i++) sink += query(readings + (size_t)i * n);
        const double took = now() - start, one = took / (count * rows);
        if (took < ROUND) count *= 2;
        else round++;
        if (took >= ROUND && one < best) best = one;
    }
    return best;
}

int main(int argc, char **argv) {
    FILE *file = fopen(argv[1], "rb"), *at = fopen(argv[2], "rb");
    const int rows = argc > 3 ? atoi(argv[3]) : 0;
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (!at || !fread(readings, 1, sizeof readings, at)) return 1;
    work = aligned_alloc(64, WORK);
    if (sna_open(bytes, size, &m) || sna_verify(&m, work, WORK)) return 1;
    void *memory = aligned_alloc(64, (sna_host_size(&m) + 63) & ~(size_t)63);
    const unsigned n = sna_readings(&m);
    printf("{\"value\": %.1f, \"gradient\": %.1f, \"interval\": %.1f", least(one_value, rows, n),
           least(one_gradient, rows, n), least(one_interval, rows, n));
    if (sna_host_size(&m) && !sna_host_prepare(&m, memory, sna_host_size(&m), &host))
        printf(", \"host\": %.1f", least(one_host, rows, n));
    printf("}\n");
    return 0;
}
