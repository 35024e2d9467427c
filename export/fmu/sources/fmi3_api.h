/* fmi3_api.h - what fmi3.c needs of the Functional Mock-up Interface 3.0, declared by this project.
 * SPDX-License-Identifier: Apache-2.0
 *
 * With FMI3_STANDARD_HEADERS the headers of the standard are taken instead. For static linking
 * FMI3_FUNCTION_PREFIX stands before the names of all functions. */
#ifndef FMI3_API_H
#define FMI3_API_H

#ifdef FMI3_STANDARD_HEADERS
#include "fmi3Functions.h"
#define API(type, name) FMI3_Export type name
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(FMI3_FUNCTION_PREFIX) && !defined(FMI3_OVERRIDE_FUNCTION_PREFIX)
#define FMI3_PASTE(a, b) a##b
#define FMI3_NAME(a, b) FMI3_PASTE(a, b)
#define API(type, name) type FMI3_NAME(FMI3_FUNCTION_PREFIX, name)
#elif defined(_WIN32)
#define API(type, name) __declspec(dllexport) type name
#elif defined(__GNUC__)
#define API(type, name) __attribute__((visibility("default"))) type name
#else
#define API(type, name) type name
#endif

typedef void *fmi3Instance, *fmi3InstanceEnvironment, *fmi3FMUState;
typedef uint32_t fmi3ValueReference;
typedef float fmi3Float32;
typedef double fmi3Float64;
typedef int8_t fmi3Int8;
typedef uint8_t fmi3UInt8, fmi3Byte;
typedef int16_t fmi3Int16;
typedef uint16_t fmi3UInt16;
typedef int32_t fmi3Int32;
typedef uint32_t fmi3UInt32;
typedef int64_t fmi3Int64;
typedef uint64_t fmi3UInt64;
typedef bool fmi3Boolean, fmi3Clock;
typedef const char *fmi3String;
typedef const fmi3Byte *fmi3Binary;

typedef enum { fmi3OK, fmi3Warning, fmi3Discard, fmi3Error, fmi3Fatal } fmi3Status;
typedef enum {
    fmi3Independent,
    fmi3Constant,
    fmi3Fixed,
    fmi3Tunable,
    fmi3Discrete,
    fmi3Dependent
} fmi3DependencyKind;
typedef enum {
    fmi3IntervalNotYetKnown,
    fmi3IntervalUnchanged,
    fmi3IntervalChanged
} fmi3IntervalQualifier;

typedef void (*fmi3LogMessageCallback)(fmi3InstanceEnvironment, fmi3Status, fmi3String, fmi3String);
typedef void (*fmi3ClockUpdateCallback)(fmi3InstanceEnvironment);
typedef void (*fmi3IntermediateUpdateCallback)(fmi3InstanceEnvironment, fmi3Float64, fmi3Boolean,
                                               fmi3Boolean, fmi3Boolean, fmi3Boolean, fmi3Boolean *,
                                               fmi3Float64 *);
typedef void (*fmi3LockPreemptionCallback)(void);
typedef void (*fmi3UnlockPreemptionCallback)(void);
#endif
#endif
