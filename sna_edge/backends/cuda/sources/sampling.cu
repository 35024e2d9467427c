// Monte-Carlo over a box, uniform and independent: no sample is written, only sums of runs.
// Sample i of all has the counters (i, i >> 32, group of four inputs, 0), whoever draws it.

enum { RUN = 1 << 18, SUMS = 4, TEAM = 512 };  // samples and threads of a block

// An input is lower + width u in float32; a level the whole number below it.
struct Box {
    double lower[D], width[D];
};

// Bin 0 holds what is below `lower`, the last one what is not below the upper end, or not a number.
struct Bins {
    double lower[K], rate[K];
    int count;  // with these two; 0: no histogram
};

// Sums of powers 1 to 4 of y - shift, least and largest y; [block, K].
struct Part {
    double sums[SUMS], least, largest;
};

// Each step rounded, then to float32: the samples of the C library and of numpy to the bit.
__device__ inline double within(double lower, double width, double share)
{
    return (double)(float)__dadd_rn(lower, __dmul_rn(width, share));
}

__device__ inline void drawn(const Box &box, u64 sample, u64 seed, double *x)
{
#pragma unroll
    for (int d = 0; d < D; d += 4) {
        u32 c[4] = {(u32)sample, (u32)(sample >> 32), (u32)(d / 4), 0};
        philox(c, (u32)seed, (u32)(seed >> 32));
#pragma unroll
        for (int i = 0; i < 4 && d + i < D; i++)
            x[d + i] = within(box.lower[d + i], box.width[d + i], (c[i] + 0.5) * 0x1p-32);
    }
#define WHOLE(A) \
    if (A::KIND == LEVELS) x[A::INDEX] = floor(x[A::INDEX]);
    AXES(WHOLE)
#undef WHOLE
}

__device__ inline void counted(const Bins &bins, u32 *here, int k, double y)
{
    double t = (y - bins.lower[k]) * bins.rate[k];
    int last = bins.count - 1, bin = t < 0.0 ? 0 : t < last - 1 ? 1 + (int)t : last;
    atomicAdd(here + k * bins.count + bin, 1u);
}

__device__ inline void added(Part &part, double y, double shift)
{
    double t = y - shift, power = 1.0;
#pragma unroll
    for (int i = 0; i < SUMS; i++) power *= t, part.sums[i] += power;
    part.least = fmin(part.least, y), part.largest = fmax(part.largest, y);
}

__device__ inline void merged(Part &part, const Part &other)
{
    for (int i = 0; i < SUMS; i++) part.sums[i] += other.sums[i];
    part.least = fmin(part.least, other.least), part.largest = fmax(part.largest, other.largest);
}

__device__ inline Part across(const Part &part, int lanes)
{
    Part other;
    for (int i = 0; i < SUMS; i++) other.sums[i] = __shfl_xor_sync(0xffffffffu, part.sums[i], lanes);
    other.least = __shfl_xor_sync(0xffffffffu, part.least, lanes);
    other.largest = __shfl_xor_sync(0xffffffffu, part.largest, lanes);
    return other;
}

// The parts of all threads in an order that is always the same; thread 0 has the whole.
__device__ inline void over_block(Part &part)
{
    static __shared__ double held[TEAM / WARP * sizeof(Part) / sizeof(double)];
    Part *warps = (Part *)held;
    for (int lanes = WARP / 2; lanes; lanes >>= 1) merged(part, across(part, lanes));
    __syncthreads();
    if (threadIdx.x % WARP == 0) warps[threadIdx.x / WARP] = part;
    __syncthreads();
    if (threadIdx.x == 0)
        for (int w = 1; w < (int)blockDim.x / WARP; w++) merged(part, warps[w]);
}

struct Shift {
    double y[K];
};

// parts [blocks, K] and counts [K, bins] of samples first .. first + n - 1, a run per block.
extern "C" __global__ void __launch_bounds__(TEAM)
    sampled(Box box, Bins bins, Shift shift, u64 seed, u64 first, u64 n, Part *parts, u64 *counts)
{
    u32 *here = (u32 *)(staged + STAGED);
    for (int i = threadIdx.x; i < K * bins.count; i += blockDim.x) here[i] = 0;
    stage();
    Part part[K];
    for (int k = 0; k < K; k++) part[k] = Part{{0.0, 0.0, 0.0, 0.0}, INFINITY, -INFINITY};
    u64 start = (u64)blockIdx.x * RUN, end = n - start < RUN ? n : start + RUN;
    for (u64 i = start + threadIdx.x; i < end; i += blockDim.x) {
        double x[D];
        float f[K];
        Located<false> l;
        drawn(box, first + i, seed, x);
        locate_all(l, x);
        sums(l, staged, threadIdx.x, f);
        for (int k = 0; k < K; k++) {
            double y = linked(numbers.outputs[k], f[k]);
            added(part[k], y, shift.y[k]);
            if (bins.count) counted(bins, here, k, y);
        }
    }
    for (int k = 0; k < K; k++) {
        over_block(part[k]);
        if (threadIdx.x == 0) parts[blockIdx.x * K + k] = part[k];
    }
    __syncthreads();
    for (int i = threadIdx.x; i < K * bins.count; i += blockDim.x)
        if (here[i]) atomicAdd(counts + i, (u64)here[i]);
}
