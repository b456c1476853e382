#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/callback/context.h"
#include "core/callback/native_callback.h"

namespace mlr3libtorch::callback {

/// What ema and swa share: an average of the weights, and of all buffers except batch normalisation's, which are
/// computed again for it. The network has it in validation and after the run. Training goes on with its own weights,
/// which the state keeps meanwhile.
class WeightAverage : public NativeCallback {
 public:
  explicit WeightAverage(NativeSetup setup);

  void run(Stage stage, Context& context) final;
  c10::IValue state() const final;
  void load_state(const c10::IValue& saved) final;

  /// The stages of every weight average; `own` is the one in which it is updated.
  static StageSet stages_with(Stage own);

 protected:
  /// The share of the current weights in the average that this stage makes; 0 if it makes none.
  virtual double share(Stage stage, const Context& context, std::int64_t updates) const = 0;

 private:
  void begin(Context& context);
  void update(Context& context, double share);
  void measure(Context& context);
  void swap_in(Context& context);
  void swap_out(Context& context);

  std::int64_t updates_ = 0;
  std::vector<at::Tensor> average_;   // empty before the first update
  bool is_measured_ = false;          // whether its statistics of batches are those of its weights
  std::vector<at::Tensor> training_;  // the weights of training, while the average is in the network
};

}  // namespace mlr3libtorch::callback
