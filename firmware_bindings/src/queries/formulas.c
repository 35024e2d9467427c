/* ----------------------------------------------------------------------- formulas of derived
 * inputs */
#ifndef SNA_NO_COMPANIONS

/* v^e: whole exponents up to 8 by multiplication; NaN where the base is below 0 under another one,
 * 0^e = 0 for e > 0. */
static real power(real v, real e) {
    const real size = absolute(e);
    int n = size <= 8 ? (int)size : 0;
    real product = 1;
    if (size <= 8 && (real)n >= size) {
        while (n--) product *= v;
        return e < 0 ? 1 / product : product;
    }
    if (!(v < 0) && !(v > 0) && v - v >= 0 && e > 0) return 0;
    return v > 0 && is_finite(v) ? exponential(e * logarithm(v)) : not_a_number();
}

/* sqrt(v) from exp(ln v / 2), with one step of Newton; NaN below 0. */
static real square_root(real v) {
    real s;
    if (!(v > 0)) return v < 0 ? not_a_number() : v;
    if (!is_finite(v)) return v;
    s = exponential(logarithm(v) * (real)0.5f);
    return (s + v / s) * (real)0.5f;
}

static real of_one(unsigned operation, real v) {
    if (operation == NEGATIVE) return -v;
    if (operation == ABSOLUTE) return absolute(v);
    if (operation == ROOT) return square_root(v);
    if (operation == EXPONENTIAL) return exponential(v);
    return v > 0 && is_finite(v) ? logarithm(v) : not_a_number();
}

static real of_two(unsigned operation, real a, real b) {
    if (operation == ADD) return a + b;
    if (operation == SUBTRACT) return a - b;
    if (operation == MULTIPLY) return a * b;
    if (operation == DIVIDE) return a / b;
    if (operation == POWER) return power(a, b);
    return (a < b) == (operation == MINIMUM) ? a : b;
}

/* What a term or step reads: from x and raw, or from `row` where there is one. */
static real operand(const term_record *t, const real *x, const real *raw, const f64 *row,
                    unsigned n_axes) {
    if (row) return REAL(row[t->index + (t->kind ? n_axes : 0)]);
    if (t->kind ? !raw : !x) return not_a_number();
    return t->kind ? raw[t->index] : x[t->index];
}

/* A program that holds: its stack never overflows. NaN where a step has no finite result. */
static real program_value(const term_record *t, unsigned n, const real *x, const real *raw,
                          const f64 *row, unsigned n_axes) {
    real stack[DEEPEST] = {0};
    int depth = 0;
    for (; n--; t++) {
        real v;
        if (t->kind == LOAD_NUMBER) v = REAL(t->number);
        else if (t->kind != OPERATION) v = operand(t, x, raw, row, n_axes);
        else if (t->index >= OF_ONE) v = of_one(t->index, stack[--depth]);
        else {
            depth -= 2;
            v = of_two(t->index, stack[depth], stack[depth + 1]);
        }
        if (!is_finite(v)) return not_a_number();
        stack[depth++] = v;
    }
    return stack[0];
}

static real derived_value(const derived_record *f, const term_record *t, const real *x,
                          const real *raw, const f64 *row, unsigned n_axes) {
    real value = REAL(f->constant);
    if (f->formula == PROGRAM) return program_value(t, f->n_terms, x, raw, row, n_axes);
    for (const term_record *end = t + f->n_terms; t < end; t++) {
        const real v = operand(t, x, raw, row, n_axes), number = REAL(t->number);
        if (f->formula == SUM) value += number * v;
        else value *= power(v, number);
    }
    return value;
}

/* Do the formulas give what the file expects at its reference readings, to 64 roundings of every
 * step? */
static int formulas_replayed(const sna_model *m) {
    const readings_record *r = readings_of(m);
    const f64 *row, *expected;
    if (!r) return 1;
    row = reference_readings_of(m, r);
    expected = row + (size_t)r->n_golden * (m->n_axes + (size_t)r->n_raw);
    for (unsigned g = 0; g < r->n_golden; g++, row += m->n_axes + r->n_raw) {
        const derived_record *f = derived_of(m, r);
        const term_record *t = terms_of(m, r);
        for (unsigned i = 0; i < r->n_derived; i++, expected += 2, t += f++->n_terms) {
            const real off =
                absolute(derived_value(f, t, NULL, NULL, row, m->n_axes) - REAL(expected[0]));
            if (!(off <= 32 * ROUNDING * REAL(expected[1]))) return 0;
        }
    }
    return 1;
}
#endif
