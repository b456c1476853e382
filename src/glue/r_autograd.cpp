#include "glue/r_autograd.h"

#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <memory>
#include <mutex>
#include <string>
#include <thread>
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

class RNode : public torch::autograd::Node {
 public:
  explicit RNode(SEXP backward)
      : backward_(std::make_unique<Rcpp::RObject>(backward)), r_thread_(std::this_thread::get_id()) {}

  ~RNode() override {
    if (std::this_thread::get_id() != r_thread_) abandoned().add(std::move(backward_));
  }
  RNode(const RNode&) = delete;
  RNode& operator=(const RNode&) = delete;
  RNode(RNode&&) = delete;
  RNode& operator=(RNode&&) = delete;

  std::string name() const override { return "autograd_function"; }

  variable_list apply(variable_list&& gradients) override {
    // Gradients on the CPU are computed on the thread that asks for them, those of other devices on threads of their
    // own.
    if (std::this_thread::get_id() != r_thread_) {
      throw base::Error("function", "The `backward` of an autograd_function() can run on the CPU only.", {});
    }
    Rcpp::List given(static_cast<R_xlen_t>(gradients.size()));
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      given[static_cast<R_xlen_t>(i)] = wrap_tensor_or_null(gradients[i]);
    }
    const auto result = call_function(*backward_, {given});
    // An R condition must not unwind LibTorch's engine, so what failed comes as a string.
    if (TYPEOF(result) == STRSXP) throw base::Error("function", to_string(result, "backward"), {});
    variable_list answers;
    for (const SEXP gradient : to_list(result, "backward")) {
      answers.push_back(Rf_isNull(gradient) ? at::Tensor() : unwrap_tensor(gradient));
    }
    return answers;
  }

 private:
  Kept backward_;
  decltype(std::this_thread::get_id()) r_thread_;
};

}  // namespace

std::vector<at::Tensor> record_function(const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& outputs,
                                        SEXP backward) {
  abandoned().release();
  const std::shared_ptr<RNode> node(new RNode(backward), torch::autograd::deleteNode);
  node->set_next_edges(torch::autograd::collect_next_edges(inputs));
  std::vector<at::Tensor> recorded;
  for (const auto& output : outputs) {
    // Another tensor on the same memory: `backward` may keep the output itself, which must not keep its own history.
    auto alias = output.detach();
    if (torch::autograd::isDifferentiableType(alias.scalar_type())) torch::autograd::set_history(alias, node);
    recorded.push_back(std::move(alias));
  }
  return recorded;
}

}  // namespace mlr3libtorch::glue
