#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/kernel/keep_mask.h"
#include "core/kernel/kernel.h"

namespace mlr3libtorch::network {

enum class Cell { kRnnTanh, kRnnRelu, kLstm, kGru };

/// Gates of a cell: its weights have this many times the hidden size rows.
inline std::int64_t gates(Cell cell) { return cell == Cell::kLstm ? 4 : cell == Cell::kGru ? 3 : 1; }

struct RecurrentShape {
  Cell cell = Cell::kLstm;
  std::int64_t steps = 1;
  std::int64_t features = 1;
  std::int64_t hidden = 1;
  std::int64_t layers = 1;
  bool bias = true;
  bool both_ways = false;
  /// Only the end of the sequence is the output.
  bool last_only = false;
  double dropout = 0;

  std::int64_t directions() const { return both_ways ? 2 : 1; }
};

/// One layer that reads a sequence in one direction, from a state of zeros. Sequences lie step after step, so that the
/// inputs of all steps take one product: x: [steps, rows, features], states: [steps, rows, hidden].
class RecurrentDirection {
 public:
  RecurrentDirection(const RecurrentShape& shape, std::int64_t features, bool backwards);

  /// The weights of inputs and of states, then a bias for each if there are any.
  void bind(const kernel::Parameter* parameters);
  void forward(std::int64_t rows, const float* x);
  const float* states() const { return states_.data(); }
  /// To be written before `backward()`: of the states.
  float* gradients() { return gradients_.data(); }
  /// Overwrites dx, or adds to it; it may be null.
  void backward(std::int64_t rows, const float* x, float* dx, bool adds);

 private:
  std::int64_t gate_width() const { return gates(shape_.cell) * shape_.hidden; }
  /// The step that is read at position `k`.
  std::int64_t step(std::int64_t k) const { return backwards_ ? shape_.steps - 1 - k : k; }
  bool has_gru_products() const { return shape_.cell == Cell::kGru; }
  void add_biases(std::int64_t rows, std::int64_t k);
  void add_previous(std::int64_t rows, std::int64_t k);
  void lstm_forward(std::int64_t rows, std::int64_t k);
  void gru_forward(std::int64_t rows, std::int64_t k);
  void rnn_forward(std::int64_t rows, std::int64_t k);
  void lstm_backward(std::int64_t rows, std::int64_t k);
  void gru_backward(std::int64_t rows, std::int64_t k);
  void rnn_backward(std::int64_t rows, std::int64_t k);
  void give_parameter_gradients(std::int64_t rows, const float* x) const;

  RecurrentShape shape_;
  std::int64_t features_;
  bool backwards_;
  kernel::Parameter input_weight_, state_weight_, input_bias_, state_bias_;
  std::vector<float> transposed_;   // the weights of states: [hidden, gates]
  std::vector<float> gates_;        // [steps, rows, gates]; in the end, the gradients of what goes into them
  std::vector<float> state_parts_;  // a GRU's products with the state before, likewise
  std::vector<float> cells_;        // an LSTM's: [steps, rows, hidden]
  std::vector<float> states_, gradients_;
  std::vector<float> carried_, carried_cells_;  // gradients that go to the step before: [rows, hidden]
};

/// Recurrent layers by hand.
class RecurrentKernel : public kernel::Kernel {
 public:
  explicit RecurrentKernel(const RecurrentShape& shape);

  void forward(const kernel::Call& call) override;
  void backward(const kernel::Call& call) override;
  double operations_per_row() const override;

 private:
  struct Layer {
    std::vector<RecurrentDirection> directions;
    std::vector<float> x;  // [steps, rows, features of the layer]
    std::int64_t features;
    std::optional<kernel::KeepMask> mask;
  };

  std::int64_t output_features() const { return shape_.directions() * shape_.hidden; }
  /// Calls `copy(place step after step, place row after row)` for each row and step.
  template <class Copy>
  void for_each_place(std::int64_t rows, const Copy& copy) const;
  void drop(const Layer& layer, const kernel::Call& call, float* x) const;
  void join_directions(const Layer& layer, std::int64_t rows, float* to) const;
  void split_gradients(Layer& layer, std::int64_t rows, const float* from);
  void write_output(const kernel::Call& call) const;
  void read_output_gradients(const kernel::Call& call);

  RecurrentShape shape_;
  std::vector<Layer> layers_;
  std::vector<float> dx_;
};

}  // namespace mlr3libtorch::network
