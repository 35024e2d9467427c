/* fmi2_api.h - what fmi2.c needs of the Functional Mock-up Interface 2.0, declared by this project.
 * SPDX-License-Identifier: Apache-2.0
 *
 * With FMI2_STANDARD_HEADERS the headers of the standard are taken instead. For static linking
 * FMI2_FUNCTION_PREFIX stands before the names of all functions. */
#ifndef FMI2_API_H
#define FMI2_API_H

#ifdef FMI2_STANDARD_HEADERS
#include "fmi2Functions.h"
#define API(type, name) FMI2_Export type name
#else
#include <stddef.h>

#if defined(FMI2_FUNCTION_PREFIX) && !defined(FMI2_OVERRIDE_FUNCTION_PREFIX)
#define FMI2_PASTE(a, b) a##b
#define FMI2_NAME(a, b) FMI2_PASTE(a, b)
#define API(type, name) type FMI2_NAME(FMI2_FUNCTION_PREFIX, name)
#elif defined(_WIN32)
#define API(type, name) __declspec(dllexport) type name
#elif defined(__GNUC__)
#define API(type, name) __attribute__((visibility("default"))) type name
#else
#define API(type, name) type name
#endif

typedef void *fmi2Component, *fmi2ComponentEnvironment, *fmi2FMUstate;
typedef unsigned int fmi2ValueReference;
typedef double fmi2Real;
typedef int fmi2Integer, fmi2Boolean;
typedef char fmi2Char, fmi2Byte;
typedef const fmi2Char *fmi2String;

enum { fmi2False, fmi2True };
typedef enum { fmi2OK, fmi2Warning, fmi2Discard, fmi2Error, fmi2Fatal, fmi2Pending } fmi2Status;
typedef enum { fmi2ModelExchange, fmi2CoSimulation } fmi2Type;
typedef enum {
    fmi2DoStepStatus,
    fmi2PendingStatus,
    fmi2LastSuccessfulTime,
    fmi2Terminated
} fmi2StatusKind;

typedef void (*fmi2CallbackLogger)(fmi2ComponentEnvironment, fmi2String, fmi2Status, fmi2String,
                                   fmi2String, ...);
typedef struct {
    fmi2CallbackLogger logger;
    void *(*allocateMemory)(size_t, size_t);
    void (*freeMemory)(void *);
    void (*stepFinished)(fmi2ComponentEnvironment, fmi2Status);
    fmi2ComponentEnvironment componentEnvironment;
} fmi2CallbackFunctions;

typedef struct {
    fmi2Boolean newDiscreteStatesNeeded, terminateSimulation, nominalsOfContinuousStatesChanged,
        valuesOfContinuousStatesChanged, nextEventTimeDefined;
    fmi2Real nextEventTime;
} fmi2EventInfo;
#endif
#endif
