// What every model shares: where a point lies on an axis, vectors of four modes, counters.
// Plain C++17 but for the words of CUDA, so that a host compiler can check the arithmetic.

typedef unsigned int u32;
typedef unsigned long long u64;

#ifndef NAN
#define NAN __int_as_float(0x7fffffff)
#define INFINITY __int_as_float(0x7f800000)
#endif
#ifndef WARP
#define WARP 32
#endif

enum Kind { EVEN = 0, UNEVEN = 1, LEVELS = 2 };

// lower, upper: the domain; rate: spans / (upper - lower) on even axes; slack: rounding at an end.
struct Ends {
    double lower, upper, rate, slack;
};

// y = link(f + bias) scale + offset; link 0 identity, 1 exp, 2 logistic.
struct Output {
    double bias, scale, offset, link;
};

// Span s, position u in [-1/2, 1/2] from its middle, du/dx, (x - nearest end) du/dx, and whether x is
// outside.
struct Place {
    int span;
    float u, rate, beyond;
    bool outside;
};

__device__ inline float4 splat(float a) { return make_float4(a, a, a, a); }

__device__ inline float4 times(float4 a, float4 b)
{
    return make_float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w);
}

__device__ inline float4 plus(float4 sum, float a, float4 b)
{
    return make_float4(sum.x + a * b.x, sum.y + a * b.y, sum.z + a * b.z, sum.w + a * b.w);
}

__device__ inline float dot(float4 a, float4 b)
{
    return (a.x * b.x + a.y * b.y) + (a.z * b.z + a.w * b.w);
}

__device__ inline int span_of(const double *breaks, int spans, double x)
{
    int low = 0, high = spans;
    while (high - low > 1) {
        int middle = (low + high) >> 1;
        if (x >= breaks[middle]) low = middle;
        else high = middle;
    }
    return low;
}

// breaks [S + 1] then 1 / widths [S], for uneven axes. Located in float64, as the C library does.
template <class A> __device__ inline Place locate(const Ends &e, const double *breaks, double x)
{
    Place p;
    if (A::KIND == LEVELS) {
        double level = fmin(fmax(rint(x), 0.0), (double)(A::SPANS - 1));
        p.span = (int)level, p.u = p.rate = 0.0f, p.outside = !(x == level);
        p.beyond = x == x ? 0.0f : NAN;
        return p;
    }
    if (A::PERIODIC && (x < e.lower || x > e.upper))
        x -= floor((x - e.lower) / (e.upper - e.lower)) * (e.upper - e.lower);
    double inside = fmin(fmax(x, e.lower), e.upper), rate = e.rate, u;
    if (A::KIND == EVEN) {
        double t = (inside - e.lower) * rate;
        p.span = min((int)t, (int)A::SPANS - 1);
        u = t - p.span;
    } else {
        p.span = span_of(breaks, A::SPANS, inside);
        rate = breaks[A::SPANS + 1 + p.span];
        u = (inside - breaks[p.span]) * rate;
    }
    p.u = (float)(fmin(fmax(u, 0.0), 1.0) - 0.5), p.rate = (float)rate;
    p.beyond = (float)((x - inside) * rate);
    p.outside = !(fabs(x - inside) <= e.slack);
    return p;
}

// B_i(u) = sum_k m[i][k] u^k, linear beyond the domain; where slopes are asked for, dB_i/dx too.
template <class A, bool SLOPES>
__device__ inline void basis(const float *m, const Place &p, float *b, float *slope)
{
#pragma unroll
    for (int i = 0; i <= A::DEGREE; i++) {
        const float *c = m + i * (A::DEGREE + 1);
        float v = c[A::DEGREE], s = 0.0f;
#pragma unroll
        for (int k = A::DEGREE - 1; k >= 0; k--) {
            if (SLOPES) s = s * p.u + v;
            v = v * p.u + c[k];
        }
        b[i] = v;
        if (SLOPES) slope[i] = s * p.rate;
    }
    if (!(p.beyond == 0.0f))
        for (int i = 0; i <= A::DEGREE; i++) {
            const float *c = m + i * (A::DEGREE + 1);
            float s = 0.0f;
            for (int k = A::DEGREE; k > 0; k--) s = s * p.u + (float)k * c[k];
            b[i] += p.beyond * s;
        }
}

// sum_i b_i row_i of four modes; `stride` vectors from row to row.
template <class A> __device__ inline float4 atom(const float4 *rows, int stride, const float *b)
{
    float4 sum = times(splat(b[0]), rows[0]);
#pragma unroll
    for (int i = 1; i <= A::DEGREE; i++) sum = plus(sum, b[i], rows[i * stride]);
    return sum;
}

__device__ inline double linked(const Output &o, float f)
{
    double g = (double)f + o.bias;
    if (o.link == 1.0) g = (double)expf((float)g);
    if (o.link == 2.0) g = 1.0 / (1.0 + (double)expf((float)-g));
    return g * o.scale + o.offset;
}

// dy/df
__device__ inline float steepness(const Output &o, float f)
{
    if (o.link == 0.0) return (float)o.scale;
    float h = (float)((double)f + o.bias), g = expf(o.link == 1.0 ? h : -fabsf(h));
    return (float)o.scale * (o.link == 1.0 ? g : g / ((1.0f + g) * (1.0f + g)));
}

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw, Parallel random numbers: as easy as 1, 2, 3, 2011).
__device__ inline void philox(u32 c[4], u32 k0, u32 k1)
{
#pragma unroll
    for (int round = 0; round < 10; round++) {
        u64 a = (u64)0xD2511F53u * c[0], b = (u64)0xCD9E8D57u * c[2];
        u32 c0 = (u32)(b >> 32) ^ c[1] ^ k0, c2 = (u32)(a >> 32) ^ c[3] ^ k1;
        c[1] = (u32)b, c[3] = (u32)a, c[0] = c0, c[2] = c2;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
}
