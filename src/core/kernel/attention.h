#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/kernel/keep_mask.h"

namespace mlr3libtorch::kernel {

/// Tokens of one row of a batch, `stride` numbers apart.
template <class Number>
struct TokensOf {
  Number* values = nullptr;
  std::int64_t stride = 0;

  TokensOf head(std::int64_t first) const { return {values + first, stride}; }
};
using Tokens = TokensOf<const float>;
using TokenGradients = TokensOf<float>;

struct AttentionShape {
  std::int64_t heads = 1;
  std::int64_t size = 1;  // of a token; a head has size / heads of its numbers
  std::int64_t queries = 1;
  std::int64_t keys = 1;
  /// Whether a token attends only to itself and those before it.
  bool is_causal = false;
};

/// Rows of a batch that are worked on together: enough tokens for products at full speed, few enough for their values
/// to stay in a second-level cache.
inline std::int64_t rows_of_block(std::int64_t tokens) {
  constexpr std::int64_t kTokens = 256;
  return std::max<std::int64_t>(1, kTokens / tokens);
}

/// For each head, softmax(q k' / root of its size), with dropout, times v: row by row and head by head, so that scores
/// never lie in memory as a whole. They are computed again for the gradients.
class Attention {
 public:
  explicit Attention(const AttentionShape& shape);

  /// `row`: its number in the batch, for `keep`, which may be null. query, output: [queries, size];
  /// key, value: [keys, size].
  void forward(std::int64_t row, const Tokens& query, const Tokens& key, const Tokens& value, const KeepMask* keep,
               const TokenGradients& output);

  struct Gradients {
    TokenGradients query, key, value;
  };
  /// Overwrites `gradients`.
  void backward(std::int64_t row, const Tokens& query, const Tokens& key, const Tokens& value, const KeepMask* keep,
                const Tokens& output_gradients, const Gradients& gradients);

 private:
  void compute_weights(const Tokens& query, const Tokens& key);
  void drop(std::int64_t row, std::int64_t head, const KeepMask& keep, const float* from, float* to) const;
  void set_score_gradients();
  void products_with_transposed(const Tokens& left, const Tokens& right, float* scores);

  AttentionShape shape_;
  std::int64_t depth_;          // of a head
  std::int64_t score_stride_;   // the number of keys, in whole vectors
  std::vector<float> weights_;  // [queries, score_stride_]
  std::vector<float> scores_;
  std::vector<float> transposed_;  // [depth_, keys]
};

}  // namespace mlr3libtorch::kernel
