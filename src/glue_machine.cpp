// What this package was built with and runs on, for `mlr3libtorch_sitrep()`.

#include <ATen/Version.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <cstddef>
#include <random>
#include <string>

#include "core/kernel/machine.h"
#include "glue/guard.h"

namespace mlr3libtorch::glue {
namespace {

std::string compiler_name() {
#if defined(__clang__)
  return __VERSION__;
#elif defined(__GNUC__)
  return "GCC " __VERSION__;
#else
  return "unknown";
#endif
}

/// The file that the loaded LibTorch came from; empty if it is not known.
std::string library_of_libtorch() {
  Dl_info info{};
  const auto* function = reinterpret_cast<const void*>(&at::show_config);
  return dladdr(function, &info) == 0 || info.dli_fname == nullptr ? std::string() : info.dli_fname;
}

/// 128 bits of the system's randomness in hexadecimal digits: nobody can guess them, and no generator moves.
std::string random_token() {
  constexpr char kDigits[] = "0123456789abcdef";
  constexpr std::size_t kLength = 32;
  std::random_device device;
  std::string token;
  for (std::size_t i = 0; i < kLength; ++i) token.push_back(kDigits[device() % 16]);
  return token;
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

/// `built_for` is the version of LibTorch's headers, `config` what the loaded library says of itself.
// [[Rcpp::export(rng = false)]]
SEXP core_machine() {
  return guard([]() -> SEXP {
    return Rcpp::List::create(
        Rcpp::Named("built_for") = std::string(TORCH_VERSION), Rcpp::Named("config") = at::show_config(),
        Rcpp::Named("library") = library_of_libtorch(), Rcpp::Named("compiler") = compiler_name(),
        Rcpp::Named("vector_units") = kernel::vector_units(), Rcpp::Named("cores") = kernel::core_count());
  });
}

/// The part of a local server's address that is a secret.
// [[Rcpp::export(rng = false)]]
SEXP core_random_token() {
  return guard([]() -> SEXP { return Rcpp::wrap(random_token()); });
}
