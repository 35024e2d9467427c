/* fmi2.c - the model as an FMU of the Functional Mock-up Interface 2.0: model exchange and
 * co-simulation without states of their own.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fmi2_api.h"
#include "sna_fmu.c"

#define FUNCTION(name) API(fmi2Status, name)

static void say(fmu *self, int status, const char *text) {
    const fmi2CallbackLogger logger = (fmi2CallbackLogger)self->logger;
    if (logger && (self->logging >> status & 1u || status >= FAILED))
        logger(self->environment, self->name, (fmi2Status)status, fmu_categories[status], "%s",
               text);
}

/* The worst of what was answered so far. */
static fmi2Status worse(fmi2Status so_far, int now) {
    return now > (int)so_far ? (fmi2Status)now : so_far;
}

static fmi2Status entered(fmu *self, int mode) {
    self->now.mode = mode;
    if (mode == EVENTS || mode == STEPPING) (void)status_now(self);
    return fmi2OK;
}

/* ---------------------------------------------------------------------------- common to both kinds
 */
API(const char *, fmi2GetTypesPlatform)(void) { return "default"; }
API(const char *, fmi2GetVersion)(void) { return "2.0"; }

FUNCTION(fmi2SetDebugLogging)
(fmi2Component c, fmi2Boolean on, size_t n, const fmi2String categories[]) {
    const unsigned told = told_of((fmu *)c, n, categories);
    if (!told) return fmi2Error;
    ((fmu *)c)->logging = on ? told : 0;
    return fmi2OK;
}

API(fmi2Component, fmi2Instantiate)(fmi2String name, fmi2Type kind, fmi2String token,
                                    fmi2String resources, const fmi2CallbackFunctions *told,
                                    fmi2Boolean visible, fmi2Boolean on) {
    fmu *self = created(name, token);
    (void)kind, (void)resources, (void)visible;
    if (!self) {
        if (told && told->logger)
            told->logger(told->componentEnvironment, name, fmi2Error, fmu_categories[FAILED],
                         "no instance: another GUID, no memory, or a damaged model");
        return NULL;
    }
    if (told) {
        self->logger = (void (*)(void))told->logger;
        self->environment = told->componentEnvironment;
    }
    self->logging = on ? ALL_CATEGORIES : 0;
    return self;
}

API(void, fmi2FreeInstance)(fmi2Component c) { freed((fmu *)c); }

FUNCTION(fmi2SetupExperiment)
(fmi2Component c, fmi2Boolean has_tolerance, fmi2Real tolerance, fmi2Real start,
 fmi2Boolean has_stop, fmi2Real stop) {
    (void)has_tolerance, (void)tolerance, (void)has_stop, (void)stop;
    ((fmu *)c)->now.time = start;
    return fmi2OK;
}
FUNCTION(fmi2EnterInitializationMode)(fmi2Component c) { return entered((fmu *)c, STARTING); }
FUNCTION(fmi2ExitInitializationMode)(fmi2Component c) { return entered((fmu *)c, EVENTS); }
FUNCTION(fmi2Terminate)(fmi2Component c) { return entered((fmu *)c, ENDED); }
FUNCTION(fmi2Reset)(fmi2Component c) {
    reset((fmu *)c);
    return fmi2OK;
}

/* --------------------------------------------------------------------------------------- variables
 */
FUNCTION(fmi2GetReal)
(fmi2Component c, const fmi2ValueReference vr[], size_t n, fmi2Real value[]) {
    fmi2Status status = fmi2OK;
    for (size_t i = 0; i < n; i++) status = worse(status, get_real((fmu *)c, vr[i], value + i));
    return status;
}

FUNCTION(fmi2SetReal)
(fmi2Component c, const fmi2ValueReference vr[], size_t n, const fmi2Real value[]) {
    fmi2Status status = fmi2OK;
    for (size_t i = 0; i < n; i++) status = worse(status, set_real((fmu *)c, vr[i], value[i]));
    return status;
}

FUNCTION(fmi2GetInteger)
(fmi2Component c, const fmi2ValueReference vr[], size_t n, fmi2Integer value[]) {
    fmi2Status status = fmi2OK;
    for (size_t i = 0; i < n; i++) {
        int64_t whole = 0;
        status = worse(status, get_whole((fmu *)c, vr[i], &whole));
        value[i] = (fmi2Integer)whole;
    }
    return status;
}

FUNCTION(fmi2SetInteger)
(fmi2Component c, const fmi2ValueReference vr[], size_t n, const fmi2Integer value[]) {
    fmi2Status status = fmi2OK;
    for (size_t i = 0; i < n; i++) status = worse(status, set_whole((fmu *)c, vr[i], value[i]));
    return status;
}

static fmi2Status none(fmi2Component c, size_t n) {
    return n ? (fmi2Status)failed((fmu *)c, "no variables of this type") : fmi2OK;
}
FUNCTION(fmi2GetBoolean)
(fmi2Component c, const fmi2ValueReference vr[], size_t n, fmi2Boolean value[]) {
    (void)vr, (void)value;
    return none(c, n);
}
FUNCTION(fmi2GetString)
(fmi2Component c, const fmi2ValueReference vr[], size_t n, fmi2String value[]) {
    (void)vr, (void)value;
    return none(c, n);
}
FUNCTION(fmi2SetBoolean)
(fmi2Component c, const fmi2ValueReference vr[], size_t n, const fmi2Boolean value[]) {
    (void)vr, (void)value;
    return none(c, n);
}
FUNCTION(fmi2SetString)
(fmi2Component c, const fmi2ValueReference vr[], size_t n, const fmi2String value[]) {
    (void)vr, (void)value;
    return none(c, n);
}

FUNCTION(fmi2GetDirectionalDerivative)
(fmi2Component c, const fmi2ValueReference unknowns[], size_t n_unknowns,
 const fmi2ValueReference knowns[], size_t n_knowns, const fmi2Real seed[], fmi2Real found[]) {
    return (fmi2Status)derivatives((fmu *)c, unknowns, n_unknowns, knowns, n_knowns, seed, found,
                                   0);
}

/* ------------------------------------------------------------------------------------------ states
 */
FUNCTION(fmi2GetFMUstate)(fmi2Component c, fmi2FMUstate *state) {
    *state = saved((fmu *)c, (fmu_state *)*state);
    return *state ? fmi2OK : fmi2Error;
}
FUNCTION(fmi2SetFMUstate)(fmi2Component c, fmi2FMUstate state) {
    return (fmi2Status)restored((fmu *)c, (const fmu_state *)state);
}
FUNCTION(fmi2FreeFMUstate)(fmi2Component c, fmi2FMUstate *state) {
    (void)c;
    if (state) {
        free(*state);
        *state = NULL;
    }
    return fmi2OK;
}
FUNCTION(fmi2SerializedFMUstateSize)(fmi2Component c, fmi2FMUstate state, size_t *size) {
    (void)c, (void)state;
    *size = sizeof(fmu_state);
    return fmi2OK;
}
FUNCTION(fmi2SerializeFMUstate)(fmi2Component c, fmi2FMUstate state, fmi2Byte bytes[],
                                size_t size) {
    if (!state || size < sizeof(fmu_state))
        return (fmi2Status)failed((fmu *)c, "too few bytes for a state");
    memcpy(bytes, state, sizeof(fmu_state));
    return fmi2OK;
}
FUNCTION(fmi2DeSerializeFMUstate)
(fmi2Component c, const fmi2Byte bytes[], size_t size, fmi2FMUstate *state) {
    *state = unpacked((fmu *)c, bytes, size);
    return *state ? fmi2OK : fmi2Error;
}

/* ---------------------------------------------------------------------------------- model exchange
 */
FUNCTION(fmi2EnterEventMode)(fmi2Component c) { return entered((fmu *)c, EVENTS); }
FUNCTION(fmi2EnterContinuousTimeMode)(fmi2Component c) { return entered((fmu *)c, TIME); }
FUNCTION(fmi2NewDiscreteStates)(fmi2Component c, fmi2EventInfo *event) {
    const fmi2EventInfo nothing = {0};
    *event = nothing;
    return entered((fmu *)c, EVENTS);
}
FUNCTION(fmi2CompletedIntegratorStep)
(fmi2Component c, fmi2Boolean final, fmi2Boolean *event_due, fmi2Boolean *terminate) {
    (void) final;
    *event_due = status_moved((fmu *)c);
    *terminate = fmi2False;
    return fmi2OK;
}
FUNCTION(fmi2SetTime)(fmi2Component c, fmi2Real time) {
    ((fmu *)c)->now.time = time;
    return fmi2OK;
}
FUNCTION(fmi2SetContinuousStates)(fmi2Component c, const fmi2Real x[], size_t n) {
    (void)x;
    return none(c, n);
}
FUNCTION(fmi2GetDerivatives)(fmi2Component c, fmi2Real x[], size_t n) {
    (void)x;
    return none(c, n);
}
FUNCTION(fmi2GetEventIndicators)(fmi2Component c, fmi2Real x[], size_t n) {
    (void)x;
    return none(c, n);
}
FUNCTION(fmi2GetContinuousStates)(fmi2Component c, fmi2Real x[], size_t n) {
    (void)x;
    return none(c, n);
}
FUNCTION(fmi2GetNominalsOfContinuousStates)(fmi2Component c, fmi2Real x[], size_t n) {
    (void)x;
    return none(c, n);
}

/* ------------------------------------------------------------------------------------
 * co-simulation */
FUNCTION(fmi2SetRealInputDerivatives)
(fmi2Component c, const fmi2ValueReference vr[], size_t n, const fmi2Integer order[],
 const fmi2Real value[]) {
    (void)vr, (void)order, (void)value;
    return none(c, n);
}
FUNCTION(fmi2GetRealOutputDerivatives)
(fmi2Component c, const fmi2ValueReference vr[], size_t n, const fmi2Integer order[],
 fmi2Real value[]) {
    (void)vr, (void)order, (void)value;
    return none(c, n);
}
FUNCTION(fmi2DoStep)(fmi2Component c, fmi2Real from, fmi2Real step, fmi2Boolean final) {
    (void) final;
    if (stepped((fmu *)c, from, step) != GOOD) return fmi2Error;
    return entered((fmu *)c, STEPPING);
}
FUNCTION(fmi2CancelStep)(fmi2Component c) {
    return (fmi2Status)failed((fmu *)c, "steps are done when they return");
}

/* Steps are done when they return: no other status than these two is known. */
FUNCTION(fmi2GetStatus)(fmi2Component c, const fmi2StatusKind kind, fmi2Status *value) {
    (void)c, (void)kind, (void)value;
    return fmi2Discard;
}
FUNCTION(fmi2GetRealStatus)(fmi2Component c, const fmi2StatusKind kind, fmi2Real *value) {
    if (kind != fmi2LastSuccessfulTime) return fmi2Discard;
    *value = ((fmu *)c)->now.time;
    return fmi2OK;
}
FUNCTION(fmi2GetIntegerStatus)(fmi2Component c, const fmi2StatusKind kind, fmi2Integer *value) {
    (void)c, (void)kind, (void)value;
    return fmi2Discard;
}
FUNCTION(fmi2GetBooleanStatus)(fmi2Component c, const fmi2StatusKind kind, fmi2Boolean *value) {
    (void)c;
    if (kind != fmi2Terminated) return fmi2Discard;
    *value = fmi2False;
    return fmi2OK;
}
FUNCTION(fmi2GetStringStatus)(fmi2Component c, const fmi2StatusKind kind, fmi2String *value) {
    (void)c, (void)kind, (void)value;
    return fmi2Discard;
}
