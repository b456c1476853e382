#include <ATen/ATen.h>

#include <functional>
#include <utility>

#include "core/network/operation.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;
using Merger = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

/// Makes one tensor of those of several nodes.
class Merge : public Operation {
 public:
  explicit Merge(Merger merger) : merger_(std::move(merger)) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return merger_(inputs);
  }

 private:
  Merger merger_;
};

at::Tensor sum(const std::vector<at::Tensor>& inputs) {
  auto result = inputs[0];
  for (std::size_t i = 1; i < inputs.size(); ++i) result = result + inputs[i];
  return result;
}

at::Tensor product(const std::vector<at::Tensor>& inputs) {
  auto result = inputs[0];
  for (std::size_t i = 1; i < inputs.size(); ++i) result = result * inputs[i];
  return result;
}

OperationRegistration merge(const char* schema, value::Description description,
                            const std::function<Merger(const Arguments&)>& make) {
  description.tags = {"merge"};
  return {schema, std::move(description),
          [make](const Arguments& arguments, const BuildInput& /*build*/) {
            return std::make_unique<Merge>(make(arguments));
          },
          kAnyNumber};
}

const OperationRegistration registrations[] = {
    merge("merge_sum() -> ()", {"Sum", "The sum of its inputs, whose shapes are equal or 1 where they differ.", {}},
          [](const Arguments& /*arguments*/) { return sum; }),
    merge("merge_prod() -> ()",
          {"Product", "The product of its inputs, whose shapes are equal or 1 where they differ.", {}},
          [](const Arguments& /*arguments*/) { return product; }),
    merge("merge_cat(int dim=-1) -> ()",
          {"Concatenation",
           "Its inputs side by side; only the sizes of one dimension may differ.",
           {{"dim", "The dimension along which they are joined; negative numbers count from the last."}}},
          [](const Arguments& arguments) -> Merger {
            return [dim = arguments.get<std::int64_t>("dim")](const std::vector<at::Tensor>& inputs) {
              return at::cat(inputs, dim);
            };
          }),
};

}  // namespace
}  // namespace mlr3libtorch::network
