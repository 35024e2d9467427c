/* ------------------------------------------------------------------------------- checks: layout
 * One function per rule of FORMAT.md section 12; each returns 1 when the rule holds. The file has
 * at most 2^30 bytes: sums of an offset and a size below 2^31 fit 32 bits. */

static int header_holds(sna_model *m, const unsigned char *b) {
    int tt = is_train(m);
    m->n_axes = (uint16_t)load16(b + 22);
    m->n_outputs = (uint16_t)load16(b + 24);
    m->n_groups = (uint16_t)load16(b + 26);
    m->n_modes = load32(b + 28);
    return load16(b + 20) == N_SECTIONS && m->n_axes >= 1 && m->n_axes <= SNA_MAX_AXES &&
           m->n_outputs >= 1 && m->n_outputs <= SNA_MAX_OUTPUTS && m->n_groups <= (tt ? 0 : 4096) &&
           m->n_modes <= (tt ? (uint32_t)SNA_MAX_RANK : 65536u) && (!tt || m->n_modes >= 1) &&
           all_zero(b + 32, 32);
}

NOINLINE uint32_t section_size(const sna_model *m, int id) {
    return load32(m->bytes + HEADER + 16 * (id - 1) + 8);
}

static int section_table_holds(sna_model *m) {
    uint32_t end = HEADER + 16 * N_SECTIONS;
    for (int id = 1; id <= N_SECTIONS; id++) {
        const unsigned char *r = m->bytes + HEADER + 16 * (id - 1);
        uint32_t start = (end + 63u) & ~63u;
        if (load32(r) != (uint32_t)id || load32(r + 4) != start || load32(r + 12)) return 0;
        if (start > m->size || load32(r + 8) > m->size - start) return 0;
        m->section[id] = start;
        end = start + load32(r + 8);
    }
    return end == m->size && section_size(m, AXES) == (uint32_t)AXIS * m->n_axes &&
           section_size(m, INTERACTION) == (uint32_t)GROUP * m->n_groups &&
           section_size(m, OUTPUTS) ==
               (uint32_t)OUTPUT * m->n_outputs + 4 * m->n_modes * m->n_outputs &&
           section_size(m, INTEGRITY) == 64 && section_size(m, SIGNATURE) == 128 &&
           !section_size(m, FIXED) == !(m->features & FEATURE_FIXED);
}

static int checksum_holds(const sna_model *m) {
    const unsigned char *sum = section(m, INTEGRITY);
    if (crc32(m->bytes, m->section[INTEGRITY]) != load32(sum + 32)) return 0;
#ifdef SNA_SHA256
    return sha256_equals(m->bytes, m->section[INTEGRITY], sum);
#else
    return 1;
#endif
}

static int padding_holds(const sna_model *m) {
    uint32_t end = HEADER + 16 * N_SECTIONS;
    for (int id = 1; id <= N_SECTIONS; id++) {
        if (!all_zero(m->bytes + end, m->section[id] - end)) return 0;
        end = m->section[id] + section_size(m, id);
    }
    return all_zero(section(m, INTEGRITY) + 36, 28) &&
           all_zero(section(m, SIGNATURE), 128); /* nothing is signed yet */
}
