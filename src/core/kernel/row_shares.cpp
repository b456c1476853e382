#include "core/kernel/row_shares.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/kernel/split.h"
#include "core/kernel/thread_pool.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::kernel {
namespace {

/// Every share adds its gradients of all weights, and on one thread that buys nothing: 1 % of a step with eight.
constexpr std::int64_t kMostShares = 8;

/// Draws what `generator` would draw next, and leaves it alone.
at::Generator copy_of(const at::Generator& generator) {
  return generator.defined() ? generator.clone() : at::detail::getDefaultCPUGenerator().clone();
}

}  // namespace

RowShares::RowShares(std::unique_ptr<Kernel> first, MakeKernel make, std::vector<std::int64_t> parameter_lengths)
    : make_(std::move(make)), parameter_lengths_(std::move(parameter_lengths)) {
  shares_.push_back({std::move(first)});
}

bool RowShares::absorb(const std::shared_ptr<const Elementwise>& function) {
  if (!shares_[0].kernel->absorb(function)) return false;
  absorbed_ = function;
  return true;
}

std::size_t RowShares::share_count(std::int64_t rows) const {
  return static_cast<std::size_t>(
      std::clamp<std::int64_t>(rows / shares_[0].kernel->grain_of_rows().least, 1, kMostShares));
}

void RowShares::divide(const Call& call) {
  while (shares_.size() < used_) {
    shares_.push_back({make_()});
    if (absorbed_ != nullptr) shares_.back().kernel->absorb(absorbed_);
  }
  const auto step = shares_[0].kernel->grain_of_rows().step;
  const auto count = static_cast<std::int64_t>(used_);
  for (std::int64_t i = 0; i < count; ++i) {
    auto& share = shares_[static_cast<std::size_t>(i)];
    bind(call, cut_at(call.rows, step, i, count), cut_at(call.rows, step, i + 1, count), share);
    if (i > 0) bind_gradients(call, share);
  }
}

void RowShares::bind(const Call& call, std::int64_t first, std::int64_t end, Share& share) const {
  share.call = call;
  share.call.rows = end - first;
  share.call.first_row = call.first_row + first;
  for (auto& input : share.call.inputs) {
    if (input.values != nullptr) input.values += first * input.width;
    if (input.numbers != nullptr) input.numbers += first * input.width;
    if (input.gradients != nullptr) input.gradients += first * input.width;
  }
  auto& output = share.call.output;
  if (output.values != nullptr) output.values += first * output.width;
  if (output.gradients != nullptr) output.gradients += first * output.width;
}

/// Frozen parameters stay without.
void RowShares::bind_gradients(const Call& call, Share& share) const {
  if (!call.training) return;
  const auto all = std::accumulate(parameter_lengths_.begin(), parameter_lengths_.end(), std::int64_t{0});
  share.gradients.resize(static_cast<std::size_t>(all));
  float* next = share.gradients.data();
  for (std::size_t i = 0; i < parameter_lengths_.size(); next += parameter_lengths_[i++]) {
    auto& gradients = share.call.parameters[i].gradients;
    if (gradients != nullptr) gradients = next;
  }
}

template <class Work>
void RowShares::for_each_share(const Work& work) {
  auto* const pool = current_pool();
  const auto count = static_cast<int>(used_);
  if (pool != nullptr) return pool->run(count, [&](int i) { work(shares_[static_cast<std::size_t>(i)]); });
  for (std::size_t i = 0; i < used_; ++i) work(shares_[i]);
}

void RowShares::forward(const Call& call) {
  used_ = share_count(call.rows);
  if (used_ == 1) return shares_[0].kernel->forward(call);
  divide(call);
  if (call.training) {
    for (std::size_t i = 1; i < used_; ++i) shares_[i].call.generator = copy_of(call.generator);
  }
  for_each_share([](Share& share) { share.kernel->forward(share.call); });
}

void RowShares::backward(const Call& call) {
  used_ = share_count(call.rows);
  if (used_ == 1) return shares_[0].kernel->backward(call);
  divide(call);
  for_each_share([](Share& share) { share.kernel->backward(share.call); });
  add_gradients(call);
}

void RowShares::add_gradients(const Call& call) const {
  for (std::size_t i = 0; i < call.parameters.size(); ++i) {
    float* const sum = call.parameters[i].gradients;
    for (std::size_t share = 1; sum != nullptr && share < used_; ++share) {
      const float* const more = shares_[share].call.parameters[i].gradients;
      for_each_element(parameter_lengths_[i], [=](std::int64_t j) { sum[j] += more[j]; });
    }
  }
}

}  // namespace mlr3libtorch::kernel
