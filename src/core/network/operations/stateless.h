#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/network/operation.h"

namespace mlr3libtorch::network {

using Function = std::function<at::Tensor(const at::Tensor&)>;

/// The kernel for inputs of these shapes, or null.
using KernelMaker = std::function<std::unique_ptr<kernel::Kernel>(const std::vector<RowShape>&)>;

/// An operation without weights that does the same in training and prediction.
class Stateless : public Operation {
 public:
  explicit Stateless(Function function, KernelMaker make_kernel = {})
      : function_(std::move(function)), make_kernel_(std::move(make_kernel)) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return function_(inputs[0]);
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    return make_kernel_ ? make_kernel_(inputs) : nullptr;
  }

 private:
  Function function_;
  KernelMaker make_kernel_;
};

/// `make` gives the function for the values of the parameters, `make_kernel` its kernel.
inline OperationRegistration stateless(const std::string& schema, value::Description description,
                                       std::function<Function(const value::Arguments&)> make,
                                       std::function<KernelMaker(const value::Arguments&)> make_kernel = {}) {
  return {schema, std::move(description),
          [make = std::move(make), make_kernel = std::move(make_kernel)](const value::Arguments& arguments,
                                                                         const BuildInput& /*build*/) {
            return std::make_unique<Stateless>(make(arguments), make_kernel ? make_kernel(arguments) : KernelMaker());
          }};
}

using Sizes = std::vector<std::int64_t>;

/// Refuses an input that does not have `dims` dimensions, those of the rows and channels among them.
inline void check_dimensions(const char* operation, const at::Tensor& x, std::int64_t dims) {
  static constexpr const char* kPlaces[] = {"", "", "", "length", "height, width", "depth, height, width"};
  TORCH_CHECK(x.dim() == dims, operation, " takes inputs of shape (rows, channels, ", kPlaces[dims],
              "); change the input with a node 'reshape' or 'unsqueeze', or use another of its kind.");
}

}  // namespace mlr3libtorch::network
