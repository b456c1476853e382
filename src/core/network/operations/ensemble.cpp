// Layers of an ensemble whose members share their weights: BatchEnsemble, as used in TabM.
// Values are of shape (rows, members, features); rows without members, (rows, features), are the same for all of them.

#include <ATen/ATen.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"
#include "core/network/operations/common_arguments.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;

std::int64_t members_of(const Arguments& arguments, const BuildInput& build) {
  const auto& x = build.inputs.at(0);
  const auto members = arguments.get<std::int64_t>("members");
  TORCH_CHECK(x.dim() == 2 || (x.dim() == 3 && x.size(1) == members), "it takes inputs of shape (rows, features) or ",
              "(rows, ", members, ", features).");
  return members;
}

at::Tensor each_member(const at::Tensor& x) { return x.dim() == 2 ? x.unsqueeze(1) : x; }

/// Factors of each member. Random signs make members differ, ones do not.
at::Tensor scaling(at::IntArrayRef sizes, const std::string& initialization, const BuildInput& build) {
  if (initialization == "normal") return normal_weight(sizes, 1, build);
  auto factors = ones_weight(sizes, build);
  if (initialization == "random-signs") factors.bernoulli_(0.5, build.generator).mul_(2).sub_(1);
  return factors;
}

/// Rows of the shared product that one block of a batch has: its values stay in the cache while they are worked on.
constexpr std::int64_t kBlockProductRows = 128;

/// The values of a node for each member, or the same ones for all of them.
struct MemberRows {
  std::int64_t members;
  std::int64_t features;
  bool is_shared;

  std::int64_t width() const { return is_shared ? features : members * features; }

  /// scaled[row, m, i] = x[row, (m), i] * factors[m, i]
  void scale(std::int64_t rows, const float* x, const float* factors, float* scaled) const {
    kernel::vectorised::run([=, shape = *this] {
      for (std::int64_t piece = 0; piece < rows * shape.members; ++piece) {
        const auto member = piece % shape.members;
        const float* const from = x + (shape.is_shared ? piece / shape.members : piece) * shape.features;
        const float* const factor = factors + member * shape.features;
        float* const to = scaled + piece * shape.features;
        MLR3LIBTORCH_INDEPENDENT
        for (std::int64_t i = 0; i < shape.features; ++i) to[i] = from[i] * factor[i];
      }
    });
  }

  /// Adds to the factors' gradients, overwrites those of x; each may be null.
  void scale_backward(std::int64_t rows, const float* x, const float* factors, const float* dy, float* dfactors,
                      float* dx) const {
    if (dx != nullptr) std::fill_n(dx, rows * width(), 0.0F);
    kernel::vectorised::run([=, shape = *this] {
      for (std::int64_t piece = 0; piece < rows * shape.members; ++piece) {
        const auto first = piece % shape.members * shape.features;
        const auto place = (shape.is_shared ? piece / shape.members : piece) * shape.features;
        const float* const g = dy + piece * shape.features;
        if (dfactors != nullptr) {
          MLR3LIBTORCH_INDEPENDENT
          for (std::int64_t i = 0; i < shape.features; ++i) dfactors[first + i] += g[i] * x[place + i];
        }
        if (dx == nullptr) continue;
        MLR3LIBTORCH_INDEPENDENT
        for (std::int64_t i = 0; i < shape.features; ++i) dx[place + i] += g[i] * factors[first + i];
      }
    });
  }
};

class EnsembleScaleKernel : public kernel::Kernel {
 public:
  explicit EnsembleScaleKernel(MemberRows shape) : shape_(shape) {}

  void forward(const kernel::Call& call) override {
    shape_.scale(call.rows, call.inputs[0].values, call.parameters[0].values, call.output.values);
  }

  void backward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    const auto& weight = call.parameters[0];
    if (weight.gradients != nullptr) std::fill_n(weight.gradients, call.output.width, 0.0F);
    shape_.scale_backward(call.rows, x.values, weight.values, call.output.gradients, weight.gradients, x.gradients);
  }

 private:
  MemberRows shape_;
};

/// y_m = f(((x_m r_m) W') s_m + b_m), in blocks of rows. The products are kept for the gradients of s.
class EnsembleLinearKernel : public kernel::Kernel {
 public:
  EnsembleLinearKernel(MemberRows in, std::int64_t out_features)
      : in_(in),
        out_{in.members, out_features, false},
        block_(std::max<std::int64_t>(1, kBlockProductRows / in.members)),
        scaled_(static_cast<std::size_t>(block_ * in.members * in.features)),
        scaled_gradients_(scaled_.size()),
        bias_gradients_(static_cast<std::size_t>(out_.width())) {}

  void forward(const kernel::Call& call) override {
    products_.resize(static_cast<std::size_t>((call.training ? call.rows : block_) * out_.width()));
    for (std::int64_t row = 0; row < call.rows; row += block_) {
      const auto rows = std::min(block_, call.rows - row);
      float* const product = products_.data() + (call.training ? row * out_.width() : 0);
      float* const y = call.output.values + row * out_.width();
      in_.scale(rows, call.inputs[0].values + row * in_.width(), call.parameters[1].values, scaled_.data());
      kernel::multiply({false, true, rows * in_.members, out_.features, in_.features}, scaled_.data(),
                       call.parameters[0].values, product);
      out_.scale(rows, product, call.parameters[2].values, y);
      function_->forward(has_bias(call) ? call.parameters[3].values : nullptr, y, rows, out_.width());
    }
  }

  void backward(const kernel::Call& call) override {
    clear_gradients(call);
    for (std::int64_t row = 0; row < call.rows; row += block_) {
      backward_of_block(call, row, std::min(block_, call.rows - row));
    }
  }

  bool reads_output() const override { return absorbed_; }

  bool absorb(const std::shared_ptr<const kernel::Elementwise>& function) override {
    if (absorbed_) return false;
    function_ = function;
    absorbed_ = true;
    return true;
  }

  kernel::Grain grain_of_rows() const override { return kernel::grain_of_blocks(block_, operations_per_row()); }

  double operations_per_row() const override {
    return 2.0 * static_cast<double>(in_.members * in_.features) * static_cast<double>(out_.features);
  }

 private:
  static bool has_bias(const kernel::Call& call) { return call.parameters.size() > 3; }

  void clear_gradients(const kernel::Call& call) const {
    const std::int64_t lengths[] = {in_.features * out_.features, in_.members * in_.features, out_.width(),
                                    out_.width()};
    for (std::size_t i = 0; i < call.parameters.size(); ++i) {
      if (call.parameters[i].gradients != nullptr) std::fill_n(call.parameters[i].gradients, lengths[i], 0.0F);
    }
  }

  void backward_of_block(const kernel::Call& call, std::int64_t row, std::int64_t rows) {
    const auto &weight = call.parameters[0], &r = call.parameters[1], &s = call.parameters[2];
    float* const dy = call.output.gradients + row * out_.width();
    add_bias_gradients(call, row, rows, dy);
    out_.scale_backward(rows, products_.data() + row * out_.width(), s.values, dy, s.gradients, nullptr);
    out_.scale(rows, dy, s.values, dy);
    const float* const x = call.inputs[0].values + row * in_.width();
    const auto product_rows = rows * in_.members;
    if (weight.gradients != nullptr) {
      in_.scale(rows, x, r.values, scaled_.data());
      kernel::multiply({true, false, out_.features, in_.features, product_rows, true}, dy, scaled_.data(),
                       weight.gradients);
    }
    auto* const dx = call.inputs[0].gradients;
    if (dx == nullptr && r.gradients == nullptr) return;
    kernel::multiply({false, false, product_rows, in_.features, out_.features}, dy, weight.values,
                     scaled_gradients_.data());
    in_.scale_backward(rows, x, r.values, scaled_gradients_.data(), r.gradients,
                       dx == nullptr ? nullptr : dx + row * in_.width());
  }

  /// Through the function first.
  void add_bias_gradients(const kernel::Call& call, std::int64_t row, std::int64_t rows, float* dy) {
    auto* const wanted = has_bias(call) ? call.parameters[3].gradients : nullptr;
    function_->backward(call.output.values + row * out_.width(), dy,
                        wanted == nullptr ? nullptr : bias_gradients_.data(), rows, out_.width());
    if (wanted == nullptr) return;
    kernel::for_each_element(out_.width(),
                             [=, from = bias_gradients_.data()](std::int64_t i) { wanted[i] += from[i]; });
  }

  MemberRows in_, out_;
  std::int64_t block_;  // rows of a batch
  bool absorbed_ = false;
  std::shared_ptr<const kernel::Elementwise> function_ =
      std::make_shared<kernel::ElementwiseOf<kernel::Identity>>(kernel::Identity{});
  std::vector<float> scaled_, scaled_gradients_, bias_gradients_, products_;
};

/// A product for each member, whose rows lie a whole row of the batch apart.
class SeparateLinearKernel : public kernel::Kernel {
 public:
  SeparateLinearKernel(std::int64_t members, std::int64_t in_features, std::int64_t out_features)
      : members_(members),
        in_(in_features),
        out_(out_features),
        transposed_(static_cast<std::size_t>(in_features * out_features)) {}

  void forward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    for (std::int64_t member = 0; member < members_; ++member) {
      kernel::multiply_strided({call.rows, out_, in_, x.width, 1, out_, call.output.width}, x.values + member * in_,
                               call.parameters[0].values + member * in_ * out_, call.output.values + member * out_);
    }
    if (call.parameters.size() < 2) return;
    kernel::for_each_in_rows(call.rows, call.output.width,
                             [y = call.output.values, bias = call.parameters[1].values](
                                 std::int64_t i, std::int64_t column) { y[i] += bias[column]; });
  }

  void backward(const kernel::Call& call) override {
    if (call.parameters.size() > 1 && call.parameters[1].gradients != nullptr) give_bias_gradients(call);
    for (std::int64_t member = 0; member < members_; ++member) backward_of_member(call, member);
  }

  double operations_per_row() const override { return 2.0 * static_cast<double>(in_) * static_cast<double>(out_); }

 private:
  void give_bias_gradients(const kernel::Call& call) const {
    float* const bias = call.parameters[1].gradients;
    std::fill_n(bias, call.output.width, 0.0F);
    kernel::for_each_in_rows(
        call.rows, call.output.width,
        [=, dy = call.output.gradients](std::int64_t i, std::int64_t column) { bias[column] += dy[i]; });
  }

  void backward_of_member(const kernel::Call& call, std::int64_t member) {
    const auto& x = call.inputs[0];
    const auto& weight = call.parameters[0];
    const auto width = call.output.width;
    const float* const dy = call.output.gradients + member * out_;
    if (weight.gradients != nullptr) {
      kernel::multiply_strided({in_, out_, call.rows, 1, x.width, width, out_}, x.values + member * in_, dy,
                               weight.gradients + member * in_ * out_);
    }
    if (x.gradients == nullptr) return;
    kernel::transpose_matrix(weight.values + member * in_ * out_, out_, in_, out_, transposed_.data(), in_);
    kernel::multiply_strided({call.rows, in_, out_, width, 1, in_, x.width}, dy, transposed_.data(),
                             x.gradients + member * in_);
  }

  std::int64_t members_, in_, out_;
  std::vector<float> transposed_;
};

/// `factors`: [members, features].
MemberRows member_rows(const at::Tensor& factors, const RowShape& input) {
  return {factors.size(0), factors.size(1), input.sizes.size() == 1};
}

/// Each member's own factors, one for each feature. weight: [members, features].
class EnsembleScale : public Operation {
 public:
  EnsembleScale(const Arguments& arguments, const BuildInput& build)
      : weight_(scaling({members_of(arguments, build), build.inputs[0].size(-1)},
                        arguments.get<std::string>("initialization"), build)) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return each_member(inputs[0]) * weight_;
  }

  std::vector<Slot> parameters() override { return {{"weight", &weight_}}; }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    return std::make_unique<EnsembleScaleKernel>(member_rows(weight_, inputs[0]));
  }

 private:
  at::Tensor weight_;
};

/// y_m = ((x_m r_m) W') s_m + b_m. weight: [out_features, in_features], r: [members, in_features],
/// s, bias: [members, out_features].
class EnsembleLinear : public Operation {
 public:
  EnsembleLinear(const Arguments& arguments, const BuildInput& build) {
    const auto members = members_of(arguments, build);
    const auto in_features = build.inputs[0].size(-1);
    const auto out_features = arguments.get<std::int64_t>("out_features");
    const auto bound = fan_in_bound(in_features);
    weight_ = uniform_weight({out_features, in_features}, bound, build);
    r_ = scaling({members, in_features}, arguments.get<std::string>("initialization"), build);
    s_ = ones_weight({members, out_features}, build);
    // All members start with the same constant.
    if (arguments.get<bool>("bias")) bias_ = uniform_weight({out_features}, bound, build).repeat({members, 1});
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    const auto y = at::linear(each_member(inputs[0]) * r_, weight_) * s_;
    return bias_.defined() ? y + bias_ : y;
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots{{"weight", &weight_}, {"r", &r_}, {"s", &s_}};
    add_slot(slots, "bias", bias_);
    return slots;
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    return std::make_unique<EnsembleLinearKernel>(member_rows(r_, inputs[0]), weight_.size(0));
  }

 private:
  at::Tensor weight_, r_, s_, bias_;
};

/// A linear map for each member, or for each of several tokens. weight: [members, in_features, out_features],
/// bias: [members, out_features].
class SeparateLinear : public Operation {
 public:
  SeparateLinear(const Arguments& arguments, const BuildInput& build) {
    const auto& x = build.inputs.at(0);
    TORCH_CHECK(x.dim() == 3, "it takes inputs of shape (rows, members, features).");
    const auto out_features = arguments.get<std::int64_t>("out_features");
    const auto bound = fan_in_bound(x.size(2));
    const std::vector<std::int64_t> sizes{x.size(1), x.size(2), out_features};
    const bool zeros = arguments.get<std::string>("initialization") == "zeros";
    weight_ = zeros ? zeros_weight(sizes, build) : uniform_weight(sizes, bound, build);
    if (arguments.get<bool>("bias")) bias_ = uniform_weight({x.size(1), out_features}, bound, build);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    const auto y = at::bmm(inputs[0].transpose(0, 1), weight_).transpose(0, 1);
    return bias_.defined() ? y + bias_ : y.contiguous();
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots{{"weight", &weight_}};
    add_slot(slots, "bias", bias_);
    return slots;
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return std::make_unique<SeparateLinearKernel>(weight_.size(0), weight_.size(1), weight_.size(2));
  }

 private:
  at::Tensor weight_, bias_;
};

const value::ArgumentDescription kMembers{"members", "Number of members.", 1};
const auto kFactorInitialization =
    value::one_of("initialization", "The initial factors of the inputs.", {"ones", "random-signs", "normal"});

const OperationRegistration ensemble_registrations[] = {
    {"ensemble_scale(int members, str initialization='random-signs') -> ()",
     {"Scaling of members",
      "Multiplies features by factors of each member of an ensemble: (rows, members, features). "
      "See Gorishniy, Kotelnikov and Babenko (2025), arXiv:2410.24210.",
      {kMembers, kFactorInitialization},
      {"ensemble"}},
     make_operation<EnsembleScale>},
    {"ensemble_linear(int out_features, int members, bool bias=True, str initialization='ones') -> ()",
     {"BatchEnsemble linear",
      "A linear map that the members of an ensemble share, between their own factors: (rows, members, features). "
      "See Wen, Tran and Ba (2020), arXiv:2002.06715.",
      {out_features(), kMembers, bias(), kFactorInitialization},
      {"ensemble"}},
     make_operation<EnsembleLinear>},
    {"separate_linear(int out_features, bool bias=True, str initialization='uniform') -> ()",
     {"Separate linear",
      "A linear map for each member of an ensemble, or each token: (rows, members, features).",
      {out_features(), bias(), value::one_of("initialization", "The initial weights.", {"uniform", "zeros"})},
      {"ensemble"}},
     make_operation<SeparateLinear>},
};

}  // namespace
}  // namespace mlr3libtorch::network
