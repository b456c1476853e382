#include "core/plan/predictor.h"

#include <algorithm>

namespace mlr3libtorch::plan {
namespace {

/// Rows of which two values of the widest kind fit in half of a usual second-level cache.
std::int64_t block_rows(const network::Network& network) {
  constexpr std::int64_t kNumbers = std::int64_t{256} * 1024 / std::int64_t{sizeof(float)};
  constexpr std::int64_t kLeast = 32;
  constexpr std::int64_t kMost = 1024;
  std::int64_t widest = 1;
  for (const auto& shape : network.shapes()) widest = std::max(widest, shape.width());
  return std::clamp(kNumbers / (2 * widest), kLeast, kMost);
}

}  // namespace

std::unique_ptr<Predictor> Predictor::make(const network::Network& network) {
  return reasons_against(network).empty() ? std::make_unique<Predictor>(network) : nullptr;
}

Predictor::Predictor(const network::Network& network)
    : plan_(network, block_rows(network), Purpose::kPrediction), targets_(network.outputs().size()) {}

void Predictor::predict(const std::vector<at::Tensor>& inputs, std::int64_t first, std::int64_t rows,
                        const std::vector<at::Tensor>& outputs, base::Interrupt& interrupt) {
  for (auto begin = first; begin < first + rows; begin += plan_.capacity()) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      targets_[i] = outputs[i].data_ptr<float>() + begin * plan_.width_of_output(i);
    }
    const auto length = std::min(plan_.capacity(), first + rows - begin);
    plan_.forward(inputs, begin, length, targets_, {}, interrupt);
  }
}

}  // namespace mlr3libtorch::plan
