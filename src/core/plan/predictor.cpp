#include "core/plan/predictor.h"

#include <algorithm>

#include "core/kernel/gemm.h"

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

std::unique_ptr<Predictor> Predictor::make(const network::Network& network, Precision precision) {
  return reasons_against(network).empty() ? std::make_unique<Predictor>(network, precision) : nullptr;
}

/// What is to be predicted.
struct Predictor::Rows {
  const std::vector<at::Tensor>& inputs;
  const std::vector<data::Codes>& codes;
  const std::vector<at::Tensor>& outputs;
  std::int64_t first;
  std::int64_t count;
};

Predictor::Predictor(const network::Network& network, Precision precision) : network_(network), precision_(precision) {
  plans_.emplace_back(network, block_rows(network), Purpose::kPrediction, precision);
}

void Predictor::predict(const std::vector<at::Tensor>& inputs, std::int64_t first, std::int64_t rows,
                        const std::vector<at::Tensor>& outputs, base::Interrupt& interrupt,
                        const std::vector<data::Codes>& codes) {
  const Rows all{inputs, codes, outputs, first, rows};
  auto* const pool = pool_for(all);
  if (pool == nullptr) return predict_on_one(all, interrupt);
  predict_on_many(all, interrupt, *pool);
}

std::int64_t Predictor::block_count(const Rows& rows) const {
  return (rows.count + first_plan().capacity() - 1) / first_plan().capacity();
}

bool Predictor::needs_expansion(const Rows& rows) const {
  for (std::size_t i = 0; i < rows.inputs.size(); ++i) {
    if (data::in_codes(rows.codes, i) && !first_plan().takes_codes(i)) return true;
  }
  return false;
}

bool Predictor::is_worth_threads(std::int64_t rows) const {
  const auto operations = first_plan().operations_per_row() * static_cast<double>(rows);
  return !first_plan().steps_out() && rows > first_plan().capacity() &&
         operations >= 2 * kernel::kOperationsWorthThread;
}

/// None for few rows, and where LibTorch has to expand them first, which only the caller's thread may ask for.
kernel::ThreadPool* Predictor::pool_for(const Rows& rows) const {
  return is_worth_threads(rows.count) && !needs_expansion(rows) ? kernel::current_pool() : nullptr;
}

void Predictor::predict_on_one(const Rows& rows, base::Interrupt& interrupt) {
  for (std::int64_t block = 0; block < block_count(rows); ++block) {
    predict_block(plans_.front(), rows, block, interrupt);
  }
}

/// Only the caller is asked whether to go on, between two sets of blocks.
void Predictor::predict_on_many(const Rows& rows, base::Interrupt& interrupt, kernel::ThreadPool& pool) {
  constexpr std::int64_t kBlocksAtOnce = 8;  // on each thread
  const auto threads = pool.threads();
  while (static_cast<int>(plans_.size()) < threads) {
    plans_.emplace_back(network_, first_plan().capacity(), Purpose::kPrediction, precision_);
  }
  const auto blocks = block_count(rows);
  base::Interrupt none;
  for (std::int64_t begin = 0; begin < blocks; begin += kBlocksAtOnce * threads) {
    interrupt.check();
    const auto count = std::min(kBlocksAtOnce * threads, blocks - begin);
    choice_.begin(static_cast<double>(count));
    const kernel::ChosenSplit split(choice_, &pool);
    const int parts = choice_.splits() ? threads : 1;
    pool.run(parts, [&](int part) {
      auto& plan = plans_[static_cast<std::size_t>(part)];
      const auto end = begin + count * (part + 1) / parts;
      for (auto block = begin + count * part / parts; block < end; ++block) predict_block(plan, rows, block, none);
    });
  }
}

void Predictor::predict_block(Plan& plan, const Rows& rows, std::int64_t block, base::Interrupt& interrupt) const {
  const auto begin = rows.first + block * plan.capacity();
  const auto length = std::min(plan.capacity(), rows.first + rows.count - begin);
  std::vector<float*> targets;
  for (std::size_t i = 0; i < rows.outputs.size(); ++i) {
    targets.push_back(rows.outputs[i].data_ptr<float>() + begin * plan.width_of_output(i));
  }
  if (needs_expansion(rows)) {
    plan.forward(expanded_rows(rows.inputs, rows.codes, begin, length), 0, length, targets, {}, interrupt);
  } else {
    plan.forward(rows.inputs, begin, length, targets, {}, interrupt, rows.codes);
  }
}

}  // namespace mlr3libtorch::plan
