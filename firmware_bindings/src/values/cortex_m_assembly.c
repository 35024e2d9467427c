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
