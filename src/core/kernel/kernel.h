#pragma once

#include <ATen/core/Generator.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/kernel/coding.h"
#include "core/kernel/elementwise.h"
#include "core/kernel/split.h"

namespace mlr3libtorch::kernel {

/// What a kernel reads: `width` numbers for each row, row after row.
struct Input {
  const float* values = nullptr;
  const std::int64_t* numbers = nullptr;  // instead of `values` if they are whole numbers
  /// If it is given, `values` are rows in this coding; only for kernels that take codes.
  const Coding* coding = nullptr;
  /// To be overwritten with the loss's gradient; null if nobody needs it.
  float* gradients = nullptr;
  std::int64_t width = 0;
};

/// What a kernel writes.
struct Output {
  float* values = nullptr;
  /// The loss's gradient; may be changed, since nobody reads it afterwards.
  float* gradients = nullptr;
  std::int64_t width = 0;
};

/// A parameter of the operation, in the order of `network::Operation::parameters()`.
struct Parameter {
  const float* values = nullptr;
  /// To be overwritten; null while the parameter is frozen.
  float* gradients = nullptr;
};

/// One forward or backward call, for one batch.
struct Call {
  std::int64_t rows = 0;
  /// The number of the first one in its batch.
  std::int64_t first_row = 0;
  std::vector<Input> inputs;
  Output output;
  std::vector<Parameter> parameters;
  /// Whether this is a training step (dropout, batch statistics).
  bool training = false;
  /// Of the run.
  at::Generator generator;
};

/// What a node computes, by hand, on plain float memory. Shapes are known and checked when it is made.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void forward(const Call& call) = 0;
  /// Called after the forward call of the same batch, with the same memory.
  virtual void backward(const Call& call) = 0;

  /// The output is the input, perhaps in another shape: nothing is computed and memory is shared.
  virtual bool is_view(bool /*training*/) const { return false; }
  /// It also works if output and input are the same memory.
  virtual bool works_in_place() const { return false; }
  /// `backward()` reads the output's values, so nobody may overwrite them.
  virtual bool reads_output() const { return false; }
  /// Its inputs may come in codes.
  virtual bool takes_codes() const { return false; }
  /// If its input comes in codes, its output does, too: codes as they were, and other numbers. It takes codes then.
  virtual bool passes_codes() const { return false; }
  /// The function, if the kernel only applies one to each element.
  virtual std::shared_ptr<const Elementwise> elementwise() const { return nullptr; }
  /// Applies `function` to its own output from now on; false if it cannot.
  virtual bool absorb(const std::shared_ptr<const Elementwise>& /*function*/) { return false; }
  /// How a batch may be cut into shares, each for a kernel of its own; `least` is 0 if it may not. Then rows do not
  /// depend on each other, and what is drawn at random depends on the number of a row in its batch.
  virtual Grain grain_of_rows() const { return {}; }
  /// The largest number of floating point operations that one of its matrix products takes for one row.
  virtual double operations_per_row() const { return 0; }
};

}  // namespace mlr3libtorch::kernel
