#include "core/image/crop.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/image/resize.h"
#include "core/image/transform.h"

namespace mlr3libtorch::image {
namespace {

class Crop : public Transform {
 public:
  explicit Crop(const value::Arguments& arguments)
      : window_{arguments.get<std::int64_t>("top") - 1, arguments.get<std::int64_t>("left") - 1,
                arguments.get<std::int64_t>("height"), arguments.get<std::int64_t>("width")} {}

  void apply(Picture& picture, Random& /*random*/) const override {
    require_picture(picture);
    crop(picture, window_);
  }

 private:
  Window window_;
};

class ResizedCrop : public Transform {
 public:
  explicit ResizedCrop(const value::Arguments& arguments)
      : crop_(arguments), size_(size_argument(arguments)), interpolation_(interpolation_argument(arguments)) {}

  void apply(Picture& picture, Random& random) const override {
    crop_.apply(picture, random);
    resize(picture, resized_extent(picture, size_), interpolation_);
  }

 private:
  Crop crop_;
  std::vector<std::int64_t> size_;
  Interpolation interpolation_;
};

/// Half of what is left over; Python's round() takes the even one of two equally near numbers, and so does this.
std::int64_t rounded_half(std::int64_t number) {
  return static_cast<std::int64_t>(std::nearbyint(static_cast<double>(number) / 2.0));
}

class CenterCrop : public Transform {
 public:
  explicit CenterCrop(const value::Arguments& arguments) : size_(both_sides(size_argument(arguments))) {}

  void apply(Picture& picture, Random& /*random*/) const override {
    require_picture(picture);
    const auto height = std::max<std::int64_t>(size_.height - picture.height(), 0);
    const auto width = std::max<std::int64_t>(size_.width - picture.width(), 0);
    pad(picture, {width / 2, (width + 1) / 2, height / 2, (height + 1) / 2}, {});
    crop(picture, {rounded_half(picture.height() - size_.height), rounded_half(picture.width() - size_.width),
                   size_.height, size_.width});
  }

 private:
  Extent size_;
};

std::vector<value::ArgumentDescription> with_window(std::vector<value::ArgumentDescription> others = {}) {
  std::vector<value::ArgumentDescription> all{{"top", "The first row, from 1."},
                                              {"left", "The first column, from 1."},
                                              {"height", "How many rows.", 1, 65536},
                                              {"width", "How many columns.", 1, 65536}};
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

const auto crop_registration = register_transform<Crop>(
    "crop(int top, int left, int height, int width) -> ()", "Crop",
    "Takes a part of each picture. What lies outside of the picture is 0.", with_window(), {"augment", "trafo"});

const auto center_crop_registration = register_transform<CenterCrop>(
    "center_crop(int[] size) -> ()", "Center Crop",
    "Takes the middle of each picture. A picture that is smaller gets margins of 0.",
    {size_description("Height and width, or one number for both.")}, {"augment", "trafo"});

const auto resized_crop_registration = register_transform<ResizedCrop>(
    "resized_crop(int top, int left, int height, int width, int[] size, str interpolation='bilinear', "
    "bool antialias=True) -> ()",
    "Resized Crop", "Takes a part of each picture and gives it another size.",
    with_window({size_description("Height and width, or the length of the shorter side."), interpolation_description(),
                 antialias_description()}),
    {"augment", "trafo"});

}  // namespace

void crop(Picture& picture, const Window& window) {
  if (window.top == 0 && window.left == 0 && window.height == picture.height() && window.width == picture.width()) {
    return;
  }
  auto result = blank_picture(picture.channels(), window.height, window.width);
  const auto first_row = std::max<std::int64_t>(0, -window.top);
  const auto end_row = std::min(window.height, picture.height() - window.top);
  const auto first = std::max<std::int64_t>(0, -window.left);
  const auto end = std::min(window.width, picture.width() - window.left);
  for (std::int64_t c = 0; c < picture.channels() && first < end; ++c) {
    for (auto y = first_row; y < end_row; ++y) {
      const float* from = picture.channel(c) + (window.top + y) * picture.width() + window.left;
      std::copy(from + first, from + end, result.channel(c) + y * window.width + first);
    }
  }
  picture = std::move(result);
}

}  // namespace mlr3libtorch::image
