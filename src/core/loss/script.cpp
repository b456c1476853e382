// A loss in TorchScript.

#include <ATen/ATen.h>

#include <memory>

#include "core/base/error.h"
#include "core/loss/loss.h"
#include "core/script/script_module.h"

namespace mlr3libtorch::loss {
namespace {

std::unique_ptr<script::ScriptModule> compiled(const std::string& code) {
  try {
    return script::ScriptModule::compile(code, {}, {});
  } catch (const base::Error& error) {
    throw base::Error(error.kind(), std::string("The loss 'script': ") + error.what(), error.fields());
  }
}

class ScriptLoss : public Loss {
 public:
  explicit ScriptLoss(const value::Arguments& arguments)
      : Loss(reduction_code(arguments)),
        outputs_(arguments.get<std::int64_t>("outputs")),
        module_(compiled(arguments.get<std::string>("code"))) {}

  Outputs outputs() const override { return {Outputs::Meaning::kValue, outputs_, {}}; }

 private:
  RowLosses row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    const auto losses = module_->forward({y_hat, y}, false, {});
    check_own_losses(losses, y_hat, y);
    return {losses};
  }

  std::int64_t outputs_;
  std::unique_ptr<script::ScriptModule> module_;
};

const LossRegistration registration(
    "script(str code, int outputs=1, str reduction='mean') -> ()",
    {"TorchScript",
     "What a function `forward` in TorchScript makes of the network's output and the truth: one number for each row.",
     {{"code",
       "The text: `def forward(self, y_hat: Tensor, y: Tensor) -> Tensor:` and what follows. Classes count from 0."},
      {"outputs", "How many outputs the network has for each number that is to be predicted; the first predicts it.",
       1},
      reduction_description()},
     {"classif", "regr"}},
    [](const value::Arguments& arguments) { return std::make_unique<ScriptLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
