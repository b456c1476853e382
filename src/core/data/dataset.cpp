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

std::int64_t Dataset::rows() const { return x.empty() || x.front().dim() == 0 ? 0 : x.front().size(0); }

void Dataset::validate() const {
  if (x.empty()) throw base::ShapeError("The dataset has no inputs.");
  if (names.size() != x.size()) throw base::ShapeError("The dataset needs one name for each of its inputs.");
  for (std::size_t i = 0; i < x.size(); ++i) check_rows(x[i], "input '" + names[i] + "'", rows());
  if (y.defined()) check_rows(y, "target", rows());
  if (weights.defined()) check_rows(weights, "weights", rows());
}

void Batch::own() {
  if (!is_view) return;
  for (auto& tensor : x) tensor = tensor.clone();
  if (y.defined()) y = y.clone();
  is_view = false;
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
