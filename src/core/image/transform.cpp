#include "core/image/transform.h"

#include "core/base/error.h"

namespace mlr3libtorch::image {

TransformRegistry& transforms() {
  static TransformRegistry registry("transformation");
  return registry;
}

namespace {

std::shared_ptr<const Transform> make_transform(const ChainStep& step) {
  Parts parts;
  for (const auto& part : step.parts) parts.push_back(make_transform(part));
  if (parts.empty() == transforms().at(step.name).facts.has_parts) {
    throw base::ConfigError("Transformation '" + step.name + "' is made of " +
                                (parts.empty() ? "other transformations; give at least one." : "no others."),
                            {{"name", step.name}});
  }
  return transforms().make(step.name, transforms().bind(step.name, step.arguments), parts);
}

}  // namespace

Chain::Chain(const std::vector<ChainStep>& steps) {
  for (const auto& step : steps) {
    names_.push_back(step.name);
    is_random_ = is_random_ || transforms().at(step.name).facts.is_random;
    transforms_.push_back(make_transform(step));
  }
}

void Chain::apply(Picture& picture, std::uint64_t draw, std::int64_t row) const {
  for (std::size_t i = 0; i < transforms_.size(); ++i) {
    Random random(draw, row, i);
    try {
      transforms_[i]->apply(picture, random);
    } catch (const base::ShapeError& error) {
      throw base::ShapeError("Transformation '" + names_[i] + "': " + error.what(), error.fields());
    }
  }
}

void require_picture(const Picture& picture) {
  if (picture.shape.size() == 3 && picture.area() > 0) return;
  throw base::ShapeError("It takes pictures of shape (channels, height, width), not " + shape_words(picture.shape) +
                         ".");
}

void require_channels(const Picture& picture, bool fits, const std::string& expected) {
  require_picture(picture);
  if (fits) return;
  throw base::ShapeError("It takes pictures with " + expected + ", not " + std::to_string(picture.channels()) + ".");
}

}  // namespace mlr3libtorch::image
