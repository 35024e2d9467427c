/* sna_wasm.c - the C library for JavaScript (export/wasm/sna.js).   SPDX-License-Identifier:
 * Apache-2.0
 *
 * An instance of this module holds one model; when JavaScript lets go of the instance all of its
 * memory is gone. `room(size)` gives memory behind everything that is kept: the file, which `open`
 * keeps, and rows of batches, which only last until the next call of `room`. Statuses are those of
 * sna.h; results stand at the addresses of `face`.
 *
 * What is asked are the inputs that are not computed from others, then the raw readings. */
#include "../sna.c"

#define EXPORT(name) __attribute__((export_name(#name)))

enum { MOST_ASKED = SNA_MAX_AXES + 64, PAGE = 65536 };

static const real USUAL = 0.9; /* level of an output without an interval of its own */

static sna_model model;
static void *work;
static size_t work_size;
static space for_values; /* the part of `work` that values take */
static uint32_t n_asked;
static unsigned char slot[MOST_ASKED]; /* of what is asked among the readings */
static int has_readings, tells;        /* tells: how familiar inputs are */
static real asked[MOST_ASKED], readings[MOST_ASKED], coordinates[SNA_MAX_AXES];
static real value[SNA_MAX_OUTPUTS], slopes[SNA_MAX_OUTPUTS * SNA_MAX_AXES];
static real lower[SNA_MAX_OUTPUTS], upper[SNA_MAX_OUTPUTS], share;
static int32_t counts[SNA_MAX_AXES], integers[SNA_MAX_OUTPUTS];

/* ---------------------------------------------------------------------------- memory and opening
 */
extern unsigned char __heap_base;
static uintptr_t kept; /* the first byte behind what is kept */

/* `size` bytes on a multiple of 64; 0 where the memory ends. */
EXPORT(room) void *room(size_t size) {
    const size_t have = __builtin_wasm_memory_size(0);
    uint64_t end;
    if (!kept) kept = ((uintptr_t)&__heap_base + 63u) & ~(uintptr_t)63;
    end = (uint64_t)kept + size + PAGE - 1;
    if (end / PAGE > have &&
        (end / PAGE > 65535u ||
         __builtin_wasm_memory_grow(0, (size_t)(end / PAGE) - have) == ~(size_t)0))
        return NULL;
    return (void *)kept;
}

static void keep(size_t size) { kept = (kept + size + 63u) & ~(uintptr_t)63; }

static void list_asked(void) {
    const readings_record *r = readings_of(&model);
    n_asked = 0;
    for (unsigned i = 0; i < sna_readings(&model); i++)
        if (i >= model.n_axes || !r || !is_derived(&model, r, i))
            slot[n_asked++] = (unsigned char)i;
}

/* The file that stands at `room(size)`; its golden vectors are replayed. */
EXPORT(open) sna_status open_file(size_t size) {
    const void *bytes = (const void *)kept;
    const calibration_record *c;
    sna_status status = sna_open(bytes, size, &model);
    if (status != SNA_OK) return status;
    keep(size);
    work_size = 0;
    for (int verb = SNA_WORK_EVAL; verb <= SNA_WORK_FAMILIARITY; verb++) {
        const size_t needed = sna_workspace_size(&model, (sna_verb)verb);
        if (needed > work_size) work_size = needed;
    }
    work = room(work_size);
    if (!work) return SNA_NO_SPACE;
    keep(work_size);
    status = sna_verify(&model, work, work_size);
    if (status != SNA_OK) return status;
    status = take_space(&model, SNA_WORK_EVAL, work, work_size, &for_values);
    if (status != SNA_OK) return status;
    has_readings = readings_of(&model) != NULL;
    c = calibration_of(&model);
    tells = c && (c->n_scores | c->n_pairs);
    list_asked();
    return SNA_OK;
}

/* Addresses, then what the model is: sna.js has the same order. */
EXPORT(face) const uint32_t *face(void) {
    static uint32_t told[12];
    const void *const places[] = {asked,  value,       slopes, lower,   upper,
                                  &share, coordinates, counts, integers};
    unsigned n = 0;
    for (; n < sizeof places / sizeof *places; n++) told[n] = (uint32_t)(uintptr_t)places[n];
    told[n++] = n_asked;
    told[n++] = (uint32_t)tells;
    told[n] = model.rule;
    return told;
}

EXPORT(status_name) const char *status_name(int status) {
    return sna_status_name((sna_status)status);
}
EXPORT(rule_name) const char *rule_name(int rule) { return sna_rule_name((sna_rule)rule); }

/* --------------------------------------------------------------------------------- single queries
 */

/* *at: coordinates of what is asked. */
static sna_status place_asked(const real *from, const real **at) {
    *at = from;
    if (!has_readings) return SNA_OK;
    for (unsigned i = 0; i < n_asked; i++) readings[slot[i]] = from[i];
    *at = coordinates;
    return sna_derive(&model, readings, coordinates);
}

static sna_status value_of(unsigned flags, const real *from, const real **at, real *y) {
    const sna_status status = place_asked(from, at);
    if (status < 0) fill_nan(y, model.n_outputs);
    return status < 0 ? status : value_at(&model, flags, *at, y, &for_values);
}

/* The status with `unfamiliar`: also where nothing can be said. */
static sna_status marked(sna_status status, const real *at, const real *y) {
    real p;
    sna_status found;
    if (!tells || (status != SNA_OK && status != SNA_EDGE)) return status;
    found = sna_familiarity(&model, at, status, y, &p, work, work_size);
    return found < 0 ? SNA_UNFAMILIAR : found;
}

/* Interval of output k: at a level, or (level 0) the one of the file, else the usual one. */
static sna_status ends_of(unsigned k, real level, sna_status status, const real *at, const real *y,
                          real *low, real *high) {
    if (level > 0)
        return sna_interval_at(&model, k, at, level, status, y, low, high, work, work_size);
    if (is_positive(&output_at(&model, k)->level))
        return sna_interval(&model, k, status, y[k], low, high);
    status = sna_interval_at(&model, k, at, USUAL, status, y, low, high, work, work_size);
    return SNA_OK; /* no interval is no fault of the value */
}

static sna_status answer_of(unsigned flags, real level, const real *from, real *y, real *low,
                            real *high) {
    const real *at;
    sna_status status = value_of(flags, from, &at, y);
    status = marked(status, at, y);
    if (status < 0) {
        fill_nan(low, model.n_outputs);
        fill_nan(high, model.n_outputs);
        return status;
    }
    for (unsigned k = 0; k < model.n_outputs; k++)
        if (ends_of(k, level, status, at, y, low + k, high + k) < 0) {
            fill_nan(y, model.n_outputs);
            fill_nan(low, model.n_outputs);
            fill_nan(high, model.n_outputs);
            return SNA_NOT_CONVERGED;
        }
    return status;
}

static sna_status familiar(const real *from, real *p) {
    const real *at;
    sna_status status = value_of(0, from, &at, value);
    return sna_familiarity(&model, at, status, value, p, work, work_size);
}

EXPORT(value) sna_status one_value(unsigned flags) {
    const real *at;
    return value_of(flags, asked, &at, value);
}

/* value and slopes [outputs][axes], by the coordinates. */
EXPORT(gradient) sna_status one_gradient(unsigned flags) {
    const real *at;
    const sna_status status = place_asked(asked, &at);
    if (status >= 0) return sna_eval_grad(&model, flags, at, value, slopes, work, work_size);
    fill_nan(value, model.n_outputs);
    fill_nan(slopes, (size_t)model.n_outputs * model.n_axes);
    return status;
}

EXPORT(interval) sna_status one_interval(unsigned flags, real level) {
    return answer_of(flags, level, asked, value, lower, upper);
}

EXPORT(familiarity) sna_status one_familiarity(void) { return familiar(asked, &share); }

EXPORT(place) sna_status one_place(void) {
    const real *at;
    const sna_status status = place_asked(asked, &at);
    if (status >= 0 && at != coordinates)
        for (unsigned d = 0; d < model.n_axes; d++) coordinates[d] = at[d];
    return status;
}

/* Roots along an axis that no other one is computed from; the nearest reachable value in value[0],
 * how many roots (low, high) stand at `found` in counts[0]. */
EXPORT(roots)
sna_status one_roots(unsigned axis, unsigned output, real target, sna_root *found, size_t most) {
    const real *at;
    size_t n = 0;
    sna_status status = place_asked(asked, &at);
    if (status >= 0)
        status =
            sna_roots(&model, at, axis, output, target, found, most, &n, value, work, work_size);
    counts[0] = (int32_t)n;
    return status;
}

/* ---------------------------------------------------------------------------------------- batches
 */
EXPORT(values)
void many_values(unsigned flags, size_t n, const real *from, real *y, signed char *status) {
    if (!has_readings) {
        (void)!sna_eval_batch(&model, flags, n, from, y, status, work, work_size);
        return;
    }
    for (; n--; from += n_asked, y += model.n_outputs) {
        const real *at;
        *status++ = (signed char)value_of(flags, from, &at, y);
    }
}

EXPORT(intervals)
void many_intervals(unsigned flags, real level, size_t n, const real *from, real *y, real *low,
                    real *high, signed char *status) {
    const unsigned k = model.n_outputs;
    for (; n--; from += n_asked, y += k, low += k, high += k)
        *status++ = (signed char)answer_of(flags, level, from, y, low, high);
}

EXPORT(familiarities)
void many_familiarities(size_t n, const real *from, real *p, signed char *status) {
    for (; n--; from += n_asked) *status++ = (signed char)familiar(from, p++);
}

#include "grid.c"

/* ----------------------------------------------------------------------------------- integer path
 */
EXPORT(fixed_open) sna_status fixed_open(void) { return sna_fixed_verify(&model, work, work_size); }

/* integers[outputs] of counts[axes] */
EXPORT(fixed_value) sna_status fixed_value(void) {
    sna_place places[SNA_MAX_AXES];
    for (unsigned d = 0; d < model.n_axes; d++) {
        const sna_status status = sna_fixed_place(&model, d, counts[d], places + d);
        if (status < 0) return status;
    }
    return sna_fixed_eval(&model, places, integers, work, work_size);
}

EXPORT(fixed_exponent) int fixed_exponent(unsigned output) {
    return sna_fixed_exponent(&model, output);
}
