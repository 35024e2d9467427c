/* Nanoseconds of a query, printed in one line each: the value of all outputs; with the interval of
 * output 0 at 90 %; with familiarity; with both. They take turns, the best of all rounds. Rows are
 * doubles, one behind the other.
 * Usage: beside_cost MODEL.sna ROWS.f64 */
#include "sna.c"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 60, MOST_ROWS = 512, ASKED = 4 };

static unsigned char bytes[1 << 24] __attribute__((aligned(64)));
static double rows[MOST_ROWS * SNA_MAX_AXES];
static sna_real points[MOST_ROWS * SNA_MAX_AXES];

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static size_t read_all(const char *name, void *into, size_t size) {
    FILE *file = fopen(name, "rb");
    return file ? fread(into, 1, size, file) : 0;
}

/* A number that every answer goes into, so that none is left out. */
static sna_real asked(const sna_model *m, int what, size_t n, void *work) {
    sna_real y[SNA_MAX_OUTPUTS], low = 0, high = 0, p = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        const sna_real *x = points + i * m->n_axes;
        sna_status s = sna_eval(m, 0, x, y, work, 1 << 20);
        if (what & 1) s = sna_interval_at(m, 0, x, (sna_real)0.9, s, y, &low, &high, work, 1 << 20);
        if (what & 2) s = sna_familiarity(m, x, s, y, &p, work, 1 << 20);
        sum += y[0] + low + high + p + (sna_real)s;
    }
    return sum;
}

int main(int argc, char **argv) {
    double best[ASKED] = {1e9, 1e9, 1e9, 1e9};
    sna_real sum = 0;
    sna_model m;
    void *work = aligned_alloc(64, 1 << 20);
    size_t size = argc > 2 ? read_all(argv[1], bytes, sizeof bytes) : 0, n;
    if (sna_open(bytes, size, &m) || sna_verify(&m, work, 1 << 20)) return 1;
    n = read_all(argv[2], rows, sizeof rows) / (sizeof *rows * m.n_axes);
    if (n > MOST_ROWS) n = MOST_ROWS;
    for (size_t i = 0; i < n * m.n_axes; i++) points[i] = (sna_real)rows[i];
    for (int round = 0; round < ROUNDS; round++)
        for (int what = 0; what < ASKED; what++) {
            double start = now();
            sum += asked(&m, what, n, work);
            start = (now() - start) / (double)n;
            if (start < best[what]) best[what] = start;
        }
    for (int what = 0; what < ASKED; what++) printf("%.2f\n", best[what]);
    return sum * 0 != 0;
}
