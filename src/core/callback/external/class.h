#pragma once

#include <mlr3libtorch/abi.h>

#include <memory>
#include <string>

#include "core/callback/callback.h"
#include "core/callback/external/session.h"

namespace mlr3libtorch::callback {

/// A class of callbacks that a user compiled, after everything about it was checked.
class ExternalClass {
 public:
  /// Keeps the library that `described` points into loaded from now on: nobody can know when its last object, or
  /// exception, is gone. Throws base::Error of kind "callback_version" for one that was compiled against
  /// another version of the header, and base::ConfigError for one that makes no sense.
  static std::shared_ptr<const ExternalClass> open(const abi::Class& described);

  const abi::Class& functions() const noexcept { return functions_; }
  const value::Entry& entry() const noexcept { return entry_; }
  const CallbackFacts& facts() const noexcept { return facts_; }

 private:
  ExternalClass(const abi::Class& described, value::Entry entry, const CallbackFacts& facts)
      : functions_(described), entry_(std::move(entry)), facts_(facts) {}

  abi::Class functions_;
  value::Entry entry_;
  CallbackFacts facts_;
};

/// A callback of that class. `given` are values of the schema's arguments; those not given have their defaults.
std::unique_ptr<Callback> make_external(std::shared_ptr<const ExternalClass> external, std::string id,
                                        const value::NamedValues& given, ScoreReader scores = nullptr);

}  // namespace mlr3libtorch::callback
