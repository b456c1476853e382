#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/network/operation.h"
#include "core/network/spec.h"

namespace mlr3libtorch::network {

/// An operation that is called alone, outside of a network. It is made for an example of its inputs, or when it is
/// first called; one without weights is made again for inputs of another number of dimensions.
class Layer {
 public:
  /// Throws for an unknown operation and for parameters that it does not take. The node's id names the layer in errors.
  explicit Layer(Node node);
  /// One that exists already, such as a node of a network, which was made for inputs of these shapes.
  Layer(Node node, std::shared_ptr<Operation> operation, std::vector<RowShape> example);

  const std::string& id() const noexcept { return node_.id; }
  const std::string& operation_name() const noexcept { return node_.operation; }
  bool is_built() const noexcept { return operation_ != nullptr; }
  /// The shapes that it was made for; none if it has not been made here.
  const std::vector<RowShape>& example() const noexcept { return example_; }
  Operation* operation() const noexcept { return operation_.get(); }

  /// Makes it with weights that autograd tracks. Throws base::ShapeError.
  void build(const std::vector<at::Tensor>& inputs, const at::Generator& generator);
  /// Throws base::ConfigError for another number of inputs, base::ShapeError for inputs that do not fit.
  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode);

  /// Parameters and buffers; none if it has not been made.
  std::vector<Slot> parameters() const;
  std::vector<Slot> buffers() const;
  bool has_weights() const { return !parameters().empty() || !buffers().empty(); }
  /// Puts another tensor of the same shape in the place of a parameter or buffer.
  void replace(const std::string& name, const at::Tensor& tensor);

  /// From now on it can't be made with weights: a network has listed those of its layers. `owner` is the node in
  /// errors.
  void close(const std::string& owner) { owner_ = owner; }

 private:
  void check_count(std::size_t given) const;
  /// Integers from R count from 1, and are class numbers from 0 here; other numbers were never turned into them.
  void check_classes(const std::vector<at::Tensor>& inputs) const;
  void check_type(const at::Tensor& input) const;
  void make(const std::vector<at::Tensor>& inputs, const at::Generator& generator);

  Node node_;
  std::shared_ptr<Operation> operation_;
  std::vector<RowShape> example_;
  std::int64_t dimensions_ = -1;  // of the first input; -1 if another number is no reason to make it again
  std::string owner_;
};

}  // namespace mlr3libtorch::network
