#include "core/kernel/coded_product.h"

#include <algorithm>

#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::kernel {
namespace {

/// Outputs that are computed together, a cache line of them: the weight has a row of its own for each, far from the
/// others, so few rows at a time stay in the cache while all codes are looked up in them.
constexpr std::int64_t kOutputBlock = 16;

/// A weight, or its gradients, at the positions of the ones.
struct Ones {
  const std::int64_t* positions;  // [rows, factors]
  std::int64_t factors;
  std::int64_t rows;
  std::int64_t outputs;
  std::int64_t width;
};

/// y[row, output] += weight[output, position]
void add_columns(const Ones& ones, const float* weight, float* y) {
  for (std::int64_t first = 0; first < ones.outputs; first += kOutputBlock) {
    const auto count = std::min(kOutputBlock, ones.outputs - first);
    for (std::int64_t i = 0; i < ones.rows * ones.factors; ++i) {
      const float* const from = weight + first * ones.width + ones.positions[i];
      float* const to = y + (i / ones.factors) * ones.outputs + first;
      for (std::int64_t output = 0; output < count; ++output) to[output] += from[output * ones.width];
    }
  }
}

/// gradients[output, position] += dy[row, output]
void scatter_rows(const Ones& ones, const float* dy, float* gradients) {
  for (std::int64_t first = 0; first < ones.outputs; first += kOutputBlock) {
    const auto count = std::min(kOutputBlock, ones.outputs - first);
    for (std::int64_t i = 0; i < ones.rows * ones.factors; ++i) {
      float* const to = gradients + first * ones.width + ones.positions[i];
      const float* const from = dy + (i / ones.factors) * ones.outputs + first;
      for (std::int64_t output = 0; output < count; ++output) to[output * ones.width] += from[output];
    }
  }
}

template <class Element>
Element* with_size(std::vector<Element>& memory, std::int64_t size) {
  if (memory.size() < static_cast<std::size_t>(size)) memory.resize(static_cast<std::size_t>(size));
  return memory.data();
}

std::int64_t count_of(const std::vector<Coding::Number>& numbers) { return static_cast<std::int64_t>(numbers.size()); }

}  // namespace

void CodedProduct::read(const Coding& coding, const float* x, std::int64_t rows) {
  auto* number = with_size(numbers_, rows * count_of(coding.numbers()));
  auto* one = with_size(ones_, rows * static_cast<std::int64_t>(coding.factors().size()));
  for (std::int64_t row = 0; row < rows; ++row, x += coding.columns()) {
    for (const auto& [column, position] : coding.numbers()) *number++ = x[column];
    for (const auto& [column, first, levels] : coding.factors()) *one++ = first + static_cast<std::int64_t>(x[column]);
  }
}

void CodedProduct::forward(const Coding& coding, const float* x, std::int64_t rows, const float* weight,
                           std::int64_t outputs, float* y) {
  read(coding, x, rows);
  const auto& numbers = coding.numbers();
  const auto count = count_of(numbers);
  auto* const number_weight = with_size(number_weights_, outputs * count);
  auto* to = number_weight;
  for (std::int64_t output = 0; output < outputs; ++output) {
    for (const auto& number : numbers) *to++ = weight[output * coding.width() + number.position];
  }
  // Zeros if there are no numbers.
  multiply({false, true, rows, outputs, count}, numbers_.data(), number_weight, y);
  const auto factors = static_cast<std::int64_t>(coding.factors().size());
  add_columns({ones_.data(), factors, rows, outputs, coding.width()}, weight, y);
}

void CodedProduct::weight_gradients(const Coding& coding, std::int64_t rows, const float* dy, std::int64_t outputs,
                                    float* gradients) {
  const auto& numbers = coding.numbers();
  const auto count = count_of(numbers);
  auto* const number_gradients = with_size(number_weights_, outputs * count);
  multiply({true, false, outputs, count, rows}, dy, numbers_.data(), number_gradients);
  std::fill_n(gradients, outputs * coding.width(), 0.0F);
  const auto* from = number_gradients;
  for (std::int64_t output = 0; output < outputs; ++output) {
    for (const auto& number : numbers) gradients[output * coding.width() + number.position] = *from++;
  }
  const auto factors = static_cast<std::int64_t>(coding.factors().size());
  scatter_rows({ones_.data(), factors, rows, outputs, coding.width()}, dy, gradients);
}

}  // namespace mlr3libtorch::kernel
