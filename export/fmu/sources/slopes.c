/* slopes.c - derivatives of the outputs by the inputs of an FMU.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Included by sna_fmu.c. Values have the exact gradient of the model, through the formulas of
 * derived inputs by dual numbers; interval ends and familiarity have central differences. */

typedef struct dual {
    real v, d; /* value and slope */
} dual;

static dual dual_of_one(unsigned operation, dual a) {
    const real v = of_one(operation, a.v);
    if (operation == NEGATIVE) a.d = -a.d;
    else if (operation == ABSOLUTE) a.d = a.v < 0 ? -a.d : a.d;
    else if (operation == ROOT) a.d = a.d != 0 ? a.d / (2 * v) : 0;
    else if (operation == EXPONENTIAL) a.d *= v;
    else a.d /= a.v;
    a.v = v;
    return a;
}

/* a^b, a > 0 where b moves. */
static dual dual_power(dual a, dual b) {
    const dual found = {power(a.v, b.v),
                        (a.d != 0 && b.v != 0 ? b.v * power(a.v, b.v - 1) * a.d : 0) +
                            (b.d != 0 ? power(a.v, b.v) * logarithm(a.v) * b.d : 0)};
    return found;
}

static dual dual_of_two(unsigned operation, dual a, dual b) {
    dual found = {of_two(operation, a.v, b.v), 0};
    if (operation == POWER) return dual_power(a, b);
    if (operation == ADD) found.d = a.d + b.d;
    else if (operation == SUBTRACT) found.d = a.d - b.d;
    else if (operation == MULTIPLY) found.d = a.d * b.v + a.v * b.d;
    else if (operation == DIVIDE) found.d = (a.d - found.v * b.d) / b.v;
    else return (a.v < b.v) == (operation == MINIMUM) ? a : b;
    return found;
}

/* What a term or step reads; `seed` [readings]. */
static dual dual_operand(const fmu *self, const term_record *t, const double *seed) {
    const unsigned i = t->kind ? FMU_AXES + t->index : t->index;
    const dual found = {t->kind ? self->now.readings[i] : self->x[i], seed[i]};
    return found;
}

static real program_slope(const fmu *self, const term_record *t, unsigned n, const double *seed) {
    dual stack[DEEPEST] = {{0, 0}};
    int depth = 0;
    for (; n--; t++) {
        dual v = {REAL(t->number), 0};
        if (t->kind == OPERATION && t->index >= OF_ONE) {
            v = dual_of_one(t->index, stack[--depth]);
        } else if (t->kind == OPERATION) {
            depth -= 2;
            v = dual_of_two(t->index, stack[depth], stack[depth + 1]);
        } else if (t->kind != LOAD_NUMBER) {
            v = dual_operand(self, t, seed);
        }
        stack[depth++] = v;
    }
    return stack[0].d;
}

static real formula_slope(const fmu *self, const derived_record *f, const term_record *t,
                          const double *seed) {
    dual value = {REAL(f->constant), 0};
    if (f->formula == PROGRAM) return program_slope(self, t, f->n_terms, seed);
    for (const term_record *end = t + f->n_terms; t < end; t++) {
        const dual v = dual_operand(self, t, seed), number = {REAL(t->number), 0};
        if (f->formula == SUM) value.d += number.v * v.d;
        else value = dual_of_two(MULTIPLY, value, dual_power(v, number));
    }
    return value.d;
}

/* dx [axes] of a change of the readings, `seed` [readings]. */
static void move_of(const fmu *self, const double *seed, double *dx) {
    const readings_record *r = readings_of(&self->model);
    const derived_record *f;
    const term_record *t;
    for (unsigned d = 0; d < FMU_AXES; d++) dx[d] = seed[d];
    if (!r) return;
    f = derived_of(&self->model, r);
    t = terms_of(&self->model, r);
    for (const derived_record *end = f + r->n_derived; f < end; t += f++->n_terms)
        dx[f->axis] = formula_slope(self, f, t, seed);
}

static int slopes_known(fmu *self) {
    double y[FMU_OUTPUTS];
    answer(self);
    if (self->status < 0 || self->sloped) return self->status >= 0;
    self->sloped = sna_eval_grad(&self->model, flags_of(self), self->x, y, self->slopes, self->work,
                                 sizeof self->work) >= 0;
    return self->sloped;
}

/* Difference quotient of something continuous by one input, inside the domain. */
static double quotient(fmu *self, unsigned unknown, unsigned input) {
    const fmu_input *i = fmu_inputs + input;
    const double at = self->now.readings[i->slot], h = STEP * (i->high - i->low);
    double ends[2], values[2] = {0, 0};
    ends[0] = at - h < i->low && at >= i->low ? at : at - h;
    ends[1] = at + h > i->high && at <= i->high ? at : at + h;
    for (int side = 0; side < 2; side++) {
        self->now.readings[i->slot] = ends[side];
        changed(self);
        answer(self);
        values[side] = *place_of(self, unknown);
    }
    self->now.readings[i->slot] = at;
    changed(self);
    answer(self);
    return (values[1] - values[0]) / (ends[1] - ends[0]);
}

/* d unknown / d known. */
static double slope(fmu *self, unsigned unknown, unsigned known) {
    double seed[FMU_READINGS] = {0}, dx[FMU_AXES], sum = 0;
    const unsigned k = unknown & 255u;
    if (has_levels(known)) return 0;
    if (unknown >> 8 != OF_VALUE) return quotient(self, unknown, known & 255u);
    if (!slopes_known(self)) return not_a_number();
    seed[fmu_inputs[known & 255u].slot] = 1;
    move_of(self, seed, dx);
    for (unsigned d = 0; d < FMU_AXES; d++)
        if (dx[d] != 0) sum += self->slopes[k * FMU_AXES + d] * dx[d];
    return sum;
}

static int can_be_unknown(fmu *self, unsigned reference) {
    return reference >> 8 > OF_INPUT && place_of(self, reference) != NULL;
}

/* seed and found: [knowns] and [unknowns]; `adjoint` changes their roles. */
static int derivatives(fmu *self, const unsigned *unknowns, size_t n_unknowns,
                       const unsigned *knowns, size_t n_knowns, const double *seed, double *found,
                       int adjoint) {
    for (size_t i = 0; i < n_unknowns; i++)
        if (!can_be_unknown(self, unknowns[i])) return failed(self, "an unknown without a slope");
    for (size_t j = 0; j < n_knowns; j++)
        if (knowns[j] >> 8 != OF_INPUT || !place_of(self, knowns[j]))
            return failed(self, "a known that is no input");
    for (size_t i = 0; i < (adjoint ? n_knowns : n_unknowns); i++) found[i] = 0;
    answer(self);
    for (size_t i = 0; i < n_unknowns; i++)
        for (size_t j = 0; j < n_knowns; j++) {
            const double weight = seed[adjoint ? i : j];
            if (weight != 0 || self->status < 0)
                found[adjoint ? j : i] += weight * slope(self, unknowns[i], knowns[j]);
        }
    return worth(self);
}
