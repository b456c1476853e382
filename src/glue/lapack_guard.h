#pragma once

#include <functional>
#include <string>

namespace mlr3libtorch::glue {

/// Whether an operation is a factorisation or the like, which LibTorch leaves to LAPACK.
bool calls_lapack(const std::string& operation);

/// Runs `body`, which may end up in LAPACK and must not call R.
/// LAPACK reports bad numbers to a function that R replaces by one that raises an R error. That would jump out of
/// LibTorch past this package's frames; here it becomes a base::Error of class "tensor". What `body` throws passes.
void run_lapack(const std::string& operation, const std::function<void()>& body);

}  // namespace mlr3libtorch::glue
