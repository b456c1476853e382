#include <ATen/ATen.h>

#include "core/network/operation.h"

namespace mlr3libtorch::network {
namespace {

using Function = at::Tensor (*)(const at::Tensor&, std::int64_t);

/// Probabilities along one dimension, or their logarithms.
class Softmax : public Operation {
 public:
  Softmax(Function function, std::int64_t dim) : function_(function), dim_(dim) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return function_(inputs[0], dim_);
  }

 private:
  Function function_;
  std::int64_t dim_;
};

OperationRegistration softmax(const char* schema, const char* label, const char* doc, Function function) {
  return {schema,
          {label, doc, {{"dim", "The dimension that sums to 1; negative numbers count from the last."}}, {"softmax"}},
          [function](const value::Arguments& arguments, const BuildInput& /*build*/) {
            return std::make_unique<Softmax>(function, arguments.get<std::int64_t>("dim"));
          }};
}

const OperationRegistration registrations[] = {
    softmax("softmax(int dim=-1) -> ()", "Softmax", "exp(x) / sum(exp(x))",
            [](const at::Tensor& x, std::int64_t dim) { return at::softmax(x, dim); }),
    softmax("log_softmax(int dim=-1) -> ()", "Log softmax", "log(exp(x) / sum(exp(x)))",
            [](const at::Tensor& x, std::int64_t dim) { return at::log_softmax(x, dim); }),
};

}  // namespace
}  // namespace mlr3libtorch::network
