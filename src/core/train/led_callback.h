#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/callback/callback.h"
#include "core/parallel/exchange.h"

namespace mlr3libtorch::train {

/// A callback that runs on the first worker only, whose changes the others take over: at the first worker it is this
/// one, around the callback itself, and at the others a `Follower` of the same stages.
class LedCallback : public callback::Callback {
 public:
  LedCallback(std::unique_ptr<callback::Callback> own, std::shared_ptr<parallel::Exchange> exchange)
      : own_(std::move(own)), exchange_(std::move(exchange)) {}

  const std::string& id() const override { return own_->id(); }
  callback::StageSet stages() const override { return own_->stages(); }
  void run(callback::Stage stage, callback::Context& context) override;
  bool holds_gradients() const override { return own_->holds_gradients(); }
  c10::IValue state() const override { return own_->state(); }
  void load_state(const c10::IValue& state) override { own_->load_state(state); }

 private:
  std::unique_ptr<callback::Callback> own_;
  std::shared_ptr<parallel::Exchange> exchange_;
};

/// Stands for a `LedCallback` at the other workers.
class Follower : public callback::Callback {
 public:
  Follower(std::string id, const callback::StageSet& stages, std::shared_ptr<parallel::Exchange> exchange)
      : id_(std::move(id)), stages_(stages), exchange_(std::move(exchange)) {}

  const std::string& id() const override { return id_; }
  callback::StageSet stages() const override { return stages_; }
  void run(callback::Stage stage, callback::Context& context) override;

 private:
  std::string id_;
  callback::StageSet stages_;
  std::shared_ptr<parallel::Exchange> exchange_;
};

}  // namespace mlr3libtorch::train
