#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/interrupt.h"

namespace mlr3libtorch::parallel {

/// A sum that is under way.
class Pending {
 public:
  virtual ~Pending() = default;
  /// Until it is there. Polls the interrupt.
  virtual void wait(base::Interrupt& interrupt) = 0;
};

/// How the workers of one run, each a process, give each other numbers. All of them make the same calls in the same
/// order, with tensors of the same shapes and types: contiguous, in CPU memory. If one of them ends or does not answer,
/// the others get an error of kind "workers" that names it.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// From 0; the first one leads.
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// Adds up the tensors of all workers, element by element and into themselves, with the same bits for all.
  virtual std::unique_ptr<Pending> begin_sum(const at::Tensor& tensor) = 0;
  /// Memory for so many floats, zeroes, in which a tensor is added up faster than elsewhere, as in `begin_sum()`.
  /// Undefined if there is none. At most one call in a run.
  virtual at::Tensor share(std::int64_t /*numbers*/, base::Interrupt& /*interrupt*/) { return {}; }
  /// Overwrites the tensor with that of the first worker.
  virtual void broadcast(const at::Tensor& tensor, base::Interrupt& interrupt) = 0;
  /// The tensors of all workers, in their order: [size, ...].
  virtual at::Tensor gather(const at::Tensor& tensor, base::Interrupt& interrupt) = 0;
  /// Tells the others why this worker ends now; those that wait for it end with this reason.
  virtual void leave(const std::string& reason) = 0;
};

}  // namespace mlr3libtorch::parallel
