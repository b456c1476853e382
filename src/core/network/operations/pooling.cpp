#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "core/network/operations/pooling_kernel.h"
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

/// A number for each dimension; one number stands for all.
std::int64_t of_dimension(const Sizes& sizes, std::size_t dim) { return sizes.size() == 1 ? sizes[0] : sizes[dim]; }

/// The shape for windows that `windows(size of a dimension, number of the dimension)` gives; for at most two
/// dimensions.
template <int kDims, class Windows>
PoolingShape pooling_shape(const RowShape& input, const Windows& windows) {
  PoolingShape shape{input.sizes[0]};
  shape.ranges[0] = {{0, 1, 1}};
  for (std::size_t dim = 0; dim < kDims; ++dim) {
    const auto place = dim + 2 - kDims;
    shape.size[place] = input.sizes[dim + 1];
    shape.ranges[place] = windows(input.sizes[dim + 1], dim);
  }
  return shape;
}

/// Places that are far apart may all lie in the padding.
bool sees_something(const PoolingShape& shape) {
  return std::all_of(shape.ranges.begin(), shape.ranges.end(), [](const auto& ranges) {
    return std::all_of(ranges.begin(), ranges.end(), [](const WindowRange& range) { return range.count() > 0; });
  });
}

using MakePoolingKernel = std::unique_ptr<kernel::Kernel> (*)(const PoolingShape&);

/// For windows that move, all of them whole. `counts_padding`: whether it counts in a mean.
template <int kDims>
KernelMaker moving_kernel(const Arguments& arguments, const Sizes& dilation, bool counts_padding,
                          MakePoolingKernel make) {
  if (kDims > 2 || arguments.get<bool>("ceil_mode")) return {};
  return [=, kernel = arguments.get<Sizes>("kernel_size"), stride = stride_of(arguments),
          padding = arguments.get<Sizes>("padding")](const std::vector<RowShape>& inputs) {
    auto shape = pooling_shape<kDims>(inputs[0], [&](std::int64_t size, std::size_t dim) {
      return moving_windows(size, of_dimension(kernel, dim), of_dimension(stride, dim), of_dimension(padding, dim),
                            of_dimension(dilation, dim));
    });
    for (std::size_t dim = 0; counts_padding && dim < kDims; ++dim) {
      shape.divisor = std::max<std::int64_t>(shape.divisor, 1) * of_dimension(kernel, dim);
    }
    return sees_something(shape) ? make(shape) : nullptr;
  };
}

template <int kDims>
KernelMaker max_pool_kernel(const Arguments& arguments) {
  return moving_kernel<kDims>(arguments, arguments.get<Sizes>("dilation"), false, max_pooling_kernel);
}

template <int kDims>
KernelMaker avg_pool_kernel(const Arguments& arguments) {
  return moving_kernel<kDims>(arguments, {1}, arguments.get<bool>("count_include_pad"), mean_pooling_kernel);
}

template <int kDims, MakePoolingKernel kMake>
KernelMaker adaptive_kernel(const Arguments& arguments) {
  if (kDims > 2) return {};
  return [counts = arguments.get<Sizes>("output_size")](const std::vector<RowShape>& inputs) {
    return kMake(pooling_shape<kDims>(inputs[0], [&](std::int64_t size, std::size_t dim) {
      return adaptive_windows(size, of_dimension(counts, dim));
    }));
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
                              std::vector<ArgumentDescription> described, Function (*make)(const Arguments&),
                              KernelMaker (*make_kernel)(const Arguments&)) {
  const auto n = std::to_string(dims);
  for (auto position = arguments.find('N'); position != std::string::npos; position = arguments.find('N', position)) {
    if (arguments.compare(position, 4, "None") == 0) {
      ++position;
    } else {
      arguments.replace(position, 1, n);
    }
  }
  const auto name = kind + n + "d";
  return stateless(
      name + "(" + arguments + ") -> ()",
      {doc + " pooling " + n + "d",
       doc + " of windows over the last " + (dims == 1 ? "dimension." : n + " dimensions."),
       std::move(described),
       {"pooling"}},
      [name, dims, make](const Arguments& values) -> Function {
        return [name, dims, pool = make(values)](const at::Tensor& x) {
          check_dimensions(name.c_str(), x, dims + 2);
          return pool(x);
        };
      },
      make_kernel);
}

template <int kDims>
struct Pooling {
  OperationRegistration max = pooling(
      "max_pool", kDims,
      "int[N] kernel_size, int[N]? stride=None, int[N] padding=0, int[N] dilation=1, bool ceil_mode=False", "Maximum",
      {kKernelSize, kStride, kPadding, kDilation, kCeilMode}, max_pool<kDims>, max_pool_kernel<kDims>);
  OperationRegistration average = pooling(
      "avg_pool", kDims,
      "int[N] kernel_size, int[N]? stride=None, int[N] padding=0, bool ceil_mode=False, bool count_include_pad=True",
      "Mean", {kKernelSize, kStride, kPadding, kCeilMode, kCountsPadding}, avg_pool<kDims>, avg_pool_kernel<kDims>);
  OperationRegistration adaptive_max =
      pooling("adaptive_max_pool", kDims, "int[N] output_size", "Adaptive maximum", {kOutputSize},
              adaptive_max_pool<kDims>, adaptive_kernel<kDims, max_pooling_kernel>);
  OperationRegistration adaptive_average =
      pooling("adaptive_avg_pool", kDims, "int[N] output_size", "Adaptive mean", {kOutputSize},
              adaptive_avg_pool<kDims>, adaptive_kernel<kDims, mean_pooling_kernel>);
};

const Pooling<1> pooling_1d_registration;
const Pooling<2> pooling_2d_registration;
const Pooling<3> pooling_3d_registration;

}  // namespace
}  // namespace mlr3libtorch::network
