// What random transformations do must lie in their range and follow from the seed.
#include <ATen/ATen.h>

#include <map>
#include <set>

#include "image/pictures.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_random_transforms {
namespace {

using image::Picture;
using test::make_picture;
using test::same_picture;
using test::transformed;
using Doubles = std::vector<double>;
using Sizes = std::vector<std::int64_t>;

const std::map<std::string, value::NamedValues>& random_examples() {
  static const std::map<std::string, value::NamedValues> examples{
      {"color_jitter", {{"brightness", Doubles{0.4}}, {"hue", Doubles{0.3}}}},
      {"random_affine", {{"degrees", Doubles{40}}, {"translate", Doubles{0.2, 0.2}}}},
      {"random_crop", {{"size", Sizes{4, 3}}}},
      {"random_horizontal_flip", {}},
      {"random_resized_crop", {{"size", Sizes{4, 4}}}},
      {"random_rotation", {{"degrees", Doubles{90}}}},
      {"random_vertical_flip", {}}};
  return examples;
}

bool is_near(const Picture& a, const Picture& b) {
  return a.shape == b.shape && at::allclose(at::tensor(a.values), at::tensor(b.values), 1e-5, 1e-6);
}

TEST_CASE("a random transformation follows from its seed alone", "[image]") {
  const auto picture = make_picture({3, 8, 6});
  for (const auto& [name, arguments] : random_examples()) {
    CAPTURE(name);
    std::set<std::vector<float>> results;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const auto result = transformed(picture, name, arguments, seed);
      CHECK(same_picture(result, transformed(picture, name, arguments, seed)));
      results.insert(result.values);
    }
    CHECK(results.size() > 1);
  }
}

TEST_CASE("the same transformation draws other numbers at another place of a chain", "[image]") {
  const image::Chain twice({{"random_crop", {{"size", Sizes{20}}}}, {"random_crop", {{"size", Sizes{4}}}}});
  int differing = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    auto first = make_picture({1, 20, 20});
    twice.apply(first, seed, 0);
    differing +=
        same_picture(first, transformed(make_picture({1, 20, 20}), "random_crop", {{"size", Sizes{4}}}, seed)) ? 0 : 1;
  }
  CHECK(differing > 5);
}

Picture grouped(const std::string& name, const std::vector<image::ChainStep>& parts, std::uint64_t seed) {
  auto picture = make_picture({1, 3, 4});
  image::Chain({{name, {}, parts}}).apply(picture, seed, 0);
  return picture;
}

TEST_CASE("one of several transformations is chosen, each as often as the others", "[image]") {
  const auto picture = make_picture({1, 3, 4});
  const std::vector<Picture> single{transformed(picture, "hflip"), transformed(picture, "vflip"), picture};
  std::vector<int> counts(3);
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const auto result = grouped("random_choice", {{"hflip", {}}, {"vflip", {}}, {"nop", {}}}, seed);
    for (std::size_t i = 0; i < 3; ++i) counts[i] += same_picture(result, single[i]) ? 1 : 0;
  }
  // four standard deviations of a binomial count
  for (const auto count : counts) CHECK(count == Approx(1000).margin(104));
}

TEST_CASE("all of several transformations are applied, in every order", "[image]") {
  const value::NamedValues margin{{"padding", Sizes{1, 0, 0, 0}}}, doubled{{"brightness_factor", 0.5}};
  const std::vector<image::ChainStep> parts{{"hflip", {}}, {"pad", margin}, {"adjust_brightness", doubled}};
  std::map<std::vector<float>, int> counts;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const auto result = grouped("random_order", parts, seed);
    REQUIRE(result.shape == Sizes{1, 3, 5});
    ++counts[result.values];
  }
  // the margin comes before the flip in half of the orders, and what the brightness does not change is zero
  REQUIRE(counts.size() == 2);
  for (const auto& [values, count] : counts) CHECK(count == Approx(1000).margin(90));
}

TEST_CASE("groups of transformations need parts, and others have none", "[image]") {
  using Steps = std::vector<image::ChainStep>;
  CHECK_THROWS_WITH(image::Chain(Steps{{"random_choice", {}}}), Catch::Contains("give at least one"));
  CHECK_THROWS_WITH(image::Chain(Steps{{"hflip", {}, {{"vflip", {}}}}}), Catch::Contains("made of no others"));
}

TEST_CASE("flips happen as often as their probability says", "[image]") {
  const auto picture = make_picture({1, 3, 4});
  for (const std::string name : {"horizontal", "vertical"}) {
    const auto mirrored = transformed(picture, name.substr(0, 1) + "flip");
    int flips = 0;
    for (std::uint64_t seed = 0; seed < 4000; ++seed) {
      flips += same_picture(transformed(picture, "random_" + name + "_flip", {{"p", 0.3}}, seed), mirrored) ? 1 : 0;
    }
    // four standard deviations of a binomial count
    CHECK(flips == Approx(1200).margin(116));
  }
}

TEST_CASE("a random crop is a part of the picture, and every place comes up", "[image]") {
  const auto picture = make_picture({2, 5, 4});
  std::set<std::vector<float>> parts;
  for (std::int64_t top = 1; top <= 3; ++top) {
    for (std::int64_t left = 1; left <= 3; ++left) {
      const value::NamedValues window{{"top", top}, {"left", left}, {"height", 3}, {"width", 2}};
      parts.insert(transformed(picture, "crop", window).values);
    }
  }
  std::set<std::vector<float>> drawn;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    drawn.insert(transformed(picture, "random_crop", {{"size", Sizes{3, 2}}}, seed).values);
  }
  CHECK(drawn == parts);
}

TEST_CASE("a random crop may add margins first", "[image]") {
  const auto picture = make_picture({1, 4, 4});
  const auto padded = transformed(picture, "random_crop", {{"size", Sizes{6}}, {"padding", Sizes{1}}, {"fill", 0.5}});
  CHECK(same_picture(padded, transformed(picture, "pad", {{"padding", Sizes{1}}, {"fill", 0.5}})));
  const auto needed = transformed(picture, "random_crop", {{"size", Sizes{7, 3}}, {"pad_if_needed", true}});
  CHECK(needed.shape == Sizes{1, 7, 3});
}

TEST_CASE("a random resized crop of the whole area and shape is a resize", "[image]") {
  const auto picture = make_picture({3, 8, 8});
  const value::NamedValues whole{{"size", Sizes{5, 4}}, {"scale", Doubles{1, 1}}, {"ratio", Doubles{1, 1}}};
  CHECK(same_picture(transformed(picture, "random_resized_crop", whole),
                     transformed(picture, "resize", {{"size", Sizes{5, 4}}})));
}

TEST_CASE("a shape that does not fit in is cut out of the middle", "[image]") {
  const auto picture = make_picture({1, 4, 16});
  const value::NamedValues square{{"size", Sizes{4}}, {"scale", Doubles{1, 1}}, {"ratio", Doubles{1, 1}}};
  CHECK(same_picture(transformed(picture, "random_resized_crop", square),
                     transformed(picture, "center_crop", {{"size", Sizes{4}}})));
}

TEST_CASE("a range of one number is the transformation without randomness", "[image]") {
  const auto picture = make_picture({3, 7, 5});
  CHECK(same_picture(transformed(picture, "random_rotation", {{"degrees", Doubles{30, 30}}}),
                     transformed(picture, "rotate", {{"angle", 30.0}})));
  const value::NamedValues range{{"degrees", Doubles{-20, -20}},
                                 {"scale", Doubles{1.5, 1.5}},
                                 {"shear", Doubles{5, 5, -7, -7}},
                                 {"interpolation", "bilinear"}};
  const value::NamedValues fixed{
      {"angle", -20.0}, {"scale", 1.5}, {"shear", Doubles{5, -7}}, {"interpolation", "bilinear"}};
  CHECK(is_near(transformed(picture, "random_affine", range), transformed(picture, "affine", fixed)));
  CHECK(same_picture(transformed(picture, "color_jitter", {{"contrast", Doubles{1.5, 1.5}}}),
                     transformed(picture, "adjust_contrast", {{"contrast_factor", 1.5}})));
  CHECK(same_picture(transformed(picture, "color_jitter", {{"hue", Doubles{0.2, 0.2}}}),
                     transformed(picture, "adjust_hue", {{"hue_factor", 0.2}})));
}

TEST_CASE("colour jitter without ranges changes nothing", "[image]") {
  const auto picture = make_picture({3, 4, 4});
  CHECK(same_picture(transformed(picture, "color_jitter"), picture));
}

TEST_CASE("brightness is drawn evenly from its range", "[image]") {
  Picture picture = image::blank_picture(1, 1, 1);
  picture.values[0] = 0.5;
  double total = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const auto value = transformed(picture, "color_jitter", {{"brightness", Doubles{0.4}}}, seed).values[0];
    CHECK((value >= 0.3F - 1e-6F && value <= 0.7F + 1e-6F));
    total += value;
  }
  // the mean's standard deviation is 0.4 / sqrt(12 * 2000)
  CHECK(total / 2000 == Approx(0.5).margin(0.011));
}

}  // namespace
}  // namespace mlr3libtorch::test_random_transforms
