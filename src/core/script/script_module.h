#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace torch::jit {
struct Module;
}  // namespace torch::jit

/// TorchScript's modules, from text or a file.
namespace mlr3libtorch::script {

using TensorsByName = std::map<std::string, at::Tensor>;

/// A tensor of a module, by the path inside it: "layer.weight".
struct NamedTensor {
  std::string name;
  at::Tensor* tensor;
};

/// A TorchScript module whose parameters and buffers may be replaced, so that a network can keep them in its own
/// memory.
class ScriptModule {
 public:
  /// `code`: one or several functions of `self`, among them `forward`; `self.<name>` is a parameter or buffer.
  /// Throws base::Error of kind "script" with TorchScript's own text for code that does not compile.
  static std::unique_ptr<ScriptModule> compile(const std::string& code, const TensorsByName& parameters,
                                               const TensorsByName& buffers);
  /// The content of a file that `torch.jit.save()` wrote. The container is verified first, see
  /// io::check_script_archive(). `name` is the file in errors (base::FileError). Whoever made the
  /// file decides what it does when it is called.
  static std::unique_ptr<ScriptModule> load(const std::string& bytes, const std::string& name);

  ScriptModule(const ScriptModule&) = delete;
  ScriptModule& operator=(const ScriptModule&) = delete;
  ~ScriptModule();

  /// The tensors may be replaced by others of the same shape.
  std::vector<NamedTensor> parameters();
  std::vector<NamedTensor> buffers();

  /// The module's attribute `training` says if it is called for training; its random numbers come from `generator`.
  at::Tensor forward(const std::vector<at::Tensor>& inputs, bool training, const at::Generator& generator);
  /// The module with its current tensors.
  const torch::jit::Module& module() const;

 private:
  struct Parts;
  explicit ScriptModule(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace mlr3libtorch::script
