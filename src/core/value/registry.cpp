#include "core/value/registry.h"

#include <torch/csrc/jit/frontend/function_schema_parser.h>

namespace mlr3libtorch::value {

c10::FunctionSchema parse_schema(const std::string& text) { return torch::jit::parseSchema(text); }

}  // namespace mlr3libtorch::value
