#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace mlr3libtorch::base {

/// The name that `name_of` (a function or a member) gives each element of `range`.
template <class Range, class NameOf>
std::vector<std::string> names_of(const Range& range, NameOf name_of) {
  std::vector<std::string> names;
  for (const auto& element : range) names.emplace_back(std::invoke(name_of, element));
  return names;
}

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  return names_of(map, &Map::value_type::first);
}

/// The value that `map` has under `name`; an UnknownNameError if it has none, in which `what` says what it should name.
template <class Map>
const typename Map::mapped_type& value_called(const Map& map, const std::string& what, const std::string& name) {
  const auto found = map.find(name);
  if (found == map.end()) throw UnknownNameError(what, name, keys_of(map));
  return found->second;
}

}  // namespace mlr3libtorch::base
