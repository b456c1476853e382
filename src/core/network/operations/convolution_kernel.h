#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "core/kernel/elementwise.h"
#include "core/kernel/kernel.h"
#include "core/network/operations/convolution_product.h"

namespace mlr3libtorch::network {

/// Works on a batch in blocks of rows, by the product that fits the shape, the number of rows and the precision.
class ConvolutionKernel : public kernel::Kernel {
 public:
  ConvolutionKernel(const ConvolutionShape& shape, bool bias);

  void forward(const kernel::Call& call) override;
  void backward(const kernel::Call& call) override;
  bool reads_output() const override { return function_ != nullptr; }
  bool absorb(const std::shared_ptr<const kernel::Elementwise>& function) override;
  kernel::Grain grain_of_rows() const override;
  double operations_per_row() const override;

 private:
  void choose_product(std::int64_t rows);
  template <class Visit>
  void for_each_block(const kernel::Call& call, const Visit& visit) const;
  void add_bias_and_apply(const kernel::Call& call, float* y) const;
  void begin_row_backward(const kernel::Call& call, const float* y, float* dy) const;

  ConvolutionShape shape_;
  bool bias_;
  std::int64_t block_;
  std::map<MakeConvolutionProduct*, std::unique_ptr<ConvolutionProduct>> products_;  // those in use
  ConvolutionProduct* product_ = nullptr;                                            // of the last batch
  std::shared_ptr<const kernel::Elementwise> function_;
};

}  // namespace mlr3libtorch::network
