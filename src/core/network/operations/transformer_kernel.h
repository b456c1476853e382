#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/kernel/attention.h"
#include "core/kernel/keep_mask.h"
#include "core/kernel/kernel.h"
#include "core/kernel/normalisation.h"
#include "core/kernel/projection.h"
#include "core/network/operations/gated.h"

namespace mlr3libtorch::network {

/// What a block of a transformer consists of.
struct TransformerShape {
  std::int64_t tokens = 1;
  std::int64_t size = 1;  // of a token
  std::int64_t heads = 1;
  std::int64_t hidden = 1;  // the width of the feed-forward network behind its activation
  /// The tokens that are computed; all if it is empty.
  std::vector<std::int64_t> asking = {};
  const BlockActivation* activation = nullptr;
  double attention_dropout = 0, feed_forward_dropout = 0, residual_dropout = 0;
  float eps = 0;
  bool norm_first = false;
  bool attention_bias = true, first_bias = true, second_bias = true;
  bool attention_norm = true, feed_forward_norm = true;

  std::int64_t queries() const { return asking.empty() ? tokens : static_cast<std::int64_t>(asking.size()); }
};

/// A transformer block by hand, in blocks of rows that stay in the cache. For the gradients it keeps what the products
/// gave, and computes the rest again: normalisations, attention's weights, the activation, dropout's masks.
class TransformerKernel : public kernel::Kernel {
 public:
  explicit TransformerKernel(const TransformerShape& shape);

  void forward(const kernel::Call& call) override;
  void backward(const kernel::Call& call) override;
  kernel::Grain grain_of_rows() const override;
  double operations_per_row() const override;

 private:
  /// What is kept of the rows of a block.
  struct Kept {
    float *query, *key, *value, *attended, *attention_sum, *middle, *hidden, *output_sum;
  };
  struct Block {
    std::int64_t row;  // the first one's number in the whole batch
    std::int64_t rows;
    Kept kept;
  };

  void bind(const kernel::Call& call);
  void draw_masks(const kernel::Call& call);
  Block make_block(const kernel::Call& call, std::int64_t row);
  void attend(const Block& block, const float* x);
  void feed_forward(const Block& block, float* y);
  void feed_forward_backward(const Block& block, float* dy);
  void attention_backward(const Block& block, const float* x, float* dx);
  void attention_inputs_backward(const Block& block, const float* x, float* dx);

  bool normalises_before(bool exists) const { return shape_.norm_first && exists; }
  bool normalises_after(bool exists) const { return !shape_.norm_first && exists; }
  const float* asking_tokens(const Block& block, const float* x);
  void add_query_gradients(const Block& block, float* dfrom);
  void add_to_asking(const Block& block, const float* gradients, float* all) const;
  using Mask = std::optional<kernel::KeepMask>;
  void drop(const Mask& mask, const Block& block, std::int64_t width, float* values) const;
  const kernel::KeepMask* attention_mask() const { return attention_mask_ ? &*attention_mask_ : nullptr; }
  kernel::Attention::Gradients attention_gradients(std::int64_t row);

  TransformerShape shape_;
  std::int64_t block_rows_;
  kernel::Projection query_, key_, value_, out_, first_, second_;
  kernel::Normalisation attention_norm_, feed_forward_norm_;
  kernel::Attention attention_;
  Mask attention_mask_, residual_mask_, hidden_mask_, output_mask_;  // none without dropout
  // Of all rows while training, else of one block; sums only where they are normalised afterwards.
  std::vector<float> query_values_, key_values_, value_values_, attended_, attention_sums_, middle_, hidden_,
      output_sums_;
  // Of one block.
  std::vector<float> normed_, asked_, active_, branch_, sum_gradients_, hidden_gradients_, query_gradients_,
      key_gradients_, value_gradients_;
};

}  // namespace mlr3libtorch::network
