/* CUDA's words for a host compiler: a block of THREADS threads in warps of WARP, each of the
 * system. */
#include <pthread.h>

#include <cmath>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>
using std::fabs;
using std::floor;
using std::fmax;
using std::fmin;
using std::rint;
#define __device__
#define __global__
#define __constant__
#define __shared__
#define __launch_bounds__(threads)
#define WARP 4
#define THREADS 8
struct alignas(16) float4 {
    float x, y, z, w;
};
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
struct dim {
    unsigned x;
};
static thread_local dim threadIdx;
static dim blockIdx, blockDim, gridDim;
static pthread_barrier_t barrier;
static double exchanged[THREADS];
static inline double __dadd_rn(double a, double b) { return a + b; }
static inline double __dmul_rn(double a, double b) { return a * b; }
static inline int min(int a, int b) { return a < b ? a : b; }
static inline void __syncthreads() { pthread_barrier_wait(&barrier); }
/* All threads of a block come here together. */
template <class T> static inline T __shfl_xor_sync(unsigned, T v, int lanes) {
    exchanged[threadIdx.x] = v;
    __syncthreads();
    T other = (T)exchanged[threadIdx.x ^ lanes];
    __syncthreads();
    return other;
}
template <class T> static inline void atomicAdd(T *sum, T v) {
    __atomic_fetch_add(sum, v, __ATOMIC_RELAXED);
}
