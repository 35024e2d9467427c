// Answers and their slopes. A thread takes a query.

// y [N, K] and dy/dx [N, K, D].
template <class T>
__device__ inline void answer_and_slopes(const T *x, T *y, T *g, long long n, int extrapolate)
{
    stage();
    for (long long q = first_query(); q < n; q += (long long)gridDim.x * blockDim.x) {
        Located<true> l;
        float f[K], s[K * D];
        locate_all(l, x + q * D);
        sums_and_slopes(l, staged, threadIdx.x, f, s);
        bool lost = l.outside && !extrapolate;
        for (int k = 0; k < K; k++) {
            float steep = lost ? NAN : steepness(numbers.outputs[k], f[k]);
            y[q * K + k] = lost ? (T)NAN : (T)linked(numbers.outputs[k], f[k]);
            for (int d = 0; d < D; d++) g[(q * K + k) * D + d] = (T)(steep * s[k * D + d]);
        }
    }
}

extern "C" __global__ void gradient64(
    const double *x, double *y, double *g, long long n, int extrapolate)
{
    answer_and_slopes(x, y, g, n, extrapolate);
}

extern "C" __global__ void gradient32(
    const float *x, float *y, float *g, long long n, int extrapolate)
{
    answer_and_slopes(x, y, g, n, extrapolate);
}
