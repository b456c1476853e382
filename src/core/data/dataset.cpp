#include "core/data/dataset.h"

#include <ATen/ATen.h>

#include "core/base/error.h"

namespace mlr3libtorch::data {
namespace {

void check_rows(const at::Tensor& tensor, const std::string& what, std::int64_t rows) {
  if (tensor.dim() == 0) throw base::ShapeError("The dataset's " + what + " has no dimension for rows.");
  if (tensor.size(0) == rows) return;
  throw base::ShapeError(
      "The dataset's " + what + " has " + std::to_string(tensor.size(0)) + " rows, not " + std::to_string(rows) + ".",
      {{"tensor", what}, {"rows", tensor.size(0)}, {"expected", rows}});
}

}  // namespace

std::int64_t Dataset::rows() const { return x.empty() ? 0 : input_rows(x, codes); }

void Dataset::validate() const {
  if (x.empty()) throw base::ShapeError("The dataset has no inputs.");
  if (names.size() != x.size()) throw base::ShapeError("The dataset needs one name for each of its inputs.");
  for (std::size_t i = 0; i < x.size(); ++i) {
    check_rows(in_codes(codes, i) ? codes[i].values : x[i], "input '" + names[i] + "'", rows());
  }
  if (y.defined()) check_rows(y, "target", rows());
  if (weights.defined()) check_rows(weights, "weights", rows());
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
