#include "core/image/colour.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/image/transform.h"

namespace mlr3libtorch::image {
namespace {

void require_colours(const Picture& picture) {
  const bool fits = picture.shape.size() == 3 && (picture.channels() == 1 || picture.channels() == 3);
  require_channels(picture, fits, "1 or 3 channels");
}

float within_unit(float value) { return std::clamp(value, 0.0F, 1.0F); }

std::vector<float> grey_values(const Picture& picture) {
  const auto area = picture.area();
  if (picture.channels() == 1) return {picture.channel(0), picture.channel(0) + area};
  std::vector<float> grey(static_cast<std::size_t>(area));
  const float* red = picture.channel(0);
  const float* green = picture.channel(1);
  const float* blue = picture.channel(2);
  for (std::int64_t i = 0; i < area; ++i) grey[i] = 0.2989F * red[i] + 0.587F * green[i] + 0.114F * blue[i];
  return grey;
}

using Colour = std::array<float, 3>;

/// Hue as a share of the circle, saturation, value.
Colour to_hsv(const Colour& rgb) {
  const auto [red, green, blue] = rgb;
  const float most = std::max({red, green, blue});
  const float range = most - std::min({red, green, blue});
  if (range == 0) return {0, 0, most};
  const float r = (most - red) / range;
  const float g = (most - green) / range;
  const float b = (most - blue) / range;
  const float sector = most == red ? b - g : most == green ? 2 + r - b : 4 + g - r;
  return {std::fmod(sector / 6 + 1, 1.0F), range / most, most};
}

Colour to_rgb(const Colour& hsv) {
  const auto [hue, saturation, value] = hsv;
  const float sector = std::floor(hue * 6);
  const float within = hue * 6 - sector;
  const float p = within_unit(value * (1 - saturation));
  const float q = within_unit(value * (1 - saturation * within));
  const float t = within_unit(value * (1 - saturation * (1 - within)));
  switch (static_cast<int>(sector) % 6) {
    case 0:
      return {value, t, p};
    case 1:
      return {q, value, p};
    case 2:
      return {p, value, t};
    case 3:
      return {p, q, value};
    case 4:
      return {t, p, value};
    default:
      return {value, p, q};
  }
}

}  // namespace

void adjust_brightness(Picture& picture, double factor) {
  require_colours(picture);
  const auto share = static_cast<float>(factor);
  for (auto& value : picture.values) value = within_unit(share * value);
}

void adjust_contrast(Picture& picture, double factor) {
  require_colours(picture);
  double total = 0;
  for (const float value : grey_values(picture)) total += value;
  const auto share = static_cast<float>(factor);
  const float rest = (1 - share) * static_cast<float>(total / static_cast<double>(picture.area()));
  for (auto& value : picture.values) value = within_unit(share * value + rest);
}

void adjust_saturation(Picture& picture, double factor) {
  require_colours(picture);
  if (picture.channels() == 1) return;
  const auto grey = grey_values(picture);
  const auto share = static_cast<float>(factor);
  for (std::int64_t c = 0; c < picture.channels(); ++c) {
    float* values = picture.channel(c);
    for (std::size_t i = 0; i < grey.size(); ++i) values[i] = within_unit(share * values[i] + (1 - share) * grey[i]);
  }
}

void adjust_hue(Picture& picture, double shift) {
  require_colours(picture);
  if (picture.channels() == 1) return;
  const auto area = picture.area();
  const auto turn = static_cast<float>(shift);
  float* red = picture.channel(0);
  float* green = picture.channel(1);
  float* blue = picture.channel(2);
  for (std::int64_t i = 0; i < area; ++i) {
    auto hsv = to_hsv({red[i], green[i], blue[i]});
    hsv[0] += turn;
    hsv[0] -= std::floor(hsv[0]);
    const auto rgb = to_rgb(hsv);
    red[i] = rgb[0];
    green[i] = rgb[1];
    blue[i] = rgb[2];
  }
}

void to_grey(Picture& picture, std::int64_t channels) {
  require_colours(picture);
  const auto grey = grey_values(picture);
  picture = blank_picture(channels, picture.height(), picture.width());
  for (std::int64_t c = 0; c < channels; ++c) std::copy(grey.begin(), grey.end(), picture.channel(c));
}

}  // namespace mlr3libtorch::image
