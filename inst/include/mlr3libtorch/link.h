#pragma once

#include <stdexcept>
#include <string>

#include "abi.h"

namespace mlr3libtorch {

/// What the package answers to a request that cannot be met; a callback that does not catch it ends the training.
class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A callback's way to the package.
class Link {
 public:
  Link(const abi::Services* services, abi::Session* session) : services_(services), session_(session) {}

  template <class... Given, class... Taken>
  void call(abi::Outcome (*abi::Services::*service)(abi::Session*, Taken...), Given... given) const {
    if ((services_->*service)(session_, given...) != abi::kDone) throw Refusal(services_->problem(session_));
  }

 private:
  const abi::Services* services_;
  abi::Session* session_;
};

}  // namespace mlr3libtorch
