// Fixed shifts and scales of the last dimension: what makes of features numbers of size 1, and of such numbers a
// target. See docs/decisions/scaled_inside_the_network.md.

#include <ATen/ATen.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/kernel/vectorised.h"
#include "core/network/operation.h"
#include "core/network/operations/weights.h"
#include "core/network/output_units.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;

/// The positions of the numbers that are changed, from 0; all `features` unless given.
std::vector<std::int64_t> changed_positions(const Arguments& arguments, std::int64_t features) {
  std::vector<std::int64_t> positions(static_cast<std::size_t>(features));
  for (std::int64_t i = 0; i < features; ++i) positions[static_cast<std::size_t>(i)] = i;
  if (arguments.is_none("index")) return positions;
  positions = arguments.get<std::vector<std::int64_t>>("index");
  for (const auto position : positions) {
    TORCH_CHECK(position >= 0 && position < features, "'index' names position ", position + 1, " of ", features, ".");
  }
  return positions;
}

/// [features]: the argument's numbers at `positions`, or its only number at all of them; `rest` elsewhere.
at::Tensor fixed_numbers(const Arguments& arguments, const std::string& name, std::int64_t features,
                         const std::vector<std::int64_t>& positions, double rest) {
  const auto given = arguments.get<std::vector<double>>(name);
  TORCH_CHECK(given.size() == 1 || given.size() == positions.size(), "'", name, "' has ", given.size(),
              " numbers, but ", positions.size(), " are needed.");
  auto numbers = at::full({features}, rest, at::kDouble);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const auto number = given.size() == 1 ? given.front() : given[i];
    TORCH_CHECK(std::isfinite(static_cast<float>(number)), "'", name, "' must be finite, not ", number, ".");
    TORCH_CHECK(name != "sd" || static_cast<float>(number) > 0, "'sd' must be above 0, not ", number, ".");
    numbers[positions[i]] = number;
  }
  return numbers;
}

/// mean, sd: [features], those of the last dimension.
class FixedScale : public Operation {
 public:
  FixedScale(const Arguments& arguments, const BuildInput& build) {
    const auto& x = build.inputs.at(0);
    TORCH_CHECK(x.dim() > 1, "it takes inputs of shape (rows, ..., features).");
    const auto features = x.size(-1);
    const auto positions = changed_positions(arguments, features);
    mean_ = fixed_numbers(arguments, "mean", features, positions, 0).to(weight_options(build));
    sd_ = fixed_numbers(arguments, "sd", features, positions, 1).to(weight_options(build));
  }

  std::vector<Slot> buffers() override { return {{"mean", &mean_}, {"sd", &sd_}}; }

 protected:
  /// One column would be taken for all.
  void check_columns(const at::Tensor& x) const {
    TORCH_CHECK(x.dim() > 1 && x.size(-1) == mean_.numel(), "it was made for ", mean_.numel(), " features.");
  }
  const at::Tensor& mean_of_columns() const { return mean_; }
  const at::Tensor& sd_of_columns() const { return sd_; }

 private:
  at::Tensor mean_, sd_;
};

class StandardizeKernel : public kernel::Kernel {
 public:
  /// The operation's own tensors: a run that goes on loads other numbers into them.
  StandardizeKernel(const at::Tensor& mean, const at::Tensor& sd, bool is_flat)
      : mean_(mean), sd_(sd), is_flat_(is_flat) {}

  void forward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    if (x.coding != nullptr) {
      read_numbers(*x.coding);
    } else {
      read_all();
    }
    const auto columns = static_cast<std::int64_t>(shift_.size());
    // Codes are rows of another width.
    const auto rows = x.coding != nullptr ? call.rows : call.rows * (call.output.width / columns);
    kernel::for_each_in_rows(
        rows, columns,
        [from = x.values, to = call.output.values, shift = shift_.data(), factor = factor_.data()](
            std::int64_t i, std::int64_t column) { to[i] = (from[i] - shift[column]) * factor[column]; });
  }

  void backward(const kernel::Call& call) override {
    auto* const to = call.inputs[0].gradients;
    if (to == nullptr) return;
    const auto columns = static_cast<std::int64_t>(factor_.size());
    kernel::for_each_in_rows(call.rows * (call.output.width / columns), columns,
                             [to, from = call.output.gradients, factor = factor_.data()](
                                 std::int64_t i, std::int64_t column) { to[i] = from[i] * factor[column]; });
  }

  bool works_in_place() const override { return true; }
  bool takes_codes() const override { return is_flat_; }
  bool passes_codes() const override { return is_flat_; }

 private:
  void read_all() {
    const auto columns = mean_.numel();
    resize(columns);
    kernel::for_each_element(columns, [mean = mean_.data_ptr<float>(), sd = sd_.data_ptr<float>(),
                                       shift = shift_.data(), factor = factor_.data()](std::int64_t i) {
      shift[i] = mean[i];
      factor[i] = 1 / sd[i];
    });
  }

  /// Codes of factors stay as they are.
  void read_numbers(const kernel::Coding& coding) {
    resize(coding.columns());
    const auto* const mean = mean_.data_ptr<float>();
    const auto* const sd = sd_.data_ptr<float>();
    for (const auto& number : coding.numbers()) {
      shift_[static_cast<std::size_t>(number.column)] = mean[number.position];
      factor_[static_cast<std::size_t>(number.column)] = 1 / sd[number.position];
    }
  }

  void resize(std::int64_t columns) {
    if (static_cast<std::int64_t>(shift_.size()) == columns) return;
    shift_.assign(static_cast<std::size_t>(columns), 0.0F);
    factor_.assign(static_cast<std::size_t>(columns), 1.0F);
  }

  const at::Tensor& mean_;
  const at::Tensor& sd_;
  bool is_flat_;
  // Of each number of a row as it comes.
  std::vector<float> shift_;
  std::vector<float> factor_;
};

/// (x - mean) / sd.
class Standardize : public FixedScale {
 public:
  using FixedScale::FixedScale;

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    check_columns(inputs[0]);
    return (inputs[0] - mean_of_columns()) * sd_of_columns().reciprocal();
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    if (inputs[0].width() == 0) return nullptr;
    return std::make_unique<StandardizeKernel>(mean_of_columns(), sd_of_columns(), inputs[0].sizes.size() == 1);
  }
};

class UnstandardizeKernel : public kernel::Kernel {
 public:
  UnstandardizeKernel(const at::Tensor& mean, const at::Tensor& sd) : mean_(mean), sd_(sd) {}

  void forward(const kernel::Call& call) override {
    kernel::for_each_in_rows(rows_of(call), mean_.numel(),
                             [from = call.inputs[0].values, to = call.output.values, mean = mean_.data_ptr<float>(),
                              sd = sd_.data_ptr<float>()](std::int64_t i, std::int64_t column) {
                               to[i] = from[i] * sd[column] + mean[column];
                             });
  }

  void backward(const kernel::Call& call) override {
    auto* const to = call.inputs[0].gradients;
    if (to == nullptr) return;
    kernel::for_each_in_rows(rows_of(call), mean_.numel(),
                             [to, from = call.output.gradients, sd = sd_.data_ptr<float>()](
                                 std::int64_t i, std::int64_t column) { to[i] = from[i] * sd[column]; });
  }

  bool works_in_place() const override { return true; }

 private:
  /// Every dimension but the last counts as rows.
  std::int64_t rows_of(const kernel::Call& call) const { return call.rows * (call.output.width / mean_.numel()); }

  const at::Tensor& mean_;
  const at::Tensor& sd_;
};

/// x sd + mean.
class Unstandardize : public FixedScale, public OutputUnits {
 public:
  using FixedScale::FixedScale;

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    check_columns(inputs[0]);
    return inputs[0] * sd_of_columns() + mean_of_columns();
  }

  const at::Tensor& mean() const override { return mean_of_columns(); }
  const at::Tensor& sd() const override { return sd_of_columns(); }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    if (inputs[0].width() == 0) return nullptr;
    return std::make_unique<UnstandardizeKernel>(mean_of_columns(), sd_of_columns());
  }
};

value::ArgumentDescription index_description() {
  return {"index", "The positions of the numbers that this is done to; all unless given.", 0};
}

const OperationRegistration standardize_registrations[] = {
    {"standardize(float[] mean, float[] sd, int[]? index=None) -> ()",
     {"Standardised features",
      "(x - mean) / sd for the numbers of the last dimension; both are fixed.",
      {{"mean", "The mean of each number, or one for all."},
       {"sd", "The standard deviation of each number, or one for all."},
       index_description()},
      {"scale"}},
     make_operation<Standardize>},
    {"unstandardize(float[] mean, float[] sd, int[]? index=None) -> ()",
     {"Outputs in the target's unit",
      "x sd + mean for the numbers of the last dimension; both are fixed. At the end of a network, the loss is "
      "computed "
      "from numbers before this node, unless a user has written it.",
      {{"mean", "The mean of each output, or one for all."},
       {"sd", "The standard deviation of each output, or one for all."},
       index_description()},
      {"scale"}},
     make_operation<Unstandardize>},
};

}  // namespace
}  // namespace mlr3libtorch::network
