/* sna_fmu.c - one instance of a model behind the Functional Mock-up Interface, whatever its
 * version. SPDX-License-Identifier: Apache-2.0
 *
 * Included by fmi2.c and fmi3.c. A value reference is 256 kind + index. Inputs are always taken;
 * where there is no value the getters of values, interval ends, familiarity and derivatives answer
 * `discard` and NaN, and `status` says why. The parameter `outside` chooses otherwise. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sna.c"

typedef struct fmu_input {
    unsigned slot;   /* among the readings of sna_derive */
    unsigned levels; /* 0: a number */
    double low, high, start;
    const char *name;
} fmu_input;

#include "fmu_model.h"

enum { OF_TIME, OF_INPUT, OF_VALUE, OF_LOWER, OF_UPPER, OF_FAMILIARITY, OF_STATUS, OF_OUTSIDE };
enum { REFUSE, ANSWER_NAN, CONTINUE };   /* outside */
enum { GOOD, WARNING, DISCARD, FAILED }; /* of both versions of the interface */
static const char *const fmu_categories[] = {"", "logStatusWarning", "logStatusDiscard",
                                             "logStatusError"};
enum { ALL_CATEGORIES = 1 << WARNING | 1 << DISCARD | 1 << FAILED };
enum { MADE, STARTING, STEPPING, EVENTS, TIME, ENDED }; /* modes */

#define USUAL_LEVEL 0.9      /* of an interval that is not in the file */
#define STEP 0x1p-14         /* of the width: differences for slopes of what has no exact ones */
#define LARGEST_WHOLE 0x1p53 /* below it all are kept as they are */
#define LONGEST 240          /* signs of a message */

/* What a saved state holds. */
typedef struct fmu_state {
    uint64_t model; /* its first bytes of FMU_TOKEN */
    double time, readings[FMU_READINGS];
    int32_t outside, shown, mode, reserved; /* shown: the status since the last event */
} fmu_state;

typedef struct fmu {
    fmu_state now;
    sna_model model;
    int answered, sloped; /* what below belongs to `now` */
    sna_status status;
    double x[FMU_AXES], y[FMU_OUTPUTS], low[FMU_OUTPUTS], high[FMU_OUTPUTS], p;
    double slopes[FMU_OUTPUTS * FMU_AXES]; /* by coordinates x */
    char *name;
    void *environment;
    void (*logger)(void); /* of the version's own type */
    unsigned logging;     /* bit s: messages of status s */
    SNA_ALIGN(8) unsigned char work[FMU_WORK];
} fmu;

/* Tells the environment; each version has its own. */
static void say(fmu *self, int status, const char *text);

static void changed(fmu *self) { self->answered = self->sloped = 0; }

static int failed(fmu *self, const char *text) {
    say(self, FAILED, text);
    return FAILED;
}

/* Bits of the categories, all where none is named; 0 and a message where one is not known. */
static unsigned told_of(fmu *self, size_t n, const char *const categories[]) {
    unsigned told = n ? 0 : ALL_CATEGORIES;
    for (size_t i = 0; i < n; i++) {
        int status = FAILED;
        while (status && strcmp(categories[i], fmu_categories[status]) != 0) status--;
        if (!status) {
            (void)failed(self, "no such category of messages");
            return 0;
        }
        told |= 1u << status;
    }
    return told;
}

/* ------------------------------------------------------------------------------- life of one */

static void reset(fmu *self) {
    memset(&self->now, 0, sizeof self->now);
    memcpy(&self->now.model, &FMU_TOKEN[1], sizeof self->now.model);
    for (unsigned i = 0; i < FMU_INPUTS; i++)
        self->now.readings[fmu_inputs[i].slot] = fmu_inputs[i].start;
    changed(self);
}

/* Opens the model and replays its golden vectors; NULL where it does not pass. */
static fmu *created(const char *name, const char *token) {
    fmu *self = (fmu *)calloc(1, sizeof(fmu));
    const size_t size = name ? strlen(name) + 1 : 1;
    if (!self || !token || strcmp(token, FMU_TOKEN) != 0) {
        free(self);
        return NULL;
    }
    self->name = (char *)calloc(size, 1);
    if (self->name && name) memcpy(self->name, name, size);
    if (!self->name || sna_open(FMU_ARTIFACT, FMU_SIZE, &self->model) != SNA_OK ||
        sna_verify(&self->model, self->work, sizeof self->work) != SNA_OK) {
        free(self->name);
        free(self);
        return NULL;
    }
    reset(self);
    return self;
}

static void freed(fmu *self) {
    if (!self) return;
    free(self->name);
    free(self);
}

/* ------------------------------------------------------------------------------------- answer */

/* The interval at FMU_LEVEL, or (level 0) that of the file, else at the usual level. */
static int told_interval(fmu *self, unsigned k) {
    sna_status found;
    self->low[k] = self->high[k] = not_a_number();
    if (FMU_LEVEL <= 0 && is_positive(&output_at(&self->model, k)->level))
        found =
            sna_interval(&self->model, k, self->status, self->y[k], self->low + k, self->high + k);
    else
        found = sna_interval_at(&self->model, k, self->x, FMU_LEVEL > 0 ? FMU_LEVEL : USUAL_LEVEL,
                                self->status, self->y, self->low + k, self->high + k, self->work,
                                sizeof self->work);
    return FMU_LEVEL <= 0 || found >= 0;
}

/* What familiarity says of self->status, which it may become. */
static sna_status familiar(fmu *self) {
    sna_status found;
    self->p = not_a_number();
    if (!FMU_FAMILIAR || self->status < 0) return self->status;
    found = sna_familiarity(&self->model, self->x, self->status, self->y, &self->p, self->work,
                            sizeof self->work);
    if (self->status != SNA_OK && self->status != SNA_EDGE) return self->status;
    return found < 0 ? SNA_UNFAMILIAR : found;
}

static void no_value(fmu *self) {
    fill_nan(self->y, FMU_OUTPUTS);
    fill_nan(self->low, FMU_OUTPUTS);
    fill_nan(self->high, FMU_OUTPUTS);
    self->p = not_a_number();
}

static unsigned flags_of(const fmu *self) {
    return self->now.outside == CONTINUE ? SNA_EXTRAPOLATE : 0;
}

static void answer(fmu *self) {
    if (self->answered) return;
    self->answered = 1;
    self->status = sna_derive(&self->model, self->now.readings, self->x);
    if (self->status >= 0)
        self->status =
            sna_eval(&self->model, flags_of(self), self->x, self->y, self->work, sizeof self->work);
    if (self->status < 0) {
        no_value(self);
        return;
    }
    self->status = familiar(self);
    for (unsigned k = 0; FMU_INTERVALS && k < FMU_OUTPUTS; k++)
        if (!told_interval(self, k)) {
            self->status = SNA_NOT_CONVERGED;
            no_value(self);
            return;
        }
}

/* How far outside its domain an input is, in widths; very far where it is no number. */
static double beyond(const fmu *self, const fmu_input *i) {
    const double value = self->now.readings[i->slot];
    if (value >= i->low && value <= i->high) return 0;
    if (value < i->low) return (i->low - value) / (i->high - i->low);
    if (value > i->high) return (value - i->high) / (i->high - i->low);
    return 0x1p1000;
}

/* The status, and the input that is farthest outside. */
static void explained(const fmu *self, char text[LONGEST]) {
    const fmu_input *worst = fmu_inputs;
    for (unsigned i = 1; i < FMU_INPUTS; i++)
        if (beyond(self, fmu_inputs + i) > beyond(self, worst)) worst = fmu_inputs + i;
    if (beyond(self, worst) > 0)
        (void)snprintf(text, LONGEST, "%s: %.80s is %g, its domain %g to %g",
                       sna_status_name(self->status), worst->name, self->now.readings[worst->slot],
                       worst->low, worst->high);
    else (void)snprintf(text, LONGEST, "%s", sna_status_name(self->status));
}

/* What a getter of something continuous returns. */
static int worth(fmu *self) {
    char text[LONGEST];
    int found = DISCARD;
    if (self->status >= 0 && self->status != SNA_EXTRAPOLATED) return GOOD;
    if (self->status >= 0 || self->now.outside == ANSWER_NAN) found = WARNING;
    explained(self, text);
    say(self, found, text);
    return found;
}

/* ------------------------------------------------------------------------------------ variables */

static double *place_of(fmu *self, unsigned reference) {
    const unsigned kind = reference >> 8, index = reference & 255u;
    if (kind == OF_TIME) return index ? NULL : &self->now.time;
    if (kind == OF_INPUT)
        return index < FMU_INPUTS ? self->now.readings + fmu_inputs[index].slot : NULL;
    if (kind == OF_FAMILIARITY) return FMU_FAMILIAR && !index ? &self->p : NULL;
    if (index >= FMU_OUTPUTS) return NULL;
    if (kind == OF_VALUE) return self->y + index;
    if (!FMU_INTERVALS) return NULL;
    return kind == OF_LOWER ? self->low + index : kind == OF_UPPER ? self->high + index : NULL;
}

static int has_levels(unsigned reference) {
    const unsigned index = reference & 255u;
    return reference >> 8 == OF_INPUT && index < FMU_INPUTS && fmu_inputs[index].levels > 0;
}

static int get_real(fmu *self, unsigned reference, double *value) {
    const double *held = place_of(self, reference);
    if (!held || has_levels(reference)) return failed(self, "no such real variable");
    if (reference >> 8 > OF_INPUT) answer(self);
    *value = *held;
    return reference >> 8 > OF_INPUT ? worth(self) : GOOD;
}

static int set_real(fmu *self, unsigned reference, double value) {
    double *held = place_of(self, reference);
    if (!held || has_levels(reference) || reference >> 8 != OF_INPUT)
        return failed(self, "no such real variable to set");
    *held = value;
    changed(self);
    return GOOD;
}

/* Between events of continuous time `status` is that of the last event, as everything discrete. */
static int status_now(fmu *self) {
    answer(self);
    if (self->now.mode != TIME) self->now.shown = self->status;
    return self->now.shown;
}

static int is_whole(double value) { return value > -LARGEST_WHOLE && value < LARGEST_WHOLE; }

static int get_whole(fmu *self, unsigned reference, int64_t *value) {
    if (has_levels(reference)) {
        *value = (int64_t)*place_of(self, reference);
        return GOOD;
    }
    if (reference == OF_STATUS << 8) *value = status_now(self);
    else if (reference == OF_OUTSIDE << 8) *value = self->now.outside;
    else return failed(self, "no such variable of whole numbers");
    return GOOD;
}

static int set_whole(fmu *self, unsigned reference, int64_t value) {
    if (has_levels(reference)) {
        if (!is_whole((double)value)) return failed(self, "no level has a number of 2^53 or more");
        *place_of(self, reference) = (double)value;
    } else if (reference == OF_OUTSIDE << 8) {
        if (self->now.mode > STARTING) return failed(self, "outside is fixed after initialization");
        if (value < REFUSE || value > CONTINUE) return failed(self, "outside is 0, 1 or 2");
        self->now.outside = (int32_t)value;
    } else {
        return failed(self, "no such variable of whole numbers to set");
    }
    changed(self);
    return GOOD;
}

/* The time after a step of co-simulation; back leads a saved state alone. */
static int stepped(fmu *self, double from, double step) {
    const double to = from + step;
    if (!(step >= 0 && to - to == 0)) return failed(self, "a step that does not lead forward");
    self->now.time = to;
    return GOOD;
}

/* A step is done: 1 where `status` is another than at the last event, so that one is due. */
static int status_moved(fmu *self) {
    answer(self);
    return self->now.shown != (int)self->status;
}

/* ---------------------------------------------------------------------------------- saved states
 */

static fmu_state *saved(const fmu *self, fmu_state *into) {
    if (!into) into = (fmu_state *)malloc(sizeof *into);
    if (into) *into = self->now;
    return into;
}

static int restored(fmu *self, const fmu_state *from) {
    if (!from || from->model != self->now.model) return failed(self, "a state of another model");
    self->now = *from;
    changed(self);
    return GOOD;
}

/* Whether bytes of another hand are a state. */
static int is_state(const fmu *self, const fmu_state *state) {
    int good = state->model == self->now.model && state->outside >= REFUSE &&
               state->outside <= CONTINUE && state->mode >= MADE && state->mode <= ENDED;
    for (unsigned i = 0; i < FMU_INPUTS; i++)
        if (fmu_inputs[i].levels > 0 && !is_whole(state->readings[fmu_inputs[i].slot])) good = 0;
    return good;
}

static fmu_state *unpacked(fmu *self, const void *bytes, size_t size) {
    fmu_state *made = bytes && size == sizeof(fmu_state) ? (fmu_state *)malloc(size) : NULL;
    if (made) memcpy(made, bytes, size);
    if (made && is_state(self, made)) return made;
    free(made);
    failed(self, "no state of this model");
    return NULL;
}

#include "slopes.c"
