/* arena.h - the caller's memory, handed out in order, part of sna_host.c.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same walk runs twice: with base = NULL it only measures. */

typedef struct arena {
    unsigned char *base;
    size_t used;
} arena;

static void *take(arena *a, size_t bytes) {
    void *p = a->base ? a->base + a->used : NULL;
    a->used += (bytes + 63u) & ~(size_t)63;
    return p;
}
