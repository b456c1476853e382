#pragma once

#include <string>
#include <utility>

#include "core/callback/callback.h"

namespace mlr3libtorch::callback {

/// What native callbacks share: the id they run under and the stages they were registered with, or some of these.
class NativeCallback : public Callback {
 public:
  explicit NativeCallback(NativeSetup setup) : setup_(std::move(setup)) {}
  const std::string& id() const final { return setup_.id; }
  StageSet stages() const final { return setup_.stages; }
  bool is_reproducible() const override { return true; }

 private:
  NativeSetup setup_;
};

}  // namespace mlr3libtorch::callback
