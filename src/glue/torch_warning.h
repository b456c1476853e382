#pragma once

#include <c10/util/Exception.h>
#include <torch/version.h>

#include <string>
#include <vector>

namespace mlr3libtorch::glue {

#if TORCH_VERSION_MAJOR >= 2
namespace torch_warning = c10::WarningUtils;
#else
namespace torch_warning = c10::Warning;
#endif

/// Keeps what LibTorch warns of on this thread while this lives; without it, LibTorch writes to the standard error.
class TorchWarnings : public c10::WarningHandler {
 public:
  TorchWarnings() : guard_(this) {}

#if TORCH_VERSION_MAJOR >= 2
  void process(const c10::Warning& warning) override { messages_.push_back(warning.msg()); }
#else
  void process(const c10::SourceLocation&, const std::string& message, const bool) override {
    messages_.push_back(message);
  }
#endif

  /// As warnings of R of the class "torch". Where R makes them errors, this unwinds as Rcpp's longjump does.
  void signal() const;

 private:
  std::vector<std::string> messages_;
  torch_warning::WarningHandlerGuard guard_;
};

}  // namespace mlr3libtorch::glue
