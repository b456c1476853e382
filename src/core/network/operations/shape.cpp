#include <ATen/ATen.h>
#include <ATen/WrapDimUtils.h>

#include <functional>
#include <set>
#include <utility>

#include "core/kernel/elementwise_kernel.h"
#include "core/network/operation.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;
using Reshape = std::function<at::Tensor(const at::Tensor&)>;

/// The same numbers in another shape.
class Shape : public Operation {
 public:
  explicit Shape(Reshape function) : function_(std::move(function)) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return function_(inputs[0]);
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return std::make_unique<kernel::ViewKernel>();
  }

 private:
  Reshape function_;
};

/// The dimension, counted from the first of `dims`. That of the rows cannot be changed.
std::int64_t wrapped(std::int64_t dim, std::int64_t dims) {
  const auto positive = at::maybe_wrap_dim(dim, dims);
  TORCH_CHECK(positive > 0,
              "the first dimension is that of the rows, which cannot be changed; choose a later dimension.");
  return positive;
}

Reshape flatten(const Arguments& arguments) {
  return [first = arguments.get<std::int64_t>("start_dim"), last = arguments.get<std::int64_t>("end_dim")](
             const at::Tensor& x) { return at::flatten(x, wrapped(first, x.dim()), wrapped(last, x.dim())); };
}

/// -1 in the place of the rows stands for their number, so that another size may be -1 as well.
Reshape reshape(const Arguments& arguments) {
  return [shape = arguments.get<std::vector<std::int64_t>>("shape")](const at::Tensor& x) {
    TORCH_CHECK(!shape.empty() && shape[0] == -1,
                "the first number of 'shape' stands for the rows, whose number is open; it must be -1.");
    auto sizes = shape;
    sizes[0] = x.size(0);
    return at::reshape(x, sizes);
  };
}

/// From the last dimension to the first, so that removing one does not move those that follow.
Reshape squeeze(const Arguments& arguments) {
  return [dims = arguments.get<std::vector<std::int64_t>>("dim")](const at::Tensor& x) {
    std::set<std::int64_t, std::greater<>> places;
    for (const auto dim : dims) places.insert(wrapped(dim, x.dim()));
    auto squeezed = x;
    for (const auto place : places) {
      TORCH_CHECK(x.size(place) == 1, "a dimension that is removed must have size 1, not ", x.size(place), ".");
      squeezed = squeezed.squeeze(place);
    }
    return squeezed;
  };
}

Reshape unsqueeze(const Arguments& arguments) {
  return [dim = arguments.get<std::int64_t>("dim")](const at::Tensor& x) {
    return x.unsqueeze(wrapped(dim, x.dim() + 1));
  };
}

OperationRegistration shape(const char* schema, value::Description description,
                            const std::function<Reshape(const Arguments&)>& make) {
  description.tags = {"shape"};
  return {schema, std::move(description), [make](const Arguments& arguments, const BuildInput& /*build*/) {
            return std::make_unique<Shape>(make(arguments));
          }};
}

const OperationRegistration shape_registrations[] = {
    shape("flatten(int start_dim=1, int end_dim=-1) -> ()",
          {"Flatten",
           "Joins several dimensions to one.",
           {{"start_dim", "The first of them."},
            {"end_dim", "The last of them; negative numbers count from the last dimension."}}},
          flatten),
    shape("reshape(int[] shape) -> ()",
          {"Reshape",
           "The same numbers in another shape.",
           {{"shape",
             "The new shape. The first number stands for the rows and is -1 (in R also NA); one more may be -1, which "
             "is then computed.",
             -1}}},
          reshape),
    shape("squeeze(int[] dim) -> ()",
          {"Squeeze",
           "Removes dimensions of size 1.",
           {{"dim", "The dimension, or several; negative numbers count from the last."}}},
          squeeze),
    shape("unsqueeze(int dim) -> ()",
          {"Unsqueeze",
           "Adds a dimension of size 1.",
           {{"dim", "The position of the new dimension; negative numbers count from the last."}}},
          unsqueeze),
};

}  // namespace
}  // namespace mlr3libtorch::network
