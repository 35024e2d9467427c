/* sna_host.h - the same models on Linux hosts, fast.   SPDX-License-Identifier: Apache-2.0
 *
 * sna.c reads the artifact in place and answers in double with no memory of its own. This layer
 * spends memory to gain speed: it unpacks the tables once to float32, in blocks of modes as wide as
 * the machine's vectors, and evaluates blocks of points. One build runs on any x86-64 or AArch64
 * core: AVX-512 or AVX2 are chosen when the model is prepared. Sums are float32 (error about 4e-6 *
 * max(1, kappa) of the output range), coordinates are placed in double.
 *
 * A prepared model is read-only and may be shared between threads, each with its own workspace. The
 * artifact's bytes must outlive it. All memory is the caller's, on a multiple of 64. Compile this
 * file's .c alone: it includes sna.c. */
#ifndef SNA_HOST_H
#define SNA_HOST_H

#include "../sna.h"

#ifdef SNA_FLOAT
#error "sna_host: places coordinates in double; build it without SNA_FLOAT"
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sna_host sna_host;

/* Bytes for sna_host_prepare. */
SNA_MUST_USE size_t sna_host_size(const sna_model *model);
SNA_MUST_USE sna_status sna_host_prepare(const sna_model *model, void *memory, size_t size,
                                         const sna_host **host);
SNA_MUST_USE size_t sna_host_workspace_size(const sna_host *host);

/* "avx512", "avx2" or "baseline": the instructions in use. sna_host_use forces one (for tests and
 * measurements) and must come before sna_host_prepare; it returns 0 when the machine does not have
 * it. */
const char *sna_host_isa(const sna_host *host);
int sna_host_use(const char *isa);
/* The set that a model prepared now would use: 0 baseline, 1 avx2, 2 avx512. */
int sna_host_best(void);

/* y[n][n_outputs] of x[n][n_axes]; status[n] may be NULL. First negative status of a row, else the
 * first remark. */
SNA_MUST_USE sna_status sna_host_eval(const sna_host *host, unsigned flags, size_t n,
                                      const double *x, double *y, signed char *status, void *work);
SNA_MUST_USE sna_status sna_host_eval_f32(const sna_host *host, unsigned flags, size_t n,
                                          const float *x, float *y, signed char *status,
                                          void *work);

/* As above with dy[n][n_outputs][n_axes]. */
SNA_MUST_USE sna_status sna_host_grad(const sna_host *host, unsigned flags, size_t n,
                                      const double *x, double *y, double *dy, signed char *status,
                                      void *work);

#ifdef __cplusplus
}
#endif
#endif
