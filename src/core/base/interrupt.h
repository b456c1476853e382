#pragma once

namespace mlr3libtorch::base {

/// Asked by every loop whether to go on.
/// `check()` returns, or throws whatever its implementer wants to catch; the core lets it through.
class Interrupt {
 public:
  virtual ~Interrupt() = default;
  virtual void check() {}
};

}  // namespace mlr3libtorch::base
