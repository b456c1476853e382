#include <ATen/ATen.h>
#include <ATen/WrapDimUtils.h>

#include <functional>
#include <set>
#include <utility>

#include "core/kernel/elementwise_kernel.h"
#include "core/network/operations/rows_dimension.h"
#include "core/network/operations/stateless.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;

Function flatten(const Arguments& arguments) {
  return [first = arguments.get<std::int64_t>("start_dim"),
          last = arguments.get<std::int64_t>("end_dim")](const at::Tensor& x) {
    return at::flatten(x, later_dimension(first, x.dim()), later_dimension(last, x.dim()));
  };
}

/// -1 in the place of the rows stands for their number, so that another size may be -1 as well.
Function reshape(const Arguments& arguments) {
  return [shape = arguments.get<std::vector<std::int64_t>>("shape")](const at::Tensor& x) {
    TORCH_CHECK(!shape.empty() && shape[0] == -1,
                "the first number of 'shape' stands for the rows, whose number is open; it must be -1.");
    auto sizes = shape;
    sizes[0] = x.size(0);
    return at::reshape(x, sizes);
  };
}

/// From the last dimension to the first, so that removing one does not move those that follow.
Function squeeze(const Arguments& arguments) {
  return [dims = arguments.get<std::vector<std::int64_t>>("dim")](const at::Tensor& x) {
    std::set<std::int64_t, std::greater<>> places;
    for (const auto dim : dims) places.insert(later_dimension(dim, x.dim()));
    auto squeezed = x;
    for (const auto place : places) {
      TORCH_CHECK(x.size(place) == 1, "a dimension that is removed must have size 1, not ", x.size(place), ".");
      squeezed = squeezed.squeeze(place);
    }
    return squeezed;
  };
}

Function unsqueeze(const Arguments& arguments) {
  return [dim = arguments.get<std::int64_t>("dim")](const at::Tensor& x) {
    return x.unsqueeze(later_dimension(dim, x.dim() + 1));
  };
}

/// The same numbers in another shape.
OperationRegistration shape(const char* schema, value::Description description,
                            std::function<Function(const Arguments&)> make) {
  description.tags = {"shape"};
  return stateless(schema, std::move(description), std::move(make), [](const Arguments& /*arguments*/) {
    return [](const std::vector<RowShape>& /*inputs*/) { return std::make_unique<kernel::ViewKernel>(); };
  });
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
