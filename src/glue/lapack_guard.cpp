#include "glue/lapack_guard.h"

#include <exception>
#include <set>

#include "core/base/error.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {
namespace {

struct Call {
  const std::function<void()>* body;
  std::exception_ptr thrown;
  std::string message;
};

/// A C++ exception may not cross R's frames, so the call keeps it.
SEXP run_body(void* data) {
  auto* call = static_cast<Call*>(data);
  try {
    (*call->body)();
  } catch (const std::exception&) {
    call->thrown = std::current_exception();
  }
  return R_NilValue;
}

SEXP keep_message(SEXP condition, void* data) {
  const SEXP message = VECTOR_ELT(condition, 0);
  if (TYPEOF(message) == STRSXP && Rf_length(message) == 1) {
    static_cast<Call*>(data)->message = CHAR(STRING_ELT(message, 0));
  }
  return R_NilValue;
}

}  // namespace

bool calls_lapack(const std::string& operation) {
  static const std::set<std::string> others{
      "inverse",       "det",      "logdet", "slogdet",          "svd",       "qr",          "cholesky",
      "lu_solve",      "pinverse", "eig",    "symeig",           "lstsq",     "matrix_rank", "nuclear_norm",
      "orgqr",         "ormqr",    "geqrf",  "triangular_solve", "lu_unpack", "solve",       "cholesky_inverse",
      "cholesky_solve"};
  return operation.rfind("linalg_", 0) == 0 || others.count(operation) > 0;
}

void run_lapack(const std::string& operation, const std::function<void()>& body) {
  Call call{&body, nullptr, ""};
  Rcpp::unwindProtect([&]() -> SEXP { return R_tryCatchError(run_body, &call, keep_message, &call); });
  if (call.thrown) std::rethrow_exception(call.thrown);
  if (!call.message.empty()) {
    throw base::Error("tensor", operation + "(): " + call.message, {{"operation", operation}});
  }
}

}  // namespace mlr3libtorch::glue
