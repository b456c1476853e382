// What networks of sequences need beside their layers: where a sequence ends, where a step is, the mean of all steps.

#include <ATen/ATen.h>

#include <algorithm>
#include <memory>

#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

/// numbers: [rows, steps]. Gives 1 for the steps that hold the padding, but 0 for the first step, so that an empty
/// sequence has one step.
class PaddingMask : public Operation {
 public:
  PaddingMask(const value::Arguments& arguments, const BuildInput& build)
      : padding_(arguments.get<std::int64_t>("padding_idx")) {
    TORCH_CHECK(build.inputs.at(0).dim() == 2, "it takes numbers of shape (rows, steps).");
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    const auto& numbers = inputs[0];
    const auto rest = numbers.narrow(1, 1, numbers.size(1) - 1).eq(padding_);
    return at::constant_pad_nd(rest.to(at::kFloat), {1, 0});
  }

 private:
  std::int64_t padding_;
};

/// x: [rows, steps, ...]; a mask [rows, steps], above 0 for padding. Gives x without the steps that are padding in all
/// rows, but at least one step.
class TrimPadding : public Operation {
 public:
  explicit TrimPadding(const BuildInput& build) {
    const auto& x = build.inputs.at(0);
    TORCH_CHECK(x.dim() >= 2, "it takes inputs of shape (rows, steps, ...).");
    TORCH_CHECK(build.inputs[1].dim() == 2 && build.inputs[1].size(1) == x.size(1),
                "the padding mask must have the shape (rows, ", x.size(1), "): one number for each step.");
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) override {
    if (mode.keeps_shapes || inputs[0].size(0) == 0) return inputs[0];
    require_steps_first(inputs[1]);
    const auto beyond = inputs[1].gt(0).all(0).to(at::kLong).flip(0).cumprod(0).sum().item<std::int64_t>();
    return inputs[0].narrow(1, 0, std::max<std::int64_t>(inputs[1].size(1) - beyond, 1));
  }

  bool shortens_rows() const override { return true; }

 private:
  /// With a mask that has 1 for the steps themselves, rows as long as the batch would be all padding.
  static void require_steps_first(const at::Tensor& mask) {
    const auto rows = mask.select(1, 0).gt(0).logical_and(mask.le(0).any(1));
    TORCH_CHECK(!rows.any().item<bool>(), "in row ", rows.to(at::kInt).argmax().item<std::int64_t>() + 1,
                " of the batch, the padding mask marks the first step, but not all; it must be 0 for the steps of a "
                "sequence, and above 0 beyond its end.");
  }
};

/// x: [rows, steps, features]. Adds a learned vector to each step, of which there may be fewer than when it was built.
class PositionEmbedding : public Operation {
 public:
  explicit PositionEmbedding(const BuildInput& build) {
    const auto& x = build.inputs.at(0);
    TORCH_CHECK(x.dim() == 3, "it takes inputs of shape (rows, steps, features), such as the output of an embedding.");
    weight_ = normal_weight({x.size(1), x.size(2)}, kDeviation, build);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return inputs[0] + weight_.narrow(0, 0, inputs[0].size(1));
  }

  std::vector<Slot> parameters() override { return {{"weight", &weight_}}; }

 private:
  static constexpr double kDeviation = 0.02;
  at::Tensor weight_;
};

/// x: [rows, steps, features]; a mask [rows, steps], above 0 for steps that are left out.
class SequenceMean : public Operation {
 public:
  explicit SequenceMean(const BuildInput& build) {
    const auto& x = build.inputs.at(0);
    TORCH_CHECK(x.dim() == 3, "it takes inputs of shape (rows, steps, features).");
    TORCH_CHECK(build.inputs.size() < 2 || (build.inputs[1].dim() == 2 && build.inputs[1].size(1) == x.size(1)),
                "the padding mask must have the shape (rows, ", x.size(1), "): one number for each step.");
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    if (inputs.size() < 2) return inputs[0].mean(1);
    const auto kept = inputs[1].le(0).to(inputs[0].scalar_type()).unsqueeze(2);
    return (inputs[0] * kept).sum(1) / kept.sum(1).clamp_min(1);
  }
};

const OperationRegistration sequence_registrations[] = {
    {"padding_mask(int padding_idx=0) -> ()",
     {"Padding mask",
      "Of numbers of shape (rows, steps): 1 where they are padding, else 0, in the same shape; always 0 for the first "
      "step, so that an empty sequence has one step. For `nn(\"lstm\")` and its kind, `nn(\"sequence_mean\")`, and "
      "`nn(\"multihead_attention\")`.",
      {{"padding_idx", "The number that stands for padding.", 0}},
      {"sequence"}},
     make_operation<PaddingMask>},
    {"trim_padding() -> ()",
     {"Without common padding",
      "Reads a sequence of shape (rows, steps, ...) and a padding mask (rows, steps), above 0 for padding. Gives the "
      "sequence up to the last step of the longest row of the batch, so that layers spend no time on what is padding "
      "in all rows. The mask itself is trimmed by a second node that reads it twice.",
      {},
      {"sequence"}},
     [](const value::Arguments& /*arguments*/, const BuildInput& build) {
       return std::make_unique<TrimPadding>(build);
     },
     {2, 2}},
    {"position_embedding() -> ()",
     {"Position embedding",
      "Adds a learned vector to each step of a sequence of shape (rows, steps, features), so that attention can tell "
      "the steps apart. The vectors begin with random numbers of standard deviation 0.02. See Devlin et al. (2019), "
      "arXiv:1810.04805.",
      {},
      {"sequence"}},
     [](const value::Arguments& /*arguments*/, const BuildInput& build) {
       return std::make_unique<PositionEmbedding>(build);
     }},
    {"sequence_mean() -> ()",
     {"Mean of a sequence",
      "The mean of all steps of a sequence of shape (rows, steps, features). Reads the sequence, and a padding mask "
      "(rows, steps) if there is one, above 0 for steps that do not count.",
      {},
      {"sequence"}},
     [](const value::Arguments& /*arguments*/, const BuildInput& build) {
       return std::make_unique<SequenceMean>(build);
     },
     {1, 2}},
};

}  // namespace
}  // namespace mlr3libtorch::network
