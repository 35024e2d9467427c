/* ---------------------------------------------------------------------------------------- names */
/* The n-th of names that stand one behind the other: no table of pointers to relocate. */
static const char *nth(const char *names, int n) {
    for (; n > 0; n--) {
        while (*names) names++;
        names++;
    }
    return names;
}

const char *sna_status_name(sna_status status) {
    int i = (int)status;
    if (i >= 0 && i <= 5) return nth("ok\0several\0tangent\0extrapolated\0edge\0unfamiliar", i);
    if (i >= 0 || i < -9) return "";
    return nth("out_of_domain\0bad_input\0unreachable\0not_converged\0deadline\0"
               "not_verified\0corrupt\0unsupported\0no_space",
               -i - 1);
}

const char *sna_rule_name(sna_rule rule) {
    if (rule <= SNA_RULE_NONE || rule >= SNA_RULE_COUNT) return "";
    return nth("too_short\0bad_magic\0unsupported_version\0unsupported_feature\0bad_size\0"
               "bad_header\0bad_section_table\0bad_checksum\0bad_padding\0bad_axis\0bad_offset\0"
               "bad_span\0bad_group\0bad_table_layout\0bad_value\0bad_output\0bad_fixed\0"
               "bad_golden\0bad_companion\0bad_calibration\0bad_readings\0bad_metadata\0"
               "golden_mismatch",
               (int)rule - 1);
}
