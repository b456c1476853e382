// From features to tokens, for the FT-Transformer.

#include <ATen/ATen.h>

#include <numeric>
#include <string>

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

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    const auto classes = inputs[0].to(at::kLong);
    const bool all_known = classes.ge(0).logical_and(classes.lt(counts_)).all().item<bool>();
    TORCH_CHECK(all_known, "a class number is beyond the 'cardinalities' of its feature.");
    const auto tokens = at::embedding(weight_, classes + firsts_);
    return bias_.defined() ? tokens + bias_ : tokens;
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots{{"weight", &weight_}};
    add_slot(slots, "bias", bias_);
    return slots;
  }

  std::vector<Slot> buffers() override { return {{"first_rows", &firsts_}, {"cardinalities", &counts_}}; }

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
