/* sna.h - evaluate a separable neural architecture (.sna artifact) in place.
 * SPDX-License-Identifier: Apache-2.0
 *
 * C99, little-endian, no heap, no recursion, no writable statics, no libm. The caller owns all
 * memory; an open model is read-only and may be shared between threads, each with its own
 * workspace. FORMAT.md describes the bytes.
 *
 *     sna_model model;
 *     if (sna_open(bytes, size, &model) != SNA_OK) ...          model.rule says which rule is
 * broken if (sna_verify(&model, work, sizeof work) != SNA_OK) ...  replays the golden vectors
 *     status = sna_eval(&model, 0, x, y, work, sizeof work);    x[n_axes] -> y[n_outputs]
 *
 * x[i] of a categorical input is the index of its level, 0, 1, .. in the order of the artifact
 * (generated headers name them), never the level as it is written: of the levels 7 and 12 the
 * second is 1. Any other number is out_of_domain. Names are for the callers of Python.
 *
 * Build options stand in sna_options.h, which this header includes, so that the library and every
 * program that uses it see the same ones; a compiler's -D does as well when everything gets it.
 * Those that change what sna_real is change the names of the functions too (sna_eval is
 * sna_eval_f32 to the linker): objects that do not agree do not link.
 *     SNA_FLOAT       coordinates, sums and outputs are float. Default on cores whose FPU is single
 *                     precision: Cortex-M4F, M7 with fpv5-sp, M33, RISC-V with F and no D, Xtensa
 *                     (ESP32, S2, S3). Inverse widths and rounded bounds are then taken from the
 *                     artifact without recomputing them.
 *     SNA_DOUBLE      they are double, whatever the FPU. Default elsewhere.
 *     SNA_SHA256      sna_open checks the SHA-256 as well as the CRC-32 (about 1.2 KB of code).
 *                     Default: CRC-32 only.
 *     SNA_NO_F16      leave out half-precision tables: `unsupported`. Default: in.
 *     SNA_NO_INT      leave out int16 and int8 tables (on the float path): `unsupported`.
 *                     Default: in.
 *     SNA_NO_LINK     leave out exp and logistic links: `unsupported`. Default: in.
 *     SNA_NO_TT       leave out tensor trains: `unsupported`. Default: in.
 *     SNA_PLAIN_C     leave out the loops written for the FPU of Cortex-M. Default: in where there
 *                     is one.
 *     SNA_PLAIN_ONLY  keep only those loops: full CP, float32, uniform cubic axes, one output,
 *                     modes a multiple of 8, no extrapolation; other models are `unsupported`.
 *                     About 2 KB less code. Default: all models.
 *     SNA_FUSE        use fused multiply-add for sums of rows (Cortex-M7, M33). Default: on
 *                     Armv8-M.
 *     SNA_NO_BOUND    leave out the check that tolerances, range and expected values keep to the
 *                     bound of FORMAT.md section 7 (1.5 KB): only for an artifact that is compiled
 *                     into the firmware and was checked there. Where a file may be replaced later
 *                     (a flash partition, an update) keep it. Exports keep it; their resource
 *                     report measures without. Default: in.
 *     SNA_NO_COMPANIONS  leave out what format 1.1 added (companions, calibration, readings,
 *                     signature): such files are `unsupported`, and the functions below that serve
 *                     them are not there. Default: in.
 *     SNA_NO_FIXED    leave out the integer path: its section is not read. Default: in.
 *     SNA_ALIGN(n)    how this compiler aligns an object, for compilers that are neither C11,
 *                     C++11, GNU, IAR, Keil nor MSVC. */
#ifndef SNA_H
#define SNA_H

#include <stddef.h>
#include <stdint.h>

#include "sna_options.h"

#if defined(SNA_FLOAT) && defined(SNA_DOUBLE)
#error "sna: SNA_FLOAT and SNA_DOUBLE exclude each other"
#elif !defined(SNA_FLOAT) && !defined(SNA_DOUBLE)
#if defined(__ARM_FP) && !(__ARM_FP & 8)
#define SNA_FLOAT
#elif defined(__riscv_flen) && __riscv_flen == 32
#define SNA_FLOAT
#elif defined(__XTENSA__)
#define SNA_FLOAT
#endif
#endif

/* The names that the linker sees: one set a type of numbers. */
#ifdef SNA_FLOAT
#define sna_open sna_open_f32
#define sna_verify sna_verify_f32
#define sna_signed sna_signed_f32
#define sna_workspace_size sna_workspace_size_f32
#define sna_eval sna_eval_f32
#define sna_eval_grad sna_eval_grad_f32
#define sna_eval_batch sna_eval_batch_f32
#define sna_interval sna_interval_f32
#define sna_interval_at sna_interval_at_f32
#define sna_familiarity sna_familiarity_f32
#define sna_derive sna_derive_f32
#define sna_readings sna_readings_f32
#define sna_companions sna_companions_f32
#define sna_companion sna_companion_f32
#define sna_companion_place sna_companion_place_f32
#define sna_locate sna_locate_f32
#define sna_roots sna_roots_f32
#define sna_fixed_verify sna_fixed_verify_f32
#define sna_fixed_place sna_fixed_place_f32
#define sna_fixed_eval sna_fixed_eval_f32
#define sna_fixed_exponent sna_fixed_exponent_f32
#define sna_fixed_answer sna_fixed_answer_f32
#define sna_fixed_end_exponent sna_fixed_end_exponent_f32
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define SNA_LIBRARY_MAJOR 0
#define SNA_LIBRARY_MINOR 1
#define SNA_FORMAT_MAJOR 1
#define SNA_FORMAT_MINOR 1

#define SNA_MAX_AXES 64
#define SNA_MAX_OUTPUTS 64
#define SNA_MAX_DEGREE 7
#define SNA_MAX_RANK 1024

#ifdef SNA_FLOAT
typedef float sna_real;
#else
typedef double sna_real;
#endif

#if defined(__GNUC__) || defined(__clang__)
#define SNA_MUST_USE __attribute__((warn_unused_result))
#else
#define SNA_MUST_USE
#endif

/* Before a declaration: the object stands on a multiple of n. IAR in C99 takes it from the pragma,
 * Keil's armcc from __align. */
#ifndef SNA_ALIGN
#if defined(__cplusplus) && __cplusplus >= 201103L
#define SNA_ALIGN(n) alignas(n)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define SNA_ALIGN(n) _Alignas(n)
#elif defined(__GNUC__) || defined(__clang__)
#define SNA_ALIGN(n) __attribute__((aligned(n)))
#elif defined(__ICCARM__) || defined(__ICCRISCV__)
#define SNA_PRAGMA(text) _Pragma(#text)
#define SNA_ALIGN(n) SNA_PRAGMA(data_alignment = n)
#elif defined(__CC_ARM)
#define SNA_ALIGN(n) __align(n)
#elif defined(_MSC_VER)
#define SNA_ALIGN(n) __declspec(align(n))
#endif
#endif

/* ------------------------------------------------------------------------------------- statuses
 * 0 is plain, positive carries a remark and a value, negative means no value (outputs are NaN).
 * Same numbers as sna_edge.Status. */
typedef enum sna_status {
    SNA_OK = 0,
    SNA_SEVERAL = 1,      /* more than one solution */
    SNA_TANGENT = 2,      /* solutions touch or lie closer than 1e-6 of the axis */
    SNA_EXTRAPOLATED = 3, /* outside the domain, because SNA_EXTRAPOLATE was given */
    SNA_EDGE = 4,         /* inside the domain, where training rows are missing */
    SNA_UNFAMILIAR = 5,   /* unlike the training rows: a value, but no part is accepted on it */
    SNA_OUT_OF_DOMAIN = -1,
    SNA_BAD_INPUT = -2, /* NaN, infinite, or an argument that cannot be used */
    SNA_UNREACHABLE = -3,
    SNA_NOT_CONVERGED = -4,
    SNA_DEADLINE = -5,
    SNA_NOT_VERIFIED = -6, /* sna_verify (integer path: sna_fixed_verify) has not passed */
    SNA_CORRUPT = -7,      /* model.rule names the broken rule */
    SNA_UNSUPPORTED = -8,  /* left out of this build, or float is too coarse for a range */
    SNA_NO_SPACE = -9      /* workspace smaller than sna_workspace_size says */
} sna_status;

/* Rules of FORMAT.md section 12, in the order in which they are checked. */
typedef enum sna_rule {
    SNA_RULE_NONE = 0,
    SNA_RULE_TOO_SHORT,
    SNA_RULE_BAD_MAGIC,
    SNA_RULE_UNSUPPORTED_VERSION,
    SNA_RULE_UNSUPPORTED_FEATURE,
    SNA_RULE_BAD_SIZE,
    SNA_RULE_BAD_HEADER,
    SNA_RULE_BAD_SECTION_TABLE,
    SNA_RULE_BAD_CHECKSUM,
    SNA_RULE_BAD_PADDING,
    SNA_RULE_BAD_AXIS,
    SNA_RULE_BAD_OFFSET,
    SNA_RULE_BAD_SPAN,
    SNA_RULE_BAD_GROUP,
    SNA_RULE_BAD_TABLE_LAYOUT,
    SNA_RULE_BAD_VALUE,
    SNA_RULE_BAD_OUTPUT,
    SNA_RULE_BAD_FIXED,
    SNA_RULE_BAD_GOLDEN,
    SNA_RULE_BAD_COMPANION,
    SNA_RULE_BAD_CALIBRATION,
    SNA_RULE_BAD_READINGS,
    SNA_RULE_BAD_METADATA, /* found by the Python reader only */
    SNA_RULE_GOLDEN_MISMATCH,
    SNA_RULE_COUNT
} sna_rule;

/* ---------------------------------------------------------------------------------------- model
 * Filled by sna_open; every field is read-only for the caller. `bytes` must outlive the model and
 * stay unchanged. What sna_verify leaves in `seal` and sna_fixed_verify in section[0] depends on
 * `bytes`, so that no path opens by accident. */
typedef struct sna_model {
    const unsigned char *bytes;
    uint32_t size;
    uint32_t section[14]; /* offsets of sections 1..13; [0] is the library's own, as `seal` is */
    uint32_t n_modes;     /* CP: padded modes; TT: rank after the last axis */
    uint16_t n_axes, n_outputs, n_groups, max_rank;
    uint8_t max_degree;
    uint8_t features;  /* bit 0: tensor train, bit 1: integer path, bit 2: format 1.1 */
    uint8_t rule;      /* sna_rule of the failure */
    uint8_t embedded;  /* 1: of a companion */
    uint16_t n_values; /* basis values of one query */
    uint16_t plain;    /* workspace of the loops for a Cortex-M FPU; 0: they do not serve it */
    uintptr_t seal;
} sna_model;

/* Which coordinate was refused or extrapolated, and by how much in units of its axis. */
typedef struct sna_fault {
    int32_t axis; /* -1: none */
    uint32_t reserved;
    sna_real excess;
} sna_fault;

/* ------------------------------------------------------------------------------ open and verify
 * sna_open reads nothing outside bytes[0..size) whatever they hold. `bytes` on a multiple of 8,
 * else bad_input. sna_verify needs SNA_WORK_VERIFY. Stack beside the workspace, whatever the file
 * holds, on a Cortex-M4F: some 300 bytes for sna_open, 1,060 for sna_verify, 550 for
 * sna_interval_at and sna_familiarity, 350 for sna_eval. */
SNA_MUST_USE sna_status sna_open(const void *bytes, size_t size, sna_model *model);
SNA_MUST_USE sna_status sna_verify(sna_model *model, void *work, size_t work_size);

/* Who made the file (FORMAT.md section 11), asked before sna_open: nothing else in it is read.
 * `verify` returns 0 where `signature` is the Ed25519 one of the three parts, one behind the other,
 * by the key of that id: a library of yours or of the chip (examples/signed_model has Monocypher).
 * `version` (may be NULL) is that of the model where its signature is good. */
typedef struct sna_part {
    const unsigned char *bytes;
    size_t size;
} sna_part;
typedef int (*sna_verify_signature)(void *context, const unsigned char signature[64],
                                    const unsigned char key_id[16], const sna_part parts[3]);
typedef enum sna_trust {
    SNA_TRUSTED = 0,
    SNA_UNSIGNED,
    SNA_WRONG_SIGNATURE,
    SNA_OLDER_VERSION /* than least_version */
} sna_trust;
SNA_MUST_USE sna_trust sna_signed(const void *bytes, size_t size, uint64_t least_version,
                                  sna_verify_signature verify, void *context, uint64_t *version);

/* Bytes of workspace (on a multiple of 8) each verb needs. SNA_WORK_ROOTS depends on the unknown
 * axis: the largest. */
typedef enum sna_verb {
    SNA_WORK_EVAL = 0,
    SNA_WORK_GRAD = 1,
    SNA_WORK_ROOTS = 2,
    SNA_WORK_FIXED = 3,       /* more where a companion on the integer path needs more */
    SNA_WORK_VERIFY = 4,      /* more than SNA_WORK_EVAL where a companion needs more */
    SNA_WORK_INTERVAL = 5,    /* sna_interval_at; 0 where no output has a scale */
    SNA_WORK_FAMILIARITY = 6, /* 0 without scores */
    SNA_WORK_ANSWER = 7
} sna_verb;
SNA_MUST_USE size_t sna_workspace_size(const sna_model *model, sna_verb verb);

/* ------------------------------------------------------------------------------------- evaluate */

/* Flag: continue linearly from the boundary (periodic axes wrap) instead of refusing. */
#define SNA_EXTRAPOLATE 1u

/* y[n_outputs] of x[n_axes]. Remarks: the first of edge/extrapolated, extrapolated wins. */
SNA_MUST_USE sna_status sna_eval(const sna_model *model, unsigned flags, const sna_real *x,
                                 sna_real *y, void *work, size_t work_size);

/* y[n_outputs] and dy[n_outputs][n_axes] = dy_k/dx_d; 0 along categorical axes. */
SNA_MUST_USE sna_status sna_eval_grad(const sna_model *model, unsigned flags, const sna_real *x,
                                      sna_real *y, sna_real *dy, void *work, size_t work_size);

/* n rows; status[n] may be NULL. Returns the first negative status of a row, else SNA_OK. */
SNA_MUST_USE sna_status sna_eval_batch(const sna_model *model, unsigned flags, size_t n,
                                       const sna_real *x, sna_real *y, signed char *status,
                                       void *work, size_t work_size);

/* Interval around output k at y, inside the range of the link; `status` is the one y came with.
 * bad_input: the model has none. Beyond the domain no interval holds: `extrapolated` and every
 * negative status come back, low and high NaN. */
SNA_MUST_USE sna_status sna_interval(const sna_model *model, unsigned k, sna_status status,
                                     sna_real y, sna_real *low, sna_real *high);

/* Interval at `level` around output k, of the residuals of rows that took no part in fitting; of
 * the width of this place where the output has a scale. y[n_outputs] and `status` are what a query
 * gave at x. bad_input: a level that the rows do not support (200 support at most 0.99).
 * unsupported: the model has no residual quantiles. not_converged: the scale overflows. Work:
 * SNA_WORK_INTERVAL. */
SNA_MUST_USE sna_status sna_interval_at(const sna_model *model, unsigned k, const sna_real *x,
                                        sna_real level, sna_status status, const sna_real *y,
                                        sna_real *low, sna_real *high, void *work,
                                        size_t work_size);

/* p in [0, 1]: the share of calibration rows that were as unfamiliar as x or more; 0 where two
 * levels were never seen together. y and `status` are what a query gave at x. Returns `unfamiliar`
 * where p is at or below the model's limit, else `status`; p is NaN where that is `extrapolated` or
 * negative. unsupported: the model has no familiarity. Work: SNA_WORK_FAMILIARITY. */
SNA_MUST_USE sna_status sna_familiarity(const sna_model *model, const sna_real *x,
                                        sna_status status, const sna_real *y, sna_real *p,
                                        void *work, size_t work_size);

/* Where row x is refused or extrapolated; same status as sna_eval without evaluating. */
SNA_MUST_USE sna_status sna_locate(const sna_model *model, unsigned flags, const sna_real *x,
                                   sna_fault *fault);

/* ------------------------------------------------------------------------- readings, companions
 * FORMAT.md sections 14 and 16; not with SNA_NO_COMPANIONS. */

/* x[n_axes] of readings[sna_readings(model)]: those of the inputs, then the raw ones. A reading no
 * further outside than its sensor errs is taken at the border, then derived inputs are computed
 * (what readings[] has in their places is not used). out_of_domain: a raw reading outside its ends.
 * bad_input: a raw reading or a result that is not finite, a root of a number below 0. `x` may be
 * `readings`. */
SNA_MUST_USE sna_status sna_derive(const sna_model *model, const sna_real *readings, sna_real *x);
SNA_MUST_USE unsigned sna_readings(const sna_model *model);

typedef enum sna_role {
    SNA_ROLE_SCALE = 0,
    SNA_ROLE_FAMILIARITY = 1,
    SNA_ROLE_CLASS = 2,
    SNA_ROLE_BASE = 3
} sna_role;

/* What a companion is for: its role, the output it belongs to, the weight of a familiarity. */
typedef struct sna_companion_use {
    uint8_t role, output; /* sna_role */
    uint16_t reserved;
    sna_real weight;
} sna_companion_use;

/* How many companions the model has; companion `index` as a model of its own, for every function
 * here: open as `model` is (its integer path opens with sna_fixed_verify). bad_input: there is no
 * such companion. Its coordinates z[companion->n_axes] follow from x and y of the model;
 * sna_companion_place takes them at the nearer end of their axes. */
SNA_MUST_USE unsigned sna_companions(const sna_model *model);
SNA_MUST_USE sna_status sna_companion(const sna_model *model, unsigned index, sna_model *companion,
                                      sna_companion_use *use);
SNA_MUST_USE sna_status sna_companion_place(const sna_model *model, unsigned index,
                                            const sna_real *x, const sna_real *y, sna_real *z);

/* ---------------------------------------------------------------------------------------- roots
 * All x_axis in the domain with y_output(x) = target, the other coordinates as in x. Intervals on
 * which the model equals the target come as low < high; plain roots as low = high. Statuses: ok
 * (one), several, tangent, unreachable (`nearest` = reachable value closest to the target),
 * no_space (more than max_roots), not_converged (values that overflow). Takes at most
 * SNA_ROOTS_STEPS evaluations of a polynomial of the axis' degree, besides one pass over the
 * tables. */
typedef struct sna_root {
    sna_real low, high;
} sna_root;

#define SNA_ROOTS_STEPS(spans, degree) \
    ((spans) * (67u * (degree) * ((degree) - 1u) / 2u + 68u * (degree) + 5u))

SNA_MUST_USE sna_status sna_roots(const sna_model *model, const sna_real *x, unsigned axis,
                                  unsigned output, sna_real target, sna_root *roots,
                                  size_t max_roots, size_t *n_roots, sna_real *nearest, void *work,
                                  size_t work_size);

/* ------------------------------------------------------------------- integer path (no FPU used)
 * FORMAT.md section 13. A place is a span and u in unsigned Q15 (0..32768). Outputs are int32 with
 * sna_fixed_exponent fraction bits. This path opens with sna_fixed_verify, which uses integers
 * only; sna_verify opens the other verbs. */
typedef struct sna_place {
    uint16_t span, u;
} sna_place;

SNA_MUST_USE sna_status sna_fixed_verify(sna_model *model, void *work, size_t work_size);
SNA_MUST_USE sna_status sna_fixed_place(const sna_model *model, unsigned axis, int32_t counts,
                                        sna_place *place);
SNA_MUST_USE sna_status sna_fixed_eval(const sna_model *model, const sna_place *places, int32_t *y,
                                       void *work, size_t work_size);
SNA_MUST_USE int sna_fixed_exponent(const sna_model *model, unsigned output);

/* All in whole numbers at counts[n_axes] of sensors (levels: 0, 1, ..), by the rule of docs/plc.md:
 * y as sna_fixed_eval, ends of intervals with sna_fixed_end_exponent fraction bits (low, high NULL:
 * not asked), *familiarity with 30; `unfamiliar` as sna_familiarity. What there is not:
 * SNA_NOTHING. `beside`: what an export wrote beside this very file, else bad_input. */
#define SNA_NOTHING (-2147483647)
SNA_MUST_USE sna_status sna_fixed_answer(const sna_model *model, const void *beside,
                                         const int32_t *counts, int32_t *y, int32_t *low,
                                         int32_t *high, int32_t *familiarity, void *work,
                                         size_t work_size);
SNA_MUST_USE int sna_fixed_end_exponent(const sna_model *model, const void *beside,
                                        unsigned output);

/* ---------------------------------------------------------------------------------------- names */
const char *sna_status_name(sna_status status); /* "out_of_domain" */
const char *sna_rule_name(sna_rule rule);       /* "bad_checksum"; "" for SNA_RULE_NONE */

#ifdef __cplusplus
}
#endif
#endif
