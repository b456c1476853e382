#include <ATen/ATen.h>

#include <filesystem>

#include "core/base/error.h"
#include "io/files.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::io::testing {

TEST_CASE("A file gives back names, metadata, dtypes, shapes and bytes", "[io]") {
  const TemporaryFolder folder;
  const auto path = folder.file("a.safetensors");
  write(path, small_contents());
  CHECK(same(read(path), small_contents()));
}

TEST_CASE("A file without tensors and metadata is a file", "[io]") {
  const TemporaryFolder folder;
  write(folder.file("a"), {});
  CHECK(same(read(folder.file("a")), {}));
}

TEST_CASE("Every dtype keeps its bits, those of NaN and of minus zero included", "[io]") {
  const TemporaryFolder folder;
  const auto bits = at::tensor({std::int64_t{0x7ff0000000000a1a}, std::numeric_limits<std::int64_t>::min()});
  const auto bytes = at::arange(8, at::kByte);
  const Contents contents{{{"f64", bits.view(at::kDouble)},
                           {"f32", bits.view(at::kFloat)},
                           {"f16", bits.view(at::kHalf)},
                           {"bf16", bits.view(at::kBFloat16)},
                           {"i64", bits},
                           {"i32", bits.view(at::kInt)},
                           {"i16", bits.view(at::kShort)},
                           {"i8", bits.view(at::kChar)},
                           {"u8", bytes},
                           {"bool", bytes > 3}},
                          {}};
  write(folder.file("a"), contents);
  CHECK(same(read(folder.file("a")), contents));
}

TEST_CASE("A tensor is written in the order of its elements, however it lies in memory", "[io]") {
  const TemporaryFolder folder;
  const auto transposed = at::arange(6, at::kFloat).view({2, 3}).t();
  const auto parameter = at::ones({2}).requires_grad_();
  write(folder.file("a"), {{{"transposed", transposed}, {"parameter", parameter}}, {}});
  const auto tensors = read(folder.file("a")).tensors;
  CHECK(at::equal(tensors.at("transposed"), transposed));
  CHECK(at::equal(tensors.at("parameter"), at::ones({2})));
  CHECK_FALSE(tensors.at("parameter").requires_grad());
}

TEST_CASE("A tensor larger than one piece is whole", "[io]") {
  const TemporaryFolder folder;
  const auto large = at::arange(3'000'000, at::kInt);
  write(folder.file("a"), {{{"large", large}}, {}});
  CHECK(at::equal(read(folder.file("a")).tensors.at("large"), large));
}

TEST_CASE("The same content gives the same bytes", "[io]") {
  const TemporaryFolder folder;
  write(folder.file("a"), small_contents());
  write(folder.file("b"), small_contents());
  CHECK(read_bytes(folder.file("a")) == read_bytes(folder.file("b")));
}

TEST_CASE("Names and metadata may be any UTF-8", "[io]") {
  const TemporaryFolder folder;
  const Contents contents{{{"", at::ones({1})}, {"ünï\n\"x\"", at::zeros({1})}}, {{"", ""}, {"\x01", "\\"}}};
  write(folder.file("a"), contents);
  CHECK(same(read(folder.file("a")), contents));
}

TEST_CASE("What the format cannot hold is refused before a file is touched", "[io]") {
  const TemporaryFolder folder;
  const auto one = at::ones({1});
  const auto path = folder.file("a");
  CHECK_THROWS_AS(write(path, {{{"z", one.to(at::kComplexFloat)}}, {}}), base::ConfigError);
  CHECK_THROWS_AS(write(path, {{{"sparse", at::eye(2).to_sparse()}}, {}}), base::ConfigError);
  CHECK_THROWS_AS(write(path, {{{"undefined", at::Tensor()}}, {}}), base::ConfigError);
  CHECK_THROWS_AS(write(path, {{{"__metadata__", one}}, {}}), base::ConfigError);
  CHECK_THROWS_AS(write(path, {{{"\xff", one}}, {}}), base::ConfigError);
  CHECK_THROWS_AS(write(path, {{}, {{"key", "\xff"}}}), base::ConfigError);
  CHECK_THROWS_AS(write(path, {{}, {{"checksum", "mine"}}}), base::ConfigError);
  CHECK(std::filesystem::is_empty(folder.path()));
}

namespace {
struct Stop {};

class StopAt : public base::Interrupt {
 public:
  explicit StopAt(int check) : left_(check) {}
  void check() override {
    if (left_-- == 0) throw Stop();
  }

 private:
  int left_;
};
}  // namespace

TEST_CASE("An interrupt while writing leaves the old file and nothing else", "[io]") {
  const TemporaryFolder folder;
  write(folder.file("a"), small_contents());
  StopAt interrupt(1);
  const Contents large{{{"large", at::zeros({4'000'000})}}, {}};
  CHECK_THROWS_AS(write_safetensors(folder.file("a"), large, interrupt), Stop);
  CHECK(same(read(folder.file("a")), small_contents()));
  const auto entries = std::filesystem::directory_iterator(folder.path());
  CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("An interrupt while reading passes through", "[io]") {
  const TemporaryFolder folder;
  write(folder.file("a"), small_contents());
  StopAt interrupt(0);
  CHECK_THROWS_AS(read_safetensors(folder.file("a"), interrupt), Stop);
}

}  // namespace mlr3libtorch::io::testing
