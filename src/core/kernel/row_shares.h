#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/kernel/kernel.h"

namespace mlr3libtorch::kernel {

/// Works on a batch in shares of rows, each with a kernel of its own, on the threads of the current pool. Where a share
/// begins depends on the number of rows only, and what the shares give for a parameter's gradient is added in their
/// order: so the bits are the same on any number of threads.
class RowShares : public Kernel {
 public:
  using MakeKernel = std::function<std::unique_ptr<Kernel>()>;

  /// `first`: a kernel with a grain of rows; `make` gives more of its kind. `parameter_lengths`: of a call's
  /// parameters.
  RowShares(std::unique_ptr<Kernel> first, MakeKernel make, std::vector<std::int64_t> parameter_lengths);

  void forward(const Call& call) override;
  void backward(const Call& call) override;

  bool works_in_place() const override { return shares_[0].kernel->works_in_place(); }
  bool reads_output() const override { return shares_[0].kernel->reads_output(); }
  bool absorb(const std::shared_ptr<const Elementwise>& function) override;
  double operations_per_row() const override { return shares_[0].kernel->operations_per_row(); }

 private:
  struct Share {
    std::unique_ptr<Kernel> kernel;
    Call call = {};
    std::vector<float> gradients = {};  // of all parameters; the first share has the call's own
  };

  std::size_t share_count(std::int64_t rows) const;
  void divide(const Call& call);
  void bind(const Call& call, std::int64_t first, std::int64_t end, Share& share) const;
  void bind_gradients(const Call& call, Share& share) const;
  void add_gradients(const Call& call) const;
  template <class Work>
  void for_each_share(const Work& work);

  MakeKernel make_;
  std::vector<std::int64_t> parameter_lengths_;
  std::shared_ptr<const Elementwise> absorbed_;
  std::vector<Share> shares_;
  std::size_t used_ = 1;  // by the last batch
};

}  // namespace mlr3libtorch::kernel
