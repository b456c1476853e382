#pragma once

#include <string>

/// Text of programs in TorchScript.
namespace mlr3libtorch::script {

/// Without empty lines at the beginning, and without the white space that all of its lines begin with.
std::string without_indent(const std::string& code);

/// A message of the compiler without C++'s backtrace and source lines.
std::string compiler_message(const std::string& message);

}  // namespace mlr3libtorch::script
