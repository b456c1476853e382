#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/network/operations/convolution_kernel.h"
#include "core/network/operations/stateless.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;

/// The settings of a convolution of any number of dimensions.
struct Geometry {
  Sizes kernel, stride, padding, dilation, output_padding;
  std::int64_t groups;
  bool transposed;
  std::string padding_mode;

  Geometry(const Arguments& arguments, bool is_transposed)
      : kernel(arguments.get<Sizes>("kernel_size")),
        stride(arguments.get<Sizes>("stride")),
        padding(arguments.get<Sizes>("padding")),
        dilation(arguments.get<Sizes>("dilation")),
        output_padding(is_transposed ? arguments.get<Sizes>("output_padding") : Sizes(kernel.size(), 0)),
        groups(arguments.get<std::int64_t>("groups")),
        transposed(is_transposed),
        padding_mode(arguments.get<std::string>("padding_mode")) {}

  bool pads_by_values() const { return padding_mode != "zeros"; }

  /// As at::pad() takes it: two numbers for each dimension, the last dimension first.
  Sizes both_sides() const {
    Sizes sides;
    for (auto size = padding.rbegin(); size != padding.rend(); ++size) sides.insert(sides.end(), {*size, *size});
    return sides;
  }
};

/// weight: [out, in / groups, kernel...], transposed [in, out / groups, kernel...]; bias: [out].
class Convolution : public Operation {
 public:
  Convolution(const Arguments& arguments, const BuildInput& build, bool transposed) : geometry_(arguments, transposed) {
    const auto in = build.inputs.at(0).size(1);
    const auto out = arguments.get<std::int64_t>("out_channels");
    const auto groups = geometry_.groups;
    TORCH_CHECK(in % groups == 0 && out % groups == 0, "the ", in, " channels of the input and the ", out,
                " of the output must both be divisible by 'groups', which is ", groups, ".");
    Sizes sizes{transposed ? in : out, (transposed ? out : in) / groups};
    sizes.insert(sizes.end(), geometry_.kernel.begin(), geometry_.kernel.end());
    const auto fan_in = c10::multiply_integers(sizes) / std::max<std::int64_t>(sizes[0], 1);
    weight_ = uniform_weight(sizes, fan_in_bound(fan_in), build);
    if (arguments.get<bool>("bias")) bias_ = uniform_weight({out}, fan_in_bound(fan_in), build);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    const auto& g = geometry_;
    const auto x = g.pads_by_values() ? at::pad(inputs[0], g.both_sides(), g.padding_mode) : inputs[0];
    const auto padding = g.pads_by_values() ? Sizes(g.padding.size(), 0) : g.padding;
    return at::convolution(x, weight_, bias_, g.stride, padding, g.dilation, g.transposed, g.output_padding, g.groups);
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots{{"weight", &weight_}};
    add_slot(slots, "bias", bias_);
    return slots;
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    const auto& g = geometry_;
    const auto dims = g.kernel.size();
    if (dims > 2 || g.transposed || g.pads_by_values()) return nullptr;
    ConvolutionShape shape{weight_.size(1) * g.groups, weight_.size(0), g.groups};
    for (std::size_t dim = 0; dim < dims; ++dim) {
      const auto place = dim + 2 - dims;
      shape.size[place] = inputs[0].sizes[dim + 1];
      shape.kernel[place] = g.kernel[dim];
      shape.stride[place] = g.stride[dim];
      shape.padding[place] = g.padding[dim];
      shape.dilation[place] = g.dilation[dim];
    }
    return std::make_unique<ConvolutionKernel>(shape, bias_.defined());
  }

 private:
  Geometry geometry_;
  at::Tensor weight_, bias_;
};

std::vector<value::ArgumentDescription> describe(bool transposed) {
  std::vector<value::ArgumentDescription> arguments{
      {"out_channels", "Number of output channels.", 1},
      {"kernel_size", "Size of the window; one number stands for all dimensions.", 1},
      {"stride", "Step of the window.", 1},
      {"padding", "How much is added on both sides of each dimension.", 0},
      {"dilation", "Distance between the window's elements.", 1},
      {"groups", "Number of groups of channels that are convolved separately.", 1},
      {"bias", "Whether each output channel has a learned shift."}};
  if (transposed) {
    arguments.push_back({"output_padding", "How much is added on one side of the output.", 0});
    arguments.push_back(value::one_of("padding_mode", "What padding consists of: always zeros.", {"zeros"}));
    return arguments;
  }
  arguments.push_back(
      value::one_of("padding_mode", "What padding consists of.", {"zeros", "reflect", "replicate", "circular"}));
  return arguments;
}

OperationRegistration convolution(int dims, bool transposed) {
  const auto n = std::to_string(dims);
  const auto name = (transposed ? "conv_transpose" : "conv") + n + "d";
  const auto list = "int[" + n + "] ";
  const auto schema = name + "(int out_channels, " + list + "kernel_size, " + list + "stride=1, " + list +
                      "padding=0, " + (transposed ? list + "output_padding=0, " : "") +
                      "int groups=1, bool bias=True, " + list + "dilation=1, str padding_mode='zeros') -> ()";
  const std::string what = transposed ? "A transposed convolution" : "A convolution";
  return {schema,
          {(transposed ? "Transposed convolution " : "Convolution ") + n + "d",
           what + " over the last " + (dims == 1 ? "dimension." : n + " dimensions."),
           describe(transposed),
           {"convolution"}},
          [name, dims, transposed](const Arguments& arguments, const BuildInput& build) {
            check_dimensions(name.c_str(), build.inputs.at(0), dims + 2);
            return std::make_unique<Convolution>(arguments, build, transposed);
          }};
}

const OperationRegistration convolution_registrations[] = {convolution(1, false), convolution(2, false),
                                                           convolution(3, false), convolution(1, true),
                                                           convolution(2, true),  convolution(3, true)};

}  // namespace
}  // namespace mlr3libtorch::network
