/* train.h - cores of a tensor train as the host layer keeps them, part of sna_host.c.
 * SPDX-License-Identifier: Apache-2.0 */

/* Cores as float32 with their right ranks padded to whole vectors of `lanes` floats, and W as rows
 * h->ends[output][width]. */
static void lay_out_train(const sna_model *m, arena *memory, int lanes, sna_host *h) {
    train_core *cores = (train_core *)take(memory, m->n_axes * sizeof(train_core));
    size_t prefixes = (size_t)lanes, widest = (size_t)lanes, width = 0;
    float *ends;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        size_t row, left = a->left;
        float *table;
        width = ((size_t)a->right + (size_t)lanes - 1) / (size_t)lanes * (size_t)lanes;
        row = left * width;
        table = (float *)take(memory, (size_t)a->n_rows * row * sizeof(float));
        prefixes += width;
        widest = width > widest ? width : widest;
        if (!memory->base) continue;
        clear(table, (size_t)a->n_rows * row * sizeof(float));
        for (size_t i = 0; i < (size_t)a->n_rows * left; i++) {
            const unsigned char *from = section(m, TABLES) + a->table + i / left * row_bytes(a);
            for (uint32_t r = 0; r < a->right; r++)
                table[i * width + r] =
                    (float)element(from, a->dtype, (uint32_t)(i % left) * a->right + r);
        }
        cores[d].table = table;
        cores[d].left = a->left;
        cores[d].n_rows = a->degree + 1;
        cores[d].width = (int)width;
        cores[d].row = row;
    }
    ends = (float *)take(memory, (size_t)m->n_outputs * width * sizeof(float));
    if (!memory->base) return;
    clear(ends, (size_t)m->n_outputs * width * sizeof(float));
    for (uint32_t r = 0; r < m->n_modes; r++)
        for (unsigned k = 0; k < m->n_outputs; k++)
            ends[k * width + r] = weights_at(m)[r * m->n_outputs + k];
    h->cores = cores;
    h->ends = ends;
    h->widest = (int)widest;
    h->prefixes = (int)prefixes;
}
