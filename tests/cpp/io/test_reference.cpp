#include <ATen/ATen.h>

#include <limits>

#include "core/base/error.h"
#include "io/files.h"

#include <catch2/catch.hpp>

// The files were written by reference/io/write_safetensors.py, which shares no code with the package.

namespace mlr3libtorch::io::testing {
namespace {

const std::string kFolder = std::string(REFERENCE_DIR) + "/io/";

Contents expected() {
  constexpr auto kInf = std::numeric_limits<float>::infinity();
  constexpr auto kSmallest = std::numeric_limits<std::int64_t>::min();
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  return {{{"doubles", at::tensor({0.1, -0.0, 1e300}, at::kDouble)},
           {"longs", at::tensor({kSmallest, kLargest})},
           {"floats", at::tensor({0.5F, -1.25F, 3.0F, 1e-30F, kInf, 7.0F}).view({2, 3})},
           {"integers", at::scalar_tensor(-7, at::kInt)},
           {"brains", at::tensor({1.0, -2.5}).to(at::kBFloat16)},
           {"halves", at::tensor({1.5, -65504.0}).to(at::kHalf)},
           {"shorts", at::tensor({-300}).to(at::kShort)},
           {"booleans", at::tensor({1, 0}).to(at::kBool)},
           {"bytes", at::empty({0, 4}, at::kByte)},
           {"characters", at::tensor({-128, 0, 127}).to(at::kChar)}},
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

TEST_CASE("A file without a checksum is read only if that is allowed", "[io]") {
  const auto path = kFolder + "foreign.safetensors";
  CHECK_THROWS_AS(read(path), base::FileError);
  base::Interrupt interrupt;
  ReadOptions options;
  options.require_checksum = false;
  CHECK(same(read_safetensors(path, interrupt, options), expected()));
}

}  // namespace mlr3libtorch::io::testing
