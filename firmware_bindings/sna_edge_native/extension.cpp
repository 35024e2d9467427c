// Python face of the C library. Arrays are taken as they are (C-contiguous float64 or float32, no
// copies); calls of more than a few rows release the GIL.   SPDX-License-Identifier: Apache-2.0
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>

#include "../host/sna_host.h"
#include "inverse.h"
#include "sweep.h"

namespace nb = nanobind;

namespace {

constexpr size_t kKeepGil = 64; // rows up to which handing the GIL over costs more than it gives

struct Free {
    void operator()(void *p) const { std::free(p); }
};
using Memory = std::unique_ptr<void, Free>;

Memory aligned(size_t bytes) {
    void *p = nullptr;
    if (posix_memalign(&p, 64, bytes ? bytes : 64)) throw std::bad_alloc();
    return Memory(p);
}

// Workspace of the calling thread, grown to the largest model it has served.
void *workspace(size_t bytes) {
    thread_local Memory memory;
    thread_local size_t size = 0;
    if (size < bytes) {
        memory = aligned(bytes);
        size = bytes;
    }
    return memory.get();
}

template <typename T> using Matrix = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Point = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Point32 = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Statuses = nb::ndarray<int8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

[[noreturn]] void refuse(const char *message) { throw std::invalid_argument(message); }

class Model {
  public:
    explicit Model(nb::bytes data) : bytes_(aligned(data.size())) {
        std::memcpy(bytes_.get(), data.c_str(), data.size());
        status_ = sna_open(bytes_.get(), data.size(), &model_);
        if (status_ != SNA_OK) return;
        work_size_ = std::max(sna_workspace_size(&model_, SNA_WORK_GRAD),
                              sna_workspace_size(&model_, SNA_WORK_VERIFY));
        status_ = sna_verify(&model_, workspace(work_size_), work_size_);
        size_t size = status_ == SNA_OK ? sna_host_size(&model_) : 0;
        if (!size) return;
        prepared_ = aligned(size);
        status_ = sna_host_prepare(&model_, prepared_.get(), size, &host_);
        work_size_ = std::max(work_size_, sna_host_workspace_size(host_));
    }

    int status() const { return status_; }
    std::string rule() const { return sna_rule_name(static_cast<sna_rule>(model_.rule)); }
    std::string isa() const { return host_ ? sna_host_isa(host_) : "double"; }
    const sna_host *host() const { return status_ == SNA_OK ? host_ : nullptr; }
    int n_axes() const { return model_.n_axes; }
    int n_outputs() const { return model_.n_outputs; }

    int value(Matrix<const double> x, Matrix<double> y, Statuses status, bool extrapolate) const {
        size_t n = rows(x.shape(0), x.shape(1), y.shape(0), y.shape(1), status.shape(0));
        return locked(n, [&](void *work) {
            if (host_)
                return sna_host_eval(host_, flags(extrapolate), n, x.data(), y.data(),
                                     signs(status), work);
            return sna_eval_batch(&model_, flags(extrapolate), n, x.data(), y.data(), signs(status),
                                  work, work_size_);
        });
    }

    int value32(Matrix<const float> x, Matrix<float> y, Statuses status, bool extrapolate) const {
        size_t n = rows(x.shape(0), x.shape(1), y.shape(0), y.shape(1), status.shape(0));
        if (!host_) refuse("this model has no float32 path; give float64 arrays");
        return locked(n, [&](void *work) {
            return sna_host_eval_f32(host_, flags(extrapolate), n, x.data(), y.data(),
                                     signs(status), work);
        });
    }

    int gradient(Matrix<const double> x, Matrix<double> y,
                 nb::ndarray<double, nb::ndim<3>, nb::c_contig, nb::device::cpu> dy,
                 Statuses status, bool extrapolate) const {
        size_t n = rows(x.shape(0), x.shape(1), y.shape(0), y.shape(1), status.shape(0));
        if (dy.shape(0) != n || dy.shape(1) != model_.n_outputs || dy.shape(2) != model_.n_axes)
            refuse("dy needs the shape (N, K, D)");
        return locked(n, [&](void *work) -> sna_status {
            if (host_)
                return sna_host_grad(host_, flags(extrapolate), n, x.data(), y.data(), dy.data(),
                                     signs(status), work);
            sna_status worst = SNA_OK;
            for (size_t i = 0; i < n; i++) {
                sna_status s = sna_eval_grad(
                    &model_, flags(extrapolate), x.data() + i * model_.n_axes,
                    y.data() + i * model_.n_outputs,
                    dy.data() + i * model_.n_outputs * model_.n_axes, work, work_size_);
                status.data()[i] = static_cast<int8_t>(s);
                if (s < 0 && worst >= 0) worst = s;
            }
            return worst;
        });
    }

    // One point into y[K]: the status, y is NaN where it is negative.
    int point(Point x, nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu> y) const {
        signed char s = 0;
        if (status_ != SNA_OK || x.shape(0) != model_.n_axes || y.shape(0) != model_.n_outputs)
            refuse("x (D,) and y (K,) do not fit the model");
        if (!host_)
            return sna_eval(&model_, 0, x.data(), y.data(), workspace(work_size_), work_size_);
        return sna_host_eval(host_, 0, 1, x.data(), y.data(), &s, workspace(work_size_));
    }

    // The whole answer of one point into out[3][K]: values, lower and upper ends at `level` of the
    // outputs in `columns` (a bit each). The status, `unfamiliar` where asked and said; negative
    // where an end or the familiarity is missing.
    int answer(Point x, Matrix<double> out, double level, uint64_t columns, bool familiar) const {
        const size_t k = model_.n_outputs;
        double *y = out.data();
        if (status_ != SNA_OK || x.shape(0) != model_.n_axes || out.shape(0) != 3 ||
            out.shape(1) != k)
            refuse("x (D,) and out (3, K) do not fit the model");
        void *work = workspace(work_size_);
        signed char s = 0;
        sna_status said = host_ ? sna_host_eval(host_, 0, 1, x.data(), y, &s, work)
                                : sna_eval(&model_, 0, x.data(), y, work, work_size_);
        if (host_) said = static_cast<sna_status>(s);
        if (said >= 0 && columns) {
            sna_status ends = interval(x.data(), y, y + k, y + 2 * k, level, columns, work);
            if (ends < 0) return ends;
        }
        double p;
        if (said >= 0 && familiar)
            said = sna_familiarity(&model_, x.data(), said, y, &p, work, work_size_);
        return said;
    }

    // lower and upper [N, K] at `level` of the outputs in `columns`, of rows inside the domain with
    // values y [N, K]; NaN where there are none. The first negative status of a row.
    int intervals(Matrix<const double> x, Matrix<const double> y, Matrix<double> lower,
                  Matrix<double> upper, double level, uint64_t columns) const {
        const size_t n = rows(x.shape(0), x.shape(1), y.shape(0), y.shape(1), lower.shape(0)),
                     k = model_.n_outputs;
        if (lower.shape(1) != k || upper.shape(0) != n || upper.shape(1) != k)
            refuse("lower and upper need the shape (N, K)");
        return locked(n, [&](void *work) {
            sna_status worst = SNA_OK;
            for (size_t i = 0; i < n; i++) {
                sna_status s =
                    interval(x.data() + i * model_.n_axes, y.data() + i * k, lower.data() + i * k,
                             upper.data() + i * k, level, columns, work);
                if (s < 0 && worst >= 0) worst = s;
            }
            return worst;
        });
    }

    // p [N] of rows inside the domain with values y [N, K]; NaN where there is none.
    int familiarity(Matrix<const double> x, Matrix<const double> y,
                    nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu> p) const {
        const size_t n = rows(x.shape(0), x.shape(1), y.shape(0), y.shape(1), p.shape(0));
        return locked(n, [&](void *work) {
            sna_status worst = SNA_OK;
            for (size_t i = 0; i < n; i++) {
                sna_status s = sna_familiarity(&model_, x.data() + i * model_.n_axes, SNA_OK,
                                               y.data() + i * model_.n_outputs, p.data() + i, work,
                                               work_size_);
                if (s < 0 && worst >= 0) worst = s;
            }
            return worst;
        });
    }

    // One point, first output, as a plain float; raises where there is no value.
    double one(Point x) const {
        if (x.shape(0) != model_.n_axes) refuse("x needs one number per input");
        return first(x.data());
    }

    double one32(Point32 x) const {
        double wide[SNA_MAX_AXES];
        if (x.shape(0) != model_.n_axes) refuse("x needs one number per input");
        for (size_t d = 0; d < x.shape(0); d++) wide[d] = static_cast<double>(x.data()[d]);
        return first(wide);
    }

  private:
    static unsigned flags(bool extrapolate) { return extrapolate ? SNA_EXTRAPOLATE : 0u; }
    static signed char *signs(const Statuses &s) {
        return reinterpret_cast<signed char *>(s.data());
    }

    size_t rows(size_t n, size_t axes, size_t ny, size_t outputs, size_t ns) const {
        if (status_ != SNA_OK) refuse("the artifact was refused; look at status and rule");
        if (axes != model_.n_axes || outputs != model_.n_outputs || ny != n || ns != n)
            refuse("x (N, D), y (N, K) and status (N,) do not fit the model");
        return n;
    }

    template <typename Call> int locked(size_t n, Call call) const {
        if (n <= kKeepGil) return call(workspace(work_size_));
        nb::gil_scoped_release release;
        return call(workspace(work_size_));
    }

    sna_status interval(const double *x, const double *y, double *lower, double *upper,
                        double level, uint64_t columns, void *work) const {
        sna_status worst = SNA_OK;
        for (unsigned k = 0; k < model_.n_outputs; k++) {
            if (!(columns >> k & 1u)) continue;
            sna_status s = sna_interval_at(&model_, k, x, level, SNA_OK, y, lower + k, upper + k,
                                           work, work_size_);
            if (s < 0 && worst >= 0) worst = s;
        }
        return worst;
    }

    double first(const double *x) const {
        double y[SNA_MAX_OUTPUTS];
        signed char s = 0;
        sna_status status = host_ ? sna_host_eval(host_, 0, 1, x, y, &s, workspace(work_size_))
                                  : sna_eval(&model_, 0, x, y, workspace(work_size_), work_size_);
        if (status_ != SNA_OK || status < 0)
            refuse(sna_status_name(status_ != SNA_OK ? static_cast<sna_status>(status_) : status));
        return y[0];
    }

    Memory bytes_, prepared_;
    sna_model model_{};
    const sna_host *host_ = nullptr;
    size_t work_size_ = 0;
    int status_ = SNA_BAD_INPUT;
};

} // namespace

const sna_host *host_of(nb::handle model) { return nb::cast<const Model &>(model).host(); }

NB_MODULE(_native, m) {
    // a process may end while a daemon thread still holds a model; nothing is wrong with that
    nb::set_leak_warnings(false);
    nb::class_<Model>(m, "Model")
        .def(nb::init<nb::bytes>(), nb::arg("data"))
        .def_prop_ro("status", &Model::status)
        .def_prop_ro("rule", &Model::rule)
        .def_prop_ro("isa", &Model::isa)
        .def_prop_ro("n_axes", &Model::n_axes)
        .def_prop_ro("n_outputs", &Model::n_outputs)
        .def("value", &Model::value, nb::arg("x").noconvert(), nb::arg("y").noconvert(),
             nb::arg("status").noconvert(), nb::arg("extrapolate") = false)
        .def("value", &Model::value32, nb::arg("x").noconvert(), nb::arg("y").noconvert(),
             nb::arg("status").noconvert(), nb::arg("extrapolate") = false)
        .def("gradient", &Model::gradient, nb::arg("x").noconvert(), nb::arg("y").noconvert(),
             nb::arg("dy").noconvert(), nb::arg("status").noconvert(),
             nb::arg("extrapolate") = false)
        .def("point", &Model::point, nb::arg("x").noconvert(), nb::arg("y").noconvert())
        .def("answer", &Model::answer, nb::arg("x").noconvert(), nb::arg("out").noconvert(),
             nb::arg("level"), nb::arg("columns"), nb::arg("familiar"))
        .def("intervals", &Model::intervals, nb::arg("x").noconvert(), nb::arg("y").noconvert(),
             nb::arg("lower").noconvert(), nb::arg("upper").noconvert(), nb::arg("level"),
             nb::arg("columns"))
        .def("familiarity", &Model::familiarity, nb::arg("x").noconvert(), nb::arg("y").noconvert(),
             nb::arg("p").noconvert())
        .def("one", &Model::one, nb::arg("x").noconvert())
        .def("one", &Model::one32, nb::arg("x").noconvert());
    m.def("use", &sna_host_use, nb::arg("isa"));
    add_inverse(m);
    add_sweep(m);
}
