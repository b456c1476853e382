#include "core/callback/external/class.h"
#include "glue/compiled_callback.h"
#include "glue/convert.h"
#include "glue/foreign_pointer.h"
#include "glue/guard.h"
#include "glue/r_callback.h"

namespace mlr3libtorch::glue {

template <>
struct HandleName<const callback::ExternalClass> {
  static constexpr const char* kTag = "mlr3libtorch_compiled_class";
  static constexpr const char* kWhat = "compiled C++ callback";
  static constexpr const char* kRClass = "torch_compiled_callback";
  static constexpr const char* kEnded = "This compiled C++ callback is gone.";
};

namespace {

using CompiledHandle = Handle<const callback::ExternalClass>;

/// Asks R, which keeps the scores.
callback::ScoreReader score_reader(SEXP function) {
  if (!Rf_isFunction(function)) refuse_value("score", "a function", function);
  return [held = Rcpp::RObject(function)](const std::string& phase, const std::string& measure) {
    const Rcpp::RObject r_phase = Rcpp::wrap(phase);
    const Rcpp::RObject r_measure = Rcpp::wrap(measure);
    const Rcpp::Shield<SEXP> call(Rf_lang3(held, r_phase, r_measure));
    return to_double(Rcpp::Shield<SEXP>(Rcpp::Rcpp_fast_eval(call, R_GlobalEnv)), "score");
  };
}

}  // namespace

std::unique_ptr<callback::Callback> to_compiled_callback(const std::string& id, const Rcpp::List& request) {
  const auto external = CompiledHandle::share(request["compiled"]);
  const auto arguments = to_list(list_element(request, "arguments", id), id);
  const auto& schema = external->entry().schema;
  const auto values = to_named_values(arguments, schema, "C++ callback '" + schema.name() + "'");
  return callback::make_external(external, id, values, score_reader(list_element(request, "score", id)));
}

}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

/// The class that a pointer from `describe_callback()` describes, described as the registry describes a native
/// callback.
// [[Rcpp::export(rng = false)]]
SEXP core_compiled_callback(SEXP pointer) {
  return guard([&]() -> SEXP {
    const auto* described = static_cast<const abi::Class*>(
        foreign_address(pointer, "mlr3libtorch_cpp_callback", "C++ callback that describe_callback() made"));
    if (described == nullptr) refuse_reloaded("C++ callback");
    const auto external = callback::ExternalClass::open(*described);
    auto entry = schema_to_r(external->entry());
    entry["stages"] = stage_names(external->facts().stages);
    entry["weight"] = external->facts().weight;
    return Rcpp::List::create(Rcpp::Named("entry") = entry, Rcpp::Named("handle") = CompiledHandle::make(external));
  });
}

/// FALSE for a handle from an R file.
// [[Rcpp::export(rng = false)]]
SEXP core_compiled_callback_is_alive(SEXP handle) {
  return guard([&] { return Rf_ScalarLogical(CompiledHandle::is_alive(handle)); });
}
