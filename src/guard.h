#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <type_traits>
#include <utility>

#include "core/base/error.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// Signals an R condition of class `mlr3libtorch_error_<kind>`; never returns (it unwinds as Rcpp's longjump does).
[[noreturn]] void raise(const base::Error& error);
[[noreturn]] void raise_internal(const std::string& message);

/// Every export runs its body in here.
/// R's own conditions and interrupts pass through untouched (they are no std::exception).
template <class Body>
auto guard(Body&& body) -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (const base::Error& error) {
    raise(error);
  } catch (const c10::Error& error) {
    raise_internal(error.what_without_backtrace());
  } catch (const std::exception& error) {
    raise_internal(error.what());
  }
}

}  // namespace mlr3libtorch::glue
