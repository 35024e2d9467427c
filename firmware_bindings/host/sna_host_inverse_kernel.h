/* Loops of sna_host_inverse.c over modes, compiled once for each instruction set: ISA, TARGET and
 * BYTES, the width of its vectors, are defined by the includer. (Wider vectors would be taken apart
 * in memory.) */
#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define NAME(f) PASTE(f, ISA)
#define INLINE_HERE TARGET static inline __attribute__((always_inline))
#define LANES (BYTES / 8) /* doubles; divides SNA_INVERSE_LANES */
#define FLOATS (BYTES / 4)

typedef double NAME(lanes) __attribute__((vector_size(BYTES)));
typedef double NAME(loose) __attribute__((vector_size(BYTES), aligned(8), may_alias));
typedef int32_t NAME(bits) __attribute__((vector_size(BYTES), aligned(4), may_alias));
typedef float NAME(wide) __attribute__((vector_size(BYTES), aligned(4), may_alias));
#define lanes NAME(lanes)
#define wide NAME(wide)
#define LOAD(p) (*(const NAME(loose) *)(const void *)(p))
#define STORE(p, v) (*(NAME(loose) *)(void *)(p) = (v))
#define ONES ((lanes){0} + 1)
#define SELECT(type, mask, yes, no) \
    ((type)(((NAME(bits))(yes) & (mask)) | ((NAME(bits))(no) & ~(mask))))

INLINE_HERE double NAME(sum)(lanes v) {
#if BYTES == 64
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
#elif BYTES == 32
    return (v[0] + v[2]) + (v[1] + v[3]);
#else
    return v[0] + v[1];
#endif
}

/* Atoms of LANES modes and, with order > 0, their derivatives along u, at block j of a span's
 * polynomial of n coefficients. Functions take n so that the loop over it unrolls for cubics;
 * asking here, for every block, costs a sixth of a walk. */
INLINE_HERE void NAME(atoms)(const sna_forms *m, const spot *s, int j, int order, int n,
                             lanes *out) {
    const double *row = s->row + (size_t)j * LANES, *c = row + (size_t)(n - 1) * (size_t)m->rank;
    const double u = s->u;
    lanes value = LOAD(c), first = {0}, second = {0};
    for (int k = n - 2; k >= 0; k--) {
        c -= m->rank;
        if (order > 1) second = second * u + first;
        if (order > 0) first = first * u + value;
        value = value * u + LOAD(c);
    }
    out[0] = value;
    if (order > 0) out[1] = first * s->rate;
    if (order > 1) out[2] = second * (2 * s->rate * s->rate);
}

/* w[t][rank] = weights of the targets times the atoms at x of all axes not in the mask `unknown` */
INLINE_HERE void NAME(contract_of)(const sna_forms *m, int n, const int32_t *outputs, int targets,
                                   uint64_t unknown, const double *x, double *w) {
    spot s[SNA_INVERSE_AXES];
    int known = 0;
    for (int d = 0; d < m->n_axes; d++)
        if (!(unknown >> d & 1)) s[known++] = find(m, d, x[d]);
    for (int j = 0; j < m->rank / LANES; j++) {
        lanes product = ONES, atom[1];
        for (int i = 0; i < known; i++) {
            NAME(atoms)(m, &s[i], j, 0, n, atom);
            product *= atom[0];
        }
        for (int t = 0; t < targets; t++)
            STORE(w + (size_t)t * (size_t)m->rank + j * LANES,
                  product * LOAD(m->weights + (size_t)outputs[t] * (size_t)m->rank + j * LANES));
    }
}

TARGET static void NAME(contract)(const sna_forms *m, const int32_t *outputs, int targets,
                                  uint64_t unknown, const double *x, double *w) {
    if (m->order == 4) NAME(contract_of)(m, 4, outputs, targets, unknown, x, w);
    else NAME(contract_of)(m, m->order, outputs, targets, unknown, x, w);
}

/* coefficients[span][k] = sum_r w[r] poly[base + span][k][r] */
TARGET static void NAME(line)(const sna_forms *m, int axis, const double *w, double bias,
                              double *out) {
    const double *c = m->poly + (size_t)m->base[axis] * (size_t)m->order * (size_t)m->rank;
    for (int i = 0; i < m->spans[axis] * m->order; i++, c += m->rank) {
        lanes s = LOAD(w) * LOAD(c);
        for (int j = LANES; j < m->rank; j += LANES) s += LOAD(w + j) * LOAD(c + j);
        out[i] = NAME(sum)(s) + (i % m->order ? 0 : bias);
    }
}

/* f[T] without bias and df/dx[T][U] of contracted weights. */
INLINE_HERE void NAME(slopes)(const sna_forms *m, const spot *s, int unknowns, int targets, int n,
                              const double *w, double *f, double *df) {
    lanes sums[TARGETS * (UNKNOWNS + 1)];
    for (int i = 0; i < targets * (unknowns + 1); i++) sums[i] = (lanes){0};
    for (int j = 0; j < m->rank / LANES; j++) {
        lanes atom[UNKNOWNS][2], part[UNKNOWNS + 1], before = ONES, after;
        for (int i = 0; i < unknowns; i++) {
            NAME(atoms)(m, &s[i], j, 1, n, atom[i]);
            part[1 + i] = before * atom[i][1];
            before *= atom[i][0];
        }
        part[0] = before;
        after = atom[unknowns - 1][0];
        for (int i = unknowns - 2; i >= 0; i--) {
            part[1 + i] *= after;
            after *= atom[i][0];
        }
        for (int t = 0; t < targets; t++) {
            lanes weight = LOAD(w + (size_t)t * (size_t)m->rank + j * LANES);
            for (int i = 0; i <= unknowns; i++) sums[t * (unknowns + 1) + i] += weight * part[i];
        }
    }
    for (int t = 0; t < targets; t++) {
        f[t] = NAME(sum)(sums[t * (unknowns + 1)]);
        for (int i = 0; i < unknowns; i++)
            df[t * unknowns + i] = NAME(sum)(sums[t * (unknowns + 1) + 1 + i]);
    }
}

/* r[T] and dr/dz[T][U] at z. */
INLINE_HERE void NAME(residual)(const walker *k, int unknowns, int targets, int n, const double *z,
                                double *r, double *j) {
    const sna_sought *q = k->q;
    spot s[UNKNOWNS];
    for (int u = 0; u < unknowns; u++)
        s[u] = find(k->m, q->unknown[u], q->lower[u] + z[u] * q->width[u]);
    NAME(slopes)(k->m, s, unknowns, targets, n, k->w, r, j);
    for (int t = 0; t < targets; t++) {
        r[t] = (r[t] - k->aim[t]) * k->share[t];
        for (int u = 0; u < unknowns; u++) j[t * unknowns + u] *= q->width[u] * k->share[t];
    }
}

/* Walks one start z to the goal; r there. 1: reached. */
INLINE_HERE int NAME(walk_of)(const walker *k, int unknowns, int targets, int n, double *z,
                              double *r) {
    double j[TARGETS * UNKNOWNS], damping = 1e-10, before;
    NAME(residual)(k, unknowns, targets, n, z, r, j);
    before = squares(r, targets);
    for (int round = 0; round < k->q->rounds; round++) {
        double moved[UNKNOWNS], next[TARGETS], slope[TARGETS * UNKNOWNS], after, strength;
        if (reached(k->q->tolerance, r, targets)) return 1;
        step_from(unknowns, targets, z, r, j, damping, moved);
        NAME(residual)(k, unknowns, targets, n, moved, next, slope);
        after = squares(next, targets);
        if (after < before) {
            double fall = before - after;
            for (int u = 0; u < unknowns; u++) z[u] = moved[u];
            for (int t = 0; t < targets; t++) r[t] = next[t];
            for (int i = 0; i < targets * unknowns; i++) j[i] = slope[i];
            damping *= 0.1;
            if (fall < 1e-12 * before) break;
            before = after;
        } else {
            strength = squares(slope, targets * unknowns);
            damping = (damping > 1e-3 * strength ? damping : 1e-3 * strength) * 10;
            if (!(damping <= 1e8 * strength + 1e-300)) break;
        }
    }
    return reached(k->q->tolerance, r, targets);
}

/* The loops unroll for the common small problems. */
TARGET static int NAME(walk)(const walker *k, double *z, double *r) {
    const int unknowns = k->q->n_unknowns, targets = k->q->n_targets, n = k->m->order;
    if (unknowns == 2 && targets == 1 && n == 4) return NAME(walk_of)(k, 2, 1, 4, z, r);
    if (unknowns == 2 && targets == 2 && n == 4) return NAME(walk_of)(k, 2, 2, 4, z, r);
    if (unknowns == 4 && targets == 1 && n == 4) return NAME(walk_of)(k, 4, 1, 4, z, r);
    if (n == 4) return NAME(walk_of)(k, unknowns, targets, 4, z, r);
    return NAME(walk_of)(k, unknowns, targets, n, z, r);
}

/* f[targets][points] of a grid without bias, in float: `targets` rows of weights w[targets][rank]
 * against products[rank][points]. Four vectors of points and all targets stay in registers. */
INLINE_HERE void NAME(on_grid)(const float *w, const float *products, int rank, int points,
                               int targets, float *f) {
    enum { PART = 4 * FLOATS };
    for (int g = 0; g < points; g += PART) {
        wide s[TARGETS][4];
        for (int t = 0; t < targets; t++)
            for (int i = 0; i < 4; i++) s[t][i] = (wide){0};
        for (int r = 0; r < rank; r++) {
            const float *p = products + (size_t)r * (size_t)points + g;
            for (int i = 0; i < 4; i++) {
                const wide at = *(const wide *)(const void *)(p + i * FLOATS);
                for (int t = 0; t < targets; t++) s[t][i] += w[t * rank + r] * at;
            }
        }
        for (int t = 0; t < targets; t++)
            for (int i = 0; i < 4; i++)
                *(wide *)(void *)(f + t * points + g + i * FLOATS) = s[t][i];
    }
}

/* misfit[g] = sum of squares of r over a grid of a multiple of 64 points; the unit of r becomes the
 * range over the grid. */
TARGET static void NAME(survey)(walker *k, const float *products, int points, float *misfit) {
    const int rank = k->m->rank, targets = k->q->n_targets;
    float w[TARGETS * SNA_INVERSE_RANK], f[TARGETS * SNA_INVERSE_GRID];
    for (int i = 0; i < targets * rank; i++) w[i] = (float)k->w[i];
    if (targets == 1) NAME(on_grid)(w, products, rank, points, 1, f);
    else if (targets == 2) NAME(on_grid)(w, products, rank, points, 2, f);
    else NAME(on_grid)(w, products, rank, points, targets, f);
    for (int t = 0; t < targets; t++) {
        const float *of = f + t * points;
        wide low = *(const wide *)(const void *)of, high = low;
        float least, most, aim = (float)k->aim[t], share;
        for (int g = FLOATS; g < points; g += FLOATS) {
            const wide v = *(const wide *)(const void *)(of + g);
            low = SELECT(wide, v < low, v, low);
            high = SELECT(wide, v > high, v, high);
        }
        least = low[0];
        most = high[0];
        for (int i = 1; i < FLOATS; i++) {
            least = low[i] < least ? low[i] : least;
            most = high[i] > most ? high[i] : most;
        }
        k->share[t] = most > least ? 1 / (double)(most - least) : 1;
        share = (float)k->share[t];
        for (int g = 0; g < points; g += FLOATS) {
            const wide off = (*(const wide *)(const void *)(of + g) - aim) * share;
            wide *total = (wide *)(void *)(misfit + g);
            *total = t ? *total + off * off : off * off;
        }
    }
}

/* The point with the smallest misfit: the bits of a number order as it does, and its last eight say
 * where it is. No misfit is negative; without its sign NaN comes last. */
TARGET static int NAME(lowest)(const float *misfit, int points) {
    enum { MEASURE = 0x7fffff00 };
    NAME(bits) best, at;
    for (int i = 0; i < FLOATS; i++) at[i] = i;
    best = (*(const NAME(bits) *)(const void *)misfit & MEASURE) | at;
    for (int g = FLOATS; g < points; g += FLOATS) {
        const NAME(bits) here =
            (*(const NAME(bits) *)(const void *)(misfit + g) & MEASURE) | (at + g);
        best = SELECT(NAME(bits), here < best, here, best);
    }
    for (int i = 1; i < FLOATS; i++) best[0] = best[i] < best[0] ? best[i] : best[0];
    return best[0] & 255;
}

/* r[count][rows] of `count` products p[count][rank], without the right-hand side: columns are read
 * once for all. */
INLINE_HERE void NAME(apply)(const sna_misfit *q, const double *p, int count, double *r) {
    const int rank = q->forms->rank;
    for (int i = 0; i < q->n_rows; i += LANES) {
        lanes s[UNKNOWNS + 1];
        for (int c = 0; c < count; c++) s[c] = (lanes){0};
        for (int k = 0; k < rank; k++) {
            lanes a = LOAD(q->columns + (size_t)k * (size_t)q->n_rows + i);
            for (int c = 0; c < count; c++) s[c] += p[c * rank + k] * a;
        }
        for (int c = 0; c < count; c++) STORE(r + c * q->n_rows + i, s[c]);
    }
}

INLINE_HERE double NAME(energy_of)(const sna_misfit *q, int n, const double *z, double *work) {
    const sna_forms *m = q->forms;
    spot s[UNKNOWNS];
    double *p = work, *r = p + m->rank;
    lanes total = {0};
    places(q, z, s);
    for (int j = 0; j < m->rank / LANES; j++) {
        lanes product = ONES, atom[1];
        for (int i = 0; i < m->n_axes; i++) {
            NAME(atoms)(m, &s[i], j, 0, n, atom);
            product *= atom[0];
        }
        STORE(p + j * LANES, product);
    }
    NAME(apply)(q, p, 1, r);
    for (int i = 0; i < q->n_rows; i += LANES) {
        lanes off = LOAD(r + i) - LOAD(q->right + i);
        total += off * off;
    }
    return 0.5 * NAME(sum)(total) + q->constant;
}

TARGET static double NAME(energy)(const sna_misfit *q, const double *z, double *work) {
    return q->forms->order == 4 ? NAME(energy_of)(q, 4, z, work)
                                : NAME(energy_of)(q, q->forms->order, z, work);
}

/* pull[rank] = A^T r */
INLINE_HERE void NAME(pull_of)(const sna_misfit *q, const double *r, double *pull) {
    const int rank = q->forms->rank;
    for (int j = 0; j < rank; j += LANES) {
        lanes s = {0};
        for (int i = 0; i < q->n_rows; i++)
            s += r[i] * LOAD(q->rows + (size_t)i * (size_t)rank + j);
        STORE(pull + j, s);
    }
}

INLINE_HERE double NAME(local_of)(const sna_misfit *q, const double *z, int unknowns, int n,
                                  double *slope, double *curvature, double *work) {
    const sna_forms *m = q->forms;
    const int rank = m->rank, rows = q->n_rows;
    spot s[UNKNOWNS];
    double *p = work, *r = p + (unknowns + 1) * rank, *pull = r + (unknowns + 1) * rows,
           *kept = pull + rank;
    lanes total = {0}, bent[UNKNOWNS * UNKNOWNS];
    places(q, z, s);
    for (int j = 0; j < rank; j += LANES) {
        lanes atom[UNKNOWNS][3], before = ONES, part[UNKNOWNS], after;
        for (int i = 0; i < unknowns; i++) {
            NAME(atoms)(m, &s[i], j / LANES, 2, n, atom[i]);
            part[i] = before * atom[i][1];
            before *= atom[i][0];
            for (int o = 0; o < 3; o++) STORE(kept + (3 * i + o) * rank + j, atom[i][o]);
        }
        STORE(p + j, before);
        after = atom[unknowns - 1][0];
        for (int i = unknowns - 2; i >= 0; i--) {
            part[i] *= after;
            after *= atom[i][0];
        }
        for (int i = 0; i < unknowns; i++) STORE(p + (1 + i) * rank + j, part[i]);
    }
    NAME(apply)(q, p, unknowns + 1, r);
    for (int i = 0; i < rows; i += LANES) {
        lanes off = LOAD(r + i) - LOAD(q->right + i);
        STORE(r + i, off);
        total += off * off;
    }
    NAME(pull_of)(q, r, pull);
    for (int u = 0; u < unknowns; u++)
        for (int v = u; v < unknowns; v++) bent[u * unknowns + v] = (lanes){0};
    for (int j = 0; j < rank; j += LANES)
        for (int u = 0; u < unknowns; u++)
            for (int v = u; v < unknowns; v++) {
                lanes term = LOAD(pull + j) * LOAD(kept + (3 * u + (u == v ? 2 : 1)) * rank + j);
                for (int o = 0; o < unknowns; o++)
                    if (o != u) term *= LOAD(kept + (3 * o + (o == v ? 1 : 0)) * rank + j);
                bent[u * unknowns + v] += term;
            }
    for (int u = 0; u < unknowns; u++) {
        lanes along = {0};
        for (int i = 0; i < rows; i += LANES) along += LOAD(r + i) * LOAD(r + (1 + u) * rows + i);
        slope[u] = NAME(sum)(along) * q->width[u];
        for (int v = u; v < unknowns; v++) {
            lanes both = bent[u * unknowns + v];
            for (int i = 0; i < rows; i += LANES)
                both += LOAD(r + (1 + u) * rows + i) * LOAD(r + (1 + v) * rows + i);
            curvature[u * unknowns + v] = curvature[v * unknowns + u] =
                NAME(sum)(both) * q->width[u] * q->width[v];
        }
    }
    return 0.5 * NAME(sum)(total) + q->constant;
}

TARGET static double NAME(local)(const sna_misfit *q, const double *z, double *slope,
                                 double *curvature, double *work) {
    const int unknowns = q->forms->n_axes, n = q->forms->order;
    if (unknowns == 1 && n == 4) return NAME(local_of)(q, z, 1, 4, slope, curvature, work);
    if (unknowns == 2 && n == 4) return NAME(local_of)(q, z, 2, 4, slope, curvature, work);
    if (unknowns == 3 && n == 4) return NAME(local_of)(q, z, 3, 4, slope, curvature, work);
    if (n == 4) return NAME(local_of)(q, z, unknowns, 4, slope, curvature, work);
    return NAME(local_of)(q, z, unknowns, n, slope, curvature, work);
}

TARGET static void NAME(nearer)(const double *columns, size_t n, int d, const double *to,
                                double *distance) {
    for (size_t i = 0; i < n; i++) {
        double s = 0;
        for (int u = 0; u < d; u++) {
            double away = columns[(size_t)u * n + i] - to[u];
            s += away * away;
        }
        distance[i] = s < distance[i] ? s : distance[i];
    }
}

static const set NAME(set) = {NAME(contract), NAME(line),   NAME(walk),  NAME(survey),
                              NAME(lowest),   NAME(energy), NAME(local), NAME(nearer)};

#undef LANES
#undef FLOATS
#undef lanes
#undef wide
#undef LOAD
#undef STORE
#undef ONES
#undef SELECT
#undef INLINE_HERE
#undef NAME
#undef PASTE
#undef PASTE_
