#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/image/picture.h"

namespace mlr3libtorch::image {

/// What a picture file holds: one byte a value, the channels of a pixel side by side.
struct Decoded {
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  /// [height, width, channels]
  std::vector<std::uint8_t> pixels = {};
};

/// The channels of the file: 1 grey, 2 grey and alpha, 3 red, green and blue, 4 these and alpha.
inline constexpr std::int64_t kFileChannels = 0;

/// Reads a JPEG or PNG file, whose first bytes tell which it is.
/// `channels`: kFileChannels, 1, 3 or 4. Colour becomes grey by (299 red + 587 green + 114 blue) / 1000, rounded as
/// Pillow does; grey becomes colour with three equal values; alpha is dropped, or opaque where the file has none.
/// Palettes become colours, 16 bits are scaled to 8. Gamma, colour profiles and the orientation in EXIF are not used.
/// A file that is missing, damaged or something else is a base::FileError.
Decoded decode_file(const std::string& path, std::int64_t channels);

/// uint8 [channels, height, width]
at::Tensor decoded_tensor(const Decoded& decoded);

/// float32 [channels, height, width], divided by 255.
void to_picture(const Decoded& decoded, Picture& picture);

}  // namespace mlr3libtorch::image
