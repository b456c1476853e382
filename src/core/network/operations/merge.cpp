#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "core/kernel/vectorised.h"
#include "core/network/operation.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;
using Merger = std::function<at::Tensor(const std::vector<at::Tensor>&)>;
using MakeMergeKernel = std::function<std::unique_ptr<kernel::Kernel>(const std::vector<RowShape>&)>;

/// Makes one tensor from those of several nodes.
class Merge : public Operation {
 public:
  Merge(Merger merger, MakeMergeKernel make_kernel)
      : merger_(std::move(merger)), make_kernel_(std::move(make_kernel)) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return merger_(inputs);
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override { return make_kernel_(inputs); }

 private:
  Merger merger_;
  MakeMergeKernel make_kernel_;
};

class SumKernel : public kernel::Kernel {
 public:
  void forward(const kernel::Call& call) override {
    const auto length = call.rows * call.output.width;
    float* const y = call.output.values;
    std::copy_n(call.inputs[0].values, length, y);
    for (std::size_t i = 1; i < call.inputs.size(); ++i) {
      kernel::for_each_element(length, [=, x = call.inputs[i].values](std::int64_t j) { y[j] += x[j]; });
    }
  }

  void backward(const kernel::Call& call) override {
    for (const auto& input : call.inputs) {
      if (input.gradients == nullptr) continue;
      std::copy_n(call.output.gradients, call.rows * call.output.width, input.gradients);
    }
  }
};

class ProductKernel : public kernel::Kernel {
 public:
  void forward(const kernel::Call& call) override {
    std::copy_n(call.inputs[0].values, call.rows * call.output.width, call.output.values);
    multiply_others(call, 0, call.output.values);
  }

  void backward(const kernel::Call& call) override {
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      if (call.inputs[i].gradients == nullptr) continue;
      std::copy_n(call.output.gradients, call.rows * call.output.width, call.inputs[i].gradients);
      multiply_others(call, i, call.inputs[i].gradients);
    }
  }

 private:
  static void multiply_others(const kernel::Call& call, std::size_t left_out, float* target) {
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      if (i == left_out) continue;
      kernel::for_each_element(call.rows * call.output.width,
                               [=, x = call.inputs[i].values](std::int64_t j) { target[j] *= x[j]; });
    }
  }
};

/// Pieces of rows side by side.
class ConcatenationKernel : public kernel::Kernel {
 public:
  /// `pieces`: of each row.
  explicit ConcatenationKernel(std::int64_t pieces) : pieces_(pieces) {}

  void forward(const kernel::Call& call) override {
    std::int64_t first = 0;
    for (const auto& input : call.inputs) {
      for_each_piece(call, input, first, [&](std::int64_t from, std::int64_t to, std::int64_t length) {
        std::copy_n(input.values + from, length, call.output.values + to);
      });
      first += input.width / pieces_;
    }
  }

  void backward(const kernel::Call& call) override {
    std::int64_t first = 0;
    for (const auto& input : call.inputs) {
      if (input.gradients != nullptr) {
        for_each_piece(call, input, first, [&](std::int64_t to, std::int64_t from, std::int64_t length) {
          std::copy_n(call.output.gradients + from, length, input.gradients + to);
        });
      }
      first += input.width / pieces_;
    }
  }

 private:
  /// Calls `copy(place in the input, place in the output, length)`.
  template <class Copy>
  void for_each_piece(const kernel::Call& call, const kernel::Input& input, std::int64_t first,
                      const Copy& copy) const {
    const auto length = input.width / pieces_;
    const auto step = call.output.width / pieces_;
    for (std::int64_t piece = 0; piece < call.rows * pieces_; ++piece) {
      copy(piece * length, piece * step + first, length);
    }
  }

  std::int64_t pieces_;
};

/// A kernel for inputs of equal shapes; others are broadcast, which the hand-written ones do not do.
template <class Kernel>
std::unique_ptr<kernel::Kernel> where_equal(const std::vector<RowShape>& inputs) {
  const auto differs = [&](const RowShape& shape) { return shape.sizes != inputs[0].sizes; };
  if (std::any_of(inputs.begin(), inputs.end(), differs)) return nullptr;
  return std::make_unique<Kernel>();
}

/// LibTorch's message for this does not name the shapes.
void check_shapes(const std::vector<at::Tensor>& inputs, std::int64_t free_dim) {
  const auto& first = inputs[0];
  for (const auto& x : inputs) {
    bool fits = x.dim() == first.dim();
    for (std::int64_t dim = 1; fits && dim < x.dim(); ++dim) {
      const bool stretches = free_dim == 0 && (x.size(dim) == 1 || first.size(dim) == 1);
      fits = dim == free_dim || stretches || x.size(dim) == first.size(dim);
    }
    if (fits) continue;
    TORCH_CHECK(free_dim != 0,
                "the inputs must have the same sizes, or 1; put a node 'linear' or 'reshape' before one "
                "of them, or join them by 'merge_cat'.");
    TORCH_CHECK(false,
                "only the sizes of the dimension along which they are joined may differ; choose another 'dim', "
                "or put a node 'reshape', 'unsqueeze' or 'flatten' before one of them.");
  }
}

at::Tensor sum(const std::vector<at::Tensor>& inputs) {
  check_shapes(inputs, 0);
  auto result = inputs[0];
  for (std::size_t i = 1; i < inputs.size(); ++i) result = result + inputs[i];
  return result;
}

at::Tensor product(const std::vector<at::Tensor>& inputs) {
  check_shapes(inputs, 0);
  auto result = inputs[0];
  for (std::size_t i = 1; i < inputs.size(); ++i) result = result * inputs[i];
  return result;
}

at::Tensor concatenation(const std::vector<at::Tensor>& inputs, std::int64_t dim) {
  const auto dims = inputs[0].dim();
  check_shapes(inputs, dim < 0 ? dim + dims : dim);
  return at::cat(inputs, dim);
}

MakeMergeKernel concatenation_kernel(std::int64_t dim) {
  return [dim](const std::vector<RowShape>& inputs) -> std::unique_ptr<kernel::Kernel> {
    const auto& sizes = inputs[0].sizes;
    const auto joined = dim < 0 ? dim + static_cast<std::int64_t>(sizes.size()) + 1 : dim;
    if (joined < 1) return nullptr;
    std::int64_t pieces = 1;
    for (std::int64_t i = 0; i < joined - 1; ++i) pieces *= sizes[static_cast<std::size_t>(i)];
    return pieces > 0 ? std::make_unique<ConcatenationKernel>(pieces) : nullptr;
  };
}

using MakeMerge = std::function<std::unique_ptr<Merge>(const Arguments&)>;

OperationRegistration merge(const char* schema, value::Description description, MakeMerge make) {
  description.tags = {"merge"};
  return {schema, std::move(description),
          [make = std::move(make)](const Arguments& arguments, const BuildInput& /*build*/) { return make(arguments); },
          kAnyNumber};
}

const OperationRegistration merge_registrations[] = {
    merge("merge_sum() -> ()", {"Sum", "The sum of its inputs, whose sizes are equal, or 1 where they differ.", {}},
          [](const Arguments& /*arguments*/) { return std::make_unique<Merge>(sum, where_equal<SumKernel>); }),
    merge("merge_prod() -> ()",
          {"Product", "The product of its inputs, whose sizes are equal, or 1 where they differ.", {}},
          [](const Arguments& /*arguments*/) { return std::make_unique<Merge>(product, where_equal<ProductKernel>); }),
    merge("merge_cat(int dim=-1) -> ()",
          {"Concatenation",
           "Its inputs side by side; only the sizes of one dimension may differ.",
           {{"dim", "The dimension along which they are joined; negative numbers count from the last."}}},
          [](const Arguments& arguments) {
            const auto dim = arguments.get<std::int64_t>("dim");
            return std::make_unique<Merge>([dim](const auto& inputs) { return concatenation(inputs, dim); },
                                           concatenation_kernel(dim));
          }),
};

}  // namespace
}  // namespace mlr3libtorch::network
