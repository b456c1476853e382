#include <algorithm>

#include "core/image/transform.h"

namespace mlr3libtorch::image {
namespace {

void mirror_rows(Picture& picture) {
  const auto width = picture.width();
  const auto rows = picture.channels() * picture.height();
  for (std::int64_t row = 0; row < rows; ++row) {
    float* first = picture.values.data() + row * width;
    std::reverse(first, first + width);
  }
}

void mirror_columns(Picture& picture) {
  const auto width = picture.width();
  for (std::int64_t c = 0; c < picture.channels(); ++c) {
    for (std::int64_t y = 0; y < picture.height() / 2; ++y) {
      float* row = picture.channel(c) + y * width;
      std::swap_ranges(row, row + width, picture.channel(c) + (picture.height() - 1 - y) * width);
    }
  }
}

/// Mirrors a picture, always or with probability `p`.
template <void (*mirror)(Picture&), bool is_random>
class Flip : public Transform {
 public:
  explicit Flip(const value::Arguments& arguments) {
    if constexpr (is_random) p_ = arguments.get<double>("p");
  }

  void apply(Picture& picture, Random& random) const override {
    require_picture(picture);
    if (!is_random || random.happens(p_)) mirror(picture);
  }

 private:
  double p_ = 1;
};

std::vector<value::ArgumentDescription> flip_probability() { return {{"p", "The probability of a flip.", 0, 1}}; }

const auto hflip_registration = register_transform<Flip<mirror_rows, false>>(
    "hflip() -> ()", "Horizontal Flip", "Exchanges left and right.", {}, {"augment"});

const auto vflip_registration = register_transform<Flip<mirror_columns, false>>(
    "vflip() -> ()", "Vertical Flip", "Exchanges top and bottom.", {}, {"augment"});

const auto random_horizontal_flip_registration = register_transform<Flip<mirror_rows, true>>(
    "random_horizontal_flip(float p=0.5) -> ()", "Random Horizontal Flip", "Exchanges left and right of some pictures.",
    flip_probability(), {"augment"}, {true});

const auto random_vertical_flip_registration = register_transform<Flip<mirror_columns, true>>(
    "random_vertical_flip(float p=0.5) -> ()", "Random Vertical Flip", "Exchanges top and bottom of some pictures.",
    flip_probability(), {"augment"}, {true});

}  // namespace
}  // namespace mlr3libtorch::image
