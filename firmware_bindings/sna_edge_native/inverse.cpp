// Python face of sna_host_inverse.h. Arrays are taken as they are; results go into arrays of the
// caller. SPDX-License-Identifier: Apache-2.0
#include "inverse.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>

#include <stdexcept>
#include <vector>

#include "../host/sna_host_inverse.h"

namespace nb = nanobind;

namespace {

template <typename T, size_t N>
using Array = nb::ndarray<T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
using Vector = Array<const double, 1>;
using Matrix = Array<const double, 2>;
using Indices = Array<const int32_t, 1>;

void *workspace(size_t bytes) {
    thread_local std::vector<double> memory;
    if (memory.size() * sizeof(double) < bytes) memory.resize(bytes / sizeof(double) + 8);
    return memory.data();
}

void need(bool fits) {
    if (!fits) throw std::invalid_argument("the arrays of an inverse query do not fit together");
}

signed char *signs(const Array<int8_t, 1> &a) { return reinterpret_cast<signed char *>(a.data()); }

struct Forms {
    Array<const double, 3> poly;
    Vector breaks, rate, bias;
    Indices base, spans;
    Matrix weights;
    sna_forms c;

    Forms(Array<const double, 3> poly_, Vector breaks_, Vector rate_, Indices base_, Indices spans_,
          Matrix weights_, Vector bias_)
        : poly(poly_), breaks(breaks_), rate(rate_), bias(bias_), base(base_), spans(spans_),
          weights(weights_) {
        size_t axes = rate.shape(0), rows = 0;
        need(axes <= SNA_INVERSE_AXES && base.shape(0) == axes && spans.shape(0) == axes);
        for (size_t d = 0; d < axes; d++) {
            need(spans.data()[d] > 0 && base.data()[d] == static_cast<int32_t>(rows));
            rows += static_cast<size_t>(spans.data()[d]);
        }
        need(poly.shape(0) == rows && breaks.shape(0) == rows + axes && poly.shape(1) <= 8 &&
             poly.shape(1) > 0);
        need(poly.shape(2) % SNA_INVERSE_LANES == 0 && poly.shape(2) <= SNA_INVERSE_RANK &&
             weights.shape(1) == poly.shape(2));
        need(weights.shape(0) == bias.shape(0));
        c = {poly.data(),
             breaks.data(),
             rate.data(),
             base.data(),
             spans.data(),
             weights.data(),
             bias.data(),
             static_cast<int>(axes),
             static_cast<int>(bias.shape(0)),
             static_cast<int>(poly.shape(2)),
             static_cast<int>(poly.shape(1))};
    }
};

std::pair<int, int> search(const double *breaks, const double *coefficients, int spans, int order,
                           double target, void *work, Array<double, 1> x, Array<int8_t, 1> tangent,
                           Array<double, 2> intervals) {
    sna_zeros found = {x.data(), signs(tangent), intervals.data(), 0, 0};
    need(x.shape(0) > static_cast<size_t>(spans) * (static_cast<size_t>(order) + 1) &&
         tangent.shape(0) >= x.shape(0));
    need(intervals.shape(0) > static_cast<size_t>(spans) && intervals.shape(1) == 2);
    sna_line_zeros(breaks, coefficients, spans, order, target, &found, work);
    return {found.n, found.n_intervals};
}

// Roots of one output along one axis at x[D]: how many isolated ones and intervals.
std::pair<int, int> roots(const Forms &m, int axis, int output, Vector at, double target,
                          Array<double, 1> x, Array<int8_t, 1> tangent,
                          Array<double, 2> intervals) {
    need(axis >= 0 && axis < m.c.n_axes && output >= 0 && output < m.c.n_outputs &&
         at.shape(0) == static_cast<size_t>(m.c.n_axes));
    size_t spans = static_cast<size_t>(m.c.spans[axis]),
           count = spans * static_cast<size_t>(m.c.order);
    double *line = static_cast<double *>(
        workspace(count * sizeof(double) + sna_line_work(static_cast<int>(spans))));
    sna_line(&m.c, axis, output, at.data(), line);
    return search(m.c.breaks + m.c.base[axis] + axis, line, static_cast<int>(spans), m.c.order,
                  target, line + count, x, tangent, intervals);
}

std::pair<int, int> zeros(Vector breaks, Matrix coefficients, double target, Array<double, 1> x,
                          Array<int8_t, 1> tangent, Array<double, 2> intervals) {
    size_t spans = coefficients.shape(0), order = coefficients.shape(1);
    need(breaks.shape(0) == spans + 1 && spans > 0 && order > 0 && order <= 8);
    void *work = workspace(sna_line_work(static_cast<int>(spans)));
    return search(breaks.data(), coefficients.data(), static_cast<int>(spans),
                  static_cast<int>(order), target, work, x, tangent, intervals);
}

struct Sought {
    Indices unknown, outputs;
    Vector lower, width;
    Array<double, 1> tolerance;
    sna_sought c;

    Sought(Indices unknown_, Indices outputs_, Vector lower_, Vector width_,
           Array<double, 1> tolerance_, int rounds)
        : unknown(unknown_), outputs(outputs_), lower(lower_), width(width_),
          tolerance(tolerance_) {
        size_t u = unknown.shape(0), t = outputs.shape(0);
        need(u > 0 && u <= SNA_INVERSE_UNKNOWNS && t > 0 && t <= SNA_INVERSE_TARGETS);
        need(lower.shape(0) == u && width.shape(0) == u && tolerance.shape(0) == t);
        c = {unknown.data(), outputs.data(), static_cast<int>(u), static_cast<int>(t),
             rounds,         lower.data(),   width.data(),        tolerance.data()};
    }

    void check(const Forms &m) const {
        for (int u = 0; u < c.n_unknowns; u++) need(c.unknown[u] >= 0 && c.unknown[u] < m.c.n_axes);
        for (int t = 0; t < c.n_targets; t++)
            need(c.outputs[t] >= 0 && c.outputs[t] < m.c.n_outputs);
    }
};

size_t walks(const Forms &m, const Sought &q, Vector x, Vector goal, Vector unit,
             Array<double, 2> z, Array<double, 2> r, Array<int8_t, 1> done, size_t enough,
             double seconds) {
    size_t n = z.shape(0), targets = static_cast<size_t>(q.c.n_targets);
    q.check(m);
    need(x.shape(0) == static_cast<size_t>(m.c.n_axes) && goal.shape(0) == targets &&
         unit.shape(0) == targets);
    need(z.shape(1) == static_cast<size_t>(q.c.n_unknowns) && r.shape(0) == n &&
         r.shape(1) == targets && done.shape(0) == n);
    nb::gil_scoped_release release;
    return sna_walks(&m.c, &q.c, x.data(), goal.data(), unit.data(), n, z.data(), r.data(),
                     signs(done), enough, seconds);
}

void invert(const Forms &m, const Sought &q, Array<double, 2> x, Matrix goal, Matrix grid,
            Array<const float, 2> products, int tries, Array<double, 1> miss,
            Array<int8_t, 1> done) {
    size_t n = x.shape(0), points = grid.shape(0);
    q.check(m);
    need(x.shape(1) == static_cast<size_t>(m.c.n_axes) && goal.shape(0) == n &&
         goal.shape(1) == static_cast<size_t>(q.c.n_targets));
    need(grid.shape(1) == static_cast<size_t>(q.c.n_unknowns) && points % 64 == 0 && points &&
         points <= SNA_INVERSE_GRID);
    need(products.shape(0) == static_cast<size_t>(m.c.rank) && products.shape(1) == points &&
         miss.shape(0) == n && done.shape(0) == n);
    nb::gil_scoped_release release;
    sna_invert(&m.c, &q.c, n, x.data(), goal.data(), grid.data(), products.data(),
               static_cast<int>(points), tries, miss.data(), signs(done));
}

struct Misfit {
    nb::object kept;
    Matrix rows, columns;
    Vector right, lower, width;
    sna_misfit c;

    Misfit(nb::handle_t<Forms> forms, Matrix rows_, Matrix columns_, Vector right_, Vector lower_,
           Vector width_, double constant)
        : kept(nb::borrow(forms)), rows(rows_), columns(columns_), right(right_), lower(lower_),
          width(width_) {
        const Forms &m = nb::cast<const Forms &>(kept);
        size_t rank = static_cast<size_t>(m.c.rank), n = right.shape(0),
               axes = static_cast<size_t>(m.c.n_axes);
        need(axes <= SNA_INVERSE_UNKNOWNS && n % SNA_INVERSE_LANES == 0 && rows.shape(0) == n &&
             rows.shape(1) == rank);
        need(columns.shape(0) == rank && columns.shape(1) == n && lower.shape(0) == axes &&
             width.shape(0) == axes);
        c = {&m.c,         rows.data(),  columns.data(), right.data(),
             lower.data(), width.data(), constant,       static_cast<int>(n)};
    }

    void check(size_t n, size_t d, size_t energies) const {
        need(d == static_cast<size_t>(c.forms->n_axes) && energies == n);
    }

    void check(const Array<double, 2> &slope, const Array<double, 3> &curvature, size_t n,
               size_t d) const {
        need(slope.shape(0) == n && slope.shape(1) == d && curvature.shape(0) == n &&
             curvature.shape(1) == d && curvature.shape(2) == d);
    }

    void value(Matrix z, Array<double, 1> energy) const {
        check(z.shape(0), z.shape(1), energy.shape(0));
        nb::gil_scoped_release release;
        sna_misfit_value(&c, z.shape(0), z.data(), energy.data(), workspace(sna_misfit_work(&c)));
    }

    void local(Matrix z, Array<double, 1> energy, Array<double, 2> slope,
               Array<double, 3> curvature) const {
        check(z.shape(0), z.shape(1), energy.shape(0));
        check(slope, curvature, z.shape(0), z.shape(1));
        nb::gil_scoped_release release;
        sna_misfit_local(&c, z.shape(0), z.data(), energy.data(), slope.data(), curvature.data(),
                         workspace(sna_misfit_work(&c)));
    }

    void ridge(Array<double, 2> z, Array<double, 1> energy, Array<double, 2> slope,
               Array<double, 3> curvature) const {
        check(z.shape(0), z.shape(1), energy.shape(0));
        check(slope, curvature, z.shape(0), z.shape(1));
        nb::gil_scoped_release release;
        sna_onto_ridge(&c, z.shape(0), z.data(), energy.data(), slope.data(), curvature.data(),
                       workspace(sna_misfit_work(&c)));
    }

    void descend(Array<double, 2> z, Array<double, 1> energy, Array<double, 2> slope,
                 Array<double, 3> curvature, Array<int8_t, 1> state, Array<double, 1> radius,
                 int rounds, double gain, double band, bool thin, double best,
                 double seconds) const {
        check(z.shape(0), z.shape(1), energy.shape(0));
        check(slope, curvature, z.shape(0), z.shape(1));
        need(state.shape(0) == z.shape(0) && radius.shape(0) == z.shape(0));
        nb::gil_scoped_release release;
        sna_descend(&c, z.shape(0), z.data(), energy.data(), slope.data(), curvature.data(),
                    signs(state), radius.data(), rounds, gain, band, thin, best, seconds,
                    workspace(sna_misfit_work(&c)));
    }
};

std::pair<size_t, double> thin(Matrix columns, Array<int64_t, 1> taken, Array<double, 1> distance,
                               double separation, double seconds) {
    double fill = 0;
    size_t d = columns.shape(0), n = columns.shape(1);
    need(d <= SNA_INVERSE_UNKNOWNS && distance.shape(0) == n);
    nb::gil_scoped_release release;
    size_t count = n ? sna_thin(columns.data(), n, static_cast<int>(d), taken.shape(0), separation,
                                seconds, taken.data(), distance.data(), &fill)
                     : 0;
    return {count, fill};
}

void mixture(Matrix z, Matrix mean, Array<const double, 3> back, Vector scale,
             Array<double, 1> density) {
    size_t d = z.shape(1), k = mean.shape(0);
    need(mean.shape(1) == d && back.shape(0) == k && back.shape(1) == d && back.shape(2) == d &&
         scale.shape(0) == k && density.shape(0) == z.shape(0));
    nb::gil_scoped_release release;
    sna_mixture(z.data(), z.shape(0), static_cast<int>(d), mean.data(), back.data(), scale.data(),
                static_cast<int>(k), density.data());
}

} // namespace

void add_inverse(nb::module_ &m) {
    nb::class_<Forms>(m, "Forms")
        .def(nb::init<Array<const double, 3>, Vector, Vector, Indices, Indices, Matrix, Vector>())
        .def("roots", &roots)
        .def("walks", &walks)
        .def("invert", &invert);
    nb::class_<Sought>(m, "Sought")
        .def(nb::init<Indices, Indices, Vector, Vector, Array<double, 1>, int>());
    nb::class_<Misfit>(m, "Misfit")
        .def(nb::init<nb::handle_t<Forms>, Matrix, Matrix, Vector, Vector, Vector, double>())
        .def("value", &Misfit::value)
        .def("local", &Misfit::local)
        .def("ridge", &Misfit::ridge)
        .def("descend", &Misfit::descend);
    m.def("zeros", &zeros);
    m.def("thin", &thin);
    m.def("mixture", &mixture);
}
