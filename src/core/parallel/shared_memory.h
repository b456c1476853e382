#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/interrupt.h"
#include "core/parallel/exchange.h"

namespace mlr3libtorch::parallel {

/// Memory that workers of one machine share, a part for each of them: adding up what lies in it needs no copy by the
/// kernel, as a connection does. The parts have no names, so nothing is left behind however a worker ends.
class SharedMemory {
 public:
  /// All workers call this together; null for all of them if one of them cannot reach the others' memory. `numbers`:
  /// how many floats a part holds.
  static std::unique_ptr<SharedMemory> make(Exchange& exchange, std::int64_t numbers, base::Interrupt& interrupt);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  /// This worker's part: [numbers], zeroes at first. It may outlive this object.
  const at::Tensor& own() const noexcept { return own_; }
  /// Whether `add_up()` can take this tensor: a piece of `own()`, or few floats or doubles that lie elsewhere.
  bool takes(const at::Tensor& tensor) const;

  /// Called now and then while others are awaited: false if it is in vain; may throw.
  using Look = std::function<bool()>;

  /// Adds up the tensors of all workers into themselves, with the same bits for all. All workers call this together,
  /// for tensors of the same place and size. False if the others were awaited in vain.
  bool add_up(const at::Tensor& tensor, const Look& look);

  /// Whether all other processes are still there.
  bool all_live() const;

 private:
  struct Part;
  SharedMemory(int rank, std::vector<Part> parts, std::int64_t numbers);

  bool is_piece(const at::Tensor& tensor) const;
  /// True when all workers have called it.
  bool meet(const Look& look);
  /// This worker's share of the sums, into all parts.
  void add_pieces(std::int64_t first, std::int64_t count);
  template <typename Number>
  bool add_copies(const at::Tensor& tensor, const Look& look);

  int rank_;
  std::vector<Part> parts_;
  at::Tensor own_;
  std::int64_t meetings_ = 0;
  std::size_t copies_ = 0;
};

}  // namespace mlr3libtorch::parallel
