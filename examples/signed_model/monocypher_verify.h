/* monocypher_verify.h - Ed25519 for sna_signed by Monocypher.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONOCYPHER_VERIFY_H
#define MONOCYPHER_VERIFY_H

#include "sna.h"

typedef struct device_key {
    unsigned char id[16], public_key[32]; /* id: the first half of the SHA-256 of the key */
} device_key;

typedef struct device_keys {
    const device_key *keys;
    unsigned count;
} device_keys;

/* `context`: device_keys. 0: the signature is good. Takes some 2 KB of stack. */
int monocypher_verify(void *context, const unsigned char signature[64],
                      const unsigned char key_id[16], const sna_part parts[3]);
#endif
