// From features to tokens, for the FT-Transformer.

#include <ATen/ATen.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "core/kernel/vectorised.h"
#include "core/network/operations/known_classes.h"
#include "core/network/operations/table_rows.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;

/// All initial weights are drawn alike: within or around one over the root of a token's size.
at::Tensor token_weight(at::IntArrayRef sizes, const Arguments& arguments, const BuildInput& build) {
  const auto scale = fan_in_bound(sizes.back());
  const bool normal = arguments.get<std::string>("initialization") == "normal";
  return normal ? normal_weight(sizes, scale, build) : uniform_weight(sizes, scale, build);
}

class NumberTokenizerKernel : public kernel::Kernel {
 public:
  explicit NumberTokenizerKernel(std::int64_t size) : size_(size) {}

  void forward(const kernel::Call& call) override {
    const auto width = call.output.width;
    const bool has_bias = call.parameters.size() > 1;
    kernel::vectorised::run([=, size = size_, rows = call.rows, x = call.inputs[0].values, y = call.output.values,
                             weight = call.parameters[0].values,
                             bias = has_bias ? call.parameters[1].values : nullptr] {
      for (std::int64_t first = 0; first < rows * width; first += size) {
        const float number = x[first / size];
        const float* const w = weight + first % width;
        float* const token = y + first;
        MLR3LIBTORCH_INDEPENDENT
        for (std::int64_t j = 0; j < size; ++j) token[j] = number * w[j];
        if (bias == nullptr) continue;
        const float* const b = bias + first % width;
        MLR3LIBTORCH_INDEPENDENT
        for (std::int64_t j = 0; j < size; ++j) token[j] += b[j];
      }
    });
  }

  void backward(const kernel::Call& call) override {
    for (const auto& parameter : call.parameters) {
      if (parameter.gradients != nullptr) std::fill_n(parameter.gradients, call.output.width, 0.0F);
    }
    const auto width = call.output.width;
    const bool has_bias = call.parameters.size() > 1;
    kernel::vectorised::run([=, size = size_, rows = call.rows, x = call.inputs[0], dy = call.output.gradients,
                             weight = call.parameters[0], db = has_bias ? call.parameters[1].gradients : nullptr] {
      for (std::int64_t first = 0; first < rows * width; first += size) {
        const float* const g = dy + first;
        const auto place = first % width;
        if (float* const to = weight.gradients) {
          const float number = x.values[first / size];
          MLR3LIBTORCH_INDEPENDENT
          for (std::int64_t j = 0; j < size; ++j) to[place + j] += number * g[j];
        }
        if (db != nullptr) {
          MLR3LIBTORCH_INDEPENDENT
          for (std::int64_t j = 0; j < size; ++j) db[place + j] += g[j];
        }
        if (x.gradients == nullptr) continue;
        const float* const w = weight.values + place;
        x.gradients[first / size] =
            kernel::vectorised::sum_in_lanes<float>(size, [=](std::int64_t j) { return g[j] * w[j]; });
      }
    });
  }

 private:
  std::int64_t size_;
};

class ClassTokenizerKernel : public kernel::Kernel {
 public:
  ClassTokenizerKernel(TableRows table, std::int64_t size) : table_(std::move(table)), size_(size) {}

  void forward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    const float* const bias = call.parameters.size() > 1 ? call.parameters[1].values : nullptr;
    for (std::int64_t i = 0; i < call.rows * x.width; ++i) {
      const float* const w = call.parameters[0].values + table_.row_at(x, i) * size_;
      float* const token = call.output.values + i * size_;
      if (bias == nullptr) {
        std::copy_n(w, size_, token);
      } else {
        const float* const b = bias + i % x.width * size_;
        kernel::for_each_element(size_, [=](std::int64_t j) { token[j] = w[j] + b[j]; });
      }
    }
  }

  void backward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    if (x.gradients != nullptr) std::fill_n(x.gradients, call.rows * x.width, 0.0F);
    float* const dw = call.parameters[0].gradients;
    float* const db = call.parameters.size() > 1 ? call.parameters[1].gradients : nullptr;
    if (dw != nullptr) std::fill_n(dw, table_.size() * size_, 0.0F);
    if (db != nullptr) std::fill_n(db, x.width * size_, 0.0F);
    for (std::int64_t i = 0; i < call.rows * x.width; ++i) {
      const float* const g = call.output.gradients + i * size_;
      if (dw != nullptr) add(g, dw + table_.row_at(x, i) * size_);
      if (db != nullptr) add(g, db + i % x.width * size_);
    }
  }

 private:
  void add(const float* from, float* to) const {
    kernel::for_each_element(size_, [=](std::int64_t j) { to[j] += from[j]; });
  }

  TableRows table_;
  std::int64_t size_;
};

/// The tokens of each row, then one that all rows share.
class ClsTokenKernel : public kernel::Kernel {
 public:
  explicit ClsTokenKernel(std::int64_t size) : size_(size) {}

  void forward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    for (std::int64_t row = 0; row < call.rows; ++row) {
      float* const to = call.output.values + row * call.output.width;
      std::copy_n(x.values + row * x.width, x.width, to);
      std::copy_n(call.parameters[0].values, size_, to + x.width);
    }
  }

  void backward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    float* const dw = call.parameters[0].gradients;
    if (dw != nullptr) std::fill_n(dw, size_, 0.0F);
    for (std::int64_t row = 0; row < call.rows; ++row) {
      const float* const from = call.output.gradients + row * call.output.width;
      if (x.gradients != nullptr) std::copy_n(from, x.width, x.gradients + row * x.width);
      if (dw == nullptr) continue;
      kernel::for_each_element(size_, [=, g = from + x.width](std::int64_t j) { dw[j] += g[j]; });
    }
  }

 private:
  std::int64_t size_;
};

void check_features(const at::Tensor& x) { TORCH_CHECK(x.dim() == 2, "it takes inputs of shape (rows, features)."); }

/// Each number times a vector of its feature, plus another vector. weight, bias: [features, d_token].
class NumberTokenizer : public Operation {
 public:
  NumberTokenizer(const Arguments& arguments, const BuildInput& build) {
    check_features(build.inputs.at(0));
    const std::vector<std::int64_t> sizes{build.inputs[0].size(1), arguments.get<std::int64_t>("d_token")};
    weight_ = token_weight(sizes, arguments, build);
    if (arguments.get<bool>("bias")) bias_ = token_weight(sizes, arguments, build);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    const auto tokens = inputs[0].unsqueeze(-1) * weight_;
    return bias_.defined() ? tokens + bias_ : tokens;
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots{{"weight", &weight_}};
    add_slot(slots, "bias", bias_);
    return slots;
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return std::make_unique<NumberTokenizerKernel>(weight_.size(1));
  }

 private:
  at::Tensor weight_, bias_;
};

/// A vector for each class of each feature, plus one of the feature. weight: [sum of cardinalities, d_token],
/// bias: [features, d_token].
class ClassTokenizer : public Operation {
 public:
  ClassTokenizer(const Arguments& arguments, const BuildInput& build) {
    const auto& x = build.inputs.at(0);
    check_features(x);
    const auto counts = arguments.get<std::vector<std::int64_t>>("cardinalities");
    const auto features = static_cast<std::int64_t>(counts.size());
    TORCH_CHECK(features == x.size(1), "'cardinalities' has ", features, " numbers, but there are ", x.size(1),
                " features; give the number of classes of each.");
    std::vector<std::int64_t> firsts(counts.size(), 0);
    std::partial_sum(counts.begin(), counts.end() - 1, firsts.begin() + 1);
    firsts_ = at::tensor(firsts, weight_options(build).dtype(at::kLong));
    counts_ = at::tensor(counts, firsts_.options());
    const auto d_token = arguments.get<std::int64_t>("d_token");
    weight_ = token_weight({firsts.back() + counts.back(), d_token}, arguments, build);
    if (arguments.get<bool>("bias")) bias_ = token_weight({features, d_token}, arguments, build);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) override {
    const auto classes = inputs[0].to(at::kLong);
    check_known(classes, counts_, "feature", mode);
    const auto tokens = at::embedding(weight_, classes + firsts_);
    return bias_.defined() ? tokens + bias_ : tokens;
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots{{"weight", &weight_}};
    add_slot(slots, "bias", bias_);
    return slots;
  }

  std::vector<Slot> buffers() override { return {{"first_rows", &firsts_}, {"cardinalities", &counts_}}; }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    const auto stored = counts_.to(at::kCPU);
    const auto* const first = stored.data_ptr<std::int64_t>();
    std::vector<std::int64_t> counts(first, first + stored.numel());
    return std::make_unique<ClassTokenizerKernel>(TableRows(weight_.size(0), std::move(counts)), weight_.size(1));
  }

 private:
  at::Tensor weight_, bias_, firsts_, counts_;
};

/// One more token after the others, the same for every row. weight: [d_token].
class ClsToken : public Operation {
 public:
  ClsToken(const Arguments& arguments, const BuildInput& build) {
    const auto& x = build.inputs.at(0);
    TORCH_CHECK(x.dim() == 3, "it takes inputs of shape (rows, tokens, features).");
    weight_ = token_weight({x.size(2)}, arguments, build);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    const auto& x = inputs[0];
    return at::cat({x, weight_.expand({x.size(0), 1, x.size(2)})}, 1);
  }

  std::vector<Slot> parameters() override { return {{"weight", &weight_}}; }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return std::make_unique<ClsTokenKernel>(weight_.size(0));
  }

 private:
  at::Tensor weight_;
};

const value::ArgumentDescription kSize{"d_token", "Number of features of a token.", 1};
const value::ArgumentDescription kFeatureBias{"bias", "Whether each feature has its own learned vector."};
const auto kTokenInitialization = value::one_of("initialization", "How weights are drawn.", {"uniform", "normal"});

const OperationRegistration tokenizer_registrations[] = {
    {"tokenizer_num(int d_token, bool bias=True, str initialization='uniform') -> ()",
     {"Tokenizer of numbers",
      "A token for each numeric feature: (rows, features) as (rows, features, d_token). "
      "See Gorishniy et al. (2021), arXiv:2106.11959.",
      {kSize, kFeatureBias, kTokenInitialization},
      {"embedding"}},
     make_operation<NumberTokenizer>},
    {"tokenizer_categ(int d_token, int[] cardinalities, bool bias=True, str initialization='uniform') -> ()",
     {"Tokenizer of classes",
      "A token for each categorical feature: (rows, features) of class numbers as (rows, features, d_token). "
      "See Gorishniy et al. (2021), arXiv:2106.11959.",
      {kSize,
       {"cardinalities", "Number of classes of each feature; they follow from the task.", 1},
       kFeatureBias,
       kTokenInitialization},
      {"embedding"}},
     make_operation<ClassTokenizer>},
    {"ft_cls(str initialization='uniform') -> ()",
     {"CLS token",
      "Adds a learned token after the others, for the prediction. See Gorishniy et al. (2021), arXiv:2106.11959.",
      {kTokenInitialization},
      {"embedding"}},
     make_operation<ClsToken>},
};

}  // namespace
}  // namespace mlr3libtorch::network
