#pragma once

// Callbacks in C++, for scripts: a class that inherits from `mlr3libtorch::Callback`, and one function that describes
// it to R.
// `?cpp_callback` and the vignette "Callbacks in C++" show how.
#include <Rcpp.h>

#include <algorithm>
#include <initializer_list>
#include <new>

#include "class.h"

namespace mlr3libtorch {
namespace {

/// What an exported function returns and `cpp_callback()` in R takes.
/// `schema`: name and arguments, "clip(float limit=1.0, int every=1) -> ()". All texts are literals.
template <class T>
SEXP describe_callback(const char* schema, const char* label = "", const char* doc = "",
                       std::initializer_list<Argument> arguments = {}, double weight = 0) {
  // R owns the memory and has nothing to run when it is freed, which may be when the library is gone.
  const auto bytes = sizeof(abi::Class) + arguments.size() * sizeof(abi::ArgumentFacts);
  const Rcpp::Shield<SEXP> memory(Rf_allocVector(RAWSXP, static_cast<R_xlen_t>(bytes)));
  auto* described = new (RAW(memory)) abi::Class(class_of<T>(schema, label, doc, weight));
  auto* facts = reinterpret_cast<abi::ArgumentFacts*>(described + 1);
  std::transform(arguments.begin(), arguments.end(), facts, [](const Argument& argument) {
    return abi::ArgumentFacts{argument.name, argument.doc, argument.lower, argument.upper};
  });
  described->arguments = facts;
  described->argument_count = static_cast<std::int32_t>(arguments.size());
  return R_MakeExternalPtr(described, Rf_install("mlr3libtorch_cpp_callback"), memory);
}

}  // namespace
}  // namespace mlr3libtorch
