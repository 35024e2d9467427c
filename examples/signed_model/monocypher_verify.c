/* monocypher_verify.c - the hook of sna_signed filled with Monocypher (monocypher.org, 4.x).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519 of RFC 8032 needs SHA-512, which Monocypher has in its optional file; here it is written
 * out, because the file is hashed in three parts and because a chip with a hash unit will use that.
 * `context` points to the keys of this device. */
#include "monocypher_verify.h"

#include "monocypher.h"

static const uint64_t ROUND[80] = {
    0x428a2f98d728ae22u, 0x7137449123ef65cdu, 0xb5c0fbcfec4d3b2fu, 0xe9b5dba58189dbbcu,
    0x3956c25bf348b538u, 0x59f111f1b605d019u, 0x923f82a4af194f9bu, 0xab1c5ed5da6d8118u,
    0xd807aa98a3030242u, 0x12835b0145706fbeu, 0x243185be4ee4b28cu, 0x550c7dc3d5ffb4e2u,
    0x72be5d74f27b896fu, 0x80deb1fe3b1696b1u, 0x9bdc06a725c71235u, 0xc19bf174cf692694u,
    0xe49b69c19ef14ad2u, 0xefbe4786384f25e3u, 0x0fc19dc68b8cd5b5u, 0x240ca1cc77ac9c65u,
    0x2de92c6f592b0275u, 0x4a7484aa6ea6e483u, 0x5cb0a9dcbd41fbd4u, 0x76f988da831153b5u,
    0x983e5152ee66dfabu, 0xa831c66d2db43210u, 0xb00327c898fb213fu, 0xbf597fc7beef0ee4u,
    0xc6e00bf33da88fc2u, 0xd5a79147930aa725u, 0x06ca6351e003826fu, 0x142929670a0e6e70u,
    0x27b70a8546d22ffcu, 0x2e1b21385c26c926u, 0x4d2c6dfc5ac42aedu, 0x53380d139d95b3dfu,
    0x650a73548baf63deu, 0x766a0abb3c77b2a8u, 0x81c2c92e47edaee6u, 0x92722c851482353bu,
    0xa2bfe8a14cf10364u, 0xa81a664bbc423001u, 0xc24b8b70d0f89791u, 0xc76c51a30654be30u,
    0xd192e819d6ef5218u, 0xd69906245565a910u, 0xf40e35855771202au, 0x106aa07032bbd1b8u,
    0x19a4c116b8d2d0c8u, 0x1e376c085141ab53u, 0x2748774cdf8eeb99u, 0x34b0bcb5e19b48a8u,
    0x391c0cb3c5c95a63u, 0x4ed8aa4ae3418acbu, 0x5b9cca4f7763e373u, 0x682e6ff3d6b2b8a3u,
    0x748f82ee5defb2fcu, 0x78a5636f43172f60u, 0x84c87814a1f0ab72u, 0x8cc702081a6439ecu,
    0x90befffa23631e28u, 0xa4506cebde82bde9u, 0xbef9a3f7b2c67915u, 0xc67178f2e372532bu,
    0xca273eceea26619cu, 0xd186b8c721c0c207u, 0xeada7dd6cde0eb1eu, 0xf57d4f7fee6ed178u,
    0x06f067aa72176fbau, 0x0a637dc5a2c898a6u, 0x113f9804bef90daeu, 0x1b710b35131c471bu,
    0x28db77f523047d84u, 0x32caab7b40c72493u, 0x3c9ebe0a15c9bebcu, 0x431d67c49c100d4cu,
    0x4cc5d4becb3e42b6u, 0x597f299cfc657e2au, 0x5fcb6fab3ad6faecu, 0x6c44198c4a475817u};

typedef struct sha512 {
    uint64_t state[8], size;
    unsigned char block[128];
} sha512;

static uint64_t turned(uint64_t x, unsigned n) { return x >> n | x << (64 - n); }

static void compress(sha512 *h) {
    uint64_t w[16], v[8];
    for (unsigned i = 0; i < 16; i++) {
        w[i] = 0;
        for (unsigned j = 0; j < 8; j++) w[i] = w[i] << 8 | h->block[8 * i + j];
    }
    for (unsigned i = 0; i < 8; i++) v[i] = h->state[i];
    for (unsigned t = 0; t < 80; t++) {
        uint64_t e = v[4], a = v[0], one, two, next = w[t & 15];
        one = v[7] + (turned(e, 14) ^ turned(e, 18) ^ turned(e, 41)) + ((e & v[5]) ^ (~e & v[6])) +
              ROUND[t] + next;
        two = (turned(a, 28) ^ turned(a, 34) ^ turned(a, 39)) +
              ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        for (unsigned i = 7; i; i--) v[i] = v[i - 1];
        v[4] += one;
        v[0] = one + two;
        e = w[(t + 1) & 15];
        a = w[(t + 14) & 15];
        w[t & 15] = next + (turned(e, 1) ^ turned(e, 8) ^ e >> 7) + w[(t + 9) & 15] +
                    (turned(a, 19) ^ turned(a, 61) ^ a >> 6);
    }
    for (unsigned i = 0; i < 8; i++) h->state[i] += v[i];
}

static void add(sha512 *h, const unsigned char *bytes, size_t size) {
    while (size--) {
        h->block[h->size++ & 127] = *bytes++;
        if (!(h->size & 127)) compress(h);
    }
}

static void finish(sha512 *h, unsigned char digest[64]) {
    const uint64_t bits = h->size * 8;
    unsigned char byte = 0x80;
    do {
        add(h, &byte, 1);
        byte = 0;
    } while ((h->size & 127) != 112);
    for (unsigned i = 0; i < 8; i++) add(h, &byte, 1);
    for (unsigned i = 0; i < 8; i++) {
        byte = (unsigned char)(bits >> (56 - 8 * i));
        add(h, &byte, 1);
    }
    for (unsigned i = 0; i < 64; i++)
        digest[i] = (unsigned char)(h->state[i / 8] >> (56 - 8 * (i % 8)));
}

static int same(const unsigned char *a, const unsigned char *b, unsigned n) {
    unsigned char differs = 0;
    while (n--) differs |= (unsigned char)(a[n] ^ b[n]);
    return !differs;
}

int monocypher_verify(void *context, const unsigned char signature[64],
                      const unsigned char key_id[16], const sna_part parts[3]) {
    const device_keys *keys = (const device_keys *)context;
    sha512 h = {{0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu, 0x3c6ef372fe94f82bu, 0xa54ff53a5f1d36f1u,
                 0x510e527fade682d1u, 0x9b05688c2b3e6c1fu, 0x1f83d9abfb41bd6bu,
                 0x5be0cd19137e2179u},
                0,
                {0}};
    unsigned char digest[64], reduced[32];
    for (unsigned k = 0; k < keys->count; k++) {
        if (!same(keys->keys[k].id, key_id, 16)) continue;
        add(&h, signature, 32);
        add(&h, keys->keys[k].public_key, 32);
        for (unsigned i = 0; i < 3; i++) add(&h, parts[i].bytes, parts[i].size);
        finish(&h, digest);
        crypto_eddsa_reduce(reduced, digest);
        return crypto_eddsa_check_equation(signature, keys->keys[k].public_key, reduced);
    }
    return -1;
}
