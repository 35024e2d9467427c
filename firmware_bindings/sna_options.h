/* sna_options.h - options of sna.c, seen by the library and by every program that includes sna.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * sna.h lists them. Each on a line of its own, for example: #define SNA_SHA256 */
#ifndef SNA_OPTIONS_H
#define SNA_OPTIONS_H

#endif
