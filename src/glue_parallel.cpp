#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "core/parallel/meeting.h"
#include "glue/convert.h"
#include "glue/exchange_handle.h"
#include "glue/guard.h"
#include "glue/r_interrupt.h"

namespace mlr3libtorch::glue {
namespace {

std::chrono::milliseconds to_milliseconds(SEXP seconds, const std::string& what) {
  constexpr double kMost = 1e6;
  const auto value = to_double(seconds, what);
  if (!(value > 0 && value <= kMost)) refuse_value(what, "a number of seconds above 0", seconds);
  return std::chrono::milliseconds(std::llround(1000 * value));
}

/// list(path, address, rank, size, arrival and timeout in seconds); ranks from 0.
parallel::Meeting to_meeting(SEXP value) {
  const auto list = to_list(value, "meeting");
  const auto element = [&](const char* name) { return list_element(list, name, "meeting"); };
  parallel::Meeting meeting;
  meeting.path = to_string(element("path"), "path");
  meeting.address = to_string(element("address"), "address");
  meeting.size = static_cast<int>(to_int_from(element("size"), "size", 2, 1 << 16));
  meeting.rank = static_cast<int>(to_int_from(element("rank"), "rank", 0, meeting.size - 1));
  meeting.arrival = to_milliseconds(element("arrival"), "arrival");
  meeting.timeout = to_milliseconds(element("timeout"), "timeout");
  return meeting;
}

/// Those of R, and whatever an R function without arguments signals.
class WatchInterrupt : public RInterrupt {
 public:
  explicit WatchInterrupt(SEXP function) : call_(Rf_lang1(function)) {}

 protected:
  void look() override {
    RInterrupt::look();
    Rcpp::Rcpp_fast_eval(call_, R_GlobalEnv);
  }

 private:
  Rcpp::RObject call_;
};

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// [[Rcpp::export(rng = false)]]
SEXP core_workers_can_meet() {
  return guard([] { return Rf_ScalarLogical(parallel::can_meet()); });
}

/// `facts`: what must be the same for all workers, a list of strings. `watch`: a function that is called again and
/// again while this worker waits for the others, and may give up.
// [[Rcpp::export(rng = false)]]
SEXP core_workers_meet(SEXP meeting, SEXP facts, SEXP watch) {
  return guard([&] {
    if (!Rf_isFunction(watch)) refuse_value("watch", "a function", watch);
    auto where = to_meeting(meeting);
    where.facts = to_texts(facts, "facts");
    WatchInterrupt interrupt(watch);
    return ExchangeHandle::make(parallel::meet(where, interrupt));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_workers_refuse(SEXP meeting, SEXP reason) {
  return guard([&] {
    parallel::refuse(to_meeting(meeting), to_string(reason, "reason"));
    return R_NilValue;
  });
}

/// Seconds of a sum of so many numbers over all workers, who call this together; the least of `repeats`.
// [[Rcpp::export(rng = false)]]
SEXP core_exchange_time(SEXP exchange, SEXP numbers, SEXP repeats) {
  return guard([&] {
    auto& workers = ExchangeHandle::get(exchange);
    const auto tensor = at::ones({to_int_from(numbers, "numbers", 1)});
    RInterrupt interrupt;
    double least = std::numeric_limits<double>::infinity();
    for (auto left = to_int_from(repeats, "repeats", 1); left > 0; --left) {
      const auto start = std::chrono::steady_clock::now();
      workers.begin_sum(tensor)->wait(interrupt);
      least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return Rf_ScalarReal(least);
  });
}

/// Ends the connection, and tells the others why.
// [[Rcpp::export(rng = false)]]
SEXP core_workers_leave(SEXP exchange, SEXP reason) {
  return guard([&] {
    ExchangeHandle::get(exchange).leave(to_string(reason, "reason"));
    ExchangeHandle::end(exchange);
    return R_NilValue;
  });
}
