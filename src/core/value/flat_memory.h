#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mlr3libtorch::value {

/// Where one parameter lies in flat memory: elements `offset` to `offset + length`.
struct Range {
  std::string name;
  std::int64_t offset = 0;
  std::int64_t length = 0;
  bool trainable = true;
};

/// All parameters of a network in one allocation and all their gradients in another.
/// values, gradients: [number of elements], one dtype and device, contiguous.
/// Each parameter is a view of `values`, its gradient a view of `gradients`; a network's ranges lie in order and
/// without holes.
struct FlatMemory {
  at::Tensor values;
  at::Tensor gradients;
  std::vector<Range> ranges;

  std::int64_t size() const { return ranges.empty() ? 0 : ranges.back().offset + ranges.back().length; }
};

/// Whether the tensor's elements are those of `flat` from `offset` on, in their order.
bool lies_at(const at::Tensor& tensor, const at::Tensor& flat, std::int64_t offset);

/// Moves a parameter that lies elsewhere to its range of the flat values, with what it holds. The tensor stays the same
/// object, so whoever shares it sees it there.
void bring_home(at::Tensor& parameter, const FlatMemory& memory, const Range& range);

}  // namespace mlr3libtorch::value
