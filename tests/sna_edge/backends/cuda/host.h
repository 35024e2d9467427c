/* CUDA's words for a host compiler: threads one after another, a warp of one lane. */
#include <cmath>
#include <cstring>
#include <utility>
using std::fmin; using std::fmax; using std::floor; using std::rint; using std::fabs;
#define __device__
#define __global__
#define __constant__
#define __shared__
#define __launch_bounds__(threads)
#define WARP 1
struct alignas(16) float4 { float x, y, z, w; };
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
struct dim { unsigned x; };
static dim threadIdx, blockIdx, blockDim, gridDim;
static inline int min(int a, int b) { return a < b ? a : b; }
static inline void __syncthreads() {}
template <class T> static inline T __shfl_xor_sync(unsigned, T v, int) { return v; }
template <class T> static inline void atomicAdd(T *sum, T v) { *sum += v; }
