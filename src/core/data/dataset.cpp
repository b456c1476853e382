#include "core/data/dataset.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/data/gather.h"

namespace mlr3libtorch::data {
namespace {

void check_rows(const at::Tensor& tensor, const std::string& what, std::int64_t rows) {
  if (tensor.dim() == 0) throw base::ShapeError("The dataset's " + what + " has no dimension for rows.");
  if (tensor.size(0) == rows) return;
  throw base::ShapeError(
      "The dataset's " + what + " has " + std::to_string(tensor.size(0)) + " rows, not " + std::to_string(rows) + ".",
      {{"tensor", what}, {"rows", tensor.size(0)}, {"expected", rows}});
}

/// A tensor that may be undefined. CUDA has read pageable memory when the call returns, and the copy waits in the queue
/// of the device; other devices may read it later, when it holds the next batch.
at::Tensor moved(const at::Tensor& tensor, const at::Device& device) {
  if (!tensor.defined() || tensor.device() == device) return tensor;
  return tensor.to(device, tensor.scalar_type(), /*non_blocking=*/device.is_cuda());
}

std::string describe(const at::Tensor& tensor, std::int64_t rows) {
  auto text = std::string(c10::toString(tensor.scalar_type())) + " of shape (" + std::to_string(rows);
  for (const auto size : tensor.sizes().slice(1)) text += ", " + std::to_string(size);
  return text + ")";
}

void check_read_tensor(const at::Tensor& tensor, const at::Tensor& example, const std::string& what,
                       std::int64_t rows) {
  const bool has_rows = tensor.defined() && tensor.dim() > 0;
  if (has_rows && tensor.size(0) == rows && tensor.scalar_type() == example.scalar_type() &&
      tensor.sizes().slice(1) == example.sizes().slice(1)) {
    return;
  }
  throw base::Error("dataset",
                    "The dataset's " + what + " must be " + describe(example, rows) + " for " + std::to_string(rows) +
                        " rows, as in the first row, not " +
                        (has_rows ? describe(tensor, tensor.size(0)) : "a tensor without rows") + ".",
                    {{"tensor", what}});
}

}  // namespace

std::int64_t Dataset::rows() const { return source != nullptr ? source->rows() : rows_in_memory(); }

std::int64_t Dataset::rows_in_memory() const { return x.empty() ? 0 : input_rows(x, codes); }

Dataset Dataset::example() const {
  if (source == nullptr) return *this;
  Dataset memory{names, x, y};
  memory.codes = codes;
  if (weights.defined()) memory.weights = weights.narrow(0, 0, memory.rows());
  return memory;
}

Dataset Dataset::on(const at::Device& device) const {
  auto there = *this;
  if (source != nullptr) return there;
  for (auto& input : there.x) input = moved(input, device);
  for (auto& input : there.codes) input.values = moved(input.values, device);
  there.y = moved(y, device);
  there.weights = moved(weights, device);
  return there;
}

void Dataset::validate() const {
  if (x.empty()) throw base::ShapeError("The dataset has no inputs.");
  if (names.size() != x.size()) throw base::ShapeError("The dataset needs one name for each of its inputs.");
  for (std::size_t i = 0; i < x.size(); ++i) {
    check_rows(in_codes(codes, i) ? codes[i].values : x[i], "input '" + names[i] + "'", rows_in_memory());
  }
  if (y.defined()) check_rows(y, "target", rows_in_memory());
  if (weights.defined()) check_rows(weights, "weights", rows());
}

Batch Batch::rows_from(std::int64_t first, std::int64_t rows) const {
  Batch part;
  part.x = x;
  part.codes = codes;
  if (!is_share_read) {
    for (auto& input : part.x) input = view_rows(input, first, rows);
    for (auto& input : part.codes) input = input.defined() ? input.rows(first, rows) : input;
  }
  part.y = view_rows(y, first, rows);
  part.weights = view_rows(weights, first, rows);
  part.index = view_rows(index, first, rows);
  part.is_view = true;
  part.draw = draw;
  part.first_row = first;
  return part;
}

void Batch::own() {
  if (!is_view) return;
  for (std::size_t i = 0; i < x.size(); ++i) {
    // What was made of codes is its own already.
    if (!in_codes(codes, i)) x[i] = x[i].clone();
  }
  if (y.defined()) y = y.clone();
  is_view = false;
}

void Batch::move_to(const at::Device& device) {
  bool any_stays = false;
  const auto move = [&](at::Tensor& tensor) {
    any_stays = any_stays || (tensor.defined() && tensor.device() == device);
    tensor = moved(tensor, device);
  };
  for (auto& input : x) move(input);
  for (auto& input : codes) move(input.values);
  move(y);
  move(weights);
  is_view = is_view && any_stays;
}

void Batch::expand() {
  expansions.resize(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (!codes[i].defined() || x[i].defined()) continue;
    x[i] = expanded(codes[i]);
    expansions[i] = {x[i], static_cast<std::uint32_t>(x[i]._version())};
  }
}

void Batch::drop_outdated_codes() {
  expansions.resize(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const auto& [made, version] = expansions[i];
    const bool is_as_made = x[i].is_same(made) && x[i]._version() == version;
    if (x[i].defined() && !is_as_made) codes[i] = {};
  }
}

void check_read(const Batch& batch, const Dataset& dataset) {
  TORCH_INTERNAL_ASSERT(batch.x.size() == dataset.x.size(), "a source has read another number of inputs");
  for (std::size_t i = 0; i < dataset.x.size(); ++i) {
    const bool is_coded = in_codes(dataset.codes, i);
    check_read_tensor(is_coded ? batch.codes[i].values : batch.x[i], is_coded ? dataset.codes[i].values : dataset.x[i],
                      "input '" + dataset.names[i] + "'", batch.rows());
  }
  if (dataset.y.defined()) check_read_tensor(batch.y, dataset.y, "target", batch.rows());
}

void check_target(const at::Tensor& y, std::int64_t classes) {
  if (classes == 0 || !y.defined() || y.numel() == 0) return;
  if (c10::isFloatingType(y.scalar_type())) {
    if (at::logical_and(y.ge(0), y.le(1)).all().item<bool>()) return;
    throw base::Error("target", "The batch's y must hold numbers between 0 and 1, which stand for the classes.",
                      {{"classes", classes}});
  }
  const auto largest = y.max().item<std::int64_t>();
  if (largest < classes) return;
  throw base::Error("target",
                    "The batch's y holds class " + std::to_string(largest + 1) + ", but there are " +
                        std::to_string(classes) + " classes.",
                    {{"class", largest + 1}, {"classes", classes}});
}

}  // namespace mlr3libtorch::data
