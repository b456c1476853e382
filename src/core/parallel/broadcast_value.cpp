#include "core/parallel/broadcast_value.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <algorithm>
#include <vector>

namespace mlr3libtorch::parallel {

c10::IValue broadcast_value(Exchange& exchange, const c10::IValue& value, base::Interrupt& interrupt) {
  const bool gives = exchange.rank() == 0;
  // Most values that are sent are none.
  const auto bytes = gives && !value.isNone() ? torch::jit::pickle_save(value) : std::vector<char>();
  auto length = at::full({1}, static_cast<std::int64_t>(bytes.size()), at::kLong);
  exchange.broadcast(length, interrupt);
  const auto count = length.item<std::int64_t>();
  if (count == 0) return {};
  auto buffer = at::empty({count}, at::kByte);
  auto* const start = reinterpret_cast<char*>(buffer.data_ptr<std::uint8_t>());
  std::copy(bytes.begin(), bytes.end(), start);
  exchange.broadcast(buffer, interrupt);
  return gives ? value : torch::jit::pickle_load({start, start + count});
}

}  // namespace mlr3libtorch::parallel
