/* fmi3.c - the model as an FMU of the Functional Mock-up Interface 3.0: model exchange and
 * co-simulation without states of their own.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fmi3_api.h"
#include "sna_fmu.c"

#define FUNCTION(name) API(fmi3Status, name)

static void say(fmu *self, int status, const char *text) {
    const fmi3LogMessageCallback logger = (fmi3LogMessageCallback)self->logger;
    if (logger && (self->logging >> status & 1u || status >= FAILED))
        logger(self->environment, (fmi3Status)status, fmu_categories[status], text);
}

/* The worst of what was answered so far. */
static fmi3Status worse(fmi3Status so_far, int now) {
    return now > (int)so_far ? (fmi3Status)now : so_far;
}

static fmi3Status entered(fmu *self, int mode) {
    self->now.mode = mode;
    if (mode == EVENTS || mode == STEPPING) (void)status_now(self);
    return fmi3OK;
}

static fmi3Status not_here(fmi3Instance c) {
    return (fmi3Status)failed((fmu *)c, "this FMU has no such thing");
}

static fmi3Status wrong_count(fmi3Instance c) {
    return (fmi3Status)failed((fmu *)c, "as many values as variables: none is an array");
}

static fmi3Status none(fmi3Instance c, size_t n) { return n ? not_here(c) : fmi3OK; }

/* --------------------------------------------------------------------------------------- instances
 */
API(const char *, fmi3GetVersion)(void) { return "3.0"; }

FUNCTION(fmi3SetDebugLogging)
(fmi3Instance c, fmi3Boolean on, size_t n, const fmi3String categories[]) {
    const unsigned told = told_of((fmu *)c, n, categories), before = ((fmu *)c)->logging;
    if (!told) return fmi3Error;
    ((fmu *)c)->logging = on ? before | told : before & ~told;
    return fmi3OK;
}

static fmi3Instance made(fmi3String name, fmi3String token, fmi3Boolean on,
                         fmi3InstanceEnvironment environment, fmi3LogMessageCallback logger) {
    fmu *self = created(name, token);
    if (!self) {
        if (logger)
            logger(environment, fmi3Error, fmu_categories[FAILED],
                   "no instance: another instantiation token, no memory, or a damaged model");
        return NULL;
    }
    self->logger = (void (*)(void))logger;
    self->environment = environment;
    self->logging = on ? ALL_CATEGORIES : 0;
    return self;
}

API(fmi3Instance, fmi3InstantiateModelExchange)(fmi3String name, fmi3String token,
                                                fmi3String resources, fmi3Boolean visible,
                                                fmi3Boolean on, fmi3InstanceEnvironment environment,
                                                fmi3LogMessageCallback logger) {
    (void)resources, (void)visible;
    return made(name, token, on, environment, logger);
}

API(fmi3Instance,
    fmi3InstantiateCoSimulation)(fmi3String name, fmi3String token, fmi3String resources,
                                 fmi3Boolean visible, fmi3Boolean on, fmi3Boolean events,
                                 fmi3Boolean early, const fmi3ValueReference required[],
                                 size_t n_required, fmi3InstanceEnvironment environment,
                                 fmi3LogMessageCallback logger,
                                 fmi3IntermediateUpdateCallback update) {
    (void)resources, (void)visible, (void)events, (void)early;
    (void)required, (void)n_required, (void)update;
    return made(name, token, on, environment, logger);
}

API(fmi3Instance, fmi3InstantiateScheduledExecution)(
    fmi3String name, fmi3String token, fmi3String resources, fmi3Boolean visible, fmi3Boolean on,
    fmi3InstanceEnvironment environment, fmi3LogMessageCallback logger,
    fmi3ClockUpdateCallback update, fmi3LockPreemptionCallback lock,
    fmi3UnlockPreemptionCallback unlock) {
    (void)name, (void)token, (void)resources, (void)visible, (void)on;
    (void)update, (void)lock, (void)unlock;
    if (logger) logger(environment, fmi3Error, fmu_categories[FAILED], "no scheduled execution");
    return NULL;
}

API(void, fmi3FreeInstance)(fmi3Instance c) { freed((fmu *)c); }

FUNCTION(fmi3EnterInitializationMode)
(fmi3Instance c, fmi3Boolean has_tolerance, fmi3Float64 tolerance, fmi3Float64 start,
 fmi3Boolean has_stop, fmi3Float64 stop) {
    (void)has_tolerance, (void)tolerance, (void)has_stop, (void)stop;
    ((fmu *)c)->now.time = start;
    return entered((fmu *)c, STARTING);
}
FUNCTION(fmi3ExitInitializationMode)(fmi3Instance c) { return entered((fmu *)c, EVENTS); }
FUNCTION(fmi3EnterEventMode)(fmi3Instance c) { return entered((fmu *)c, EVENTS); }
FUNCTION(fmi3Terminate)(fmi3Instance c) { return entered((fmu *)c, ENDED); }
FUNCTION(fmi3Reset)(fmi3Instance c) {
    reset((fmu *)c);
    return fmi3OK;
}
FUNCTION(fmi3EnterConfigurationMode)(fmi3Instance c) { return not_here(c); }
FUNCTION(fmi3ExitConfigurationMode)(fmi3Instance c) { return not_here(c); }

/* --------------------------------------------------------------------------------------- variables
 */
FUNCTION(fmi3GetFloat64)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, fmi3Float64 value[], size_t n_values) {
    fmi3Status status = fmi3OK;
    if (n != n_values) return wrong_count(c);
    for (size_t i = 0; i < n; i++) status = worse(status, get_real((fmu *)c, vr[i], value + i));
    return status;
}

FUNCTION(fmi3SetFloat64)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, const fmi3Float64 value[],
 size_t n_values) {
    fmi3Status status = fmi3OK;
    if (n != n_values) return wrong_count(c);
    for (size_t i = 0; i < n; i++) status = worse(status, set_real((fmu *)c, vr[i], value[i]));
    return status;
}

FUNCTION(fmi3GetInt64)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, fmi3Int64 value[], size_t n_values) {
    fmi3Status status = fmi3OK;
    if (n != n_values) return wrong_count(c);
    for (size_t i = 0; i < n; i++) {
        int64_t whole = 0;
        status = worse(status, get_whole((fmu *)c, vr[i], &whole));
        value[i] = whole;
    }
    return status;
}

FUNCTION(fmi3SetInt64)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, const fmi3Int64 value[],
 size_t n_values) {
    fmi3Status status = fmi3OK;
    if (n != n_values) return wrong_count(c);
    for (size_t i = 0; i < n; i++) status = worse(status, set_whole((fmu *)c, vr[i], value[i]));
    return status;
}

/* Types that no variable of this FMU has. */
#define WITHOUT(type)                                                                   \
    FUNCTION(fmi3Get##type)                                                             \
    (fmi3Instance c, const fmi3ValueReference vr[], size_t n, fmi3##type value[],       \
     size_t n_values) {                                                                 \
        (void)vr, (void)value, (void)n_values;                                          \
        return none(c, n);                                                              \
    }                                                                                   \
    FUNCTION(fmi3Set##type)                                                             \
    (fmi3Instance c, const fmi3ValueReference vr[], size_t n, const fmi3##type value[], \
     size_t n_values) {                                                                 \
        (void)vr, (void)value, (void)n_values;                                          \
        return none(c, n);                                                              \
    }
WITHOUT(Float32)
WITHOUT(Int8)
WITHOUT(UInt8)
WITHOUT(Int16)
WITHOUT(UInt16)
WITHOUT(Int32)
WITHOUT(UInt32)
WITHOUT(UInt64)
WITHOUT(Boolean)
WITHOUT(String)

FUNCTION(fmi3GetBinary)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, size_t sizes[], fmi3Binary value[],
 size_t n_values) {
    (void)vr, (void)sizes, (void)value, (void)n_values;
    return none(c, n);
}
FUNCTION(fmi3SetBinary)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, const size_t sizes[],
 const fmi3Binary value[], size_t n_values) {
    (void)vr, (void)sizes, (void)value, (void)n_values;
    return none(c, n);
}
FUNCTION(fmi3GetClock)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, fmi3Clock value[]) {
    (void)vr, (void)value;
    return none(c, n);
}
FUNCTION(fmi3SetClock)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, const fmi3Clock value[]) {
    (void)vr, (void)value;
    return none(c, n);
}

FUNCTION(fmi3GetNumberOfVariableDependencies)
(fmi3Instance c, fmi3ValueReference vr, size_t *n) {
    (void)vr, (void)n;
    return not_here(c);
}
FUNCTION(fmi3GetVariableDependencies)
(fmi3Instance c, fmi3ValueReference vr, size_t of[], fmi3ValueReference by[], size_t by_of[],
 fmi3DependencyKind kinds[], size_t n) {
    (void)vr, (void)of, (void)by, (void)by_of, (void)kinds, (void)n;
    return not_here(c);
}

FUNCTION(fmi3GetDirectionalDerivative)
(fmi3Instance c, const fmi3ValueReference unknowns[], size_t n_unknowns,
 const fmi3ValueReference knowns[], size_t n_knowns, const fmi3Float64 seed[], size_t n_seed,
 fmi3Float64 found[], size_t n_found) {
    if (n_seed != n_knowns || n_found != n_unknowns) return wrong_count(c);
    return (fmi3Status)derivatives((fmu *)c, unknowns, n_unknowns, knowns, n_knowns, seed, found,
                                   0);
}

FUNCTION(fmi3GetAdjointDerivative)
(fmi3Instance c, const fmi3ValueReference unknowns[], size_t n_unknowns,
 const fmi3ValueReference knowns[], size_t n_knowns, const fmi3Float64 seed[], size_t n_seed,
 fmi3Float64 found[], size_t n_found) {
    if (n_seed != n_unknowns || n_found != n_knowns) return wrong_count(c);
    return (fmi3Status)derivatives((fmu *)c, unknowns, n_unknowns, knowns, n_knowns, seed, found,
                                   1);
}

/* ------------------------------------------------------------------------------------------ states
 */
FUNCTION(fmi3GetFMUState)(fmi3Instance c, fmi3FMUState *state) {
    *state = saved((fmu *)c, (fmu_state *)*state);
    return *state ? fmi3OK : fmi3Error;
}
FUNCTION(fmi3SetFMUState)(fmi3Instance c, fmi3FMUState state) {
    return (fmi3Status)restored((fmu *)c, (const fmu_state *)state);
}
FUNCTION(fmi3FreeFMUState)(fmi3Instance c, fmi3FMUState *state) {
    (void)c;
    if (state) {
        free(*state);
        *state = NULL;
    }
    return fmi3OK;
}
FUNCTION(fmi3SerializedFMUStateSize)(fmi3Instance c, fmi3FMUState state, size_t *size) {
    (void)c, (void)state;
    *size = sizeof(fmu_state);
    return fmi3OK;
}
FUNCTION(fmi3SerializeFMUState)
(fmi3Instance c, fmi3FMUState state, fmi3Byte bytes[], size_t size) {
    if (!state || size < sizeof(fmu_state))
        return (fmi3Status)failed((fmu *)c, "too few bytes for a state");
    memcpy(bytes, state, sizeof(fmu_state));
    return fmi3OK;
}
FUNCTION(fmi3DeserializeFMUState)
(fmi3Instance c, const fmi3Byte bytes[], size_t size, fmi3FMUState *state) {
    *state = unpacked((fmu *)c, bytes, size);
    return *state ? fmi3OK : fmi3Error;
}

/* ------------------------------------------------------------------------------------------ clocks
 */
FUNCTION(fmi3GetIntervalDecimal)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, fmi3Float64 intervals[],
 fmi3IntervalQualifier qualifiers[]) {
    (void)vr, (void)intervals, (void)qualifiers;
    return none(c, n);
}
FUNCTION(fmi3GetIntervalFraction)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, fmi3UInt64 counters[],
 fmi3UInt64 resolutions[], fmi3IntervalQualifier qualifiers[]) {
    (void)vr, (void)counters, (void)resolutions, (void)qualifiers;
    return none(c, n);
}
FUNCTION(fmi3GetShiftDecimal)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, fmi3Float64 shifts[]) {
    (void)vr, (void)shifts;
    return none(c, n);
}
FUNCTION(fmi3GetShiftFraction)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, fmi3UInt64 counters[],
 fmi3UInt64 resolutions[]) {
    (void)vr, (void)counters, (void)resolutions;
    return none(c, n);
}
FUNCTION(fmi3SetIntervalDecimal)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, const fmi3Float64 intervals[]) {
    (void)vr, (void)intervals;
    return none(c, n);
}
FUNCTION(fmi3SetIntervalFraction)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, const fmi3UInt64 counters[],
 const fmi3UInt64 resolutions[]) {
    (void)vr, (void)counters, (void)resolutions;
    return none(c, n);
}
FUNCTION(fmi3SetShiftDecimal)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, const fmi3Float64 shifts[]) {
    (void)vr, (void)shifts;
    return none(c, n);
}
FUNCTION(fmi3SetShiftFraction)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, const fmi3UInt64 counters[],
 const fmi3UInt64 resolutions[]) {
    (void)vr, (void)counters, (void)resolutions;
    return none(c, n);
}
FUNCTION(fmi3EvaluateDiscreteStates)(fmi3Instance c) { return none(c, 0); }
FUNCTION(fmi3UpdateDiscreteStates)
(fmi3Instance c, fmi3Boolean *again, fmi3Boolean *terminate, fmi3Boolean *nominals,
 fmi3Boolean *values, fmi3Boolean *timed, fmi3Float64 *next) {
    *again = *terminate = *nominals = *values = *timed = false;
    *next = 0;
    return entered((fmu *)c, EVENTS);
}
FUNCTION(fmi3ActivateModelPartition)
(fmi3Instance c, fmi3ValueReference clock, fmi3Float64 time) {
    (void)clock, (void)time;
    return not_here(c);
}

/* ---------------------------------------------------------------------------------- model exchange
 */
FUNCTION(fmi3EnterContinuousTimeMode)(fmi3Instance c) { return entered((fmu *)c, TIME); }
FUNCTION(fmi3CompletedIntegratorStep)
(fmi3Instance c, fmi3Boolean final, fmi3Boolean *event_due, fmi3Boolean *terminate) {
    (void) final;
    *event_due = status_moved((fmu *)c) != 0;
    *terminate = false;
    return fmi3OK;
}
FUNCTION(fmi3SetTime)(fmi3Instance c, fmi3Float64 time) {
    ((fmu *)c)->now.time = time;
    return fmi3OK;
}
FUNCTION(fmi3SetContinuousStates)(fmi3Instance c, const fmi3Float64 x[], size_t n) {
    (void)x;
    return none(c, n);
}
FUNCTION(fmi3GetContinuousStateDerivatives)(fmi3Instance c, fmi3Float64 x[], size_t n) {
    (void)x;
    return none(c, n);
}
FUNCTION(fmi3GetEventIndicators)(fmi3Instance c, fmi3Float64 x[], size_t n) {
    (void)x;
    return none(c, n);
}
FUNCTION(fmi3GetContinuousStates)(fmi3Instance c, fmi3Float64 x[], size_t n) {
    (void)x;
    return none(c, n);
}
FUNCTION(fmi3GetNominalsOfContinuousStates)(fmi3Instance c, fmi3Float64 x[], size_t n) {
    (void)x;
    return none(c, n);
}
FUNCTION(fmi3GetNumberOfEventIndicators)(fmi3Instance c, size_t *n) {
    *n = 0;
    return none(c, 0);
}
FUNCTION(fmi3GetNumberOfContinuousStates)(fmi3Instance c, size_t *n) {
    *n = 0;
    return none(c, 0);
}

/* ------------------------------------------------------------------------------------
 * co-simulation */
FUNCTION(fmi3EnterStepMode)(fmi3Instance c) { return entered((fmu *)c, STEPPING); }
FUNCTION(fmi3GetOutputDerivatives)
(fmi3Instance c, const fmi3ValueReference vr[], size_t n, const fmi3Int32 orders[],
 fmi3Float64 value[], size_t n_values) {
    (void)vr, (void)orders, (void)value, (void)n_values;
    return none(c, n);
}
FUNCTION(fmi3DoStep)
(fmi3Instance c, fmi3Float64 from, fmi3Float64 step, fmi3Boolean final, fmi3Boolean *event_due,
 fmi3Boolean *terminate, fmi3Boolean *early, fmi3Float64 *reached) {
    (void) final;
    *event_due = *terminate = *early = false;
    if (stepped((fmu *)c, from, step) != GOOD) return fmi3Error;
    *reached = ((fmu *)c)->now.time;
    return entered((fmu *)c, STEPPING);
}
