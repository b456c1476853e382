#pragma once

#include <ATen/core/ivalue.h>

#include <array>
#include <string>

#include "core/callback/stage.h"
#include "core/value/registry.h"

namespace mlr3libtorch::callback {

struct Context;

/// The stages in which a callback is called.
class StageSet {
 public:
  StageSet() = default;
  StageSet(std::initializer_list<Stage> stages) {
    for (const auto stage : stages) add(stage);
  }
  StageSet without(Stage stage) const {
    auto others = *this;
    others.members_[static_cast<std::size_t>(stage)] = false;
    return others;
  }
  void add(Stage stage) { members_[static_cast<std::size_t>(stage)] = true; }
  bool contains(Stage stage) const { return members_[static_cast<std::size_t>(stage)]; }

 private:
  std::array<bool, kStageCount> members_{};
};

/// What the loop calls in the stages that it subscribes to. Stages and state are used on R's thread only.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual const std::string& id() const = 0;
  virtual StageSet stages() const = 0;
  /// Whether there is something to do at this call of the stage; asked once before each.
  virtual bool due(Stage /*stage*/, const Context& /*context*/) { return true; }
  virtual void run(Stage stage, Context& context) = 0;
  /// Whether it keeps gradients that no step has used yet. If so at an epoch's end, the stage after_backward is called
  /// once more, with `Context::is_late_step`, and must leave the gradients for the optimizer's next step.
  virtual bool holds_gradients() const { return false; }
  /// Whether it does the same in every process that trains with the same network, batches and scores.
  virtual bool is_reproducible() const { return false; }
  /// Whether it runs in each worker of a run that is spread over several. If not, it runs in the first one, and the
  /// others take over what it has changed.
  virtual bool runs_everywhere() const { return is_reproducible(); }
  /// What must be kept after the run; none if there is nothing.
  virtual c10::IValue state() const { return {}; }
  virtual void load_state(const c10::IValue& /*state*/) {}
};

/// What is known about a registered callback before it is made.
struct CallbackFacts {
  /// All stages in which it may be called.
  StageSet stages;
  /// Callbacks run in the order of their weights.
  double weight = 0;
};

/// What a native callback is made with besides its arguments.
struct NativeSetup {
  /// The id it runs under.
  std::string id;
  /// The stages it was registered with.
  StageSet stages;
};

/// Native callbacks: registered by name, made from checked arguments.
using CallbackRegistry = value::Registry<Callback, CallbackFacts, NativeSetup>;
CallbackRegistry& callbacks();

/// The native callback called `name`, to be run under `id`.
std::unique_ptr<Callback> make_native(const std::string& name, const value::NamedValues& arguments, std::string id);

struct CallbackRegistration {
  CallbackRegistration(const char* schema, const CallbackFacts& facts, value::Description description,
                       CallbackRegistry::Factory factory);
};

}  // namespace mlr3libtorch::callback
