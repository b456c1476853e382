#include <ATen/ATen.h>

#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

/// A learned vector for each class number (from 0). weight: [num_embeddings, embedding_dim].
class Embedding : public Operation {
 public:
  Embedding(const value::Arguments& arguments, const BuildInput& build)
      : padding_(arguments.get<c10::optional<std::int64_t>>("padding_idx").value_or(-1)),
        weight_(normal_weight(
            {arguments.get<std::int64_t>("num_embeddings"), arguments.get<std::int64_t>("embedding_dim")}, 1, build)) {
    TORCH_CHECK(padding_ < weight_.size(0), "'padding_idx' must be less than 'num_embeddings'.");
    if (padding_ >= 0) weight_[padding_].zero_();
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return at::embedding(weight_, inputs[0].to(at::kLong), padding_);
  }

  std::vector<Slot> parameters() override { return {{"weight", &weight_}}; }

 private:
  std::int64_t padding_;
  at::Tensor weight_;
};

class OneHot : public Operation {
 public:
  explicit OneHot(std::int64_t classes) : classes_(classes) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return at::one_hot(inputs[0].to(at::kLong), classes_).to(at::kFloat);
  }

 private:
  std::int64_t classes_;
};

const OperationRegistration registrations[] = {
    {"embedding(int num_embeddings, int embedding_dim, int? padding_idx=None) -> ()",
     {"Embedding",
      "A learned vector for each class number, which count from 0; adds a last dimension.",
      {{"num_embeddings", "Number of classes.", 1},
       {"embedding_dim", "Length of the vectors.", 1},
       {"padding_idx", "A class number (from 0) whose vector is zero and stays so.", 0}},
      {"embedding"}},
     [](const value::Arguments& arguments, const BuildInput& build) {
       return std::make_unique<Embedding>(arguments, build);
     }},
    {"one_hot(int num_classes) -> ()",
     {"One-hot",
      "Class numbers, which count from 0, as indicators in a new last dimension.",
      {{"num_classes", "Number of classes.", 1}},
      {"embedding"}},
     [](const value::Arguments& arguments, const BuildInput& /*build*/) {
       return std::make_unique<OneHot>(arguments.get<std::int64_t>("num_classes"));
     }},
};

}  // namespace
}  // namespace mlr3libtorch::network
