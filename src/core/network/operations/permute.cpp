#include <ATen/ATen.h>

#include <memory>
#include <utility>
#include <vector>

#include "core/network/operations/rows_dimension.h"
#include "core/network/operations/stateless.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;

/// Of the rows and of all other dimensions of `x`, counted from 0.
Sizes checked_dims(const Sizes& dims, std::int64_t count) {
  TORCH_CHECK(static_cast<std::int64_t>(dims.size()) == count, "'dims' must name each of the ", count,
              " dimensions once, the rows first; it has ", dims.size(), ".");
  TORCH_CHECK(at::maybe_wrap_dim(dims[0], count) == 0, "'dims' must begin with the dimension of the rows.");
  Sizes checked{0};
  for (std::size_t i = 1; i < dims.size(); ++i) checked.push_back(later_dimension(dims[i], count));
  return checked;
}

at::Tensor memory(float* values, std::int64_t rows, const Sizes& row) {
  Sizes sizes{rows};
  sizes.insert(sizes.end(), row.begin(), row.end());
  return at::from_blob(values, sizes, at::kFloat);
}

class PermuteKernel : public kernel::Kernel {
 public:
  /// `sizes`: of a row of the input.
  PermuteKernel(Sizes dims, Sizes sizes) : dims_(std::move(dims)), sizes_(std::move(sizes)), permuted_(sizes_) {
    for (std::size_t i = 1; i < dims_.size(); ++i) permuted_[i - 1] = sizes_[static_cast<std::size_t>(dims_[i]) - 1];
  }

  void forward(const kernel::Call& call) override {
    // from_blob() takes no constant memory; nothing is written to the input.
    auto* const x = const_cast<float*>(call.inputs[0].values);
    memory(call.output.values, call.rows, permuted_).copy_(memory(x, call.rows, sizes_).permute(dims_));
  }

  void backward(const kernel::Call& call) override {
    auto* const dx = call.inputs[0].gradients;
    if (dx == nullptr) return;
    memory(dx, call.rows, sizes_).permute(dims_).copy_(memory(call.output.gradients, call.rows, permuted_));
  }

 private:
  Sizes dims_, sizes_, permuted_;
};

Function permute(const Arguments& arguments) {
  return [dims = arguments.get<Sizes>("dims")](const at::Tensor& x) {
    return x.permute(checked_dims(dims, x.dim())).contiguous();
  };
}

KernelMaker permute_kernel(const Arguments& arguments) {
  return [dims = arguments.get<Sizes>("dims")](const std::vector<RowShape>& inputs) {
    const auto& sizes = inputs[0].sizes;
    return std::make_unique<PermuteKernel>(checked_dims(dims, static_cast<std::int64_t>(sizes.size()) + 1), sizes);
  };
}

const OperationRegistration permute_registration = stateless(
    "permute(int[] dims) -> ()",
    {"Permute",
     "Its dimensions in another order.",
     {{"dims",
       "The dimensions of the input, in the order of the output's; that of the rows stays the first. Negative "
       "numbers count from the last."}},
     {"shape"}},
    permute, permute_kernel);

}  // namespace
}  // namespace mlr3libtorch::network
