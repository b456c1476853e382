#pragma once

#include <string>

namespace mlr3libtorch::base {

/// Receives every message of the core. The base class drops them.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void warn(const std::string& /*message*/) {}
  virtual void info(const std::string& /*message*/) {}
};

}  // namespace mlr3libtorch::base
