/* sna.c - see sna.h.   SPDX-License-Identifier: Apache-2.0
 *
 * Made by amalgamate.py of the parts in firmware_bindings/src: change those.
 * After sna_open the evaluators trust the model: every offset, row and rank they use was checked
 * there. */
#include "sna.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "sna: artifacts are read in place and need a little-endian core"
#endif
#if defined(UINTPTR_MAX) && UINTPTR_MAX < 0xffffffff
#error "sna: pointers have 16 bits here (AVR and the like); models need a core of 32 bits"
#endif

/* ---------------------------------------------------------------------------- bytes and numbers */
#if defined(__GNUC__) || defined(__clang__)
#define ALIAS __attribute__((may_alias))
#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
#else
#define ALIAS
#define INLINE static inline
#define NOINLINE static
#endif

#if defined(SNA_FLOAT) && !defined(SNA_PLAIN_C) && defined(__thumb__) && defined(__ARM_FP) && \
    defined(__ARM_FEATURE_FMA)
#define CORTEX_FPU 1
#elif defined(SNA_PLAIN_ONLY)
#error "sna: SNA_PLAIN_ONLY needs SNA_FLOAT and the FPU of a Cortex-M4F or better"
#endif

typedef uint16_t ALIAS u16;
typedef uint32_t ALIAS u32;
typedef float ALIAS f32;
typedef double ALIAS f64;
typedef sna_real real;

enum {
    AXES = 1,
    SPANS,
    BREAKS,
    MATRICES,
    TABLES,
    INTERACTION,
    OUTPUTS,
    FIXED,
    GOLDEN,
    CERTIFICATE,
    METADATA,
    INTEGRITY,
    SIGNATURE,
    COMPANIONS,
    CALIBRATION,
    READINGS
};
enum { CONTINUOUS, PERIODIC, CATEGORICAL };
enum { DT_F32, DT_F16, DT_I16, DT_I8 };
enum { LINK_IDENTITY, LINK_EXP, LINK_LOGISTIC };
enum {
    N_SECTIONS = 13,
    N_SECTIONS_1_1 = 16,
    HEADER = 64,
    AXIS = 80,
    OUTPUT = 80,
    GROUP = 16,
    LANES = 4
};
#define FEATURE_TT 1u
#define FEATURE_FIXED 2u
#define FEATURE_COMPANIONS 4u
#ifdef SNA_NO_TT
#define FEATURES_1_0 FEATURE_FIXED
#else
#define FEATURES_1_0 (FEATURE_TT | FEATURE_FIXED)
#endif
#ifdef SNA_NO_COMPANIONS
#define FEATURES FEATURES_1_0
#else
#define FEATURES (FEATURES_1_0 | FEATURE_COMPANIONS)
#endif

/* Records of the artifact. Sections start on multiples of 64 and sna_open demands an 8-aligned
 * base. */
typedef struct ALIAS axis_record {
    double lower, upper, inv_width;
    uint8_t kind, degree, dtype, flags;
    uint32_t n_spans, n_rows, n_columns;
    uint16_t left, right;
    uint32_t spans, breaks, matrices;
    uint16_t n_matrices, reserved;
    uint32_t table;
    float lower32, upper32, inv_width32;
    uint32_t support;
} axis_record;

typedef struct ALIAS output_record {
    double bias, scale, offset, below, above, level, range_low, range_high;
    float kappa;
    uint8_t link, interval_space, reserved[10];
} output_record;

typedef struct ALIAS group_record {
    uint32_t mask[2], count, first;
} group_record;

typedef char axis_record_has_80_bytes[sizeof(axis_record) == AXIS ? 1 : -1];
typedef char output_record_has_80_bytes[sizeof(output_record) == OUTPUT ? 1 : -1];
typedef char group_record_has_16_bytes[sizeof(group_record) == GROUP ? 1 : -1];

/* What opens a path: a number next to the address of these very bytes. A record full of zeros or
 * ones opens none. */
INLINE uintptr_t seal_of(const sna_model *m) { return (uintptr_t)m->bytes + 1u; }
INLINE int is_sealed(const sna_model *m) { return m->seal == seal_of(m); }

INLINE int is_train(const sna_model *m) {
#ifdef SNA_NO_TT
    (void)m;
    return 0; /* sna_open refuses it */
#else
    return m->features & FEATURE_TT;
#endif
}

/* Is this the file of a companion, which stands in another one? */
INLINE int is_embedded(const sna_model *m) {
#ifdef SNA_NO_COMPANIONS
    (void)m;
    return 0; /* sna_open refuses files that have some */
#else
    return m->embedded;
#endif
}

/* Sections and tables stand on multiples of 64, those of a file inside another one of 8: this less
 * one. */
INLINE uint32_t step_of(const sna_model *m) { return is_embedded(m) ? 7u : 63u; }

INLINE int sections_of(const sna_model *m) {
#ifdef SNA_NO_COMPANIONS
    (void)m;
    return N_SECTIONS;
#else
    return m->features & FEATURE_COMPANIONS ? N_SECTIONS_1_1 : N_SECTIONS;
#endif
}

INLINE const unsigned char *section(const sna_model *m, int id) {
    return m->bytes + m->section[id];
}
INLINE const axis_record *axis_at(const sna_model *m, unsigned d) {
    return (const axis_record *)(const void *)section(m, AXES) + d;
}
INLINE const output_record *output_at(const sna_model *m, unsigned k) {
    return (const output_record *)(const void *)section(m, OUTPUTS) + k;
}
INLINE const group_record *group_at(const sna_model *m, unsigned g) {
    return (const group_record *)(const void *)section(m, INTERACTION) + g;
}
INLINE const f32 *weights_at(const sna_model *m) {
    return (const f32 *)(const void *)(section(m, OUTPUTS) + OUTPUT * m->n_outputs);
}
INLINE const u16 *first_rows(const sna_model *m, const axis_record *a) {
    return (const u16 *)(const void *)(section(m, SPANS) + a->spans);
}
INLINE const f64 *breaks_at(const sna_model *m, const axis_record *a) {
    return (const f64 *)(const void *)(section(m, BREAKS) + a->breaks);
}
INLINE int is_uniform(const axis_record *a) { return a->flags & 1; }
INLINE int uses(const group_record *g, unsigned d) {
    return (int)(g->mask[d >> 5] >> (d & 31u) & 1u);
}
INLINE uint32_t padded(uint32_t count) { return (count + 3u) & ~3u; }

/* Every offset these are given is a multiple of the size: sna_open demands an 8-aligned base before
 * it reads. */
INLINE uint32_t load16(const unsigned char *p) { return *(const u16 *)(const void *)p; }
INLINE uint32_t load32(const unsigned char *p) { return *(const u32 *)(const void *)p; }
INLINE uint64_t load64(const unsigned char *p) { return (uint64_t)load32(p + 4) << 32 | load32(p); }

NOINLINE int all_zero(const unsigned char *p, size_t n) {
    unsigned char any = 0;
    while (n--) any |= *p++;
    return !any;
}

static void clear(void *p, size_t n) {
    for (unsigned char *at = (unsigned char *)p; n--;) *at++ = 0;
}

/* Bit tests need no arithmetic: the same result with and without an FPU. */
NOINLINE int finite64(const unsigned char *p) {
    return (load32(p + 4) & 0x7FF00000u) != 0x7FF00000u;
}
/* The double at p: |*p| < 2^1000 */
NOINLINE int moderate(const void *p) {
    return (load32((const unsigned char *)p + 4) & 0x7FFFFFFFu) < 0x7E700000u;
}
static int finite32(uint32_t bits) { return (bits & 0x7F800000u) != 0x7F800000u; }

static float float_of_bits(uint32_t bits) {
    union {
        uint32_t bits;
        float value;
    } v;
    v.bits = bits;
    return v.value;
}

#ifdef SNA_FLOAT
static uint32_t bits_of(float value) {
    union {
        float value;
        uint32_t bits;
    } v;
    v.value = value;
    return v.bits;
}
#endif

/* A number whose order as an integer is that of the finite double at p; both zeros give 0.
 * Comparing doubles this way needs no soft-float code on a core without a double FPU. */
NOINLINE int64_t order64(const void *p) {
    const unsigned char *b = (const unsigned char *)p;
    uint64_t magnitude = (uint64_t)(load32(b + 4) & 0x7FFFFFFFu) << 32 | load32(b);
    return b[7] & 0x80u ? -(int64_t)magnitude : (int64_t)magnitude;
}

/* Is the finite double at p above 0? */
INLINE int is_positive(const void *p) {
    const uint32_t high = load32((const unsigned char *)p + 4);
    return !(high >> 31) && (high | load32((const unsigned char *)p)) != 0;
}

#ifdef SNA_FLOAT
/* The double at p rounded to float, ties to even; below the smallest normal number 0. */
NOINLINE float single(const void *p) {
    uint32_t low, bits, high = load32((const unsigned char *)p + 4), sign = high & 0x80000000u;
    /* exponent and fraction, 896 taken from the exponent */
    int32_t normal = (int32_t)(high ^ sign) - 0x38000000;
    if (normal < 0x00100000) return 0.0f;
    low = load32((const unsigned char *)p);
    if (normal >= 0x0FF00000)
        return float_of_bits(
            sign | (normal >= 0x47F00000 && (normal & 0xFFFFF || low) ? 0x7FC00000u : 0x7F800000u));
    bits = (uint32_t)normal << 3 | low >> 29;
    low &= 0x1FFFFFFFu;
    if (low > 0x10000000u || (low == 0x10000000u && bits & 1u)) bits++;
    return float_of_bits(bits | sign);
}
#define REAL(x) single(&(x))
#else
#define REAL(x) (x)
#endif

#ifndef SNA_NO_F16
/* binary16 to binary32: shift the fields into place and rescale the exponent; exact, subnormals
 * included. */
INLINE float float_of_half(uint16_t h) {
    float magnitude =
        float_of_bits((uint32_t)(h & 0x7FFFu) << 13) * 5.192296858534828e33f; /* 2^112 */
    return h & 0x8000u ? -magnitude : magnitude;
}
#endif

static int is_finite(real x) { return x - x >= 0; }
/* 2^n, n in the range of normal numbers */
static real power_of_two(int32_t n) {
#ifdef SNA_FLOAT
    return float_of_bits((uint32_t)(n + 127) << 23);
#else
    union {
        uint64_t bits;
        double value;
    } v;
    v.bits = (uint64_t)(n + 1023) << 52;
    return v.value;
#endif
}

/* n of a normal number *x = 2^n m, 1 <= m < 2; *x becomes m. */
static int32_t without_exponent(real *x) {
#ifdef SNA_FLOAT
    const uint32_t bits = bits_of(*x);
    *x = float_of_bits((bits & 0x007FFFFFu) | 0x3F800000u);
    return (int32_t)(bits >> 23) - 127;
#else
    union {
        double value;
        uint64_t bits;
    } v;
    int32_t n;
    v.value = *x;
    n = (int32_t)(v.bits >> 52) - 1023;
    v.bits = (v.bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u;
    *x = v.value;
    return n;
#endif
}

static real not_a_number(void) { return (real)float_of_bits(0x7FC00000u); }

/* ------------------------------------------------------------------------------------ checksums */
/* CRC-32 goes on from `crc`, 0 at first. */
static uint32_t crc32(uint32_t crc, const unsigned char *p, size_t n) {
    static const uint32_t nibble[16] = {0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu,
                                        0x76DC4190u, 0x6B6B51F4u, 0x4DB26158u, 0x5005713Cu,
                                        0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
                                        0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu};
    crc = ~crc;
    while (n--) {
        crc ^= *p++;
        crc = crc >> 4 ^ nibble[crc & 15u];
        crc = crc >> 4 ^ nibble[crc & 15u];
    }
    return ~crc;
}

#ifdef SNA_SHA256
INLINE uint32_t rotate(uint32_t x, unsigned n) { return x >> n | x << (32u - n); }

/* FIPS 180-4, one block of 64 bytes. */
static void sha256_block(uint32_t h[8], const unsigned char *p) {
    static const uint32_t K[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2};
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
               (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
               (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    for (int i = 0; i < 8; i++) s[i] = h[i];
    for (int i = 0; i < 64; i++) {
        uint32_t t = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
                     ((s[4] & s[5]) ^ (~s[4] & s[6])) + K[i] + w[i];
        uint32_t v = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
                     ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (int j = 7; j > 0; j--) s[j] = s[j - 1];
        s[4] += t;
        s[0] = t + v;
    }
    for (int i = 0; i < 8; i++) h[i] += s[i];
}

/* Of the n bytes at p, a multiple of 64, and the n_rest at `end`. */
static int sha256_equals(const unsigned char *p, size_t n, const unsigned char *end, size_t n_rest,
                         const unsigned char expected[32]) {
    uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    unsigned char tail[128] = {0};
    size_t whole = n_rest & ~(size_t)63, rest = n_rest - whole, room = rest < 56 ? 64 : 128;
    unsigned different = 0;
    for (size_t i = 0; i < n; i += 64) sha256_block(h, p + i);
    for (size_t i = 0; i < whole; i += 64) sha256_block(h, end + i);
    for (size_t i = 0; i < rest; i++) tail[i] = end[whole + i];
    tail[rest] = 0x80;
    for (int i = 0; i < 8; i++)
        tail[room - 1 - (size_t)i] = (unsigned char)((uint64_t)(n + n_rest) * 8 >> 8 * i);
    for (size_t i = 0; i < room; i += 64) sha256_block(h, tail + i);
    for (int i = 0; i < 32; i++)
        different |= (unsigned)(h[i / 4] >> (24 - 8 * (i % 4)) & 255u) ^ expected[i];
    return !different;
}
#endif

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

/* ----------------------------------------------------------------- checks: axes, groups, tables */

#ifdef SNA_FLOAT
/* Numbers that follow from others are not recomputed on a core without a double FPU: the checksum
 * vouches for them, and no memory access depends on them; `all_carried` looks at what a conversion
 * to an integer needs. */
static int derived_hold(const axis_record *a) {
    return finite64((const unsigned char *)&a->inv_width);
}
#else
/* x rounded to float towards minus (step -1) or plus (step +1) infinity. */
static float rounded_outwards(double x, int step) {
    union {
        float value;
        uint32_t bits;
    } v;
    v.value = (float)x;
    if (step < 0 ? (double)v.value > x : (double)v.value < x) {
        if (v.bits << 1 == 0) v.bits = step < 0 ? 0x80000001u : 1u;
        else v.bits += (v.bits >> 31) ^ (step < 0) ? 0xFFFFFFFFu : 1u;
    }
    return v.value;
}

static int same(double a, double b) { return a >= b && a <= b; }

static int derived_hold(const axis_record *a) {
    double inv_width = is_uniform(a) ? (double)a->n_spans / (a->upper - a->lower) : 0.0;
    return finite64((const unsigned char *)&a->inv_width) && same(a->inv_width, inv_width) &&
           same((double)a->lower32, (double)rounded_outwards(a->lower, -1)) &&
           same((double)a->upper32, (double)rounded_outwards(a->upper, 1)) &&
           same((double)a->inv_width32, (double)(float)inv_width);
}
#endif

/* The whole number 0 .. 2^24 that the double at p is, or -1. */
NOINLINE int32_t whole(const f64 *p) {
    uint32_t low = load32((const unsigned char *)p), high = load32((const unsigned char *)p + 4);
    uint32_t bits = 0x80000000u | high << 11 | low >> 21; /* 1.fraction, as far as 24 bits go */
    uint32_t exponent = (high >> 20) - 1023u, value;
    if (!(high << 1 | low)) return 0;
    if (exponent > 24 || low << 11) return -1;
    value = bits >> (31u - exponent);
    return value << (31u - exponent) == bits && value <= 16777216u ? (int32_t)value : -1;
}

#ifndef SNA_FLOAT
/* upper - lower >= 2^-1000 */
static int far_apart(const f64 *lower, const f64 *upper) {
    return *upper - *lower >= power_of_two(-1000);
}
#else
#define far_apart(lower, upper) 1
#endif

static int axis_holds(const sna_model *m, const axis_record *a) {
    const f64 *lower = &a->lower, *upper = &a->upper;
    if (a->kind > CATEGORICAL || a->degree > SNA_MAX_DEGREE || a->dtype > DT_I8 || a->flags > 1 ||
        a->reserved)
        return 0;
    if (a->n_spans < 1 || a->n_spans > 32768 || a->n_rows <= a->degree || a->n_rows > 65535 ||
        !a->n_matrices || a->n_matrices > 32768)
        return 0;
    if (!moderate(lower) || !moderate(upper)) return 0;
    if (a->kind == CATEGORICAL) {
        if (a->degree || a->flags || order64(lower) || whole(upper) != (int32_t)a->n_spans - 1)
            return 0;
    } else if (order64(lower) >= order64(upper) || !far_apart(lower, upper)) {
        return 0;
    }
    (void)m;
    return derived_hold(a);
}

/* `align` is a power of two. */
NOINLINE int inside(uint32_t offset, uint32_t bytes, uint32_t align, uint32_t size) {
    return !(offset & (align - 1u)) && bytes <= size && offset <= size - bytes;
}

static int offsets_hold(const sna_model *m, const axis_record *a) {
    uint32_t order = a->degree + 1u, spans = a->n_spans; /* bounded by axis_holds */
    int listed = !is_uniform(a) && a->kind != CATEGORICAL;
    return inside(a->spans, 4 * spans, 2, section_size(m, SPANS)) &&
           inside(a->support, spans, 1, section_size(m, SPANS)) &&
           (listed ? inside(a->breaks, 8 * (2 * spans + 1), 8, section_size(m, BREAKS))
                   : !a->breaks) &&
           inside(a->matrices, 4 * a->n_matrices * order * order, 4, section_size(m, MATRICES));
}

static int breaks_hold(const axis_record *a, const f64 *breaks) {
    for (uint32_t s = 0; s <= a->n_spans; s++)
        if (!finite64((const unsigned char *)(breaks + s))) return 0;
    if (order64(breaks) != order64(&a->lower) || order64(breaks + a->n_spans) != order64(&a->upper))
        return 0;
    for (uint32_t s = 0; s < a->n_spans; s++) {
#ifndef SNA_FLOAT
        double off = breaks[a->n_spans + 1 + s] * (breaks[s + 1] - breaks[s]) - 1.0;
        if (!(off >= -1e-12 && off <= 1e-12)) return 0;
#endif
        if (order64(breaks + s) >= order64(breaks + s + 1)) return 0;
    }
    return 1;
}

static int spans_hold(const sna_model *m, const axis_record *a) {
    const u16 *row = first_rows(m, a), *matrix = row + a->n_spans;
    for (uint32_t s = 0; s < a->n_spans; s++)
        if ((uint32_t)row[s] + a->degree >= a->n_rows || matrix[s] >= a->n_matrices) return 0;
    return is_uniform(a) || a->kind == CATEGORICAL || breaks_hold(a, breaks_at(m, a));
}

/* Rows of padding are zero in `w`, the bits of the output weights: all but the sign, `shift` = 1,
 * or all of them. */
NOINLINE int padding_rows_hold(const sna_model *m, const u32 *w, unsigned shift) {
    for (unsigned g = 0; g < m->n_groups; g++) {
        const group_record *r = group_at(m, g);
        for (uint32_t i = (r->first + r->count) * m->n_outputs;
             i < (r->first + padded(r->count)) * m->n_outputs; i++)
            if (w[i] << shift) return 0;
    }
    return 1;
}

static int cp_holds(const sna_model *m) {
    uint32_t first = 0, last_low = 0, last_high = 0;
    for (unsigned g = 0; g < m->n_groups; g++) {
        const group_record *r = group_at(m, g);
        uint64_t mask = (uint64_t)r->mask[1] << 32 | r->mask[0],
                 before = (uint64_t)last_high << 32 | last_low;
        if (mask <= before || (m->n_axes < 64 && mask >> m->n_axes)) return 0;
        if (r->count < 1 || r->count > 65536 || r->first != first) return 0;
        last_low = r->mask[0];
        last_high = r->mask[1];
        first += padded(r->count);
    }
    if (first != m->n_modes) return 0;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        uint32_t columns = 0;
        for (unsigned g = 0; g < m->n_groups; g++)
            columns += uses(group_at(m, g), d) ? padded(group_at(m, g)->count) : 0;
        if (a->left || a->right || a->n_columns != columns) return 0;
    }
    return 1;
}

#ifndef SNA_NO_TT
static int tt_holds(const sna_model *m) {
    uint32_t left = 1;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        if (a->left != left || a->right < 1 || a->right > SNA_MAX_RANK ||
            a->n_columns != left * a->right)
            return 0;
        left = a->right;
    }
    return left == m->n_modes;
}
#endif

static int tables_hold(const sna_model *m) {
    static const uint8_t bytes_of[4] = {4, 2, 2, 1};
    const uint64_t step = step_of(m);
    uint64_t end = 0;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        uint64_t start = (end + step) & ~step;
        if (a->table != start || start > section_size(m, TABLES) ||
            !all_zero(section(m, TABLES) + end, (size_t)(start - end)))
            return 0;
        end = start + (uint64_t)a->n_rows * a->n_columns * bytes_of[a->dtype];
        if (end > section_size(m, TABLES)) return 0;
    }
    return end == section_size(m, TABLES);
}

static int values_hold(const sna_model *m, const axis_record *a) {
    const u32 *matrix = (const u32 *)(const void *)(section(m, MATRICES) + a->matrices);
    const unsigned char *table = section(m, TABLES) + a->table;
    uint32_t order = a->degree + 1u, n = (uint32_t)a->n_matrices * order * order;
    size_t cells = (size_t)a->n_rows * a->n_columns;
    for (uint32_t i = 0; i < n; i++)
        if (!finite32(matrix[i])) return 0;
    for (size_t i = 0; a->dtype == DT_F32 && i < cells; i++)
        if (!finite32(((const u32 *)(const void *)table)[i])) return 0;
    for (size_t i = 0; a->dtype == DT_F16 && i < cells; i++)
        if ((((const u16 *)(const void *)table)[i] & 0x7C00u) == 0x7C00u) return 0;
    return 1;
}

/* -------------------------------------------------------------- checks: outputs, golden vectors */

static int interval_holds(const output_record *o) {
    const unsigned char *below = (const unsigned char *)&o->below,
                        *above = (const unsigned char *)&o->above;
    int64_t level = order64(&o->level), one = (int64_t)0x3FF << 52;
    if (moderate(below) && moderate(above))
        return order64(below) >= 0 && order64(above) >= 0 && level > 0 && level < one;
    /* without an interval both are NaN and the level is 0 */
    return !finite64(below) && !finite64(above) && load64(below) << 12 && load64(above) << 12 &&
           !level;
}

static int output_holds(const output_record *o) {
    const unsigned char *p = (const unsigned char *)o;
    uint32_t kappa = load32(p + 64);
    for (unsigned i = 0; i < 8; i++) /* bias, scale, offset, range_low, range_high */
        if (0xC7u >> i & 1u && !moderate(p + 8 * i)) return 0;
    if ((load32(p + 12) & 0x7FFFFFFFu) < 0x01700000u) return 0; /* |scale| < 2^-1000 */
    if (order64(p + 56) < order64(p + 48) || !interval_holds(o)) return 0;
    if (kappa << 1 && kappa >= 0x7F800000u) return 0; /* below 0 or not finite */
    return o->link <= LINK_LOGISTIC && o->interval_space <= 1 && all_zero(o->reserved, 10);
}

static int weight_holds(uint32_t bits) {
    uint32_t exponent = bits & 0x7F800000u;
    return exponent != 0x7F800000u && (exponent || !(bits << 1));
}

static int outputs_hold(const sna_model *m) {
    const u32 *w = (const u32 *)(const void *)weights_at(m);
    for (unsigned k = 0; k < m->n_outputs; k++)
        if (!output_holds(output_at(m, k))) return 0;
    for (uint32_t i = 0; i < m->n_modes * m->n_outputs; i++)
        if (!weight_holds(w[i])) return 0;
    return padding_rows_hold(m, w, 1);
}

static int golden_inputs_hold(const sna_model *m, const f64 *x) {
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        if (order64(x + d) < order64(&a->lower) || order64(x + d) > order64(&a->upper)) return 0;
        if (a->kind == CATEGORICAL && whole(x + d) < 0) return 0;
    }
    return 1;
}

static int golden_holds(const sna_model *m) {
    const unsigned char *p = section(m, GOLDEN);
    uint32_t size = section_size(m, GOLDEN), count = size >= 8 ? load32(p) : 0;
    const f64 *tolerance = (const f64 *)(const void *)(p + 8),
              *inputs = tolerance + 2 * m->n_outputs;
    if (count < 1 || count > 65536 || load32(p + 4)) return 0;
    if (size != 8 + 16u * m->n_outputs + 8 * count * (m->n_axes + m->n_outputs)) return 0;
    for (uint32_t i = 8; i < size; i += 8)
        if (!finite64(p + i)) return 0;
    for (unsigned i = 0; i < 2u * m->n_outputs; i++)
        if (order64(tolerance + i) < 0) return 0;
    for (uint32_t g = 0; g < count; g++)
        if (!golden_inputs_hold(m, inputs + (size_t)g * m->n_axes)) return 0;
    return 1;
}

/* ------------------------------------------------------------------------- checks: integer path
 * Records and rule of FORMAT.md section 13. */
#ifndef SNA_NO_FIXED
typedef struct ALIAS fixed_axis {
    uint32_t matrices;
    uint8_t q, shift;
    uint16_t reserved;
    int32_t count_lower, count_upper;
    uint32_t multiplier, counts, zero[2];
} fixed_axis;

typedef struct ALIAS fixed_output {
    uint32_t bias[2];
    uint8_t shift;
    int8_t exponent;
    uint8_t table_shift, reserved;
    uint32_t table_count, table;
    int32_t table_lower;
    uint32_t zero[2];
} fixed_output;

typedef char
    fixed_records_have_32_bytes[sizeof(fixed_axis) == 32 && sizeof(fixed_output) == 32 ? 1 : -1];
typedef int32_t ALIAS i32;

INLINE const fixed_axis *fixed_axis_at(const sna_model *m, unsigned d) {
    return (const fixed_axis *)(const void *)section(m, FIXED) + d;
}
INLINE const fixed_output *fixed_output_at(const sna_model *m, unsigned k) {
    return (const fixed_output *)(const void *)(section(m, FIXED) + 32u * m->n_axes) + k;
}
INLINE const i32 *fixed_weights(const sna_model *m) {
    return (const i32 *)(const void *)(section(m, FIXED) + 32u * m->n_axes + 32u * m->n_outputs);
}
INLINE uint32_t counts_bytes(const axis_record *a) {
    return is_uniform(a) || a->kind == CATEGORICAL ? 0 : 4u * (2u * a->n_spans + 1u);
}

static int counts_hold(const axis_record *a, const fixed_axis *f, const unsigned char *p) {
    const i32 *breaks = (const i32 *)(const void *)p;
    const u32 *multiplier = (const u32 *)(const void *)(breaks + a->n_spans + 1);
    if (breaks[0] != f->count_lower || breaks[a->n_spans] != f->count_upper) return 0;
    for (uint32_t s = 0; s < a->n_spans; s++)
        if (breaks[s] >= breaks[s + 1] || !multiplier[s]) return 0;
    return 1;
}

/* Do the matrices of axis d stand where those of an earlier axis of the same shape do? */
static int shares_matrices(const sna_model *m, unsigned d) {
    const axis_record *a = axis_at(m, d);
    for (unsigned e = 0; e < d; e++) {
        const axis_record *b = axis_at(m, e);
        if (b->n_matrices == a->n_matrices && b->degree == a->degree &&
            fixed_axis_at(m, e)->matrices == fixed_axis_at(m, d)->matrices)
            return 1;
    }
    return 0;
}

/* Checks one axis; *end is where its arrays must begin and then where they end. */
static int fixed_axis_holds(const sna_model *m, unsigned d, uint32_t *end) {
    const axis_record *a = axis_at(m, d);
    const fixed_axis *f = fixed_axis_at(m, d);
    uint32_t order = a->degree + 1u, counts = counts_bytes(a);
    int level = a->kind == CATEGORICAL;
    if ((a->n_columns && a->dtype != DT_I16 && a->dtype != DT_I8) || f->q < 16 || f->q > 30 ||
        f->shift > 32)
        return 0;
    if (f->reserved || f->zero[0] || f->zero[1] || (f->matrices != *end && !shares_matrices(m, d)))
        return 0;
    if (level ? f->count_lower || f->count_upper != (int32_t)a->n_spans - 1
              : f->count_lower >= f->count_upper)
        return 0;
    if (!f->multiplier != !is_uniform(a)) return 0;
    if (f->matrices == *end) *end += 4 * a->n_matrices * order * order;
    if (f->counts != (counts ? *end : 0)) return 0;
    *end += counts;
    if (*end > section_size(m, FIXED)) return 0;
    return !counts || counts_hold(a, f, section(m, FIXED) + f->counts);
}

static int fixed_output_holds(const sna_model *m, unsigned k, uint32_t *end) {
    const fixed_output *o = fixed_output_at(m, k);
    int table = o->table_count != 0;
    if (o->shift < 1 || o->shift > 62 || o->exponent < -64 || o->exponent > 64 || o->reserved ||
        o->zero[0] || o->zero[1])
        return 0;
    if (o->table_count == 1 || o->table_count > 4097 || o->table_shift > 20) return 0;
    if (table != (output_at(m, k)->link != LINK_IDENTITY)) return 0;
    if (table ? o->table != *end : o->table || o->table_shift || o->table_lower) return 0;
    *end += 4 * o->table_count;
    return *end <= section_size(m, FIXED);
}

static int fixed_golden_holds(const sna_model *m, uint32_t end) {
    const unsigned char *p = section(m, FIXED) + end;
    uint32_t size = section_size(m, FIXED);
    uint32_t count;
    if (end + 8 > size) return 0;
    count = load32(p);
    if (count < 1 || count > 65536 || load32(p + 4) ||
        end + 8 + 4 * count * (m->n_axes + m->n_outputs) != size)
        return 0;
    p += 8;
    for (uint32_t g = 0; g < count; g++)
        for (unsigned d = 0; d < m->n_axes; d++, p += 4) {
            const axis_record *a = axis_at(m, d);
            if (load16(p) >= a->n_spans || load16(p + 2) > (a->kind == CATEGORICAL ? 0 : 32768))
                return 0;
        }
    return 1;
}

/* Checks the records and what they point to; *end is where the golden vectors begin. Axes, outputs
 * and modes are bounded by then: the sum stays below 2^31. */
NOINLINE int fixed_arrays_hold(const sna_model *m, uint32_t *end) {
    *end = 32u * m->n_axes + 32u * m->n_outputs + 4u * m->n_modes * m->n_outputs;
    if (*end > section_size(m, FIXED)) return 0;
    for (unsigned d = 0; d < m->n_axes; d++)
        if (!fixed_axis_holds(m, d, end)) return 0;
    for (unsigned k = 0; k < m->n_outputs; k++)
        if (!fixed_output_holds(m, k, end)) return 0;
    return 1;
}

static int fixed_holds(const sna_model *m) {
    uint32_t end;
    return !is_train(m) && fixed_arrays_hold(m, &end) && fixed_golden_holds(m, end) &&
           padding_rows_hold(m, (const u32 *)(const void *)fixed_weights(m), 0);
}
#endif

/* ------------------------------------------------------------------------- checks: companions
 * Records and rules of FORMAT.md sections 14 to 16. */
#ifndef SNA_NO_COMPANIONS
enum { SOURCE_INPUT, SOURCE_FEATURE, SOURCE_PREDICTION };
enum { GRID = 33, COMPANION = 32, COORDINATE = 16, MOST_COMPANIONS = 64 };

typedef struct ALIAS companion_record {
    uint8_t role, output;
    uint16_t reserved;
    uint32_t coordinates, file, file_size;
    double weight;
    uint32_t zero[2];
} companion_record;

typedef struct ALIAS coordinate_record {
    uint8_t source, reserved;
    uint16_t index;
    uint32_t weights;
    double constant;
} coordinate_record;

typedef char companion_record_has_32_bytes[sizeof(companion_record) == COMPANION ? 1 : -1];
typedef char coordinate_has_16_bytes[sizeof(coordinate_record) == COORDINATE ? 1 : -1];

/* Sections 14 to 16 stand in no field of sna_model: a value query has no use for them. NULL where
 * one is empty. */
NOINLINE const unsigned char *addition(const sna_model *m, int id) {
    if (!(m->features & FEATURE_COMPANIONS) || !section_size(m, id)) return NULL;
    return m->bytes + load32(section_record(m, id) + 4);
}
static unsigned companions_of(const sna_model *m) {
    const unsigned char *p = addition(m, COMPANIONS);
    return p ? (unsigned)load32(p) : 0;
}
INLINE const companion_record *companion_at(const sna_model *m, unsigned i) {
    return (const companion_record *)(const void *)(addition(m, COMPANIONS) + 8) + i;
}
INLINE const coordinate_record *coordinates_at(const sna_model *m, const companion_record *r) {
    return (const coordinate_record *)(const void *)(addition(m, COMPANIONS) + r->coordinates);
}

/* |*p| < 2^500 */
NOINLINE int bounded(const void *p) {
    return (load32((const unsigned char *)p + 4) & 0x7FFFFFFFu) < 0x5F300000u;
}

/* E: columns of the inputs as features take them. */
static uint32_t encoded_inputs(const sna_model *m) {
    uint32_t n = 0;
    for (unsigned d = 0; d < m->n_axes; d++)
        n += axis_at(m, d)->kind == CATEGORICAL ? axis_at(m, d)->n_spans : 1u;
    return n;
}

static int feature_holds(const sna_model *m, const coordinate_record *c, uint32_t *end) {
    uint32_t n = encoded_inputs(m);
    const unsigned char *w = addition(m, COMPANIONS) + *end;
    if (c->index || c->weights != *end || !moderate(&c->constant) ||
        !inside(*end, 4 * n, 4, section_size(m, COMPANIONS)))
        return 0;
    for (uint32_t e = 0; e < n; e++)
        if (!finite32(load32(w + 4 * e))) return 0;
    *end += 4 * n;
    return 1;
}

/* Coordinate c of axis a of a companion; *end: where the next weights stand. */
static int coordinate_holds(const sna_model *m, const axis_record *a, const coordinate_record *c,
                            uint32_t *end) {
    const axis_record *input;
    if (c->reserved) return 0;
    if (c->source == SOURCE_FEATURE) return a->kind == CONTINUOUS && feature_holds(m, c, end);
    if (c->weights || order64(&c->constant)) return 0;
    if (c->source == SOURCE_PREDICTION) return a->kind == CONTINUOUS && c->index < m->n_outputs;
    if (c->source != SOURCE_INPUT || c->index >= m->n_axes) return 0;
    input = axis_at(m, c->index);
    return a->kind == input->kind &&
           load64((const unsigned char *)&a->lower) ==
               load64((const unsigned char *)&input->lower) &&
           load64((const unsigned char *)&a->upper) == load64((const unsigned char *)&input->upper);
}

/* The parts of one companion, without holes; *end: where the part before them ends, then where its
 * file does. */
static int parts_hold(const sna_model *m, const companion_record *r, const sna_model *c,
                      uint32_t *end) {
    const unsigned char *p = addition(m, COMPANIONS);
    uint32_t at = (*end + 7u) & ~7u, weights = at + (uint32_t)COORDINATE * c->n_axes;
    if (r->coordinates != at || !inside(at, weights - at, 8, section_size(m, COMPANIONS)) ||
        !all_zero(p + *end, at - *end))
        return 0;
    for (unsigned d = 0; d < c->n_axes; d++)
        if (!coordinate_holds(m, axis_at(c, d), coordinates_at(m, r) + d, &weights)) return 0;
    if (r->file != ((weights + 7u) & ~7u) || !all_zero(p + weights, r->file - weights)) return 0;
    *end = r->file + r->file_size;
    return 1;
}

/* One output without a name, sigma > 0, of an output that has no other interval or scale. */
static int scale_holds(const sna_model *m, const companion_record *r, const sna_model *c) {
    const output_record *o = output_at(c, 0);
    for (const companion_record *other = companion_at(m, 0); other < r; other++)
        if (other->role == SNA_ROLE_SCALE && other->output == r->output) return 0;
    return o->link == LINK_EXP && order64(&o->scale) > 0 && order64(&o->offset) >= 0 &&
           !order64(&output_at(m, r->output)->level);
}

static int role_holds(const sna_model *m, const companion_record *r, const sna_model *c) {
    for (unsigned k = 0; k < c->n_outputs; k++)
        if (order64(&output_at(c, k)->level)) return 0;
    if (r->role == SNA_ROLE_FAMILIARITY)
        return !r->output && c->n_outputs == 1 && output_at(c, 0)->link == LINK_IDENTITY &&
               order64(&output_at(c, 0)->scale) > 0 && moderate(&r->weight) &&
               order64(&r->weight) > 0;
    if (order64(&r->weight)) return 0;
    if (r->role == SNA_ROLE_CLASS) return 1;
    if (c->n_outputs != 1 || r->output >= m->n_outputs) return 0;
    return r->role == SNA_ROLE_BASE || scale_holds(m, r, c);
}

/* ------------------------------------------------------------------------- checks: calibration */
typedef struct ALIAS calibration_record {
    uint32_t n_residuals, n_scores;
    double least_p;
    uint16_t n_pairs;
    uint8_t reserved[14];
} calibration_record;

typedef struct ALIAS pair_record {
    uint16_t a, b;
    uint32_t size;
} pair_record;

typedef char calibration_has_32_bytes[sizeof(calibration_record) == 32 ? 1 : -1];

INLINE const calibration_record *calibration_of(const sna_model *m) {
    return (const calibration_record *)(const void *)addition(m, CALIBRATION);
}
/* Numbers behind residuals: quantiles, floors, correlations; and behind scores. */
INLINE uint32_t residual_numbers(const sna_model *m, const calibration_record *c) {
    uint32_t k = m->n_outputs;
    return c->n_residuals ? (GRID + 1u) * k + k * (k - 1u) / 2u : 0;
}
INLINE uint32_t score_numbers(const calibration_record *c) {
    return c->n_scores ? (uint32_t)GRID : 0;
}
INLINE const f64 *quantiles_of(const calibration_record *c) {
    return (const f64 *)(const void *)(c + 1);
}
INLINE const f64 *scores_of(const sna_model *m, const calibration_record *c) {
    return quantiles_of(c) + residual_numbers(m, c);
}
INLINE const pair_record *pairs_of(const sna_model *m, const calibration_record *c) {
    return (const pair_record *)(const void *)(scores_of(m, c) + score_numbers(c));
}

/* A grid that never decreases. */
static int grid_holds(const f64 *q) {
    for (int j = 0; j < GRID; j++)
        if (!bounded(q + j) || (j && order64(q + j) < order64(q + j - 1))) return 0;
    return 1;
}

static int residuals_hold(const sna_model *m, const f64 *q) {
    const unsigned k = m->n_outputs;
    const f64 *floor = q + GRID * k, *correlation = floor + k;
    for (unsigned i = 0; i < k; i++)
        if (!grid_holds(q + GRID * i) || !bounded(floor + i) || order64(floor + i) < 0) return 0;
    for (unsigned i = 0; i < k * (k - 1u) / 2u; i++) {
        int64_t size = order64(correlation + i), one = (int64_t)0x3FF << 52;
        if (size > one || size < -one) return 0;
    }
    return 1;
}

/* Level pairs; `end` is where the section ends. */
static int pairs_hold(const sna_model *m, const calibration_record *c, const unsigned char *end) {
    const pair_record *p = pairs_of(m, c), *last = p + c->n_pairs;
    const unsigned char *bits = (const unsigned char *)last;
    uint32_t before = 0;
    for (; p < last; p++) {
        uint32_t key = (uint32_t)p->a << 16 | p->b, n;
        if (p->a >= p->b || p->b >= m->n_axes || key <= before) return 0;
        if (axis_at(m, p->a)->kind != CATEGORICAL || axis_at(m, p->b)->kind != CATEGORICAL)
            return 0;
        n = axis_at(m, p->a)->n_spans * axis_at(m, p->b)->n_spans;
        if (p->size != (n + 7u) >> 3 || p->size > (size_t)(end - bits)) return 0;
        bits += p->size;
        if (n & 7u && bits[-1] >> (n & 7u)) return 0;
        before = key;
    }
    return bits == end;
}

static int has_role(const sna_model *m, unsigned role) {
    for (unsigned i = 0; i < companions_of(m); i++)
        if (companion_at(m, i)->role == role) return 1;
    return 0;
}

static int calibration_holds(const sna_model *m) {
    const calibration_record *c = calibration_of(m);
    uint32_t size = section_size(m, CALIBRATION);
    int64_t least;
    if (!c) return !has_role(m, SNA_ROLE_SCALE) && !has_role(m, SNA_ROLE_FAMILIARITY);
    if (size < sizeof *c || !(c->n_residuals | c->n_scores | c->n_pairs) ||
        !all_zero(c->reserved, 14) || c->n_pairs > 2016)
        return 0;
    least = order64(&c->least_p);
    if (c->n_scores ? least <= 0 || least >= (int64_t)0x3FF << 52 : least != 0) return 0;
    if (!c->n_scores != !has_role(m, SNA_ROLE_FAMILIARITY) ||
        (!c->n_residuals && has_role(m, SNA_ROLE_SCALE)))
        return 0;
    if (size < sizeof *c + 8u * (residual_numbers(m, c) + score_numbers(c) + c->n_pairs)) return 0;
    return (!c->n_residuals || residuals_hold(m, quantiles_of(c))) &&
           (!c->n_scores || grid_holds(scores_of(m, c))) &&
           pairs_hold(m, c, (const unsigned char *)c + size);
}

/* ---------------------------------------------------------------------------- checks: readings */
enum { PRODUCT, SUM, PROGRAM, MOST_TERMS = 16, MOST_STEPS = 64, DEEPEST = 8, MOST_GOLDEN = 16 };

/* Kinds of a step, and operations: of two values, then of one. */
enum { LOAD_INPUT, LOAD_RAW, LOAD_NUMBER, OPERATION };
enum {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    POWER,
    MINIMUM,
    MAXIMUM,
    NEGATIVE,
    ROOT,
    EXPONENTIAL,
    LOGARITHM,
    ABSOLUTE,
    OPERATIONS
};
enum { OF_ONE = NEGATIVE };

typedef struct ALIAS readings_record {
    uint16_t n_raw, n_derived, n_terms, n_golden;
} readings_record;

typedef struct ALIAS derived_record {
    uint16_t axis;
    uint8_t formula, n_terms;
    uint32_t reserved;
    double constant;
} derived_record;

typedef struct ALIAS term_record {
    uint8_t kind, reserved;
    uint16_t index;
    uint32_t zero;
    double number;
} term_record;

typedef char
    formulas_have_16_bytes[sizeof(derived_record) == 16 && sizeof(term_record) == 16 ? 1 : -1];

INLINE const readings_record *readings_of(const sna_model *m) {
    return (const readings_record *)(const void *)addition(m, READINGS);
}
INLINE const f64 *tolerances_of(const readings_record *r) {
    return (const f64 *)(const void *)(r + 1);
}
INLINE const f64 *raw_ends_of(const sna_model *m, const readings_record *r) {
    return tolerances_of(r) + m->n_axes;
}
INLINE const derived_record *derived_of(const sna_model *m, const readings_record *r) {
    return (const derived_record *)(const void *)(raw_ends_of(m, r) + 2u * r->n_raw);
}
INLINE const term_record *terms_of(const sna_model *m, const readings_record *r) {
    return (const term_record *)(const void *)(derived_of(m, r) + r->n_derived);
}

/* Rows of readings, then of pairs: what a formula gives there, and its error in roundings. */
INLINE const f64 *reference_readings_of(const sna_model *m, const readings_record *r) {
    return (const f64 *)(const void *)(terms_of(m, r) + r->n_terms);
}

static int is_derived(const sna_model *m, const readings_record *r, unsigned axis) {
    const derived_record *f = derived_of(m, r);
    for (unsigned i = 0; i < r->n_derived; i++)
        if (f[i].axis == axis) return 1;
    return 0;
}

static int tolerance_holds(const sna_model *m, const readings_record *r, unsigned d) {
    const f64 *t = tolerances_of(r) + d;
    if (!moderate(t) || order64(t) < 0) return 0;
    return !order64(t) || (axis_at(m, d)->kind != CATEGORICAL && !is_derived(m, r, d));
}

static int ends_hold(const f64 *ends) {
    return moderate(ends) && moderate(ends + 1) && order64(ends) < order64(ends + 1) &&
           far_apart(ends, ends + 1);
}

static int term_holds(const sna_model *m, const readings_record *r, const term_record *t,
                      unsigned formula) {
    uint32_t size = load32((const unsigned char *)&t->number + 4) & 0x7FFFFFFFu;
    if (t->kind > (formula == PROGRAM ? OPERATION : LOAD_RAW) || t->reserved || t->zero ||
        !bounded(&t->number))
        return 0;
    if (formula == PROGRAM) {
        if (t->kind == LOAD_NUMBER) return !t->index;
        if (!all_zero((const unsigned char *)&t->number, 8)) return 0;
        if (t->kind == OPERATION) return t->index < OPERATIONS;
    } else if (!order64(&t->number)) return 0;
    if (formula == PRODUCT && /* beyond 64 */
        (size > 0x40500000u || (size == 0x40500000u && load32((const unsigned char *)&t->number))))
        return 0;
    if (t->kind) return t->index < r->n_raw;
    return t->index < m->n_axes && axis_at(m, t->index)->kind != CATEGORICAL &&
           !is_derived(m, r, t->index);
}

static int formula_holds(const sna_model *m, const derived_record *f, int last) {
    if (!(f->axis < m->n_axes && (int)f->axis > last && axis_at(m, f->axis)->kind == CONTINUOUS &&
          f->formula <= PROGRAM && f->n_terms >= 1 && !f->reserved && bounded(&f->constant)))
        return 0;
    if (f->formula == PROGRAM)
        return f->n_terms <= MOST_STEPS && all_zero((const unsigned char *)&f->constant, 8);
    return f->n_terms <= MOST_TERMS && (f->formula == SUM || order64(&f->constant));
}

/* Does every step find the values it works on, with no more than eight at once and one at the end,
 * from at least one reading? */
static int program_holds(const term_record *t, unsigned n) {
    int depth = 0, reads = 0;
    for (; n--; t++) {
        depth += t->kind != OPERATION ? 1 : t->index < OF_ONE ? -1 : 0;
        reads |= t->kind <= LOAD_RAW;
        if (depth < 1 || depth > DEEPEST) return 0;
    }
    return depth == 1 && reads;
}

/* Reference readings are numbers, and errors of what is expected not negative. */
static int reference_readings_hold(const sna_model *m, const readings_record *r) {
    const f64 *v = reference_readings_of(m, r);
    uint32_t n = r->n_golden * (m->n_axes + (uint32_t)r->n_raw);
    for (; n--; v++)
        if (!moderate(v)) return 0;
    for (n = (uint32_t)r->n_golden * r->n_derived; n--; v += 2)
        if (!moderate(v) || !moderate(v + 1) || order64(v + 1) < 0) return 0;
    return 1;
}

static int readings_hold(const sna_model *m) {
    const readings_record *r = readings_of(m);
    const derived_record *f;
    const term_record *t;
    uint32_t size = section_size(m, READINGS), terms = 0;
    int last = -1;
    if (!r) return 1;
    if (size < sizeof *r || r->n_raw > 64 || r->n_derived > m->n_axes ||
        r->n_golden > MOST_GOLDEN || (r->n_golden && !r->n_derived) ||
        size != sizeof *r + 8u * m->n_axes +
                    16u * ((uint32_t)r->n_raw + r->n_derived + r->n_terms) +
                    8u * r->n_golden * (m->n_axes + (uint32_t)r->n_raw + 2u * r->n_derived))
        return 0;
    f = derived_of(m, r);
    t = terms_of(m, r);
    for (unsigned i = 0; i < r->n_derived; last = f[i++].axis) {
        if (!formula_holds(m, f + i, last)) return 0;
        terms += f[i].n_terms;
    }
    if (terms != r->n_terms) return 0;
    for (unsigned d = 0; d < m->n_axes; d++)
        if (!tolerance_holds(m, r, d)) return 0;
    for (unsigned i = 0; i < r->n_raw; i++)
        if (!ends_hold(raw_ends_of(m, r) + 2u * i)) return 0;
    for (unsigned i = 0; i < r->n_derived; i++) {
        if (f[i].formula == PROGRAM && !program_holds(t, f[i].n_terms)) return 0;
        for (unsigned j = 0; j < f[i].n_terms; j++)
            if (!term_holds(m, r, t++, f[i].formula)) return 0;
    }
    return reference_readings_hold(m, r);
}
#endif

/* ----------------------------------------------------------------------------------------- open */

typedef int axis_check(const sna_model *m, const axis_record *a);

NOINLINE int every_axis(const sna_model *m, axis_check *holds) {
    for (unsigned d = 0; d < m->n_axes; d++)
        if (!holds(m, axis_at(m, d))) return 0;
    return 1;
}

NOINLINE sna_rule first_broken_rule(sna_model *m, const unsigned char *b, size_t size) {
    static const unsigned char magic[8] = {0x89, 'S', 'N', 'A', '\r', '\n', 0x1A, '\n'};
    if (size < HEADER + 16 * N_SECTIONS) return SNA_RULE_TOO_SHORT;
    for (int i = 0; i < 8; i++)
        if (b[i] != magic[i]) return SNA_RULE_BAD_MAGIC;
    if (load16(b + 8) != SNA_FORMAT_MAJOR) return SNA_RULE_UNSUPPORTED_VERSION;
    if (load32(b + 12) & ~FEATURES) return SNA_RULE_UNSUPPORTED_FEATURE;
    m->features = b[12];
#ifndef SNA_NO_COMPANIONS
    if (m->embedded && m->features & FEATURE_COMPANIONS) return SNA_RULE_BAD_HEADER;
#endif
    if (load32(b + 16) != size || size > (size_t)1 << 30) return SNA_RULE_BAD_SIZE;
    m->bytes = b;
    m->size = (uint32_t)size;
    if (!header_holds(m, b)) return SNA_RULE_BAD_HEADER;
    if (!section_table_holds(m)) return SNA_RULE_BAD_SECTION_TABLE;
    if (!is_embedded(m) && !checksum_holds(m)) return SNA_RULE_BAD_CHECKSUM;
    if (!padding_holds(m)) return SNA_RULE_BAD_PADDING;
    if (!every_axis(m, axis_holds)) return SNA_RULE_BAD_AXIS;
    if (!every_axis(m, offsets_hold)) return SNA_RULE_BAD_OFFSET;
    if (!every_axis(m, spans_hold)) return SNA_RULE_BAD_SPAN;
#ifndef SNA_NO_TT
    if (is_train(m) && !tt_holds(m)) return SNA_RULE_BAD_GROUP;
#endif
    if (!is_train(m) && !cp_holds(m)) return SNA_RULE_BAD_GROUP;
    if (!tables_hold(m)) return SNA_RULE_BAD_TABLE_LAYOUT;
    if (!every_axis(m, values_hold)) return SNA_RULE_BAD_VALUE;
    if (!outputs_hold(m)) return SNA_RULE_BAD_OUTPUT;
#ifndef SNA_NO_FIXED
    if (m->features & FEATURE_FIXED && !fixed_holds(m)) return SNA_RULE_BAD_FIXED;
#endif
    return golden_holds(m) ? SNA_RULE_NONE : SNA_RULE_BAD_GOLDEN;
}

#ifdef CORTEX_FPU
/* Do the loops written for the FPU of Cortex-M serve this model? */
static int is_plain(const sna_model *m) {
    if (is_train(m) || m->n_groups != 1 || m->n_outputs != 1 || m->n_modes & 7u) return 0;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        if (a->kind != CONTINUOUS || !is_uniform(a) || a->degree != 3 || a->dtype != DT_F32 ||
            a->n_columns != m->n_modes)
            return 0;
        for (uint32_t s = 0; s < a->n_spans; s++)
            if (!section(m, SPANS)[a->support + s]) return 0;
    }
    return 1;
}
#endif

/* What verbs want to know of a model whose rules hold. */
static void take_sizes(sna_model *m) {
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        if (a->degree > m->max_degree) m->max_degree = a->degree;
        if (a->right > m->max_rank) m->max_rank = a->right;
        m->n_values = (uint16_t)(m->n_values + a->degree + 1u);
    }
#ifdef CORTEX_FPU
    m->plain = (uint16_t)(is_plain(m) ? 20u * m->n_axes : 0u);
#endif
}

#define BORDER_FLOAT32 ((real)2.384185791015625e-7f)  /* 2^-22 of the larger bound */
#define BORDER_RANGE ((real)1.52587890625e-5f)        /* 2^-16 of the range */
#define BORDER_FLOAT64 ((real)8.881784197001252e-16f) /* 2^-50 of the larger bound */

/* max(|a|, |b|) */
NOINLINE real larger(real a, real b) {
    if (a < 0) a = -a;
    if (b < 0) b = -b;
    return a > b ? a : b;
}

#ifdef SNA_FLOAT
/* The float of these bits as a multiple of 2^-24 of the power of two with this exponent, which is
 * not below its own. Integers, so that the integer path needs no emulated FPU. */
NOINLINE int32_t aligned(uint32_t bits, uint32_t exponent) {
    uint32_t own = bits >> 23 & 255u, gap = exponent - own;
    int32_t size = own && gap < 25 ? (int32_t)((bits << 8 | 0x80000000u) >> 7 >> gap) : 0;
    return bits >> 31 ? -size : size;
}

/* high - low in multiples of 2^-24 of the power of two with *exponent, that of the larger end. */
static int32_t width_of(uint32_t low, uint32_t high, uint32_t *exponent) {
    *exponent = low << 1 > high << 1 ? low >> 23 & 255u : high >> 23 & 255u;
    return aligned(high, *exponent) - aligned(low, *exponent);
}

/* The step of float at the larger end, 2^-23 of its power of two, is at most 2^-16 of the range:
 * Unix seconds of one minute lie 128 s apart and are not carried. Exact: ends so close differ by
 * one exponent at most. */
static int carried(const f64 *low, const f64 *high) {
    uint32_t exponent;
    int32_t width = width_of(bits_of(single(low)), bits_of(single(high)), &exponent);
    return order64(low) == order64(high) || !exponent || (exponent < 255 && width >= 1 << 17);
}

/* (upper32 - lower32) inv_width32, of which the span is taken, is a number between 0 and 2^24 (1.6
 * % more at most). */
static int countable(const axis_record *a) {
    uint32_t exponent, rate = load32((const unsigned char *)&a->inv_width32), own = rate >> 23;
    int32_t width = width_of(load32((const unsigned char *)&a->lower32),
                             load32((const unsigned char *)&a->upper32), &exponent);
    uint32_t product = ((uint32_t)width >> 11) * ((rate & 0x7FFFFFu) >> 8 | 0x8000u);
    int32_t room = 306 - (int32_t)exponent - (int32_t)own;
    if (width < 0 || exponent == 255 || own >= 255) return !(rate << 1) && exponent < 255;
    return !own || room >= 32 || (room >= 0 && !(product >> room));
}

static int all_carried(const sna_model *m) {
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        if (!countable(a)) return 0;
        if (a->kind != CATEGORICAL && !carried(&a->lower, &a->upper)) return 0;
    }
    for (unsigned k = 0; k < m->n_outputs; k++)
        if (!carried(&output_at(m, k)->range_low, &output_at(m, k)->range_high)) return 0;
    return 1;
}
#endif

#ifndef SNA_NO_COMPANIONS
/* Does a float carry the n numbers at p, each `step` bytes behind the one before? */
static int all_single(const void *p, uint32_t n, uint32_t step) {
#ifdef SNA_FLOAT
    for (const unsigned char *at = (const unsigned char *)p; n--; at += step)
        if ((load32(at + 4) & 0x7FFFFFFFu) >= 0x47D00000u) return 0;
#else
    (void)p, (void)n, (void)step;
#endif
    return 1;
}

/* The numbers of sections 14 to 16 in float: below 2^126, ends as those of an axis. */
static int additions_carried(const sna_model *m) {
    const calibration_record *c = calibration_of(m);
    const readings_record *r = readings_of(m);
    return (!companions_of(m) || all_single(&companion_at(m, 0)->weight, companions_of(m), 32)) &&
           (!c || all_single(quantiles_of(c), residual_numbers(m, c) + score_numbers(c), 8)) &&
           (!r ||
            (all_single(tolerances_of(r), m->n_axes + 2u * r->n_raw, 8) &&
             all_single(&derived_of(m, r)->constant, (uint32_t)r->n_derived + r->n_terms, 16) &&
             all_single(reference_readings_of(m, r),
                        r->n_golden * (m->n_axes + (uint32_t)r->n_raw + 2u * r->n_derived), 8)));
}
#endif

/* 0 when the build left out what the model needs. */
static int supported(const sna_model *m) {
#ifdef SNA_FLOAT
    if (!all_carried(m)) return 0;
#endif
#if defined(SNA_NO_F16) || defined(SNA_NO_INT)
    for (unsigned d = 0; d < m->n_axes; d++) {
        unsigned dtype = axis_at(m, d)->dtype;
#ifdef SNA_NO_F16
        if (dtype == DT_F16) return 0;
#endif
#ifdef SNA_NO_INT
        if (dtype == DT_I16 || dtype == DT_I8) return 0;
#endif
    }
#endif
#ifdef SNA_PLAIN_ONLY
    if (!m->plain) return 0;
#endif
#ifdef SNA_NO_LINK
    for (unsigned k = 0; k < m->n_outputs; k++)
        if (output_at(m, k)->link != LINK_IDENTITY) return 0;
#endif
    (void)m;
    return 1;
}

#ifndef SNA_NO_COMPANIONS
/* One companion; *end: where the part before it ends, then where its file does. *served becomes 0
 * where this build leaves out what it needs. */
static int companion_holds(const sna_model *m, const companion_record *r, uint32_t *end,
                           int *served) {
    const unsigned char *file = addition(m, COMPANIONS) + r->file;
    sna_model c;
    sna_rule rule;
    if (r->role > SNA_ROLE_BASE || r->reserved || r->zero[0] || r->zero[1] ||
        !inside(r->file, r->file_size, 8, section_size(m, COMPANIONS)))
        return 0;
    clear(&c, sizeof c);
    c.embedded = 1;
    rule = first_broken_rule(&c, file, r->file_size);
    if (rule == SNA_RULE_UNSUPPORTED_FEATURE &&
        !(load32(file + 12) & ~(FEATURE_TT | FEATURE_FIXED))) {
        *served = 0;
        *end = r->file + r->file_size;
        return 1;
    }
    if (rule || !parts_hold(m, r, &c, end) || !role_holds(m, r, &c)) return 0;
    take_sizes(&c);
    *served &= supported(&c) & all_single(&coordinates_at(m, r)->constant, c.n_axes, COORDINATE);
    return 1;
}

static int companions_hold(const sna_model *m, int *served) {
    const unsigned char *p = addition(m, COMPANIONS);
    uint32_t size = section_size(m, COMPANIONS), count = p && size >= 8 ? load32(p) : 0, end;
    if (!p) return 1;
    end = 8 + COMPANION * count;
    if (count < 1 || count > MOST_COMPANIONS || load32(p + 4) || end > size) return 0;
    for (unsigned i = 0; i < count; i++)
        if (!companion_holds(m, companion_at(m, i), &end, served)) return 0;
    return end == size;
}

/* The sections of format 1.1. */
static sna_rule first_broken_addition(const sna_model *m, int *served) {
    if (!companions_hold(m, served)) return SNA_RULE_BAD_COMPANION;
    if (!calibration_holds(m)) return SNA_RULE_BAD_CALIBRATION;
    if (!readings_hold(m)) return SNA_RULE_BAD_READINGS;
    *served &= additions_carried(m);
    return SNA_RULE_NONE;
}
#endif

/* A model without bytes, axes and outputs: every verb refuses it. */
static sna_status closed(sna_model *m, sna_rule rule, sna_status status) {
    clear(m, sizeof *m);
    m->rule = (uint8_t)rule;
    return status;
}

sna_status sna_open(const void *bytes, size_t size, sna_model *model) {
    sna_rule rule;
    int served = 1;
    clear(model, sizeof *model);
    if (!bytes || (uintptr_t)bytes & 7u) return SNA_BAD_INPUT;
    rule = first_broken_rule(model, (const unsigned char *)bytes, size);
    if (rule == SNA_RULE_UNSUPPORTED_VERSION || rule == SNA_RULE_UNSUPPORTED_FEATURE)
        return closed(model, rule, SNA_UNSUPPORTED);
#ifndef SNA_NO_COMPANIONS
    if (!rule) rule = first_broken_addition(model, &served);
#endif
    if (rule) return closed(model, rule, SNA_CORRUPT);
    take_sizes(model);
    return served && supported(model) ? SNA_OK : closed(model, SNA_RULE_NONE, SNA_UNSUPPORTED);
}

/* -------------------------------------------------------------- axes: span and local
 * coordinate_record */

#ifdef SNA_FLOAT
#define LOWER(a) ((a)->lower32)
#define UPPER(a) ((a)->upper32)
#define INV_WIDTH(a) ((a)->inv_width32)
#else
#define LOWER(a) ((a)->lower)
#define UPPER(a) ((a)->upper)
#define INV_WIDTH(a) ((a)->inv_width)
#endif

/* x, or the end of the domain that x lies on but for rounding (FORMAT.md section 1). */
NOINLINE real settled(const axis_record *a, real x) {
    real lower = LOWER(a), upper = UPPER(a), most = larger(lower, upper),
         slack = upper * BORDER_RANGE - lower * BORDER_RANGE;
#ifndef SNA_FLOAT /* of what a float carries 2^-16 of the range is more */
    if (slack < most * BORDER_FLOAT64) slack = most * BORDER_FLOAT64;
#endif
    if (slack > most * BORDER_FLOAT32) slack = most * BORDER_FLOAT32;
    return x > upper && x <= upper + slack ? upper : x < lower && x >= lower - slack ? lower : x;
}

/* A coordinate on its axis: span, u in [0, 1], du/dx, and how far outside the domain it lies. */
typedef struct place {
    uint32_t span;
    real u, rate, excess;
} place;

INLINE real clipped(real u) { return u > 0 ? (u < 1 ? u : 1) : 0; }

/* span = the largest one whose lower break does: bisection with a fixed number of steps. `does`
 * speaks of break `at`; it holds up to some break, and of the first one it is not asked. */
#define LAST_SPAN(span, n_spans, does)                        \
    for (uint32_t count = (n_spans); count > 1;) {            \
        const uint32_t half = count >> 1, at = (span) + half; \
        (span) += (does) ? half : 0;                          \
        count -= half;                                        \
    }

static uint32_t span_of(const f64 *breaks, uint32_t n_spans, real x) {
    uint32_t span = 0;
    LAST_SPAN(span, n_spans, REAL(breaks[at]) <= x)
    return span;
}

#ifndef SNA_PLAIN_ONLY
/* u of an x inside a uniform axis, and its span. */
INLINE real uniform_place(const axis_record *a, real x, uint32_t *span) {
    real u = (x - LOWER(a)) * INV_WIDTH(a);
    uint32_t s = (uint32_t)(int32_t)u;
    if (s >= a->n_spans) s = a->n_spans - 1u;
    *span = s;
    u -= (real)(int32_t)s;
    return u < 1 ? u : 1;
}
#endif

static void place_inside(const sna_model *m, const axis_record *a, real x, place *p) {
    if (is_uniform(a)) {
        real t = (x - LOWER(a)) * INV_WIDTH(a), last = (real)(a->n_spans - 1u);
        p->rate = INV_WIDTH(a);
        p->span = t >= last ? a->n_spans - 1u : t > 0 ? (uint32_t)(int32_t)t : 0;
        p->u = clipped(t - (real)(int32_t)p->span);
    } else {
        const f64 *breaks = breaks_at(m, a);
        p->span = span_of(breaks, a->n_spans, x);
        p->rate = REAL(breaks[a->n_spans + 1 + p->span]);
        p->u = clipped((x - REAL(breaks[p->span])) * p->rate);
    }
}

static sna_status place_level(const axis_record *a, real x, place *p) {
    p->rate = 0;
    p->u = 0;
    p->span = 0;
    if (!(x >= 0 && x < (real)a->n_spans)) return SNA_OUT_OF_DOMAIN;
    p->span = (uint32_t)x;
    return (real)p->span < x ? SNA_OUT_OF_DOMAIN : SNA_OK;
}

static real wrapped(const axis_record *a, real x) {
    real lower = LOWER(a), period = UPPER(a) - lower, turns = (x - lower) / period;
    real limit = (real)1e9f;
    if (!(turns < limit && turns > -limit))
        return lower; /* so far out that no digit of the phase is left */
    int32_t whole = (int32_t)turns;
    if ((real)whole > turns) whole--;
    x -= (real)whole * period;
    return x < lower ? lower : x > UPPER(a) ? UPPER(a) : x;
}

/* Coordinate to place; periodic axes wrap and others keep their excess when extrapolation was asked
 * for. */
static sna_status place_on(const sna_model *m, const axis_record *a, real x, unsigned flags,
                           place *p) {
    sna_status status = SNA_OK;
    p->excess = 0;
    if (a->kind == CATEGORICAL) {
        if (!is_finite(x)) return SNA_BAD_INPUT;
        status = place_level(a, x, p);
    } else {
        if (!(x >= LOWER(a) && x <= UPPER(a))) {
            real bound = x < LOWER(a) ? LOWER(a) : UPPER(a);
            if (!is_finite(x)) return SNA_BAD_INPUT;
            p->excess = settled(a, x) - bound;
            if (p->excess < 0 || p->excess > 0) {
                if (!(flags & SNA_EXTRAPOLATE)) return SNA_OUT_OF_DOMAIN;
                status = SNA_EXTRAPOLATED;
                if (a->kind == PERIODIC) {
                    p->excess = 0;
                    bound = wrapped(a, x);
                }
            }
            x = bound;
        }
        place_inside(m, a, x, p);
    }
    if (status == SNA_OK && !section(m, SPANS)[a->support + p->span]) status = SNA_EDGE;
    return status;
}

/* --------------------------------------------------------------- basis values, cells of a query */

#ifdef SNA_FLOAT
/* A number as the unevaluated sum of two: twice the digits. */
typedef struct pair {
    real high, low;
} pair;

/* What rounding took from the product p = a b. The instruction itself on Cortex-M: without an
 * operating system clang calls fmaf of libm for the builtin, which is 2 KB of emulated double. */
INLINE real product_error(real a, real b, real p) {
#if defined(__GNUC__) && defined(__arm__) && defined(__ARM_FEATURE_FMA)
    real error = -p;
    __asm("vfma.f32 %[error], %[a], %[b]" : [error] "+t"(error) : [a] "t"(a), [b] "t"(b));
    return error;
#elif defined(__GNUC__) && (defined(__FMA__) || defined(__FP_FAST_FMAF))
    return __builtin_fmaf(a, b, -p);
#else
    return (real)((f64)a * (f64)b - (f64)p);
#endif
}

/* s u + a. Source: Graillat, Langlois, Louvet, Compensated Horner scheme (2005). */
INLINE pair times_plus(pair s, real u, pair a) {
    real p = s.high * u, part;
    pair sum;
    sum.high = p + a.high;
    part = sum.high - p;
    sum.low = s.low * u +
              (product_error(s.high, u, p) + ((p - (sum.high - part)) + (a.high - part)) + a.low);
    return sum;
}

/* basis_of_order where powers of u cancel: in Bernstein polynomials of degree 7 terms of up to 672
 * sum to less than 1. */
static void basis_of_high_order(const f32 *matrix, unsigned n, const place *p, real *b, real *db) {
    int steep = db || p->excess < 0 || p->excess > 0;
    for (unsigned i = 0; i < n; i++, matrix += n) {
        pair value = {matrix[n - 1], 0}, slope = {0, 0};
        for (unsigned k = n - 1; k-- > 0;) {
            pair next = {matrix[k], 0};
            if (steep) slope = times_plus(slope, p->u, value);
            value = times_plus(value, p->u, next);
        }
        b[i] = value.high + value.low + p->excess * p->rate * (slope.high + slope.low);
        if (db) db[i] = (slope.high + slope.low) * p->rate;
    }
}
#endif

/* b[0..p] = basis values at the place, db (may be NULL) = their derivatives with respect to x. */
static void basis_of_order(const f32 *matrix, unsigned n, const place *p, real *b, real *db) {
    real u = p->u;
#ifdef SNA_FLOAT
    if (n > 4) {
        basis_of_high_order(matrix, n, p, b, db);
        return;
    }
#endif
    for (unsigned i = 0; i < n; i++, matrix += n) {
        real value = (real)matrix[n - 1], slope = 0;
        for (unsigned k = n - 1; k-- > 0;) {
            if (db || p->excess < 0 || p->excess > 0) slope = slope * u + value;
            value = value * u + (real)matrix[k];
        }
        b[i] = value + p->excess * p->rate * slope;
        if (db) db[i] = slope * p->rate;
    }
}

/* The usual case, kept apart so that the compiler unrolls it: cubic, inside, no derivative. */
INLINE void basis_cubic(const f32 *m, real u, real *b) {
    for (int i = 0; i < 4; i++, m += 4)
        b[i] = (((real)m[3] * u + (real)m[2]) * u + (real)m[1]) * u + (real)m[0];
}

/* What an axis brings to one query: its first table row and its basis values. `at` moves on mode by
 * mode. */
typedef struct cell {
    const unsigned char *at;
    uint32_t stride;  /* bytes from row to row */
    uint8_t dtype, n; /* n = p + 1 */
    real *b;          /* b[n], for gradients followed by db[n] */
} cell;

static uint32_t row_bytes(const axis_record *a) {
    return a->n_columns << (a->dtype == DT_F32 ? 2 : a->dtype == DT_I8 ? 0 : 1);
}

static void fill_cell(const sna_model *m, const axis_record *a, const place *p, cell *c,
                      int with_slope) {
    const u16 *row = first_rows(m, a);
    const f32 *matrix = (const f32 *)(const void *)(section(m, MATRICES) + a->matrices);
    c->n = (uint8_t)(a->degree + 1u);
    c->dtype = a->dtype;
    c->stride = row_bytes(a);
    c->at = section(m, TABLES) + a->table + row[p->span] * c->stride;
    matrix += (uint32_t)row[a->n_spans + p->span] * c->n * c->n;
    if (c->n == 4 && !with_slope && !(p->excess < 0 || p->excess > 0))
        basis_cubic(matrix, p->u, c->b);
    else basis_of_order(matrix, c->n, p, c->b, with_slope ? c->b + c->n : NULL);
}

#ifndef SNA_PLAIN_ONLY
/* The usual axis in few instructions: uniform, not periodic, cubic, x inside. Returns 0 to leave
 * the axis to fill_cell. */
INLINE int fill_plain(const sna_model *m, const axis_record *a, real x, cell *c,
                      sna_status *status) {
    const u16 *row;
    real u;
    uint32_t span;
    if (a->kind != CONTINUOUS || a->flags != 1 || a->degree != 3 ||
        !(x >= LOWER(a) && x <= UPPER(a)))
        return 0;
    u = uniform_place(a, x, &span);
    row = first_rows(m, a) + span;
    c->n = 4;
    c->dtype = a->dtype;
    c->stride = row_bytes(a);
    c->at = section(m, TABLES) + a->table + row[0] * c->stride;
    basis_cubic((const f32 *)(const void *)(section(m, MATRICES) + a->matrices) +
                    16u * row[a->n_spans],
                u, c->b);
    if (!section(m, SPANS)[a->support + span] && *status == SNA_OK) *status = SNA_EDGE;
    return 1;
}

/* Cells of all axes from coordinates; returns the status of the query. `values` takes (1 or 2) *
 * (p+1) per axis. */
static sna_status fill_cells(const sna_model *m, unsigned flags, const real *x, cell *cells,
                             real *values, int with_slope) {
    sna_status status = SNA_OK;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        cells[d].b = values;
        values += (a->degree + 1u) << with_slope;
        if (with_slope || !fill_plain(m, a, x[d], &cells[d], &status)) {
            place p;
            sna_status s = place_on(m, a, x[d], flags, &p);
            if (s < 0) return s;
            if (s == SNA_EXTRAPOLATED || status == SNA_OK) status = s;
            fill_cell(m, a, &p, &cells[d], with_slope);
        }
    }
    return status;
}

#endif

/* As fill_cells without slopes and extrapolation; the coordinate of axis `but` is not looked at. */
static sna_status fill_cells_but(const sna_model *m, const real *x, cell *cells, real *values,
                                 unsigned but) {
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        place p;
        sna_status s;
        clear(&p, sizeof p);
        s = d == but ? SNA_OK : place_on(m, a, x[d], 0, &p);
        if (s < 0) return s;
        cells[d].b = values;
        fill_cell(m, a, &p, &cells[d], 0);
        values += a->degree + 1u;
    }
    return SNA_OK;
}

/* ------------------------------------------------------------------------ sums of products (CP)
 * Modes go four at a time: their product stays in registers over all axes. */

INLINE real element(const unsigned char *at, unsigned dtype, uint32_t i) {
    if (dtype == DT_F32) return (real)((const f32 *)(const void *)at)[i];
#ifndef SNA_NO_INT
    if (dtype == DT_I8) return (real)((const signed char *)at)[i];
    if (dtype == DT_I16) return (real)(int16_t)((const u16 *)(const void *)at)[i];
#endif
#ifdef SNA_NO_F16
    return 0;
#else
    return (real)float_of_half(((const u16 *)(const void *)at)[i]);
#endif
}

/* out[0..3] = sum_i b[i] row_i[0..3] */
INLINE void four_of(const unsigned char *at, uint32_t stride, unsigned dtype, unsigned n,
                    const real *b, real out[LANES]) {
    for (int j = 0; j < LANES; j++) out[j] = b[0] * element(at, dtype, (uint32_t)j);
    for (unsigned i = 1; i < n; i++) {
        at += stride;
        for (int j = 0; j < LANES; j++) out[j] += b[i] * element(at, dtype, (uint32_t)j);
    }
}

NOINLINE void four_of_any(const cell *c, const real *b, real out[LANES]) {
    switch (c->dtype) {
#ifndef SNA_NO_INT
    case DT_I8: four_of(c->at, c->stride, DT_I8, c->n, b, out); break;
    case DT_I16: four_of(c->at, c->stride, DT_I16, c->n, b, out); break;
#endif
#ifndef SNA_NO_F16
    case DT_F16: four_of(c->at, c->stride, DT_F16, c->n, b, out); break;
#endif
    default: four_of(c->at, c->stride, DT_F32, c->n, b, out); break;
    }
}

INLINE void atoms(const cell *c, const real *b, real out[LANES]) {
    if (c->dtype == DT_F32 && c->n == 4) four_of(c->at, c->stride, DT_F32, 4, b, out);
    else four_of_any(c, b, out);
}

INLINE void advance(cell *c) {
    c->at += LANES << (c->dtype == DT_F32 ? 2 : c->dtype == DT_I8 ? 0 : 1);
}

#ifndef SNA_PLAIN_ONLY
INLINE void mix(const f32 *w, unsigned n_outputs, const real mode[LANES], real *f) {
    for (unsigned k = 0; k < n_outputs; k++)
        f[k] += (real)w[k] * mode[0] + (real)w[n_outputs + k] * mode[1] +
                ((real)w[2 * n_outputs + k] * mode[2] + (real)w[3 * n_outputs + k] * mode[3]);
}

#endif

/* use[] = the axes of the group; returns how many. */
static unsigned axes_of(const sna_model *m, const group_record *g, uint8_t *use) {
    unsigned n = 0;
    for (unsigned d = 0; d < m->n_axes; d++)
        if (uses(g, d)) use[n++] = (uint8_t)d;
    return n;
}

#ifndef SNA_PLAIN_ONLY
static void cp_linear(const sna_model *m, cell *cells, uint8_t *use, real *f) {
    const f32 *w = weights_at(m);
    for (unsigned g = 0; g < m->n_groups; g++) {
        const uint8_t *end = use + axes_of(m, group_at(m, g), use);
        for (uint32_t left = padded(group_at(m, g)->count); left;
             left -= LANES, w += LANES * m->n_outputs) {
            real mode[LANES] = {1, 1, 1, 1}, atom[LANES];
            for (const uint8_t *d = use; d < end; d++) {
                atoms(&cells[*d], cells[*d].b, atom);
                advance(&cells[*d]);
                for (int j = 0; j < LANES; j++) mode[j] *= atom[j];
            }
            mix(w, m->n_outputs, mode, f);
        }
    }
}

/* df[k][d] += sum_r W[r][k] slope_r prod of the other axes, by prefix and suffix products over the
 * group's axes. scratch: 8 numbers per axis. */
static void cp_gradient(const sna_model *m, cell *cells, uint8_t *use, real *scratch, real *f,
                        real *df) {
    const f32 *w = weights_at(m);
    for (unsigned g = 0; g < m->n_groups; g++) {
        unsigned n = axes_of(m, group_at(m, g), use);
        for (uint32_t left = padded(group_at(m, g)->count); left;
             left -= LANES, w += LANES * m->n_outputs) {
            real mode[LANES] = {1, 1, 1, 1}, suffix[LANES] = {1, 1, 1, 1}, slope[LANES];
            for (unsigned i = 0; i < n; i++) {
                real *prefix = scratch + 2 * LANES * i, *atom = prefix + LANES;
                atoms(&cells[use[i]], cells[use[i]].b, atom);
                for (int j = 0; j < LANES; j++) {
                    prefix[j] = mode[j];
                    mode[j] *= atom[j];
                }
            }
            mix(w, m->n_outputs, mode, f);
            for (unsigned i = n; i-- > 0;) {
                cell *c = &cells[use[i]];
                const real *prefix = scratch + 2 * LANES * i, *atom = prefix + LANES;
                atoms(c, c->b + c->n, slope);
                advance(c);
                for (int j = 0; j < LANES; j++) {
                    slope[j] *= prefix[j] * suffix[j];
                    suffix[j] *= atom[j];
                }
                for (unsigned k = 0; k < m->n_outputs; k++)
                    df[k * m->n_axes + use[i]] += (real)w[k] * slope[0] +
                                                  (real)w[m->n_outputs + k] * slope[1] +
                                                  ((real)w[2 * m->n_outputs + k] * slope[2] +
                                                   (real)w[3 * m->n_outputs + k] * slope[3]);
            }
        }
    }
}
#endif

/* --------------------------------------------------------------------------- tensor trains (TT) */
#ifndef SNA_NO_TT
/* One entry of Phi(x): sum_i b[i] core[row + i][column]. */
INLINE real entry(const cell *c, const real *b, uint32_t column) {
    const unsigned char *at = c->at;
    real sum = 0;
    for (unsigned i = 0; i < c->n; i++, at += c->stride)
        sum += b[i] * element(at, c->dtype, column);
    return sum;
}

/* The usual cell, cubic and of float32, with its basis values apart from the core: the compiler
 * unrolls sums over its rows. */
typedef struct usual_cell {
    cell c;
    real b[4];
} usual_cell;

INLINE int take_usual(const cell *c, const real *b, usual_cell *own) {
    if (c->dtype != DT_F32 || c->n != 4) return 0;
    own->c = *c;
    own->c.dtype = DT_F32;
    own->c.n = 4;
    for (int i = 0; i < 4; i++) own->b[i] = b[i];
    return 1;
}

/* In the order of the core: a large one is read once. */
INLINE void row_of(const axis_record *a, const cell *c, const real *b, const real *v, real *out) {
    const uint32_t left = a->left, right = a->right;
    uint32_t column = 0;
    for (; column < right; column++) out[column] = v[0] * entry(c, b, column);
    for (uint32_t l = 1; l < left; l++)
        for (uint32_t r = 0; r < right; r++) out[r] += v[l] * entry(c, b, column++);
}

INLINE void column_of(const axis_record *a, const cell *c, const real *b, const real *v,
                      real *out) {
    const uint32_t left = a->left, right = a->right;
    uint32_t column = 0;
    for (uint32_t l = 0; l < left; l++) {
        real sum = 0;
        for (uint32_t r = 0; r < right; r++) sum += entry(c, b, column++) * v[r];
        out[l] = sum;
    }
}

/* out = v Phi, v[left] -> out[right] */
static void tt_row(const axis_record *a, const cell *c, const real *b, const real *v, real *out) {
    usual_cell own;
    if (take_usual(c, b, &own)) row_of(a, &own.c, own.b, v, out);
    else row_of(a, c, b, v, out);
}

/* out = Phi v, v[right] -> out[left] */
static void tt_column(const axis_record *a, const cell *c, const real *b, const real *v,
                      real *out) {
    usual_cell own;
    if (take_usual(c, b, &own)) column_of(a, &own.c, own.b, v, out);
    else column_of(a, c, b, v, out);
}

/* Row vectors before each axis, one after another from `v`; returns the one behind axis `end` - 1
 */
static real *tt_prefixes(const sna_model *m, const cell *cells, unsigned end, real *v) {
    v[0] = 1;
    for (unsigned d = 0; d < end; d++) {
        tt_row(axis_at(m, d), &cells[d], cells[d].b, v, v + axis_at(m, d)->left);
        v += axis_at(m, d)->left;
    }
    return v;
}

#ifndef SNA_PLAIN_ONLY
/* scratch: 2 * max_rank */
static void tt_linear(const sna_model *m, const cell *cells, real *scratch, real *f) {
    real *v = scratch, *next = scratch + m->max_rank, *swap;
    v[0] = 1;
    for (unsigned d = 0; d < m->n_axes; d++, swap = v, v = next, next = swap)
        tt_row(axis_at(m, d), &cells[d], cells[d].b, v, next);
    for (uint32_t r = 0; r < m->n_modes; r++)
        for (unsigned k = 0; k < m->n_outputs; k++)
            f[k] += (real)weights_at(m)[r * m->n_outputs + k] * v[r];
}
#endif

/* scratch: 1 + sum of ranks for the prefixes, then 2 * max_rank */
static void tt_gradient(const sna_model *m, const cell *cells, real *scratch, real *f, real *df) {
    real *last = tt_prefixes(m, cells, m->n_axes, scratch);
    for (unsigned k = 0; k < m->n_outputs; k++) {
        real *suffix = last + m->n_modes, *next = suffix + m->max_rank, *swap, *prefix = last;
        for (uint32_t r = 0; r < m->n_modes; r++) {
            suffix[r] = (real)weights_at(m)[r * m->n_outputs + k];
            f[k] += last[r] * suffix[r];
        }
        for (unsigned d = m->n_axes; d-- > 0; swap = suffix, suffix = next, next = swap) {
            const axis_record *a = axis_at(m, d);
            real sum = 0;
            prefix -= a->left;
            tt_column(a, &cells[d], cells[d].b + cells[d].n, suffix, next);
            for (uint32_t l = 0; l < a->left; l++) sum += prefix[l] * next[l];
            df[k * m->n_axes + d] += sum;
            tt_column(a, &cells[d], cells[d].b, suffix, next);
        }
    }
}
#endif

/* -------------------------------------------------------------------- outputs, links, intervals */
#ifdef SNA_FLOAT
#define EXP_MAX 88.722839f
#define EXP_MIN (-87.336544f) /* below: 0, no subnormals */
#define LN2_HIGH 0.693145752f
#define LN2_LOW 1.42860677e-6f
#define EXP_TERMS 7
#define LOG_TERMS 4
#define LEAST_EXPONENT (-126) /* of a normal number */
#define UNIT_BITS 24
#define BELOW_ONE 5.96046448e-8f /* from 1 to the next number below */
#define ROUNDING 1.1920929e-7f   /* of an output: sum, product with scale, sum with offset */
#else
#define EXP_MAX 709.782712893384
#define EXP_MIN (-708.3964185322641)
#define LN2_HIGH 0.693147180369123816490
#define LN2_LOW 1.90821492927058770002e-10
#define EXP_TERMS 13
#define LOG_TERMS 9
#define LEAST_EXPONENT (-1022) /* of a normal number */
#define UNIT_BITS 53
#define BELOW_ONE 1.1102230246251565e-16
#define ROUNDING 2.220446049250313e-16
#endif

static real absolute(real x) { return x < 0 ? -x : x; }

/* exp(x) = 2^n exp(r), |r| <= ln2 / 2, Taylor series of exp(r): relative error below 2 units in the
 * last place. */
static real exponential(real x) {
    static const real series[] = {
        1,
        1,
        (real)(1.0 / 2),
        (real)(1.0 / 6),
        (real)(1.0 / 24),
        (real)(1.0 / 120),
        (real)(1.0 / 720),
        (real)(1.0 / 5040),
#ifndef SNA_FLOAT
        1.0 / 40320,
        1.0 / 362880,
        1.0 / 3628800,
        1.0 / 39916800,
        1.0 / 479001600,
        1.0 / 6227020800,
#endif
    }; /* 1 / i! */
    real sum = series[EXP_TERMS], r;
    int32_t n;
    if (!(x - x >= 0) && !(x < 0) && !(x > 0)) return x;
    if (x > EXP_MAX) return (real)float_of_bits(0x7F800000u);
    if (x < EXP_MIN) return 0;
    n = (int32_t)(x * (real)1.4426950408889634f + (x < 0 ? (real)-0.5f : (real)0.5f));
    r = (x - (real)n * LN2_HIGH) - (real)n * LN2_LOW;
    for (int i = EXP_TERMS; i-- > 0;) sum = sum * r + series[i];
    return sum * power_of_two(n >> 1) * power_of_two(n - (n >> 1));
}

/* log(x), x > 0 and finite: x = 2^n (1 + f), 1 + f from sqrt(1/2) to sqrt(2), and log(1 + f) = 2
 * atanh s of s = f / (2 + f), by its series R in s^2: f - s (f - R). Error below 1 unit in the last
 * place. Source: FreeBSD, e_log.c (Sun Microsystems, 1993). */
static real logarithm(real x) {
    static const real series[] = {
        (real)(1.0 / 3), (real)(1.0 / 5), (real)(1.0 / 7), (real)(1.0 / 9),
#ifndef SNA_FLOAT
        1.0 / 11,        1.0 / 13,        1.0 / 15,        1.0 / 17,        1.0 / 19,
#endif
    }; /* 1 / (2 i + 3) */
    int32_t n = 0;
    real f, s, square, sum = series[LOG_TERMS - 1];
    if (x < power_of_two(LEAST_EXPONENT)) { /* no normal number */
        x *= power_of_two(UNIT_BITS);
        n = -UNIT_BITS;
    }
    n += without_exponent(&x);
    if (x > (real)1.4142135623730951f) {
        x *= (real)0.5f;
        n++;
    }
    f = x - 1;
    s = f / (2 + f);
    square = s * s;
    for (int i = LOG_TERMS - 1; i-- > 0;) sum = sum * square + series[i];
    return (real)n * LN2_HIGH - ((s * (f - 2 * square * sum) - (real)n * LN2_LOW) - f);
}

static real link_of(unsigned link, real f) {
#ifndef SNA_NO_LINK
    if (link == LINK_EXP) return exponential(f);
    if (link == LINK_LOGISTIC) return 1 / (1 + exponential(-f));
#endif
    (void)link;
    return f;
}

static real output_of(const output_record *o, real f) {
    return link_of(o->link, f) * REAL(o->scale) + REAL(o->offset);
}

/* As output_of, with *slope = its derivative by f. */
static real output_and_slope(const output_record *o, real f, real *slope) {
    real g = link_of(o->link, f), scale = REAL(o->scale);
    *slope = scale * (o->link == LINK_EXP ? g : o->link == LINK_LOGISTIC ? g * (1 - g) : 1);
    return g * scale + REAL(o->offset);
}

/* Link-space intervals need no logarithm: exp(f - b) = g exp(-b), and odds(f - b) = odds(f)
 * exp(-b). */
static real shifted(const output_record *o, real y, real by) {
    real g = (y - REAL(o->offset)) / REAL(o->scale), e = exponential(by);
    if (o->link == LINK_IDENTITY) return (g + by) * REAL(o->scale) + REAL(o->offset);
    if (g <= 0)
        g = (real)float_of_bits(
            0x00800000u); /* rounded to an end of the link: the nearest value inside */
    if (o->link == LINK_LOGISTIC) g = 1 / (1 + (g < 1 ? (1 - g) / g : BELOW_ONE) / e);
    else g *= e;
    return g * REAL(o->scale) + REAL(o->offset);
}

/* y cut to the range of the link: offset .. offset + scale (logistic), from the offset on (exp),
 * everything (identity). */
static real in_range(const output_record *o, real y) {
    real from = REAL(o->offset), to = from + REAL(o->scale);
    int up = from < to;
    if (o->link == LINK_IDENTITY) return y;
    if (up ? y < from : y > from) return from;
    return o->link == LINK_LOGISTIC && (up ? y > to : y < to) ? to : y;
}

/* y moved in the space of the interval. */
static real beside(const output_record *o, real y, real by) {
    return o->interval_space ? shifted(o, y, by) : y + by;
}

#ifndef SNA_NO_COMPANIONS
/* The scale of output k, or -1. */
static int scale_of(const sna_model *m, unsigned k) {
    for (unsigned i = 0; i < companions_of(m); i++)
        if (companion_at(m, i)->role == SNA_ROLE_SCALE && companion_at(m, i)->output == k)
            return (int)i;
    return -1;
}
#endif

sna_status sna_interval(const sna_model *m, unsigned k, sna_status status, real y, real *low,
                        real *high) {
    const output_record *o;
    *low = *high = not_a_number();
    if (k >= m->n_outputs || !(y - y >= 0)) return SNA_BAD_INPUT;
    o = output_at(m, k);
#ifndef SNA_NO_COMPANIONS
    if (scale_of(m, k) >= 0) return SNA_UNSUPPORTED;
#endif
    if (!is_positive(&o->level)) return SNA_BAD_INPUT;
    if (status < 0 || status == SNA_EXTRAPOLATED) return status;
    real a = beside(o, y, -REAL(o->below)), b = beside(o, y, REAL(o->above));
    real least = a < b ? a : b, most = a < b ? b : a, rounding = (y < 0 ? -y : y) * ROUNDING;
    *low = in_range(o, (least < y ? least : y) - rounding);
    *high = in_range(o, (most > y ? most : y) + rounding);
    return SNA_OK;
}

/* ------------------------------------------------------------------------------ FPU of Cortex-M */

/* Bytes per axis for the gradient of the usual model, more than the general path takes. */
enum { PLAIN_SLOPE = 100 };

/* A second writing of the usual model for the single-precision FPU of Cortex-M, where compilers
 * load registers one by one and one vldm loads sixteen: full CP, float32 tables, uniform cubic
 * axes, one output. SNA_PLAIN_C leaves it out. Products and sums of rows are fused where the core
 * fuses well; an M4 takes three cycles for a fused step that does not wait for the one before it,
 * and two for a product and a sum. */
#ifdef CORTEX_FPU
/* Assembly of the loops in cortex_m.c. Registers: s0-s3 basis values of an axis, s8-s15 a row of
 * eight modes, s16-s23 their atoms, s24-s31 their products over the axes. */

/* clang-format off */
#if defined(__ARM_FEATURE_NUMERIC_MAXMIN) || defined(SNA_FUSE)
#define MADD(sum, a, b) "vfma.f32 " sum ", " a ", " b "\n\t"
#else
#define MADD(sum, a, b) "vmul.f32 " b ", " a ", " b "\n\tvadd.f32 " sum ", " sum ", " b "\n\t"
#endif

#define S8_TO_S15 "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15"
#define S16_TO_S23 "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23"
#define S24_TO_S31 "s24", "s25", "s26", "s27", "s28", "s29", "s30", "s31"

/* a = a + u (b + u (c + u d)) */
#define CUBIC(a, b, c, d)              \
    "vfma.f32 " c ", " d ", %[u]\n\t"  \
    "vfma.f32 " b ", " c ", %[u]\n\t"  \
    "vfma.f32 " a ", " b ", %[u]\n\t"

/* s24-s31 = 1 */
#define ONES8                                          \
    "vmov.f32 s24, #1.0\n\t"   "vmov.f32 s25, s24\n\t" \
    "vmov.f32 s26, s24\n\t"    "vmov.f32 s27, s24\n\t" \
    "vmov.f32 s28, s24\n\t"    "vmov.f32 s29, s24\n\t" \
    "vmov.f32 s30, s24\n\t"    "vmov.f32 s31, s24\n"

/* s16-s23 += w times the next row */
#define ROW8(w)                                            \
    "add %[at], %[at], %[stride]\n\t"                      \
    "vldmia %[at], {s8-s15}\n\t"                           \
    MADD("s16", w, "s8")  MADD("s17", w, "s9")             \
    MADD("s18", w, "s10") MADD("s19", w, "s11")            \
    MADD("s20", w, "s12") MADD("s21", w, "s13")            \
    MADD("s22", w, "s14") MADD("s23", w, "s15")

/* s16-s23 = sum_i b[i] row_i[0..7] with b in s0-s3 and %[at] at the first row */
#define ROWS8                                                    \
    "vldmia %[at], {s8-s15}\n\t"                                 \
    "vmul.f32 s16, s0, s8\n\t"     "vmul.f32 s17, s0, s9\n\t"    \
    "vmul.f32 s18, s0, s10\n\t"    "vmul.f32 s19, s0, s11\n\t"   \
    "vmul.f32 s20, s0, s12\n\t"    "vmul.f32 s21, s0, s13\n\t"   \
    "vmul.f32 s22, s0, s14\n\t"    "vmul.f32 s23, s0, s15\n\t"   \
    ROW8("s1") ROW8("s2") ROW8("s3")

/* s24-s31 *= b0 .. b7 */
#define TIMES8(b0, b1, b2, b3, b4, b5, b6, b7)                            \
    "vmul.f32 s24, s24, " b0 "\n\t"    "vmul.f32 s25, s25, " b1 "\n\t"    \
    "vmul.f32 s26, s26, " b2 "\n\t"    "vmul.f32 s27, s27, " b3 "\n\t"    \
    "vmul.f32 s28, s28, " b4 "\n\t"    "vmul.f32 s29, s29, " b5 "\n\t"    \
    "vmul.f32 s30, s30, " b6 "\n\t"    "vmul.f32 s31, s31, " b7 "\n\t"

typedef struct plain_cell {
    const unsigned char *at;
    real b[4];
} plain_cell;

typedef char plain_cell_has_20_bytes[sizeof(plain_cell) == 20 ? 1 : -1];

/* b[i] = sum_k m[4 i + k] u^k */
INLINE void plain_basis(const f32 *m, real u, real *b) {
    __asm("vldmia %[m], {s8-s23}\n\t"
          CUBIC("s8", "s9", "s10", "s11")
          CUBIC("s12", "s13", "s14", "s15")
          CUBIC("s16", "s17", "s18", "s19")
          CUBIC("s20", "s21", "s22", "s23")
          "vmov.f32 s9, s12\n\t"
          "vmov.f32 s10, s16\n\t"
          "vmov.f32 s11, s20\n\t"
          "vstmia %[b], {s8-s11}"
          :
          : [m] "r"(m), [u] "t"(u), [b] "r"(b)
          : S8_TO_S15, S16_TO_S23, "memory");
}

/* sum_j w[j] prod over n cells of (sum_i b[i] row_i[j]), j = 0..7; `offset` bytes into the rows. */
INLINE real plain_eight(const plain_cell *c, uint32_t n, uint32_t offset, uint32_t stride,
                        const f32 *w) {
    real sum;
    const unsigned char *at;
    __asm volatile(
        ONES8
        "1:\n\t"
        "ldr %[at], [%[c]], #4\n\t"
        "vldmia %[c]!, {s0-s3}\n\t"
        "add %[at], %[at], %[offset]\n\t"
        ROWS8
        TIMES8("s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23")
        "subs %[n], %[n], #1\n\t"
        "bne 1b\n\t"
        "vldmia %[w], {s8-s15}\n\t"
        "vmul.f32 s8, s8, s24\n\t"
        "vfma.f32 s8, s9, s25\n\t"     "vfma.f32 s8, s10, s26\n\t"
        "vfma.f32 s8, s11, s27\n\t"    "vfma.f32 s8, s12, s28\n\t"
        "vfma.f32 s8, s13, s29\n\t"    "vfma.f32 s8, s14, s30\n\t"
        "vfma.f32 s8, s15, s31\n\t"
        "vmov.f32 %[sum], s8\n\t"
        : [sum] "=&t"(sum), [at] "=&r"(at), [c] "+r"(c), [n] "+r"(n)
        : [offset] "r"(offset), [stride] "r"(stride), [w] "r"(w)
        : "cc", "memory", "s0", "s1", "s2", "s3", S8_TO_S15, S16_TO_S23, S24_TO_S31);
    return sum;
}

/* An axis of a gradient: basis values and slopes, and of eight modes W times the product of the
 * axes before, and the atom. */
typedef struct plain_slope {
    const unsigned char *at;
    real b[4], db[4], before[8], atom[8];
} plain_slope;

typedef char plain_slope_has_its_size[sizeof(plain_slope) == PLAIN_SLOPE ? 1 : -1];

/* h = b + u c, with c = c + u d and slope d: one row of Horner's rule for value (in a) and
 * derivative (in d). */
#define CUBIC_SLOPE(a, b, c, d)         \
    "vmul.f32 " d ", " d ", %[u]\n\t"   \
    "vadd.f32 " c ", " c ", " d "\n\t"  \
    "vadd.f32 " d ", " d ", " c "\n\t"  \
    "vfma.f32 " b ", " c ", %[u]\n\t"   \
    "vmul.f32 " d ", " d ", %[u]\n\t"   \
    "vadd.f32 " d ", " d ", " b "\n\t"  \
    "vfma.f32 " a ", " b ", %[u]\n\t"

/* b[0..3] as plain_basis, b[4..7] = inv_width times their derivatives by u */
INLINE void plain_basis_slope(const f32 *m, real u, real inv_width, real *b) {
    __asm("vldmia %[m], {s8-s23}\n\t"
          CUBIC_SLOPE("s8", "s9", "s10", "s11")
          CUBIC_SLOPE("s12", "s13", "s14", "s15")
          CUBIC_SLOPE("s16", "s17", "s18", "s19")
          CUBIC_SLOPE("s20", "s21", "s22", "s23")
          "vmul.f32 s24, s11, %[w]\n\t"    "vmul.f32 s25, s15, %[w]\n\t"
          "vmul.f32 s26, s19, %[w]\n\t"    "vmul.f32 s27, s23, %[w]\n\t"
          "vmov.f32 s23, s20\n\t"          "vmov.f32 s22, s16\n\t"
          "vmov.f32 s21, s12\n\t"          "vmov.f32 s20, s8\n\t"
          "vstmia %[b], {s20-s27}"
          :
          : [m] "r"(m), [u] "t"(u), [w] "t"(inv_width), [b] "r"(b)
          : S8_TO_S15, S16_TO_S23, "s24", "s25", "s26", "s27", "memory");
}

/* As plain_eight, with dy[d] += the part of these eight modes: forward (1) for the products before
 * each axis, backward (2) with those behind it. */
INLINE real plain_eight_slopes(plain_slope *c, uint32_t n, uint32_t offset, uint32_t stride,
                               const f32 *w, real *dy) {
    real sum;
    const unsigned char *at;
    uint32_t left = n;
    __asm volatile(
        "vldmia %[w], {s24-s31}\n"
        "1:\n\t"
        "ldr %[at], [%[c]], #4\n\t"
        "vldmia %[c], {s0-s3}\n\t"
        "add %[at], %[at], %[offset]\n\t"
        "add %[c], %[c], #32\n\t"
        ROWS8
        "vstmia %[c]!, {s24-s31}\n\t"
        "vstmia %[c]!, {s16-s23}\n\t"
        TIMES8("s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23")
        "subs %[left], %[left], #1\n\t"
        "bne 1b\n\t"
        "vadd.f32 s24, s24, s25\n\t"    "vadd.f32 s26, s26, s27\n\t"
        "vadd.f32 s28, s28, s29\n\t"    "vadd.f32 s30, s30, s31\n\t"
        "vadd.f32 s24, s24, s26\n\t"    "vadd.f32 s28, s28, s30\n\t"
        "vadd.f32 %[sum], s24, s28\n\t"
        ONES8
        "2:\n\t"
        "ldr %[at], [%[c], #-100]!\n\t"
        "add %[c], %[c], #20\n\t"
        "vldmia %[c]!, {s0-s3}\n\t"
        "add %[at], %[at], %[offset]\n\t"
        ROWS8
        "vldmia %[c]!, {s8-s15}\n\t"
        "vmul.f32 s16, s16, s8\n\t"     "vmul.f32 s17, s17, s9\n\t"
        "vmul.f32 s18, s18, s10\n\t"    "vmul.f32 s19, s19, s11\n\t"
        "vmul.f32 s20, s20, s12\n\t"    "vmul.f32 s21, s21, s13\n\t"
        "vmul.f32 s22, s22, s14\n\t"    "vmul.f32 s23, s23, s15\n\t"
        "vldmdb %[dy]!, {s4}\n\t"
        "vldmia %[c], {s8-s15}\n\t"
        "sub %[c], %[c], #68\n\t"
        "vfma.f32 s4, s16, s24\n\t"    "vfma.f32 s4, s17, s25\n\t"
        "vfma.f32 s4, s18, s26\n\t"    "vfma.f32 s4, s19, s27\n\t"
        "vfma.f32 s4, s20, s28\n\t"    "vfma.f32 s4, s21, s29\n\t"
        "vfma.f32 s4, s22, s30\n\t"    "vfma.f32 s4, s23, s31\n\t"
        "vstr s4, [%[dy]]\n\t"
        TIMES8("s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15")
        "subs %[n], %[n], #1\n\t"
        "bne 2b\n\t"
        : [sum] "=&t"(sum), [at] "=&r"(at), [c] "+r"(c), [n] "+r"(n), [left] "+r"(left),
          [dy] "+r"(dy)
        : [offset] "r"(offset), [stride] "r"(stride), [w] "r"(w)
        : "cc", "memory", "s0", "s1", "s2", "s3", "s4", S8_TO_S15, S16_TO_S23, S24_TO_S31);
    return sum;
}
/* clang-format on */

/* Where axis a has first_row of the span of x (matrix_id stands n_spans further on), and u; NULL
 * outside the domain. */
INLINE const u16 *plain_span(const unsigned char *spans, const axis_record *a, real x, real *u) {
    uint32_t span;
    if (!(x >= a->lower32 && x <= a->upper32)) return NULL;
    x = (x - a->lower32) * a->inv_width32;
    span = (uint32_t)(int32_t)x;
    if (span >= a->n_spans) span = a->n_spans - 1u;
    x -= (real)(int32_t)span;
    *u = x < 1 ? x : 1;
    return (const u16 *)(const void *)(spans + a->spans) + span;
}

/* Returns 0 when a coordinate is outside: the general path says how. */
static int plain_value(const sna_model *m, const real *x, real *y, plain_cell *cells) {
    const axis_record *a = axis_at(m, 0), *end = a + m->n_axes;
    const unsigned char *spans = section(m, SPANS), *matrices = section(m, MATRICES),
                        *tables = section(m, TABLES);
    const f32 *w = weights_at(m), *w_end = w + m->n_modes;
    uint32_t stride = a->n_columns << 2, offset = 0;
    real f = REAL(output_at(m, 0)->bias);
    for (plain_cell *c = cells; a < end; a++, c++) {
        real u;
        const u16 *row = plain_span(spans, a, *x++, &u);
        if (!row) return 0;
        c->at = tables + a->table + row[0] * stride;
        plain_basis((const f32 *)(const void *)(matrices + a->matrices) + 16u * row[a->n_spans], u,
                    c->b);
    }
    for (; w < w_end; w += 8, offset += 32) f += plain_eight(cells, m->n_axes, offset, stride, w);
    *y = output_of(output_at(m, 0), f);
    return 1;
}

/* As plain_value, with dy[n_axes]. */
static int plain_gradient(const sna_model *m, const real *x, real *y, real *dy,
                          plain_slope *cells) {
    const axis_record *a = axis_at(m, 0), *end = a + m->n_axes;
    const unsigned char *spans = section(m, SPANS), *matrices = section(m, MATRICES),
                        *tables = section(m, TABLES);
    const output_record *o = output_at(m, 0);
    const f32 *w = weights_at(m), *w_end = w + m->n_modes;
    uint32_t stride = a->n_columns << 2, offset = 0;
    real f = REAL(o->bias), slope;
    for (plain_slope *c = cells; a < end; a++, c++) {
        real u;
        const u16 *row = plain_span(spans, a, *x++, &u);
        if (!row) return 0;
        *dy++ = 0;
        c->at = tables + a->table + row[0] * stride;
        plain_basis_slope((const f32 *)(const void *)(matrices + a->matrices) +
                              16u * row[a->n_spans],
                          u, a->inv_width32, c->b);
    }
    for (; w < w_end; w += 8, offset += 32)
        f += plain_eight_slopes(cells, m->n_axes, offset, stride, w, dy);
    *y = output_and_slope(o, f, &slope);
    for (real *first = dy - m->n_axes; dy > first;) *--dy *= slope;
    return 1;
}

#ifdef SNA_PLAIN_ONLY
/* at[n_axes] = x with coordinates settled on the ends of their domains, or why there is no value:
 * one that is not a number, or one outside. */
static sna_status settle_all(const sna_model *m, unsigned flags, const real *x, real *at) {
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        at[d] = settled(a, x[d]);
        if (!is_finite(at[d])) return SNA_BAD_INPUT;
        if (!(at[d] >= a->lower32 && at[d] <= a->upper32))
            return flags & SNA_EXTRAPOLATE ? SNA_UNSUPPORTED : SNA_OUT_OF_DOMAIN;
    }
    return SNA_OK;
}
#endif
#endif

/* --------------------------------------------------------------------------------- integer path
 * FORMAT.md section 13, operation by operation. Sums and products are taken on unsigned numbers, so
 * that a hostile file wraps instead of overflowing; right shifts of negative numbers are arithmetic
 * on every supported compiler. */
#ifndef SNA_NO_FIXED

INLINE int32_t plus(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
INLINE int32_t times(int32_t a, int32_t b) { return (int32_t)((uint32_t)a * (uint32_t)b); }
INLINE int32_t rounded(int32_t v, unsigned n) { return plus(v, (int32_t)(1u << (n - 1u))) >> n; }

/* round(h * u, 15), u in 0..32768, from two 32-bit products: exact, no 64-bit multiply needed on
 * small cores. */
INLINE int32_t times_q15(int32_t h, uint32_t u) {
    uint32_t high = (uint32_t)(h >> 16) * u, low = ((uint32_t)h & 0xFFFFu) * u;
    return (int32_t)((high << 1) + ((low + 0x4000u) >> 15));
}

/* What an axis brings to one integer query; its n basis values follow. */
typedef struct fixed_cell {
    const unsigned char *at;
    uint16_t quads; /* bytes of a row, in fours: at most 32768 */
    uint8_t n, is_i8;
} fixed_cell;

INLINE int32_t *basis_of(fixed_cell *c) { return (int32_t *)(void *)(c + 1); }
INLINE uint32_t cell_words(uint32_t n) {
    return (uint32_t)((sizeof(fixed_cell) + 4u * n + sizeof(void *) - 1u) / sizeof(void *) *
                      (sizeof(void *) / 4u));
}

/* Small functions that are not inlined: a Cortex-M0+ has eight registers to work with. */
NOINLINE void fixed_basis_cubic(const i32 *c, unsigned shift, uint32_t u, int32_t *b) {
    const int32_t *end = b + 4;
    for (; b < end; c += 4) {
        int32_t h = plus(times_q15(c[3], u), c[2]);
        h = plus(times_q15(h, u), c[1]);
        *b++ = rounded(plus(times_q15(h, u), c[0]), shift);
    }
}

NOINLINE void fixed_basis(const i32 *c, unsigned n, unsigned shift, uint32_t u, int32_t *b) {
    for (const int32_t *end = b + n; b < end; c += n) {
        int32_t h = c[n - 1];
        for (unsigned k = n - 1; k-- > 0;) h = plus(times_q15(h, u), c[k]);
        *b++ = rounded(h, shift);
    }
}

INLINE sna_status fill_fixed_cell(const sna_model *m, unsigned d, const sna_place *at,
                                  fixed_cell *c) {
    const axis_record *a = axis_at(m, d);
    const fixed_axis *f = fixed_axis_at(m, d);
    const u16 *row = first_rows(m, a) + at->span;
    uint32_t n = a->degree + 1u, matrix, stride = row_bytes(a);
    int32_t *b = basis_of(c);
    if (at->span >= a->n_spans || at->u > 32768u) return SNA_OUT_OF_DOMAIN;
    c->is_i8 = a->dtype == DT_I8;
    c->n = (uint8_t)n;
    c->quads = (uint16_t)(stride >> 2);
    c->at = section(m, TABLES) + a->table + row[0] * stride;
    matrix = f->matrices + 4u * row[a->n_spans] * n * n;
    if (n == 4)
        fixed_basis_cubic((const i32 *)(const void *)(section(m, FIXED) + matrix), f->q - 15u,
                          at->u, b);
    else
        fixed_basis((const i32 *)(const void *)(section(m, FIXED) + matrix), n, f->q - 15u, at->u,
                    b);
    return section(m, SPANS)[a->support + at->span] ? SNA_OK : SNA_EDGE;
}

/* Four atoms of an axis, Q15; moves the cell on. A row's four entries are taken out of whole words:
 * cores without signed loads by offset need fewer instructions that way. */
NOINLINE void fixed_atoms_i8(fixed_cell *c, int32_t out[LANES]) {
    const unsigned char *at = c->at;
    const int32_t *b = basis_of(c), *end = b + c->n;
    uint32_t s0 = 1u << 6, s1 = s0, s2 = s0, s3 = s0;
    c->at = at + LANES;
    for (uint32_t stride = (uint32_t)c->quads << 2; b < end; at += stride) {
        uint32_t bi = (uint32_t)*b++, w = *(const u32 *)(const void *)at;
        s0 += bi * (uint32_t)((int32_t)(w << 24) >> 24);
        s1 += bi * (uint32_t)((int32_t)(w << 16) >> 24);
        s2 += bi * (uint32_t)((int32_t)(w << 8) >> 24);
        s3 += bi * (uint32_t)((int32_t)w >> 24);
    }
    out[0] = (int32_t)s0 >> 7;
    out[1] = (int32_t)s1 >> 7;
    out[2] = (int32_t)s2 >> 7;
    out[3] = (int32_t)s3 >> 7;
}

NOINLINE void fixed_atoms_i16(fixed_cell *c, int32_t out[LANES]) {
    const unsigned char *at = c->at;
    const int32_t *b = basis_of(c), *end = b + c->n;
    uint32_t s0 = 1u << 14, s1 = s0, s2 = s0, s3 = s0;
    c->at = at + 2 * LANES;
    for (uint32_t stride = (uint32_t)c->quads << 2; b < end; at += stride) {
        uint32_t bi = (uint32_t)*b++, w = *(const u32 *)(const void *)at;
        s0 += bi * (uint32_t)((int32_t)(w << 16) >> 16);
        s1 += bi * (uint32_t)((int32_t)w >> 16);
        w = ((const u32 *)(const void *)at)[1];
        s2 += bi * (uint32_t)((int32_t)(w << 16) >> 16);
        s3 += bi * (uint32_t)((int32_t)w >> 16);
    }
    out[0] = (int32_t)s0 >> 15;
    out[1] = (int32_t)s1 >> 15;
    out[2] = (int32_t)s2 >> 15;
    out[3] = (int32_t)s3 >> 15;
}

INLINE void fixed_atoms(fixed_cell *c, int32_t out[LANES]) {
    if (c->is_i8) fixed_atoms_i8(c, out);
    else fixed_atoms_i16(c, out);
}

/* One query's f[n_outputs], cells with their basis values, and 16 bits per axis for where a group's
 * cells are. */
static size_t fixed_workspace(const sna_model *m) {
    return (8u * m->n_outputs + m->n_axes * (sizeof(fixed_cell) + sizeof(void *) - 2u) +
            4u * m->n_values + 7u) &
           ~(size_t)7;
}

static int32_t fixed_link(const fixed_output *o, const i32 *table, int64_t v) {
    int64_t z = v - o->table_lower, j = z >> o->table_shift;
    int64_t half = o->table_shift ? (int64_t)1 << o->table_shift >> 1 : 0;
    if (z < 0) return table[0];
    if (j >= (int64_t)o->table_count - 1) return table[o->table_count - 1];
    return (int32_t)(uint32_t)(table[j] +
                               ((((int64_t)table[j + 1] - table[j]) * (z - (j << o->table_shift)) +
                                 half) >>
                                o->table_shift));
}

NOINLINE int32_t fixed_output_of(const sna_model *m, unsigned k, uint64_t f) {
    const fixed_output *o = fixed_output_at(m, k);
    int64_t v = (int64_t)(f + ((uint64_t)1 << (o->shift - 1))) >> o->shift;
    return o->table_count
               ? fixed_link(o, (const i32 *)(const void *)(section(m, FIXED) + o->table), v)
               : (int32_t)(uint32_t)(uint64_t)v;
}

/* The parts of a query follow one another rather than nest: a small core's stack holds one of their
 * frames at a time. */
NOINLINE sna_status fill_fixed_cells(const sna_model *m, const sna_place *places, uint32_t *words) {
    sna_status status = SNA_OK;
    for (unsigned d = 0; d < m->n_axes; d++) {
        fixed_cell *c = (fixed_cell *)(void *)words;
        sna_status here = fill_fixed_cell(m, d, places + d, c);
        if (here < 0) return here;
        if (here) status = here;
        words += cell_words(c->n);
    }
    return status;
}

/* use[] = words before the cell of each axis of the group; returns how many axes. */
NOINLINE unsigned fixed_cells_of(const sna_model *m, const group_record *g, const uint32_t *words,
                                 uint16_t *use) {
    unsigned n = 0, at = 0;
    for (unsigned d = 0; d < m->n_axes; d++) {
        if (uses(g, d)) use[n++] = (uint16_t)at;
        at += cell_words(((const fixed_cell *)(const void *)(words + at))->n);
    }
    return n;
}

/* Four modes of a group, Q15. */
INLINE void fixed_modes(uint32_t *words, const uint16_t *use, const uint16_t *end,
                        int32_t mode[LANES]) {
    int32_t atom[LANES];
    fixed_atoms((fixed_cell *)(void *)(words + *use), mode);
    while (++use < end) {
        fixed_atoms((fixed_cell *)(void *)(words + *use), atom);
        mode[0] = rounded(times(mode[0], atom[0]), 15);
        mode[1] = rounded(times(mode[1], atom[1]), 15);
        mode[2] = rounded(times(mode[2], atom[2]), 15);
        mode[3] = rounded(times(mode[3], atom[3]), 15);
    }
}

/* Sums of all outputs in f, one by one: 64-bit multiplies happen once per mode and output. */
NOINLINE void fixed_sums(const sna_model *m, uint64_t *f, uint32_t *words, uint16_t *use) {
    const i32 *w = fixed_weights(m);
    for (unsigned g = 0; g < m->n_groups; g++) {
        const uint16_t *end = use + fixed_cells_of(m, group_at(m, g), words, use);
        for (uint32_t left = padded(group_at(m, g)->count); left; left -= LANES) {
            int32_t mode[LANES];
            fixed_modes(words, use, end, mode);
            for (unsigned j = 0; j < LANES; j++)
                for (unsigned k = 0; k < m->n_outputs; k++)
                    f[k] += (uint64_t)((int64_t)*w++ * mode[j]);
        }
    }
}

sna_status sna_fixed_eval(const sna_model *m, const sna_place *places, int32_t *y, void *work,
                          size_t work_size) {
    uint64_t *f = (uint64_t *)work;
    uint32_t *words;
    size_t size;
    sna_status status;
    if (m->section[0] != (uint32_t)seal_of(m))
        return m->features & FEATURE_FIXED ? SNA_NOT_VERIFIED : SNA_UNSUPPORTED;
    if (!work || (uintptr_t)work & 7u) return SNA_BAD_INPUT;
    size = fixed_workspace(m);
    if (work_size < size) return SNA_NO_SPACE;
    words = (uint32_t *)(void *)(f + m->n_outputs);
    status = fill_fixed_cells(m, places, words);
    if (status < 0) return status;
    for (unsigned k = 0; k < m->n_outputs; k++)
        f[k] = (uint64_t)fixed_output_at(m, k)->bias[1] << 32 | fixed_output_at(m, k)->bias[0];
    fixed_sums(m, f, words, (uint16_t *)(void *)((unsigned char *)work + size) - m->n_axes);
    for (unsigned k = 0; k < m->n_outputs; k++) y[k] = fixed_output_of(m, k, f[k]);
    return status;
}

sna_status sna_fixed_place(const sna_model *m, unsigned axis, int32_t counts, sna_place *to) {
    const axis_record *a;
    const fixed_axis *f;
    uint32_t span = 0, multiplier;
    int32_t start;
    uint64_t v;
    if (!(m->features & FEATURE_FIXED)) return SNA_UNSUPPORTED;
    if (axis >= m->n_axes) return SNA_BAD_INPUT;
    a = axis_at(m, axis);
    f = fixed_axis_at(m, axis);
    multiplier = f->multiplier;
    start = f->count_lower;
    if (counts < f->count_lower || counts > f->count_upper) return SNA_OUT_OF_DOMAIN;
    to->u = 0;
    to->span = (uint16_t)counts;
    if (a->kind == CATEGORICAL) return SNA_OK;
    if (f->counts) {
        const i32 *breaks = (const i32 *)(const void *)(section(m, FIXED) + f->counts);
        LAST_SPAN(span, a->n_spans, breaks[at] <= counts)
        start = breaks[span];
        multiplier = ((const u32 *)(const void *)(breaks + a->n_spans + 1))[span];
    }
    v = (uint64_t)((uint32_t)counts - (uint32_t)start) * multiplier;
    v = f->shift < 64 ? v >> f->shift : 0;
    if (!f->counts) {
        span = v >> 15 < a->n_spans ? (uint32_t)(v >> 15) : a->n_spans - 1u;
        v -= (uint64_t)span << 15;
    }
    to->span = (uint16_t)span;
    to->u = (uint16_t)(v < 32768u ? v : 32768u);
    return SNA_OK;
}

int sna_fixed_exponent(const sna_model *m, unsigned output) {
    return m->features & FEATURE_FIXED && output < m->n_outputs
               ? fixed_output_at(m, output)->exponent
               : 0;
}

/* Opens the integer path of these bytes alone: their golden vectors, in every bit. */
static sna_status fixed_replayed(sna_model *m, void *work, size_t work_size) {
    const unsigned char *p;
    const sna_place *places;
    const i32 *expected;
    uint32_t count;
    if (m->rule) return SNA_CORRUPT;
    if (!(m->features & FEATURE_FIXED)) return SNA_UNSUPPORTED;
    if (!fixed_arrays_hold(m, &count)) return SNA_CORRUPT;
    p = section(m, FIXED) + count;
    count = load32(p);
    m->section[0] = (uint32_t)seal_of(m);
    places = (const sna_place *)(const void *)(p + 8);
    expected = (const i32 *)(const void *)(places + (size_t)count * m->n_axes);
    for (uint32_t g = 0; g < count; g++, places += m->n_axes, expected += m->n_outputs) {
        int32_t y[SNA_MAX_OUTPUTS];
        sna_status status = sna_fixed_eval(m, places, y, work, work_size);
        for (unsigned k = 0; k < m->n_outputs && status >= 0; k++)
            if (y[k] != expected[k]) m->rule = SNA_RULE_GOLDEN_MISMATCH;
        if (m->rule) status = SNA_CORRUPT;
        if (status < 0) {
            m->section[0] = 0;
            return status;
        }
    }
    return SNA_OK;
}

#endif /* SNA_NO_FIXED */

/* ---------------------------------------------------------- companions: densities and small sums
 * Loops of their own for what stands beside most models, in a third of the time that those for
 * every model take: mixtures of products of hat functions in int8, and sums of one function per
 * axis. */
#if !defined(SNA_NO_COMPANIONS) && !defined(SNA_PLAIN_ONLY)

#ifndef SNA_NO_INT
#ifdef SNA_FLOAT
typedef int32_t fraction;
enum { FRACTION_BITS = 23 };
#else
typedef int64_t fraction;
enum { FRACTION_BITS = 52 };
#endif
#define WHOLE ((fraction)1 << FRACTION_BITS)

/* One axis of a mixture at a point: u from the row `at` to the one `gap` bytes further on. */
typedef struct hat {
    const signed char *at;
    uint32_t gap;
    fraction u;
} hat;

/* Between a and b, times 2^FRACTION_BITS: one conversion to real instead of two, at most 2^7
 * WHOLE. */
INLINE real between(const hat *h, const signed char *a) {
    return (real)(a[0] * (WHOLE - h->u) + a[h->gap] * h->u);
}

/* Are basis values of this matrix those of a hat function in a table of 2^-7: 1 - u and u, or 1? */
static int is_hat(const u32 *matrix, unsigned degree) {
    return matrix[0] == 0x3C000000u &&
           (!degree || (matrix[1] == 0xBC000000u && !matrix[2] && matrix[3] == 0x3C000000u));
}

static int fill_hat(const sna_model *m, const axis_record *a, real x, hat *h) {
    const u32 *matrices = (const u32 *)(const void *)(section(m, MATRICES) + a->matrices);
    const u16 *row = first_rows(m, a);
    place p;
    if (a->degree > 1 || a->dtype != DT_I8 || a->n_columns != m->n_modes) return 0;
    if (a->kind == CATEGORICAL) {
        if (place_level(a, x, &p) < 0) return 0;
    } else {
        if (!(x >= LOWER(a) && x <= UPPER(a))) return 0;
        if (is_uniform(a)) p.u = uniform_place(a, x, &p.span);
        else place_inside(m, a, x, &p);
    }
    row += p.span;
    if (!is_hat(matrices + (a->degree ? 4u : 1u) * row[a->n_spans], a->degree)) return 0;
    h->at = (const signed char *)section(m, TABLES) + a->table + row[0] * a->n_columns;
    h->gap = a->degree ? a->n_columns : 0;
    h->u = (fraction)(p.u * (real)WHOLE + (real)0.5f);
    return 1;
}

/* Modes four at a time and axes four at a time, whose factor 2^(7 + FRACTION_BITS) each is then
 * taken from the product. */
static real mixture_of(const sna_model *m, const hat *hats) {
    enum { BITS = 7 + FRACTION_BITS };
    const f32 *w = weights_at(m);
    const hat *end = hats + m->n_axes;
    real sum = 0;
    for (uint32_t r = 0; r < m->n_modes; r += LANES, w += LANES) {
        real one = 1, two = 1, three = 1, four = 1;
        for (const hat *h = hats; h < end;) {
            const hat *last = end - h > 4 ? h + 4 : end;
            const real unit = power_of_two(-BITS * (int32_t)(last - h));
            for (; h < last; h++) {
                const signed char *a = h->at + r;
                one *= between(h, a);
                two *= between(h, a + 1);
                three *= between(h, a + 2);
                four *= between(h, a + 3);
            }
            one *= unit;
            two *= unit;
            three *= unit;
            four *= unit;
        }
        sum += (real)w[0] * one + (real)w[1] * two + ((real)w[2] * three + (real)w[3] * four);
    }
    return sum;
}

/* 0: not such a mixture, or x outside. */
static int mixture_value(const sna_model *m, const real *x, real *f, hat *hats) {
    for (unsigned d = 0; d < m->n_axes; d++)
        if (!fill_hat(m, axis_at(m, d), x[d], hats + d)) return 0;
    *f += mixture_of(m, hats);
    return 1;
}
#endif

/* The axis of a group of one, or -1. */
static int only_axis(const group_record *g) {
    const uint32_t word = g->mask[0] ? g->mask[0] : g->mask[1];
    int d = g->mask[0] ? 0 : 32;
    if ((g->mask[0] && g->mask[1]) || word & (word - 1u)) return -1;
    while (!uses(g, (unsigned)d)) d++;
    return d;
}

/* sum_i b_i T[i][column] */
static real atom_of(const cell *c, uint32_t column) {
    const unsigned char *at = c->at;
    real sum = 0;
    for (unsigned i = 0; i < c->n; i++, at += c->stride)
        sum += c->b[i] * element(at, c->dtype, column);
    return sum;
}

/* 0: not a sum of functions of one axis each, or x outside. */
static int additive_value(const sna_model *m, const real *x, real *f, cell *c) {
    const f32 *w = weights_at(m);
    for (unsigned g = 0; g < m->n_groups; g++) {
        const group_record *r = group_at(m, g);
        const int d = only_axis(r);
        place p;
        if (d < 0 || place_on(m, axis_at(m, (unsigned)d), x[d], 0, &p) < 0) return 0;
        fill_cell(m, axis_at(m, (unsigned)d), &p, c, 0);
        for (uint32_t j = 0; j < r->count; j++) *f += (real)w[r->first + j] * atom_of(c, j);
    }
    return 1;
}

/* The value of a companion with one output; 0 leaves it to the loops for every model. */
static int beside_value(const sna_model *m, const real *x, real *y, cell *cells, real *values) {
    const output_record *o = output_at(m, 0);
    real f = REAL(o->bias);
    if (is_train(m) || m->n_outputs != 1) return 0;
    cells->b = values;
#ifndef SNA_NO_INT
    if (m->n_groups == 1 && only_axis(group_at(m, 0)) < 0) {
        if (!mixture_value(m, x, &f, (hat *)(void *)cells)) return 0;
    } else
#endif
        if (!additive_value(m, x, &f, cells))
        return 0;
    *y = output_of(o, f);
    return 1;
}
#endif

/* ----------------------------------------------------------------------------------- evaluation */
static size_t sum_of_ranks(const sna_model *m) {
    size_t n = 1;
    for (unsigned d = 0; d < m->n_axes; d++) n += axis_at(m, d)->right;
    return n;
}

static size_t longest_axis(const sna_model *m) {
    size_t n = 0;
    for (unsigned d = 0; d < m->n_axes; d++)
        if (axis_at(m, d)->n_rows > n) n = axis_at(m, d)->n_rows;
    return n;
}

/* Workspace: cells, use list (CP, 1 byte per axis, rounded up to 8), basis values, scratch. */
INLINE size_t use_size(const sna_model *m) {
    return is_train(m) ? 0 : (m->n_axes + 7u) & ~(size_t)7;
}

/* Bytes for a verb on this model alone. */
static size_t space_size(const sna_model *m, sna_verb verb) {
    int tt = is_train(m);
    size_t reals = m->n_values, fixed = 0;
#ifndef SNA_NO_FIXED
    if (verb == SNA_WORK_FIXED) return fixed_workspace(m);
#endif
    if (verb == SNA_WORK_EVAL) reals += tt ? 2u * m->max_rank : 0;
    if (verb == SNA_WORK_GRAD)
        reals = 2 * reals + (tt ? sum_of_ranks(m) + 2u * m->max_rank : 2u * LANES * m->n_axes);
    if (verb == SNA_WORK_ROOTS)
        reals += longest_axis(m) + (tt ? sum_of_ranks(m) + 2u * m->max_rank : 0);
    if (verb == SNA_WORK_GRAD && m->plain) return (PLAIN_SLOPE * m->n_axes + 7u) & ~(size_t)7;
    fixed = m->n_axes * sizeof(cell) + use_size(m);
    return (fixed + reals * sizeof(real) + 7u) & ~(size_t)7;
}

typedef struct space {
    cell *cells;
    uint8_t *use;
    real *values, *scratch;
} space;

static sna_status take_space(const sna_model *m, sna_verb verb, void *work, size_t work_size,
                             space *s) {
    if (!work || (uintptr_t)work & 7u) return SNA_BAD_INPUT;
    if (work_size < space_size(m, verb)) return SNA_NO_SPACE;
    s->cells = (cell *)work;
    s->use = (uint8_t *)(s->cells + m->n_axes);
    s->values = (real *)(void *)(s->use + use_size(m));
    s->scratch = s->values + ((size_t)m->n_values << (verb == SNA_WORK_GRAD));
    return SNA_OK;
}

static void fill_nan(real *y, size_t n) {
    while (n--) *y++ = not_a_number();
}

/* The value by the loops that serve every model, or why there is none. */
#ifdef SNA_PLAIN_ONLY
NOINLINE sna_status general_value(const sna_model *m, unsigned flags, const real *x, real *y,
                                  const space *s) {
    real at[SNA_MAX_AXES];
    sna_status status = settle_all(m, flags, x, at);
    if (status == SNA_OK && plain_value(m, at, y, (plain_cell *)(void *)s->cells)) return SNA_OK;
    fill_nan(y, 1);
    return status;
}
#else
static sna_status general_value(const sna_model *m, unsigned flags, const real *x, real *y,
                                const space *s) {
    sna_status status = fill_cells(m, flags, x, s->cells, s->values, 0);
    if (status < 0) {
        fill_nan(y, m->n_outputs);
        return status;
    }
    for (unsigned k = 0; k < m->n_outputs; k++) y[k] = REAL(output_at(m, k)->bias);
#ifndef SNA_NO_TT
    if (is_train(m)) tt_linear(m, s->cells, s->scratch, y);
    else
#endif
        cp_linear(m, s->cells, s->use, y);
    for (unsigned k = 0; k < m->n_outputs; k++) y[k] = output_of(output_at(m, k), y[k]);
    return status;
}
#endif

static sna_status value_at(const sna_model *m, unsigned flags, const real *x, real *y,
                           const space *s) {
#ifdef CORTEX_FPU
    if (m->plain && plain_value(m, x, y, (plain_cell *)(void *)s->cells)) return SNA_OK;
#endif
    return general_value(m, flags, x, y, s);
}

/* As value_at inside the domain; that of a companion comes without a remark. */
static sna_status answer_at(const sna_model *m, const real *x, real *y, const space *s) {
#if !defined(SNA_NO_COMPANIONS) && !defined(SNA_PLAIN_ONLY)
    if (is_embedded(m) && beside_value(m, x, y, s->cells, s->values)) return SNA_OK;
#endif
    return value_at(m, 0, x, y, s);
}

sna_status sna_eval_batch(const sna_model *m, unsigned flags, size_t n, const real *x, real *y,
                          signed char *status, void *work, size_t work_size) {
    sna_status worst = SNA_OK;
    space s;
    sna_status ready = take_space(m, SNA_WORK_EVAL, work, work_size, &s);
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
    if (ready != SNA_OK) return ready;
    for (size_t i = 0; i < n; i++, x += m->n_axes, y += m->n_outputs) {
        sna_status row = value_at(m, flags, x, y, &s);
        if (status) status[i] = (signed char)row;
        if (row < 0 && worst == SNA_OK) worst = row;
    }
    return worst;
}

sna_status sna_eval(const sna_model *m, unsigned flags, const real *x, real *y, void *work,
                    size_t work_size) {
    space s;
    sna_status ready;
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
#ifdef CORTEX_FPU
    if (work_size > m->plain - (size_t)1 && work && !((uintptr_t)work & 7u) &&
        plain_value(m, x, y, (plain_cell *)work))
        return SNA_OK;
#endif
    ready = take_space(m, SNA_WORK_EVAL, work, work_size, &s);
    return ready == SNA_OK ? general_value(m, flags, x, y, &s) : ready;
}

#ifdef SNA_PLAIN_ONLY
NOINLINE sna_status settled_gradient(const sna_model *m, unsigned flags, const real *x, real *y,
                                     real *dy, plain_slope *cells) {
    real at[SNA_MAX_AXES];
    sna_status status = settle_all(m, flags, x, at);
    if (status == SNA_OK && plain_gradient(m, at, y, dy, cells)) return SNA_OK;
    fill_nan(y, 1);
    fill_nan(dy, m->n_axes);
    return status;
}
#endif

sna_status sna_eval_grad(const sna_model *m, unsigned flags, const real *x, real *y, real *dy,
                         void *work, size_t work_size) {
    space s;
    sna_status status;
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
    status = take_space(m, SNA_WORK_GRAD, work, work_size, &s);
    if (status != SNA_OK) return status;
#ifdef CORTEX_FPU
    if (m->plain && plain_gradient(m, x, y, dy, (plain_slope *)work)) return SNA_OK;
#endif
#ifdef SNA_PLAIN_ONLY
    return settled_gradient(m, flags, x, y, dy, (plain_slope *)work);
#else
    size_t n = (size_t)m->n_outputs * m->n_axes;
    status = fill_cells(m, flags, x, s.cells, s.values, 1);
    if (status < 0) {
        fill_nan(y, m->n_outputs);
        fill_nan(dy, n);
        return status;
    }
    for (size_t i = 0; i < n; i++) dy[i] = 0;
    for (unsigned k = 0; k < m->n_outputs; k++) y[k] = REAL(output_at(m, k)->bias);
#ifndef SNA_NO_TT
    if (is_train(m)) tt_gradient(m, s.cells, s.scratch, y, dy);
    else
#endif
        cp_gradient(m, s.cells, s.use, s.scratch, y, dy);
    for (unsigned k = 0; k < m->n_outputs; k++) {
        real slope;
        y[k] = output_and_slope(output_at(m, k), y[k], &slope);
        for (unsigned d = 0; d < m->n_axes; d++) dy[k * m->n_axes + d] *= slope;
    }
    return status;
#endif
}

sna_status sna_locate(const sna_model *m, unsigned flags, const real *x, sna_fault *fault) {
    sna_status status = SNA_OK;
    fault->axis = -1;
    fault->reserved = 0;
    fault->excess = 0;
    if (!m->bytes) return SNA_BAD_INPUT;
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        place p;
        sna_status s = place_on(m, a, x[d], flags, &p);
        if (s >= 0 && !(s == SNA_EXTRAPOLATED && status != SNA_EXTRAPOLATED) && !(s && !status))
            continue;
        status = s;
        fault->axis = (int)d;
        fault->excess = p.excess;
        if (s < 0) break;
    }
    return status;
}

/* ------------------------------------------------------------------ companions of format 1.1 */
#ifndef SNA_NO_COMPANIONS

/* The model of companion i, whose rules hold since sna_open of the file around it. */
static void take_companion(const sna_model *m, unsigned i, sna_model *c) {
    clear(c, sizeof *c);
    c->embedded = 1;
    c->bytes = addition(m, COMPANIONS) + companion_at(m, i)->file;
    c->size = companion_at(m, i)->file_size;
    c->features = c->bytes[12];
    take_header(c, c->bytes);
    for (int id = 1; id <= N_SECTIONS; id++) c->section[id] = load32(section_record(c, id) + 4);
    take_sizes(c);
    if (is_sealed(m)) c->seal = seal_of(c);
}

/* To every feature z of the n coordinates at `from`, A_e u_e of the encoded inputs u in their
 * order; the weights of one stand behind those of the feature before it. */
static sna_status add_inputs(const sna_model *m, const coordinate_record *from, unsigned n,
                             const f32 *weights, const real *x, real *z) {
    const uint32_t encoded = encoded_inputs(m);
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        const f32 *w = weights;
        real u = 1;
        if (a->kind == CATEGORICAL) {
            place p;
            sna_status status = place_level(a, x[d], &p);
            if (status < 0) return status;
            w += p.span;
            weights += a->n_spans;
        } else {
            u = (x[d] >= LOWER(a) && x[d] <= UPPER(a) ? x[d] : settled(a, x[d])) - LOWER(a);
            weights++;
        }
        for (unsigned i = 0; i < n; i++)
            if (from[i].source == SOURCE_FEATURE) {
                z[i] += (real)*w * u;
                w += encoded;
            }
    }
    return SNA_OK;
}

/* z[axes of c]: coordinates of companion i where the value model has y at x. */
static sna_status companion_place(const sna_model *m, unsigned i, const sna_model *c, const real *x,
                                  const real *y, real *z) {
    const coordinate_record *from = coordinates_at(m, companion_at(m, i));
    uint32_t weights = 0;
    for (unsigned d = c->n_axes; d-- > 0;) {
        if (from[d].source == SOURCE_FEATURE) {
            weights = from[d].weights;
            z[d] = REAL(from[d].constant);
        } else if (from[d].source == SOURCE_INPUT) {
            z[d] = x[from[d].index];
        } else {
            if (!y) return SNA_BAD_INPUT;
            z[d] = y[from[d].index];
        }
    }
    if (weights) {
        const f32 *w = (const f32 *)(const void *)(addition(m, COMPANIONS) + weights);
        const sna_status status = add_inputs(m, from, c->n_axes, w, x, z);
        if (status < 0) return status;
    }
    for (unsigned d = 0; d < c->n_axes; d++) {
        const axis_record *a = axis_at(c, d);
        if (a->kind == CATEGORICAL) continue;
        if (z[d] < LOWER(a)) z[d] = LOWER(a);
        else if (z[d] > UPPER(a)) z[d] = UPPER(a);
        else if (!(z[d] >= LOWER(a))) return SNA_NOT_CONVERGED; /* not a number */
    }
    return SNA_OK;
}

/* Bytes for the value of a companion: those of its own query, then its coordinates. */
static size_t companion_space(const sna_model *c) {
    return space_size(c, SNA_WORK_EVAL) + ((c->n_axes * sizeof(real) + 7u) & ~(size_t)7);
}

static size_t largest_space(const sna_model *m, sna_verb verb) {
    size_t most = 0;
    for (unsigned i = 0; i < companions_of(m); i++) {
        const unsigned role = companion_at(m, i)->role;
        sna_model c;
        size_t size;
        if ((verb == SNA_WORK_INTERVAL && role != SNA_ROLE_SCALE) ||
            (verb == SNA_WORK_FAMILIARITY && role != SNA_ROLE_FAMILIARITY))
            continue;
        take_companion(m, i, &c);
        size = companion_space(&c);
        if (size > most) most = size;
    }
    return most;
}

/* *v: the one output of companion i. */
static sna_status companion_value(const sna_model *m, unsigned i, const real *x, const real *y,
                                  real *v, void *work, size_t work_size) {
    sna_model c;
    sna_status status;
    space s;
    real *z;
    take_companion(m, i, &c);
    status = take_space(&c, SNA_WORK_EVAL, work, work_size, &s);
    if (status != SNA_OK) return status;
    if (work_size < companion_space(&c)) return SNA_NO_SPACE;
    z = (real *)(void *)((unsigned char *)work + space_size(&c, SNA_WORK_EVAL));
    status = companion_place(m, i, &c, x, y, z);
    return status < 0 ? status : answer_at(&c, z, v, &s);
}

#endif

#ifndef SNA_NO_FIXED
/* Bytes of the integer path of the model and of its companions; of an answer, more before them. */
static size_t fixed_space(const sna_model *m, sna_verb verb) {
    size_t most = fixed_workspace(m), places = m->n_axes;
#ifndef SNA_NO_COMPANIONS
    for (unsigned i = 0; m->bytes && i < companions_of(m); i++) {
        sna_model c;
        take_companion(m, i, &c);
        if (!(c.features & FEATURE_FIXED)) continue;
        if (fixed_workspace(&c) > most) most = fixed_workspace(&c);
        if (c.n_axes > places) places = c.n_axes;
    }
#endif
    if (verb != SNA_WORK_ANSWER) return most;
    return most + 8u * m->n_outputs + ((places * sizeof(sna_place) + 7u) & ~(size_t)7);
}
#endif

size_t sna_workspace_size(const sna_model *m, sna_verb verb) {
    size_t own;
#ifndef SNA_NO_FIXED
    if (verb == SNA_WORK_FIXED || verb == SNA_WORK_ANSWER) return fixed_space(m, verb);
#endif
    own = space_size(m, (sna_verb)(verb & 3u)); /* SNA_WORK_VERIFY: a value's */
#ifndef SNA_NO_COMPANIONS
    if (verb >= SNA_WORK_VERIFY) {
        size_t most = m->bytes ? largest_space(m, verb) : 0;
        return verb == SNA_WORK_VERIFY && own > most ? own : most;
    }
#endif
    return own;
}

#ifndef SNA_NO_COMPANIONS
unsigned sna_companions(const sna_model *m) { return m->bytes ? companions_of(m) : 0; }

sna_status sna_companion(const sna_model *m, unsigned index, sna_model *companion,
                         sna_companion_use *use) {
    const companion_record *r;
    clear(companion, sizeof *companion);
    clear(use, sizeof *use);
    if (index >= sna_companions(m)) return SNA_BAD_INPUT;
    r = companion_at(m, index);
    use->role = r->role;
    use->output = r->output;
    use->weight = REAL(r->weight);
    take_companion(m, index, companion);
    return SNA_OK;
}

sna_status sna_companion_place(const sna_model *m, unsigned index, const real *x, const real *y,
                               real *z) {
    sna_model c;
    if (index >= sna_companions(m)) return SNA_BAD_INPUT;
    take_companion(m, index, &c);
    return companion_place(m, index, &c, x, y, z);
}

/* ------------------------------------------------------------------------ intervals at a level */
#define LEAST_SHARE ((real)3.3535013046647811e-4) /* p_0 of the grid, 1 / (1 + exp(8)) */
#define ONE_ROW (1 - (real)1 / 4096) /* what a decimal level may lose in rounding is left out */

/* The quantile at a place 0..32 of its grid. */
static real quantile(const f64 *q, real at) {
    int j = (int)at;
    if (!(at > 0)) return REAL(q[0]);
    if (j >= GRID - 1) return REAL(q[GRID - 1]);
    return REAL(q[j]) + (REAL(q[j + 1]) - REAL(q[j])) * (at - (real)j);
}

/* low..high of residuals at the level, in units of sigma; 0 where the rows do not support it. */
static int residuals_at(const calibration_record *c, const f64 *q, real level, real *low,
                        real *high) {
    const real share = (1 - level) / 2;
    real at;
    if (!(level > 0 && level < 1) || !(share >= LEAST_SHARE) ||
        !(share * ((real)c->n_residuals + 1) >= ONE_ROW))
        return 0;
    at = (GRID - 1) / 2 + 2 * (logarithm(share) - logarithm(1 - share));
    *low = quantile(q, at);
    *high = quantile(q, GRID - 1 - at);
    return 1;
}

sna_status sna_interval_at(const sna_model *m, unsigned k, const real *x, real level,
                           sna_status status, const real *y, real *low, real *high, void *work,
                           size_t work_size) {
    const calibration_record *c;
    const output_record *o;
    const f64 *q;
    real sigma = 1, below, above, floor, from, to, rounding;
    *low = *high = not_a_number();
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
    if (k >= m->n_outputs) return SNA_BAD_INPUT;
    c = calibration_of(m);
    if (!c || !c->n_residuals) return SNA_UNSUPPORTED;
    q = quantiles_of(c) + GRID * k;
    if (!residuals_at(c, q, level, &below, &above)) return SNA_BAD_INPUT;
    if (status < 0 || status == SNA_EXTRAPOLATED) return status;
    if (!is_finite(y[k])) return SNA_NOT_CONVERGED;
    if (scale_of(m, k) >= 0) {
        status = companion_value(m, (unsigned)scale_of(m, k), x, y, &sigma, work, work_size);
        if (status < 0) return status;
    }
    if (!is_finite(sigma)) return SNA_NOT_CONVERGED;
    o = output_at(m, k);
    floor = REAL(quantiles_of(c)[GRID * m->n_outputs + k]);
    from = beside(o, y[k], below * sigma - floor);
    to = beside(o, y[k], above * sigma + floor);
    rounding = absolute(y[k]) * ROUNDING;
    *low = in_range(o, (from < to ? from : to) - rounding);
    *high = in_range(o, (from < to ? to : from) + rounding);
    return SNA_OK;
}

/* ---------------------------------------------------------------------------------- familiarity */
#define LEAST_DENSITY power_of_two(-126)

/* Was the combination of levels at x seen? 0, 1, or a negative status. */
static int levels_seen(const sna_model *m, const calibration_record *c, const real *x) {
    const pair_record *p = pairs_of(m, c), *last = p + c->n_pairs;
    const unsigned char *bits = (const unsigned char *)last;
    int seen = 1;
    for (; p < last; bits += p++->size) {
        place a, b;
        uint32_t bit;
        sna_status first = place_level(axis_at(m, p->a), x[p->a], &a),
                   second = place_level(axis_at(m, p->b), x[p->b], &b);
        if (first < 0 || second < 0) return (int)SNA_OUT_OF_DOMAIN;
        bit = a.span * axis_at(m, p->b)->n_spans + b.span;
        seen &= bits[bit >> 3] >> (bit & 7u);
    }
    return seen;
}

/* s = sum_j weight_j ln(max(p_j, 2^-126)) */
static sna_status familiarity_score(const sna_model *m, const real *x, const real *y, real *s,
                                    void *work, size_t work_size) {
    *s = 0;
    for (unsigned i = 0; i < companions_of(m); i++) {
        real p;
        sna_status status;
        if (companion_at(m, i)->role != SNA_ROLE_FAMILIARITY) continue;
        status = companion_value(m, i, x, y, &p, work, work_size);
        if (status < 0) return status;
        if (!is_finite(p)) return SNA_NOT_CONVERGED;
        *s += REAL(companion_at(m, i)->weight) * logarithm(p > LEAST_DENSITY ? p : LEAST_DENSITY);
    }
    return is_finite(*s) ? SNA_OK : SNA_NOT_CONVERGED;
}

/* The share of scores up to s. */
static real share_of(const f64 *score, uint32_t n_scores, real s) {
    const real least = 1 / ((real)n_scores + 1);
    const uint32_t j = span_of(score, GRID, s);
    real at = (real)j, share;
    if (REAL(score[0]) > s) return least;
    if (j < GRID - 1) at += (s - REAL(score[j])) / (REAL(score[j + 1]) - REAL(score[j]));
    share = 1 / (1 + exponential(((GRID - 1) / 2 - at) / 2));
    return share > least ? share : least;
}

sna_status sna_familiarity(const sna_model *m, const real *x, sna_status status, const real *y,
                           real *p, void *work, size_t work_size) {
    const calibration_record *c;
    int seen;
    *p = not_a_number();
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
    c = calibration_of(m);
    if (!c || !(c->n_scores | c->n_pairs)) return SNA_UNSUPPORTED;
    if (status < 0 || status == SNA_EXTRAPOLATED) return status;
    seen = levels_seen(m, c, x);
    if (seen < 0) return (sna_status)seen;
    if (seen && c->n_scores) {
        real s;
        sna_status scored = familiarity_score(m, x, y, &s, work, work_size);
        if (scored < 0) return scored;
        *p = share_of(scores_of(m, c), c->n_scores, s);
    } else {
        *p = (real)seen;
    }
    return *p <= REAL(c->least_p) ? SNA_UNFAMILIAR : status;
}
#endif

/* -------------------------------------------------------------- beside the values, in whole
 * numbers The rule of docs/plc.md#whole-numbers, operation by operation, by constants that an
 * export writes beside a file. Sums and products are taken modulo 2^64; where the constants belong
 * to the file, none leaves 63 bits. */
#ifndef SNA_NO_FIXED

typedef int64_t ALIAS i64;
enum { LOWER_END, UPPER_END };
enum {
    BESIDE_MAGIC = 0x57414E53, /* "SNAW" */
    NO_COMPANION = 0xFFFF,
    SCORES = 33,
    LOG_BITS = 26,
    LOG_STEP = 22,
    LEAST_LOG = -126,
    GRID_BITS = 15,
    GRID_STEP = 10,
    LAST_SHARE = ((SCORES - 1) << (GRID_BITS - GRID_STEP)) - 1,
    ONE_SHARE = 1 << 30
};

/* Offsets count from the first byte of the constants. */
typedef struct ALIAS beside_head {
    uint32_t magic, size;
    uint64_t digest; /* of the file, its first eight bytes */
    uint16_t n_inputs, n_outputs, n_ends, n_densities, n_pairs, reserved;
    int32_t least, limit;
    uint32_t ends, densities, pairs, scores, logarithms, shares,
        places; /* most axes of a function */
} beside_head;

/* A companion, and its coordinates. */
typedef struct ALIAS beside_asked {
    uint32_t coordinates;
    uint16_t companion, n_coordinates;
} beside_asked;

/* A count: that of an input (no bits), else a sum of terms, kept within low..high. */
typedef struct ALIAS beside_coordinate {
    int64_t start;
    int32_t low, high;
    uint32_t terms;
    uint16_t n_terms, input;
    uint8_t bits, reserved[7];
} beside_coordinate;

/* One factor: times the count beyond `lower`, or the value; several: one a level. */
typedef struct ALIAS beside_term {
    uint32_t factors, n_factors;
    int32_t lower;
    uint16_t index, of_output;
} beside_term;

typedef struct ALIAS beside_ends {
    int64_t factor[2], more[2], place_low, place_high, first, error, cut[2];
    beside_asked scale;
    uint32_t table, n_entries; /* none: ends are moved in the space of the output */
    uint16_t output;
    uint8_t bits[2], drop, step, bend, falling, holds;
    int8_t exponent;
    uint8_t reserved[6];
} beside_ends;

typedef struct ALIAS beside_density {
    beside_asked asked;
    int32_t factor;
    uint8_t bits;
    int8_t exponent;
    uint16_t reserved;
} beside_density;

typedef struct ALIAS beside_pair {
    uint32_t seen;
    uint16_t a, b, rows, columns;
    uint32_t reserved;
} beside_pair;

typedef char beside_records_have_their_sizes
    [sizeof(beside_head) == 64 && sizeof(beside_coordinate) == 32 && sizeof(beside_term) == 16 &&
             sizeof(beside_ends) == 112 && sizeof(beside_density) == 16 && sizeof(beside_pair) == 16
         ? 1
         : -1];

INLINE const void *part_at(const beside_head *b, uint32_t offset) {
    return (const unsigned char *)b + offset;
}
INLINE const beside_ends *ends_at(const beside_head *b, unsigned i) {
    return (const beside_ends *)part_at(b, b->ends) + i;
}
INLINE int64_t times_wide(int64_t a, int64_t b) { return (int64_t)((uint64_t)a * (uint64_t)b); }
INLINE int64_t sum_wide(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }
INLINE int64_t kept_within(int64_t v, int64_t low, int64_t high) {
    return v < low ? low : v > high ? high : v;
}

/* Were the constants written for this file? */
static int is_written_for(const sna_model *m, const beside_head *b) {
    return b && !((uintptr_t)b & 7u) && b->magic == (uint32_t)BESIDE_MAGIC && !is_embedded(m) &&
           b->n_inputs == m->n_axes && b->places >= m->n_axes && b->places <= SNA_MAX_AXES &&
           b->n_outputs == m->n_outputs && b->digest == load64(section(m, INTEGRITY));
}

#ifndef SNA_NO_COMPANIONS
static int32_t count_at(const beside_head *b, const beside_coordinate *c, const int32_t *counts,
                        const int32_t *y) {
    const beside_term *t = (const beside_term *)part_at(b, c->terms);
    uint64_t v = (uint64_t)c->start;
    if (!c->bits) return counts[c->input];
    for (unsigned n = c->n_terms; n--; t++) {
        const i64 *factor = (const i64 *)part_at(b, t->factors);
        const int32_t x = t->of_output ? y[t->index] : counts[t->index];
        if (t->n_factors == 1) v += (uint64_t)times_wide((int64_t)x - t->lower, *factor);
        else if ((uint32_t)x < t->n_factors) v += (uint64_t)factor[x];
    }
    return (int32_t)kept_within((int64_t)v >> c->bits, c->low, c->high);
}

/* *v: the one output of a companion, whose integer path opened with that of the values. */
NOINLINE sna_status fixed_companion(const sna_model *m, const beside_head *b, const beside_asked *q,
                                    const int32_t *counts, const int32_t *y, int32_t *v,
                                    sna_place *places, void *work, size_t work_size) {
    const beside_coordinate *from = (const beside_coordinate *)part_at(b, q->coordinates);
    sna_model c;
    if (q->companion >= companions_of(m)) return SNA_BAD_INPUT;
    take_companion(m, q->companion, &c);
    if (c.n_axes != q->n_coordinates || c.n_axes > b->places || c.n_outputs != 1)
        return SNA_BAD_INPUT;
    c.section[0] = (uint32_t)seal_of(&c);
    for (unsigned d = 0; d < c.n_axes; d++) {
        const sna_status status =
            sna_fixed_place(&c, d, count_at(b, from + d, counts, y), places + d);
        if (status < 0) return status;
    }
    return sna_fixed_eval(&c, places, v, work, work_size);
}
#else
static sna_status fixed_companion(const sna_model *m, const beside_head *b, const beside_asked *q,
                                  const int32_t *counts, const int32_t *y, int32_t *v,
                                  sna_place *places, void *work, size_t work_size) {
    (void)m, (void)b, (void)q, (void)counts, (void)y, (void)v, (void)places;
    (void)work, (void)work_size;
    return SNA_UNSUPPORTED;
}
#endif

/* ------------------------------------------------------------------------------ ends of intervals
 */

/* No less (upper end), or no more, than the output where the place of its link has moved. */
static int64_t led_back(const beside_ends *e, const i32 *table, unsigned side, int64_t place,
                        int64_t move) {
    const int64_t last = (int64_t)e->n_entries - 1;
    const int64_t z =
        kept_within(sum_wide(kept_within(place, e->place_low, e->place_high) - e->first, move), 0,
                    last << e->step);
    const int64_t j = z >> e->step < last ? z >> e->step : last - 1;
    const int64_t rise = (int64_t)table[j + 1] - table[j];
    const int64_t line =
        table[j] +
        ((times_wide(rise, z - (j << e->step)) + ((int64_t)1 << e->step >> 1)) >> e->step);
    const int64_t off = ((rise < 0 ? -rise : rise) >> e->bend) + 1;
    return side == UPPER_END ? line + off : line - off;
}

static int32_t end_at(const beside_head *b, const beside_ends *e, unsigned side, int64_t y,
                      int64_t place, int32_t sigma) {
    const unsigned which = e->n_entries && e->falling ? 1u - side : side;
    const int64_t whole = side == UPPER_END ? -(-y >> e->drop) : y >> e->drop;
    const int64_t move =
        which == UPPER_END
            ? sum_wide(e->more[1], times_wide(-1, times_wide(sigma, -e->factor[1]) >> e->bits[1]))
            : sum_wide(times_wide(sigma, e->factor[0]) >> e->bits[0], -e->more[0]);
    int64_t end = sum_wide(whole, move);
    if (e->n_entries) end = led_back(e, (const i32 *)part_at(b, e->table), side, place, move);
    end = sum_wide(end, side == UPPER_END ? e->error : -e->error);
    if (e->holds && (side == UPPER_END ? end < whole : end > whole)) end = whole;
    return (int32_t)kept_within(end, e->cut[0], e->cut[1]);
}

/* -------------------------------------------------------------------------------- familiarity */

/* log2(value 2^-exponent) times 2^26, by a table of 257 entries. */
static int64_t logarithm_of(const i32 *table, int32_t value, int exponent) {
    uint32_t v = value < 1 ? 1u : (uint32_t)value, j;
    int32_t whole = 30 - exponent;
    if (value < 1) return times_wide(LEAST_LOG, (int64_t)1 << LOG_BITS);
    for (uint32_t bits = 16; bits; bits >>= 1)
        if (v < (uint32_t)1 << (31u - bits)) {
            v <<= bits;
            whole -= (int32_t)bits;
        }
    j = (v >> LOG_STEP) - 256u;
    return table[j] +
           (times_wide((int64_t)table[j + 1] - table[j], v & (((uint32_t)1 << LOG_STEP) - 1u)) >>
            LOG_STEP) +
           times_wide(whole, (int64_t)1 << LOG_BITS);
}

/* floor(part 2^15 / gap), part <= gap; no division, which small cores have in software. */
static uint32_t share_of_gap(uint64_t part, uint64_t gap) {
    uint32_t q = 0;
    if (!gap) return 0;
    for (int i = 0; i <= GRID_BITS; i++) {
        const int more = part >= gap;
        q = q << 1 | (uint32_t)more;
        part = (more ? part - gap : part) << 1;
    }
    return q;
}

/* The share of scores up to s, times 2^30. */
static int32_t share_at(const beside_head *b, int64_t s) {
    const i64 *score = (const i64 *)part_at(b, b->scores);
    const i32 *share = (const i32 *)part_at(b, b->shares);
    uint32_t span = 0, place, j;
    int64_t gap, p;
    LAST_SPAN(span, SCORES, score[at] <= s)
    if (s < score[0]) return b->least;
    gap = span < SCORES - 1 ? score[span + 1] - score[span] : 0;
    place = (span << GRID_BITS) +
            share_of_gap((uint64_t)kept_within(sum_wide(s, -score[span]), 0, gap), (uint64_t)gap);
    j = place >> GRID_STEP;
    if (j > (uint32_t)LAST_SHARE) j = LAST_SHARE;
    p = share[j] +
        (times_wide((int64_t)share[j + 1] - share[j], (int64_t)place - (int64_t)(j << GRID_STEP)) >>
         GRID_STEP);
    return p > b->least ? (int32_t)p : b->least;
}

static int levels_met(const beside_head *b, const int32_t *counts) {
    const beside_pair *p = (const beside_pair *)part_at(b, b->pairs), *last = p + b->n_pairs;
    for (; p < last; p++) {
        const uint32_t a = (uint32_t)counts[p->a], c = (uint32_t)counts[p->b];
        if (a >= p->rows || c >= p->columns ||
            !((const unsigned char *)part_at(b, p->seen))[a * p->columns + c])
            return 0;
    }
    return 1;
}

/* ------------------------------------------------------------------------------------- answers */

/* Work of an answer: places before the links, places of coordinates, a query of the integer path.
 */
typedef struct answer_space {
    int64_t *linear;
    sna_place *places;
    void *work;
    size_t size;
} answer_space;

static sna_status take_answer_space(const sna_model *m, const beside_head *b, void *work,
                                    size_t work_size, answer_space *s) {
    const size_t before = 8u * m->n_outputs + ((b->places * sizeof(sna_place) + 7u) & ~(size_t)7);
    if (!work || (uintptr_t)work & 7u) return SNA_BAD_INPUT;
    if (work_size < before) return SNA_NO_SPACE;
    s->linear = (int64_t *)work;
    s->places = (sna_place *)(void *)(s->linear + m->n_outputs);
    s->work = (unsigned char *)work + before;
    s->size = work_size - before;
    return SNA_OK;
}

static sna_status fixed_values(const sna_model *m, const int32_t *counts, int32_t *y,
                               const answer_space *s) {
    sna_status status;
    for (unsigned d = 0; d < m->n_axes; d++) {
        status = sna_fixed_place(m, d, counts[d], s->places + d);
        if (status < 0) return status;
    }
    status = sna_fixed_eval(m, s->places, y, s->work, s->size);
    for (unsigned k = 0; k < m->n_outputs && status >= 0; k++) {
        const unsigned shift = fixed_output_at(m, k)->shift;
        s->linear[k] =
            (int64_t)(((const uint64_t *)s->work)[k] + ((uint64_t)1 << (shift - 1u))) >> shift;
    }
    return status;
}

static sna_status fixed_ends(const sna_model *m, const beside_head *b, const int32_t *counts,
                             const int32_t *y, int32_t *low, int32_t *high, const answer_space *s) {
    for (unsigned i = 0; i < b->n_ends; i++) {
        const beside_ends *e = ends_at(b, i);
        const unsigned k = e->output;
        int32_t sigma = 1;
        if (e->scale.companion != NO_COMPANION) {
            const sna_status status =
                fixed_companion(m, b, &e->scale, counts, y, &sigma, s->places, s->work, s->size);
            if (status < 0) return status;
        }
        low[k] = end_at(b, e, LOWER_END, y[k], s->linear[k], sigma);
        high[k] = end_at(b, e, UPPER_END, y[k], s->linear[k], sigma);
    }
    return SNA_OK;
}

static sna_status fixed_share(const sna_model *m, const beside_head *b, const int32_t *counts,
                              const int32_t *y, int32_t *p, const answer_space *s) {
    const beside_density *q = (const beside_density *)part_at(b, b->densities);
    const i32 *logarithms = (const i32 *)part_at(b, b->logarithms);
    int64_t score = 0;
    for (unsigned i = b->n_densities; i--; q++) {
        int32_t density = 0;
        const sna_status status =
            fixed_companion(m, b, &q->asked, counts, y, &density, s->places, s->work, s->size);
        if (status < 0) return status;
        score =
            sum_wide(score, times_wide(q->factor, logarithm_of(logarithms, density, q->exponent)) >>
                                q->bits);
    }
    *p = b->n_densities ? share_at(b, score) : (int32_t)ONE_SHARE;
    if (!levels_met(b, counts)) *p = 0;
    return SNA_OK;
}

static sna_status fixed_answered(const sna_model *m, const beside_head *b, const int32_t *counts,
                                 int32_t *y, int32_t *low, int32_t *high, int32_t *p,
                                 const answer_space *s) {
    const sna_status status = fixed_values(m, counts, y, s);
    sna_status more = SNA_OK;
    if (status >= 0 && low && high) more = fixed_ends(m, b, counts, y, low, high, s);
    if (status < 0 || more < 0) return status < 0 ? status : more;
    if (!(b->n_densities | b->n_pairs)) return status;
    more = fixed_share(m, b, counts, y, p, s);
    if (more < 0) return more;
    return *p <= b->limit ? SNA_UNFAMILIAR : status;
}

static void tell_nothing(const sna_model *m, int32_t *y, int32_t *low, int32_t *high,
                         int32_t *familiarity) {
    *familiarity = SNA_NOTHING;
    for (unsigned k = 0; k < m->n_outputs; k++) {
        y[k] = SNA_NOTHING;
        if (low) low[k] = SNA_NOTHING;
        if (high) high[k] = SNA_NOTHING;
    }
}

sna_status sna_fixed_answer(const sna_model *m, const void *beside, const int32_t *counts,
                            int32_t *y, int32_t *low, int32_t *high, int32_t *familiarity,
                            void *work, size_t work_size) {
    const beside_head *b = (const beside_head *)beside;
    answer_space s;
    sna_status status;
    tell_nothing(m, y, low, high, familiarity);
    if (!m->bytes || m->section[0] != (uint32_t)seal_of(m))
        return m->features & FEATURE_FIXED ? SNA_NOT_VERIFIED : SNA_UNSUPPORTED;
    if (!is_written_for(m, b)) return SNA_BAD_INPUT;
    status = take_answer_space(m, b, work, work_size, &s);
    if (status != SNA_OK) return status;
    status = fixed_answered(m, b, counts, y, low, high, familiarity, &s);
    if (status < 0) tell_nothing(m, y, low, high, familiarity);
    return status;
}

int sna_fixed_end_exponent(const sna_model *m, const void *beside, unsigned output) {
    const beside_head *b = (const beside_head *)beside;
    if (!m->bytes || !is_written_for(m, b)) return 0;
    for (unsigned i = 0; i < b->n_ends; i++)
        if (ends_at(b, i)->output == output) return ends_at(b, i)->exponent;
    return 0;
}

sna_status sna_fixed_verify(sna_model *m, void *work, size_t work_size) {
    const sna_status status = fixed_replayed(m, work, work_size);
#ifndef SNA_NO_COMPANIONS
    for (unsigned i = 0; status >= 0 && i < companions_of(m); i++) {
        sna_model c;
        sna_status here;
        take_companion(m, i, &c);
        if (!(c.features & FEATURE_FIXED)) continue;
        here = fixed_replayed(&c, work, work_size);
        if (here < 0) {
            m->section[0] = 0;
            m->rule = c.rule;
            return here;
        }
    }
#endif
    return status;
}

#endif /* SNA_NO_FIXED */

/* ----------------------------------------------------------------------- formulas of derived
 * inputs */
#ifndef SNA_NO_COMPANIONS

/* v^e: whole exponents up to 8 by multiplication; NaN where the base is below 0 under another one,
 * 0^e = 0 for e > 0. */
static real power(real v, real e) {
    const real size = absolute(e);
    int n = size <= 8 ? (int)size : 0;
    real product = 1;
    if (size <= 8 && (real)n >= size) {
        while (n--) product *= v;
        return e < 0 ? 1 / product : product;
    }
    if (!(v < 0) && !(v > 0) && v - v >= 0 && e > 0) return 0;
    return v > 0 && is_finite(v) ? exponential(e * logarithm(v)) : not_a_number();
}

/* sqrt(v) from exp(ln v / 2), with one step of Newton; NaN below 0. */
static real square_root(real v) {
    real s;
    if (!(v > 0)) return v < 0 ? not_a_number() : v;
    if (!is_finite(v)) return v;
    s = exponential(logarithm(v) * (real)0.5f);
    return (s + v / s) * (real)0.5f;
}

static real of_one(unsigned operation, real v) {
    if (operation == NEGATIVE) return -v;
    if (operation == ABSOLUTE) return absolute(v);
    if (operation == ROOT) return square_root(v);
    if (operation == EXPONENTIAL) return exponential(v);
    return v > 0 && is_finite(v) ? logarithm(v) : not_a_number();
}

static real of_two(unsigned operation, real a, real b) {
    if (operation == ADD) return a + b;
    if (operation == SUBTRACT) return a - b;
    if (operation == MULTIPLY) return a * b;
    if (operation == DIVIDE) return a / b;
    if (operation == POWER) return power(a, b);
    return (a < b) == (operation == MINIMUM) ? a : b;
}

/* What a term or step reads: from x and raw, or from `row` where there is one. */
static real operand(const term_record *t, const real *x, const real *raw, const f64 *row,
                    unsigned n_axes) {
    if (row) return REAL(row[t->index + (t->kind ? n_axes : 0)]);
    if (t->kind ? !raw : !x) return not_a_number();
    return t->kind ? raw[t->index] : x[t->index];
}

/* A program that holds: its stack never overflows. NaN where a step has no finite result. */
static real program_value(const term_record *t, unsigned n, const real *x, const real *raw,
                          const f64 *row, unsigned n_axes) {
    real stack[DEEPEST] = {0};
    int depth = 0;
    for (; n--; t++) {
        real v;
        if (t->kind == LOAD_NUMBER) v = REAL(t->number);
        else if (t->kind != OPERATION) v = operand(t, x, raw, row, n_axes);
        else if (t->index >= OF_ONE) v = of_one(t->index, stack[--depth]);
        else {
            depth -= 2;
            v = of_two(t->index, stack[depth], stack[depth + 1]);
        }
        if (!is_finite(v)) return not_a_number();
        stack[depth++] = v;
    }
    return stack[0];
}

static real derived_value(const derived_record *f, const term_record *t, const real *x,
                          const real *raw, const f64 *row, unsigned n_axes) {
    real value = REAL(f->constant);
    if (f->formula == PROGRAM) return program_value(t, f->n_terms, x, raw, row, n_axes);
    for (const term_record *end = t + f->n_terms; t < end; t++) {
        const real v = operand(t, x, raw, row, n_axes), number = REAL(t->number);
        if (f->formula == SUM) value += number * v;
        else value *= power(v, number);
    }
    return value;
}

/* Do the formulas give what the file expects at its reference readings, to 64 roundings of every
 * step? */
static int formulas_replayed(const sna_model *m) {
    const readings_record *r = readings_of(m);
    const f64 *row, *expected;
    if (!r) return 1;
    row = reference_readings_of(m, r);
    expected = row + (size_t)r->n_golden * (m->n_axes + (size_t)r->n_raw);
    for (unsigned g = 0; g < r->n_golden; g++, row += m->n_axes + r->n_raw) {
        const derived_record *f = derived_of(m, r);
        const term_record *t = terms_of(m, r);
        for (unsigned i = 0; i < r->n_derived; i++, expected += 2, t += f++->n_terms) {
            const real off =
                absolute(derived_value(f, t, NULL, NULL, row, m->n_axes) - REAL(expected[0]));
            if (!(off <= 32 * ROUNDING * REAL(expected[1]))) return 0;
        }
    }
    return 1;
}
#endif

/* -------------------------------------------------------------------- readings to coordinates */
#ifndef SNA_NO_COMPANIONS

/* Of the larger of border and tolerance: what their difference to a reading may be off by. */
#ifdef SNA_FLOAT
#define READING_ROUNDING ((real)4.76837158203125e-7f) /* 2^-21 */
#else
#define READING_ROUNDING ((real)8.881784197001252e-16f) /* 2^-50 */
#endif

/* A reading no further outside its axis than its sensor errs is at the border; a sensor without
 * tolerance moves none. */
static real bordered(const axis_record *a, real tolerance, real x) {
    const real end = x < LOWER(a) ? LOWER(a) : UPPER(a);
    const real away = x < LOWER(a) ? end - x : x - end;
    if (!(tolerance > 0 && away > 0)) return x;
    return away <= tolerance + READING_ROUNDING * larger(end, tolerance) ? end : x;
}

unsigned sna_readings(const sna_model *m) {
    const readings_record *r = m->bytes ? readings_of(m) : NULL;
    return m->n_axes + (r ? r->n_raw : 0u);
}

sna_status sna_derive(const sna_model *m, const real *readings, real *x) {
    const readings_record *r = m->bytes ? readings_of(m) : NULL;
    const real *raw = readings + m->n_axes;
    const derived_record *f;
    const term_record *t;
    if (!m->bytes) return SNA_BAD_INPUT;
    for (unsigned d = 0; d < m->n_axes; d++)
        x[d] = r ? bordered(axis_at(m, d), REAL(tolerances_of(r)[d]), readings[d]) : readings[d];
    if (!r) return SNA_OK;
    for (unsigned i = 0; i < r->n_raw; i++) {
        const f64 *ends = raw_ends_of(m, r) + 2u * i;
        if (!is_finite(raw[i])) return SNA_BAD_INPUT;
        if (!(raw[i] >= REAL(ends[0]) && raw[i] <= REAL(ends[1]))) return SNA_OUT_OF_DOMAIN;
    }
    f = derived_of(m, r);
    t = terms_of(m, r);
    for (const derived_record *end = f + r->n_derived; f < end; t += f++->n_terms) {
        x[f->axis] = derived_value(f, t, x, raw, NULL, 0);
        if (!is_finite(x[f->axis])) return SNA_BAD_INPUT;
    }
    return SNA_OK;
}
#endif

/* --------------------------------------------------------------------------------------- verify */

#ifndef SNA_NO_BOUND
/* The bound of |phi| on an axis, of a train that of the row sums of |Phi|: the Bernstein
 * coefficients bound a polynomial. */
static real axis_bound(const sna_model *m, const axis_record *a) {
    const f32 *matrix = (const f32 *)(const void *)(section(m, MATRICES) + a->matrices);
    const unsigned char *row = section(m, TABLES) + a->table;
    const uint32_t n = a->degree + 1u, left = a->left ? a->left : 1u, right = a->n_columns / left;
    real basis = 0, table = a->n_columns ? 0 : 1;
    for (uint32_t i = 0; i < (uint32_t)a->n_matrices * n; i++) {
        const f32 *from = matrix + i / n * n * n;
        const uint32_t j = i % n;
        real sum = 0;
        for (uint32_t b = 0; b < n; b++, from += n) {
            real weight = 1, value = (real)from[0];
            for (uint32_t k = 1; k <= j; k++) {
                weight *= (real)(int32_t)(j + 1u - k) / (real)(int32_t)(n - k);
                value += (real)from[k] * weight;
            }
            sum += value < 0 ? -value : value;
        }
        if (!(sum <= basis)) basis = sum;
    }
    for (uint32_t i = 0; i < a->n_rows; i++, row += row_bytes(a))
        for (uint32_t r = 0; r < right; r++) {
            real sum = 0;
            for (uint32_t l = 0; l < left; l++) {
                real value = element(row, a->dtype, l * right + r);
                sum += value < 0 ? -value : value;
            }
            if (!(sum <= table)) table = sum;
        }
    return basis * table;
}

/* f[k] = |bias| + sum_r |W[r][k]| prod of the bounds of the axes of mode r. */
static void linear_bounds(const sna_model *m, real *f) {
    const f32 *w = weights_at(m);
    real peak[SNA_MAX_AXES], all = 1;
    for (unsigned d = 0; d < m->n_axes; d++) all *= peak[d] = axis_bound(m, axis_at(m, d));
    for (unsigned k = 0; k < m->n_outputs; k++) f[k] = larger(REAL(output_at(m, k)->bias), 0);
    for (unsigned g = 0; g < (is_train(m) ? 1u : m->n_groups); g++) {
        uint32_t modes = m->n_modes;
        if (!is_train(m)) {
            all = 1;
            for (unsigned d = 0; d < m->n_axes; d++)
                if (uses(group_at(m, g), d)) all *= peak[d];
            modes = padded(group_at(m, g)->count);
        }
        for (; modes; modes--)
            for (unsigned k = 0; k < m->n_outputs; k++, w++) f[k] += larger((real)*w, 0) * all;
    }
}

#ifdef SNA_FLOAT
#define TOLERANCE 1.220703125e-4f /* 2^-13 */
#define BOUND_LIMIT 3.40282347e38f
#else
#define TOLERANCE 1.4551915228366852e-11 /* 2^-36 */
#define BOUND_LIMIT power_of_two(500)
#define TOLERANCE32 1.220703125e-4 /* 2^-13 */
#endif
#define BOUND_MARGIN ((real)1.0078125f)          /* 1 + 2^-7 */
#define BOUND_OFFSET ((real)9.5367431640625e-7f) /* 2^-20 */

/* Range and expected values inside the bound of |y|, kappa and tolerances no wider than it
 * explains: FORMAT.md section 7. */
NOINLINE int bounds_hold(const sna_model *m) {
    uint32_t count = load32(section(m, GOLDEN));
    const f64 *tolerance = (const f64 *)(const void *)(section(m, GOLDEN) + 8);
    const f64 *expected = tolerance + 2 * m->n_outputs + (size_t)count * m->n_axes;
    real f[SNA_MAX_OUTPUTS];
    linear_bounds(m, f);
    for (unsigned k = 0; k < m->n_outputs; k++) {
        const output_record *o = output_at(m, k);
        const real low = REAL(o->range_low), high = REAL(o->range_high), offset = REAL(o->offset),
                   scale = larger(REAL(o->scale), 0);
        real limit = f[k], far = larger(low - offset, high - offset), size = f[k];
        if (!(f[k] < BOUND_LIMIT)) return 0;
#ifndef SNA_NO_LINK
        if (o->link != LINK_IDENTITY) limit = o->link == LINK_EXP ? exponential(f[k]) : 1;
#endif
        limit = BOUND_MARGIN * scale * limit + larger(offset, 0) * BOUND_OFFSET;
        size *= BOUND_MARGIN * (o->link == LINK_EXP        ? far
                                : o->link == LINK_LOGISTIC ? scale * (real)0.25f
                                                           : scale);
        if (!(far <= limit) || !((real)o->kappa * (high - low) <= size)) return 0;
        for (uint32_t g = 0; g < count; g++)
            if (!(larger(REAL(expected[(size_t)g * m->n_outputs + k]) - offset, 0) <= limit))
                return 0;
        size = (size + 2 * larger(low, high)) * TOLERANCE;
#ifdef SNA_FLOAT
        if (!(REAL(tolerance[m->n_outputs + k]) <= size)) return 0;
#else
        if (!(tolerance[k] <= size) ||
            !(tolerance[m->n_outputs + k] <= size * (TOLERANCE32 / TOLERANCE)))
            return 0;
#endif
    }
    return 1;
}
#endif

#ifndef SNA_NO_BOUND
#define BOUNDS_HOLD(m) bounds_hold(m)
#else
#define BOUNDS_HOLD(m) 1
#endif

/* Does the model give its golden vectors? */
static int replayed(const sna_model *m, const space *s) {
    const f64 *tolerance = (const f64 *)(const void *)(section(m, GOLDEN) + 8);
    const f64 *x = tolerance + 2 * m->n_outputs, *expected;
    uint32_t count = load32(section(m, GOLDEN));
    expected = x + (size_t)count * m->n_axes;
#ifdef SNA_FLOAT
    tolerance += m->n_outputs;
#endif
    for (uint32_t g = 0; g < count; g++, x += m->n_axes, expected += m->n_outputs) {
        real in[SNA_MAX_AXES], out[SNA_MAX_OUTPUTS];
        for (unsigned d = 0; d < m->n_axes; d++) in[d] = REAL(x[d]);
        if (answer_at(m, in, out, s) < 0) return 0;
        for (unsigned k = 0; k < m->n_outputs; k++) {
            real off = out[k] - REAL(expected[k]);
            if (!(off <= REAL(tolerance[k]) && -off <= REAL(tolerance[k]))) return 0;
        }
    }
    return 1;
}

#ifndef SNA_NO_COMPANIONS
/* The rule that a companion breaks: of the bounds first, then of the golden vectors. */
static sna_rule companion_rule(const sna_model *m, sna_rule rule, void *work, size_t work_size) {
    for (unsigned i = 0; i < companions_of(m); i++) {
        sna_model c;
        space s;
        take_companion(m, i, &c);
        if (rule == SNA_RULE_BAD_GOLDEN
                ? !BOUNDS_HOLD(&c)
                : take_space(&c, SNA_WORK_EVAL, work, work_size, &s) || !replayed(&c, &s))
            return rule;
    }
    return SNA_RULE_NONE;
}
#endif

sna_status sna_verify(sna_model *m, void *work, size_t work_size) {
    space s;
    sna_status ready;
    if (m->rule) return SNA_CORRUPT;
    if (!m->bytes) return SNA_BAD_INPUT;
    m->seal = 0;
    ready = take_space(m, SNA_WORK_EVAL, work, work_size, &s);
    if (ready != SNA_OK) return ready;
#ifndef SNA_NO_COMPANIONS
    if (work_size < largest_space(m, SNA_WORK_VERIFY)) return SNA_NO_SPACE;
#endif
    if (!BOUNDS_HOLD(m)) m->rule = SNA_RULE_BAD_GOLDEN;
#ifndef SNA_NO_COMPANIONS
    else m->rule = (uint8_t)companion_rule(m, SNA_RULE_BAD_GOLDEN, work, work_size);
#endif
    if (!m->rule && !replayed(m, &s)) m->rule = SNA_RULE_GOLDEN_MISMATCH;
#ifndef SNA_NO_COMPANIONS
    if (!m->rule) m->rule = (uint8_t)companion_rule(m, SNA_RULE_GOLDEN_MISMATCH, work, work_size);
    if (!m->rule && !formulas_replayed(m)) m->rule = SNA_RULE_GOLDEN_MISMATCH;
#endif
    if (m->rule) return SNA_CORRUPT;
    m->seal = seal_of(m);
    return SNA_OK;
}

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

/* ---------------------------------------------------------------------------------------- roots */
/* coefficient[0..n) of f on one span along the unknown axis, u in [0, 1] */
typedef struct polynomial {
    real c[SNA_MAX_DEGREE + 1];
    unsigned n;
} polynomial;

/* What is sought, what was found so far, and the reachable value closest to the target. */
typedef struct root_search {
    const output_record *output;
    real target, aim, tolerance,
        merge; /* aim: target before the link; merge: closer roots are one */
    int aimed; /* 0: the target lies outside the range of the link */
    sna_root *roots;
    size_t room, found;
    real nearest, distance;
    int tangent, full;
} root_search;

static real evaluate_polynomial(const real *c, unsigned n, real u) {
    real value = c[n - 1];
    for (unsigned k = n - 1; k-- > 0;) value = value * u + c[k];
    return value;
}

static int aim_at(root_search *search) {
    real g = (search->target - REAL(search->output->offset)) / REAL(search->output->scale);
    if (!is_finite(g)) return 0;
    if (search->output->link == LINK_EXP && !(g > 0)) return 0;
    if (search->output->link == LINK_LOGISTIC && !(g > 0 && g < 1)) return 0;
    search->aim = search->output->link == LINK_EXP        ? logarithm(g)
                  : search->output->link == LINK_LOGISTIC ? logarithm(g) - logarithm(1 - g)
                                                          : g;
    return 1;
}

static void note_value(root_search *search, real f) {
    real y = output_of(search->output, f), distance = absolute(y - search->target);
    if (distance < search->distance) {
        search->distance = distance;
        search->nearest = y;
    }
}

static void add_root(root_search *search, real low, real high) {
    if (search->found && low - search->roots[search->found - 1].high <= search->merge) {
        sna_root *last = &search->roots[search->found - 1];
        if (high > last->high && (low < high || last->low < last->high)) last->high = high;
        return;
    }
    if (search->found == search->room) {
        search->full = 1;
        return;
    }
    search->roots[search->found].low = low;
    search->roots[search->found++].high = high;
}

/* Zero of a polynomial that changes sign on [a, b]: bisection to the last bit. */
static real bisected(const real *c, unsigned n, real a, real b) {
    int rising = evaluate_polynomial(c, n, b) > 0;
    for (int i = 0; i < 64; i++) {
        real middle = (a + b) * (real)0.5f;
        if (!(middle > a && middle < b)) break;
        if ((evaluate_polynomial(c, n, middle) > 0) == rising) b = middle;
        else a = middle;
    }
    return (a + b) * (real)0.5f;
}

/* Points that cut [0, 1] into pieces on which the polynomial is monotone: zeros of its derivatives,
 * highest first. cuts[0] = 0 and cuts[returned - 1] = 1. */
static unsigned monotone_cuts(const polynomial *p, real cuts[SNA_MAX_DEGREE + 2]) {
    unsigned n_cuts = 2;
    cuts[0] = 0;
    cuts[1] = 1;
    for (unsigned order = p->n - 1; order-- > 1;) {
        real d[SNA_MAX_DEGREE + 1] = {0}, next[SNA_MAX_DEGREE + 2];
        unsigned n = p->n - order, found = 1;
        for (unsigned k = 0; k < n; k++) {
            d[k] = p->c[k + order];
            for (unsigned j = 0; j < order; j++) d[k] *= (real)(int)(k + order - j);
        }
        next[0] = 0;
        for (unsigned i = 0; i + 1 < n_cuts; i++) {
            real left = evaluate_polynomial(d, n, cuts[i]),
                 right = evaluate_polynomial(d, n, cuts[i + 1]);
            if ((left > 0) == (right > 0) || !(left < 0 || left > 0)) continue;
            next[found++] = bisected(d, n, cuts[i], cuts[i + 1]);
        }
        next[found++] = 1;
        for (unsigned i = 0; i < found; i++) cuts[i] = next[i];
        n_cuts = found;
    }
    return n_cuts;
}

/* Roots on one span [start, start + width]. */
static void search_span(root_search *search, const polynomial *p, real start, real width) {
    real cuts[SNA_MAX_DEGREE + 2], largest = 0;
    unsigned n_cuts = monotone_cuts(p, cuts);
    polynomial q = *p;
    for (unsigned i = 0; i < n_cuts; i++)
        note_value(search, evaluate_polynomial(p->c, p->n, cuts[i]));
    if (!search->aimed) return;
    q.c[0] -= search->aim;
    for (unsigned k = 0; k < q.n; k++)
        largest = absolute(q.c[k]) > largest ? absolute(q.c[k]) : largest;
    if (largest <= search->tolerance) {
        add_root(search, start, start + width);
        return;
    }
    for (unsigned i = 0; i < n_cuts; i++) {
        real here = evaluate_polynomial(q.c, q.n, cuts[i]);
        if (absolute(here) <= search->tolerance) {
            if (i && i + 1 < n_cuts) search->tangent = 1;
            add_root(search, start + width * cuts[i], start + width * cuts[i]);
        }
        if (i + 1 < n_cuts) {
            real next = evaluate_polynomial(q.c, q.n, cuts[i + 1]);
            if (absolute(here) > search->tolerance && absolute(next) > search->tolerance &&
                (here > 0) != (next > 0)) {
                real x = start + width * bisected(q.c, q.n, cuts[i], cuts[i + 1]);
                add_root(search, x, x);
            }
        }
    }
}

/* g[row] = f along the unknown axis when its basis function `row` is 1, without bias. */
static void cp_rows(const sna_model *m, unsigned axis, unsigned output, cell *cells, uint8_t *use,
                    real *rows, real *constant) {
    const axis_record *a = axis_at(m, axis);
    const f32 *w = weights_at(m);
    uint32_t column = 0;
    for (unsigned g = 0; g < m->n_groups; g++) {
        unsigned n = axes_of(m, group_at(m, g), use);
        for (uint32_t left = padded(group_at(m, g)->count); left;
             left -= LANES, w += LANES * m->n_outputs) {
            real mode[LANES], atom[LANES];
            const unsigned char *at = section(m, TABLES) + a->table;
            for (unsigned j = 0; j < LANES; j++) mode[j] = (real)w[j * m->n_outputs + output];
            for (unsigned i = 0; i < n; i++) {
                if (use[i] == axis) continue;
                atoms(&cells[use[i]], cells[use[i]].b, atom);
                advance(&cells[use[i]]);
                for (int j = 0; j < LANES; j++) mode[j] *= atom[j];
            }
            if (!uses(group_at(m, g), axis)) {
                *constant += mode[0] + mode[1] + (mode[2] + mode[3]);
                continue;
            }
            for (uint32_t row = 0; row < a->n_rows; row++, at += row_bytes(a))
                for (uint32_t j = 0; j < LANES; j++)
                    rows[row] += mode[j] * element(at, a->dtype, column + j);
            column += LANES;
        }
    }
}

#ifndef SNA_NO_TT
static void tt_rows(const sna_model *m, unsigned axis, unsigned output, cell *cells, real *scratch,
                    real *rows) {
    const axis_record *a = axis_at(m, axis);
    real *prefix = tt_prefixes(m, cells, axis, scratch), *suffix = prefix + a->left,
         *next = suffix + m->max_rank, *swap;
    cell c = cells[axis];
    real one = 1;
    for (uint32_t r = 0; r < m->n_modes; r++)
        suffix[r] = (real)weights_at(m)[r * m->n_outputs + output];
    for (unsigned d = m->n_axes; --d > axis; swap = suffix, suffix = next, next = swap)
        tt_column(axis_at(m, d), &cells[d], cells[d].b, suffix, next);
    c.n = 1;
    c.at = section(m, TABLES) + a->table;
    for (uint32_t row = 0; row < a->n_rows; row++, c.at += c.stride)
        for (uint32_t l = 0; l < a->left; l++)
            for (uint32_t r = 0; r < a->right; r++)
                rows[row] += prefix[l] * entry(&c, &one, l * a->right + r) * suffix[r];
}
#endif

static void span_polynomial(const sna_model *m, const axis_record *a, uint32_t span,
                            const real *rows, real constant, polynomial *p) {
    const u16 *row = first_rows(m, a);
    const f32 *matrix = (const f32 *)(const void *)(section(m, MATRICES) + a->matrices);
    p->n = a->degree + 1u;
    matrix += (uint32_t)row[a->n_spans + span] * p->n * p->n;
    for (unsigned k = 0; k <= SNA_MAX_DEGREE; k++) p->c[k] = k ? 0 : constant;
    for (unsigned k = 0; k < p->n; k++) {
        for (unsigned i = 0; i < p->n; i++)
            p->c[k] += (real)matrix[i * p->n + k] * rows[row[span] + i];
    }
}

/* Size of what is summed along the unknown axis; infinite where a sum has overflowed. */
static real reach_of(const real *rows, uint32_t n, real constant) {
    real largest = absolute(constant), sum = constant;
    for (uint32_t row = 0; row < n; row++) {
        sum += absolute(rows[row]) *
               (real)65536.0f; /* more than the coefficients of a span can grow by */
        if (absolute(rows[row]) > largest) largest = absolute(rows[row]);
    }
    return is_finite(sum) ? largest : (real)float_of_bits(0x7F800000u);
}

static void search_axis(const sna_model *m, const axis_record *a, const real *rows, real constant,
                        real reach, root_search *search) {
    const f64 *breaks = breaks_at(m, a);
    real aim = absolute(search->aim), largest = reach;
    if (aim > 64 * reach)
        aim = 64 * reach; /* a target far outside must not widen what counts as a root */
    if (absolute(constant) + aim > largest) largest = absolute(constant) + aim;
#ifdef SNA_FLOAT
    search->tolerance = largest * 4e-7f;
    search->merge = (UPPER(a) - LOWER(a)) * 1e-5f;
#else
    search->tolerance = largest * 4e-15;
    search->merge = (UPPER(a) - LOWER(a)) * 1e-12;
#endif
    for (uint32_t s = 0; s < a->n_spans; s++) {
        polynomial p;
        real start, width = 0;
        span_polynomial(m, a, s, rows, constant, &p);
        if (a->kind == CATEGORICAL) {
            start = (real)(int32_t)s;
        } else if (is_uniform(a)) {
            width = 1 / INV_WIDTH(a);
            start = LOWER(a) + (real)(int32_t)s * width;
        } else {
            start = REAL(breaks[s]);
            width = REAL(breaks[s + 1]) - start;
        }
        search_span(search, &p, start, width);
    }
}

static sna_status verdict(const root_search *search, real width) {
    int close = search->tangent;
    for (size_t i = 1; i < search->found; i++)
        close |= search->roots[i].low - search->roots[i - 1].high < width * (real)1e-6f;
    if (search->full) return SNA_NO_SPACE;
    if (!search->found) return SNA_UNREACHABLE;
    return close ? SNA_TANGENT : search->found > 1 ? SNA_SEVERAL : SNA_OK;
}

sna_status sna_roots(const sna_model *m, const real *x, unsigned axis, unsigned output, real target,
                     sna_root *roots, size_t max_roots, size_t *n_roots, real *nearest, void *work,
                     size_t work_size) {
    root_search search;
    space s;
    sna_status status;
    real *rows, constant, reach;
    clear(&search, sizeof search);
    *n_roots = 0;
    *nearest = not_a_number();
    if (!is_sealed(m)) return SNA_NOT_VERIFIED;
    if (axis >= m->n_axes || output >= m->n_outputs || !(target - target >= 0) || !roots)
        return SNA_BAD_INPUT;
    status = take_space(m, SNA_WORK_ROOTS, work, work_size, &s);
    if (status != SNA_OK) return status;
    status = fill_cells_but(m, x, s.cells, s.values, axis);
    if (status < 0) return status;
    rows = s.scratch;
    for (uint32_t row = 0; row < axis_at(m, axis)->n_rows; row++) rows[row] = 0;
    constant = REAL(output_at(m, output)->bias);
#ifndef SNA_NO_TT
    if (is_train(m)) tt_rows(m, axis, output, s.cells, rows + axis_at(m, axis)->n_rows, rows);
    else
#endif
        cp_rows(m, axis, output, s.cells, s.use, rows, &constant);
    search.output = output_at(m, output);
    search.target = target;
    search.roots = roots;
    search.room = max_roots;
    search.distance = (real)float_of_bits(0x7F800000u);
    search.aimed = aim_at(&search);
    reach = reach_of(rows, axis_at(m, axis)->n_rows, constant);
    if (!is_finite(reach)) return SNA_NOT_CONVERGED;
    search_axis(m, axis_at(m, axis), rows, constant, reach, &search);
    *n_roots = search.found;
    *nearest = search.found ? target : search.nearest;
    return verdict(&search, UPPER(axis_at(m, axis)) - LOWER(axis_at(m, axis)));
}

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
