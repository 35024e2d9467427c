/* sets.h - the inner loops for each instruction set, and which one runs here, part of sna_host.c.
 * SPDX-License-Identifier: Apache-2.0 */

#define ISA baseline
#define TARGET
#define VL 4
#include "kernel.h"
#undef ISA
#undef TARGET
#undef VL

#if defined(__x86_64__)
#define ISA avx2
#define TARGET __attribute__((target("avx2,fma")))
#define VL 8
#include "kernel.h"
#undef ISA
#undef TARGET
#undef VL

#define ISA avx512
#ifdef __clang__
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#else
#define TARGET \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,prefer-vector-width=512")))
#endif
#define VL 16
#include "kernel.h"
#undef ISA
#undef TARGET
#undef VL
#endif

static const char *const isa_names[3] = {"baseline", "avx2", "avx512"};

static int isa_present(int isa) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (isa == 2)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("fma");
    if (isa == 1) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return isa == 0;
}

/* The one writable word of this layer: a wish for tests and measurements, set before any model is
 * prepared. */
static int wished_isa = 2;

int sna_host_use(const char *isa) {
    for (int i = 0; i < 3; i++) {
        int j = 0;
        while (isa[j] && isa[j] == isa_names[i][j]) j++;
        if (isa[j] == isa_names[i][j] && isa_present(i)) {
            wished_isa = i;
            return 1;
        }
    }
    return 0;
}

const char *sna_host_isa(const sna_host *h) { return isa_names[h->isa]; }

static const instruction_set *set_of(int isa) {
#if defined(__x86_64__)
    if (isa == 2) return &set_avx512;
    if (isa == 1) return &set_avx2;
#endif
    (void)isa;
    return &set_baseline;
}

int sna_host_best(void) {
    int isa = wished_isa;
    while (!isa_present(isa)) isa--;
    return isa;
}
