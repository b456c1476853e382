#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/image/colour.h"
#include "core/image/range_argument.h"
#include "core/image/transform.h"

namespace mlr3libtorch::image {
namespace {

using Adjustment = void (*)(Picture&, double);

constexpr const char* kBrightness = "brightness_factor";
constexpr const char* kContrast = "contrast_factor";
constexpr const char* kSaturation = "saturation_factor";
constexpr const char* kHue = "hue_factor";

/// One of the adjustments by the number that an argument gives.
template <Adjustment adjust, const char* const* argument>
class Adjust : public Transform {
 public:
  explicit Adjust(const value::Arguments& arguments) : factor_(arguments.get<double>(*argument)) {}
  void apply(Picture& picture, Random& /*random*/) const override { adjust(picture, factor_); }

 private:
  double factor_;
};

class AdjustGamma : public Transform {
 public:
  explicit AdjustGamma(const value::Arguments& arguments)
      : gamma_(static_cast<float>(arguments.get<double>("gamma"))),
        gain_(static_cast<float>(arguments.get<double>("gain"))) {}

  void apply(Picture& picture, Random& /*random*/) const override {
    require_picture(picture);
    for (auto& value : picture.values) value = std::clamp(gain_ * std::pow(value, gamma_), 0.0F, 1.0F);
  }

 private:
  float gamma_;
  float gain_;
};

/// Factors around 1 that one number, how far they may lie from it, or two give.
Range range_around_one(const value::Arguments& arguments, const std::string& name) {
  const auto numbers = arguments.get<std::vector<double>>(name);
  if (numbers.size() == 1) return {std::max(0.0, 1 - numbers[0]), 1 + numbers[0]};
  if (numbers.size() == 2 && numbers[0] <= numbers[1]) return {numbers[0], numbers[1]};
  throw base::ConfigError("'" + name + "' must be one number, or two, the smaller one first.", {{"argument", name}});
}

class ColorJitter : public Transform {
 public:
  explicit ColorJitter(const value::Arguments& arguments)
      : steps_{{{adjust_brightness, range_around_one(arguments, "brightness"), 1},
                {adjust_contrast, range_around_one(arguments, "contrast"), 1},
                {adjust_saturation, range_around_one(arguments, "saturation"), 1},
                {adjust_hue, range_around_zero(arguments.get<std::vector<double>>("hue"), "hue"), 0}}} {}

  /// In random order.
  void apply(Picture& picture, Random& random) const override {
    auto steps = steps_;
    for (std::size_t i = steps.size() - 1; i > 0; --i) {
      std::swap(steps[i], steps[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i) + 1))]);
    }
    for (const auto& step : steps) {
      const double factor = random.uniform(step.range.low, step.range.high);
      if (step.range.low != step.neutral || step.range.high != step.neutral) step.adjust(picture, factor);
    }
  }

 private:
  struct JitterStep {
    Adjustment adjust;
    Range range;
    /// The factor that changes nothing.
    double neutral;
  };
  std::array<JitterStep, 4> steps_;
};

class Grayscale : public Transform {
 public:
  explicit Grayscale(const value::Arguments& arguments)
      : channels_(arguments.get<std::int64_t>("num_output_channels")) {
    if (channels_ == 2) throw base::ConfigError("'num_output_channels' must be 1 or 3.");
  }
  void apply(Picture& picture, Random& /*random*/) const override { to_grey(picture, channels_); }

 private:
  std::int64_t channels_;
};

class RgbToGrayscale : public Transform {
 public:
  explicit RgbToGrayscale(const value::Arguments& /*arguments*/) {}
  void apply(Picture& picture, Random& /*random*/) const override { to_grey(picture, 1); }
};

value::ArgumentDescription jitter_argument(const std::string& name) {
  return {name, "The largest distance of the factor from 1, or its range; 0 changes nothing.", 0};
}

const auto adjust_brightness_registration = register_transform<Adjust<adjust_brightness, &kBrightness>>(
    "adjust_brightness(float brightness_factor) -> ()", "Adjust Brightness",
    "Multiplies values; they stay between 0 and 1.", {{kBrightness, "The factor; 0 gives black.", 0}}, {"trafo"});

const auto adjust_contrast_registration = register_transform<Adjust<adjust_contrast, &kContrast>>(
    "adjust_contrast(float contrast_factor) -> ()", "Adjust Contrast",
    "Multiplies distances from the picture's mean grey; values stay between 0 and 1.",
    {{kContrast, "The factor; 0 gives one grey.", 0}}, {"trafo"});

const auto adjust_saturation_registration = register_transform<Adjust<adjust_saturation, &kSaturation>>(
    "adjust_saturation(float saturation_factor) -> ()", "Adjust Saturation",
    "Multiplies each pixel's distance from its grey; values stay between 0 and 1.",
    {{kSaturation, "The factor; 0 gives a grey picture.", 0}}, {"trafo"});

const auto adjust_hue_registration = register_transform<Adjust<adjust_hue, &kHue>>(
    "adjust_hue(float hue_factor) -> ()", "Adjust Hue", "Turns the circle of colours.",
    {{kHue, "How far, as a share of the circle.", -0.5, 0.5}}, {"trafo"});

const auto adjust_gamma_registration = register_transform<AdjustGamma>(
    "adjust_gamma(float gamma, float gain=1.) -> ()", "Adjust Gamma",
    "gain * value ^ gamma; values stay between 0 and 1.",
    {{"gamma", "The exponent; above 1 makes shadows darker.", 0}, {"gain", "The factor.", 0}}, {"trafo"});

const auto color_jitter_registration = register_transform<ColorJitter>(
    "color_jitter(float[] brightness=[0.], float[] contrast=[0.], float[] saturation=[0.], float[] hue=[0.]) -> ()",
    "Colour Jitter", "Changes brightness, contrast, saturation and hue by random factors, in random order.",
    {jitter_argument("brightness"),
     jitter_argument("contrast"),
     jitter_argument("saturation"),
     {"hue", "The largest turn of the circle of colours, as a share of it, or its range.", -0.5, 0.5}},
    {"augment"}, {true});

const auto grayscale_registration =
    register_transform<Grayscale>("grayscale(int num_output_channels=1) -> ()", "Grayscale", "Makes grey pictures.",
                                  {{"num_output_channels", "1, or 3 for three equal channels.", 1, 3}}, {"trafo"});

const auto rgb_to_grayscale_registration = register_transform<RgbToGrayscale>(
    "rgb_to_grayscale() -> ()", "RGB to Grayscale", "Makes grey pictures of one channel.", {}, {"trafo"});

}  // namespace
}  // namespace mlr3libtorch::image
