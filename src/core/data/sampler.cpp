#include "core/data/sampler.h"

#include <ATen/ATen.h>

#include <utility>

namespace mlr3libtorch::data {

Sampler::Sampler(bool shuffle, at::Generator generator) : shuffle_(shuffle), generator_(std::move(generator)) {}

EpochOrder Sampler::order(std::int64_t rows) { return {shuffle_ ? permutation(rows) : at::arange(rows, at::kLong)}; }

at::Tensor Sampler::permutation(std::int64_t count) const {
  const auto options = at::TensorOptions().dtype(at::kLong);
  return generator_.defined() ? at::randperm(count, generator_, options) : at::randperm(count, options);
}

}  // namespace mlr3libtorch::data
