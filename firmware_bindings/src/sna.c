/* sna.c - see sna.h.   SPDX-License-Identifier: Apache-2.0
 *
 * After sna_open the evaluators trust the model: every offset, row and rank they use was checked
 * there. */
#include "sna.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "sna: artifacts are read in place and need a little-endian core"
#endif

#include "bytes.c"

#include "checksum.c"

#include "checks_layout.c"

#include "checks_axes.c"

#include "checks_outputs.c"

#include "checks_integers.c"

#include "checks_companions.c"

#include "open.c"

#include "axes.c"

#include "basis.c"

#include "modes.c"

#include "trains.c"

#include "outputs.c"

#include "cortex_m.c"

#include "integers.c"

#include "evaluation.c"

#include "companions.c"

#include "readings.c"

#include "verify.c"

#include "roots.c"

#include "names.c"
