#pragma once

#include <ATen/core/function_schema.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/names.h"
#include "core/value/arguments.h"
#include "core/value/description.h"

namespace mlr3libtorch::value {

/// Parses a schema such as `adam(float lr=0.001) -> ()`; a mistake in it is a programming error and ends the load.
c10::FunctionSchema parse_schema(const std::string& text);

/// The part of an entry that R sees: enough to make parameter sets, checks and help.
struct Entry {
  c10::FunctionSchema schema;
  Description description;
};

/// For registries whose entries have only what `Entry` has.
struct NoFacts {};

/// All things of one kind, each registered by the file that implements it.
/// `Facts` is what is known about an entry before it is made; `Inputs` are what a factory gets besides its arguments.
template <class Product, class Facts = NoFacts, class... Inputs>
class Registry {
 public:
  using Factory = std::function<std::unique_ptr<Product>(const Arguments&, Inputs...)>;

  struct Registered : Entry {
    Facts facts;
    Factory factory;
  };

  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  /// A name that exists already is a programming error and ends the load.
  void add(c10::FunctionSchema schema, Description description, Factory factory, Facts facts = {}) {
    const auto name = schema.name();
    Registered entry{{std::move(schema), std::move(description)}, std::move(facts), std::move(factory)};
    if (entries_.emplace(name, std::move(entry)).second) return;
    throw base::Error("registry",
                      "There are two of kind '" + kind_ + "' called '" + name +
                          "': give one of them another name in its registration.",
                      {{"name", name}});
  }

  void add(const std::string& schema, Description description, Factory factory, Facts facts = {}) {
    add(parse_schema(schema), std::move(description), std::move(factory), std::move(facts));
  }

  const Registered& at(const std::string& name) const { return base::value_called(entries_, kind_, name); }

  Arguments bind(const std::string& name, const NamedValues& given) const {
    const auto& entry = at(name);
    return Arguments::bind(kind_, entry.schema, entry.description, given);
  }

  std::unique_ptr<Product> make(const std::string& name, const Arguments& arguments, Inputs... inputs) const {
    return at(name).factory(arguments, std::forward<Inputs>(inputs)...);
  }

  const std::map<std::string, Registered>& entries() const noexcept { return entries_; }
  const std::string& kind() const noexcept { return kind_; }
  std::vector<std::string> names() const { return base::keys_of(entries_); }

 private:
  std::string kind_;
  std::map<std::string, Registered> entries_;
};

}  // namespace mlr3libtorch::value
