// Python face of sna_host_sweep.h. Arrays of a tally are added to where they lie.
// SPDX-License-Identifier: Apache-2.0
#include "sweep.h"

#include <nanobind/ndarray.h>

#include <memory>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <vector>

#include "../host/sweep/sna_host_sweep.h"

namespace nb = nanobind;

namespace {

template <typename T, size_t N>
using Array = nb::ndarray<T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
using Ends = Array<const int64_t, 1>;

void need(bool fits) {
    if (!fits) throw std::invalid_argument("the arrays of a sweep do not fit the model");
}

struct Free {
    void operator()(void *p) const { std::free(p); }
};

class Sweep {
  public:
    Sweep(nb::object model, Array<const int32_t, 1> kinds, Array<const uint32_t, 1> words,
          Array<const double, 2> numbers, Array<const uint32_t, 1> cuts, Ends cut_ends,
          Array<const float, 1> values, Ends value_ends, Array<const double, 2> scales,
          Array<const double, 2> specs, uint64_t seed, Array<const uint32_t, 2> directions,
          uint64_t points)
        : model_(model), host_(host_of(model)), cuts_(cuts.data(), cuts.data() + cuts.shape(0)),
          values_(values.data(), values.data() + values.shape(0)),
          directions_(directions.data(), directions.data() + directions.size()) {
        const size_t axes = kinds.shape(0), outputs = scales.shape(0);
        need(host_ && axes == nb::cast<size_t>(model.attr("n_axes")) &&
             outputs == nb::cast<size_t>(model.attr("n_outputs")));
        need(words.shape(0) == axes && numbers.shape(0) == axes && numbers.shape(1) == 5 &&
             cut_ends.shape(0) == axes + 1 && value_ends.shape(0) == axes + 1 &&
             scales.shape(1) == 4 && specs.shape(1) == 3);
        need(directions.shape(1) == 32 && (directions.shape(0) == axes || !directions.shape(0)));
        need(points > 0 && points <= uint64_t{1} << 32);
        for (size_t d = 0; d < axes; d++)
            add_draw(kinds.data()[d], words.data()[d], numbers.data() + 5 * d, cut_ends.data() + d,
                     value_ends.data() + d);
        for (size_t k = 0; k < outputs; k++) {
            const double *s = scales.data() + 4 * k;
            scales_.push_back({s[0], s[1], s[2], s[3]});
        }
        for (size_t i = 0; i < specs.shape(0); i++) {
            const double *s = specs.data() + 3 * i;
            need(s[0] >= 0 && s[0] < static_cast<double>(outputs));
            specs_.push_back({static_cast<int>(s[0]), s[1], s[2]});
        }
        job_ = {draws_.data(),
                scales_.data(),
                specs_.data(),
                static_cast<int>(axes),
                static_cast<int>(outputs),
                static_cast<int>(specs_.size()),
                seed,
                directions_.empty() ? nullptr : directions_.data(),
                points};
        void *work = nullptr;
        if (posix_memalign(&work, 64, sna_sweep_work(host_, &job_))) throw std::bad_alloc();
        work_.reset(work);
    }

    void draw(uint64_t first, Array<float, 2> x) const {
        need(x.shape(1) == draws_.size());
        nb::gil_scoped_release release;
        sna_sweep_draw(&job_, first, x.shape(0), x.data());
    }

    void count(uint64_t first, size_t n, Array<int64_t, 2> counts, Array<int64_t, 1> statuses,
               Array<int64_t, 2> beyond, Array<int64_t, 1> inside, Array<double, 3> extremes,
               Array<int64_t, 3> at, Array<double, 2> sums) {
        const size_t outputs = scales_.size();
        need(counts.shape(0) == outputs && counts.shape(1) == SNA_SWEEP_BINS + 2 &&
             statuses.shape(0) == SNA_SWEEP_STATUSES && beyond.shape(0) == specs_.size() &&
             beyond.shape(1) == 2 && inside.shape(0) == 1 && sums.shape(0) == outputs &&
             sums.shape(1) == SNA_SWEEP_POWERS);
        for (size_t i = 0; i < 3; i++) {
            const size_t size = i == 0 ? outputs : i == 1 ? 2 : SNA_SWEEP_EXTREMES;
            need(extremes.shape(i) == size && at.shape(i) == size);
        }
        const sna_tally tally = {counts.data(), statuses.data(), beyond.data(),
                                 inside.data(), extremes.data(), at.data()};
        nb::gil_scoped_release release;
        sna_sweep_count(host_, &job_, first, n, &tally, sums.data(), work_.get());
    }

  private:
    void add_draw(int kind, uint32_t word, const double *numbers, const int64_t *cut,
                  const int64_t *value) {
        need(cut[0] >= 0 && cut[1] >= cut[0] && cut[1] <= static_cast<int64_t>(cuts_.size()) &&
             value[0] >= 0 && value[1] >= value[0] &&
             value[1] <= static_cast<int64_t>(values_.size()));
        sna_draw one = {};
        one.kind = kind;
        one.word = word;
        for (int i = 0; i < 5; i++) one.numbers[i] = numbers[i];
        one.cuts = cuts_.data() + cut[0];
        one.values = values_.data() + value[0];
        one.n_cuts = static_cast<uint32_t>(cut[1] - cut[0]);
        one.n_values = static_cast<uint32_t>(value[1] - value[0]);
        need(kind >= SNA_DRAW_FIXED && kind <= SNA_DRAW_GRID);
        need(kind != SNA_DRAW_GRID || (numbers[0] >= 1 && numbers[0] <= 0x1p53));
        need(kind < SNA_DRAW_ROWS || one.n_values > 0);
        need(kind != SNA_DRAW_LEVELS || one.n_values == one.n_cuts + 1);
        draws_.push_back(one);
    }

    nb::object model_; // keeps the host alive
    const sna_host *host_;
    std::vector<uint32_t> cuts_;
    std::vector<float> values_;
    std::vector<uint32_t> directions_;
    std::vector<sna_draw> draws_;
    std::vector<sna_scale> scales_;
    std::vector<sna_spec> specs_;
    sna_sweep job_{};
    std::unique_ptr<void, Free> work_;
};

} // namespace

void add_sweep(nb::module_ &m) {
    nb::class_<Sweep>(m, "Sweep")
        .def(nb::init<nb::object, Array<const int32_t, 1>, Array<const uint32_t, 1>,
                      Array<const double, 2>, Array<const uint32_t, 1>, Ends, Array<const float, 1>,
                      Ends, Array<const double, 2>, Array<const double, 2>, uint64_t,
                      Array<const uint32_t, 2>, uint64_t>(),
             nb::arg("model"), nb::arg("kinds"), nb::arg("words"), nb::arg("numbers"),
             nb::arg("cuts"), nb::arg("cut_ends"), nb::arg("values"), nb::arg("value_ends"),
             nb::arg("scales"), nb::arg("specs"), nb::arg("seed"), nb::arg("directions"),
             nb::arg("points"))
        .def("draw", &Sweep::draw, nb::arg("first"), nb::arg("x").noconvert())
        .def("count", &Sweep::count, nb::arg("first"), nb::arg("n"), nb::arg("counts").noconvert(),
             nb::arg("statuses").noconvert(), nb::arg("beyond").noconvert(),
             nb::arg("inside").noconvert(), nb::arg("extremes").noconvert(),
             nb::arg("at").noconvert(), nb::arg("sums").noconvert());
}
