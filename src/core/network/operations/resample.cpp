#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "core/network/operations/stateless.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;
using Numbers = std::vector<double>;

/// One number for each dimension after the channels; a single one stands for all.
template <class Number>
c10::optional<std::vector<Number>> for_each_place(const c10::optional<std::vector<Number>>& given, const at::Tensor& x,
                                                  const char* name) {
  if (!given) return c10::nullopt;
  const auto places = static_cast<std::size_t>(x.dim() - 2);
  if (given->size() == 1) return std::vector<Number>(places, given->front());
  TORCH_CHECK(given->size() == places, "'", name, "' has ", given->size(), " numbers, but the input has ", places,
              " dimensions after its channels; give one number for each.");
  return given;
}

/// With a factor, places are found by it and not by the ratio of the sizes, which are whole numbers.
at::Tensor upsampled(const at::Tensor& x, const std::string& mode, const c10::optional<Sizes>& sizes,
                     const c10::optional<Numbers>& factors, bool align) {
  const at::OptionalIntArrayRef size = sizes ? at::OptionalIntArrayRef(*sizes) : c10::nullopt;
  const c10::optional<at::ArrayRef<double>> factor =
      factors ? c10::optional<at::ArrayRef<double>>(*factors) : c10::nullopt;
  if (mode == "nearest" && x.dim() == 3) return at::upsample_nearest1d(x, size, factor);
  if (mode == "nearest" && x.dim() == 4) return at::upsample_nearest2d(x, size, factor);
  if (mode == "nearest" && x.dim() == 5) return at::upsample_nearest3d(x, size, factor);
  if (mode == "linear" && x.dim() == 3) return at::upsample_linear1d(x, size, align, factor);
  if (mode == "bilinear" && x.dim() == 4) return at::upsample_bilinear2d(x, size, align, factor);
  if (mode == "bicubic" && x.dim() == 4) return at::upsample_bicubic2d(x, size, align, factor);
  if (mode == "trilinear" && x.dim() == 5) return at::upsample_trilinear3d(x, size, align, factor);
  TORCH_CHECK(false, "the mode '", mode, "' is not for inputs of ", x.dim(),
              " dimensions; use 'linear' for 3, 'bilinear' or 'bicubic' for 4, 'trilinear' for 5, or 'nearest'.");
}

Function upsample(const Arguments& arguments) {
  return [size = arguments.get<c10::optional<Sizes>>("size"),
          factor = arguments.get<c10::optional<Numbers>>("scale_factor"), mode = arguments.get<std::string>("mode"),
          align = arguments.get<bool>("align_corners")](const at::Tensor& x) {
    TORCH_CHECK(x.dim() >= 3, "upsample takes inputs of shape (rows, channels, ...).");
    TORCH_CHECK(size.has_value() != factor.has_value(), "upsample needs either 'size' or 'scale_factor'; give one.");
    return upsampled(x, mode, for_each_place(size, x, "size"), for_each_place(factor, x, "scale_factor"), align);
  };
}

Function pad(const Arguments& arguments) {
  return [sides = arguments.get<Sizes>("padding"), mode = arguments.get<std::string>("mode"),
          value = arguments.get<double>("value")](const at::Tensor& x) {
    TORCH_CHECK(sides.size() % 2 == 0 && static_cast<std::int64_t>(sides.size()) / 2 < x.dim(), "'padding' has ",
                sides.size(),
                " numbers; give two for each padded dimension, the last one's first, "
                "and none for the rows.");
    return at::pad(x, sides, mode, mode == "constant" ? c10::optional<double>(value) : c10::nullopt);
  };
}

Function pixel_shuffle(const Arguments& arguments) {
  return [factor = arguments.get<std::int64_t>("upscale_factor")](const at::Tensor& x) {
    check_dimensions("pixel_shuffle", x, 4);
    return at::pixel_shuffle(x, factor);
  };
}

Function pixel_unshuffle(const Arguments& arguments) {
  return [factor = arguments.get<std::int64_t>("downscale_factor")](const at::Tensor& x) {
    check_dimensions("pixel_unshuffle", x, 4);
    return at::pixel_unshuffle(x, factor);
  };
}

Function channel_shuffle(const Arguments& arguments) {
  return [groups = arguments.get<std::int64_t>("groups")](const at::Tensor& x) {
    TORCH_CHECK(x.dim() >= 3, "channel_shuffle takes inputs of shape (rows, channels, ...).");
    TORCH_CHECK(x.size(1) % groups == 0, "the ", x.size(1), " channels cannot be shared among ", groups, " groups.");
    // at::channel_shuffle() has no gradient.
    return x.unflatten(1, {groups, x.size(1) / groups}).transpose(1, 2).flatten(1, 2);
  };
}

const OperationRegistration resample_registrations[] = {
    stateless(
        "upsample(int[]? size=None, float[]? scale_factor=None, str mode='nearest', bool align_corners=False) -> ()",
        {"Upsampling",
         "Its input, (rows, channels, ...), with another size of the last dimensions, by interpolation.",
         {{"size", "Size of the output; one number stands for all dimensions.", 1},
          {"scale_factor", "The output's size as a multiple of the input's.", 0},
          value::one_of("mode", "How values in between are found.",
                        {"nearest", "linear", "bilinear", "bicubic", "trilinear"}),
          {"align_corners", "Whether the outermost elements of input and output are the same; not for 'nearest'."}},
         {"resample"}},
        upsample),
    stateless("pad(int[] padding, str mode='constant', float value=0.0) -> ()",
              {"Padding",
               "Its input with elements added at the ends of its last dimensions.",
               {{"padding", "How many: two numbers for each dimension, beginning with the last dimension."},
                value::one_of("mode", "What they are.", {"constant", "reflect", "replicate", "circular"}),
                {"value", "The constant."}},
               {"resample"}},
              pad),
    stateless("pixel_shuffle(int upscale_factor) -> ()",
              {"Pixel shuffle",
               "Its input of shape (rows, channels r r, height, width) as (rows, channels, height r, width r). "
               "See Shi et al. (2016), arXiv:1609.05158.",
               {{"upscale_factor", "The factor r.", 1}},
               {"resample"}},
              pixel_shuffle),
    stateless("pixel_unshuffle(int downscale_factor) -> ()",
              {"Pixel unshuffle",
               "Its input of shape (rows, channels, height r, width r) as (rows, channels r r, height, width): the "
               "inverse of "
               "pixel_shuffle.",
               {{"downscale_factor", "The factor r.", 1}},
               {"resample"}},
              pixel_unshuffle),
    stateless("channel_shuffle(int groups) -> ()",
              {"Channel shuffle",
               "The channels in another order: the first of each group, then the second of each, and so on. "
               "See Zhang et al. (2018), arXiv:1707.01083.",
               {{"groups", "Number of groups.", 1}},
               {"resample"}},
              channel_shuffle),
};

}  // namespace
}  // namespace mlr3libtorch::network
