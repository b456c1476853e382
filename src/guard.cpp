#include "guard.h"

#include <variant>

namespace mlr3libtorch::glue {
namespace {

Rcpp::RObject field_value(const base::Field& field) {
  return std::visit([](const auto& value) -> Rcpp::RObject { return Rcpp::wrap(value); }, field);
}

[[noreturn]] void raise_condition(const std::string& kind, const std::string& message, const Rcpp::List& fields) {
  const Rcpp::Environment package = Rcpp::Environment::namespace_env("mlr3libtorch");
  const Rcpp::Function raise_core_error = package["raise_core_error"];
  const Rcpp::Shield<SEXP> call(Rf_lang4(raise_core_error, Rcpp::wrap(kind), Rcpp::wrap(message), fields));
  Rcpp::Rcpp_fast_eval(call, R_BaseEnv);
  throw std::logic_error("raise_core_error() returned");
}

}  // namespace

void raise(const base::Error& error) {
  Rcpp::List fields;
  for (const auto& [name, field] : error.fields()) {
    if (std::holds_alternative<std::int64_t>(field)) {
      fields[name] = static_cast<double>(std::get<std::int64_t>(field));
    } else {
      fields[name] = field_value(field);
    }
  }
  raise_condition(error.kind(), error.what(), fields);
}

void raise_internal(const std::string& message) { raise_condition("internal", message, Rcpp::List()); }

}  // namespace mlr3libtorch::glue
