#include "core/network/exported_module.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/serialization/import.h>

#include <memory>
#include <sstream>
#include <utility>

#include "core/base/error.h"
#include "core/network/row_count.h"
#include "core/script/source_text.h"

namespace mlr3libtorch::network {
namespace jit = torch::jit;
namespace {

using Tensors = std::vector<at::Tensor>;

constexpr std::int64_t kFirstRows = 5;
constexpr std::int64_t kSecondRows = 7;
constexpr std::int64_t kCheckedRows = 4;

base::Error export_error(const std::string& reason) {
  return base::Error("export", "The network cannot be exported to TorchScript: " + reason);
}

/// A batch of so many rows: numbers around 0, and the first class.
Tensors example_inputs(const Network& network, std::int64_t rows) {
  Tensors inputs;
  for (std::size_t i = 0; i < network.inputs().size(); ++i) {
    const auto& shape = network.shapes()[i];
    std::vector<std::int64_t> sizes{rows};
    sizes.insert(sizes.end(), shape.sizes.begin(), shape.sizes.end());
    const auto options = at::TensorOptions(shape.type).device(network.device());
    inputs.push_back(at::isFloatingType(shape.type) ? at::linspace(-1, 1, rows * shape.width(), options).reshape(sizes)
                                                    : at::zeros(sizes, options));
  }
  return inputs;
}

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts;
  std::istringstream stream(name);
  for (std::string part; std::getline(stream, part, '.');) parts.push_back(part);
  return parts;
}

/// A module whose parts have the names of the network's parameters and buffers.
class ModuleTree {
 public:
  explicit ModuleTree(const Network& network) {
    for (const auto& node : network.nodes()) add(node);
  }

  jit::Module& root() { return root_; }

  /// Copies every tensor: the network's lie in one allocation, and each would bring all of it along.
  void detach() {
    for (auto& [owner, name] : tensors_) owner.setattr(name, owner.attr(name).toTensor().detach().clone());
  }

 private:
  void add(const BuiltNode& node) {
    if (const auto* script = node.operation->torch_script()) {
      add_module(node.id, *script);
      return;
    }
    for (const auto& slot : node.operation->parameters()) add_tensor(node.id + "." + slot.name, *slot.tensor, false);
    for (const auto& slot : node.operation->buffers()) add_tensor(node.id + "." + slot.name, *slot.tensor, true);
  }

  void add_tensor(const std::string& name, const at::Tensor& tensor, bool is_buffer) {
    auto parts = parts_of(name);
    const auto last = parts.back();
    parts.pop_back();
    auto owner = module_at(parts);
    check_is_free(owner, last, name);
    owner.register_parameter(last, tensor, is_buffer);
    tensors_.emplace_back(owner, last);
  }

  void add_module(const std::string& name, const jit::Module& module) {
    auto parts = parts_of(name);
    const auto last = parts.back();
    parts.pop_back();
    auto owner = module_at(parts);
    check_is_free(owner, last, name);
    owner.register_module(last, module);
  }

  jit::Module module_at(const std::vector<std::string>& parts) {
    auto module = root_;
    for (const auto& part : parts) {
      if (!module.hasattr(part)) module.register_module(part, made());
      if (!module.attr(part).isModule()) throw export_error("'" + part + "' is the name of a node and of a weight.");
      module = module.attr(part).toModule();
    }
    return module;
  }

  jit::Module made() const {
    jit::Module module(c10::QualifiedName("__torch__.Network"), unit_, true);
    module.register_attribute("training", c10::BoolType::get(), false);
    return module;
  }

  static void check_is_free(const jit::Module& owner, const std::string& part, const std::string& name) {
    if (owner.hasattr(part)) throw export_error("'" + name + "' is the name of two things in it.");
  }

  std::shared_ptr<jit::CompilationUnit> unit_ = std::make_shared<jit::CompilationUnit>();
  jit::Module root_ = made();
  std::vector<std::pair<jit::Module, std::string>> tensors_;
};

/// A trace holds the sizes of the example's rows.
Tensors whole_outputs(const Network& network, const Tensors& inputs) {
  ForwardMode mode;
  mode.keeps_shapes = true;
  return network.forward(inputs, mode);
}

c10::IValue outputs_of(const Network& network, const Tensors& inputs) {
  auto outputs = whole_outputs(network, inputs);
  if (outputs.size() == 1) return outputs.front();
  return c10::ivalue::Tuple::create(std::vector<c10::IValue>(outputs.begin(), outputs.end()));
}

std::shared_ptr<jit::Graph> trace(const Network& network, jit::Module& module, std::int64_t rows) {
  const auto inputs = example_inputs(network, rows);
  const auto run = [&](const jit::Stack& stack) {
    Tensors given;
    for (const auto& value : stack) given.push_back(value.toTensor());
    return jit::Stack{outputs_of(network, given)};
  };
  const auto no_name = [](const at::Tensor& /*tensor*/) { return std::string(); };
  return jit::tracer::trace({inputs.begin(), inputs.end()}, run, no_name, true, false, &module, network.inputs())
      .first->graph;
}

void add_forward(jit::Module& module, const std::shared_ptr<jit::Graph>& graph) {
  auto* method = module._ivalue()->compilation_unit()->create_function(
      c10::QualifiedName(*module.type()->name(), "forward"), graph);
  module.type()->addMethod(method);
}

void check_numbers(const Network& network, const std::string& archive) {
  std::istringstream stream(archive);
  auto loaded = jit::load(stream, network.device());
  const auto inputs = example_inputs(network, kCheckedRows);
  const auto result = loaded.forward({inputs.begin(), inputs.end()});
  const auto expected = whole_outputs(network, inputs);
  const auto found = result.isTuple() ? result.toTupleRef().elements().vec() : std::vector<c10::IValue>{result};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto output = found.at(i).toTensor();
    if (output.sizes() == expected[i].sizes() && at::allclose(output, expected[i], 1e-5, 1e-6, true)) continue;
    throw export_error("for another number of rows its results differ from the network's.");
  }
}

/// TorchScript's errors come in several classes.
template <class Run>
auto as_export_error(Run&& run) {
  try {
    return run();
  } catch (const base::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw export_error(script::compiler_message(error.what()));
  }
}

}  // namespace

std::string exported_module(const Network& network, const std::map<std::string, std::string>& notes) {
  const at::NoGradGuard no_grad;
  return as_export_error([&] {
    ModuleTree tree(network);
    auto& module = tree.root();
    const auto graph = trace(network, module, kFirstRows);
    const bool follows = follow_row_count(*graph, kFirstRows, *trace(network, module, kSecondRows), kSecondRows);
    if (!follows) throw export_error("its computation depends on the number of rows.");
    jit::EliminateDeadCode(graph);
    add_forward(module, graph);
    tree.detach();
    std::ostringstream stream;
    module.save(stream, {notes.begin(), notes.end()});
    auto archive = stream.str();
    check_numbers(network, archive);
    return archive;
  });
}

}  // namespace mlr3libtorch::network
