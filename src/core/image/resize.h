#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/image/picture.h"
#include "core/value/arguments.h"
#include "core/value/description.h"

namespace mlr3libtorch::image {

/// How pixels between pixels are made.
struct Interpolation {
  enum class Kind { kNearest, kBilinear, kBicubic };
  Kind kind = Kind::kBilinear;
  /// Whether a smaller picture's pixels are means of all pixels that they cover; not for the nearest ones.
  bool antialias = true;
};

struct Extent {
  std::int64_t height;
  std::int64_t width;
};

/// As torch.nn.functional.interpolate(align_corners = False, antialias = ...) does, which is how torchvision resizes
/// tensors.
void resize(Picture& picture, const Extent& size, const Interpolation& interpolation);

/// A size that the user gave: height and width, or one number for both.
Extent both_sides(const std::vector<std::int64_t>& size);
/// The same for a resized picture: one number is its shorter side, and the shape stays.
Extent resized_extent(const Picture& picture, const std::vector<std::int64_t>& size);
/// Refuses what is not one or two numbers.
std::vector<std::int64_t> size_argument(const value::Arguments& arguments);

Interpolation interpolation_argument(const value::Arguments& arguments);
value::ArgumentDescription interpolation_description();
value::ArgumentDescription antialias_description();
value::ArgumentDescription size_description(const std::string& doc);

}  // namespace mlr3libtorch::image
