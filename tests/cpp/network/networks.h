#pragma once

// LibTorch first: it has macros of the names of Catch2's, and Catch2 must have the last word.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <string>
#include <vector>

#include "core/network/network.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test {

/// A network of one input "x" with the shape of `x` but for its rows.
inline network::Network make_network(const std::vector<network::Node>& nodes, const at::Tensor& x,
                                     std::uint64_t seed = 1, const std::vector<std::string>& outputs = {}) {
  return {{{"x"}, nodes, outputs}, {x}, at::detail::createCPUGenerator(seed)};
}

/// 3-8-2 with tanh between.
inline network::Network make_mlp(std::uint64_t seed = 1) {
  return make_network({{"hidden", "linear", {{"out_features", 8}}, {"x"}},
                       {"bend", "tanh", {}, {"hidden"}},
                       {"out", "linear", {{"out_features", 2}}, {"bend"}}},
                      at::zeros({2, 3}), seed);
}

/// What one operation without inputs of its own makes of `x`.
inline at::Tensor apply(const std::string& operation, const value::NamedValues& parameters, const at::Tensor& x,
                        const network::ForwardMode& mode = {}) {
  return make_network({{"node", operation, parameters, {"x"}}}, x).forward({x}, mode).front();
}

}  // namespace mlr3libtorch::test
