// Answers. A thread takes a query; tables are staged in shared memory once per block.

// y [N, K] of x [N, D]; outside the domain NaN, or continued where `extrapolate`.
template <class T>
__device__ inline void answer(const T *x, T *y, long long n, int extrapolate)
{
    stage();
    for (long long q = first_query(); q < n; q += (long long)gridDim.x * blockDim.x) {
        Located<false> l;
        float f[K];
        locate_all(l, x + q * D);
        sums(l, staged, threadIdx.x, f);
        bool lost = l.outside && !extrapolate;
        for (int k = 0; k < K; k++)
            y[q * K + k] = lost ? (T)NAN : (T)linked(numbers.outputs[k], f[k]);
    }
}

extern "C" __global__ void value64(const double *x, double *y, long long n, int extrapolate)
{
    answer(x, y, n, extrapolate);
}

extern "C" __global__ void value32(const float *x, float *y, long long n, int extrapolate)
{
    answer(x, y, n, extrapolate);
}

struct Point {
    double x[D];
};

__device__ inline float over_warp(float v)
{
    for (int o = WARP / 2; o; o >>= 1) v += __shfl_xor_sync(0xffffffffu, v, o);
    return v;
}

// y [K] of one point, which comes with the launch: one warp, a lane per mode, nothing staged.
extern "C" __global__ void one(Point point, double *y)
{
    Located<false> l;
    locate_all(l, point.x);
    for (int k = 0; k < K; k++) {
        float f = 0.0f;
        for (int r = threadIdx.x; r < 4 * GROUPS; r += WARP)
            f += one_product(l, r) * (FOLDED ? 1.0f : ((const float *)numbers.rows)[4 * k * GROUPS + r]);
        f = over_warp(f);
        if (threadIdx.x == 0) y[k] = l.outside ? NAN : linked(numbers.outputs[k], f);
    }
}

extern "C" __global__ void nothing() {}
