/* ------------------------------------------------------------------------------- checks: layout
 * One function per rule of FORMAT.md section 12; each returns 1 when the rule holds. The file has
 * at most 2^30 bytes: sums of an offset and a size below 2^31 fit 32 bits. */

static void take_header(sna_model *m, const unsigned char *b) {
    m->n_axes = (uint16_t)load16(b + 22);
    m->n_outputs = (uint16_t)load16(b + 24);
    m->n_groups = (uint16_t)load16(b + 26);
    m->n_modes = load32(b + 28);
}

static int header_holds(sna_model *m, const unsigned char *b) {
    int tt = is_train(m);
    take_header(m, b);
    return (int)load16(b + 20) == sections_of(m) && m->n_axes >= 1 && m->n_axes <= SNA_MAX_AXES &&
           m->n_outputs >= 1 && m->n_outputs <= SNA_MAX_OUTPUTS && m->n_groups <= (tt ? 0 : 4096) &&
           m->n_modes <= (tt ? (uint32_t)SNA_MAX_RANK : 65536u) && (!tt || m->n_modes >= 1) &&
           all_zero(b + 32, 32);
}

INLINE const unsigned char *section_record(const sna_model *m, int id) {
    return m->bytes + HEADER + 16 * (id - 1);
}

NOINLINE uint32_t section_size(const sna_model *m, int id) {
    return load32(section_record(m, id) + 8);
}

/* Sizes of the sections that say what a file is and vouch for it: the file around a companion does.
 */
static int closing_sizes_hold(const sna_model *m) {
    if (!is_embedded(m))
        return section_size(m, INTEGRITY) == 64 && section_size(m, SIGNATURE) == 128;
    return !(section_size(m, CERTIFICATE) | section_size(m, METADATA) | section_size(m, INTEGRITY) |
             section_size(m, SIGNATURE));
}

/* A table that does not lie in the file leaves no room for section 1. */
static int section_table_holds(sna_model *m) {
    uint32_t end = HEADER + 16 * (uint32_t)sections_of(m);
    for (int id = 1; id <= sections_of(m); id++) {
        const unsigned char *r = section_record(m, id);
        uint32_t start = (end + step_of(m)) & ~step_of(m);
        if (load32(r) != (uint32_t)id || load32(r + 4) != start || load32(r + 12)) return 0;
        if (start > m->size || load32(r + 8) > m->size - start) return 0;
        if (id <= N_SECTIONS) m->section[id] = start;
        end = start + load32(r + 8);
    }
    return end == m->size && section_size(m, AXES) == (uint32_t)AXIS * m->n_axes &&
           section_size(m, INTERACTION) == (uint32_t)GROUP * m->n_groups &&
           section_size(m, OUTPUTS) ==
               (uint32_t)OUTPUT * m->n_outputs + 4 * m->n_modes * m->n_outputs &&
           closing_sizes_hold(m) && !section_size(m, FIXED) == !(m->features & FEATURE_FIXED);
}

static int checksum_holds(const sna_model *m) {
    const unsigned char *sum = section(m, INTEGRITY), *rest = m->bytes + m->size;
    uint32_t crc = crc32(0, m->bytes, m->section[INTEGRITY]);
#ifndef SNA_NO_COMPANIONS
    if (m->features & FEATURE_COMPANIONS) rest = section(m, SIGNATURE) + 128;
    crc = crc32(crc, rest, (size_t)(m->bytes + m->size - rest));
#endif
    if (crc != load32(sum + 32)) return 0;
#ifdef SNA_SHA256
    return sha256_equals(m->bytes, m->section[INTEGRITY], rest, (size_t)(m->bytes + m->size - rest),
                         sum);
#else
    (void)rest;
    return 1;
#endif
}

static int padding_holds(const sna_model *m) {
    const unsigned char *signature = section(m, SIGNATURE);
    uint32_t end = HEADER + 16 * (uint32_t)sections_of(m);
    for (int id = 1; id <= sections_of(m); id++) {
        uint32_t start = (end + step_of(m)) & ~step_of(m); /* as section_table_holds found it */
        if (!all_zero(m->bytes + end, start - end)) return 0;
        end = start + section_size(m, id);
    }
    if (is_embedded(m)) return 1;
    if (!all_zero(section(m, INTEGRITY) + 36, 28)) return 0;
#ifndef SNA_NO_COMPANIONS
    if (m->features & FEATURE_COMPANIONS && !all_zero(signature, 64))
        return all_zero(signature + 88, 40);
#endif
    return all_zero(signature, 128);
}
