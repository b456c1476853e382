#include "glue/guard.h"

#include <c10/core/GradMode.h>

#include <variant>

namespace mlr3libtorch::glue {
namespace {

Rcpp::RObject field_value(const base::Field& field) {
  if (const auto* number = std::get_if<std::int64_t>(&field)) return Rcpp::wrap(static_cast<double>(*number));
  return std::visit([](const auto& value) -> Rcpp::RObject { return Rcpp::wrap(value); }, field);
}

[[noreturn]] void raise_condition(const std::string& kind, const std::string& message, const Rcpp::List& fields) {
  const Rcpp::Environment package = Rcpp::Environment::namespace_env("mlr3libtorch");
  const Rcpp::Function raise_core_error = package["raise_core_error"];
  const Rcpp::RObject r_kind = Rcpp::wrap(kind);
  const Rcpp::RObject r_message = Rcpp::wrap(message);
  const Rcpp::Shield<SEXP> call(Rf_lang4(raise_core_error, r_kind, r_message, fields));
  Rcpp::Rcpp_fast_eval(call, R_BaseEnv);
  throw std::logic_error("raise_core_error() returned");
}

}  // namespace

void raise(const base::Error& error) {
  Rcpp::List fields;
  for (const auto& [name, field] : error.fields()) fields[name] = field_value(field);
  raise_condition(error.kind(), error.what(), fields);
}

void raise_internal(const std::string& message) { raise_condition("internal", message, Rcpp::List()); }

void raise_memory(const std::string& message) {
  raise_condition("memory", "There is not enough memory: " + message, Rcpp::List());
}

void raise_torch(const c10::Error& error) {
  if (is_out_of_memory(error)) raise_memory(torch_message(error));
  raise_internal(torch_message(error));
}

bool is_out_of_memory(const c10::Error& error) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  const std::string message = error.what_without_backtrace();
  // The allocator of the CPU throws the base class.
  return message.find("DefaultCPUAllocator") != std::string::npos;
}

std::string torch_message(const c10::Error& error) {
  std::string message = error.what_without_backtrace();
  const auto exception_end = message.rfind("Exception raised from ");
  if (exception_end != std::string::npos) message.erase(exception_end);
  // "[enforce fail at alloc_cpu.cpp:66] . what happened"
  if (message.rfind("[enforce fail at ", 0) == 0) {
    const auto start = message.find("] . ");
    if (start != std::string::npos) message.erase(0, start + 4);
  }
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  const bool lacks_gradients = message.find("does not require grad") != std::string::npos;
  if (lacks_gradients && !c10::GradMode::is_enabled()) {
    message += ". Gradients are off here, as in callbacks: compute inside of with_enable_grad()";
  }
  return message;
}

}  // namespace mlr3libtorch::glue
