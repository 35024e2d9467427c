/* --------------------------------------------------------------- basis values, cells of a query */

#ifdef SNA_FLOAT
/* A number as the unevaluated sum of two: twice the digits. */
typedef struct pair {
    real high, low;
} pair;

/* What rounding took from the product p = a b. The instruction itself on Cortex-M: without an
 * operating system clang calls fmaf of libm for the builtin, which is 2 KB of emulated double. */
INLINE real product_error(real a, real b, real p) {
#if defined(__GNUC__) && defined(__arm__) && defined(__ARM_FEATURE_FMA)
    real error = -p;
    __asm("vfma.f32 %[error], %[a], %[b]" : [error] "+t"(error) : [a] "t"(a), [b] "t"(b));
    return error;
#elif defined(__GNUC__) && (defined(__FMA__) || defined(__FP_FAST_FMAF))
    return __builtin_fmaf(a, b, -p);
#else
    return (real)((f64)a * (f64)b - (f64)p);
#endif
}

/* s u + a. Source: Graillat, Langlois, Louvet, Compensated Horner scheme (2005). */
INLINE pair times_plus(pair s, real u, pair a) {
    real p = s.high * u, part;
    pair sum;
    sum.high = p + a.high;
    part = sum.high - p;
    sum.low = s.low * u +
              (product_error(s.high, u, p) + ((p - (sum.high - part)) + (a.high - part)) + a.low);
    return sum;
}

/* basis_of_order where powers of u cancel: in Bernstein polynomials of degree 7 terms of up to 672
 * sum to less than 1. */
static void basis_of_high_order(const f32 *matrix, unsigned n, const place *p, real *b, real *db) {
    int steep = db || p->excess < 0 || p->excess > 0;
    for (unsigned i = 0; i < n; i++, matrix += n) {
        pair value = {matrix[n - 1], 0}, slope = {0, 0};
        for (unsigned k = n - 1; k-- > 0;) {
            pair next = {matrix[k], 0};
            if (steep) slope = times_plus(slope, p->u, value);
            value = times_plus(value, p->u, next);
        }
        b[i] = value.high + value.low + p->excess * p->rate * (slope.high + slope.low);
        if (db) db[i] = (slope.high + slope.low) * p->rate;
    }
}
#endif

/* b[0..p] = basis values at the place, db (may be NULL) = their derivatives with respect to x. */
static void basis_of_order(const f32 *matrix, unsigned n, const place *p, real *b, real *db) {
    real u = p->u;
#ifdef SNA_FLOAT
    if (n > 4) {
        basis_of_high_order(matrix, n, p, b, db);
        return;
    }
#endif
    for (unsigned i = 0; i < n; i++, matrix += n) {
        real value = (real)matrix[n - 1], slope = 0;
        for (unsigned k = n - 1; k-- > 0;) {
            if (db || p->excess < 0 || p->excess > 0) slope = slope * u + value;
            value = value * u + (real)matrix[k];
        }
        b[i] = value + p->excess * p->rate * slope;
        if (db) db[i] = slope * p->rate;
    }
}

/* The usual case, kept apart so that the compiler unrolls it: cubic, inside, no derivative. */
INLINE void basis_cubic(const f32 *m, real u, real *b) {
    for (int i = 0; i < 4; i++, m += 4)
        b[i] = (((real)m[3] * u + (real)m[2]) * u + (real)m[1]) * u + (real)m[0];
}

/* What an axis brings to one query: its first table row and its basis values. `at` moves on mode by
 * mode. */
typedef struct cell {
    const unsigned char *at;
    uint32_t stride;  /* bytes from row to row */
    uint8_t dtype, n; /* n = p + 1 */
    real *b;          /* b[n], for gradients followed by db[n] */
} cell;

static uint32_t row_bytes(const axis_record *a) {
    return a->n_columns << (a->dtype == DT_F32 ? 2 : a->dtype == DT_I8 ? 0 : 1);
}

static void fill_cell(const sna_model *m, const axis_record *a, const place *p, cell *c,
                      int with_slope) {
    const u16 *row = first_rows(m, a);
    const f32 *matrix = (const f32 *)(const void *)(section(m, MATRICES) + a->matrices);
    c->n = (uint8_t)(a->degree + 1u);
    c->dtype = a->dtype;
    c->stride = row_bytes(a);
    c->at = section(m, TABLES) + a->table + row[p->span] * c->stride;
    matrix += (uint32_t)row[a->n_spans + p->span] * c->n * c->n;
    if (c->n == 4 && !with_slope && !(p->excess < 0 || p->excess > 0))
        basis_cubic(matrix, p->u, c->b);
    else basis_of_order(matrix, c->n, p, c->b, with_slope ? c->b + c->n : NULL);
}

#ifndef SNA_PLAIN_ONLY
/* The usual axis in few instructions: uniform, not periodic, cubic, x inside. Returns 0 to leave
 * the axis to fill_cell. */
INLINE int fill_plain(const sna_model *m, const axis_record *a, real x, cell *c,
                      sna_status *status) {
    const u16 *row;
    real u;
    uint32_t span;
    if (a->kind != CONTINUOUS || a->flags != 1 || a->degree != 3 ||
        !(x >= LOWER(a) && x <= UPPER(a)))
        return 0;
    u = uniform_place(a, x, &span);
    row = first_rows(m, a) + span;
    c->n = 4;
    c->dtype = a->dtype;
    c->stride = row_bytes(a);
    c->at = section(m, TABLES) + a->table + row[0] * c->stride;
    basis_cubic((const f32 *)(const void *)(section(m, MATRICES) + a->matrices) +
                    16u * row[a->n_spans],
                u, c->b);
    if (!section(m, SPANS)[a->support + span] && *status == SNA_OK) *status = SNA_EDGE;
    return 1;
}

/* Cells of all axes from coordinates; returns the status of the query. `values` takes (1 or 2) *
 * (p+1) per axis. */
static sna_status fill_cells(const sna_model *m, unsigned flags, const real *x, cell *cells,
                             real *values, int with_slope) {
    sna_status status = SNA_OK;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        cells[d].b = values;
        values += (a->degree + 1u) << with_slope;
        if (with_slope || !fill_plain(m, a, x[d], &cells[d], &status)) {
            place p;
            sna_status s = place_on(m, a, x[d], flags, &p);
            if (s < 0) return s;
            if (s == SNA_EXTRAPOLATED || status == SNA_OK) status = s;
            fill_cell(m, a, &p, &cells[d], with_slope);
        }
    }
    return status;
}

#endif

/* As fill_cells without slopes and extrapolation; the coordinate of axis `but` is not looked at. */
static sna_status fill_cells_but(const sna_model *m, const real *x, cell *cells, real *values,
                                 unsigned but) {
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        place p;
        sna_status s;
        clear(&p, sizeof p);
        s = d == but ? SNA_OK : place_on(m, a, x[d], 0, &p);
        if (s < 0) return s;
        cells[d].b = values;
        fill_cell(m, a, &p, &cells[d], 0);
        values += a->degree + 1u;
    }
    return SNA_OK;
}
