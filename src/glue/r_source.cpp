#include "glue/r_source.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/data/arranged_source.h"
#include "core/data/dataset.h"
#include "glue/convert.h"
#include "glue/index_base.h"
#include "glue/r_function.h"
#include "glue/run_handle.h"
#include "glue/source_handle.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

class RSource : public data::Source {
 public:
  RSource(SEXP read, std::int64_t rows, bool is_random, std::vector<std::string> names)
      : read_(read), rows_(rows), is_random_(is_random), names_(std::move(names)) {}

  std::int64_t rows() const override { return rows_; }
  bool is_random() const override { return is_random_; }

  void read(data::Batch& batch) override {
    const auto* first = batch.index.data_ptr<std::int64_t>();
    Rcpp::NumericVector positions(first, first + batch.index.size(0));
    std::for_each(positions.begin(), positions.end(), [](double& position) { position += 1; });
    const auto result =
        to_list(call_function(read_, {positions, Rcpp::wrap(number_of(batch.draw))}), "what the dataset returned");
    batch.x = to_tensors(list_element(result, "x", "what the dataset returned"), names_, "x of the dataset");
    for (auto& x : batch.x) x = x.detach().contiguous();
    batch.y = classes_from_r(unwrap_tensor(list_element(result, "y", "what the dataset returned"))).detach();
  }

 private:
  /// R's numbers hold 53 bits.
  static double number_of(std::uint64_t draw) { return static_cast<double>(draw >> 11); }

  Rcpp::RObject read_;
  std::int64_t rows_;
  bool is_random_;
  std::vector<std::string> names_;
};

/// Where each of `names` stands in `inputs`; a single one may have any name.
std::vector<std::size_t> positions_of(const std::vector<std::string>& names, const std::vector<std::string>& inputs) {
  if (names.size() == 1 && inputs.size() == 1) return {0};
  std::vector<std::size_t> positions;
  for (const auto& name : names) {
    const auto found = std::find(inputs.begin(), inputs.end(), name);
    if (found == inputs.end()) throw base::UnknownNameError("input of the source", name, inputs);
    positions.push_back(static_cast<std::size_t>(found - inputs.begin()));
  }
  return positions;
}

std::shared_ptr<data::Source> core_source(const Rcpp::List& list, const std::vector<std::string>& names) {
  const auto inputs = to_strings(list_element(list, "inputs", "source"), "inputs of the source");
  return data::arranged_source(SourceHandle::share(list["handle"]), positions_of(names, inputs), inputs.size());
}

}  // namespace

std::shared_ptr<data::Source> to_source(SEXP value, const std::vector<std::string>& names) {
  const auto list = to_list(value, "source");
  if (list.containsElementNamed("handle")) return core_source(list, names);
  const SEXP read = list_element(list, "read", "source");
  if (!Rf_isFunction(read)) refuse_value("read of the source", "a function", read);
  const auto rows = to_int(list_element(list, "rows", "source"), "rows of the source");
  const bool is_random = to_bool(list_element(list, "is_random", "source"), "is_random of the source");
  return std::make_shared<RSource>(read, rows, is_random, names);
}

}  // namespace mlr3libtorch::glue
