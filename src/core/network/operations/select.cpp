#include <ATen/ATen.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/network/operations/rows_dimension.h"
#include "core/network/operations/stateless.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;

/// A row's numbers are `groups` groups of `places` places, each of `run` numbers, of which one place is chosen.
struct Place {
  std::int64_t groups, places, run, chosen;
};

class SelectKernel : public kernel::Kernel {
 public:
  explicit SelectKernel(const Place& place) : place_(place) {}

  void forward(const kernel::Call& call) override {
    for_each_run(call, [&](std::int64_t from, std::int64_t to) {
      std::copy_n(call.inputs[0].values + from, place_.run, call.output.values + to);
    });
  }

  void backward(const kernel::Call& call) override {
    auto* const dx = call.inputs[0].gradients;
    if (dx == nullptr) return;
    std::fill_n(dx, call.rows * call.inputs[0].width, 0.0F);
    for_each_run(call, [&](std::int64_t to, std::int64_t from) {
      std::copy_n(call.output.gradients + from, place_.run, dx + to);
    });
  }

 private:
  /// Calls `copy(place in the input, place in the output)`.
  template <class Copy>
  void for_each_run(const kernel::Call& call, const Copy& copy) const {
    for (std::int64_t group = 0; group < call.rows * place_.groups; ++group) {
      copy((group * place_.places + place_.chosen) * place_.run, group * place_.run);
    }
  }

  Place place_;
};

Function select(const Arguments& arguments) {
  return [dim = arguments.get<std::int64_t>("dim"), index = arguments.get<std::int64_t>("index")](const at::Tensor& x) {
    const auto at = later_dimension(dim, x.dim());
    TORCH_CHECK(index >= -x.size(at) && index < x.size(at), "'index' names a place beyond the ", x.size(at),
                " of its dimension.");
    return x.select(at, index);
  };
}

KernelMaker select_kernel(const Arguments& arguments) {
  return [dim = arguments.get<std::int64_t>("dim"),
          index = arguments.get<std::int64_t>("index")](const std::vector<RowShape>& inputs) {
    const auto& sizes = inputs[0].sizes;
    const auto at = later_dimension(dim, static_cast<std::int64_t>(sizes.size()) + 1) - 1;
    Place place{1, sizes[static_cast<std::size_t>(at)], 1, index};
    if (index < 0) place.chosen += place.places;
    for (std::int64_t i = 0; i < at; ++i) place.groups *= sizes[static_cast<std::size_t>(i)];
    place.run = inputs[0].width() / std::max<std::int64_t>(1, place.groups * place.places);
    return std::make_unique<SelectKernel>(place);
  };
}

const OperationRegistration select_registration =
    stateless("select(int dim, int index) -> ()",
              {"Select",
               "One place of a dimension, which is left out: the first token of (rows, tokens, features) as (rows, "
               "features).",
               {{"dim", "The dimension; negative numbers count from the last."},
                {"index", "The place; negative numbers count from the last."}},
               {"shape"}},
              select, select_kernel);

}  // namespace
}  // namespace mlr3libtorch::network
