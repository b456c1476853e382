#include <ATen/ATen.h>

#include <array>
#include <string>
#include <tuple>

#include "core/network/operations/stateless.h"
#include "core/network/operations/window.h"

namespace mlr3libtorch::network {
namespace {

using value::ArgumentDescription;
using value::Arguments;

/// None stands for the size of the window.
Sizes stride_of(const Arguments& arguments) {
  return arguments.get<Sizes>(arguments.is_none("stride") ? "kernel_size" : "stride");
}

template <int kDims>
Function max_pool(const Arguments& arguments) {
  static constexpr std::array kFunctions{at::max_pool1d, at::max_pool2d, at::max_pool3d};
  return [kernel = arguments.get<Sizes>("kernel_size"), stride = stride_of(arguments),
          padding = arguments.get<Sizes>("padding"), dilation = arguments.get<Sizes>("dilation"),
          ceil = arguments.get<bool>("ceil_mode")](const at::Tensor& x) {
    check_window(x, {kernel, padding, dilation, ceil});
    return kFunctions[kDims - 1](x, kernel, stride, padding, dilation, ceil);
  };
}

template <int kDims>
Function avg_pool(const Arguments& arguments) {
  return [kernel = arguments.get<Sizes>("kernel_size"), stride = stride_of(arguments),
          padding = arguments.get<Sizes>("padding"), ceil = arguments.get<bool>("ceil_mode"),
          counts_padding = arguments.get<bool>("count_include_pad")](const at::Tensor& x) {
    check_window(x, {kernel, padding, {}, ceil});
    if constexpr (kDims == 1) return at::avg_pool1d(x, kernel, stride, padding, ceil, counts_padding);
    if constexpr (kDims == 2) return at::avg_pool2d(x, kernel, stride, padding, ceil, counts_padding);
    if constexpr (kDims == 3) return at::avg_pool3d(x, kernel, stride, padding, ceil, counts_padding);
  };
}

template <int kDims>
Function adaptive_avg_pool(const Arguments& arguments) {
  return [size = arguments.get<Sizes>("output_size")](const at::Tensor& x) {
    if constexpr (kDims == 1) return at::adaptive_avg_pool1d(x, size);
    if constexpr (kDims == 2) return at::adaptive_avg_pool2d(x, size);
    if constexpr (kDims == 3) return at::adaptive_avg_pool3d(x, size);
  };
}

template <int kDims>
Function adaptive_max_pool(const Arguments& arguments) {
  static constexpr std::array kFunctions{at::adaptive_max_pool1d, at::adaptive_max_pool2d, at::adaptive_max_pool3d};
  return [size = arguments.get<Sizes>("output_size")](const at::Tensor& x) {
    return std::get<0>(kFunctions[kDims - 1](x, size));
  };
}

const ArgumentDescription kKernelSize{"kernel_size", "Size of the window; one number stands for all dimensions.", 1};
const ArgumentDescription kStride{"stride", "Step of the window; unless given, its size.", 1};
const ArgumentDescription kPadding{"padding", "How much is added on both sides, at most half the window.", 0};
const ArgumentDescription kDilation{"dilation", "Distance between the window's elements.", 1};
const ArgumentDescription kCeilMode{"ceil_mode", "Whether a last, smaller window counts."};
const ArgumentDescription kCountsPadding{"count_include_pad", "Whether padding counts as zeros in the mean."};
const ArgumentDescription kOutputSize{"output_size", "Size of the output; one number stands for all dimensions.", 1};

/// `arguments` is the schema's list, in which N stands for the number of dimensions.
OperationRegistration pooling(const std::string& kind, int dims, std::string arguments, const std::string& doc,
                              std::vector<ArgumentDescription> described, Function (*make)(const Arguments&)) {
  const auto n = std::to_string(dims);
  for (auto position = arguments.find('N'); position != std::string::npos; position = arguments.find('N', position)) {
    if (arguments.compare(position, 4, "None") == 0) {
      ++position;
    } else {
      arguments.replace(position, 1, n);
    }
  }
  const auto name = kind + n + "d";
  return stateless(name + "(" + arguments + ") -> ()",
                   {doc + " pooling " + n + "d",
                    doc + " of windows over the last " + (dims == 1 ? "dimension." : n + " dimensions."),
                    std::move(described),
                    {"pooling"}},
                   [name, dims, make](const Arguments& values) -> Function {
                     return [name, dims, pool = make(values)](const at::Tensor& x) {
                       check_dimensions(name.c_str(), x, dims + 2);
                       return pool(x);
                     };
                   });
}

template <int kDims>
struct Pooling {
  OperationRegistration max =
      pooling("max_pool", kDims,
              "int[N] kernel_size, int[N]? stride=None, int[N] padding=0, int[N] dilation=1, bool ceil_mode=False",
              "Maximum", {kKernelSize, kStride, kPadding, kDilation, kCeilMode}, max_pool<kDims>);
  OperationRegistration average = pooling(
      "avg_pool", kDims,
      "int[N] kernel_size, int[N]? stride=None, int[N] padding=0, bool ceil_mode=False, bool count_include_pad=True",
      "Mean", {kKernelSize, kStride, kPadding, kCeilMode, kCountsPadding}, avg_pool<kDims>);
  OperationRegistration adaptive_max = pooling("adaptive_max_pool", kDims, "int[N] output_size", "Adaptive maximum",
                                               {kOutputSize}, adaptive_max_pool<kDims>);
  OperationRegistration adaptive_average = pooling("adaptive_avg_pool", kDims, "int[N] output_size", "Adaptive mean",
                                                   {kOutputSize}, adaptive_avg_pool<kDims>);
};

const Pooling<1> pooling_1d_registration;
const Pooling<2> pooling_2d_registration;
const Pooling<3> pooling_3d_registration;

}  // namespace
}  // namespace mlr3libtorch::network
