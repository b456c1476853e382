#include "core/data/sampler.h"

#include <ATen/ATen.h>

#include <utility>

namespace mlr3libtorch::data {

Sampler::Sampler(bool shuffle, at::Generator generator) : shuffle_(shuffle), generator_(std::move(generator)) {}

EpochOrder Sampler::order(std::int64_t rows) {
  const auto options = at::TensorOptions().dtype(at::kLong);
  if (!shuffle_) return {at::arange(rows, options)};
  return {generator_.defined() ? at::randperm(rows, generator_, options) : at::randperm(rows, options)};
}

}  // namespace mlr3libtorch::data
