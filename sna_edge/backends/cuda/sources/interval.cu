// Ends of intervals around values (FORMAT.md sections 14 and 15): what a companion is asked at, then
// y + below sigma - floor .. y + above sigma + floor, of the output or of its linear part.

enum Source { INPUT = 0, FEATURE = 1, PREDICTION = 2 };

// A coordinate is kept on its axis, lower .. upper; weights: the first of a feature's.
struct Coordinate {
    double constant, lower, upper;
    int source, index, weights, unused;
};

// lower: of an input without levels; column: of its first weight.
struct Column {
    double lower;
    int column, levels;
};

struct Around {
    double below, above, floor, least, most;
    const double *sigma;  // [n], 0 where it is 1
    double linear;        // 1 where residuals are those of the linear part
};

__device__ inline long long first_row() { return (long long)blockIdx.x * blockDim.x + threadIdx.x; }

template <class T>
__device__ inline double feature(
    const Coordinate &c, const Column *columns, const double *weights, const T *x, int inputs)
{
    double sum = c.constant;
    for (int d = 0; d < inputs; d++) {
        const double *w = weights + c.weights + columns[d].column;
        sum += columns[d].levels ? w[(int)x[d]] : w[0] * ((double)x[d] - columns[d].lower);
    }
    return sum;
}

// z [n, count] of x [n, inputs] inside the domain and y [n, outputs]; NaN stays NaN.
template <class T>
__device__ inline void places(const T *x, const T *y, double *z, long long n, int inputs, int outputs,
                              int count, const Coordinate *given, const Column *columns,
                              const double *weights)
{
    for (long long q = first_row(); q < n; q += (long long)gridDim.x * blockDim.x)
        for (int i = 0; i < count; i++) {
            const Coordinate c = given[i];
            double v = c.source == INPUT ? (double)x[q * inputs + c.index]
                     : c.source == PREDICTION ? (double)y[q * outputs + c.index]
                     : feature(c, columns, weights, x + q * inputs, inputs);
            z[q * count + i] = v < c.lower ? c.lower : v > c.upper ? c.upper : v;
        }
}

__device__ inline double forward(const Output &o, double f)
{
    double g = o.link == 1.0 ? exp(f) : o.link == 2.0 ? 1.0 / (1.0 + exp(-f)) : f;
    return g * o.scale + o.offset;
}

// f of y; a value at an end of the link is taken as the nearest one inside.
__device__ inline double backward(const Output &o, double y)
{
    double g = (y - o.offset) / o.scale;
    if (o.link == 0.0) return g;
    g = g < 0x1p-1074 ? 0x1p-1074 : g;
    if (o.link == 1.0) return log(g);
    g = g > 1.0 - 0x1p-53 ? 1.0 - 0x1p-53 : g;
    return log(g) - log1p(-g);
}

// lower, upper [n, outputs] around y; NaN where sigma or y is not finite.
template <class T>
__device__ inline void ends_around(const T *y, T *lower, T *upper, long long n, int outputs,
                                   const Output *links, const Around *around)
{
    for (long long q = first_row(); q < n * outputs; q += (long long)gridDim.x * blockDim.x) {
        const int k = (int)(q % outputs);
        const Around a = around[k];
        double wide = a.sigma ? a.sigma[q / outputs] : 1.0, v = (double)y[q];
        double low = a.below * wide - a.floor, high = a.above * wide + a.floor;
        double f = a.linear == 0.0 ? v : backward(links[k], v);
        double one = a.linear == 0.0 ? f + low : forward(links[k], f + low);
        double other = a.linear == 0.0 ? f + high : forward(links[k], f + high);
        bool lost = !(fabs(wide) < INFINITY && fabs(v) < INFINITY);
        double least = a.linear == 0.0 ? one : fmin(one, other);
        double most = a.linear == 0.0 ? other : fmax(one, other);
        lower[q] = lost ? (T)NAN : (T)fmax(least, a.least);
        upper[q] = lost ? (T)NAN : (T)fmin(most, a.most);
    }
}

#define KERNELS(T, BITS) \
    extern "C" __global__ void places##BITS( \
        const T *x, const T *y, double *z, long long n, int inputs, int outputs, int count, \
        const Coordinate *given, const Column *columns, const double *weights) \
    { \
        places(x, y, z, n, inputs, outputs, count, given, columns, weights); \
    } \
    extern "C" __global__ void ends##BITS( \
        const T *y, T *lower, T *upper, long long n, int outputs, const Output *links, \
        const Around *around) \
    { \
        ends_around(y, lower, upper, n, outputs, links, around); \
    }

KERNELS(float, 32)
KERNELS(double, 64)
