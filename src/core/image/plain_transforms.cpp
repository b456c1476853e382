#include <algorithm>
#include <functional>
#include <numeric>

#include "core/base/error.h"
#include "core/image/transform.h"

namespace mlr3libtorch::image {
namespace {

class Nop : public Transform {
 public:
  explicit Nop(const value::Arguments& /*arguments*/) {}
  void apply(Picture& /*picture*/, Random& /*random*/) const override {}
};

class Normalize : public Transform {
 public:
  explicit Normalize(const value::Arguments& arguments)
      : mean_(arguments.get<std::vector<double>>("mean")), std_(arguments.get<std::vector<double>>("std")) {
    const bool is_positive = std::all_of(std_.begin(), std_.end(), [](double number) { return number > 0; });
    if (is_positive && !std_.empty()) return;
    throw base::ConfigError("'std' must be numbers above 0.", {{"argument", "std"}});
  }

  void apply(Picture& picture, Random& /*random*/) const override {
    const auto channels = static_cast<std::size_t>(picture.shape.empty() ? 1 : picture.shape[0]);
    require_numbers(mean_, channels, "mean");
    require_numbers(std_, channels, "std");
    const auto size = picture.values.size() / std::max<std::size_t>(channels, 1);
    for (std::size_t c = 0; c < channels; ++c) {
      const auto mean = static_cast<float>(mean_[mean_.size() == 1 ? 0 : c]);
      const auto deviation = static_cast<float>(std_[std_.size() == 1 ? 0 : c]);
      float* values = picture.values.data() + c * size;
      for (std::size_t i = 0; i < size; ++i) values[i] = (values[i] - mean) / deviation;
    }
  }

 private:
  static void require_numbers(const std::vector<double>& numbers, std::size_t channels, const std::string& name) {
    if (numbers.size() == 1 || numbers.size() == channels) return;
    throw base::ShapeError("'" + name + "' has " + std::to_string(numbers.size()) + " numbers, but pictures have " +
                           std::to_string(channels) + " channels.");
  }

  std::vector<double> mean_;
  std::vector<double> std_;
};

class Reshape : public Transform {
 public:
  explicit Reshape(const value::Arguments& arguments) : shape_(arguments.get<std::vector<std::int64_t>>("shape")) {
    if (shape_.size() > 1) shape_.erase(shape_.begin());  // the rows
    if (std::count(shape_.begin(), shape_.end(), -1) < 2) return;
    throw base::ConfigError("'shape' may leave one size open, beside the rows.", {{"argument", "shape"}});
  }

  void apply(Picture& picture, Random& /*random*/) const override {
    auto shape = shape_;
    const auto elements = static_cast<std::int64_t>(picture.values.size());
    const auto known = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    const auto open = std::find(shape.begin(), shape.end(), -1);
    if (open != shape.end() && known != 0) *open = elements / -known;
    const auto product = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    if (product != elements) {
      throw base::ShapeError("Rows of shape " + shape_words(picture.shape) + " cannot get the shape " +
                             shape_words(shape_) + ".");
    }
    picture.shape = std::move(shape);
  }

 private:
  std::vector<std::int64_t> shape_;
};

const auto nop_registration =
    register_transform<Nop>("nop() -> ()", "No Transformation", "Changes nothing.", {}, {"trafo"});

const auto normalize_registration = register_transform<Normalize>(
    "normalize(float[] mean, float[] std) -> ()", "Normalise", "Subtracts a mean and divides by a standard deviation.",
    {{"mean", "One number, or one for each channel."}, {"std", "One number, or one for each channel.", 0}}, {"trafo"});

const auto reshape_registration = register_transform<Reshape>(
    "reshape(int[] shape) -> ()", "Reshape", "Gives rows another shape.",
    {{"shape", "The shape, with the rows first; -1 leaves a size open, as in c(-1, 1, 28, 28).", -1}}, {"trafo"});

}  // namespace
}  // namespace mlr3libtorch::image
