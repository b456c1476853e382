// Transformations against torchvision's definitions, by tests/cpp/reference/picture_values.py.
#include <ATen/ATen.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"
#include "image/pictures.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_transforms {
namespace {

using image::transforms;
using nlohmann::json;
using test::make_picture;
using test::same_picture;
using test::transformed;
using Doubles = std::vector<double>;
using Sizes = std::vector<std::int64_t>;

const json& expectations() {
  static const json values = [] {
    std::ifstream file(REFERENCE_DIR "/picture_values.json");
    return json::parse(file)["transformed"];
  }();
  return values;
}

c10::IValue argument_value(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (value.front().is_number_integer()) return value.get<Sizes>();
  return value.get<Doubles>();
}

value::NamedValues argument_values(const json& tested) {
  value::NamedValues arguments;
  for (const auto& [name, value] : tested["arguments"].items()) arguments[name] = argument_value(value);
  return arguments;
}

template <class Error>
std::string message_of(const std::string& name, const value::NamedValues& arguments, const Sizes& shape = {3, 7, 5}) {
  try {
    transformed(make_picture(shape), name, arguments);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("transformations compute what torchvision's definitions say", "[image]") {
  for (const auto& tested : expectations()) {
    CAPTURE(tested["name"], tested["arguments"]);
    const auto picture = transformed(make_picture(tested["input"]), tested["name"], argument_values(tested));
    REQUIRE(picture.shape == tested["shape"].get<Sizes>());
    const auto expected = at::tensor(tested["values"].get<Doubles>()).to(at::kFloat);
    CHECK(at::allclose(at::tensor(picture.values), expected, 1e-5, 2e-6));
  }
}

TEST_CASE("every transformation without randomness has a reference value", "[image]") {
  std::set<std::string> absent;
  for (const auto& name : transforms().names()) absent.insert(name);
  for (const auto& tested : expectations()) absent.erase(tested["name"]);
  CHECK(absent == std::set<std::string>{"color_jitter", "random_affine", "random_choice", "random_crop",
                                        "random_horizontal_flip", "random_order", "random_resized_crop",
                                        "random_rotation", "random_vertical_flip"});
}

TEST_CASE("a picture of the wanted size is left as it is", "[image]") {
  const auto picture = make_picture({3, 6, 8});
  CHECK(same_picture(transformed(picture, "resize", {{"size", Sizes{6, 8}}}), picture));
  CHECK(same_picture(transformed(picture, "center_crop", {{"size", Sizes{6, 8}}}), picture));
  CHECK(same_picture(transformed(picture, "affine"), picture));
}

TEST_CASE("a grey picture keeps its channel, and has no saturation and no hue", "[image]") {
  const auto picture = make_picture({1, 4, 5});
  CHECK(same_picture(transformed(picture, "adjust_saturation", {{"saturation_factor", 3.0}}), picture));
  CHECK(same_picture(transformed(picture, "adjust_hue", {{"hue_factor", 0.3}}), picture));
  CHECK(same_picture(transformed(picture, "rgb_to_grayscale"), picture));
}

TEST_CASE("a shape that a transformation cannot work on is refused by name", "[image]") {
  const auto message = message_of<base::ShapeError>("hflip", {}, {4});
  CHECK(message.find("'hflip'") != std::string::npos);
  CHECK(message.find("not (4)") != std::string::npos);
  CHECK_FALSE(message_of<base::ShapeError>("rgb_to_grayscale", {}, {4, 7, 5}).empty());
  CHECK_FALSE(message_of<base::ShapeError>("random_crop", {{"size", Sizes{9, 9}}}).empty());
  CHECK_FALSE(message_of<base::ShapeError>("normalize", {{"mean", Doubles{1, 2}}, {"std", Doubles{1}}}).empty());
  CHECK(message_of<base::ShapeError>("rotate", {{"angle", 30.0}, {"fill", Doubles{0.5, 1}}})
            .find("2 channels, as many as 'fill' has numbers, not 3") != std::string::npos);
  CHECK_FALSE(message_of<base::ShapeError>("reshape", {{"shape", Sizes{-1, 4}}}).empty());
}

TEST_CASE("arguments that make no sense are refused by name", "[image]") {
  const std::vector<std::pair<std::string, value::NamedValues>> wrong{
      {"resize", {{"size", Sizes{1, 2, 3}}}},
      {"pad", {{"padding", Sizes{1, 2, 3}}}},
      {"normalize", {{"mean", Doubles{0}}, {"std", Doubles{0}}}},
      {"affine", {{"scale", 0.0}}},
      {"rotate", {{"angle", 30.0}, {"fill", Doubles{}}}},
      {"affine", {{"shear", Doubles{1, 2, 3}}}},
      {"random_affine", {{"degrees", Doubles{2, 1}}}},
      {"random_resized_crop", {{"size", Sizes{4}}, {"scale", Doubles{0.5, 0.1}}}},
      {"color_jitter", {{"hue", Doubles{0.1, 0.2, 0.3}}}},
      {"grayscale", {{"num_output_channels", std::int64_t{2}}}},
      {"reshape", {{"shape", Sizes{-1, -1, -1}}}}};
  for (const auto& [name, arguments] : wrong) {
    CAPTURE(name);
    CHECK_FALSE(message_of<base::ConfigError>(name, arguments).empty());
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_transforms
