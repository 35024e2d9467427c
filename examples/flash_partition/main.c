/* A model in a flash partition of its own, which is replaced without a new firmware.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The partition holds a length (4 bytes, little-endian), 60 bytes of zeros and the .sna file as it
 * is (tools: write_partition.py). The firmware maps the partition, looks at the length, opens the
 * artifact in place and replays its golden vectors before it answers. An empty (0xFF), torn or
 * foreign partition is refused by name and the firmware goes on without a model.
 *
 * partition_map is the one function to write for a device:
 *     ESP-IDF   esp_partition_find_first + esp_partition_mmap
 *     Zephyr    flash_area_open; on cores that execute from flash FIXED_PARTITION_OFFSET is the
 * address STM32     the address of the sector Here, on a host, it reads a file. */
#include <stdio.h>
#include <string.h>

#include "sna.h"

enum { HEADER_BYTES = 64, PARTITION_BYTES = 1 << 18, WORK_BYTES = 8192 };

static const unsigned char *partition_map(const char *name) {
    SNA_ALIGN(64) static unsigned char flash[PARTITION_BYTES];
    FILE *file = fopen(name, "rb");
    memset(flash, 0xFF, sizeof flash);
    if (file) {
        (void)!fread(flash, 1, sizeof flash, file);
        fclose(file);
    }
    return flash;
}

/* The model of the partition, opened and verified; the reason otherwise. */
static const char *open_partition(const unsigned char *flash, sna_model *model, void *work,
                                  size_t work_size) {
    size_t size =
        (size_t)flash[0] | (size_t)flash[1] << 8 | (size_t)flash[2] << 16 | (size_t)flash[3] << 24;
    sna_status status;
    if (size == 0xFFFFFFFFu) return "empty";
    if (size > PARTITION_BYTES - HEADER_BYTES) return "longer than the partition";
    status = sna_open(flash + HEADER_BYTES, size, model);
    if (status == SNA_OK) status = sna_verify(model, work, work_size);
    if (status == SNA_OK) return NULL;
    return model->rule ? sna_rule_name((sna_rule)model->rule) : sna_status_name(status);
}

int main(int argc, char **argv) {
    SNA_ALIGN(8) static unsigned char work[WORK_BYTES];
    static sna_real x[SNA_MAX_AXES], y[SNA_MAX_OUTPUTS];
    sna_model model;
    const char *reason = open_partition(partition_map(argc > 1 ? argv[1] : "partition.bin"), &model,
                                        work, sizeof work);
    sna_status status;
    if (reason) {
        printf("no model: %s\n", reason);
        return 1;
    }
    for (int d = 0; d < model.n_axes && d + 2 < argc; d++) {
        double given = 0;
        if (sscanf(argv[d + 2], "%lf", &given) == 1) x[d] = (sna_real)given;
    }
    status = sna_eval(&model, 0, x, y, work, sizeof work);
    printf("%s %.6g\n", sna_status_name(status), (double)y[0]);
    return status < 0;
}
