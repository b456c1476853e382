#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/network/operation.h"

namespace mlr3libtorch::network {

using TensorsByName = std::map<std::string, at::Tensor>;

/// A TorchScript module whose parameters and buffers are slots, so that a network can keep them in its own memory.
class ScriptModule {
 public:
  /// `code`: one or several functions of `self`, among them `forward`; `self.<name>` is a parameter or buffer.
  /// Throws base::Error of kind "script" with TorchScript's own text for code that does not compile.
  static std::unique_ptr<ScriptModule> compile(const std::string& code, const TensorsByName& parameters,
                                               const TensorsByName& buffers);
  /// The content of a file that `torch.jit.save()` wrote. The container is verified first, see
  /// io::check_script_archive(). `name` is the file in errors (base::FileError). What the file does when it is called
  /// is up to who made it.
  static std::unique_ptr<ScriptModule> load(const std::string& bytes, const std::string& name);

  ScriptModule(const ScriptModule&) = delete;
  ScriptModule& operator=(const ScriptModule&) = delete;
  ~ScriptModule();

  /// Named by the path inside the module: "layer.weight". The tensors may be replaced by others of the same shape.
  std::vector<Slot> parameters();
  std::vector<Slot> buffers();

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode);
  /// With the slots' tensors in it.
  const torch::jit::Module& module() const;

 private:
  struct Parts;
  explicit ScriptModule(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace mlr3libtorch::network
