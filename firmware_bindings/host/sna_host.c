/* sna_host.c - see sna_host.h.   SPDX-License-Identifier: Apache-2.0
 *
 * A third file keeps sna.c small for firmware: this one costs memory and code of a host. Its parts
 * are headers that build on one another and on what sna.c keeps to itself: they compile here
 * only. */
#include "../sna.c"
#include "sna_host.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "prepare/prepared.h"
#include "prepare/arena.h"

#include "kernels/sets.h"

#include "prepare/axes.h"
#include "prepare/pieces.h"
#include "prepare/blocks.h"
#include "prepare/train.h"
#include "prepare/layout.h"

#include "values/workspace.h"
#include "values/points.h"
#include "values/sorted.h"
#include "values/evaluate.h"
#include "values/gradient.h"
