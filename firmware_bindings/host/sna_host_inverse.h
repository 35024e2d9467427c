/* sna_host_inverse.h - inverse queries on Linux hosts, in double.
 * SPDX-License-Identifier: Apache-2.0
 *
 * These functions know nothing of artifacts: the caller lays out the atoms of a model once as
 * polynomials per span (`sna_forms`), known inputs are contracted into the weights of the modes,
 * and the search sees the unknowns alone. The numpy code of sna_edge/inverse does the same step by
 * step and is the reference for every function here.
 *
 * Nothing is allocated or kept: forms are read-only and may be shared between threads, `work`
 * belongs to one call. z is a coordinate in units of its box: x = lower + z * width, 0 <= z <= 1.
 * `seconds` is the time the call may take. */
#ifndef SNA_HOST_INVERSE_H
#define SNA_HOST_INVERSE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SNA_INVERSE_AXES = 64,
    SNA_INVERSE_UNKNOWNS = 8,
    SNA_INVERSE_TARGETS = 8,
    SNA_INVERSE_RANK = 1024,
    SNA_INVERSE_LANES = 8,
    SNA_INVERSE_GRID = 256
};

/* f_k(x) = bias_k + sum_r weights[k][r] prod_d phi_{d,r}(x_d),  phi_{d,r} = sum_k poly[base[d] +
 * span][k][r] u^k. `rank` is a multiple of SNA_INVERSE_LANES (padded modes have weight 0); a mode
 * that does not use an axis has 1, 0, 0, .. there. */
typedef struct sna_forms {
    const double *poly;   /* [sum of spans][order][rank] */
    const double *breaks; /* axis d: breaks[base[d] + d .. base[d] + d + spans[d]] */
    const double *rate; /* [n_axes] 1 / span width where all spans are equal, 0 where they are not,
                           -1 for levels */
    const int32_t *base, *spans; /* [n_axes] */
    const double *weights;       /* [n_outputs][rank] */
    const double *bias;          /* [n_outputs] */
    int n_axes, n_outputs, rank, order;
} sna_forms;

/* ---------------------------------------------------------------------------------- one unknown */

/* coefficients[spans[axis]][order] of f_output along `axis` at x[n_axes], bias included. */
void sna_line(const sna_forms *m, int axis, int output, const double *x, double *coefficients);

typedef struct sna_zeros {
    double *x;            /* [spans * (order + 1) + 1] increasing */
    signed char *tangent; /* beside x */
    double *intervals;    /* [spans + 1][2] */
    int n, n_intervals;
} sna_zeros;

/* All u with sum_k coefficients[s][k] u^k = target on breaks[spans + 1]:
 * sna_edge/numerics/piecewise_polynomial.py. */
size_t sna_line_work(int spans);
void sna_line_zeros(const double *breaks, const double *coefficients, int spans, int order,
                    double target, sna_zeros *found, void *work);

/* ----------------------------------------------------------------------------- several unknowns */

/* What is sought: outputs[n_targets] = goals before the link over unknown[n_unknowns]; r = (f -
 * goal) / unit. */
typedef struct sna_sought {
    const int32_t *unknown, *outputs;
    int n_unknowns, n_targets, rounds;
    const double *lower, *width; /* [n_unknowns] */
    double *tolerance;           /* [n_targets] of r */
} sna_sought;

/* Walks z[n][n_unknowns] to the goal of one set of known inputs x[n_axes] (entries of unknowns are
 * not read), until `enough` are there. done[n], r[n][n_targets]. Returns how many starts were
 * tried. */
size_t sna_walks(const sna_forms *m, const sna_sought *q, const double *x, const double *goal,
                 const double *unit, size_t n, double *z, double *r, signed char *done,
                 size_t enough, double seconds);

/* One problem per row of x[n][n_axes]: known entries are read, unknown ones written;
 * goal[n][n_targets]. The best of n_grid points z grid[n_grid][n_unknowns], products
 * products[rank][n_grid], is walked from first, then up to `tries` of the next best. miss[n] =
 * largest |r| there, in units of the range over the grid; done[n] = 0: no start led to the goal. */
void sna_invert(const sna_forms *m, const sna_sought *q, size_t n, double *x, const double *goal,
                const double *grid, const float *products, int n_grid, int tries, double *miss,
                signed char *done);

/* --------------------------------------------------------------------------------- observations */

/* E(z) = |A P(z) - c|^2 / 2 + constant, P = prod_u phi_u [rank] of all axes of `forms`. */
typedef struct sna_misfit {
    const sna_forms *forms;
    const double *rows, *columns; /* A[n_rows][rank] and its transpose [rank][n_rows] */
    const double *right;          /* c[n_rows]; n_rows is a multiple of SNA_INVERSE_LANES */
    const double *lower, *width;  /* [U] */
    double constant;
    int n_rows;
} sna_misfit;

size_t sna_misfit_work(
    const sna_misfit *q); /* bytes for the functions below, on a multiple of 64 */
void sna_misfit_value(const sna_misfit *q, size_t n, const double *z, double *energy, void *work);
/* slope[n][U], curvature[n][U][U]: exact. */
void sna_misfit_local(const sna_misfit *q, size_t n, const double *z, double *energy, double *slope,
                      double *curvature, void *work);

/* Trust-region Newton walks of z[n][U], all in step: sna_edge/inverse/optimize/trust_region.py.
 * state[n]: 1 converged, 0 not, -1 given up. */
void sna_descend(const sna_misfit *q, size_t n, double *z, double *energy, double *slope,
                 double *curvature, signed char *state, double *radius, int rounds, double gain,
                 double band, int thin, double best, double seconds, void *work);

/* Newton steps across the narrow directions: sna_edge/inverse/optimize/ridge.py. */
void sna_onto_ridge(const sna_misfit *q, size_t n, double *z, double *energy, double *slope,
                    double *curvature, void *work);

/* ----------------------------------------------------------------------------------- point sets */

/* Farthest-point thinning of n points columns[d][n]: taken[count]; returns how many, *fill =
 * largest distance left. distance[n] is scratch. */
size_t sna_thin(const double *columns, size_t n, int d, size_t count, double separation,
                double seconds, int64_t *taken, double *distance, double *fill);

/* sum_k scale[k] (1 + |back_k (z - mean_k)|^2 / 6)^(-(6 + d) / 2) of z[n][d]; back[K][d][d]. */
void sna_mixture(const double *z, size_t n, int d, const double *mean, const double *back,
                 const double *scale, int components, double *density);

#ifdef __cplusplus
}
#endif
#endif
