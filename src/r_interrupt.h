#pragma once

#include <chrono>

#include "core/base/interrupt.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// R's pending interrupts, looked for by the clock: a look costs R 90 ns and a batch may be shorter than that.
class RInterrupt : public base::Interrupt {
 public:
  void check() override {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_look_ < kInterval) return;
    last_look_ = now;
    look();
  }

 protected:
  virtual void look() { Rcpp::checkUserInterrupt(); }

 private:
  static constexpr std::chrono::milliseconds kInterval{20};
  std::chrono::steady_clock::time_point last_look_ = std::chrono::steady_clock::now();
};

}  // namespace mlr3libtorch::glue
