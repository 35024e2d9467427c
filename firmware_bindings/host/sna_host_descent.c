/* sna_host_descent.c - descents on a misfit, ridges and mixtures: sna_host_inverse.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The steps of sna_edge/inverse/optimize/trust_region.py, ridge.py and mixture.py, one walk at a
 * time. */
#include "sna_host_inverse.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { MOST = SNA_INVERSE_UNKNOWNS };

#define FIRST 0.25     /* of the box: first trust radius */
#define SHORTEST 1e-12 /* radius at which a walk is stuck */
#define HOPE 20.0      /* times the predicted fall is what a walk may still fall */
#define NEAR 2e-3      /* of the box: walks this close to a lower one have joined it */
#define STIFF 0.08     /* of the box: directions with a smaller standard deviation are narrow */
#define STRIDE 0.2     /* longest step onto the ridge */
enum { SECULAR = 6, PRUNE = 3, RIDGE_STEPS = 4 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Eigenvalues d[n] and eigenvectors v[n][n] (columns) of the symmetric a[n][n], which is destroyed:
 * cyclic Jacobi rotations. */
static void eigen(double *a, int n, double *d, double *v) {
    for (int i = 0; i < n * n; i++) v[i] = i % (n + 1) == 0;
    for (int round = 0; round < 30; round++) {
        double off = 0, size = 0;
        for (int p = 0; p < n; p++) {
            size += a[p * n + p] * a[p * n + p];
            for (int q = p + 1; q < n; q++) off += a[p * n + q] * a[p * n + q];
        }
        if (!(off > 1e-32 * size)) break;
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) {
                double theta, t, c, s, apq = a[p * n + q];
                if (apq == 0) continue;
                theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
                t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
                c = 1 / sqrt(t * t + 1);
                s = t * c;
                for (int k = 0; k < n; k++) {
                    double x = a[k * n + p], y = a[k * n + q];
                    a[k * n + p] = c * x - s * y;
                    a[k * n + q] = s * x + c * y;
                }
                for (int k = 0; k < n; k++) {
                    double x = a[p * n + k], y = a[q * n + k];
                    a[p * n + k] = c * x - s * y;
                    a[q * n + k] = s * x + c * y;
                    x = v[k * n + p];
                    y = v[k * n + q];
                    v[k * n + p] = c * x - s * y;
                    v[k * n + q] = s * x + c * y;
                }
            }
    }
    for (int i = 0; i < n; i++) d[i] = a[i * n + i];
}

static double length_of(const double *a, int n) {
    double s = 0;
    for (int i = 0; i < n; i++) s += a[i] * a[i];
    return sqrt(s);
}

/* dz = -(|H| + damping)^-1 g over what is not held, no longer than `radius`; the predicted falls of
 * the full step and of this. */
static void inner(int n, const double *slope, const double *curvature, double radius,
                  const int *held, double *dz, double *fall, double *promised) {
    double h[MOST * MOST], v[MOST * MOST], size[MOST], along[MOST], part[MOST], largest = 1e-100,
                                                                                damping = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) h[i * n + k] = held[i] || held[k] ? 0 : curvature[i * n + k];
    eigen(h, n, size, v);
    for (int i = 0; i < n; i++) largest = fmax(largest, fabs(size[i]));
    *fall = *promised = 0;
    for (int i = 0; i < n; i++) {
        size[i] = fmax(fabs(size[i]), 1e-13 * largest);
        along[i] = 0;
        for (int k = 0; k < n; k++) along[i] += held[k] ? 0 : slope[k] * v[k * n + i];
        part[i] = along[i] / size[i];
        *fall += 0.5 * along[i] * part[i];
    }
    for (int turn = 0; turn < SECULAR; turn++) {
        double length = length_of(part, n), bend = 0;
        if (!(length > 1.05 * radius)) break;
        for (int i = 0; i < n; i++) bend += part[i] * part[i] / (size[i] + damping);
        damping += length * length / fmax(bend, 1e-300) * (length - radius) / radius;
        for (int i = 0; i < n; i++) part[i] = along[i] / (size[i] + damping);
    }
    for (int i = 0; i < n; i++) {
        *promised += along[i] * part[i] - 0.5 * size[i] * part[i] * part[i];
        dz[i] = 0;
        for (int k = 0; k < n; k++) dz[i] -= v[i * n + k] * part[k];
    }
}

/* An unknown whose bound the step would cross at once is held and the step taken without it. */
static void step_of(int n, const double *z, const double *slope, const double *curvature,
                    double radius, double *dz, double *fall, double *promised) {
    int held[MOST];
    for (int i = 0; i < n; i++)
        held[i] = (z[i] <= 0 && slope[i] > 0) || (z[i] >= 1 && slope[i] < 0);
    for (int pass = 0; pass < 2; pass++) {
        int more = 0;
        inner(n, slope, curvature, radius, held, dz, fall, promised);
        for (int i = 0; i < n; i++)
            if (!held[i] && ((z[i] <= 0 && dz[i] < 0) || (z[i] >= 1 && dz[i] > 0)))
                held[i] = 1, more = 1;
        if (!more) break;
    }
    for (int i = 0; i < n; i++)
        if (held[i]) dz[i] = 0;
}

static double resized(double radius, double length, double ratio) {
    if (ratio > 0.75) return fmax(radius, 2.5 * length);
    return ratio > 0.25 ? radius : (ratio > 0 ? 0.5 : 0.25) * length;
}

enum { BUSY = 2, DONE = 1, STUCK = 3, LOST = -1 }; /* states during the descent */

/* Walks within NEAR of a walk that is lower are lost. */
static int joined(const double *z, const double *energy, size_t n, int d, size_t i) {
    for (size_t k = 0; k < n; k++) {
        int u = 0;
        if (energy[k] > energy[i] || (energy[k] == energy[i] && k >= i)) continue;
        while (u < d && fabs(z[k * (size_t)d + (size_t)u] - z[i * (size_t)d + (size_t)u]) < NEAR)
            u++;
        if (u == d) return 1;
    }
    return 0;
}

/* One step of walk i, taken where it falls. */
static void advance(const sna_misfit *q, double *z, double *energy, double *slope,
                    double *curvature, double *radius, signed char *state, const double *dz,
                    double promised, void *work) {
    const int d = q->forms->n_axes;
    double moved[MOST], e, g[MOST], h[MOST * MOST];
    for (int u = 0; u < d; u++) moved[u] = fmin(fmax(z[u] + dz[u], 0), 1);
    sna_misfit_local(q, 1, moved, &e, g, h, work);
    *radius = resized(*radius, length_of(dz, d), (*energy - e) / fmax(promised, 1e-300));
    if (*radius < SHORTEST) *state = STUCK;
    if (!(e < *energy)) return;
    *energy = e;
    memcpy(z, moved, (size_t)d * sizeof *z);
    memcpy(slope, g, (size_t)d * sizeof *g);
    memcpy(curvature, h, (size_t)(d * d) * sizeof *h);
}

/* One round over all walks that are busy, as far as `end` allows; the number of them left. */
static size_t round_of(const sna_misfit *q, size_t n, double *z, double *energy, double *slope,
                       double *curvature, signed char *state, double *radius, double gain,
                       double limit, int prune, int thin, double end, void *work) {
    const size_t d = (size_t)q->forms->n_axes;
    size_t busy = 0;
    for (size_t i = 0; i < n; i++) {
        double dz[MOST], fall, promised;
        if (state[i] != BUSY) continue;
        if (now() > end) return 0;
        step_of((int)d, z + i * d, slope + i * d, curvature + i * d * d, radius[i], dz, &fall,
                &promised);
        if (prune && energy[i] - HOPE * fall > limit) state[i] = LOST;
        else if (prune && thin && joined(z, energy, n, (int)d, i)) state[i] = LOST;
        else if (fall < gain) state[i] = DONE;
        else
            advance(q, z + i * d, energy + i, slope + i * d, curvature + i * d * d, radius + i,
                    state + i, dz, promised, work);
        busy += state[i] == BUSY;
    }
    return busy;
}

void sna_descend(const sna_misfit *q, size_t n, double *z, double *energy, double *slope,
                 double *curvature, signed char *state, double *radius, int rounds, double gain,
                 double band, int thin, double best, double seconds, void *work) {
    double end = now() + seconds;
    sna_misfit_local(q, n, z, energy, slope, curvature, work);
    for (size_t i = 0; i < n; i++) {
        radius[i] = FIRST;
        state[i] = BUSY;
    }
    for (int turn = 0; turn < rounds && now() < end; turn++) {
        double limit = best;
        for (size_t i = 0; i < n; i++) limit = fmin(limit, energy[i]);
        if (!round_of(q, n, z, energy, slope, curvature, state, radius, gain, limit + band,
                      turn % PRUNE == PRUNE - 1, thin, end, work))
            break;
    }
    for (size_t i = 0; i < n; i++) state[i] = state[i] == BUSY ? 0 : state[i] == LOST ? -1 : 1;
}

static void across(int n, double *curvature, const double *slope, double *dz) {
    double v[MOST * MOST], size[MOST], longest = 0;
    eigen(curvature, n, size, v);
    for (int i = 0; i < n; i++) dz[i] = 0;
    for (int k = 0; k < n; k++) {
        double along = 0;
        if (!(fabs(size[k]) > 1 / (STIFF * STIFF))) continue;
        for (int i = 0; i < n; i++) along += slope[i] * v[i * n + k];
        for (int i = 0; i < n; i++) dz[i] -= v[i * n + k] * along / fabs(size[k]);
    }
    for (int i = 0; i < n; i++) longest = fmax(longest, fabs(dz[i]));
    for (int i = 0; i < n && longest > STRIDE; i++) dz[i] *= STRIDE / longest;
}

void sna_onto_ridge(const sna_misfit *q, size_t n, double *z, double *energy, double *slope,
                    double *curvature, void *work) {
    const size_t d = (size_t)q->forms->n_axes;
    sna_misfit_local(q, n, z, energy, slope, curvature, work);
    for (size_t i = 0; i < n; i++)
        for (int turn = 0; turn < RIDGE_STEPS; turn++) {
            double *at = z + i * d, h[MOST * MOST], dz[MOST], moved[MOST], e, g[MOST];
            memcpy(h, curvature + i * d * d, d * d * sizeof *h);
            across((int)d, h, slope + i * d, dz);
            for (size_t u = 0; u < d; u++) moved[u] = fmin(fmax(at[u] + dz[u], 0), 1);
            sna_misfit_local(q, 1, moved, &e, g, h, work);
            if (!(e < energy[i] + 1)) break; /* the next step would be the same */
            energy[i] = e;
            memcpy(at, moved, d * sizeof *at);
            memcpy(slope + i * d, g, d * sizeof *g);
            memcpy(curvature + i * d * d, h, d * d * sizeof *h);
        }
}

/* t^(-(6 + d) / 2) */
static double tail(double t, int d) {
    double power = t * t * t;
    for (int i = 0; i < d / 2; i++) power *= t;
    return 1 / (d % 2 ? power * sqrt(t) : power);
}

void sna_mixture(const double *z, size_t n, int d, const double *mean, const double *back,
                 const double *scale, int components, double *density) {
    for (size_t i = 0; i < n; i++) density[i] = 0;
    for (int k = 0; k < components; k++)
        for (size_t i = 0; i < n; i++) {
            const double *b = back + k * d * d, *m = mean + k * d;
            double distance = 0;
            for (int r = 0; r < d; r++) { /* the inverse of a lower triangle is one too */
                double s = 0;
                for (int c = 0; c <= r; c++)
                    s += b[r * d + c] * (z[i * (size_t)d + (size_t)c] - m[c]);
                distance += s * s;
            }
            density[i] += scale[k] * tail(1 + distance / 6, d);
        }
}
