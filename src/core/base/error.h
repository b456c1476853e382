#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mlr3libtorch::base {

/// A fact that an error carries besides its message: a number, a word or a list of words.
using Field = std::variant<std::int64_t, double, std::string, std::vector<std::string>>;
using Fields = std::map<std::string, Field>;

/// What the core throws on purpose. R/condition_kinds.R lists all kinds and their fields.
/// `kind()` becomes the R condition class `mlr3libtorch_error_<kind>`, each field becomes a field of the condition.
class Error : public std::runtime_error {
 public:
  Error(std::string kind, const std::string& message, Fields fields = {})
      : std::runtime_error(message), kind_(std::move(kind)), fields_(std::move(fields)) {}

  const std::string& kind() const noexcept { return kind_; }
  const Fields& fields() const noexcept { return fields_; }

 private:
  std::string kind_;
  Fields fields_;
};

/// The user asked for something impossible: a value out of range, a combination that makes no sense.
class ConfigError : public Error {
 public:
  explicit ConfigError(const std::string& message, Fields fields = {}) : Error("config", message, std::move(fields)) {}
};

/// A name that no registry entry, argument or field has. Carries what it was meant to name and the known names.
class UnknownNameError : public Error {
 public:
  UnknownNameError(const std::string& what, const std::string& given, std::vector<std::string> known)
      : Error("unknown_name", "There is no " + what + " called '" + given + "'.",
              {{"what", what}, {"given", given}, {"known", std::move(known)}}) {}
};

/// Tensors whose shapes or types do not fit together.
class ShapeError : public Error {
 public:
  explicit ShapeError(const std::string& message, Fields fields = {}) : Error("shape", message, std::move(fields)) {}
};

/// A file that is missing, cannot be written, or is not what it should be.
class FileError : public Error {
 public:
  FileError(const std::string& path, const std::string& message) : Error("file", message, {{"path", path}}) {}
};

}  // namespace mlr3libtorch::base
