/* layout.h - a model prepared in the caller's memory, part of sna_host.c.
 * SPDX-License-Identifier: Apache-2.0 */

static sna_host *lay_out(const sna_model *m, arena *memory, int isa) {
    sna_host *h = (sna_host *)take(memory, sizeof(sna_host));
    host_axis *axes = (host_axis *)take(memory, m->n_axes * sizeof(host_axis));
    mode_block *blocks;
    unsigned g = 0;
    uint32_t from = 0;
    int n_blocks = 0, order = m->max_degree < 4 ? 4 : 8, sorted = pieces_size(m) != 0;
    plan p;
    if (memory->base) clear(h, sizeof *h);
    if (m->features & FEATURE_TT) lay_out_train(m, memory, set_of(isa)->lanes, h);
    while (next_plan(m, &g, &from, isa > 0, &p)) n_blocks++;
    blocks = (mode_block *)take(memory, (size_t)n_blocks * sizeof(mode_block));
    for (unsigned d = 0; d < m->n_axes; d++)
        prepare_axis(m, d, order, memory, memory->base ? &axes[d] : NULL);
    g = 0;
    for (int i = 0; next_plan(m, &g, &from, isa > 0, &p); i++)
        prepare_block(m, &p, order, axes, sorted, memory, memory->base ? &blocks[i] : NULL);
    if (!memory->base) return NULL;
    for (int i = 0; i < n_blocks; i++) {
        blocks[i].order = i;
        blocks[i].last = i + 1 == n_blocks;
    }
    h->model = *m;
    h->axes = axes;
    h->blocks = blocks;
    h->n_axes = m->n_axes;
    h->n_outputs = m->n_outputs;
    h->n_blocks = n_blocks;
    h->order = order;
    h->sorted = sorted;
    h->isa = isa;
    h->set = set_of(isa);
    return h;
}

size_t sna_host_size(const sna_model *m) {
    arena memory = {NULL, 0};
    (void)lay_out(m, &memory, sna_host_best());
    return memory.used;
}

sna_status sna_host_prepare(const sna_model *m, void *memory, size_t size, const sna_host **host) {
    arena a;
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
    if (!memory || (uintptr_t)memory & 63u) return SNA_BAD_INPUT;
    if (size < sna_host_size(m)) return SNA_NO_SPACE;
    a.base = (unsigned char *)memory;
    a.used = 0;
    *host = lay_out(m, &a, sna_host_best());
    return SNA_OK;
}
