/* sna.c - see sna.h.   SPDX-License-Identifier: Apache-2.0
 *
 * After sna_open the evaluators trust the model: every offset, row and rank they use was checked
 * there. */
#include "sna.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "sna: artifacts are read in place and need a little-endian core"
#endif
#if defined(UINTPTR_MAX) && UINTPTR_MAX < 0xffffffff
#error "sna: pointers have 16 bits here (AVR and the like); models need a core of 32 bits"
#endif

#include "bytes.c"

#include "checks/checksum.c"

#include "checks/layout.c"

#include "checks/axes.c"

#include "checks/outputs.c"

#include "checks/integers.c"

#include "checks/companions.c"

#include "open.c"

#include "values/axes.c"

#include "values/basis.c"

#include "values/modes.c"

#include "values/trains.c"

#include "values/outputs.c"

#include "values/cortex_m.c"

#include "values/integers.c"

#include "values/beside.c"

#include "values/evaluation.c"

#include "queries/companions.c"

#include "queries/whole.c"

#include "queries/formulas.c"

#include "queries/readings.c"

#include "verify.c"

#include "signature.c"

#include "queries/roots.c"

#include "names.c"
