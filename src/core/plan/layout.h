#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/kernel/kernel.h"
#include "core/network/network.h"

namespace mlr3libtorch::plan {

/// One kernel for each node of a network.
using Kernels = std::vector<std::unique_ptr<kernel::Kernel>>;

inline constexpr std::size_t kNoBuffer = static_cast<std::size_t>(-1);

/// What is done with the gradient of one of a node's inputs.
struct InputGradient {
  bool wanted = false;
  /// Another node has already written its part, so this one is computed in a separate buffer and added.
  bool adds = false;
  std::size_t buffer = kNoBuffer;
};

/// A node with something to compute.
struct NodeLayout {
  std::size_t node;                      // its position in the network
  std::vector<std::size_t> inputs;       // places
  std::vector<InputGradient> gradients;  // of the inputs; empty for prediction
  std::size_t output;                    // place
  bool has_backward = false;
};

/// Where the numbers of one or several values lie: buffers have room for `width` numbers a row.
struct Place {
  std::int64_t width = 0;
  std::size_t values = kNoBuffer;  // none for the network's inputs and outputs, whose memory is given from outside
  std::size_t gradients = kNoBuffer;
};

/// How the values of a network share memory.
/// The places of the network's inputs come first, in their order.
struct Layout {
  std::vector<Place> places;
  std::vector<NodeLayout> nodes;
  std::vector<std::size_t> outputs;         // places
  std::vector<std::int64_t> buffer_widths;  // numbers for each row
};

/// For training, every value that a backward call reads keeps its memory, and gradients share theirs; for prediction,
/// values share memory as soon as nobody reads them any more. Functions that a kernel can apply by itself are moved
/// into it.
Layout make_layout(const network::Network& network, const Kernels& kernels, bool training);

}  // namespace mlr3libtorch::plan
