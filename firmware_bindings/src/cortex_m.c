/* ------------------------------------------------------------------------------ FPU of Cortex-M */

enum { PLAIN_SLOPE = 100 }; /* bytes per axis for the gradient of the usual model on a Cortex-M FPU, more than the general path takes */

/* A second writing of the usual model for the single-precision FPU of Cortex-M, where compilers load registers one by one
 * and one vldm loads sixteen: full CP, float32 tables, uniform cubic axes, one output. SNA_PLAIN_C leaves it out. Products
 * and sums of rows are fused where the core fuses well; an M4 takes three cycles for a fused step that does not wait for the
 * one before it, and two for a product and a sum. */
#ifdef CORTEX_FPU
#if defined(__ARM_FEATURE_NUMERIC_MAXMIN) || defined(SNA_FUSE)
#define MADD(sum, a, b) "vfma.f32 " sum ", " a ", " b "\n\t"
#else
#define MADD(sum, a, b) "vmul.f32 " b ", " a ", " b "\n\tvadd.f32 " sum ", " sum ", " b "\n\t"
#endif
#define CUBIC(a, b, c, d) "vfma.f32 " c ", " d ", %[u]\n\tvfma.f32 " b ", " c ", %[u]\n\tvfma.f32 " a ", " b ", %[u]\n\t"
#define ROW8(w)                                                                                                                            \
    "add %[at], %[at], %[stride]\n\tvldmia %[at], {s8-s15}\n\t" MADD("s16", w, "s8") MADD("s17", w, "s9") MADD("s18", w, "s10")             \
        MADD("s19", w, "s11") MADD("s20", w, "s12") MADD("s21", w, "s13") MADD("s22", w, "s14") MADD("s23", w, "s15")

typedef struct plain_cell {
    const unsigned char *at;
    real b[4];
} plain_cell;

typedef char plain_cell_has_20_bytes[sizeof(plain_cell) == 20 ? 1 : -1];

/* b[i] = sum_k m[4 i + k] u^k */
INLINE void plain_basis(const f32 *m, real u, real *b) {
    __asm("vldmia %[m], {s8-s23}\n\t" CUBIC("s8", "s9", "s10", "s11") CUBIC("s12", "s13", "s14", "s15") CUBIC("s16", "s17", "s18", "s19")
              CUBIC("s20", "s21", "s22", "s23") "vmov.f32 s9, s12\n\tvmov.f32 s10, s16\n\tvmov.f32 s11, s20\n\tvstmia %[b], {s8-s11}"
          :
          : [m] "r"(m), [u] "t"(u), [b] "r"(b)
          : "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23", "memory");
}

/* sum_j w[j] prod over n cells of (sum_i b[i] row_i[j]), j = 0..7; `offset` bytes into the rows. */
INLINE real plain_eight(const plain_cell *c, uint32_t n, uint32_t offset, uint32_t stride, const f32 *w) {
    real sum;
    const unsigned char *at;
    __asm volatile("vmov.f32 s24, #1.0\n\tvmov.f32 s25, s24\n\tvmov.f32 s26, s24\n\tvmov.f32 s27, s24\n\t"
                   "vmov.f32 s28, s24\n\tvmov.f32 s29, s24\n\tvmov.f32 s30, s24\n\tvmov.f32 s31, s24\n"
                   "1:\n\tldr %[at], [%[c]], #4\n\tvldmia %[c]!, {s0-s3}\n\tadd %[at], %[at], %[offset]\n\tvldmia %[at], {s8-s15}\n\t"
                   "vmul.f32 s16, s0, s8\n\tvmul.f32 s17, s0, s9\n\tvmul.f32 s18, s0, s10\n\tvmul.f32 s19, s0, s11\n\t"
                   "vmul.f32 s20, s0, s12\n\tvmul.f32 s21, s0, s13\n\tvmul.f32 s22, s0, s14\n\tvmul.f32 s23, s0, s15\n\t"
                   ROW8("s1") ROW8("s2") ROW8("s3")
                   "vmul.f32 s24, s24, s16\n\tvmul.f32 s25, s25, s17\n\tvmul.f32 s26, s26, s18\n\tvmul.f32 s27, s27, s19\n\t"
                   "vmul.f32 s28, s28, s20\n\tvmul.f32 s29, s29, s21\n\tvmul.f32 s30, s30, s22\n\tvmul.f32 s31, s31, s23\n\t"
                   "subs %[n], %[n], #1\n\tbne 1b\n\t"
                   "vldmia %[w], {s8-s15}\n\tvmul.f32 s8, s8, s24\n\t"
                   "vfma.f32 s8, s9, s25\n\tvfma.f32 s8, s10, s26\n\tvfma.f32 s8, s11, s27\n\tvfma.f32 s8, s12, s28\n\t"
                   "vfma.f32 s8, s13, s29\n\tvfma.f32 s8, s14, s30\n\tvfma.f32 s8, s15, s31\n\tvmov.f32 %[sum], s8\n\t"
                   : [sum] "=&t"(sum), [at] "=&r"(at), [c] "+r"(c), [n] "+r"(n)
                   : [offset] "r"(offset), [stride] "r"(stride), [w] "r"(w)
                   : "cc", "memory", "s0", "s1", "s2", "s3", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "s16", "s17", "s18", "s19", "s20",
                     "s21", "s22", "s23", "s24", "s25", "s26", "s27", "s28", "s29", "s30", "s31");
    return sum;
}

/* Where axis a has first_row of the span of x (matrix_id stands n_spans further on), and u; NULL outside the domain. */
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
    const unsigned char *spans = section(m, SPANS), *matrices = section(m, MATRICES), *tables = section(m, TABLES);
    const f32 *w = weights_at(m), *w_end = w + m->n_modes;
    uint32_t stride = a->n_columns << 2, offset = 0;
    real f = REAL(output_at(m, 0)->bias);
    for (plain_cell *c = cells; a < end; a++, c++) {
        real u;
        const u16 *row = plain_span(spans, a, *x++, &u);
        if (!row) return 0;
        c->at = tables + a->table + row[0] * stride;
        plain_basis((const f32 *)(const void *)(matrices + a->matrices) + 16u * row[a->n_spans], u, c->b);
    }
    for (; w < w_end; w += 8, offset += 32) f += plain_eight(cells, m->n_axes, offset, stride, w);
    *y = output_of(output_at(m, 0), f);
    return 1;
}

/* An axis of a gradient: basis values and slopes, and of eight modes W times the product of the axes before, and the atom. */
typedef struct plain_slope {
    const unsigned char *at;
    real b[4], db[4], before[8], atom[8];
} plain_slope;

typedef char plain_slope_has_its_size[sizeof(plain_slope) == PLAIN_SLOPE ? 1 : -1];

/* h = b + u c, with c = c + u d and slope d: one row of Horner's rule for value (in a) and derivative (in d). */
#define CUBIC_SLOPE(a, b, c, d)                                                                                                            \
    "vmul.f32 " d ", " d ", %[u]\n\tvadd.f32 " c ", " c ", " d "\n\tvadd.f32 " d ", " d ", " c "\n\tvfma.f32 " b ", " c ", %[u]\n\t"             \
    "vmul.f32 " d ", " d ", %[u]\n\tvadd.f32 " d ", " d ", " b "\n\tvfma.f32 " a ", " b ", %[u]\n\t"

/* b[0..3] as plain_basis, b[4..7] = inv_width times their derivatives by u */
INLINE void plain_basis_slope(const f32 *m, real u, real inv_width, real *b) {
    __asm("vldmia %[m], {s8-s23}\n\t" CUBIC_SLOPE("s8", "s9", "s10", "s11") CUBIC_SLOPE("s12", "s13", "s14", "s15")
              CUBIC_SLOPE("s16", "s17", "s18", "s19") CUBIC_SLOPE("s20", "s21", "s22", "s23")
          "vmul.f32 s24, s11, %[w]\n\tvmul.f32 s25, s15, %[w]\n\tvmul.f32 s26, s19, %[w]\n\tvmul.f32 s27, s23, %[w]\n\t"
          "vmov.f32 s23, s20\n\tvmov.f32 s22, s16\n\tvmov.f32 s21, s12\n\tvmov.f32 s20, s8\n\tvstmia %[b], {s20-s27}"
          :
          : [m] "r"(m), [u] "t"(u), [w] "t"(inv_width), [b] "r"(b)
          : "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23", "s24", "s25", "s26", "s27",
            "memory");
}

/* s16-s23 = sum_i b[i] row_i[0..7] with b in s0-s3 and %[at] at the first row */
#define ROWS8                                                                                                                              \
    "vldmia %[at], {s8-s15}\n\tvmul.f32 s16, s0, s8\n\tvmul.f32 s17, s0, s9\n\tvmul.f32 s18, s0, s10\n\tvmul.f32 s19, s0, s11\n\t"             \
    "vmul.f32 s20, s0, s12\n\tvmul.f32 s21, s0, s13\n\tvmul.f32 s22, s0, s14\n\tvmul.f32 s23, s0, s15\n\t" ROW8("s1") ROW8("s2") ROW8("s3")
#define TIMES8(b0, b1, b2, b3, b4, b5, b6, b7)                                                                                             \
    "vmul.f32 s24, s24, " b0 "\n\tvmul.f32 s25, s25, " b1 "\n\tvmul.f32 s26, s26, " b2 "\n\tvmul.f32 s27, s27, " b3 "\n\t"                   \
    "vmul.f32 s28, s28, " b4 "\n\tvmul.f32 s29, s29, " b5 "\n\tvmul.f32 s30, s30, " b6 "\n\tvmul.f32 s31, s31, " b7 "\n\t"

/* As plain_eight, with dy[d] += the part of these eight modes: forward for the products before each axis, backward with those
 * behind it. */
INLINE real plain_eight_slopes(plain_slope *c, uint32_t n, uint32_t offset, uint32_t stride, const f32 *w, real *dy) {
    real sum;
    const unsigned char *at;
    uint32_t left = n;
    __asm volatile("vldmia %[w], {s24-s31}\n"
                   "1:\n\tldr %[at], [%[c]], #4\n\tvldmia %[c], {s0-s3}\n\tadd %[at], %[at], %[offset]\n\tadd %[c], %[c], #32\n\t" ROWS8
                   "vstmia %[c]!, {s24-s31}\n\tvstmia %[c]!, {s16-s23}\n\t" TIMES8("s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23")
                   "subs %[left], %[left], #1\n\tbne 1b\n\t"
                   "vadd.f32 s24, s24, s25\n\tvadd.f32 s26, s26, s27\n\tvadd.f32 s28, s28, s29\n\tvadd.f32 s30, s30, s31\n\t"
                   "vadd.f32 s24, s24, s26\n\tvadd.f32 s28, s28, s30\n\tvadd.f32 %[sum], s24, s28\n\t"
                   "vmov.f32 s24, #1.0\n\tvmov.f32 s25, s24\n\tvmov.f32 s26, s24\n\tvmov.f32 s27, s24\n\t"
                   "vmov.f32 s28, s24\n\tvmov.f32 s29, s24\n\tvmov.f32 s30, s24\n\tvmov.f32 s31, s24\n"
                   "2:\n\tldr %[at], [%[c], #-100]!\n\tadd %[c], %[c], #20\n\tvldmia %[c]!, {s0-s3}\n\tadd %[at], %[at], %[offset]\n\t" ROWS8
                   "vldmia %[c]!, {s8-s15}\n\tvmul.f32 s16, s16, s8\n\tvmul.f32 s17, s17, s9\n\tvmul.f32 s18, s18, s10\n\t"
                   "vmul.f32 s19, s19, s11\n\tvmul.f32 s20, s20, s12\n\tvmul.f32 s21, s21, s13\n\tvmul.f32 s22, s22, s14\n\t"
                   "vmul.f32 s23, s23, s15\n\tvldmdb %[dy]!, {s4}\n\tvldmia %[c], {s8-s15}\n\tsub %[c], %[c], #68\n\t"
                   "vfma.f32 s4, s16, s24\n\tvfma.f32 s4, s17, s25\n\tvfma.f32 s4, s18, s26\n\tvfma.f32 s4, s19, s27\n\t"
                   "vfma.f32 s4, s20, s28\n\tvfma.f32 s4, s21, s29\n\tvfma.f32 s4, s22, s30\n\tvfma.f32 s4, s23, s31\n\t"
                   "vstr s4, [%[dy]]\n\t" TIMES8("s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15")
                   "subs %[n], %[n], #1\n\tbne 2b\n\t"
                   : [sum] "=&t"(sum), [at] "=&r"(at), [c] "+r"(c), [n] "+r"(n), [left] "+r"(left), [dy] "+r"(dy)
                   : [offset] "r"(offset), [stride] "r"(stride), [w] "r"(w)
                   : "cc", "memory", "s0", "s1", "s2", "s3", "s4", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "s16", "s17", "s18", "s19",
                     "s20", "s21", "s22", "s23", "s24", "s25", "s26", "s27", "s28", "s29", "s30", "s31");
    return sum;
}

/* As plain_value, with dy[n_axes]. */
static int plain_gradient(const sna_model *m, const real *x, real *y, real *dy, plain_slope *cells) {
    const axis_record *a = axis_at(m, 0), *end = a + m->n_axes;
    const unsigned char *spans = section(m, SPANS), *matrices = section(m, MATRICES), *tables = section(m, TABLES);
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
        plain_basis_slope((const f32 *)(const void *)(matrices + a->matrices) + 16u * row[a->n_spans], u, a->inv_width32, c->b);
    }
    for (; w < w_end; w += 8, offset += 32) f += plain_eight_slopes(cells, m->n_axes, offset, stride, w, dy);
    *y = output_and_slope(o, f, &slope);
    for (real *first = dy - m->n_axes; dy > first;) *--dy *= slope;
    return 1;
}

#ifdef SNA_PLAIN_ONLY
/* at[n_axes] = x with coordinates settled on the ends of their domains, or why there is no value: one that is not a number, or
 * one outside. */
static sna_status settle_all(const sna_model *m, unsigned flags, const real *x, real *at) {
    for (unsigned d = 0; d < m->n_axes; d++) {
        const axis_record *a = axis_at(m, d);
        at[d] = settled(a, x[d]);
        if (!is_finite(at[d])) return SNA_BAD_INPUT;
        if (!(at[d] >= a->lower32 && at[d] <= a->upper32)) return flags & SNA_EXTRAPOLATE ? SNA_UNSUPPORTED : SNA_OUT_OF_DOMAIN;
    }
    return SNA_OK;
}
#endif
#endif
