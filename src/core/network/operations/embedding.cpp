#include <ATen/ATen.h>

#include <algorithm>

#include "core/kernel/vectorised.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

/// The class number that stands at a place of an input of either kind.
std::int64_t class_at(const kernel::Input& input, std::int64_t place, std::int64_t classes) {
  const auto number = input.numbers == nullptr ? static_cast<std::int64_t>(input.values[place]) : input.numbers[place];
  TORCH_CHECK(number >= 0 && number < classes, "class number ", number, " is not in 0 to ", classes - 1, ".");
  return number;
}

class EmbeddingKernel : public kernel::Kernel {
 public:
  EmbeddingKernel(std::int64_t classes, std::int64_t length, std::int64_t padding)
      : classes_(classes), length_(length), padding_(padding) {}

  void forward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    for (std::int64_t i = 0; i < call.rows * x.width; ++i) {
      const auto number = class_at(x, i, classes_);
      std::copy_n(call.parameters[0].values + number * length_, length_, call.output.values + i * length_);
    }
  }

  void backward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    if (x.gradients != nullptr) std::fill_n(x.gradients, call.rows * x.width, 0.0F);
    float* const weight = call.parameters[0].gradients;
    if (weight == nullptr) return;
    std::fill_n(weight, classes_ * length_, 0.0F);
    for (std::int64_t i = 0; i < call.rows * x.width; ++i) {
      const auto number = class_at(x, i, classes_);
      if (number == padding_) continue;
      float* const to = weight + number * length_;
      const float* const from = call.output.gradients + i * length_;
      kernel::for_each_element(length_, [=](std::int64_t j) { to[j] += from[j]; });
    }
  }

 private:
  std::int64_t classes_;
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

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return std::make_unique<EmbeddingKernel>(weight_.size(0), weight_.size(1), padding_);
  }

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

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return std::make_unique<OneHotKernel>(classes_);
  }

 private:
  std::int64_t classes_;
};

const OperationRegistration registrations[] = {
    {"embedding(int num_embeddings, int embedding_dim, int? padding_idx=None) -> ()",
     {"Embedding",
      "A learned vector for each class number; adds a last dimension.",
      {{"num_embeddings", "Number of classes.", 1},
       {"embedding_dim", "Length of the vectors.", 1},
       {"padding_idx", "A class number whose vector is zero and stays so.", 0}},
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
