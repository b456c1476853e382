#include "core/image/picture.h"

namespace mlr3libtorch::image {

Picture blank_picture(std::int64_t channels, std::int64_t height, std::int64_t width) {
  Picture picture;
  picture.shape = {channels, height, width};
  picture.values.resize(static_cast<std::size_t>(channels * height * width));
  return picture;
}

std::string shape_words(const std::vector<std::int64_t>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

}  // namespace mlr3libtorch::image
