#include <torch/torch.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "core/base/error.h"
#include "io/files.h"

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
  const auto bits = torch::tensor({std::int64_t{0x7ff0000000000a1a}, std::numeric_limits<std::int64_t>::min()});
  const auto bytes = torch::arange(8, torch::kUInt8);
  const Contents contents{{{"f64", bits.view(torch::kFloat64)},
                           {"f32", bits.view(torch::kFloat32)},
                           {"f16", bits.view(torch::kFloat16)},
                           {"bf16", bits.view(torch::kBFloat16)},
                           {"i64", bits},
                           {"i32", bits.view(torch::kInt32)},
                           {"i16", bits.view(torch::kInt16)},
                           {"i8", bits.view(torch::kInt8)},
                           {"u8", bytes},
                           {"bool", bytes > 3}},
                          {}};
  write(folder.file("a"), contents);
  CHECK(same(read(folder.file("a")), contents));
}

TEST_CASE("A tensor is written in the order of its elements, however it lies in memory", "[io]") {
  const TemporaryFolder folder;
  const auto transposed = torch::arange(6, torch::kFloat32).view({2, 3}).t();
  const auto parameter = torch::ones({2}).requires_grad_();
  write(folder.file("a"), {{{"transposed", transposed}, {"parameter", parameter}}, {}});
  const auto tensors = read(folder.file("a")).tensors;
  CHECK(torch::equal(tensors.at("transposed"), transposed));
  CHECK(torch::equal(tensors.at("parameter"), torch::ones({2})));
  CHECK_FALSE(tensors.at("parameter").requires_grad());
}

TEST_CASE("A tensor larger than one piece is whole", "[io]") {
  const TemporaryFolder folder;
  const auto large = torch::arange(3'000'000, torch::kInt32);
  write(folder.file("a"), {{{"large", large}}, {}});
  CHECK(torch::equal(read(folder.file("a")).tensors.at("large"), large));
}

TEST_CASE("The same content gives the same bytes", "[io]") {
  const TemporaryFolder folder;
  write(folder.file("a"), small_contents());
  write(folder.file("b"), small_contents());
  CHECK(read_bytes(folder.file("a")) == read_bytes(folder.file("b")));
}

TEST_CASE("Names and metadata may be any UTF-8", "[io]") {
  const TemporaryFolder folder;
  const Contents contents{{{"", torch::ones({1})}, {"ünï\n\"x\"", torch::zeros({1})}}, {{"", ""}, {"\x01", "\\"}}};
  write(folder.file("a"), contents);
  CHECK(same(read(folder.file("a")), contents));
}

TEST_CASE("What the format cannot hold is refused before a file is touched", "[io]") {
  const TemporaryFolder folder;
  const auto one = torch::ones({1});
  const auto path = folder.file("a");
  CHECK_THROWS_AS(write(path, {{{"z", one.to(torch::kComplexFloat)}}, {}}), base::ConfigError);
  CHECK_THROWS_AS(write(path, {{{"sparse", torch::eye(2).to_sparse()}}, {}}), base::ConfigError);
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
  const Contents large{{{"large", torch::zeros({4'000'000})}}, {}};
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
