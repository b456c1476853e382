#include "glue/r_autograd.h"

#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "glue/convert.h"
#include "glue/r_function.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

using torch::autograd::variable_list;
using Kept = std::unique_ptr<Rcpp::RObject>;

/// R functions whose last owner was on another thread than R's, which alone may let go of them.
class Abandoned {
 public:
  void add(Kept function) {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.push_back(std::move(function));
  }

  void release() {
    std::vector<Kept> released;
    const std::lock_guard<std::mutex> lock(mutex_);
    released.swap(waiting_);
  }

 private:
  std::mutex mutex_;
  std::vector<Kept> waiting_;
};

/// Never destroyed: a graph may outlive everything else.
Abandoned& abandoned() {
  static auto& all = *std::make_unique<Abandoned>().release();
  return all;
}

/// A function in R that is called while gradients are computed.
class BackwardFunction {
 public:
  /// `what`: for errors.
  BackwardFunction(SEXP function, std::string what)
      : function_(std::make_unique<Rcpp::RObject>(function)),
        what_(std::move(what)),
        r_thread_(std::this_thread::get_id()) {}

  ~BackwardFunction() {
    if (std::this_thread::get_id() != r_thread_) abandoned().add(std::move(function_));
  }
  BackwardFunction(const BackwardFunction&) = delete;
  BackwardFunction& operator=(const BackwardFunction&) = delete;
  BackwardFunction(BackwardFunction&&) = delete;
  BackwardFunction& operator=(BackwardFunction&&) = delete;

  Rcpp::RObject operator()(const Rcpp::RObject& argument) const {
    auto result = call_function(*function_, {argument});
    // An R condition must not unwind LibTorch's engine, so what failed comes as a string.
    if (TYPEOF(result) == STRSXP) throw base::Error("function", to_string(result, "backward"), {});
    return result;
  }

  /// Gradients on the CPU are computed on the thread that asks for them, those of other devices on threads of their
  /// own.
  void check_thread() const {
    if (std::this_thread::get_id() == r_thread_) return;
    throw base::Error("function", what_ + " can run on the CPU only.", {});
  }

 private:
  Kept function_;
  std::string what_;
  decltype(std::this_thread::get_id()) r_thread_;
};

class RNode : public torch::autograd::Node {
 public:
  /// `takes_gradient`: of each result, whether it has one.
  RNode(SEXP backward, std::vector<bool> takes_gradient)
      : backward_(backward, "The `backward` of an autograd_function()"), takes_gradient_(std::move(takes_gradient)) {}

  std::string name() const override { return "autograd_function"; }

  variable_list apply(variable_list&& gradients) override {
    backward_.check_thread();
    Rcpp::List given(static_cast<R_xlen_t>(takes_gradient_.size()));
    std::size_t next = 0;
    for (std::size_t i = 0; i < takes_gradient_.size(); ++i) {
      if (!takes_gradient_[i]) continue;
      given[static_cast<R_xlen_t>(i)] = wrap_tensor(gradient_or_zeros(gradients[next], next));
      ++next;
    }
    const auto result = backward_(given);
    variable_list answers;
    for (const SEXP gradient : to_list(result, "backward")) {
      answers.push_back(Rf_isNull(gradient) ? at::Tensor() : unwrap_tensor(gradient));
    }
    return answers;
  }

 private:
  /// A result that nothing was computed from has a gradient of zeros.
  at::Tensor gradient_or_zeros(const at::Tensor& gradient, std::size_t result) {
    return gradient.defined() ? gradient : input_metadata(result).zeros_like();
  }

  BackwardFunction backward_;
  std::vector<bool> takes_gradient_;
};

bool can_take_gradient(const at::Tensor& output) {
  return output.defined() && torch::autograd::isDifferentiableType(output.scalar_type());
}

/// What an operation in place does to the history of the tensor that it has changed.
void change_history(const at::Tensor& changed, const std::shared_ptr<torch::autograd::Node>& node) {
  if (changed.requires_grad() && changed.is_leaf()) {
    throw base::Error("tensor", "mark_dirty(): a tensor that requires a gradient itself was changed in place.", {});
  }
  if (changed.is_view()) {
    throw base::Error("tensor", "mark_dirty(): the tensor is a view of another one; return a new tensor instead.", {});
  }
  const auto number = node->add_input_metadata(changed);
  torch::autograd::impl::rebase_history(changed, {node, number});
}

/// Another tensor on the same memory: `backward` may keep the output itself, which must not keep its own history.
at::Tensor alias_with_history(const at::Tensor& output, const std::shared_ptr<torch::autograd::Node>& node) {
  auto alias = output.defined() ? output.detach() : at::Tensor();
  if (can_take_gradient(alias)) torch::autograd::set_history(alias, node);
  return alias;
}

}  // namespace

bool depends_on(const std::vector<at::Tensor>& outputs, const std::vector<at::Tensor>& weights,
                const std::vector<at::Tensor>& inputs) {
  using torch::autograd::impl::gradient_edge;
  std::unordered_set<std::shared_ptr<torch::autograd::Node>> wanted, seen;
  std::vector<std::shared_ptr<torch::autograd::Node>> waiting;
  const auto begin_of = [](const at::Tensor& tensor) { return gradient_edge(tensor).function; };
  for (const auto& weight : weights) {
    if (weight.requires_grad()) wanted.insert(begin_of(weight));
  }
  for (const auto& input : inputs) {
    if (input.requires_grad()) seen.insert(begin_of(input));
  }
  for (const auto& output : outputs) {
    if (output.requires_grad()) waiting.push_back(begin_of(output));
  }
  while (!waiting.empty()) {
    const auto node = waiting.back();
    waiting.pop_back();
    if (wanted.count(node) > 0) return true;
    if (!seen.insert(node).second) continue;
    for (const auto& edge : node->next_edges()) {
      if (edge.is_valid()) waiting.push_back(edge.function);
    }
  }
  return false;
}

unsigned add_gradient_hook(const at::Tensor& tensor, SEXP hook) {
  abandoned().release();
  const auto function = std::make_shared<BackwardFunction>(hook, "A hook on a gradient");
  return tensor.register_hook([function](const at::Tensor& gradient) {
    function->check_thread();
    const auto answer = (*function)(wrap_tensor(gradient));
    return Rf_isNull(answer) ? at::Tensor() : unwrap_tensor(answer);
  });
}

std::vector<at::Tensor> record_function(const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& outputs,
                                        const std::vector<bool>& is_changed, SEXP backward) {
  abandoned().release();
  std::vector<bool> takes_gradient(outputs.size());
  std::transform(outputs.begin(), outputs.end(), takes_gradient.begin(), can_take_gradient);
  const std::shared_ptr<RNode> node(new RNode(backward, std::move(takes_gradient)), torch::autograd::deleteNode);
  node->set_next_edges(torch::autograd::collect_next_edges(inputs));
  std::vector<at::Tensor> recorded;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const bool in_place = is_changed[i] && can_take_gradient(outputs[i]);
    if (in_place) change_history(outputs[i], node);
    recorded.push_back(in_place ? outputs[i] : alias_with_history(outputs[i], node));
  }
  return recorded;
}

}  // namespace mlr3libtorch::glue
