#include "core/plan/predictor.h"

#include <algorithm>

namespace mlr3libtorch::plan {
namespace {

/// Rows of which two values of the widest kind fit in half of a usual second-level cache. Few of a wide input's numbers
/// are read if it comes in codes, but enough of them for a block to pay.
std::int64_t block_rows(const network::Network& network) {
  constexpr std::int64_t kNumbers = std::int64_t{256} * 1024 / std::int64_t{sizeof(float)};
  constexpr std::int64_t kLeast = 32;
  constexpr std::int64_t kMost = 1024;
  std::int64_t widest = 1;
  for (const auto& shape : network.shapes()) widest = std::max(widest, shape.width());
  return std::clamp(kNumbers / (2 * widest), kLeast, kMost);
}

/// Some rows of all inputs as tensors.
std::vector<at::Tensor> expanded_rows(const std::vector<at::Tensor>& inputs, const std::vector<data::Codes>& codes,
                                      std::int64_t first, std::int64_t rows) {
  std::vector<at::Tensor> x;
  for (std::size_t i = 0; i < inputs.size(); ++i) x.push_back(data::rows_of_input(inputs, codes, i, first, rows));
  return x;
}

}  // namespace

std::unique_ptr<Predictor> Predictor::make(const network::Network& network) {
  return reasons_against(network).empty() ? std::make_unique<Predictor>(network) : nullptr;
}

Predictor::Predictor(const network::Network& network)
    : plan_(network, block_rows(network), Purpose::kPrediction), targets_(network.outputs().size()) {}

void Predictor::predict(const std::vector<at::Tensor>& inputs, std::int64_t first, std::int64_t rows,
                        const std::vector<at::Tensor>& outputs, base::Interrupt& interrupt,
                        const std::vector<data::Codes>& codes) {
  const bool expands = needs_expansion(inputs, codes);
  for (auto begin = first; begin < first + rows; begin += plan_.capacity()) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      targets_[i] = outputs[i].data_ptr<float>() + begin * plan_.width_of_output(i);
    }
    const auto length = std::min(plan_.capacity(), first + rows - begin);
    if (expands) {
      plan_.forward(expanded_rows(inputs, codes, begin, length), 0, length, targets_, {}, interrupt);
    } else {
      plan_.forward(inputs, begin, length, targets_, {}, interrupt, codes);
    }
  }
}

bool Predictor::needs_expansion(const std::vector<at::Tensor>& inputs, const std::vector<data::Codes>& codes) const {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (data::in_codes(codes, i) && !plan_.takes_codes(i)) return true;
  }
  return false;
}

}  // namespace mlr3libtorch::plan
