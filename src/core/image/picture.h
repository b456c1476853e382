#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mlr3libtorch::image {

/// One row of a picture column: plain float32 memory, the last dimension changing fastest.
/// A picture is [channels, height, width]; its values are those of the file divided by 255.
struct Picture {
  std::vector<std::int64_t> shape;
  std::vector<float> values;

  std::int64_t channels() const { return shape[0]; }
  std::int64_t height() const { return shape[1]; }
  std::int64_t width() const { return shape[2]; }
  /// Pixels of one channel.
  std::int64_t area() const { return height() * width(); }
  float* channel(std::int64_t index) { return values.data() + index * area(); }
  const float* channel(std::int64_t index) const { return values.data() + index * area(); }
};

/// The value of a byte.
inline float unit_value(std::uint8_t byte) { return static_cast<float>(byte) / 255.0F; }

/// Black, of this size.
Picture blank_picture(std::int64_t channels, std::int64_t height, std::int64_t width);

/// "(3, 32, 32)"
std::string shape_words(const std::vector<std::int64_t>& shape);

}  // namespace mlr3libtorch::image
