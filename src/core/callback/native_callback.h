#pragma once

#include <string>
#include <utility>

#include "core/callback/callback.h"

namespace mlr3libtorch::callback {

/// What native callbacks share: the id they run under and the stages they were registered with.
class NativeCallback : public Callback {
 public:
  NativeCallback(std::string id, StageSet stages) : id_(std::move(id)), stages_(stages) {}
  const std::string& id() const final { return id_; }
  StageSet stages() const final { return stages_; }

 private:
  std::string id_;
  StageSet stages_;
};

}  // namespace mlr3libtorch::callback
