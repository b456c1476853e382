#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/image/picture.h"
#include "core/value/arguments.h"

namespace mlr3libtorch::image {

/// Part of a picture, from row `top` and column `left` on, both from 0.
struct Window {
  std::int64_t top;
  std::int64_t left;
  std::int64_t height;
  std::int64_t width;
};

/// What lies outside of the picture is 0, as in torchvision.
void crop(Picture& picture, const Window& window);

/// Pixels added at each side.
struct Margins {
  std::int64_t left;
  std::int64_t right;
  std::int64_t top;
  std::int64_t bottom;
};

/// What the margins are filled with.
struct Padding {
  /// "constant", "edge" (the pixel at the edge), "reflect" (mirrored there), "symmetric" (mirrored with that pixel).
  std::string mode = "constant";
  float fill = 0;
};

void pad(Picture& picture, const Margins& margins, const Padding& padding);

/// The user's numbers: one for all sides, two for left and right, top and bottom, or four in the order of `Margins`.
Margins margins_argument(const std::vector<std::int64_t>& numbers);
Padding padding_argument(const value::Arguments& arguments);

}  // namespace mlr3libtorch::image
