/* kernel.h - the inner loops, included by sets.h once for each instruction set.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Needs: ISA (suffix), TARGET (function attribute), VL (floats in a vector). Vectors are compiler
 * extensions. */

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define NAME(f) PASTE(f##_, ISA)
typedef float NAME(vec) __attribute__((vector_size(4 * VL), aligned(4 * VL), may_alias));
#define vec NAME(vec)

#include "places.h"
#include "modes.h"
#include "train.h"
#include "sorted.h"

static const instruction_set NAME(set) = {NAME(uniform_places_f64),
                                          NAME(uniform_places_f32),
                                          NAME(basis4),
                                          NAME(basis8),
                                          NAME(slope4),
                                          NAME(slope8),
                                          NAME(modes),
                                          NAME(gradient),
                                          NAME(train),
                                          NAME(train_gradient),
                                          VL,
                                          NAME(sorted),
#if VL == 16
                                          NAME(regular)
#else
                                          NULL
#endif
};

#undef vec
#undef NAME
#undef PASTE
#undef PASTE_
