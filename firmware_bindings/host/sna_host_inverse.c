/* sna_host_inverse.c - see sna_host_inverse.h.   SPDX-License-Identifier: Apache-2.0
 *
 * Contents: 1 places  2 steps to a target  3 instruction sets  4 one unknown  5 walks  6 misfit of
 * observations  7 thinning */
#include "sna_host_inverse.h"

#include "sna_host.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* ------------------------------------------------------------------------------------- 1 places */

enum { UNKNOWNS = SNA_INVERSE_UNKNOWNS, TARGETS = SNA_INVERSE_TARGETS };

/* A coordinate on its axis: the polynomials of its span, u in [0, 1], du/dx. */
typedef struct spot {
    const double *row;
    double u, rate;
} spot;

/* Inlined so that it is made of the caller's instructions: narrow ones of the old kind between wide
 * ones stall. */
#define INLINED static inline __attribute__((always_inline))

INLINED spot find(const sna_forms *m, int d, double x) {
    const double *breaks = m->breaks + m->base[d] + d;
    int last = m->spans[d] - 1, s = 0;
    spot out = {NULL, 0, 0};
    if (m->rate[d] < 0) {
        s = (int)(x + 0.5);
        s = s < 0 ? 0 : s > last ? last : s;
    } else if (m->rate[d] > 0) {
        double t = (x - breaks[0]) * m->rate[d];
        t = t > 0 ? t : 0;
        s = t < last ? (int)t : last;
        out.u = t - s < 1 ? t - s : 1;
        out.rate = m->rate[d];
    } else {
        for (int high = last; s < high;) {
            int middle = (s + high + 1) / 2;
            if (x < breaks[middle]) high = middle - 1;
            else s = middle;
        }
        out.rate = 1 / (breaks[s + 1] - breaks[s]);
        out.u = (x - breaks[s]) * out.rate;
        out.u = out.u < 0 ? 0 : out.u > 1 ? 1 : out.u;
    }
    out.row = m->poly + (size_t)(m->base[d] + s) * (size_t)m->order * (size_t)m->rank;
    return out;
}

INLINED void places(const sna_misfit *q, const double *z, spot *s) {
    for (int u = 0; u < q->forms->n_axes; u++)
        s[u] = find(q->forms, u, q->lower[u] + z[u] * q->width[u]);
}

/* -------------------------------------------------------------------------- 2 steps to a target
 * Damped Gauss-Newton inside the box as sna_edge/inverse/optimize/gauss_newton.py takes it. What is
 * inlined into the loops of the kernel unrolls there. */

#define STRIDE 0.5 /* longest step, as a share of the box */

typedef struct walker {
    const sna_forms *m;
    const sna_sought *q;
    const double *w;                     /* w[T][rank]: contracted weights */
    double aim[TARGETS], share[TARGETS]; /* r = (f - aim) * share, f without bias */
} walker;

INLINED double clipped(double x) { return x < 0 ? 0 : x > 1 ? 1 : x; }

INLINED double squares(const double *a, int n) {
    double s = 0;
    for (int i = 0; i < n; i++) s += a[i] * a[i];
    return s;
}

/* x = A^-1 x, A symmetric positive definite [n][n] (lower triangle), overwritten by its factor with
 * inverted diagonal; a pivot that is not positive is taken as infinite. */
INLINED void solve(double *a, int n, double *x) {
    for (int i = 0; i < n; i++)
        for (int c = 0; c <= i; c++) {
            double s = a[i * n + c];
            for (int k = 0; k < c; k++) s -= a[i * n + k] * a[c * n + k];
            a[i * n + c] = i > c ? s * a[c * n + c] : s > 0 ? 1 / sqrt(s) : 0;
        }
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++) x[i] -= a[i * n + k] * x[k];
        x[i] *= a[i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++) x[i] -= a[k * n + i] * x[k];
        x[i] *= a[i * n + i];
    }
}

/* The symmetric [2][2] (lower triangle) whose determinant is more than rounding; x = A^-1 x by it,
 * in one division. */
INLINED int well_posed(const double *a) {
    return a[0] * a[3] - a[2] * a[2] > 1e-13 * (a[0] * a[3]);
}

INLINED void solve_two(const double *a, double *x) {
    const double share = 1 / (a[0] * a[3] - a[2] * a[2]),
                 first = (a[3] * x[0] - a[2] * x[1]) * share;
    x[1] = (a[0] * x[1] - a[2] * x[0]) * share;
    x[0] = first;
}

/* dz = -J^T (J J^T + damping)^-1 r over the unknowns that are free. */
INLINED void normal_step(const double *j, const double *r, int targets, int unknowns,
                         const double *freed, double damping, double *dz) {
    double gram[TARGETS * TARGETS], y[TARGETS], trace = 0;
    for (int a = 0; a < targets; a++) {
        y[a] = r[a];
        for (int b = 0; b <= a; b++) {
            double s = 0;
            for (int u = 0; u < unknowns; u++)
                s += freed[u] * j[a * unknowns + u] * j[b * unknowns + u];
            gram[a * targets + b] = s;
        }
        trace += gram[a * targets + a];
    }
    for (int a = 0; a < targets; a++)
        gram[a * targets + a] += damping + (targets > 1 ? 1e-14 * trace : 0) + 1e-300;
    if (targets == 1) y[0] /= gram[0];
    else if (targets == 2 && well_posed(gram)) solve_two(gram, y);
    else solve(gram, targets, y);
    for (int u = 0; u < unknowns; u++) {
        dz[u] = 0;
        for (int a = 0; a < targets; a++) dz[u] -= freed[u] * j[a * unknowns + u] * y[a];
    }
}

/* The step from z, an unknown at a bound that would leave it held; clipped into the box. */
INLINED void step_from(int unknowns, int targets, const double *z, const double *r, const double *j,
                       double damping, double *moved) {
    double freed[UNKNOWNS], dz[UNKNOWNS], length = 0, scale;
    int leaving = 0;
    for (int u = 0; u < unknowns; u++) freed[u] = 1;
    normal_step(j, r, targets, unknowns, freed, damping, dz);
    for (int u = 0; u < unknowns; u++)
        if ((z[u] <= 0 && dz[u] < 0) || (z[u] >= 1 && dz[u] > 0)) freed[u] = 0, leaving = 1;
    if (leaving) normal_step(j, r, targets, unknowns, freed, damping, dz);
    for (int u = 0; u < unknowns; u++) length = fabs(dz[u]) > length ? fabs(dz[u]) : length;
    scale = length > STRIDE ? STRIDE / length : 1;
    for (int u = 0; u < unknowns; u++) moved[u] = clipped(z[u] + dz[u] * scale);
}

INLINED int reached(const double *tolerance, const double *r, int targets) {
    for (int t = 0; t < targets; t++)
        if (!(fabs(r[t]) <= tolerance[t])) return 0;
    return 1;
}

/* --------------------------------------------------------------------------- 3 instruction sets */

typedef struct set {
    void (*contract)(const sna_forms *, const int32_t *, int, uint64_t, const double *, double *);
    void (*line)(const sna_forms *, int, const double *, double, double *);
    int (*walk)(const walker *, double *, double *);
    void (*survey)(walker *, const float *, int, float *);
    int (*lowest)(const float *, int);
    double (*energy)(const sna_misfit *, const double *, double *);
    double (*local)(const sna_misfit *, const double *, double *, double *, double *);
    void (*nearer)(const double *, size_t, int, const double *, double *);
} set;

#define ISA baseline
#define BYTES 16
#define TARGET
#include "sna_host_inverse_kernel.h"
#undef ISA
#undef TARGET
#undef BYTES

#if defined(__x86_64__)
#define ISA avx2
#define BYTES 32
#define TARGET __attribute__((target("avx2,fma")))
#include "sna_host_inverse_kernel.h"
#undef ISA
#undef TARGET
#undef BYTES

#define ISA avx512
#define BYTES 64
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#include "sna_host_inverse_kernel.h"
#undef ISA
#undef TARGET
#undef BYTES
#endif

static const set *chosen(void) {
#if defined(__x86_64__)
    int isa = sna_host_best();
    if (isa == 2) return &set_avx512;
    if (isa == 1) return &set_avx2;
#endif
    return &set_baseline;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* -------------------------------------------------------------------------------- 4 one unknown */

void sna_line(const sna_forms *m, int axis, int output, const double *x, double *coefficients) {
    const set *s = chosen();
    double w[SNA_INVERSE_RANK];
    int32_t k = output;
    s->contract(m, &k, 1, (uint64_t)1 << axis, x, w);
    s->line(m, axis, w, m->bias[output], coefficients);
}

/* -------------------------------------------------------------------------------------- 5 walks */

static uint64_t mask_of(const sna_sought *q) {
    uint64_t mask = 0;
    for (int u = 0; u < q->n_unknowns; u++) mask |= (uint64_t)1 << q->unknown[u];
    return mask;
}

size_t sna_walks(const sna_forms *m, const sna_sought *q, const double *x, const double *goal,
                 const double *unit, size_t n, double *z, double *r, signed char *done,
                 size_t enough, double seconds) {
    double w[TARGETS * SNA_INVERSE_RANK], end = now() + seconds;
    const set *s = chosen();
    walker k = {m, q, w, {0}, {0}};
    size_t found = 0, i = 0;
    s->contract(m, q->outputs, q->n_targets, mask_of(q), x, w);
    for (int t = 0; t < q->n_targets; t++) {
        k.aim[t] = goal[t] - m->bias[q->outputs[t]];
        k.share[t] = 1 / unit[t];
    }
    for (; i < n && found < enough; i++) {
        if (i % 8 == 7 && now() > end) break;
        done[i] =
            (signed char)s->walk(&k, z + i * (size_t)q->n_unknowns, r + i * (size_t)q->n_targets);
        found += (size_t)done[i];
    }
    return i;
}

/* One row: the best of its walks into z. */
static int invert_one(const set *s, walker *k, const double *grid, const float *products,
                      int points, int tries, double *z, double *miss) {
    const sna_sought *q = k->q;
    float misfit[SNA_INVERSE_GRID];
    double best = (double)INFINITY, r[TARGETS], here[UNKNOWNS];
    int found = 0;
    s->survey(k, products, points, misfit);
    for (int i = 0; i < tries && !found; i++) {
        int g = s->lowest(misfit, points);
        double off;
        memcpy(here, grid + g * q->n_unknowns, (size_t)q->n_unknowns * sizeof *here);
        misfit[g] = INFINITY;
        found = s->walk(k, here, r);
        off = squares(r, q->n_targets);
        if (off < best || found) {
            best = off;
            memcpy(z, here, (size_t)q->n_unknowns * sizeof *z);
            *miss = 0;
            for (int t = 0; t < q->n_targets; t++) *miss = fabs(r[t]) > *miss ? fabs(r[t]) : *miss;
        }
    }
    return found;
}

void sna_invert(const sna_forms *m, const sna_sought *q, size_t n, double *x, const double *goal,
                const double *grid, const float *products, int n_grid, int tries, double *miss,
                signed char *done) {
    double w[TARGETS * SNA_INVERSE_RANK], z[UNKNOWNS];
    const uint64_t mask = mask_of(q);
    const set *s = chosen();
    walker k = {m, q, w, {0}, {0}};
    for (size_t i = 0; i < n; i++, x += m->n_axes, goal += q->n_targets) {
        s->contract(m, q->outputs, q->n_targets, mask, x, w);
        for (int t = 0; t < q->n_targets; t++) k.aim[t] = goal[t] - m->bias[q->outputs[t]];
        miss[i] = (double)NAN;
        memset(z, 0, sizeof z);
        done[i] = (signed char)invert_one(s, &k, grid, products, n_grid, tries, z, &miss[i]);
        for (int u = 0; u < q->n_unknowns; u++)
            x[q->unknown[u]] = q->lower[u] + clipped(z[u]) * q->width[u];
    }
}

/* --------------------------------------------------------------------- 6 misfit of observations */

size_t sna_misfit_work(const sna_misfit *q) {
    size_t u = (size_t)q->forms->n_axes;
    return ((u + 1) * (size_t)(q->forms->rank + q->n_rows) + (1 + 3 * u) * (size_t)q->forms->rank) *
           sizeof(double);
}

void sna_misfit_value(const sna_misfit *q, size_t n, const double *z, double *energy, void *work) {
    const set *s = chosen();
    for (size_t i = 0; i < n; i++)
        energy[i] = s->energy(q, z + i * (size_t)q->forms->n_axes, (double *)work);
}

void sna_misfit_local(const sna_misfit *q, size_t n, const double *z, double *energy, double *slope,
                      double *curvature, void *work) {
    const set *s = chosen();
    size_t u = (size_t)q->forms->n_axes;
    for (size_t i = 0; i < n; i++)
        energy[i] = s->local(q, z + i * u, slope + i * u, curvature + i * u * u, (double *)work);
}

/* ----------------------------------------------------------------------------------- 7 thinning */

size_t sna_thin(const double *columns, size_t n, int d, size_t count, double separation,
                double seconds, int64_t *taken, double *distance, double *fill) {
    const set *s = chosen();
    double point[UNKNOWNS], end = now() + seconds;
    size_t found = 0, far = 0;
    for (size_t i = 0; i < n; i++) distance[i] = (double)INFINITY;
    while (found < count) {
        if (found && (distance[far] <= separation * separation || (found % 8 == 7 && now() > end)))
            break;
        taken[found++] = (int64_t)far;
        for (int u = 0; u < d; u++) point[u] = columns[(size_t)u * n + far];
        s->nearer(columns, n, d, point, distance);
        for (size_t i = 0; i < n; i++) far = distance[i] > distance[far] ? i : far;
    }
    *fill = n ? sqrt(distance[far]) : 0;
    return found;
}
