#include "core/train/gradient_sum.h"

#include <ATen/ATen.h>

namespace mlr3libtorch::train {
namespace {

/// Numbers of a piece, at least: 4 MB, large beside what sending any piece costs. See docs/workers.md.
constexpr std::int64_t kPiece = std::int64_t{1} << 20;

}  // namespace

void GradientSum::begin(const value::FlatMemory& memory) {
  memory_ = &memory;
  sent_from_ = memory.ranges.size();
  pieces_.clear();
}

/// The first range of the piece that comes before those on their way.
std::size_t GradientSum::next_piece() const {
  auto first = sent_from_;
  for (std::int64_t length = 0; first > 0 && length < kPiece;) length += memory_->ranges[--first].length;
  return first;
}

void GradientSum::add(std::size_t first) {
  while (sent_from_ > first) {
    const auto piece = next_piece();
    if (piece < first) return;
    send(piece);
  }
}

void GradientSum::send(std::size_t first) {
  const auto &from = memory_->ranges[first], &last = memory_->ranges[sent_from_ - 1];
  pieces_.push_back(
      exchange_.begin_sum(memory_->gradients.narrow(0, from.offset, last.offset + last.length - from.offset)));
  sent_from_ = first;
}

void GradientSum::finish(base::Interrupt& interrupt) {
  add(0);
  for (const auto& piece : pieces_) piece->wait(interrupt);
  pieces_.clear();
}

}  // namespace mlr3libtorch::train
