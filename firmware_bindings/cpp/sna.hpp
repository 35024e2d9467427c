// sna.hpp - C++17 face of sna.h, header only: a model that owns nothing but its workspace.
// SPDX-License-Identifier: Apache-2.0
// clang-format off
//
//     sna::Model<4096> model(bytes, size);  // workspace bytes on the stack or in .bss, no heap
//     if (!model) puts(model.reason());
//     std::array<sna_real, 3> x{180.0f, 0.8f, 40.0f};
//     std::array<sna_real, 2> y;
//     if (model.value(x, y) >= 0) ...
//
// Every call also takes spans (std::span from C++20 on, sna::span before): of a vector, of part of
// a buffer, of C arrays. Lengths are checked, SNA_BAD_INPUT where they do not fit.
// clang-format on
#ifndef SNA_HPP
#define SNA_HPP

#if __cplusplus < 201703L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 201703L)
#error "sna.hpp: needs C++17; compile with -std=c++17, or call the functions of sna.h"
#endif

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>
#if __cplusplus >= 202002L
#include <span>
#endif

#include "sna.h"

namespace sna {
#ifdef SNA_FLOAT
inline namespace real32 { // faces of floats and of doubles are two types to the linker
#else
inline namespace real64 {
#endif

#if __cplusplus >= 202002L
template <class T> using span = std::span<T>;
#else
// What std::span is in C++20, as far as it is needed here: numbers of another owner.
template <class T> class span {
  public:
    constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <std::size_t N> constexpr span(T (&array)[N]) noexcept : data_(array), size_(N) {}
    template <class Container, class = std::enable_if_t<std::is_convertible_v<
                                   decltype(std::declval<Container &>().data()), T *>>>
    constexpr span(Container &&from) noexcept : data_(from.data()), size_(from.size()) {}
    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }

  private:
    T *data_;
    std::size_t size_;
};
#endif

template <std::size_t WorkBytes = 4096> class Model {
  public:
    Model(const void *bytes, std::size_t size) noexcept {
        status_ = sna_open(bytes, size, &model_);
        if (status_ == SNA_OK) status_ = sna_verify(&model_, work_, sizeof work_);
    }

    explicit operator bool() const noexcept { return status_ == SNA_OK; }
    sna_status status() const noexcept { return status_; }
    // The broken rule of FORMAT.md, or the name of the status.
    const char *reason() const noexcept {
        return model_.rule ? sna_rule_name(static_cast<sna_rule>(model_.rule))
                           : sna_status_name(status_);
    }
    unsigned inputs() const noexcept { return model_.n_axes; }
    unsigned outputs() const noexcept { return model_.n_outputs; }
    const sna_model &get() const noexcept { return model_; }

    [[nodiscard]] sna_status value(span<const sna_real> x, span<sna_real> y,
                                   unsigned flags = 0) noexcept {
        if (!fits(x, y)) return refused();
        return sna_eval(&model_, flags, x.data(), y.data(), work_, sizeof work_);
    }
    template <std::size_t D, std::size_t K>
    [[nodiscard]] sna_status value(const std::array<sna_real, D> &x, std::array<sna_real, K> &y,
                                   unsigned flags = 0) noexcept {
        return value(span<const sna_real>(x), span<sna_real>(y), flags);
    }

    // dy[k * D + d] = dy_k / dx_d
    [[nodiscard]] sna_status gradient(span<const sna_real> x, span<sna_real> y, span<sna_real> dy,
                                      unsigned flags = 0) noexcept {
        if (!fits(x, y) || dy.size() != x.size() * y.size()) return refused();
        return sna_eval_grad(&model_, flags, x.data(), y.data(), dy.data(), work_, sizeof work_);
    }
    template <std::size_t D, std::size_t K>
    [[nodiscard]] sna_status gradient(const std::array<sna_real, D> &x, std::array<sna_real, K> &y,
                                      std::array<sna_real, K * D> &dy,
                                      unsigned flags = 0) noexcept {
        return gradient(span<const sna_real>(x), span<sna_real>(y), span<sna_real>(dy), flags);
    }

    // Rows one behind the other: x[rows * D], y[rows * K], status[rows].
    [[nodiscard]] sna_status values(span<const sna_real> x, span<sna_real> y,
                                    span<signed char> status, unsigned flags = 0) noexcept {
        const std::size_t rows = status.size();
        if (status_ != SNA_OK || x.size() != rows * inputs() || y.size() != rows * outputs())
            return refused();
        return sna_eval_batch(&model_, flags, rows, x.data(), y.data(), status.data(), work_,
                              sizeof work_);
    }

#ifndef SNA_NO_COMPANIONS
    // Interval at `level` around output k; y and status as value() gave them at x.
    [[nodiscard]] sna_status interval(unsigned k, span<const sna_real> x, sna_real level,
                                      sna_status status, span<const sna_real> y, sna_real &low,
                                      sna_real &high) noexcept {
        if (!fits(x, y)) return refused();
        return sna_interval_at(&model_, k, x.data(), level, status, y.data(), &low, &high, work_,
                               sizeof work_);
    }
    template <std::size_t D, std::size_t K>
    [[nodiscard]] sna_status interval(unsigned k, const std::array<sna_real, D> &x, sna_real level,
                                      sna_status status, const std::array<sna_real, K> &y,
                                      sna_real &low, sna_real &high) noexcept {
        return interval(k, span<const sna_real>(x), level, status, span<const sna_real>(y), low,
                        high);
    }

    // How familiar x is: p; y and status as value() gave them at x.
    [[nodiscard]] sna_status familiarity(span<const sna_real> x, sna_status status,
                                         span<const sna_real> y, sna_real &p) noexcept {
        if (!fits(x, y)) return refused();
        return sna_familiarity(&model_, x.data(), status, y.data(), &p, work_, sizeof work_);
    }
    template <std::size_t D, std::size_t K>
    [[nodiscard]] sna_status familiarity(const std::array<sna_real, D> &x, sna_status status,
                                         const std::array<sna_real, K> &y, sna_real &p) noexcept {
        return familiarity(span<const sna_real>(x), status, span<const sna_real>(y), p);
    }

    // x of readings: those of the inputs, then the raw ones.
    [[nodiscard]] sna_status derive(span<const sna_real> readings,
                                    span<sna_real> x) const noexcept {
        if (status_ != SNA_OK || readings.size() != sna_readings(&model_) || x.size() != inputs())
            return refused();
        return sna_derive(&model_, readings.data(), x.data());
    }
    template <std::size_t N, std::size_t D>
    [[nodiscard]] sna_status derive(const std::array<sna_real, N> &readings,
                                    std::array<sna_real, D> &x) const noexcept {
        return derive(span<const sna_real>(readings), span<sna_real>(x));
    }
#endif

  private:
    bool fits(span<const sna_real> x, span<const sna_real> y) const noexcept {
        return status_ == SNA_OK && x.size() == inputs() && y.size() == outputs();
    }
    // Why nothing was asked: the model is not open, or a length is wrong.
    sna_status refused() const noexcept { return status_ != SNA_OK ? status_ : SNA_BAD_INPUT; }

    sna_model model_{};
    sna_status status_;
    alignas(8) unsigned char work_[WorkBytes];
};

} // namespace real32 or real64
} // namespace sna
#endif
