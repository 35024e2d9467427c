/* workspace.h - memory of one call, part of sna_host.c.
 * SPDX-License-Identifier: Apache-2.0 */

/* Both lay their arrays out from `base` on and return the bytes; with base = NULL they only
 * measure. */
static size_t desk_of(const sna_host *h, unsigned char *base, desk *k) {
    arena a = {base, 0};
    size_t d = (size_t)h->n_axes, outputs = (size_t)h->n_outputs, order = (size_t)h->order;
    size_t modes = BLOCK * WIDEST + BLOCK * NARROW + d * 3 * NARROW,
           train = (size_t)(h->prefixes + 2 * h->widest);
    k->span = (int32_t *)take(&a, BLOCK * 4);
    k->u = (float *)take(&a, BLOCK * 4);
    k->status = (signed char *)take(&a, BLOCK);
    k->rows = (int32_t *)take(&a, d * BLOCK * 4);
    k->basis = (float *)take(&a, d * BLOCK * order * 4);
    k->f = (double *)take(&a, BLOCK * outputs * 8);
    k->park = (float *)take(&a, (h->cores ? train : modes) * sizeof(float));
    k->column = (double *)take(&a, d * BLOCK * 8);
    k->spans = (int32_t *)take(&a, d * BLOCK * 4);
    k->places = (float *)take(&a, d * BLOCK * 4);
    k->rates = (double *)take(&a, d * BLOCK * 8);
    k->slopes = (float *)take(&a, d * BLOCK * order * 4);
    return a.used;
}

static size_t pile_of(const sna_host *h, unsigned char *base, pile *k) {
    arena a = {base, 0};
    size_t d = (size_t)h->n_axes;
    k->span = (int32_t *)take(&a, MANY * 4);
    k->head = (int16_t *)take(&a, d * (MOST_SPANS + 1) * 2);
    k->next = (int16_t *)take(&a, d * MANY * 2);
    k->u = (float *)take(&a, d * MANY * 4);
    k->park = (float *)take(&a, MANY * WIDEST * 4);
    k->total = (float *)take(&a, MANY * NARROW * 4);
    k->f = (double *)take(&a, MANY * (size_t)h->n_outputs * 8);
    k->status = (signed char *)take(&a, MANY);
    return a.used;
}

size_t sna_host_workspace_size(const sna_host *h) {
    desk k;
    pile p;
    size_t size = desk_of(h, NULL, &k), sorted = h->sorted ? pile_of(h, NULL, &p) : 0;
    return size > sorted ? size : sorted;
}
