#pragma once

#include "core/train/run.h"
#include "glue/r_interrupt.h"
#include "glue/stop_signal.h"

namespace mlr3libtorch::glue {

/// Those of a training, which SIGTERM ends where it can go on later.
class TrainingInterrupt : public RInterrupt {
 public:
  explicit TrainingInterrupt(train::Run& run) : run_(run) {}

 protected:
  void look() override {
    if (stop_signal_has_come()) run_.ask_to_stop();
    RInterrupt::look();
  }

 private:
  train::Run& run_;
};

}  // namespace mlr3libtorch::glue
