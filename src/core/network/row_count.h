#pragma once

#include <cstdint>

namespace torch::jit {
struct Graph;
}  // namespace torch::jit

namespace mlr3libtorch::network {

/// A trace holds the number of rows that it was made with as a constant. Makes the constants of `graph` that differ
/// from `other`'s follow the first input's number of rows instead; both are traces of one network, with `rows` and
/// `other_rows`. False if they differ in another way.
bool follow_row_count(torch::jit::Graph& graph, std::int64_t rows, torch::jit::Graph& other, std::int64_t other_rows);

}  // namespace mlr3libtorch::network
