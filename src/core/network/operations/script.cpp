// Nodes in TorchScript: as text, or from a file.

#include <ATen/ATen.h>

#include <utility>

#include "core/network/operations/weights.h"
#include "core/network/operations/initial_tensor.h"
#include "core/script/script_module.h"

namespace mlr3libtorch::network {
namespace {

using script::ScriptModule;
using value::Arguments;

std::vector<Slot> slots_of(const std::vector<script::NamedTensor>& tensors) {
  std::vector<Slot> slots;
  for (const auto& [name, tensor] : tensors) slots.push_back({name, tensor});
  return slots;
}

class Script : public Operation {
 public:
  explicit Script(std::unique_ptr<ScriptModule> module) : module_(std::move(module)) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) override {
    return module_->forward(inputs, mode.training, mode.generator);
  }

  std::vector<Slot> parameters() override { return slots_of(module_->parameters()); }
  std::vector<Slot> buffers() override { return slots_of(module_->buffers()); }
  bool is_user_code() const override { return true; }
  const torch::jit::Module* torch_script() override { return &module_->module(); }

 private:
  std::unique_ptr<ScriptModule> module_;
};

std::unique_ptr<Script> compiled(const Arguments& arguments, const BuildInput& build) {
  return std::make_unique<Script>(ScriptModule::compile(arguments.get<std::string>("code"),
                                                        initial_tensors(arguments, "parameters", build),
                                                        initial_tensors(arguments, "buffers", build)));
}

std::unique_ptr<Script> loaded(const Arguments& arguments, const BuildInput& /*build*/) {
  const auto file = arguments.get<at::Tensor>("file").to(at::kByte).contiguous();
  const std::string bytes(static_cast<const char*>(file.data_ptr()), file.nbytes());
  return std::make_unique<Script>(ScriptModule::load(bytes, arguments.get<std::string>("name")));
}

const OperationRegistration script_registrations[] = {
    {"script(str code, Dict(str, Any)? parameters=None, Dict(str, Any)? buffers=None) -> ()",
     {"TorchScript",
      "What a function `forward` in TorchScript computes from its inputs.",
      {{"code", "The text: `def forward(self, x: Tensor) -> Tensor:` and what follows; it may have more functions."},
       {"parameters", "Trained parameters, by their names in the text, after `self.`: numbers, or nn_init()."},
       {"buffers", "The same for values that are kept but not trained."}},
      {"script"}},
     compiled,
     kAnyNumber},
    {"script_file(Tensor file, str name='TorchScript file') -> ()",
     {"TorchScript File",
      "A module that another program has saved as TorchScript; its weights are trained.",
      {{"file", "The file's bytes. They are code."}, {"name", "The name of the file in messages."}},
      {"script"}},
     loaded,
     kAnyNumber},
};

}  // namespace
}  // namespace mlr3libtorch::network
