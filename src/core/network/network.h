#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/network/forward_hooks.h"
#include "core/network/operation.h"
#include "core/network/output_units.h"
#include "core/network/spec.h"
#include "core/value/flat_memory.h"

namespace mlr3libtorch::network {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// A node with the operation that was made for it.
struct BuiltNode {
  std::string id;
  std::string operation_name;
  std::shared_ptr<Operation> operation;
  /// Positions among the network's values: its inputs first, then the nodes.
  std::vector<std::size_t> inputs;
  /// Where its parameters lie: `parameter_count` ranges of flat memory from this one on.
  std::size_t first_range = 0;
  std::size_t parameter_count = 0;
};

/// The error of a node whose inputs, of these shapes, LibTorch refuses.
base::ShapeError node_error(const std::string& id, const std::string& operation, const std::string& shapes,
                            const c10::Error& error);
base::ShapeError node_error(const std::string& id, const std::string& operation, const std::vector<at::Tensor>& inputs,
                            const c10::Error& error);
/// The same of a layer that is called alone.
base::ShapeError layer_error(const std::string& id, const std::string& operation, const std::vector<at::Tensor>& inputs,
                             const c10::Error& error);

/// The error of a node whose output does not depend on weights, though nothing is trained without it.
base::Error independence_error(const BuiltNode& node);

/// A module built from a spec. Its parameters are views of one flat allocation.
class Network {
 public:
  /// `example`: one small batch per input of the spec; shapes are inferred by running each node on it.
  /// Throws base::ShapeError naming the node, base::UnknownNameError, base::ConfigError.
  Network(const Spec& spec, const std::vector<at::Tensor>& example, const at::Generator& generator);

  /// One tensor per output of the spec. `inputs` are in the spec's order; another number of them is a ConfigError.
  std::vector<at::Tensor> forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) const;
  /// The same for other positions of its values.
  std::vector<at::Tensor> forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode,
                                  const std::vector<std::size_t>& wanted) const;

  value::FlatMemory& memory() noexcept { return memory_; }
  const value::FlatMemory& memory() const noexcept { return memory_; }
  const std::vector<BuiltNode>& nodes() const noexcept { return nodes_; }
  /// The shape of each value for one row: the inputs', then the nodes'.
  const std::vector<RowShape>& shapes() const noexcept { return shapes_; }
  /// Positions of the values that a forward call returns.
  const std::vector<std::size_t>& outputs() const noexcept { return outputs_; }
  const std::vector<std::string>& inputs() const noexcept { return inputs_; }
  /// The position of the value of an input or a node. `what`: for the message if there is none.
  std::size_t position(const std::string& id, const std::string& what = "node or input of the network") const;
  NamedTensors parameters() const;
  NamedTensors buffers() const;
  at::Device device() const;
  /// How calls outside of the loop's own passes compute: the Trainer sets it for callbacks, and they may change it.
  bool is_training() const noexcept { return is_training_; }
  void set_training(bool training) noexcept { is_training_ = training; }
  /// Whether one of its nodes has dropout above 0.
  bool has_dropout() const;
  bool has_user_code() const;
  bool normalises_batches() const;
  /// Of the node that makes the first output; null if it has none.
  const OutputUnits* output_units() const;
  /// Those of its operations that average over training batches (see `BatchAverages`); false if none does.
  bool begin_plain_means();
  void end_plain_means();

  /// These parameters are not trained, until a callback thaws them.
  void freeze(const std::vector<std::string>& names);
  /// Gives every parameter its view of the flat gradients and lets it be tracked by autograd.
  void enable_gradients();
  /// The same for flat gradients that lie in given memory.
  void enable_gradients_in(at::Tensor memory);
  /// Undoes a callback's changes of a parameter's `grad`, and reads which parameters are frozen.
  void restore_gradients();
  /// The same, and zeroes them, for gradients that will be added to.
  void reset_gradients();

  /// Functions that see the outputs of nodes. A plan does not call them, so none is used while there are some.
  ForwardHooks& hooks() noexcept { return hooks_; }
  const ForwardHooks& hooks() const noexcept { return hooks_; }
  /// Whether functions of somebody's wait for the gradient of a parameter.
  bool has_gradient_hooks() const;
  /// Takes over gradients that a callback has put in place of the flat views; a removed one is zero.
  void collect_gradients();
  /// Moves parameters that lie elsewhere into the flat memory, with what they hold: new ones, and those that somebody
  /// has moved out of it, such as an optimizer that a callback has made for tensors of several owners.
  void bring_parameters_home();

  /// Copies values into parameters and buffers; refuses missing and unknown ones, and those of another shape.
  void load(const std::map<std::string, at::Tensor>& values);
  void to(const at::Device& target);

 private:
  void add_node(const Node& node, std::vector<at::Tensor>& values, const at::Generator& generator);
  void add_parameter(Slot slot);
  void flatten();

  std::vector<std::string> inputs_;
  std::vector<std::string> value_ids_;
  std::unordered_map<std::string, std::size_t> positions_;  // of `value_ids_`
  std::vector<RowShape> shapes_;
  std::vector<BuiltNode> nodes_;
  std::vector<std::size_t> outputs_;
  std::vector<Slot> parameters_;
  std::vector<Slot> buffers_;
  std::vector<at::Tensor> gradient_views_;
  value::FlatMemory memory_;
  ForwardHooks hooks_;
  bool is_training_ = false;
};

}  // namespace mlr3libtorch::network
