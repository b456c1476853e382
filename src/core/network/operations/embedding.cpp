#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "core/kernel/vectorised.h"
#include "core/network/operations/known_classes.h"
#include "core/network/operations/table_rows.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

class EmbeddingKernel : public kernel::Kernel {
 public:
  EmbeddingKernel(TableRows table, std::int64_t length, std::int64_t padding)
      : table_(std::move(table)), length_(length), padding_(padding) {}

  void forward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    for (std::int64_t i = 0; i < call.rows * x.width; ++i) {
      const auto row = table_.row_at(x, i);
      std::copy_n(call.parameters[0].values + row * length_, length_, call.output.values + i * length_);
    }
  }

  void backward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    if (x.gradients != nullptr) std::fill_n(x.gradients, call.rows * x.width, 0.0F);
    float* const weight = call.parameters[0].gradients;
    if (weight == nullptr) return;
    std::fill_n(weight, table_.size() * length_, 0.0F);
    for (std::int64_t i = 0; i < call.rows * x.width; ++i) {
      const auto row = table_.row_at(x, i);
      if (row == padding_) continue;
      float* const to = weight + row * length_;
      const float* const from = call.output.gradients + i * length_;
      kernel::for_each_element(length_, [=](std::int64_t j) { to[j] += from[j]; });
    }
  }

 private:
  TableRows table_;
  std::int64_t length_;
  std::int64_t padding_;
};

class OneHotKernel : public kernel::Kernel {
 public:
  explicit OneHotKernel(std::int64_t classes) : classes_(classes) {}

  void forward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    std::fill_n(call.output.values, call.rows * call.output.width, 0.0F);
    for (std::int64_t i = 0; i < call.rows * x.width; ++i) {
      call.output.values[i * classes_ + class_at(x, i, classes_)] = 1;
    }
  }

  /// Class numbers have no gradient.
  void backward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    if (x.gradients != nullptr) std::fill_n(x.gradients, call.rows * x.width, 0.0F);
  }

 private:
  std::int64_t classes_;
};

/// A learned vector for each class number (from 0), or for each class number of each column.
/// weight: [num_embeddings, embedding_dim].
class Embedding : public Operation {
 public:
  Embedding(const value::Arguments& arguments, const BuildInput& build)
      : padding_(arguments.get<c10::optional<std::int64_t>>("padding_idx").value_or(-1)),
        table_(arguments.get<std::int64_t>("num_embeddings"), given_counts(arguments)),
        weight_(normal_weight({table_.size(), arguments.get<std::int64_t>("embedding_dim")}, 1, build)) {
    TORCH_CHECK(padding_ < weight_.size(0), "'padding_idx' must be less than 'num_embeddings'.");
    if (padding_ >= 0) weight_[padding_].zero_();
    if (table_.are_shared()) return;
    check_columns(build.inputs.at(0));
    firsts_ = at::tensor(table_.firsts(), weight_options(build).dtype(at::kLong));
    counts_ = at::tensor(table_.counts(), firsts_.options());
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) override {
    const auto classes = inputs[0].to(at::kLong);
    if (table_.are_shared()) return at::embedding(weight_, classes, padding_);
    check_known(classes, counts_, "column", mode);
    return at::embedding(weight_, classes + firsts_);
  }

  std::vector<Slot> parameters() override { return {{"weight", &weight_}}; }

  std::vector<Slot> buffers() override {
    std::vector<Slot> slots;
    add_slot(slots, "first_rows", firsts_);
    add_slot(slots, "cardinalities", counts_);
    return slots;
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return std::make_unique<EmbeddingKernel>(table_, weight_.size(1), padding_);
  }

 private:
  static std::vector<std::int64_t> given_counts(const value::Arguments& arguments) {
    if (arguments.is_none("cardinalities")) return {};
    return arguments.get<std::vector<std::int64_t>>("cardinalities");
  }

  void check_columns(const at::Tensor& x) const {
    const auto& counts = table_.counts();
    const auto columns = static_cast<std::int64_t>(counts.size());
    TORCH_CHECK(x.dim() == 2 && x.size(1) == columns, "'cardinalities' has ", columns,
                " numbers; give the number of classes of each column of an input of shape (rows, columns).");
    const auto all = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    TORCH_CHECK(all == table_.size(), "'num_embeddings' is ", table_.size(), ", but the 'cardinalities' are ", all,
                " in total; leave one of them out.");
    TORCH_CHECK(padding_ < 0,
                "it takes 'padding_idx' only if all columns share their vectors; leave out "
                "'padding_idx', or give 'num_embeddings' without 'cardinalities'.");
  }

  std::int64_t padding_;
  TableRows table_;
  at::Tensor weight_, firsts_, counts_;
};

class OneHot : public Operation {
 public:
  explicit OneHot(std::int64_t classes) : classes_(classes) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return at::one_hot(inputs[0].to(at::kLong), classes_).to(at::kFloat);
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return std::make_unique<OneHotKernel>(classes_);
  }

 private:
  std::int64_t classes_;
};

const OperationRegistration embedding_registrations[] = {
    {"embedding(int num_embeddings, int embedding_dim, int? padding_idx=None, int[]? cardinalities=None) -> ()",
     {"Embedding",
      "A learned vector for each class number; adds a last dimension. After a categorical ingress of several features, "
      "each feature has its own vectors, unless num_embeddings is given.",
      {{"num_embeddings", "Number of classes.", 1},
       {"embedding_dim", "Length of the vectors.", 1},
       {"padding_idx", "A class number whose vector is zero and stays so.", 0},
       {"cardinalities", "Number of classes of each column, if each has its own vectors.", 1}},
      {"embedding"}},
     [](const value::Arguments& arguments, const BuildInput& build) {
       return std::make_unique<Embedding>(arguments, build);
     }},
    {"one_hot(int num_classes) -> ()",
     {"One-hot",
      "Class numbers as indicators in a new last dimension.",
      {{"num_classes", "Number of classes.", 1}},
      {"embedding"}},
     [](const value::Arguments& arguments, const BuildInput& /*build*/) {
       return std::make_unique<OneHot>(arguments.get<std::int64_t>("num_classes"));
     }},
};

}  // namespace
}  // namespace mlr3libtorch::network
