#include "core/script/script_module.h"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "core/base/error.h"
#include "core/io/zip.h"
#include "core/script/borrowed_generator.h"
#include "core/script/source_text.h"

namespace mlr3libtorch::script {
namespace jit = torch::jit;
/// Where a tensor lies in a module; in several places if they share it.
struct Place {
  jit::ObjectPtr owner;
  std::size_t slot;
};

struct Bound {
  std::string name;
  at::Tensor tensor;
  std::vector<Place> places;

  void write() const {
    for (const auto& place : places) place.owner->setSlot(place.slot, tensor);
  }
  /// A buffer may have been replaced by the module's code.
  void read() { tensor = places.front().owner->getSlot(places.front().slot).toTensor(); }
};

namespace {

base::Error script_error(const std::string& message) { return base::Error("script", message); }

void check_forward(const jit::Module& module) {
  const auto forward = module.find_method("forward");
  if (!forward) throw script_error("the TorchScript module has no function 'forward'.");
  const auto& schema = forward->function().getSchema();
  for (std::size_t i = 1; i < schema.arguments().size(); ++i) {
    const auto& argument = schema.arguments()[i];
    if (argument.default_value() || c10::TensorType::get()->isSubtypeOf(*argument.type())) continue;
    throw script_error("the argument '" + argument.name() + "' of 'forward' must be a Tensor, not " +
                       argument.type()->repr_str() + ".");
  }
  const auto& result = schema.returns().front().type();
  if (result->isSubtypeOf(*c10::TensorType::get())) return;
  throw script_error("'forward' must return one Tensor, not " + result->repr_str() + ".");
}

void check_weight(const std::string& name, const at::Tensor& tensor) {
  if (tensor.scalar_type() == at::kFloat) return;
  throw script_error("parameter '" + name + "' is of type " + c10::toString(tensor.scalar_type()) +
                     "; networks compute in float32, so convert the module, in Python with `module.float()`.");
}

/// TorchScript's errors have several classes, some of which are not a c10::Error.
template <class Run>
auto as_torch_error(Run&& run) {
  try {
    return run();
  } catch (const c10::Error&) {
    throw;
  } catch (const std::runtime_error& error) {
    TORCH_CHECK(false, error.what());
  }
}

}  // namespace

struct ScriptModule::Parts {
  jit::Module module;
  std::vector<Bound> parameters;
  std::vector<Bound> buffers;

  /// Collects the tensors of `part` and of its members; `prefix` is its path.
  void bind(const jit::Module& part, const std::string& prefix) {
    const auto object = part._ivalue();
    const auto type = part.type();
    for (std::size_t slot = 0; slot < type->numAttributes(); ++slot) {
      const auto value = object->getSlot(slot);
      const auto name = prefix + type->getAttributeName(slot);
      if (value.isModule()) bind(value.toModule(), name + ".");
      if (value.isTensor() && value.toTensor().defined()) bind_tensor(name, value.toTensor(), {object, slot}, type);
    }
  }

  void bind_tensor(const std::string& name, const at::Tensor& tensor, const Place& place,
                   const c10::ClassTypePtr& type) {
    const bool is_weight = type->is_parameter(place.slot) && tensor.is_floating_point();
    if (is_weight) check_weight(name, tensor);
    auto& tensors = is_weight ? parameters : buffers;
    for (auto& bound : tensors) {
      if (!bound.tensor.is_same(tensor)) continue;
      bound.places.push_back(place);
      return;
    }
    tensors.push_back({name, tensor, {place}});
  }

  void write_slots() const {
    for (const auto& bound : parameters) bound.write();
    for (const auto& bound : buffers) bound.write();
  }

  at::Tensor run(const std::vector<at::Tensor>& inputs, const at::Generator& drawn_from) {
    // Otherwise the executor changes its formulas after the first calls, and a resumed run would differ in bits.
    const jit::GraphOptimizerEnabledGuard as_written(false);
    const BorrowedGenerator generator(drawn_from);
    auto output = as_torch_error([&] { return module.forward({inputs.begin(), inputs.end()}).toTensor(); });
    for (auto& bound : buffers) bound.read();
    return output;
  }
};

ScriptModule::ScriptModule(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {
  check_forward(parts_->module);
  parts_->bind(parts_->module, "");
}

ScriptModule::~ScriptModule() = default;

std::unique_ptr<ScriptModule> ScriptModule::compile(const std::string& code, const TensorsByName& parameters,
                                                    const TensorsByName& buffers) {
  auto parts = std::make_unique<Parts>();
  parts->module = jit::Module(c10::QualifiedName("__torch__.Script"), std::make_shared<jit::CompilationUnit>(), true);
  parts->module.register_attribute("training", c10::BoolType::get(), true);
  for (const auto* tensors : {&parameters, &buffers}) {
    for (const auto& [name, tensor] : *tensors) {
      if (parts->module.hasattr(name)) throw script_error("'" + name + "' is the name of two things in the module.");
      parts->module.register_parameter(name, tensor, tensors == &buffers);
    }
  }
  try {
    parts->module.define(without_indent(code));
  } catch (const std::exception& error) {
    throw script_error("its TorchScript text does not compile: " + compiler_message(error.what()));
  }
  return std::unique_ptr<ScriptModule>(new ScriptModule(std::move(parts)));
}

std::unique_ptr<ScriptModule> ScriptModule::load(const std::string& bytes, const std::string& name) {
  io::check_script_archive(bytes, name);
  auto parts = std::make_unique<Parts>();
  try {
    std::istringstream stream(bytes);
    parts->module = jit::load(stream, at::Device(at::kCPU));
  } catch (const std::exception& error) {
    throw base::FileError(name, "'" + name + "' holds no TorchScript module: " + compiler_message(error.what()));
  }
  return std::unique_ptr<ScriptModule>(new ScriptModule(std::move(parts)));
}

const jit::Module& ScriptModule::module() const {
  parts_->write_slots();
  return parts_->module;
}

std::vector<NamedTensor> ScriptModule::parameters() {
  std::vector<NamedTensor> slots;
  for (auto& bound : parts_->parameters) slots.push_back({bound.name, &bound.tensor});
  return slots;
}

std::vector<NamedTensor> ScriptModule::buffers() {
  std::vector<NamedTensor> slots;
  for (auto& bound : parts_->buffers) slots.push_back({bound.name, &bound.tensor});
  return slots;
}

at::Tensor ScriptModule::forward(const std::vector<at::Tensor>& inputs, bool training, const at::Generator& generator) {
  parts_->write_slots();
  parts_->module.train(training);
  return parts_->run(inputs, training ? generator : at::Generator());
}

}  // namespace mlr3libtorch::script
