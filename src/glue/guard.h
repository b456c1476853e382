#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "core/base/error.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// Signals an R condition of class `mlr3libtorch_error_<kind>`; never returns (it unwinds as Rcpp's longjump does).
[[noreturn]] void raise(const base::Error& error);
[[noreturn]] void raise_internal(const std::string& message);
/// An error of class "memory".
[[noreturn]] void raise_memory(const std::string& message);
/// What LibTorch threw: of class "memory" if it ran out of memory, otherwise of class "internal".
[[noreturn]] void raise_torch(const c10::Error& error);

/// A LibTorch message as a user should read it: no backtrace, no source line, no name of a C++ exception.
std::string torch_message(const c10::Error& error);
bool is_out_of_memory(const c10::Error& error);

/// Every export runs its body in here.
/// R's own conditions and interrupts pass through untouched (they are not a std::exception).
template <class Body>
auto guard(Body&& body) -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (const base::Error& error) {
    raise(error);
  } catch (const c10::Error& error) {
    raise_torch(error);
  } catch (const std::bad_alloc& error) {
    raise_memory(error.what());
  } catch (const std::exception& error) {
    raise_internal(error.what());
  }
}

}  // namespace mlr3libtorch::glue
