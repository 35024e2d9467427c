/* sna_host_roots.c - zeros of a piecewise polynomial, all of them, without a first guess.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The algorithm of sna_edge/numerics/piecewise_polynomial.py, step by step: the roots of each
 * derivative cut a span into pieces on which the next lower one is monotone; signs at these nodes,
 * shared across continuous breaks, tell crossings, touching points and flat spans. */
#include "sna_host_inverse.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define ROUNDING \
    (32 *        \
     DBL_EPSILON) /* values below this share of a span's coefficients cannot be told from zero */
#define SURE 0.25 /* of that: an extreme this far beyond zero has a root on either side */
#define JOIN 1e-5 /* larger jumps at a break, as a share of the coefficients' size, are meant */
#define SEPARATION 1e-6 /* of the axis: closer roots are `tangent` */

enum { NODES = 9 };

typedef struct lane {
    double u[NODES];
    signed char sign[NODES], flat, active;
} lane;

typedef struct sweep {
    const double *breaks, *a; /* a[spans][order], target taken off by `coefficient` */
    int spans, order, nodes;
    double target;
    lane *lanes;
    sna_zeros *found;
} sweep;

size_t sna_line_work(int spans) { return (size_t)spans * sizeof(lane); }

static double horner(const double *a, int n, double u) {
    double value = a[n - 1];
    for (int k = n - 2; k >= 0; k--) value = value * u + a[k];
    return value;
}

static double sum_of(const double *a, int n) {
    double s = 0;
    for (int k = 0; k < n; k++) s += a[k];
    return s;
}

static double size_of(const double *a, int n) {
    double s = 0;
    for (int k = 0; k < n; k++) s += fabs(a[k]);
    return s;
}

/* The zero between `left` and `right`, where the signs differ: Newton kept inside by bisection. */
static double bracketed(const double *a, int n, double left, double right) {
    int rising = horner(a, n, right) > 0;
    double slope[NODES], u = 0.5 * (left + right);
    for (int k = 1; k < n; k++) slope[k - 1] = k * a[k];
    for (int step = 0; step < 80; step++) {
        double value = horner(a, n, u), newton, moved;
        if (value == 0) return u;
        if ((value > 0) != rising) left = u;
        else right = u;
        newton = u - value / horner(slope, n - 1, u);
        moved = newton > left && newton < right && step % 8 != 7 ? newton : 0.5 * (left + right);
        if (fabs(moved - u) <= DBL_EPSILON) return moved;
        u = moved;
    }
    return u;
}

/* Nodes u[max(2, order)] between which the polynomial is monotone; a node may be repeated. */
static void monotone_nodes(const double *a, int order, double *u) {
    int count = 2;
    u[0] = 0;
    u[1] = 1;
    for (int nu = order - 2; nu >= 1; nu--) {
        double d[NODES], cut[NODES], left, right;
        int n = order - nu;
        for (int k = 0; k < n; k++) {
            d[k] = a[k + nu];
            for (int j = 0; j < nu; j++) d[k] *= k + nu - j;
        }
        left = horner(d, n, u[0]);
        for (int i = 0; i + 1 < count; i++, left = right) {
            right = horner(d, n, u[i + 1]);
            cut[i] = left * right < 0 ? bracketed(d, n, u[i], u[i + 1])
                     : right == 0     ? u[i + 1]
                                      : u[i];
        }
        memcpy(u + 1, cut, (size_t)(count - 1) * sizeof *u);
        u[count++] = 1;
    }
}

/* Coefficients of f - target on span s. */
static const double *shifted(const sweep *w, int s, double *a) {
    memcpy(a, w->a + s * w->order, (size_t)w->order * sizeof *a);
    a[0] -= w->target;
    return a;
}

static double start_of(const sweep *w, int s) { return w->a[s * w->order] - w->target; }
static double end_of(const sweep *w, int s) {
    double a[NODES];
    return sum_of(shifted(w, s, a), w->order);
}

/* Bernstein coefficients bound a polynomial on [0, 1]: b_j = sum_{k <= j} C(j, k) / C(p, k) a_k */
static int may_vanish(const double *a, int order, double slack) {
    double low = a[0], high = a[0];
    for (int j = 1; j < order; j++) {
        double b = a[0], share = 1;
        for (int k = 1; k <= j; k++) {
            share *= (double)(j - k + 1) / (order - k);
            b += share * a[k];
        }
        if (b < low) low = b;
        if (b > high) high = b;
    }
    return low <= slack && high >= -slack;
}

/* A minimum below zero or a maximum above it. */
static int beyond(const double *a, int n, double u, double value) {
    double bend = 0;
    for (int k = n - 1; k >= 2; k--) bend = bend * u + k * (k - 1) * a[k];
    return value * bend < 0 && u > 0 && u < 1;
}

static void fill_lane(const sweep *w, int s, double slack) {
    lane *here = &w->lanes[s];
    double a[NODES];
    shifted(w, s, a);
    here->active = 1;
    here->flat = size_of(a, w->order) <= 2 * slack;
    monotone_nodes(a, w->order, here->u);
    for (int i = 0; i < w->nodes; i++) {
        double value = horner(a, w->order, here->u[i]),
               limit = beyond(a, w->order, here->u[i], value) ? SURE * slack : slack;
        here->sign[i] = (signed char)(here->flat || fabs(value) <= limit ? 0 : value > 0 ? 1 : -1);
    }
}

static double slack_of(const sweep *w, int s) {
    return ROUNDING * (size_of(w->a + s * w->order, w->order) + fabs(w->target));
}

static void fill_lanes(const sweep *w) {
    for (int s = 0; s < w->spans; s++) {
        double a[NODES];
        w->lanes[s].active = (signed char)may_vanish(shifted(w, s, a), w->order, slack_of(w, s));
    }
    for (int s = 0; s + 1 < w->spans; s++) /* across a break: a root, or a jump */
        if (end_of(w, s) * start_of(w, s + 1) <= 0) w->lanes[s].active = w->lanes[s + 1].active = 1;
    for (int s = 0; s < w->spans; s++)
        if (w->lanes[s].active) fill_lane(w, s, slack_of(w, s));
}

/* One sign for the end of a span and the start of the next; opposite signs are a gap (a root) or an
 * overlap. */
static void share(lane *a, lane *b, int nodes) {
    int last = nodes - 1, before = last, after = 0, end = a->sign[last], start = b->sign[0],
        set = 2;
    while (a->u[before] == 1) before--;
    while (b->u[after] == 0) after++;
    if (end * start == 0 || (end != start && a->sign[before] == end && b->sign[after] == start))
        set = 0;
    else if (end != start) set = end;
    for (int i = 0; i < nodes && set != 2; i++) {
        if (!set && a->u[i] == 1) a->sign[i] = 0;
        if (b->u[i] == 0) b->sign[i] = (signed char)set;
    }
}

static signed char inner_sign(const lane *a, int nodes) {
    for (int i = nodes - 2; i >= 0; i--)
        if (a->sign[i]) return a->sign[i];
    return 1;
}

/* At a continuous break both sides share one sign; at a jump the right-hand value alone belongs to
 * the function. */
static void join(const sweep *w, double jump) {
    for (int s = 0; s + 1 < w->spans; s++) {
        lane *a = &w->lanes[s];
        if (!a->active) continue;
        if (fabs(end_of(w, s) - start_of(w, s + 1)) > jump) {
            if (!a->sign[w->nodes - 1] && !a->flat) a->sign[w->nodes - 1] = inner_sign(a, w->nodes);
        } else if (w->lanes[s + 1].active) {
            share(a, &w->lanes[s + 1], w->nodes);
        }
    }
}

static double at(const sweep *w, int s, double u) {
    return u < 1 ? w->breaks[s] + u * (w->breaks[s + 1] - w->breaks[s]) : w->breaks[s + 1];
}

static void add(sna_zeros *found, double x, int tangent) {
    int i = found->n++;
    for (; i > 0 && found->x[i - 1] > x; i--) {
        found->x[i] = found->x[i - 1];
        found->tangent[i] = found->tangent[i - 1];
    }
    found->x[i] = x;
    found->tangent[i] = (signed char)tangent;
}

static void add_crossings(const sweep *w, int s) {
    const lane *here = &w->lanes[s];
    double a[NODES];
    for (int i = 0; i + 1 < w->nodes; i++)
        if (here->sign[i] * here->sign[i + 1] < 0)
            add(w->found,
                at(w, s, bracketed(shifted(w, s, a), w->order, here->u[i], here->u[i + 1])), 0);
}

/* Sign just before or after a node, 0 at an end of the domain. */
static int neighbour(const sweep *w, int s, int i, int step) {
    double value;
    if (i + step >= 0 && i + step < w->nodes) return w->lanes[s].sign[i + step];
    s += step;
    if (s < 0 || s >= w->spans) return 0;
    if (w->lanes[s].active) return w->lanes[s].sign[step > 0 ? 1 : w->nodes - 2];
    value = step > 0 ? end_of(w, s) : start_of(w, s);
    return value > 0 ? 1 : value < 0 ? -1 : 0;
}

/* f' is zero too, as far as roots 1e-6 apart can be told. */
static int level(const sweep *w, int s, int i) {
    const double *a = w->a + s * w->order;
    double slope[NODES], size = 0, value = 0;
    for (int k = 1; k < w->order; k++) {
        slope[k - 1] = k * a[k];
        size += fabs(slope[k - 1]);
    }
    if (w->order > 1) value = horner(slope, w->order - 1, w->lanes[s].u[i]);
    return fabs(value) <= SEPARATION * size;
}

/* A run of zero nodes from (s, i), which ends before *next: an interval where a flat span is among
 * them, else one root. */
static void add_run(const sweep *w, int s, int i, int *next_s, int *next_i) {
    double first = at(w, s, w->lanes[s].u[i]), last = first;
    int before = neighbour(w, s, i, -1), flat_from = -1, flat_to = -1, tangent = 0, after;
    for (;;) {
        tangent |= level(w, s, i);
        last = at(w, s, w->lanes[s].u[i]);
        if (w->lanes[s].flat) {
            flat_from = flat_from < 0 ? s : flat_from;
            flat_to = s;
        }
        *next_s = s;
        *next_i = i + 1;
        if (i + 1 < w->nodes) {
            if (w->lanes[s].sign[i + 1]) break;
            i++;
        } else {
            if (s + 1 == w->spans || !w->lanes[s + 1].active || w->lanes[s + 1].sign[0]) break;
            s++;
            i = 0;
        }
    }
    if (flat_from >= 0) {
        w->found->intervals[2 * w->found->n_intervals] = w->breaks[flat_from];
        w->found->intervals[2 * w->found->n_intervals++ + 1] = w->breaks[flat_to + 1];
        return;
    }
    after = neighbour(w, s, i, 1);
    add(w->found, 0.5 * (first + last), tangent || (before == after && before));
}

void sna_line_zeros(const double *breaks, const double *coefficients, int spans, int order,
                    double target, sna_zeros *found, void *work) {
    sweep w = {breaks, coefficients, spans, order, order < 2 ? 2 : order,
               target, (lane *)work, found};
    double size = 0, width = breaks[spans] - breaks[0];
    found->n = found->n_intervals = 0;
    for (int s = 0; s < spans; s++) size = fmax(size, size_of(coefficients + s * order, order));
    fill_lanes(&w);
    join(&w, JOIN * (size + fabs(target)));
    for (int s = 0; s < spans; s++)
        if (w.lanes[s].active) add_crossings(&w, s);
    for (int s = 0, i = 0; s < spans; s++, i = 0) {
        while (w.lanes[s].active && i < w.nodes)
            if (w.lanes[s].sign[i]) i++;
            else add_run(&w, s, i, &s, &i);
    }
    for (int i = 1; i < found->n; i++)
        if (found->x[i] - found->x[i - 1] < SEPARATION * width)
            found->tangent[i - 1] = found->tangent[i] = 1;
}
