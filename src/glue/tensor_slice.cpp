#include "glue/tensor_slice.h"

#include <limits>

#include "core/base/error.h"
#include "glue/convert.h"

namespace mlr3libtorch::glue {
namespace {

SEXP size_name() { return Rf_install("N"); }

bool is_call_of(SEXP written, const char* name, int arguments) {
  return TYPEOF(written) == LANGSXP && CAR(written) == Rf_install(name) && Rf_length(written) == arguments + 1;
}

bool is_colon(SEXP written) { return is_call_of(written, ":", 2); }

/// `-2` or `(-2)`.
bool is_counted_from_end(SEXP written) {
  if (is_call_of(written, "(", 1)) return is_counted_from_end(CADR(written));
  return is_call_of(written, "-", 1);
}

bool mentions_size(SEXP written) {
  if (TYPEOF(written) != LANGSXP) return written == size_name();
  for (SEXP rest = CDR(written); rest != R_NilValue; rest = CDR(rest)) {
    if (mentions_size(CAR(rest))) return true;
  }
  return false;
}

SEXP caller_of(SEXP frame) {
  const Rcpp::Shield<SEXP> call(Rf_lang1(Rf_install("parent.frame")));
  return Rcpp::Rcpp_fast_eval(call, frame);
}

bool has_own_number(SEXP caller) {
  const Rcpp::Language call("exists", "N", Rcpp::Named("envir") = caller, Rcpp::Named("mode") = "numeric");
  return to_bool(Rcpp::Rcpp_fast_eval(call, R_BaseEnv), "N");
}

/// `list(start, end, step)` of what was written.
SEXP bounds_call(SEXP written) {
  const bool has_step = is_colon(CADR(written));
  const SEXP range = has_step ? CADR(written) : written;
  const Rcpp::Shield<SEXP> one(Rf_ScalarInteger(1));
  const Rcpp::Shield<SEXP> list(Rf_findFun(Rf_install("list"), R_BaseEnv));
  return Rf_lang4(list, CADR(range), CADDR(range), has_step ? CADDR(written) : static_cast<SEXP>(one));
}

struct Bounds {
  std::int64_t start, end, step;
};

Bounds bounds_at(const Rcpp::Function& slice, std::int64_t size, const std::string& what) {
  const Rcpp::Shield<SEXP> length(Rf_ScalarReal(static_cast<double>(size)));
  const Rcpp::Shield<SEXP> call(Rf_lang2(slice, length));
  const auto bounds = to_list(Rcpp::Rcpp_fast_eval(call, R_BaseEnv), what);
  if (bounds.size() != 3) refuse_value(what, "a function of the size that gives start, end and step", slice);
  return {to_int(bounds[0], "start of " + what), to_int(bounds[1], "end of " + what),
          to_int(bounds[2], "step of " + what)};
}

/// Whether the end was written as the name of the size.
bool ends_with_size(const Rcpp::Function& slice) {
  const SEXP body = R_ClosureExpr(slice);
  return TYPEOF(body) == LANGSXP && Rf_length(body) == 4 && CADDR(body) == size_name();
}

/// A range that ends right before its first element is empty: `x[2:N]` of a single one.
bool is_within(const Bounds& bounds, std::int64_t size) {
  const auto place = [size](std::int64_t bound) { return bound < 0 ? bound + size + 1 : bound; };
  const auto start = place(bounds.start), end = place(bounds.end);
  return start >= 1 && end <= size && end >= start - 1 && bounds.step >= 1;
}

[[noreturn]] void refuse_slice(const std::string& what, std::int64_t size) {
  const auto most = std::to_string(size);
  throw base::Error("argument",
                    "'" + what + "' must go upwards within 1 and " + most + " (or -" + most +
                        " and -1, counted from the end), by steps of at least 1.",
                    {{"argument", what}});
}

}  // namespace

bool is_slice(SEXP written) {
  if (!is_colon(written)) return false;
  return is_colon(CADR(written)) || is_counted_from_end(CADDR(written)) || mentions_size(written);
}

bool means_last_position(SEXP written, SEXP frame) {
  return written == size_name() && !has_own_number(caller_of(frame));
}

Rcpp::Function slice_function(SEXP written, SEXP frame) {
  const Rcpp::Shield<SEXP> caller(caller_of(frame));
  const Rcpp::Shield<SEXP> bounds(bounds_call(written));
  const bool is_settled = has_own_number(caller);
  const Rcpp::Shield<SEXP> body(is_settled ? Rcpp::Rcpp_fast_eval(bounds, caller) : static_cast<SEXP>(bounds));
  const Rcpp::Shield<SEXP> formals(Rf_list1(R_MissingArg));
  SET_TAG(formals, size_name());
  const Rcpp::Shield<SEXP> call(Rf_lang3(Rf_install("function"), formals, body));
  return Rcpp::Function(Rcpp::Rcpp_fast_eval(call, caller));
}

at::Tensor take_slice(const at::Tensor& x, std::int64_t dim, const Rcpp::Function& slice, const std::string& what) {
  const auto size = x.size(dim);
  const auto bounds = bounds_at(slice, size, what);
  if (!is_within(bounds, size)) refuse_slice(what, size);
  const bool to_the_end = bounds.end == -1 || ends_with_size(slice);
  const auto end = to_the_end ? std::numeric_limits<std::int64_t>::max() : bounds.end + (bounds.end < 0 ? 1 : 0);
  return x.slice(dim, bounds.start - (bounds.start > 0 ? 1 : 0), end, bounds.step);
}

}  // namespace mlr3libtorch::glue
