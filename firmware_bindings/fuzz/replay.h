/* replay.h - reads files for tools/release/fuzz_c.py, which counts the lines they reach; behind
 * src/sna.c.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

static int nobody(void *context, const unsigned char signature[64], const unsigned char key_id[16],
                  const sna_part parts[3]) {
    (void)context, (void)key_id, (void)parts;
    return signature[0] & 1;
}

int main(int argc, char **argv) {
    static unsigned char bytes[1 << 20];
    int status = 0;
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        size_t size, room;
        sna_model m;
        void *work;
        if (!f) return 2;
        size = fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        status += (int)sna_signed(bytes, size, 1, nobody, NULL, NULL);
        if (sna_open(bytes, size, &m) != SNA_OK) continue;
        room = sna_workspace_size(&m, SNA_WORK_VERIFY);
        work = malloc(room);
        status += (int)sna_verify(&m, work, room);
        status += (int)sna_fixed_verify(&m, work, room);
        free(work);
    }
    return status < 0 && argc < 2;
}
