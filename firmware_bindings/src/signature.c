/* ------------------------------------------------------------------------------------ signature */

static uint64_t little(const unsigned char *from, unsigned n) {
    uint64_t value = 0;
    while (n--) value = value << 8 | from[n];
    return value;
}

sna_trust sna_signed(const void *bytes, size_t size, uint64_t least_version,
                     sna_verify_signature verify, void *context, uint64_t *version) {
    static const unsigned char words[] = "SNA-EDGE MODEL SIGNATURE";
    const unsigned char *data = (const unsigned char *)bytes, *entry;
    unsigned char any = 0;
    uint32_t start;
    uint64_t found;
    sna_part parts[3];
    if (version) *version = 0;
    if (!data || size < HEADER + 16 * N_SECTIONS || !(little(data + 12, 4) & 4u))
        return SNA_UNSIGNED;
    entry = data + HEADER + 16 * 12;
    start = (uint32_t)little(entry + 4, 4);
    if (little(entry, 4) != SIGNATURE || little(entry + 8, 4) != 128 ||
        start < HEADER + 16 * N_SECTIONS || start > size || size - start < 128)
        return SNA_WRONG_SIGNATURE;
    for (unsigned i = 0; i < 64; i++) any |= data[start + i];
    if (!any) return SNA_UNSIGNED;
    parts[0].bytes = words;
    parts[0].size = sizeof words - 1;
    parts[1].bytes = data;
    parts[1].size = start;
    parts[2].bytes = data + start + 64;
    parts[2].size = size - start - 64;
    if (verify(context, data + start, data + start + 64, parts)) return SNA_WRONG_SIGNATURE;
    found = little(data + start + 80, 8);
    if (version) *version = found;
    return found < least_version ? SNA_OLDER_VERSION : SNA_TRUSTED;
}
