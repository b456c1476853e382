#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/kernel/kernel.h"
#include "core/kernel/precision.h"
#include "core/value/registry.h"

namespace torch::jit {
struct Module;
}  // namespace torch::jit

namespace mlr3libtorch::network {

/// How a forward call is made: training (dropout, batch statistics) or not, and where randomness comes from.
struct ForwardMode {
  bool training = false;
  at::Generator generator;
  /// Dropout also outside of training: one draw of Monte Carlo dropout.
  bool monte_carlo = false;
  kernel::Precision precision = kernel::Precision::kFloat32;
  /// The number of the first row in its batch, which decides what dropout keeps.
  std::int64_t first_row = 0;
  /// Whether rows have the shapes that the network is built for, whatever their values are.
  bool keeps_shapes = false;

  bool drops() const { return training || monte_carlo; }
};

/// A tensor that an operation owns and the network may move: `tensor` points into the operation.
struct Slot {
  std::string name;
  at::Tensor* tensor;
};

/// The shape and type of a value for one row.
struct RowShape {
  std::vector<std::int64_t> sizes;
  at::ScalarType type = at::kFloat;

  std::int64_t width() const {
    std::int64_t width = 1;
    for (const auto size : sizes) width *= size;
    return width;
  }
};

/// What a node computes. Takes the outputs of the nodes it reads, returns one tensor; rows are dimension 0.
class Operation {
 public:
  virtual ~Operation() = default;
  virtual at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) = 0;
  virtual std::vector<Slot> parameters() { return {}; }
  virtual std::vector<Slot> buffers() { return {}; }
  /// Whether a forward call with dropout draws random numbers.
  virtual bool has_dropout() const { return false; }
  /// Whether it runs a user's code, which may write to its input.
  virtual bool is_user_code() const { return false; }
  /// Whether it takes statistics of a training batch, which a single row does not have.
  virtual bool normalises_batches() const { return false; }
  /// Whether its output may have fewer steps than it was built with, by what a batch holds.
  virtual bool shortens_rows() const { return false; }
  /// The module of an operation in TorchScript, with its current weights.
  virtual const torch::jit::Module* torch_script() { return nullptr; }
  /// The same by hand for the compiled step, on the CPU and in float32; none if this has not been written, or not
  /// for inputs of these shapes. It may refer to this operation's buffers, so the operation must outlive it.
  virtual std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) { return nullptr; }
};

/// What a factory may use: a small batch, for its shapes; the generator of initial weights; and the node's id, for
/// messages.
struct BuildInput {
  const std::vector<at::Tensor>& inputs;
  at::Generator generator;
  std::string node = {};
};

/// The factory of an operation that is made from its arguments and the batch.
template <class Product>
std::unique_ptr<Operation> make_operation(const value::Arguments& arguments, const BuildInput& build) {
  return std::make_unique<Product>(arguments, build);
}

/// How many nodes an operation reads.
struct InputCount {
  std::size_t least = 1;
  std::size_t most = 1;

  bool takes(std::size_t count) const { return count >= least && count <= most; }
};

inline constexpr InputCount kAnyNumber{1, std::numeric_limits<std::size_t>::max()};

/// For messages: "2", "1 to 3", "at least 1".
std::string count_text(const InputCount& count);

using OperationRegistry = value::Registry<Operation, InputCount, const BuildInput&>;
OperationRegistry& operations();

/// A file that implements an operation holds one of these at namespace scope.
struct OperationRegistration {
  OperationRegistration(const std::string& schema, value::Description description, OperationRegistry::Factory factory,
                        InputCount inputs = {});
};

}  // namespace mlr3libtorch::network
