#include <ATen/ATen.h>

#include <cmath>
#include <list>
#include <memory>
#include <string>

#include "core/network/operations/dropped.h"
#include "core/network/operations/recurrent_kernel.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;

/// Sequences of shape [rows, steps, features]; or packed, without what lies beyond their ends: the steps of all of
/// them one after the other, the longest sequence first.
struct Sequences {
  at::Tensor values;
  std::int64_t rows;
  /// How many sequences reach each step; undefined unless packed.
  at::Tensor batch_sizes = {};
};

/// One layer over whole sequences, from a state of zeros.
at::Tensor run_layer(Cell cell, const Sequences& x, const std::vector<at::Tensor>& weights, std::int64_t hidden,
                     bool bias, bool both_ways) {
  const auto state = at::zeros({both_ways ? 2 : 1, x.rows, hidden}, x.values.options());
  const auto run = [&](const auto& recurrent, const auto& begin) {
    return std::get<0>(x.batch_sizes.defined()
                           ? recurrent(x.values, x.batch_sizes, begin, weights, bias, 1, 0, false, both_ways)
                           : recurrent(x.values, begin, weights, bias, 1, 0, false, both_ways, true));
  };
  switch (cell) {
    case Cell::kLstm:
      return run([](const auto&... given) { return at::lstm(given...); }, std::vector<at::Tensor>{state, state});
    case Cell::kGru:
      return run([](const auto&... given) { return at::gru(given...); }, state);
    case Cell::kRnnRelu:
      return run([](const auto&... given) { return at::rnn_relu(given...); }, state);
    case Cell::kRnnTanh:
      return run([](const auto&... given) { return at::rnn_tanh(given...); }, state);
  }
  return {};
}

/// How many steps each sequence has, at least one, by a mask [rows, steps] that is above 0 beyond its end.
at::Tensor sequence_lengths(const at::Tensor& mask) {
  const auto beyond = mask.gt(0).to(at::kLong).flip(1).cumprod(1).sum(1);
  return (mask.size(1) - beyond).clamp_min(1);
}

/// Steps are left out at the end only; a mask with 1 for the steps themselves is noticed here, too.
void require_padding_at_end(const at::Tensor& mask) {
  const auto is_padding = mask.gt(0).to(at::kInt);
  const auto rows = is_padding.diff(1, 1).lt(0).any(1);
  TORCH_CHECK(!rows.any().item<bool>(), "in row ", rows.to(at::kInt).argmax().item<std::int64_t>() + 1,
              " of the batch, a step follows one that the padding mask marks; the mask must be 0 up to the end of a "
              "sequence, and above 0 beyond it.");
}

/// x: [rows, steps, features]. The weights of a layer and direction, named as in PyTorch (weight_ih_l0,
/// weight_hh_l0_reverse, ...), all uniform between -1 and 1 over the root of the hidden size.
class Recurrent : public Operation {
 public:
  Recurrent(Cell cell, const Arguments& arguments, const BuildInput& build)
      : cell_(cell),
        hidden_(arguments.get<std::int64_t>("hidden_size")),
        bias_(arguments.get<bool>("bias")),
        both_ways_(arguments.get<bool>("bidirectional")),
        last_(arguments.get<std::string>("output") == "last"),
        dropout_(arguments.get<double>("dropout")) {
    TORCH_CHECK(build.inputs.at(0).dim() == 3,
                "it takes inputs of shape (rows, steps, features); change the input with "
                "a node 'reshape' or 'unsqueeze'.");
    const auto steps = build.inputs[0].size(1);
    TORCH_CHECK(build.inputs.size() < 2 || (build.inputs[1].dim() == 2 && build.inputs[1].size(1) == steps),
                "the padding mask must have the shape (rows, ", steps, "): one number for each step.");
    auto features = build.inputs.at(0).size(2);
    const auto layers = arguments.get<std::int64_t>("num_layers");
    for (std::int64_t layer = 0; layer < layers; ++layer) {
      weights_.emplace_back();
      add_direction(layer, features, "", build);
      if (both_ways_) add_direction(layer, features, "_reverse", build);
      features = hidden_ * (both_ways_ ? 2 : 1);
    }
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) override {
    const bool is_masked = inputs.size() > 1 && inputs[0].size(0) > 0;
    if (is_masked && !mode.keeps_shapes) require_padding_at_end(inputs[1]);
    return is_masked ? masked(inputs[0], sequence_lengths(inputs[1]), mode) : whole(inputs[0], mode);
  }

  bool has_dropout() const override { return dropout_ > 0 && weights_.size() > 1; }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots;
    for (auto& layer : weights_) {
      for (auto& weight : layer) slots.push_back({weight.name, &weight.tensor});
    }
    return slots;
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    const auto& sizes = inputs[0].sizes;
    const auto layers = static_cast<std::int64_t>(weights_.size());
    if (inputs.size() > 1 || sizes[0] == 0 || (has_dropout() && dropout_ == 1)) return nullptr;
    return std::make_unique<RecurrentKernel>(
        RecurrentShape{cell_, sizes[0], sizes[1], hidden_, layers, bias_, both_ways_, last_, dropout_});
  }

 private:
  struct Weight {
    std::string name;
    at::Tensor tensor;
  };

  void add_direction(std::int64_t layer, std::int64_t features, const std::string& direction, const BuildInput& build) {
    const auto bound = fan_in_bound(hidden_);
    const auto rows = gates(cell_) * hidden_;
    const auto add = [&](const char* kind, at::IntArrayRef sizes) {
      weights_.back().push_back(
          {kind + ("_l" + std::to_string(layer)) + direction, uniform_weight(sizes, bound, build)});
    };
    add("weight_ih", {rows, features});
    add("weight_hh", {rows, hidden_});
    if (!bias_) return;
    add("bias_ih", {rows});
    add("bias_hh", {rows});
  }

  at::Tensor layers(Sequences x, const ForwardMode& mode) const {
    for (const auto& layer : weights_) {
      if (&layer != &weights_.front()) x.values = dropped(x.values, dropout_, mode);
      std::vector<at::Tensor> weights;
      for (const auto& weight : layer) weights.push_back(weight.tensor);
      x.values = run_layer(cell_, x, weights, hidden_, bias_, both_ways_);
    }
    return x.values;
  }

  at::Tensor whole(const at::Tensor& x, const ForwardMode& mode) const {
    const auto y = layers({x, x.size(0)}, mode);
    return last_ ? last_step(y) : y;
  }

  /// Of sequences that end before the last step; beyond their ends, the output is zero.
  at::Tensor masked(const at::Tensor& x, const at::Tensor& lengths, const ForwardMode& mode) const {
    const auto order = lengths.argsort(0, true);
    const auto ordered = lengths.index_select(0, order);
    const auto packed = at::_pack_padded_sequence(x.index_select(0, order), ordered.to(at::kCPU), true);
    const auto y = layers({std::get<0>(packed), x.size(0), std::get<1>(packed)}, mode);
    const auto padded = std::get<0>(at::_pad_packed_sequence(y, std::get<1>(packed), true, 0, x.size(1)));
    auto result = padded.index_select(0, order.argsort());
    if (!last_) return result;
    const auto ends = (lengths - 1).reshape({-1, 1, 1}).expand({-1, 1, result.size(2)});
    return joined_ends(result.gather(1, ends).squeeze(1), result);
  }

  /// The end of the sequence in each direction: backwards, this is its first step.
  at::Tensor last_step(const at::Tensor& x) const { return joined_ends(x.select(1, -1), x); }

  at::Tensor joined_ends(const at::Tensor& end, const at::Tensor& x) const {
    const auto forwards = end.narrow(-1, 0, hidden_);
    return both_ways_ ? at::cat({forwards, x.select(1, 0).narrow(-1, hidden_, hidden_)}, -1) : forwards;
  }

  Cell cell_;
  std::int64_t hidden_;
  bool bias_, both_ways_, last_;
  double dropout_;
  // a list, because slots point into its elements
  std::list<std::vector<Weight>> weights_;
};

value::Description describe(const char* label, const char* doc, const char* source, bool is_plain) {
  std::vector<value::ArgumentDescription> arguments{
      {"hidden_size", "Number of output features, for each direction.", 1},
      {"num_layers", "Number of layers, each on the outputs of the one before.", 1},
      {"bias", "Whether constants are added."},
      {"dropout", "Probability that an element between two layers is zeroed while training.", 0, 1},
      {"bidirectional", "Whether the sequence is also read backwards; doubles the output features."},
      value::one_of("output", "The outputs of all steps, or only of the end of the sequence.", {"all", "last"})};
  if (is_plain) arguments.push_back(value::one_of("nonlinearity", "The function of a step.", {"tanh", "relu"}));
  return {label,
          std::string(doc) +
              " over a sequence of shape (rows, steps, features). Reads the sequence, and a padding mask "
              "(rows, steps) if there is one, above 0 beyond the end of a sequence; what lies there "
              "changes nothing, and its output is zero. See " +
              source,
          std::move(arguments),
          {"recurrent"}};
}

const std::string kArguments =
    "(int hidden_size, int num_layers=1, bool bias=True, float dropout=0.0, bool bidirectional=False, str output='all'";

const OperationRegistration recurrent_registrations[] = {
    {"rnn" + kArguments + ", str nonlinearity='tanh') -> ()",
     describe("RNN", "A plain recurrent network", "Elman (1990), Cognitive Science 14.", true),
     [](const Arguments& arguments, const BuildInput& build) {
       const auto relu = arguments.get<std::string>("nonlinearity") == "relu";
       return std::make_unique<Recurrent>(relu ? Cell::kRnnRelu : Cell::kRnnTanh, arguments, build);
     },
     {1, 2}},
    {"lstm" + kArguments + ") -> ()",
     describe("LSTM", "Long short-term memory", "Hochreiter and Schmidhuber (1997), Neural Computation 9.", false),
     [](const Arguments& arguments, const BuildInput& build) {
       return std::make_unique<Recurrent>(Cell::kLstm, arguments, build);
     },
     {1, 2}},
    {"gru" + kArguments + ") -> ()",
     describe("GRU", "Gated recurrent units", "Cho et al. (2014), arXiv:1406.1078.", false),
     [](const Arguments& arguments, const BuildInput& build) {
       return std::make_unique<Recurrent>(Cell::kGru, arguments, build);
     },
     {1, 2}},
};

}  // namespace
}  // namespace mlr3libtorch::network
