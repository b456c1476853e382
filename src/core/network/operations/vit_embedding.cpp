#include <ATen/ATen.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/kernel/vectorised.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

constexpr double kPositionDeviation = 0.02;

/// The shared token before those of a row; to each token the vector of its place.
class VitEmbeddingKernel : public kernel::Kernel {
 public:
  explicit VitEmbeddingKernel(std::int64_t size) : size_(size) {}

  void forward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    const float* const places = call.parameters[1].values;
    for (std::int64_t row = 0; row < call.rows; ++row) {
      float* const to = call.output.values + row * call.output.width;
      add(call.parameters[0].values, places, to, size_);
      add(x.values + row * x.width, places + size_, to + size_, x.width);
    }
  }

  void backward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    const auto& output = call.output;
    float* const dtoken = call.parameters[0].gradients;
    float* const dplaces = call.parameters[1].gradients;
    if (dtoken != nullptr) std::fill_n(dtoken, size_, 0.0F);
    if (dplaces != nullptr) std::fill_n(dplaces, output.width, 0.0F);
    for (std::int64_t row = 0; row < call.rows; ++row) {
      const float* const from = output.gradients + row * output.width;
      if (x.gradients != nullptr) std::copy_n(from + size_, x.width, x.gradients + row * x.width);
      if (dtoken != nullptr) add(from, dtoken, dtoken, size_);
      if (dplaces != nullptr) add(from, dplaces, dplaces, output.width);
    }
  }

 private:
  static void add(const float* a, const float* b, float* to, std::int64_t length) {
    kernel::for_each_element(length, [=](std::int64_t i) { to[i] = a[i] + b[i]; });
  }

  std::int64_t size_;
};

/// x: [rows, tokens, features]. class_token: [1, 1, features]; pos_embedding: [1, 1 + tokens, features].
class VitEmbedding : public Operation {
 public:
  VitEmbedding(const value::Arguments& /*arguments*/, const BuildInput& build) {
    const auto& x = build.inputs.at(0);
    TORCH_CHECK(x.dim() == 3, "it takes inputs of shape (rows, tokens, features).");
    class_token_ = zeros_weight({1, 1, x.size(2)}, build);
    pos_embedding_ = normal_weight({1, 1 + x.size(1), x.size(2)}, kPositionDeviation, build);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    const auto& x = inputs[0];
    return at::cat({class_token_.expand({x.size(0), 1, x.size(2)}), x}, 1) + pos_embedding_;
  }

  std::vector<Slot> parameters() override {
    return {{"class_token", &class_token_}, {"pos_embedding", &pos_embedding_}};
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return std::make_unique<VitEmbeddingKernel>(class_token_.size(2));
  }

 private:
  at::Tensor class_token_, pos_embedding_;
};

const OperationRegistration vit_embedding_registration(
    "vit_embedding() -> ()",
    {"Embedding of the Vision Transformer",
     "Puts a learned token, for the prediction, before the tokens of its input, (rows, tokens, features), and adds a "
     "learned vector to each token, so that attention can tell the places apart: (rows, 1 + tokens, features). The "
     "token begins with zeros, the vectors with random numbers of standard deviation 0.02. See Dosovitskiy et al. "
     "(2021), arXiv:2010.11929.",
     {},
     {"embedding"}},
    make_operation<VitEmbedding>);

}  // namespace
}  // namespace mlr3libtorch::network
