#include "core/image/resize.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/image/transform.h"

namespace mlr3libtorch::image {
namespace {

/// The slopes of cubic convolution that PyTorch takes: with antialias that of Pillow, else that of OpenCV.
constexpr double kSlopeOfAntialias = -0.5;
constexpr double kSlopeOfFourPixels = -0.75;

/// Which pixels of a row or column make one of the new ones, and how much of each.
struct Taps {
  std::int64_t first = 0;
  std::vector<float> weights = {};
};

Taps nearest_tap(std::int64_t position, double scale, std::int64_t from) {
  return {std::min(static_cast<std::int64_t>(std::floor(static_cast<double>(position) * scale)), from - 1), {1.0F}};
}

double triangle(double distance) { return std::max(0.0, 1.0 - std::abs(distance)); }

/// Keys' cubic convolution. `a`: the slope at 1.
double cubic(double distance, double a) {
  const double x = std::abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/// A curve around the middle of the new pixel, which reaches as far as `reach` pixels: new ones if the picture shrinks,
/// else old ones.
template <class Curve>
Taps smoothed_taps(double middle, double scale, std::int64_t from, double reach, const Curve& curve) {
  const double stretch = std::max(scale, 1.0);
  const double support = reach * stretch;
  Taps taps;
  taps.first = std::max<std::int64_t>(static_cast<std::int64_t>(std::floor(middle - support + 0.5)), 0);
  const auto end = std::min(static_cast<std::int64_t>(std::floor(middle + support + 0.5)), from);
  double total = 0;
  for (auto i = taps.first; i < end; ++i) {
    const double weight = curve((static_cast<double>(i) - middle + 0.5) / stretch);
    taps.weights.push_back(static_cast<float>(weight));
    total += weight;
  }
  for (auto& weight : taps.weights) weight = static_cast<float>(weight / total);
  return taps;
}

/// The four pixels around the middle of the new one. Beyond the edge, the pixel at the edge goes on.
Taps cubic_taps(double middle, std::int64_t from) {
  const double place = middle - 0.5;
  const auto left = static_cast<std::int64_t>(std::floor(place));
  const auto inside = [from](std::int64_t i) { return std::clamp<std::int64_t>(i, 0, from - 1); };
  Taps taps;
  taps.first = inside(left - 1);
  taps.weights.assign(static_cast<std::size_t>(inside(left + 2) - taps.first + 1), 0);
  for (auto i = left - 1; i <= left + 2; ++i) {
    const double weight = cubic(place - static_cast<double>(i), kSlopeOfFourPixels);
    taps.weights[static_cast<std::size_t>(inside(i) - taps.first)] += static_cast<float>(weight);
  }
  return taps;
}

Taps taps_at(std::int64_t position, double scale, std::int64_t from, const Interpolation& interpolation) {
  if (interpolation.kind == Interpolation::Kind::kNearest) return nearest_tap(position, scale, from);
  const double middle = scale * (static_cast<double>(position) + 0.5);
  if (interpolation.kind == Interpolation::Kind::kBicubic) {
    if (!interpolation.antialias) return cubic_taps(middle, from);
    return smoothed_taps(middle, scale, from, 2, [](double distance) { return cubic(distance, kSlopeOfAntialias); });
  }
  if (interpolation.antialias) return smoothed_taps(middle, scale, from, 1, triangle);
  // beyond the edge, the pixel at the edge goes on
  return smoothed_taps(std::clamp(middle, 0.5, static_cast<double>(from) - 0.5), 1, from, 1, triangle);
}

std::vector<Taps> taps_for(std::int64_t from, std::int64_t to, const Interpolation& interpolation) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  std::vector<Taps> all;
  all.reserve(static_cast<std::size_t>(to));
  for (std::int64_t i = 0; i < to; ++i) all.push_back(taps_at(i, scale, from, interpolation));
  return all;
}

void resize_width(Picture& picture, std::int64_t width, const Interpolation& interpolation) {
  const auto taps = taps_for(picture.width(), width, interpolation);
  auto result = blank_picture(picture.channels(), picture.height(), width);
  const auto rows = picture.channels() * picture.height();
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* from = picture.values.data() + row * picture.width();
    float* to = result.values.data() + row * width;
    for (std::int64_t x = 0; x < width; ++x) {
      const auto& tap = taps[static_cast<std::size_t>(x)];
      float sum = 0;
      for (std::size_t i = 0; i < tap.weights.size(); ++i) sum += tap.weights[i] * from[tap.first + i];
      to[x] = sum;
    }
  }
  picture = std::move(result);
}

void resize_height(Picture& picture, std::int64_t height, const Interpolation& interpolation) {
  const auto taps = taps_for(picture.height(), height, interpolation);
  auto result = blank_picture(picture.channels(), height, picture.width());
  const auto width = picture.width();
  for (std::int64_t c = 0; c < picture.channels(); ++c) {
    for (std::int64_t y = 0; y < height; ++y) {
      const auto& tap = taps[static_cast<std::size_t>(y)];
      float* to = result.channel(c) + y * width;
      for (std::size_t i = 0; i < tap.weights.size(); ++i) {
        const float* from = picture.channel(c) + (tap.first + static_cast<std::int64_t>(i)) * width;
        for (std::int64_t x = 0; x < width; ++x) to[x] += tap.weights[i] * from[x];
      }
    }
  }
  picture = std::move(result);
}

class Resize : public Transform {
 public:
  explicit Resize(const value::Arguments& arguments)
      : size_(size_argument(arguments)), interpolation_(interpolation_argument(arguments)) {}

  void apply(Picture& picture, Random& /*random*/) const override {
    require_picture(picture);
    resize(picture, resized_extent(picture, size_), interpolation_);
  }

 private:
  std::vector<std::int64_t> size_;
  Interpolation interpolation_;
};

const auto resize_registration = register_transform<Resize>(
    "resize(int[] size, str interpolation='bilinear', bool antialias=True) -> ()", "Resize",
    "Gives pictures another size, as torchvision does with tensors.",
    {size_description("Height and width, or the length of the shorter side; the shape then stays as it is."),
     interpolation_description(), antialias_description()},
    {"trafo", "augment"});

}  // namespace

void resize(Picture& picture, const Extent& size, const Interpolation& interpolation) {
  if (size.width != picture.width()) resize_width(picture, size.width, interpolation);
  if (size.height != picture.height()) resize_height(picture, size.height, interpolation);
}

Extent both_sides(const std::vector<std::int64_t>& size) { return {size.front(), size.back()}; }

Extent resized_extent(const Picture& picture, const std::vector<std::int64_t>& size) {
  if (size.size() == 2) return both_sides(size);
  const auto shorter = std::min(picture.height(), picture.width());
  const auto other = size.front() * std::max(picture.height(), picture.width()) / shorter;
  if (picture.height() <= picture.width()) return {size.front(), other};
  return {other, size.front()};
}

std::vector<std::int64_t> size_argument(const value::Arguments& arguments) {
  auto size = arguments.get<std::vector<std::int64_t>>("size");
  if (size.size() == 1 || size.size() == 2) return size;
  throw base::ConfigError(
      "'size' must be one number or two, height and width, not " + std::to_string(size.size()) + " numbers.",
      {{"argument", "size"}});
}

Interpolation interpolation_argument(const value::Arguments& arguments) {
  const auto name = arguments.get<std::string>("interpolation");
  const auto kind = name == "nearest"    ? Interpolation::Kind::kNearest
                    : name == "bilinear" ? Interpolation::Kind::kBilinear
                                         : Interpolation::Kind::kBicubic;
  return {kind, arguments.get<bool>("antialias")};
}

value::ArgumentDescription interpolation_description() {
  return value::one_of("interpolation", "How pixels between pixels are made.", {"bilinear", "nearest", "bicubic"});
}

value::ArgumentDescription antialias_description() {
  return {"antialias", "Whether a smaller picture's pixels are weighted means of all pixels that they cover."};
}

value::ArgumentDescription size_description(const std::string& doc) { return {"size", doc, 1, 65536}; }

}  // namespace mlr3libtorch::image
