#include "core/data/length_grouped_sampler.h"

#include <ATen/ATen.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/error.h"

namespace mlr3libtorch::data {

LengthGroupedSampler::LengthGroupedSampler(at::Tensor lengths, std::int64_t batch_size, at::Generator generator)
    : Sampler(true, std::move(generator)), lengths_(std::move(lengths)), batch_size_(batch_size) {}

at::Tensor LengthGroupedSampler::by_length(const at::Tensor& rows) const {
  const auto places = std::get<1>(lengths_.index_select(0, rows).sort(c10::optional<bool>(true), 0));
  return rows.index_select(0, places);
}

EpochOrder LengthGroupedSampler::order(std::int64_t rows) {
  if (lengths_.size(0) != rows) {
    throw base::ConfigError(
        "There are " + std::to_string(lengths_.size(0)) + " lengths for " + std::to_string(rows) + " rows.",
        {{"rows", rows}});
  }
  const auto shuffled = permutation(rows);
  const auto batches = rows / batch_size_;
  if (batches < 2) return {shuffled};
  std::vector<at::Tensor> sorted;
  for (const auto& group : shuffled.narrow(0, 0, batches * batch_size_).split(kBatchesOfGroup * batch_size_)) {
    sorted.push_back(by_length(group));
  }
  const auto order = at::cat(sorted).reshape({batches, batch_size_}).index_select(0, permutation(batches)).reshape(-1);
  return {at::cat({order, shuffled.narrow(0, batches * batch_size_, rows % batch_size_)})};
}

}  // namespace mlr3libtorch::data
