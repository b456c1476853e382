#pragma once

#include "core/train/run.h"
#include "r_interrupt.h"
#include "stop_signal.h"

namespace mlr3libtorch::glue {

/// Those of a training. SIGTERM, and an interrupt of a run that is to be kept, end it where it can go on from; a second
/// interrupt ends it at once.
class TrainingInterrupt : public RInterrupt {
 public:
  TrainingInterrupt(train::Run& run, bool keep) : run_(run), keep_(keep) {}

 protected:
  void look() override {
    if (stop_signal_has_come()) run_.ask_to_stop();
    try {
      RInterrupt::look();
    } catch (const Rcpp::internal::InterruptedException&) {
      if (!keep_ || run_.is_asked_to_stop()) throw;
      run_.ask_to_stop();
    }
  }

 private:
  train::Run& run_;
  bool keep_;
};

}  // namespace mlr3libtorch::glue
