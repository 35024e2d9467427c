/* fuzz_answers.c - damaged artifacts under the constants of sound ones, whose digest they keep:
 * without SNA_SHA256 a forged CRC-32 opens them. Built with sanitizers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: fuzz_answers SEED COUNT ARTIFACT CONSTANTS
 *
 * Prints how many damaged files were opened, and fails where an answer leaves its memory, overflows
 * or has an unknown status. */
#define FUZZ_LIBRARY
#include "fuzz.c"

enum { ROOM = 1 << 20, ANSWERS = 6 };

static size_t read_file(const char *name, unsigned char *to) {
    FILE *f = fopen(name, "rb");
    size_t size = f ? fread(to, 1, ROOM, f) : 0;
    if (f) fclose(f);
    return size;
}

/* Answers of a file that opened, verified or not, at counts in and out of the domain. */
static int answers_hold(sna_model *m, const unsigned char *constants) {
    const size_t size = sna_workspace_size(m, SNA_WORK_ANSWER),
                 query = sna_workspace_size(m, SNA_WORK_FIXED), k = m->n_outputs;
    void *work = malloc(size > query ? size : query);
    int32_t *x = malloc(4 * m->n_axes), *y = malloc(4 * (3 * k + 1)), holds = 1;
    if (sna_fixed_verify(m, work, size) < 0 && m->features & FEATURE_FIXED)
        m->section[0] = (uint32_t)seal_of(m);
    for (int i = 0; i < ANSWERS; i++) {
        sna_status s;
        for (unsigned d = 0; d < m->n_axes; d++)
            x[d] = (int32_t)(below(4)
                                 ? below(axis_at(m, d)->kind == CATEGORICAL ? axis_at(m, d)->n_spans
                                                                            : 65536u)
                                 : next());
        s = sna_fixed_answer(m, constants, x, y, i ? y + k : NULL, i ? y + 2 * k : NULL, y + 3 * k,
                             work, size);
        holds &= s >= SNA_NO_SPACE && s <= SNA_UNFAMILIAR && (s >= 0 || y[0] == SNA_NOTHING);
    }
    free(y);
    free(x);
    free(work);
    return holds;
}

int main(int argc, char **argv) {
    static SNA_ALIGN(8) unsigned char sound[ROOM], file[ROOM], constants[ROOM];
    long count = argc > 2 ? atol(argv[2]) : 0, opened = 0;
    const size_t size = argc > 4 ? read_file(argv[3], sound) : 0;
    if (!size || !read_file(argv[4], constants)) return 2;
    state = strtoull(argv[1], NULL, 10) * 2654435761u + 88172645463325252ull;
    while (count--) {
        unsigned char *b;
        sna_model m;
        size_t now;
        memcpy(file, sound, size);
        for (uint32_t n = 1 + below(6); n--;) file[below((uint32_t)size)] = (unsigned char)next();
        now = below(2) ? size : damage(file, size, ROOM);
        mend(file, now);
        b = malloc(now);
        memcpy(b, file, now);
        if (sna_open(b, now, &m) == SNA_OK) {
            opened++;
            if (!answers_hold(&m, constants)) return 1;
        }
        free(b);
    }
    printf("opened %ld\n", opened);
    return 0;
}
