#include <torch/torch.h>

#include <catch2/catch.hpp>
#include <limits>

#include "core/base/error.h"
#include "io/files.h"

// The files were written by reference/io/write_safetensors.py, which shares no code with the package.

namespace mlr3libtorch::io::testing {
namespace {

const std::string kFolder = std::string(REFERENCE_DIR) + "/io/";

Contents expected() {
  constexpr auto kInf = std::numeric_limits<float>::infinity();
  constexpr auto kSmallest = std::numeric_limits<std::int64_t>::min();
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  return {{{"doubles", torch::tensor({0.1, -0.0, 1e300}, torch::kFloat64)},
           {"longs", torch::tensor({kSmallest, kLargest})},
           {"floats", torch::tensor({0.5F, -1.25F, 3.0F, 1e-30F, kInf, 7.0F}).view({2, 3})},
           {"integers", torch::tensor(-7, torch::kInt32)},
           {"brains", torch::tensor({1.0, -2.5}, torch::kBFloat16)},
           {"halves", torch::tensor({1.5, -65504.0}, torch::kFloat16)},
           {"shorts", torch::tensor({-300}, torch::kInt16)},
           {"booleans", torch::tensor({true, false})},
           {"bytes", torch::empty({0, 4}, torch::kUInt8)},
           {"characters", torch::tensor({-128, 0, 127}, torch::kInt8)}},
          {{"format", "pt"}, {"quote", "a \"quoted\" \\ line\nand ü"}}};
}

}  // namespace

TEST_CASE("A file that a second program wrote is read exactly", "[io]") {
  CHECK(same(read(kFolder + "sealed.safetensors"), expected()));
}

TEST_CASE("A second program and this one write the same bytes", "[io]") {
  const TemporaryFolder folder;
  write(folder.file("a"), expected());
  CHECK(read_bytes(folder.file("a")) == read_bytes(kFolder + "sealed.safetensors"));
}

TEST_CASE("A file without a checksum is read only where that is allowed", "[io]") {
  const auto path = kFolder + "foreign.safetensors";
  CHECK_THROWS_AS(read(path), base::FileError);
  base::Interrupt interrupt;
  ReadOptions options;
  options.require_checksum = false;
  CHECK(same(read_safetensors(path, interrupt, options), expected()));
}

}  // namespace mlr3libtorch::io::testing
