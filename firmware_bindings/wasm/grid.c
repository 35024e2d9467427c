/* grid.c - values on a grid of two inputs, the others as they are asked; part of sna_wasm.c.
 * SPDX-License-Identifier: Apache-2.0
 *
 * In a sum of products every atom along one of the two inputs is computed once for its line of the
 * grid, and those of all other inputs once for the grid. Tensor trains, and models that compute
 * inputs from others, are asked node by node. */

/* A place along one of the two inputs. */
typedef struct grid_place {
    cell c;
    real b[SNA_MAX_DEGREE + 1], atom[LANES];
    int32_t status, reserved;
} grid_place;

typedef char grid_place_has_120_bytes[sizeof(grid_place) == 120 ? 1 : -1]; /* as in sna.js */

typedef struct grid {
    unsigned axis[2], flags; /* across and up */
    size_t n[2];
    grid_place *places[2];
    real *y; /* [up][across][outputs] */
    signed char *status;
} grid;

static sna_status fill_grid_cell(const grid *g, unsigned d, real x, cell *c, real *b) {
    const readings_record *r = readings_of(&model);
    const axis_record *a = axis_at(&model, d);
    place p;
    sna_status status;
    clear(&p, sizeof p);
    status = place_on(&model, a, r ? bordered(a, tolerances_of(r)[d], x) : x, g->flags, &p);
    c->b = b;
    fill_cell(&model, a, &p, c, 0);
    return status;
}

/* Cells of all places and of the inputs that stay; their statuses in `fixed` [axes]. */
static void fill_grid(const grid *g, const real *along, cell *cells, real *values,
                      sna_status *fixed) {
    for (unsigned side = 0; side < 2; side++)
        for (size_t i = 0; i < g->n[side]; i++) {
            grid_place *p = g->places[side] + i;
            p->status = fill_grid_cell(g, g->axis[side], *along++, &p->c, p->b);
        }
    for (unsigned d = 0; d < model.n_axes; d++) {
        if (d != g->axis[0] && d != g->axis[1])
            fixed[d] = fill_grid_cell(g, d, asked[d], &cells[d], values);
        values += axis_at(&model, d)->degree + 1u;
    }
}

/* One copy of what is unrolled, in favour of the size. */
NOINLINE void next_atoms(cell *c, real *atom) {
    atoms(c, c->b, atom);
    advance(c);
}

/* Atoms of the next four modes along a line; 1 in groups that do not take its input. */
static void grid_atoms(const grid *g, unsigned side, int used) {
    for (grid_place *p = g->places[side], *end = p + g->n[side]; p < end; p++) {
        if (used) next_atoms(&p->c, p->atom);
        for (int j = 0; j < LANES && !used; j++) p->atom[j] = 1;
    }
}

/* Four modes more in every node; `fixed`: their products over the inputs that stay. */
static void add_grid_modes(const grid *g, const f32 *w, const real *fixed) {
    const unsigned n_outputs = model.n_outputs;
    real *y = g->y;
    for (size_t j = 0; j < g->n[1]; j++)
        for (unsigned k = 0; k < n_outputs; k++) {
            const grid_place *p = g->places[0], *end = p + g->n[0];
            real *at = y + k, v[LANES];
            for (unsigned l = 0; l < LANES; l++)
                v[l] = (real)w[l * n_outputs + k] * fixed[l] * g->places[1][j].atom[l];
            for (; p < end; p++, at += n_outputs)
                *at +=
                    v[0] * p->atom[0] + v[1] * p->atom[1] + (v[2] * p->atom[2] + v[3] * p->atom[3]);
            if (k + 1 == n_outputs) y += g->n[0] * n_outputs;
        }
}

static void add_grid_groups(const grid *g, cell *cells, uint8_t *use) {
    const f32 *w = weights_at(&model);
    for (unsigned i = 0; i < model.n_groups; i++) {
        const group_record *group = group_at(&model, i);
        const uint8_t *end = use + axes_of(&model, group, use);
        for (uint32_t left = padded(group->count); left;
             left -= LANES, w += LANES * model.n_outputs) {
            real fixed[LANES] = {1, 1, 1, 1}, atom[LANES];
            for (const uint8_t *d = use; d < end; d++) {
                if (*d == g->axis[0] || *d == g->axis[1]) continue;
                next_atoms(&cells[*d], atom);
                for (int l = 0; l < LANES; l++) fixed[l] *= atom[l];
            }
            for (unsigned side = 0; side < 2; side++)
                grid_atoms(g, side, uses(group, g->axis[side]));
            add_grid_modes(g, w, fixed);
        }
    }
}

/* The status of one node, in the order of the axes as every query has it; `each` [axes]. */
static sna_status status_of_all(const sna_status *each) {
    sna_status status = SNA_OK;
    for (unsigned d = 0; d < model.n_axes; d++) {
        if (each[d] < 0) return each[d];
        if (each[d] == SNA_EXTRAPOLATED || status == SNA_OK) status = each[d];
    }
    return status;
}

static void finish_grid(const grid *g, sna_status *each) {
    const unsigned n_outputs = model.n_outputs;
    real *y = g->y;
    signed char *status = g->status;
    for (size_t j = 0; j < g->n[1]; j++)
        for (size_t i = 0; i < g->n[0]; i++, y += n_outputs) {
            each[g->axis[0]] = (sna_status)g->places[0][i].status;
            each[g->axis[1]] = (sna_status)g->places[1][j].status;
            *status = (signed char)status_of_all(each);
            for (unsigned k = 0; k < n_outputs; k++)
                y[k] = *status < 0 ? not_a_number() : output_of(output_at(&model, k), y[k]);
            status++;
        }
}

static void grid_at_once(const grid *g, const real *along) {
    sna_status each[SNA_MAX_AXES];
    const space s = for_values;
    real *y = g->y;
    fill_grid(g, along, s.cells, s.values, each);
    for (size_t n = g->n[0] * g->n[1]; n--;)
        for (unsigned k = 0; k < model.n_outputs; k++) *y++ = output_at(&model, k)->bias;
    add_grid_groups(g, s.cells, s.use);
    finish_grid(g, each);
}

static void grid_by_nodes(const grid *g, const real *along) {
    real *y = g->y;
    signed char *status = g->status;
    for (size_t j = 0; j < g->n[1]; j++)
        for (size_t i = 0; i < g->n[0]; i++, y += model.n_outputs) {
            const real *at;
            asked[g->axis[0]] = along[i];
            asked[g->axis[1]] = along[g->n[0] + j];
            *status++ = (signed char)value_of(g->flags, asked, &at, y);
        }
}

/* At `room`: 120 bytes per place across and up, the places themselves, y, statuses. */
EXPORT(grid)
void values_on_grid(unsigned flags, unsigned across, unsigned up, size_t n_across, size_t n_up) {
    const readings_record *r = readings_of(&model);
    grid_place *places = (grid_place *)kept;
    real *along = (real *)(void *)(places + n_across + n_up);
    grid g = {{across, up}, flags, {n_across, n_up}, {places, places + n_across}, NULL, NULL};
    g.y = along + n_across + n_up;
    g.status = (signed char *)(g.y + n_across * n_up * model.n_outputs);
    if (is_train(&model) || (r && (r->n_derived || r->n_raw))) grid_by_nodes(&g, along);
    else grid_at_once(&g, along);
}
