#include "core/kernel/attention.h"

#include <algorithm>
#include <cmath>

#include "core/kernel/functions.h"
#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::kernel {
namespace {

constexpr auto kVector = vectorised::kLanes;

std::int64_t in_whole_vectors(std::int64_t length) { return (length + kVector - 1) / kVector * kVector; }

/// The scores of one query become exp(factor * (score - the largest)) / their sum. `stride` numbers, in whole vectors.
inline void softmax_of_row(float* scores, std::int64_t stride, float factor) {
  float lanes[kVector];
  for (auto& lane : lanes) lane = -HUGE_VALF;
  for (std::int64_t j = 0; j < stride; j += kVector) {
    for (std::int64_t lane = 0; lane < kVector; ++lane) {
      lanes[lane] = scores[j + lane] > lanes[lane] ? scores[j + lane] : lanes[lane];
    }
  }
  float largest = lanes[0];
  for (const auto lane : lanes) largest = lane > largest ? lane : largest;
  for (auto& lane : lanes) lane = 0;
  for (std::int64_t j = 0; j < stride; j += kVector) {
    for (std::int64_t lane = 0; lane < kVector; ++lane) {
      const float weight = exponential(factor * (scores[j + lane] - largest));
      scores[j + lane] = weight;
      lanes[lane] += weight;
    }
  }
  float sum = 0;
  for (const auto lane : lanes) sum += lane;
  const float share = 1 / sum;
  for (std::int64_t j = 0; j < stride; ++j) scores[j] *= share;
}

}  // namespace

Attention::Attention(const AttentionShape& shape)
    : shape_(shape),
      depth_(shape.size / shape.heads),
      score_stride_(in_whole_vectors(shape.keys)),
      weights_(static_cast<std::size_t>(shape.queries * score_stride_)),
      scores_(weights_.size()),
      transposed_(static_cast<std::size_t>(depth_ * shape.keys)) {}

/// scores = left right', for one head. left: [queries, depth], right: [keys, depth].
void Attention::products_with_transposed(const Tokens& left, const Tokens& right, float* scores) {
  transpose_matrix(right.values, right.stride, shape_.keys, depth_, transposed_.data(), shape_.keys);
  multiply_strided({shape_.queries, shape_.keys, depth_, left.stride, 1, shape_.keys, score_stride_}, left.values,
                   transposed_.data(), scores);
}

void Attention::compute_weights(const Tokens& query, const Tokens& key) {
  products_with_transposed(query, key, weights_.data());
  const float factor = 1 / std::sqrt(static_cast<float>(depth_));
  vectorised::run([=, shape = shape_, stride = score_stride_, weights = weights_.data()] {
    for (std::int64_t i = 0; i < shape.queries; ++i) {
      float* const row = weights + i * stride;
      const auto seen = shape.is_causal ? std::min(i + 1, shape.keys) : shape.keys;
      for (std::int64_t j = seen; j < stride; ++j) row[j] = -HUGE_VALF;
      softmax_of_row(row, stride, factor);
    }
  });
}

/// Elements are numbered as in a tensor of shape [rows, heads, queries, keys].
void Attention::drop(std::int64_t row, std::int64_t head, const KeepMask& keep, const float* from, float* to) const {
  const auto first = (row * shape_.heads + head) * shape_.queries * shape_.keys;
  vectorised::run([=, mask = keep, shape = shape_, stride = score_stride_] {
    for (std::int64_t i = 0; i < shape.queries; ++i) {
      const auto number = first + i * shape.keys;
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t j = 0; j < stride; ++j) to[i * stride + j] = from[i * stride + j] * mask.factor(number + j);
    }
  });
}

void Attention::forward(std::int64_t row, const Tokens& query, const Tokens& key, const Tokens& value,
                        const KeepMask* keep, const TokenGradients& output) {
  for (std::int64_t head = 0; head < shape_.heads; ++head) {
    const auto first = head * depth_;
    compute_weights(query.head(first), key.head(first));
    if (keep != nullptr) drop(row, head, *keep, weights_.data(), weights_.data());
    multiply_strided({shape_.queries, depth_, shape_.keys, score_stride_, 1, value.stride, output.stride},
                     weights_.data(), value.values + first, output.values + first);
  }
}

/// From the gradients of the weights, in `scores_`, to those of the products q k'.
void Attention::set_score_gradients() {
  const float factor = 1 / std::sqrt(static_cast<float>(depth_));
  vectorised::run([=, queries = shape_.queries, stride = score_stride_, weights = weights_.data(),
                   scores = scores_.data()] {
    for (std::int64_t i = 0; i < queries; ++i) {
      const float* const weight = weights + i * stride;
      float* const score = scores + i * stride;
      const auto sum = vectorised::sum_in_lanes<float>(stride, [=](std::int64_t j) { return score[j] * weight[j]; });
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t j = 0; j < stride; ++j) score[j] = factor * weight[j] * (score[j] - sum);
    }
  });
}

void Attention::backward(std::int64_t row, const Tokens& query, const Tokens& key, const Tokens& value,
                         const KeepMask* keep, const Tokens& output_gradients, const Gradients& gradients) {
  const auto queries = shape_.queries, keys = shape_.keys, stride = score_stride_;
  for (std::int64_t head = 0; head < shape_.heads; ++head) {
    const auto first = head * depth_;
    const auto dy = output_gradients.head(first);
    compute_weights(query.head(first), key.head(first));
    const float* kept = weights_.data();
    if (keep != nullptr) {
      drop(row, head, *keep, weights_.data(), scores_.data());
      kept = scores_.data();
    }
    multiply_strided({keys, depth_, queries, 1, stride, dy.stride, gradients.value.stride}, kept, dy.values,
                     gradients.value.values + first);
    products_with_transposed(dy, value.head(first), scores_.data());
    if (keep != nullptr) drop(row, head, *keep, scores_.data(), scores_.data());
    set_score_gradients();
    multiply_strided({queries, depth_, keys, stride, 1, key.stride, gradients.query.stride}, scores_.data(),
                     key.values + first, gradients.query.values + first);
    multiply_strided({keys, depth_, queries, 1, stride, query.stride, gradients.key.stride}, scores_.data(),
                     query.values + first, gradients.key.values + first);
  }
}

}  // namespace mlr3libtorch::kernel
