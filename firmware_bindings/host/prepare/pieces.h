/* pieces.h - polynomials of the sorted path, part of sna_host.c.
 * SPDX-License-Identifier: Apache-2.0 */

enum { PIECES_BYTES = 16 << 20 }; /* polynomials of a larger model are not unpacked */

/* Bytes of the polynomials of all spans of a model; 0 where the sorted path does not serve it. */
static size_t pieces_size(const sna_model *m) {
    size_t bytes = 0;
    if (m->features & FEATURE_TT || m->max_degree > 3) return 0;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        if (a->n_spans > MOST_SPANS) return 0;
        bytes += (size_t)a->n_spans * 4 * (a->n_columns + WIDEST) * sizeof(float);
    }
    return bytes <= PIECES_BYTES ? bytes : 0;
}

/* pieces[span][k][mode]: coefficient of (u - 1/2)^k of every atom; 1 where a mode does not use the
 * axis. */
static void fill_pieces(const host_axis *a, const part *p, int width, int order, float *pieces) {
    for (int s = 0; s < a->n_spans; s++) {
        const float *m = a->matrices + a->spans[s].matrix,
                    *rows = p->table + (size_t)a->spans[s].row * (size_t)width;
        for (int k = 0; k < 4; k++)
            for (int j = 0; j < width; j++) {
                double c = p->absent && k == 0 ? (double)p->absent[j] : 0;
                for (int i = 0; i < p->n_rows; i++)
                    c += (double)m[k * order + i] * (double)rows[i * width + j];
                *pieces++ = (float)c;
            }
    }
}
