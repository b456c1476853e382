#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/image/picture.h"
#include "core/image/transform.h"

namespace mlr3libtorch::test {

/// The values of tests/cpp/reference/picture_values.py.
inline image::Picture make_picture(std::vector<std::int64_t> shape) {
  image::Picture picture;
  std::int64_t size = 1;
  for (const auto length : shape) size *= length;
  picture.shape = std::move(shape);
  for (std::int64_t i = 0; i < size; ++i) picture.values.push_back(static_cast<float>((i * 37 + 11) % 101) / 100);
  return picture;
}

/// What one transformation makes of a picture, with the random numbers of a seed.
inline image::Picture transformed(image::Picture picture, const std::string& name,
                                  const value::NamedValues& arguments = {}, std::uint64_t seed = 1) {
  image::Chain({{name, arguments}}).apply(picture, seed, 0);
  return picture;
}

inline bool same_picture(const image::Picture& a, const image::Picture& b) {
  return a.shape == b.shape && a.values == b.values;
}

inline std::string picture_file(const std::string& name) { return REFERENCE_DIR "/pictures/" + name; }

}  // namespace mlr3libtorch::test
