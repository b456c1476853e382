#pragma once

#include <ATen/core/Tensor.h>
#include <mlr3libtorch/abi.h>

#include <deque>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "core/callback/context.h"
#include "core/value/arguments.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::callback {

/// The last score of a measure in a phase ("train" or "valid"); NaN if there is none yet.
using ScoreReader = std::function<double(const std::string& phase, const std::string& measure)>;

}  // namespace mlr3libtorch::callback

/// What a compiled callback may ask for: each part exists only during the call that needs it.
struct mlr3libtorch::abi::Session {
  callback::Context* context = nullptr;         // while a stage runs
  const value::Arguments* arguments = nullptr;  // while the callback is created
  value::Dictionary* saved = nullptr;           // while its state is saved
  const value::Dictionary* loaded = nullptr;    // while its state is loaded
  callback::ScoreReader scores = nullptr;

  // The last refusal, to be thrown again once the callback has returned.
  std::exception_ptr refusal = nullptr;
  std::string problem = {};

  // Memory that was lent for the call.
  std::vector<at::Tensor> tensors = {};
  std::vector<at::Tensor> writable = {};  // those of a batch that may be written to
  bool has_lent_target = false;           // to be written to
  std::deque<std::vector<double>> numbers = {};

  void end_call() {
    context = nullptr;
    arguments = nullptr;
    saved = nullptr;
    loaded = nullptr;
    refusal = nullptr;
    tensors.clear();
    writable.clear();
    has_lent_target = false;
    numbers.clear();
  }
};
