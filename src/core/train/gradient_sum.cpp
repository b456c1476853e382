#include "core/train/gradient_sum.h"

#include <ATen/ATen.h>

namespace mlr3libtorch::train {
namespace {

/// Numbers of a piece, at least: 4 MB, large beside what sending any piece costs. See docs/workers.md.
constexpr std::int64_t kPiece = std::int64_t{1} << 20;

}  // namespace

void GradientSum::begin(const value::FlatMemory& memory) {
  memory_ = &memory;
  sent_from_ = memory.size();
  pieces_.clear();
}

void GradientSum::add(std::size_t first) {
  const auto from = memory_->ranges[first].offset;
  if (sent_from_ - from >= kPiece) send(from);
}

void GradientSum::send(std::int64_t from) {
  if (from >= sent_from_) return;
  pieces_.push_back(exchange_.begin_sum(memory_->gradients.narrow(0, from, sent_from_ - from)));
  sent_from_ = from;
}

void GradientSum::finish(base::Interrupt& interrupt) {
  send(0);
  for (const auto& piece : pieces_) piece->wait(interrupt);
  pieces_.clear();
}

}  // namespace mlr3libtorch::train
