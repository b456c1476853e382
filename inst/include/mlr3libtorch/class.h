#pragma once

#include <cmath>
#include <cstdio>
#include <exception>
#include <limits>
#include <memory>
#include <type_traits>

#include "arguments.h"
#include "context.h"
#include "state.h"

namespace mlr3libtorch {

/// The base of callbacks. Override the stages in which it is called; only those cost anything.
/// A class has a constructor that takes `const Arguments&`, or one that takes nothing.
class Callback {
 public:
  virtual ~Callback() = default;
#define MLR3LIBTORCH_STAGE(name) \
  virtual void name(Context& /*context*/) {}
  MLR3LIBTORCH_STAGES(MLR3LIBTORCH_STAGE)
#undef MLR3LIBTORCH_STAGE
  /// What must be kept after the run; a class that overrides one of the two overrides both.
  virtual void save(State& /*state*/) const {}
  virtual void load(const State& /*state*/) {}
};

/// What the schema cannot say about an argument.
struct Argument {
  const char* name;
  const char* doc;
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
};

// The functions below have internal linkage on purpose. Inline functions and their variables are one for the whole
// process, even between libraries that do not see each other: a class that is edited and compiled again under its old
// name would run the old code.
namespace {

template <class T>
struct Instance {
  Instance(const abi::Services* services, abi::Session* session)
      : link(services, session), context(link), callback(make(link)) {}

  static T make(const Link& link) {
    if constexpr (std::is_constructible_v<T, const Arguments&>) {
      return T(Arguments(link));
    } else {
      return T();
    }
  }

  Link link;
  Context context;
  T callback;
};

/// Runs the callback's code. No exception leaves the library it was compiled into.
template <class Body>
abi::Outcome contain(abi::Failure* failure, const Body& body) {
  const auto tell = [failure](const char* text) { std::snprintf(failure->text, sizeof failure->text, "%s", text); };
  try {
    body();
    return abi::kDone;
  } catch (const Refusal& refusal) {
    tell(refusal.what());
    return abi::kRefused;
  } catch (const std::exception& error) {
    tell(error.what());
  } catch (...) {
    tell("it threw something that is not a std::exception");
  }
  return abi::kThrew;
}

template <class T>
abi::Outcome create(const abi::Services* services, abi::Session* session, void** instance, abi::Failure* failure) {
  return contain(failure, [&] { *instance = std::make_unique<Instance<T>>(services, session).release(); });
}

template <class T>
void destroy(void* instance) {
  delete static_cast<Instance<T>*>(instance);
}

template <class T>
abi::Outcome run(void* instance, abi::Stage stage, abi::Failure* failure) {
  auto& self = *static_cast<Instance<T>*>(instance);
  return contain(failure, [&] {
    switch (stage) {
#define MLR3LIBTORCH_STAGE(name) \
  case abi::name:                \
    return self.callback.name(self.context);
      MLR3LIBTORCH_STAGES(MLR3LIBTORCH_STAGE)
#undef MLR3LIBTORCH_STAGE
      default:
        return;
    }
  });
}

template <class T>
abi::Outcome save(const void* instance, abi::Failure* failure) {
  const auto& self = *static_cast<const Instance<T>*>(instance);
  return contain(failure, [&] {
    State state(self.link);
    self.callback.save(state);
  });
}

template <class T>
abi::Outcome load(void* instance, abi::Failure* failure) {
  auto& self = *static_cast<Instance<T>*>(instance);
  return contain(failure, [&] { self.callback.load(State(self.link)); });
}

/// The stages that T overrides: a member that is inherited has the type of the base's.
template <class T>
constexpr std::uint32_t overridden_stages() {
  std::uint32_t stages = 0;
#define MLR3LIBTORCH_STAGE(name) \
  if (!std::is_same_v<decltype(&T::name), decltype(&Callback::name)>) stages |= std::uint32_t{1} << abi::name;
  MLR3LIBTORCH_STAGES(MLR3LIBTORCH_STAGE)
#undef MLR3LIBTORCH_STAGE
  return stages;
}

/// How the package sees T. What the pointers lead to must live as long as the library.
template <class T>
abi::Class class_of(const char* schema, const char* label, const char* doc, double weight) {
  static_assert(std::is_base_of_v<Callback, T>, "A callback inherits from mlr3libtorch::Callback.");
  constexpr bool saves = !std::is_same_v<decltype(&T::save), decltype(&Callback::save)>;
  constexpr bool loads = !std::is_same_v<decltype(&T::load), decltype(&Callback::load)>;
  static_assert(saves == loads, "A callback with a state overrides both save() and load().");
  return {abi::kVersion, overridden_stages<T>(),
          saves,         0,
          nullptr,       schema,
          label,         doc,
          weight,        create<T>,
          destroy<T>,    run<T>,
          save<T>,       load<T>};
}

}  // namespace
}  // namespace mlr3libtorch
