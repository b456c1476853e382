#include <algorithm>

#include "core/base/error.h"
#include "core/image/crop.h"
#include "core/image/transform.h"

namespace mlr3libtorch::image {
namespace {

/// Which pixel of a row of `length` stands at a position outside of it.
std::int64_t mirrored(std::int64_t position, std::int64_t length, const std::string& mode) {
  if (mode == "edge" || length == 1) return std::clamp<std::int64_t>(position, 0, length - 1);
  const bool twice = mode == "symmetric";
  const auto last = length - 1;
  while (position < 0 || position > last) {
    if (position < 0) position = -position - (twice ? 1 : 0);
    if (position > last) position = 2 * last - position + (twice ? 1 : 0);
  }
  return position;
}

void fill_row(float* to, const float* from, std::int64_t width, const Margins& margins, const std::string& mode) {
  std::copy(from, from + width, to + margins.left);
  if (mode == "constant") return;
  for (std::int64_t x = 0; x < margins.left; ++x) to[x] = from[mirrored(x - margins.left, width, mode)];
  for (std::int64_t x = 0; x < margins.right; ++x) {
    to[margins.left + width + x] = from[mirrored(width + x, width, mode)];
  }
}

class Pad : public Transform {
 public:
  explicit Pad(const value::Arguments& arguments)
      : margins_(margins_argument(arguments.get<std::vector<std::int64_t>>("padding"))),
        padding_(padding_argument(arguments)) {}

  void apply(Picture& picture, Random& /*random*/) const override {
    require_picture(picture);
    pad(picture, margins_, padding_);
  }

 private:
  Margins margins_;
  Padding padding_;
};

const auto pad_registration = register_transform<Pad>(
    "pad(int[] padding, float fill=0., str padding_mode='constant') -> ()", "Pad", "Adds margins to each picture.",
    {{"padding", "Pixels: one number, two (left and right, top and bottom) or four (left, right, top, bottom).", 0,
      65536},
     {"fill", "The value of the margins' pixels in the mode \"constant\"."},
     value::one_of("padding_mode",
                   "\"constant\"; \"edge\", the pixels at the edge; \"reflect\", mirrored there; \"symmetric\", "
                   "mirrored with the pixels at the edge.",
                   {"constant", "edge", "reflect", "symmetric"})},
    {"trafo"});

}  // namespace

void pad(Picture& picture, const Margins& margins, const Padding& padding) {
  if (margins.left == 0 && margins.right == 0 && margins.top == 0 && margins.bottom == 0) return;
  const auto width = picture.width() + margins.left + margins.right;
  auto result = blank_picture(picture.channels(), picture.height() + margins.top + margins.bottom, width);
  const bool is_constant = padding.mode == "constant";
  if (is_constant) std::fill(result.values.begin(), result.values.end(), padding.fill);
  for (std::int64_t c = 0; c < picture.channels(); ++c) {
    for (std::int64_t y = 0; y < result.height(); ++y) {
      const auto position = y - margins.top;
      const bool is_outside = position < 0 || position >= picture.height();
      if (is_outside && is_constant) continue;
      const auto row = is_outside ? mirrored(position, picture.height(), padding.mode) : position;
      fill_row(result.channel(c) + y * width, picture.channel(c) + row * picture.width(), picture.width(), margins,
               padding.mode);
    }
  }
  picture = std::move(result);
}

Margins margins_argument(const std::vector<std::int64_t>& numbers) {
  if (numbers.size() == 1) return {numbers[0], numbers[0], numbers[0], numbers[0]};
  if (numbers.size() == 2) return {numbers[0], numbers[0], numbers[1], numbers[1]};
  if (numbers.size() == 4) return {numbers[0], numbers[1], numbers[2], numbers[3]};
  throw base::ConfigError("'padding' must be 1, 2 or 4 numbers, not " + std::to_string(numbers.size()) + ".",
                          {{"argument", "padding"}});
}

Padding padding_argument(const value::Arguments& arguments) {
  return {arguments.get<std::string>("padding_mode"), static_cast<float>(arguments.get<double>("fill"))};
}

}  // namespace mlr3libtorch::image
