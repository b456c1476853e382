// Losses in TorchScript: as text, or from a file.

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/loss/loss.h"
#include "core/script/script_module.h"

namespace mlr3libtorch::loss {
namespace {

using Module = std::unique_ptr<script::ScriptModule>;

Module compiled(const value::Arguments& arguments) {
  return script::ScriptModule::compile(arguments.get<std::string>("code"), {}, {});
}

Module loaded(const value::Arguments& arguments) {
  const auto file = arguments.get<at::Tensor>("file").to(at::kByte).contiguous();
  const std::string bytes(static_cast<const char*>(file.data_ptr()), file.nbytes());
  return script::ScriptModule::load(bytes, arguments.get<std::string>("name"));
}

/// Names the loss in the compiler's messages.
Module made(Module (*make)(const value::Arguments&), const value::Arguments& arguments) {
  try {
    return make(arguments);
  } catch (const base::Error& error) {
    throw base::Error(error.kind(), std::string("The loss in TorchScript: ") + error.what(), error.fields());
  }
}

class ScriptLoss : public Loss {
 public:
  ScriptLoss(Module module, const value::Arguments& arguments)
      : Loss(reduction_code(arguments)), outputs_(arguments.get<std::int64_t>("outputs")), module_(std::move(module)) {}

  Outputs outputs() const override { return {Outputs::Meaning::kValue, outputs_, {}}; }
  bool is_user_code() const override { return true; }

 private:
  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    auto losses = module_->forward({y_hat, y}, false, {});
    check_own_losses(losses, y_hat, y);
    return losses;
  }

  std::int64_t outputs_;
  Module module_;
};

value::ArgumentDescription outputs_description() {
  return {"outputs", "The number of outputs of the network for each predicted number; the first one is the prediction.",
          1};
}

const LossRegistration script_registrations[] = {
    {"script(str code, int outputs=1, str reduction='mean') -> ()",
     {"TorchScript",
      "What a function `forward` in TorchScript computes from the network's output and the truth: one number for each "
      "row.",
      {{"code",
        "The text: `def forward(self, y_hat: Tensor, y: Tensor) -> Tensor:` and what follows. Classes count from 0."},
       outputs_description(),
       reduction_description()},
      {"classif", "regr", "multiregr", "surv"}},
     [](const value::Arguments& arguments) {
       return std::make_unique<ScriptLoss>(made(compiled, arguments), arguments);
     }},
    {"script_file(Tensor file, str name='TorchScript file', int outputs=1, str reduction='mean') -> ()",
     {"TorchScript File",
      "The same with a module that another program has saved as TorchScript. Its own weights are not trained.",
      {{"file", "The file's bytes, as `readBin(path, \"raw\", file.size(path))` reads them. They are code."},
       {"name", "The name of the file in messages."},
       outputs_description(),
       reduction_description()},
      {"classif", "regr", "multiregr", "surv"}},
     [](const value::Arguments& arguments) {
       return std::make_unique<ScriptLoss>(made(loaded, arguments), arguments);
     }},
};

}  // namespace
}  // namespace mlr3libtorch::loss
