/* axes.h - spans and their polynomials as the host layer keeps them, part of sna_host.c.
 * SPDX-License-Identifier: Apache-2.0 */

/* Smallest number of differing spans at the ends; -1 when the axis is not regular. */
static int edge_of(const axis_record *a, const host_span *s) {
    int n = (int)a->n_spans, edge = 0, step = n > 1 ? s[1].row : 0, middle = s[n / 2].matrix;
    for (int i = 0; i < n; i++) {
        int from_end = i < n - 1 - i ? i : n - 1 - i;
        if (s[i].row != i * step) return -1;
        if (s[i].matrix != middle && from_end >= edge) edge = from_end + 1;
    }
    return edge <= 7 && n >= 2 * edge + 1 ? edge : -1;
}

static void fill_kinds(host_axis *out, int order, float *kinds) {
    for (int j = 0; j <= 2 * out->edge; j++) {
        const float *m =
            out->matrices +
            out->spans[j <= out->edge ? j : out->n_spans - 2 * out->edge - 1 + j].matrix;
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < 4; k++) kinds[64 * i + 16 * k + j] = m[k * order + i];
    }
    out->kinds = kinds;
}

/* Coefficients of powers of u - 1/2 instead of u: at degree 7 powers of u cancel two digits of a
 * float, these do not. */
static void about_the_middle(const f32 *stored, int n, double *c) {
    for (int k = 0; k < n; k++) c[k] = (double)stored[k];
    for (int j = 0; j < n - 1; j++)
        for (int k = n - 2; k >= j; k--) c[k] += 0.5 * c[k + 1];
}

static void prepare_axis(const sna_model *m, unsigned d, int order, arena *memory, host_axis *out) {
    const axis_record *a = axis_at(m, d);
    const u16 *row = first_rows(m, a);
    const f32 *stored = (const f32 *)(const void *)(section(m, MATRICES) + a->matrices);
    host_span *spans = (host_span *)take(memory, a->n_spans * sizeof(host_span));
    float *matrices =
        (float *)take(memory, (size_t)a->n_matrices * (size_t)(order * order) * sizeof(float));
    float *kinds = (float *)take(memory, 256 * sizeof(float));
    int n = a->degree + 1;
    if (!memory->base) return;
    clear(kinds, 256 * sizeof(float));
    clear(matrices, (size_t)a->n_matrices * (size_t)(order * order) * sizeof(float));
    for (unsigned i = 0; i < a->n_matrices; i++)
        for (int b = 0; b < n; b++) {
            double c[SNA_MAX_DEGREE + 1];
            about_the_middle(stored + ((int)i * n + b) * n, n, c);
            for (int k = 0; k < n; k++) matrices[((int)i * order + k) * order + b] = (float)c[k];
        }
    out->edges = 0;
    for (uint32_t s = 0; s < a->n_spans; s++) {
        spans[s].row = row[s];
        spans[s].matrix = row[a->n_spans + s] * order * order;
        out->edges |= !section(m, SPANS)[a->support + s];
    }
    out->lower = a->lower;
    out->upper = a->upper;
    out->inv_width = a->inv_width;
    out->spans = spans;
    out->matrices = matrices;
    out->n_spans = (int32_t)a->n_spans;
    out->degree = a->degree;
    out->fast = is_uniform(a);
    out->edge = order == 4 && out->fast ? edge_of(a, spans) : -1;
    out->regular = out->edge >= 0;
    out->row_step = a->n_spans > 1 ? spans[1].row : 0;
    if (out->regular) fill_kinds(out, order, kinds);
}
