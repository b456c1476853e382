#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/interrupt.h"
#include "core/data/codes.h"
#include "core/kernel/precision.h"
#include "core/plan/layout.h"

namespace mlr3libtorch::plan {

/// Why a network cannot be planned: a sentence for each reason.
std::vector<std::string> reasons_against(const network::Network& network);
/// Nodes for which the plan steps out, since they have no kernel for their inputs: a sentence for each.
std::vector<std::string> steps_out(const network::Network& network);

enum class Purpose { kTraining, kPrediction };
using kernel::Precision;

/// A network's forward and backward calls on memory that is allocated once.
class Plan {
 public:
  /// There are no reasons against a plan of `network`, which outlives the plan. When it moves to another device, a new
  /// plan must be made. For batches of up to `capacity` rows. For training, the network's gradients have been enabled.
  /// `precision`: of the matrix products.
  Plan(const network::Network& network, std::int64_t capacity, Purpose purpose,
       Precision precision = Precision::kFloat32);

  std::int64_t capacity() const noexcept { return capacity_; }
  /// Whether it calls LibTorch, or a user's code, for some node: only on the caller's thread.
  bool steps_out() const;
  /// Whether these tensors can be read as they are: [rows, ...] as the network was built for, up to the capacity. An
  /// input in codes has none in `inputs`.
  bool fits(const std::vector<at::Tensor>& inputs, const std::vector<data::Codes>& codes = {}) const;
  /// Whether all kernels that read the input take codes, or pass them to kernels that do; otherwise the tensor itself
  /// is needed.
  bool takes_codes(std::size_t input) const;

  /// Reads rows `first` to `first + rows` of `inputs`, or of codes that are given and taken, and writes each of the
  /// network's outputs to its memory: outputs[i]: [rows, width of output i] float32. `first_row`: the number of the
  /// first row in its batch, which decides what dropout keeps.
  void forward(const std::vector<at::Tensor>& inputs, std::int64_t first, std::int64_t rows,
               const std::vector<float*>& outputs, const at::Generator& generator, base::Interrupt& interrupt,
               const std::vector<data::Codes>& codes = {}, std::int64_t first_row = 0);

  /// Where the gradient of the first output is expected: [rows of the last forward call, width] float32.
  float* output_gradients() { return gradients_[layout_.outputs.front()]; }

  /// Called for each node with parameters when its gradients are in flat memory: ranges `first` up to `last`.
  using AfterNode = std::function<void(std::size_t first, std::size_t last)>;

  /// Overwrites the flat gradients; those of frozen parameters, and of those that the first output does not depend on,
  /// are zero. `after_node` may be empty; it may change the node's parameters.
  void backward(const AfterNode& after_node, base::Interrupt& interrupt);

  /// After a backward call: the node whose output depends on nothing that is trained, and that keeps the first output
  /// from depending on any trained parameter; null if it does depend on one, or if none is trained.
  const network::BuiltNode* cutting_node() const;

  std::int64_t width_of_output(std::size_t output) const { return layout_.places[layout_.outputs[output]].width; }
  /// The largest number of floating point operations that one matrix product takes for one row.
  double operations_per_row() const;

 private:
  bool fits(std::size_t input, const at::Tensor& x) const;
  bool fits(std::size_t input, const data::Codes& codes) const;
  bool place_takes_codes(std::size_t place) const;
  void bind_inputs(const std::vector<at::Tensor>& inputs, const std::vector<data::Codes>& codes, std::int64_t first);
  void bind_parameters();
  void bind_call(const NodeLayout& node, kernel::Call& call);
  template <class Run>
  void naming_node(const NodeLayout& node, const Run& run) const;
  void add_gradients(const NodeLayout& node, std::size_t input, const kernel::Call& call);

  const network::Network& network_;
  std::int64_t capacity_;
  bool training_;
  Precision precision_;
  Kernels kernels_;
  Layout layout_;
  std::vector<at::Tensor> buffers_;
  // Of each place; null if there is none.
  std::vector<float*> values_;
  std::vector<const std::int64_t*> numbers_;
  std::vector<const kernel::Coding*> codings_;
  std::vector<float*> gradients_;
  std::vector<kernel::Call> calls_;            // of each node of the layout
  std::vector<kernel::Parameter> parameters_;  // of each range of flat memory
  std::int64_t rows_ = 0;
};

}  // namespace mlr3libtorch::plan
