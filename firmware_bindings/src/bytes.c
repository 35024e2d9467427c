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
