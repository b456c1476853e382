#pragma once

#include <ATen/core/function_schema.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/value/arguments.h"
#include "core/value/description.h"

namespace mlr3libtorch::value {

/// Parses a schema such as `adam(float lr=0.001) -> ()`; a mistake in it is a programming error and ends the load.
c10::FunctionSchema parse_schema(const std::string& text);

/// What R sees of an entry: enough to make parameter sets, checks and help.
struct Entry {
  c10::FunctionSchema schema;
  Description description;
};

/// The things of one kind that exist, each registered by the file that implements it.
/// `Inputs` are what a factory is given beside its arguments.
template <class Product, class... Inputs>
class Registry {
 public:
  using Factory = std::function<std::unique_ptr<Product>(const Arguments&, Inputs...)>;

  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  void add(const std::string& schema, Description description, Factory factory) {
    auto parsed = parse_schema(schema);
    const auto name = parsed.name();
    entries_.emplace(name, Entry{std::move(parsed), std::move(description)});
    factories_.emplace(name, std::move(factory));
  }

  const Entry& at(const std::string& name) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) throw base::UnknownNameError(kind_, name, names());
    return found->second;
  }

  Arguments bind(const std::string& name, const NamedValues& given) const {
    const auto& entry = at(name);
    return Arguments::bind(kind_, entry.schema, entry.description, given);
  }

  std::unique_ptr<Product> make(const std::string& name, const Arguments& arguments, Inputs... inputs) const {
    at(name);
    return factories_.at(name)(arguments, std::forward<Inputs>(inputs)...);
  }

  const std::map<std::string, Entry>& entries() const noexcept { return entries_; }
  const std::string& kind() const noexcept { return kind_; }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries_) names.push_back(name);
    return names;
  }

 private:
  std::string kind_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, Factory> factories_;
};

}  // namespace mlr3libtorch::value
