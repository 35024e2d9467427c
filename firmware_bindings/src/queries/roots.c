/* ---------------------------------------------------------------------------------------- roots */
/* coefficient[0..n) of f on one span along the unknown axis, u in [0, 1] */
typedef struct polynomial {
    real c[SNA_MAX_DEGREE + 1];
    unsigned n;
} polynomial;

/* What is sought, what was found so far, and the reachable value closest to the target. */
typedef struct root_search {
    const output_record *output;
    real target, aim, tolerance,
        merge; /* aim: target before the link; merge: closer roots are one */
    int aimed; /* 0: the target lies outside the range of the link */
    sna_root *roots;
    size_t room, found;
    real nearest, distance;
    int tangent, full;
} root_search;

static real evaluate_polynomial(const real *c, unsigned n, real u) {
    real value = c[n - 1];
    for (unsigned k = n - 1; k-- > 0;) value = value * u + c[k];
    return value;
}

static int aim_at(root_search *search) {
    real g = (search->target - REAL(search->output->offset)) / REAL(search->output->scale);
    if (!is_finite(g)) return 0;
    if (search->output->link == LINK_EXP && !(g > 0)) return 0;
    if (search->output->link == LINK_LOGISTIC && !(g > 0 && g < 1)) return 0;
    search->aim = search->output->link == LINK_EXP        ? logarithm(g)
                  : search->output->link == LINK_LOGISTIC ? logarithm(g) - logarithm(1 - g)
                                                          : g;
    return 1;
}

static void note_value(root_search *search, real f) {
    real y = output_of(search->output, f), distance = absolute(y - search->target);
    if (distance < search->distance) {
        search->distance = distance;
        search->nearest = y;
    }
}

static void add_root(root_search *search, real low, real high) {
    if (search->found && low - search->roots[search->found - 1].high <= search->merge) {
        sna_root *last = &search->roots[search->found - 1];
        if (high > last->high && (low < high || last->low < last->high)) last->high = high;
        return;
    }
    if (search->found == search->room) {
        search->full = 1;
        return;
    }
    search->roots[search->found].low = low;
    search->roots[search->found++].high = high;
}

/* Zero of a polynomial that changes sign on [a, b]: bisection to the last bit. */
static real bisected(const real *c, unsigned n, real a, real b) {
    int rising = evaluate_polynomial(c, n, b) > 0;
    for (int i = 0; i < 64; i++) {
        real middle = (a + b) * (real)0.5f;
        if (!(middle > a && middle < b)) break;
        if ((evaluate_polynomial(c, n, middle) > 0) == rising) b = middle;
        else a = middle;
    }
    return (a + b) * (real)0.5f;
}

/* Points that cut [0, 1] into pieces on which the polynomial is monotone: zeros of its derivatives,
 * highest first. cuts[0] = 0 and cuts[returned - 1] = 1. */
static unsigned monotone_cuts(const polynomial *p, real cuts[SNA_MAX_DEGREE + 2]) {
    unsigned n_cuts = 2;
    cuts[0] = 0;
    cuts[1] = 1;
    for (unsigned order = p->n - 1; order-- > 1;) {
        real d[SNA_MAX_DEGREE + 1] = {0}, next[SNA_MAX_DEGREE + 2];
        unsigned n = p->n - order, found = 1;
        for (unsigned k = 0; k < n; k++) {
            d[k] = p->c[k + order];
            for (unsigned j = 0; j < order; j++) d[k] *= (real)(int)(k + order - j);
        }
        next[0] = 0;
        for (unsigned i = 0; i + 1 < n_cuts; i++) {
            real left = evaluate_polynomial(d, n, cuts[i]),
                 right = evaluate_polynomial(d, n, cuts[i + 1]);
            if ((left > 0) == (right > 0) || !(left < 0 || left > 0)) continue;
            next[found++] = bisected(d, n, cuts[i], cuts[i + 1]);
        }
        next[found++] = 1;
        for (unsigned i = 0; i < found; i++) cuts[i] = next[i];
        n_cuts = found;
    }
    return n_cuts;
}

/* Roots on one span [start, start + width]. */
static void search_span(root_search *search, const polynomial *p, real start, real width) {
    real cuts[SNA_MAX_DEGREE + 2], largest = 0;
    unsigned n_cuts = monotone_cuts(p, cuts);
    polynomial q = *p;
    for (unsigned i = 0; i < n_cuts; i++)
        note_value(search, evaluate_polynomial(p->c, p->n, cuts[i]));
    if (!search->aimed) return;
    q.c[0] -= search->aim;
    for (unsigned k = 0; k < q.n; k++)
        largest = absolute(q.c[k]) > largest ? absolute(q.c[k]) : largest;
    if (largest <= search->tolerance) {
        add_root(search, start, start + width);
        return;
    }
    for (unsigned i = 0; i < n_cuts; i++) {
        real here = evaluate_polynomial(q.c, q.n, cuts[i]);
        if (absolute(here) <= search->tolerance) {
            if (i && i + 1 < n_cuts) search->tangent = 1;
            add_root(search, start + width * cuts[i], start + width * cuts[i]);
        }
        if (i + 1 < n_cuts) {
            real next = evaluate_polynomial(q.c, q.n, cuts[i + 1]);
            if (absolute(here) > search->tolerance && absolute(next) > search->tolerance &&
                (here > 0) != (next > 0)) {
                real x = start + width * bisected(q.c, q.n, cuts[i], cuts[i + 1]);
                add_root(search, x, x);
            }
        }
    }
}

/* g[row] = f along the unknown axis when its basis function `row` is 1, without bias. */
static void cp_rows(const sna_model *m, unsigned axis, unsigned output, cell *cells, uint8_t *use,
                    real *rows, real *constant) {
    const axis_record *a = axis_at(m, axis);
    const f32 *w = weights_at(m);
    uint32_t column = 0;
    for (unsigned g = 0; g < m->n_groups; g++) {
        unsigned n = axes_of(m, group_at(m, g), use);
        for (uint32_t left = padded(group_at(m, g)->count); left;
             left -= LANES, w += LANES * m->n_outputs) {
            real mode[LANES], atom[LANES];
            const unsigned char *at = section(m, TABLES) + a->table;
            for (unsigned j = 0; j < LANES; j++) mode[j] = (real)w[j * m->n_outputs + output];
            for (unsigned i = 0; i < n; i++) {
                if (use[i] == axis) continue;
                atoms(&cells[use[i]], cells[use[i]].b, atom);
                advance(&cells[use[i]]);
                for (int j = 0; j < LANES; j++) mode[j] *= atom[j];
            }
            if (!uses(group_at(m, g), axis)) {
                *constant += mode[0] + mode[1] + (mode[2] + mode[3]);
                continue;
            }
            for (uint32_t row = 0; row < a->n_rows; row++, at += row_bytes(a))
                for (uint32_t j = 0; j < LANES; j++)
                    rows[row] += mode[j] * element(at, a->dtype, column + j);
            column += LANES;
        }
    }
}

#ifndef SNA_NO_TT
static void tt_rows(const sna_model *m, unsigned axis, unsigned output, cell *cells, real *scratch,
                    real *rows) {
    const axis_record *a = axis_at(m, axis);
    real *prefix = tt_prefixes(m, cells, axis, scratch), *suffix = prefix + a->left,
         *next = suffix + m->max_rank, *swap;
    cell c = cells[axis];
    real one = 1;
    for (uint32_t r = 0; r < m->n_modes; r++)
        suffix[r] = (real)weights_at(m)[r * m->n_outputs + output];
    for (unsigned d = m->n_axes; --d > axis; swap = suffix, suffix = next, next = swap)
        tt_column(axis_at(m, d), &cells[d], cells[d].b, suffix, next);
    c.n = 1;
    c.at = section(m, TABLES) + a->table;
    for (uint32_t row = 0; row < a->n_rows; row++, c.at += c.stride)
        for (uint32_t l = 0; l < a->left; l++)
            for (uint32_t r = 0; r < a->right; r++)
                rows[row] += prefix[l] * entry(&c, &one, l * a->right + r) * suffix[r];
}
#endif

static void span_polynomial(const sna_model *m, const axis_record *a, uint32_t span,
                            const real *rows, real constant, polynomial *p) {
    const u16 *row = first_rows(m, a);
    const f32 *matrix = (const f32 *)(const void *)(section(m, MATRICES) + a->matrices);
    p->n = a->degree + 1u;
    matrix += (uint32_t)row[a->n_spans + span] * p->n * p->n;
    for (unsigned k = 0; k <= SNA_MAX_DEGREE; k++) p->c[k] = k ? 0 : constant;
    for (unsigned k = 0; k < p->n; k++) {
        for (unsigned i = 0; i < p->n; i++)
            p->c[k] += (real)matrix[i * p->n + k] * rows[row[span] + i];
    }
}

/* Size of what is summed along the unknown axis; infinite where a sum has overflowed. */
static real reach_of(const real *rows, uint32_t n, real constant) {
    real largest = absolute(constant), sum = constant;
    for (uint32_t row = 0; row < n; row++) {
        sum += absolute(rows[row]) *
               (real)65536.0f; /* more than the coefficients of a span can grow by */
        if (absolute(rows[row]) > largest) largest = absolute(rows[row]);
    }
    return is_finite(sum) ? largest : (real)float_of_bits(0x7F800000u);
}

static void search_axis(const sna_model *m, const axis_record *a, const real *rows, real constant,
                        real reach, root_search *search) {
    const f64 *breaks = breaks_at(m, a);
    real aim = absolute(search->aim), largest = reach;
    if (aim > 64 * reach)
        aim = 64 * reach; /* a target far outside must not widen what counts as a root */
    if (absolute(constant) + aim > largest) largest = absolute(constant) + aim;
#ifdef SNA_FLOAT
    search->tolerance = largest * 4e-7f;
    search->merge = (UPPER(a) - LOWER(a)) * 1e-5f;
#else
    search->tolerance = largest * 4e-15;
    search->merge = (UPPER(a) - LOWER(a)) * 1e-12;
#endif
    for (uint32_t s = 0; s < a->n_spans; s++) {
        polynomial p;
        real start, width = 0;
        span_polynomial(m, a, s, rows, constant, &p);
        if (a->kind == CATEGORICAL) {
            start = (real)(int32_t)s;
        } else if (is_uniform(a)) {
            width = 1 / INV_WIDTH(a);
            start = LOWER(a) + (real)(int32_t)s * width;
        } else {
            start = REAL(breaks[s]);
            width = REAL(breaks[s + 1]) - start;
        }
        search_span(search, &p, start, width);
    }
}

static sna_status verdict(const root_search *search, real width) {
    int close = search->tangent;
    for (size_t i = 1; i < search->found; i++)
        close |= search->roots[i].low - search->roots[i - 1].high < width * (real)1e-6f;
    if (search->full) return SNA_NO_SPACE;
    if (!search->found) return SNA_UNREACHABLE;
    return close ? SNA_TANGENT : search->found > 1 ? SNA_SEVERAL : SNA_OK;
}

sna_status sna_roots(const sna_model *m, const real *x, unsigned axis, unsigned output, real target,
                     sna_root *roots, size_t max_roots, size_t *n_roots, real *nearest, void *work,
                     size_t work_size) {
    root_search search;
    space s;
    sna_status status;
    real *rows, constant, reach;
    clear(&search, sizeof search);
    *n_roots = 0;
    *nearest = not_a_number();
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
    if (axis >= m->n_axes || output >= m->n_outputs || !(target - target >= 0) || !roots)
        return SNA_BAD_INPUT;
    status = take_space(m, SNA_WORK_ROOTS, work, work_size, &s);
    if (status != SNA_OK) return status;
    status = fill_cells_but(m, x, s.cells, s.values, axis);
    if (status < 0) return status;
    rows = s.scratch;
    for (uint32_t row = 0; row < axis_at(m, axis)->n_rows; row++) rows[row] = 0;
    constant = REAL(output_at(m, output)->bias);
#ifndef SNA_NO_TT
    if (is_train(m)) tt_rows(m, axis, output, s.cells, rows + axis_at(m, axis)->n_rows, rows);
    else
#endif
        cp_rows(m, axis, output, s.cells, s.use, rows, &constant);
    search.output = output_at(m, output);
    search.target = target;
    search.roots = roots;
    search.room = max_roots;
    search.distance = (real)float_of_bits(0x7F800000u);
    search.aimed = aim_at(&search);
    reach = reach_of(rows, axis_at(m, axis)->n_rows, constant);
    if (!is_finite(reach)) return SNA_NOT_CONVERGED;
    search_axis(m, axis_at(m, axis), rows, constant, reach, &search);
    *n_roots = search.found;
    *nearest = search.found ? target : search.nearest;
    return verdict(&search, UPPER(axis_at(m, axis)) - LOWER(axis_at(m, axis)));
}
