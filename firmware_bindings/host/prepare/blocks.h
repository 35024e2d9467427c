/* blocks.h - modes side by side in blocks as wide as vectors, part of sna_host.c.
 * SPDX-License-Identifier: Apache-2.0 */

/* Modes of one block: groups' runs of consecutive modes. */
typedef struct run {
    const group_record *group;
    uint32_t from, count; /* modes of the group */
} run;

typedef struct plan {
    run runs[NARROW];
    int n_runs, width;
    uint64_t axes;
} plan;

static uint64_t mask_of(const group_record *g) { return (uint64_t)g->mask[1] << 32 | g->mask[0]; }

/* The next block: up to 64 modes of one group, or the ends of several groups side by side in 16
 * lanes. */
static int next_plan(const sna_model *m, unsigned *g, uint32_t *from, int wide, plan *p) {
    uint32_t lanes = NARROW, used = 0;
    p->n_runs = 0;
    p->axes = 0;
    while (*g < m->n_groups && used < lanes) {
        const group_record *r = group_at(m, *g);
        uint32_t rest = r->count - *from, n;
        if (!used && wide && rest > NARROW) lanes = rest > WIDE + NARROW ? WIDEST : WIDE;
        else if (used && lanes > NARROW) break;
        n = rest < lanes - used ? rest : lanes - used;
        p->runs[p->n_runs].group = r;
        p->runs[p->n_runs].from = *from;
        p->runs[p->n_runs++].count = n;
        p->axes |= mask_of(r);
        used += n;
        *from += n;
        if (*from == r->count) {
            *from = 0;
            ++*g;
        }
    }
    p->width = (int)lanes;
    return p->n_runs;
}

/* Column of the group's first mode in the table of axis d. */
static uint32_t first_column(const sna_model *m, const group_record *group, unsigned d) {
    uint32_t column = 0;
    for (const group_record *g = group_at(m, 0); g < group; g++)
        column += uses(g, d) ? padded(g->count) : 0;
    return column;
}

static void fill_part(const sna_model *m, const plan *p, unsigned d, float *table, float *absent,
                      part *out) {
    const axis_record *a = axis_at(m, d);
    int lane = 0, missing = 0;
    out->axis = (int)d;
    out->n_rows = a->degree + 1;
    out->table = table;
    for (int i = 0; i < p->width; i++) absent[i] = 0;
    clear(table, (size_t)a->n_rows * (size_t)p->width * sizeof(float));
    for (int i = 0; i < p->n_runs; i++) {
        const run *r = &p->runs[i];
        uint32_t column = uses(r->group, d) ? first_column(m, r->group, d) + r->from : 0;
        for (uint32_t j = 0; j < r->count; j++, lane++) {
            if (!uses(r->group, d)) {
                absent[lane] = 1;
                missing = 1;
                continue;
            }
            for (uint32_t row = 0; row < a->n_rows; row++)
                table[row * (size_t)p->width + (size_t)lane] =
                    (float)element(section(m, TABLES) + a->table + (size_t)row * row_bytes(a),
                                   a->dtype, column + j);
        }
    }
    out->absent = missing ? absent : NULL;
}

static void fill_weights(const sna_model *m, const plan *p, float *w) {
    clear(w, (size_t)p->width * m->n_outputs * sizeof(float));
    for (unsigned k = 0; k < m->n_outputs; k++) {
        int lane = 0;
        for (int i = 0; i < p->n_runs; i++)
            for (uint32_t j = 0; j < p->runs[i].count; j++, lane++)
                w[k * (unsigned)p->width + (unsigned)lane] = weights_at(
                    m)[(p->runs[i].group->first + p->runs[i].from + j) * m->n_outputs + k];
    }
}

static void prepare_block(const sna_model *m, const plan *p, int order, const host_axis *axes,
                          int sorted, arena *memory, mode_block *out) {
    int n_parts = 0;
    size_t bytes = 0;
    float *weights;
    part *parts;
    for (unsigned d = 0; d < m->n_axes; d++) {
        if (!(p->axes >> d & 1)) continue;
        n_parts++;
        bytes += (size_t)axis_at(m, d)->n_rows * (size_t)p->width * sizeof(float);
    }
    parts = (part *)take(memory, (size_t)n_parts * sizeof(part));
    weights = (float *)take(memory, (size_t)p->width * m->n_outputs * sizeof(float));
    for (unsigned d = 0, i = 0; d < m->n_axes; d++) {
        float *table, *absent, *pieces;
        if (!(p->axes >> d & 1)) continue;
        table =
            (float *)take(memory, (size_t)axis_at(m, d)->n_rows * (size_t)p->width * sizeof(float));
        absent = (float *)take(memory, (size_t)p->width * sizeof(float));
        pieces = sorted ? (float *)take(memory, (size_t)axis_at(m, d)->n_spans * 4 *
                                                    (size_t)p->width * sizeof(float))
                        : NULL;
        if (!memory->base) continue;
        fill_part(m, p, d, table, absent, &parts[i]);
        parts[i].pieces = pieces;
        if (sorted) fill_pieces(&axes[d], &parts[i], p->width, order, pieces);
        i++;
    }
    if (!memory->base) return;
    fill_weights(m, p, weights);
    out->parts = parts;
    out->weights = weights;
    out->n_parts = n_parts;
    out->width = p->width;
    out->tile = (int)(L1_BYTES / (bytes / (size_t)n_parts + 1));
    if (out->tile < 1)
        out->tile = 3; /* one table alone is larger than the cache: tiles gain nothing */
    for (int i = n_parts - 1, run = 0; i >= 0; i--) {
        run = order == 4 && parts[i].n_rows == 4 && !parts[i].absent ? run + 1 : 0;
        parts[i].run = run;
    }
}
