#include "core/train/gradient_sum.h"

#include <ATen/ATen.h>

#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_gradient_sum {
namespace {

using Pieces = std::vector<std::pair<std::int64_t, std::int64_t>>;

struct Done : parallel::Pending {
  void wait(base::Interrupt& /*interrupt*/) override {}
};

/// Notes where the tensors lie that it is to add up, and how long they are.
struct NotingExchange : parallel::Exchange {
  int rank() const override { return 0; }
  int size() const override { return 2; }
  std::unique_ptr<parallel::Pending> begin_sum(const at::Tensor& tensor) override {
    pieces.emplace_back(tensor.storage_offset(), tensor.numel());
    return std::make_unique<Done>();
  }
  void broadcast(const at::Tensor& /*tensor*/, base::Interrupt& /*interrupt*/) override {}
  at::Tensor gather(const at::Tensor& tensor, base::Interrupt& /*interrupt*/) override { return tensor; }
  void leave(const std::string& /*reason*/) override {}
  Pieces pieces;
};

value::FlatMemory memory_of(const std::vector<std::int64_t>& lengths) {
  value::FlatMemory memory;
  std::int64_t offset = 0;
  for (const auto length : lengths) {
    memory.ranges.push_back({"w", offset, length});
    offset += length;
  }
  memory.gradients = at::zeros({offset});
  return memory;
}

/// `steps`: how many ranges of a layer are told of at once; 0: none before the end.
Pieces pieces_of(const value::FlatMemory& memory, std::size_t steps) {
  NotingExchange exchange;
  train::GradientSum sum(exchange);
  base::Interrupt none;
  sum.begin(memory);
  for (auto first = memory.ranges.size(); steps > 0 && first >= steps;) sum.add(first -= steps);
  sum.finish(none);
  return exchange.pieces;
}

TEST_CASE("pieces of the gradients cover each once, and do not depend on when they are there", "[train]") {
  constexpr std::int64_t kMillion = 1 << 20;
  const auto memory = memory_of({kMillion / 2, 10, kMillion / 2, 2 * kMillion, 5, 7, kMillion, 3});
  const auto expected = pieces_of(memory, 0);
  REQUIRE(expected.size() > 2);
  for (const std::size_t steps : {1, 2, 3, 8}) CHECK(pieces_of(memory, steps) == expected);
  auto end = memory.size();
  for (const auto& [offset, length] : expected) {
    CHECK(offset + length == end);
    end = offset;
  }
  CHECK(end == 0);
  CHECK(pieces_of(memory_of({3, 4}), 1) == Pieces{{0, 7}});
  CHECK(pieces_of(memory_of({}), 1).empty());
}

}  // namespace
}  // namespace mlr3libtorch::test_gradient_sum
