#pragma once

#include <string>
#include <vector>

#include "core/image/decode.h"

namespace mlr3libtorch::image {

using FileBytes = std::vector<unsigned char>;

/// Decode what a file holds, with its own channels. A std::runtime_error says what is wrong with it.
Decoded decode_jpeg(const FileBytes& bytes);
Decoded decode_png(const FileBytes& bytes);

/// A damaged header may claim any size: a std::runtime_error for one that no picture has.
void check_picture_size(std::int64_t height, std::int64_t width);

}  // namespace mlr3libtorch::image
