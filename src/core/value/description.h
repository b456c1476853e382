#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace mlr3libtorch::value {

/// What a schema cannot say about one argument: its meaning and the values it accepts.
struct ArgumentDescription {
  std::string name;
  std::string doc;
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices = {};
};

/// An argument that is one of these words.
inline ArgumentDescription one_of(std::string name, std::string doc, std::vector<std::string> choices) {
  ArgumentDescription argument{std::move(name), std::move(doc)};
  argument.choices = std::move(choices);
  return argument;
}

/// What a schema cannot say about a registered thing.
struct Description {
  std::string label;
  std::string doc;
  std::vector<ArgumentDescription> arguments;
  /// What it can be used for; losses name the task types they fit ("classif", "regr").
  std::vector<std::string> tags = {};
};

}  // namespace mlr3libtorch::value
