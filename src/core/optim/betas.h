#pragma once

#include "core/base/error.h"
#include "core/value/arguments.h"

namespace mlr3libtorch::optim {

/// The setting `betas`: how much of two running means is kept in each step.
struct Betas {
  double first, second;

  explicit Betas(const value::Arguments& settings) {
    const auto betas = settings.at("betas").toDoubleList();
    first = betas[0];
    second = betas[1];
  }
};

/// A running mean that keeps everything never moves, and the correction for its start at zero divides by zero.
inline void check_betas(const value::Arguments& settings) {
  const Betas betas(settings);
  if (betas.first < 1 && betas.second < 1) return;
  throw base::ConfigError("Each of 'betas' must be less than 1.", {{"argument", "betas"}});
}

}  // namespace mlr3libtorch::optim
