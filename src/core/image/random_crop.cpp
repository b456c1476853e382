#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/error.h"
#include "core/image/crop.h"
#include "core/image/range_argument.h"
#include "core/image/resize.h"
#include "core/image/transform.h"

namespace mlr3libtorch::image {
namespace {

class RandomCrop : public Transform {
 public:
  explicit RandomCrop(const value::Arguments& arguments)
      : size_(both_sides(size_argument(arguments))),
        pad_if_needed_(arguments.get<bool>("pad_if_needed")),
        padding_(padding_argument(arguments)) {
    if (!arguments.is_none("padding")) {
      margins_ = margins_argument(arguments.get<std::vector<std::int64_t>>("padding"));
    }
  }

  void apply(Picture& picture, Random& random) const override {
    require_picture(picture);
    pad(picture, margins_, padding_);
    if (pad_if_needed_) pad_to_size(picture);
    const auto rows = picture.height() - size_.height;
    const auto columns = picture.width() - size_.width;
    if (rows < 0 || columns < 0) {
      throw base::ShapeError("It takes pictures of at least " + shape_words({size_.height, size_.width}) +
                             " pixels, not " + shape_words({picture.height(), picture.width()}) +
                             "; set 'pad_if_needed'.");
    }
    const auto top = random.below(rows + 1);
    crop(picture, {top, random.below(columns + 1), size_.height, size_.width});
  }

 private:
  void pad_to_size(Picture& picture) const {
    const auto width = std::max<std::int64_t>(size_.width - picture.width(), 0);
    pad(picture, {width, width, 0, 0}, padding_);
    const auto height = std::max<std::int64_t>(size_.height - picture.height(), 0);
    pad(picture, {0, 0, height, height}, padding_);
  }

  Extent size_;
  bool pad_if_needed_;
  Padding padding_;
  Margins margins_{0, 0, 0, 0};
};

/// How often a part of the wanted area and shape is drawn before the middle is taken.
constexpr int kCropAttempts = 10;

class RandomResizedCrop : public Transform {
 public:
  explicit RandomResizedCrop(const value::Arguments& arguments)
      : size_(both_sides(size_argument(arguments))),
        scale_(positive_range(arguments, "scale")),
        ratio_(positive_range(arguments, "ratio")),
        interpolation_(interpolation_argument(arguments)) {}

  void apply(Picture& picture, Random& random) const override {
    require_picture(picture);
    std::optional<Window> window;
    for (int attempt = 0; attempt < kCropAttempts && !window; ++attempt) window = drawn_window(picture, random);
    crop(picture, window ? *window : middle_window(picture));
    resize(picture, size_, interpolation_);
  }

 private:
  std::optional<Window> drawn_window(const Picture& picture, Random& random) const {
    const double area = static_cast<double>(picture.area()) * random.uniform(scale_.low, scale_.high);
    const double ratio = std::exp(random.uniform(std::log(ratio_.low), std::log(ratio_.high)));
    const auto width = static_cast<std::int64_t>(std::nearbyint(std::sqrt(area * ratio)));
    const auto height = static_cast<std::int64_t>(std::nearbyint(std::sqrt(area / ratio)));
    if (width < 1 || height < 1 || width > picture.width() || height > picture.height()) return {};
    const auto top = random.below(picture.height() - height + 1);
    return Window{top, random.below(picture.width() - width + 1), height, width};
  }

  /// The largest part in the middle whose shape is allowed.
  Window middle_window(const Picture& picture) const {
    Extent size{picture.height(), picture.width()};
    const double ratio = static_cast<double>(size.width) / static_cast<double>(size.height);
    if (ratio < ratio_.low) {
      size.height = static_cast<std::int64_t>(std::nearbyint(static_cast<double>(size.width) / ratio_.low));
    } else if (ratio > ratio_.high) {
      size.width = static_cast<std::int64_t>(std::nearbyint(static_cast<double>(size.height) * ratio_.high));
    }
    return {(picture.height() - size.height) / 2, (picture.width() - size.width) / 2, size.height, size.width};
  }

  Extent size_;
  Range scale_;
  Range ratio_;
  Interpolation interpolation_;
};

const auto random_crop_registration = register_transform<RandomCrop>(
    "random_crop(int[] size, int[]? padding=None, bool pad_if_needed=False, float fill=0., "
    "str padding_mode='constant') -> ()",
    "Random Crop", "Takes a part of this size at a random place.",
    {size_description("Height and width, or one number for both."),
     {"padding", "Margins that are added before; as for \"pad\".", 0, 65536},
     {"pad_if_needed", "Whether a picture that is smaller gets margins, instead of being an error."},
     {"fill", "The value of the margins' pixels in the mode \"constant\"."},
     value::one_of("padding_mode", "As for \"pad\".", {"constant", "edge", "reflect", "symmetric"})},
    {"augment"}, {true});

const auto random_resized_crop_registration = register_transform<RandomResizedCrop>(
    "random_resized_crop(int[] size, float[2] scale=[0.08, 1.], float[2] ratio=[0.75, 1.3333333333333333], "
    "str interpolation='bilinear', bool antialias=True) -> ()",
    "Random Resized Crop", "Takes a part of random area and shape at a random place and gives it this size.",
    {size_description("Height and width, or one number for both."),
     {"scale", "The smallest and the largest share of the picture's area.", 0},
     {"ratio", "The smallest and the largest width divided by the height.", 0},
     interpolation_description(),
     antialias_description()},
    {"augment"}, {true});

}  // namespace
}  // namespace mlr3libtorch::image
