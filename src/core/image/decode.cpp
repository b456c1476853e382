#include "core/image/decode.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "core/base/error.h"
#include "core/image/decoders.h"
#include "core/io/input_file.h"

namespace mlr3libtorch::image {
namespace {

constexpr std::int64_t kMostPixels = std::int64_t{1} << 28;
constexpr std::uint64_t kMostFileBytes = std::uint64_t{1} << 30;

FileBytes read_picture_file(const std::string& path) {
  io::InputFile file(path);
  if (file.size() > kMostFileBytes) throw base::FileError(path, "'" + path + "' is too large for a picture.");
  FileBytes bytes(static_cast<std::size_t>(file.size()));
  if (!bytes.empty()) file.read(bytes.data(), bytes.size());
  return bytes;
}

template <std::size_t n>
bool begins_with(const FileBytes& bytes, const std::array<unsigned char, n>& start) {
  return bytes.size() >= n && std::equal(start.begin(), start.end(), bytes.begin());
}

Decoded decode_bytes(const FileBytes& bytes) {
  if (begins_with<3>(bytes, {0xff, 0xd8, 0xff})) return decode_jpeg(bytes);
  if (begins_with<8>(bytes, {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'})) return decode_png(bytes);
  throw std::runtime_error(bytes.empty() ? "it is empty" : "it is neither a JPEG nor a PNG file");
}

/// The luminance as Pillow computes it, in 16 binary digits.
std::uint8_t grey_of(const std::uint8_t* pixel) {
  return static_cast<std::uint8_t>((pixel[0] * 19595U + pixel[1] * 38470U + pixel[2] * 7471U + 0x8000U) >> 16U);
}

void convert_pixel(const std::uint8_t* from, std::int64_t has, std::uint8_t* to, std::int64_t wanted) {
  const bool is_colour = has >= 3;
  if (wanted == 1) {
    *to = is_colour ? grey_of(from) : *from;
    return;
  }
  for (std::int64_t i = 0; i < 3; ++i) to[i] = is_colour ? from[i] : *from;
  if (wanted == 4) to[3] = has % 2 == 0 ? from[has - 1] : 255;
}

Decoded with_channels(Decoded decoded, std::int64_t wanted) {
  if (wanted == kFileChannels || wanted == decoded.channels) return decoded;
  Decoded result{wanted, decoded.height, decoded.width};
  const auto area = decoded.height * decoded.width;
  result.pixels.resize(static_cast<std::size_t>(area * wanted));
  for (std::int64_t i = 0; i < area; ++i) {
    convert_pixel(decoded.pixels.data() + i * decoded.channels, decoded.channels, result.pixels.data() + i * wanted,
                  wanted);
  }
  return result;
}

}  // namespace

void check_picture_size(std::int64_t height, std::int64_t width) {
  if (height > 0 && width > 0 && height <= kMostPixels / width) return;
  throw std::runtime_error("its size is " + std::to_string(width) + " by " + std::to_string(height) + " pixels");
}

Decoded decode_file(const std::string& path, std::int64_t channels) {
  if (channels != kFileChannels && channels != 1 && channels != 3 && channels != 4) {
    throw base::ConfigError("A picture gets 1, 3 or 4 channels, not " + std::to_string(channels) + ".",
                            {{"argument", "channels"}});
  }
  const auto bytes = read_picture_file(path);
  try {
    return with_channels(decode_bytes(bytes), channels);
  } catch (const std::runtime_error& error) {
    throw base::FileError(path, "'" + path + "' cannot be read as a picture: " + error.what() + ".");
  }
}

at::Tensor decoded_tensor(const Decoded& decoded) {
  auto pixels = at::empty({decoded.height, decoded.width, decoded.channels}, at::TensorOptions().dtype(at::kByte));
  std::copy(decoded.pixels.begin(), decoded.pixels.end(), pixels.data_ptr<std::uint8_t>());
  return pixels.permute({2, 0, 1}).contiguous();
}

void to_picture(const Decoded& decoded, Picture& picture) {
  picture.shape = {decoded.channels, decoded.height, decoded.width};
  picture.values.resize(decoded.pixels.size());
  const auto area = picture.area();
  for (std::int64_t c = 0; c < decoded.channels; ++c) {
    float* to = picture.channel(c);
    const std::uint8_t* from = decoded.pixels.data() + c;
    for (std::int64_t i = 0; i < area; ++i) to[i] = unit_value(from[i * decoded.channels]);
  }
}

}  // namespace mlr3libtorch::image
