// One model: f_k(x) = sum_r W[r,k] prod_d phi_dr(x_d). Written above this: D, K, ORDER, GROUPS (of
// four modes), FOLDED (the only weights are in the table of the first axis), STAGED (vectors kept
// in shared memory, weights first; 0: none), a struct per axis and AXES(DO).

// ends and common matrices of every axis; rows [.., GROUPS], weights first where not FOLDED.
struct Numbers {
    Ends ends[D];
    Output outputs[K];
    const float4 *rows;
    const float *matrices;
    const double *breaks;
    const int *spans;  // first row and matrix of every span, for axes that need them
    float common[D][ORDER * ORDER];
};

extern "C" {
__constant__ Numbers numbers;
}

extern __shared__ float4 staged[];

__device__ inline void stage()
{
    for (int i = threadIdx.x; i < STAGED; i += blockDim.x) staged[i] = numbers.rows[i];
    __syncthreads();
}

// Row of the first basis function of a span, as a position in the table of vectors.
template <class A> __device__ inline int first_row(int span)
{
    int row = A::STEP >= 0 ? span * A::STEP : numbers.spans[A::LOOKUP + 2 * span];
    return A::TABLE + row * GROUPS;
}

template <class A> __device__ inline const float *matrix(int span)
{
    if (A::ALONE) return numbers.common[A::INDEX];
    int id = numbers.spans[A::LOOKUP + 2 * span + 1];
    return numbers.matrices + A::MATRICES + id * (A::DEGREE + 1) * (A::DEGREE + 1);
}

template <class A> __device__ inline const float4 *table(const float4 *staged)
{
    return A::SHARED ? staged : numbers.rows;
}

// A point on all axes: positions of rows, basis values, slopes where asked for.
template <bool SLOPES> struct Located {
    int at[D];
    float basis[D][ORDER], slope[SLOPES ? D : 1][ORDER];
    bool outside;
};

template <class A, bool SLOPES, class T>
__device__ inline void locate_axis(Located<SLOPES> &l, const T *x)
{
    Place p = locate<A>(numbers.ends[A::INDEX], numbers.breaks + A::BREAKS, (double)x[A::INDEX]);
    basis<A, SLOPES>(matrix<A>(p.span), p, l.basis[A::INDEX], l.slope[SLOPES ? A::INDEX : 0]);
    l.at[A::INDEX] = first_row<A>(p.span);
    l.outside = l.outside || p.outside;
}

template <bool SLOPES, class T> __device__ inline void locate_all(Located<SLOPES> &l, const T *x)
{
    l.outside = false;
#define LOCATE(A) locate_axis<A, SLOPES>(l, x);
    AXES(LOCATE)
#undef LOCATE
}

// Vector j of step r: threads beside each other take other vectors, hence other memory banks.
__device__ inline int turned(int r, int turn)
{
    const int mask = (GROUPS < 8 ? GROUPS : 8) - 1;
    return (r & ~mask) | ((r + turn) & mask);
}

__device__ inline float4 weight(const float4 *staged, int k, int j)
{
    return FOLDED ? splat(1.0f) : (STAGED ? staged : numbers.rows)[k * GROUPS + j];
}

// f [K] without bias.
__device__ inline void sums(const Located<false> &l, const float4 *staged, int turn, float *f)
{
    for (int k = 0; k < K; k++) f[k] = 0.0f;
#pragma unroll 2
    for (int r = 0; r < GROUPS; r++) {
        const int j = turned(r, turn);
        float4 p = splat(1.0f);
#define MULTIPLY(A) \
    p = times(p, atom<A>(table<A>(staged) + l.at[A::INDEX] + j, GROUPS, l.basis[A::INDEX]));
        AXES(MULTIPLY)
#undef MULTIPLY
        for (int k = 0; k < K; k++) f[k] += dot(weight(staged, k, j), p);
    }
}

// f [K] without bias and df/dx [K, D]: products of the other axes by prefix and suffix products.
__device__ inline void sums_and_slopes(
    const Located<true> &l, const float4 *staged, int turn, float *f, float *g)
{
    for (int k = 0; k < K; k++) f[k] = 0.0f;
    for (int k = 0; k < K * D; k++) g[k] = 0.0f;
    for (int r = 0; r < GROUPS; r++) {
        const int j = turned(r, turn);
        float4 a[D], s[D], before = splat(1.0f), after = splat(1.0f);
#define BOTH(A) \
    a[A::INDEX] = atom<A>(table<A>(staged) + l.at[A::INDEX] + j, GROUPS, l.basis[A::INDEX]); \
    s[A::INDEX] = atom<A>(table<A>(staged) + l.at[A::INDEX] + j, GROUPS, l.slope[A::INDEX]);
        AXES(BOTH)
#undef BOTH
#pragma unroll
        for (int d = 0; d < D; d++) s[d] = times(s[d], before), before = times(before, a[d]);
#pragma unroll
        for (int d = D - 1; d >= 0; d--) {
            s[d] = times(s[d], after), after = times(after, a[d]);
            for (int k = 0; k < K; k++) g[k * D + d] += dot(weight(staged, k, j), s[d]);
        }
        for (int k = 0; k < K; k++) f[k] += dot(weight(staged, k, j), before);
    }
}

// One mode of one output, scalar: for a warp that shares a single query.
template <class A> __device__ inline float one_atom(const Located<false> &l, int r)
{
    const float *row = (const float *)(numbers.rows + l.at[A::INDEX]) + r;
    float sum = 0.0f;
#pragma unroll
    for (int i = 0; i <= A::DEGREE; i++) sum += l.basis[A::INDEX][i] * row[4 * i * GROUPS];
    return sum;
}

__device__ inline float one_product(const Located<false> &l, int r)
{
    float p = 1.0f;
#define FACTOR(A) p *= one_atom<A>(l, r);
    AXES(FACTOR)
#undef FACTOR
    return p;
}

__device__ inline long long first_query() { return (long long)blockIdx.x * blockDim.x + threadIdx.x; }
