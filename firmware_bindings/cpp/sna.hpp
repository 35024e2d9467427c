// sna.hpp - C++17 face of sna.h, header only: a model that owns nothing but its workspace.
// SPDX-License-Identifier: Apache-2.0
// clang-format off
//
//     sna::Model<4096> model(bytes, size);  // workspace bytes on the stack or in .bss, no heap
//     if (!model) puts(model.reason());
//     std::array<sna_real, 2> y;
//     if (model.value({180.0f, 0.8f, 40.0f}, y) >= 0) ...
// clang-format on
#ifndef SNA_HPP
#define SNA_HPP

#include <array>
#include <cstddef>

#include "sna.h"

namespace sna {
#ifdef SNA_FLOAT
inline namespace real32 { // faces of floats and of doubles are two types to the linker
#else
inline namespace real64 {
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

    template <std::size_t D, std::size_t K>
    [[nodiscard]] sna_status value(const std::array<sna_real, D> &x, std::array<sna_real, K> &y,
                                   unsigned flags = 0) noexcept {
        if (status_ != SNA_OK) return status_;
        if (D != model_.n_axes || K != model_.n_outputs) return SNA_BAD_INPUT;
        return sna_eval(&model_, flags, x.data(), y.data(), work_, sizeof work_);
    }

    // dy[k * D + d] = dy_k / dx_d
    template <std::size_t D, std::size_t K>
    [[nodiscard]] sna_status gradient(const std::array<sna_real, D> &x, std::array<sna_real, K> &y,
                                      std::array<sna_real, K * D> &dy,
                                      unsigned flags = 0) noexcept {
        if (status_ != SNA_OK) return status_;
        if (D != model_.n_axes || K != model_.n_outputs) return SNA_BAD_INPUT;
        return sna_eval_grad(&model_, flags, x.data(), y.data(), dy.data(), work_, sizeof work_);
    }

#ifndef SNA_NO_COMPANIONS
    // Interval at `level` around output k; y and status as value() gave them at x.
    template <std::size_t D, std::size_t K>
    [[nodiscard]] sna_status interval(unsigned k, const std::array<sna_real, D> &x, sna_real level,
                                      sna_status status, const std::array<sna_real, K> &y,
                                      sna_real &low, sna_real &high) noexcept {
        if (status_ != SNA_OK) return status_;
        if (D != model_.n_axes || K != model_.n_outputs) return SNA_BAD_INPUT;
        return sna_interval_at(&model_, k, x.data(), level, status, y.data(), &low, &high, work_,
                               sizeof work_);
    }

    // How familiar x is: p; y and status as value() gave them at x.
    template <std::size_t D, std::size_t K>
    [[nodiscard]] sna_status familiarity(const std::array<sna_real, D> &x, sna_status status,
                                         const std::array<sna_real, K> &y, sna_real &p) noexcept {
        if (status_ != SNA_OK) return status_;
        if (D != model_.n_axes || K != model_.n_outputs) return SNA_BAD_INPUT;
        return sna_familiarity(&model_, x.data(), status, y.data(), &p, work_, sizeof work_);
    }

    // x of readings: those of the inputs, then the raw ones.
    template <std::size_t N, std::size_t D>
    [[nodiscard]] sna_status derive(const std::array<sna_real, N> &readings,
                                    std::array<sna_real, D> &x) const noexcept {
        if (status_ != SNA_OK) return status_;
        if (N != sna_readings(&model_) || D != model_.n_axes) return SNA_BAD_INPUT;
        return sna_derive(&model_, readings.data(), x.data());
    }
#endif

  private:
    sna_model model_{};
    sna_status status_;
    alignas(8) unsigned char work_[WorkBytes];
};

} // namespace real32 or real64
} // namespace sna
#endif
