#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/error.h"
#include "core/image/range_argument.h"
#include "core/image/resize.h"
#include "core/image/transform.h"

namespace mlr3libtorch::image {
namespace {

/// A turn clockwise by an angle and a shear, in degrees, about the middle; then a scale and a shift in pixels.
struct AffineMove {
  double angle = 0;
  double shift_x = 0;
  double shift_y = 0;
  double scale = 1;
  double shear_x = 0;
  double shear_y = 0;
};

/// Where a new pixel comes from: its place in pixels from the middle, times this matrix of two rows and three columns.
using Origin = std::array<double, 6>;

/// The inverse of the move, in torchvision's parametrisation: shift * rotation * shear * scale.
Origin origin_of(const AffineMove& move) {
  const double radians = M_PI / 180;
  const double turn = move.angle * radians;
  const double sx = move.shear_x * radians;
  const double sy = move.shear_y * radians;
  const double a = std::cos(turn - sy) / std::cos(sy);
  const double b = -std::cos(turn - sy) * std::tan(sx) / std::cos(sy) - std::sin(turn);
  const double c = std::sin(turn - sy) / std::cos(sy);
  const double d = -std::sin(turn - sy) * std::tan(sx) / std::cos(sy) + std::cos(turn);
  Origin origin{d / move.scale, -b / move.scale, 0, -c / move.scale, a / move.scale, 0};
  origin[2] = -origin[0] * move.shift_x - origin[1] * move.shift_y;
  origin[5] = -origin[3] * move.shift_x - origin[4] * move.shift_y;
  return origin;
}

/// A value of one channel; `fill` outside of it.
struct Plane {
  const float* values;
  std::int64_t height;
  std::int64_t width;
  float fill;

  float at(std::int64_t y, std::int64_t x) const {
    const bool is_inside = y >= 0 && y < height && x >= 0 && x < width;
    return is_inside ? values[y * width + x] : fill;
  }

  float nearest(double y, double x) const {
    return at(static_cast<std::int64_t>(std::nearbyint(y)), static_cast<std::int64_t>(std::nearbyint(x)));
  }

  float bilinear(double y, double x) const {
    const auto top = static_cast<std::int64_t>(std::floor(y));
    const auto left = static_cast<std::int64_t>(std::floor(x));
    const auto down = static_cast<float>(y - static_cast<double>(top));
    const auto right = static_cast<float>(x - static_cast<double>(left));
    return (1 - down) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
           down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1));
  }
};

/// How many pixels lie between the smallest and the largest place that a side's corners come to, `reach` of them from
/// the middle. In float32 and truncated as in torchvision, so that what rounding adds to a whole number does not count.
std::int64_t expanded_side(float reach, std::int64_t side) {
  const float middle = static_cast<float>(side) / 2;
  const auto truncated = [](float place) { return std::trunc(place / 1e-4F) * 1e-4F; };
  return static_cast<std::int64_t>(std::ceil(truncated(middle + reach)) - std::floor(truncated(middle - reach)));
}

/// The size of a picture that holds all of the moved one.
Extent expanded_extent(const Picture& picture, const Origin& origin) {
  const auto reach = [&](double of_width, double of_height) {
    return static_cast<float>(std::abs(of_width)) * static_cast<float>(picture.width()) / 2 +
           static_cast<float>(std::abs(of_height)) * static_cast<float>(picture.height()) / 2;
  };
  return {expanded_side(reach(origin[3], origin[4]), picture.height()),
          expanded_side(reach(origin[0], origin[1]), picture.width())};
}

/// What moves share: how pixels are made, and what lies outside.
struct Filling {
  bool is_nearest = true;
  /// One number, or one for each channel.
  std::vector<float> values{0};
  bool expand = false;

  float of(std::int64_t channel) const { return values[values.size() == 1 ? 0 : static_cast<std::size_t>(channel)]; }
};

void move_picture(Picture& picture, const AffineMove& move, const Filling& filling) {
  const auto origin = origin_of(move);
  const auto size = filling.expand ? expanded_extent(picture, origin) : Extent{picture.height(), picture.width()};
  const auto middle = [](std::int64_t length) { return static_cast<double>(length - 1) / 2; };
  auto result = blank_picture(picture.channels(), size.height, size.width);
  for (std::int64_t c = 0; c < picture.channels(); ++c) {
    const Plane plane{picture.channel(c), picture.height(), picture.width(), filling.of(c)};
    float* to = result.channel(c);
    for (std::int64_t row = 0; row < size.height; ++row) {
      for (std::int64_t column = 0; column < size.width; ++column) {
        const double y = static_cast<double>(row) - middle(size.height);
        const double x = static_cast<double>(column) - middle(size.width);
        const double from_x = origin[0] * x + origin[1] * y + origin[2] + middle(plane.width);
        const double from_y = origin[3] * x + origin[4] * y + origin[5] + middle(plane.height);
        *to++ = filling.is_nearest ? plane.nearest(from_y, from_x) : plane.bilinear(from_y, from_x);
      }
    }
  }
  picture = std::move(result);
}

class Move : public Transform {
 public:
  explicit Move(const value::Arguments& arguments, bool expand = false) {
    filling_.is_nearest = arguments.get<std::string>("interpolation") == "nearest";
    const auto fill = arguments.get<std::vector<double>>("fill");
    filling_.values.assign(fill.begin(), fill.end());
    filling_.expand = expand;
    if (fill.empty())
      throw base::ConfigError("'fill' must be one number, or one for each channel.", {{"argument", "fill"}});
  }

  void apply(Picture& picture, Random& random) const final {
    require_picture(picture);
    const auto fills = static_cast<std::int64_t>(filling_.values.size());
    require_channels(picture, fills == 1 || fills == picture.channels(),
                     std::to_string(fills) + " channels, as many as 'fill' has numbers");
    move_picture(picture, move(picture, random), filling_);
  }

 private:
  virtual AffineMove move(const Picture& picture, Random& random) const = 0;

  Filling filling_;
};

/// The two shears of one number or two.
std::array<double, 2> shear_pair(const std::vector<double>& shear) {
  if (shear.size() == 1 || shear.size() == 2) return {shear[0], shear.size() == 2 ? shear[1] : 0};
  throw base::ConfigError("'shear' must be one number or two.", {{"argument", "shear"}});
}

void require_scale(double scale) {
  if (scale <= 0) throw base::ConfigError("'scale' must be above 0.", {{"argument", "scale"}});
}

class Rotate : public Move {
 public:
  explicit Rotate(const value::Arguments& arguments)
      : Move(arguments, arguments.get<bool>("expand")), angle_(arguments.get<double>("angle")) {}

 private:
  AffineMove move(const Picture& /*picture*/, Random& /*random*/) const override { return {-angle_}; }
  double angle_;
};

class RandomRotation : public Move {
 public:
  explicit RandomRotation(const value::Arguments& arguments)
      : Move(arguments, arguments.get<bool>("expand")),
        degrees_(range_around_zero(arguments.get<std::vector<double>>("degrees"), "degrees")) {}

 private:
  AffineMove move(const Picture& /*picture*/, Random& random) const override {
    return {-random.uniform(degrees_.low, degrees_.high)};
  }
  Range degrees_;
};

class Affine : public Move {
 public:
  explicit Affine(const value::Arguments& arguments) : Move(arguments) {
    const auto shift = arguments.get<std::vector<std::int64_t>>("translate");
    const auto shear = shear_pair(arguments.get<std::vector<double>>("shear"));
    move_ = {arguments.get<double>("angle"),
             static_cast<double>(shift[0]),
             static_cast<double>(shift[1]),
             arguments.get<double>("scale"),
             shear[0],
             shear[1]};
    require_scale(move_.scale);
  }

 private:
  AffineMove move(const Picture& /*picture*/, Random& /*random*/) const override { return move_; }
  AffineMove move_;
};

class RandomAffine : public Move {
 public:
  explicit RandomAffine(const value::Arguments& arguments)
      : Move(arguments), degrees_(range_around_zero(arguments.get<std::vector<double>>("degrees"), "degrees")) {
    if (!arguments.is_none("translate")) translate_ = arguments.get<std::vector<double>>("translate");
    if (!arguments.is_none("scale")) scale_ = positive_range(arguments, "scale");
    if (arguments.is_none("shear")) return;
    const auto shear = arguments.get<std::vector<double>>("shear");
    const bool has_both = shear.size() == 4;
    shear_x_ = range_around_zero(has_both ? std::vector<double>{shear[0], shear[1]} : shear, "shear");
    if (has_both) shear_y_ = range_around_zero({shear[2], shear[3]}, "shear");
  }

 private:
  AffineMove move(const Picture& picture, Random& random) const override {
    AffineMove move;
    move.angle = random.uniform(degrees_.low, degrees_.high);
    move.shift_x = drawn_shift(picture.width(), translate_[0], random);
    move.shift_y = drawn_shift(picture.height(), translate_[1], random);
    move.scale = random.uniform(scale_.low, scale_.high);
    move.shear_x = random.uniform(shear_x_.low, shear_x_.high);
    move.shear_y = random.uniform(shear_y_.low, shear_y_.high);
    return move;
  }

  static double drawn_shift(std::int64_t length, double share, Random& random) {
    const double most = share * static_cast<double>(length);
    return std::nearbyint(random.uniform(-most, most));
  }

  Range degrees_;
  std::vector<double> translate_{0, 0};
  Range scale_{1, 1};
  Range shear_x_{0, 0};
  Range shear_y_{0, 0};
};

std::vector<value::ArgumentDescription> with_filling(std::vector<value::ArgumentDescription> others) {
  others.push_back(value::one_of("interpolation", "How pixels between pixels are made.", {"nearest", "bilinear"}));
  others.push_back({"fill", "The value of what comes from outside of the picture, or one for each channel."});
  return others;
}

/// The same for turns.
std::vector<value::ArgumentDescription> with_expansion(value::ArgumentDescription angle) {
  return with_filling(
      {std::move(angle),
       {"expand", "Whether pictures grow, so that all of the turned one fits in; else their size stays."}});
}

const auto rotate_registration = register_transform<Rotate>(
    "rotate(float angle, str interpolation='nearest', bool expand=False, float[] fill=[0.]) -> ()", "Rotate",
    "Turns pictures about their middle.", with_expansion({"angle", "Degrees, counterclockwise."}), {"augment"});

const auto random_rotation_registration = register_transform<RandomRotation>(
    "random_rotation(float[] degrees, str interpolation='nearest', bool expand=False, float[] fill=[0.]) -> ()",
    "Random Rotation",
    "Turns each picture about its middle by a random angle. With `expand`, sizes differ; resize them afterwards.",
    with_expansion({"degrees", "The smallest and the largest angle, or one number for the range from -it to it."}),
    {"augment"}, {true});

const auto affine_registration = register_transform<Affine>(
    "affine(float angle=0., int[2] translate=[0, 0], float scale=1., float[] shear=[0.], "
    "str interpolation='nearest', float[] fill=[0.]) -> ()",
    "Affine Transformation", "Turns, shears, scales and shifts pictures; their size stays.",
    with_filling({{"angle", "Degrees, clockwise."},
                  {"translate", "Pixels to the right and down."},
                  {"scale", "The factor of the size.", 0},
                  {"shear", "Degrees along x, or along x and y."}}),
    {"augment"});

const auto random_affine_registration = register_transform<RandomAffine>(
    "random_affine(float[] degrees, float[2]? translate=None, float[2]? scale=None, float[]? shear=None, "
    "str interpolation='nearest', float[] fill=[0.]) -> ()",
    "Random Affine Transformation", "Turns, shears, scales and shifts each picture by random numbers; its size stays.",
    with_filling(
        {{"degrees", "The smallest and the largest angle, or one number for the range from -it to it."},
         {"translate", "The largest shifts along x and y, as shares of width and height.", 0, 1},
         {"scale", "The smallest and the largest factor of the size.", 0},
         {"shear", "The range of degrees along x, as for `degrees`; or four numbers, the ranges along x and y."}}),
    {"augment"}, {true});

}  // namespace
}  // namespace mlr3libtorch::image
