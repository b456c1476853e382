#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/network/operation.h"

namespace mlr3libtorch::network {

using Function = std::function<at::Tensor(const at::Tensor&)>;

/// An operation without weights that does the same in training and prediction.
class Stateless : public Operation {
 public:
  explicit Stateless(Function function) : function_(std::move(function)) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return function_(inputs[0]);
  }

 private:
  Function function_;
};

/// `make` gives the function for the values of the parameters.
inline OperationRegistration stateless(const std::string& schema, value::Description description,
                                       std::function<Function(const value::Arguments&)> make) {
  return {schema, std::move(description),
          [make = std::move(make)](const value::Arguments& arguments, const BuildInput& /*build*/) {
            return std::make_unique<Stateless>(make(arguments));
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
