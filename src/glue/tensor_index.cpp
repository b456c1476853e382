#include "glue/tensor_index.h"

#include <ATen/ExpandUtils.h>
#include <ATen/TracerMode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "glue/convert.h"
#include "glue/tensor_data.h"
#include "glue/tensor_handle.h"
#include "glue/tensor_slice.h"

namespace mlr3libtorch::glue {
namespace {

using Positions = std::vector<std::int64_t>;

bool is_name(SEXP value, const char* name) { return value == Rf_install(name); }
bool is_rest(SEXP index) { return is_name(index, ".."); }
bool is_value(SEXP written) { return TYPEOF(written) != SYMSXP && TYPEOF(written) != LANGSXP; }

SEXP dots_element(SEXP frame, int position) {
  const Rcpp::Shield<SEXP> number(Rf_ScalarInteger(position));
  const Rcpp::Shield<SEXP> call(Rf_lang2(Rf_install("...elt"), number));
  return Rcpp::Rcpp_fast_eval(call, frame);
}

SEXP bracket_index(SEXP written, SEXP frame, int position) {
  if (is_value(written) || written == R_MissingArg || is_rest(written)) return written;
  if (is_slice(written)) return slice_function(written, frame);
  return means_last_position(written, frame) ? Rf_ScalarInteger(-1) : dots_element(frame, position);
}

bool is_everything(SEXP index) {
  return index == R_MissingArg || (TYPEOF(index) == LGLSXP && Rf_xlength(index) == 1 && LOGICAL(index)[0] == 1);
}

bool is_negative_number(SEXP index) {
  if (Rf_xlength(index) != 1) return false;
  return (TYPEOF(index) == INTSXP && INTEGER(index)[0] < 0) || (TYPEOF(index) == REALSXP && REAL(index)[0] < 0);
}

/// Whether the only index is a tensor that tells of each element whether it is taken.
bool is_mask(const at::Tensor& x, const Rcpp::List& indexes) {
  if (indexes.size() != 1 || TYPEOF(indexes[0]) != EXTPTRSXP) return false;
  const auto& index = unwrap_tensor(indexes[0]);
  return index.scalar_type() == at::kBool && index.dim() == x.dim();
}

bool is_range(const Positions& positions) {
  const auto follows = [](std::int64_t left, std::int64_t right) { return right != left + 1; };
  return !positions.empty() && std::adjacent_find(positions.begin(), positions.end(), follows) == positions.end();
}

/// A constant: its numbers come from R, which a trace cannot see.
at::Tensor position_tensor(const Positions& positions, const at::Tensor& beside) {
  const at::tracer::impl::NoTracerDispatchMode untraced;
  return at::tensor(positions, at::kLong).to(beside.device());
}

/// A view of a tensor, and the positions that are still to be taken along some of its dimensions.
struct Part {
  at::Tensor view;
  std::vector<std::pair<std::int64_t, Positions>> scattered = {};

  /// Whether the dimension is there afterwards. A single position that was counted from the end still is in a trace.
  bool take(std::int64_t dim, Positions positions, bool drop, bool from_end) {
    const bool is_dropped = drop && positions.size() == 1;
    if (is_dropped) {
      view = view.select(dim, positions.front() - (from_end ? view.size(dim) : 0));
    } else if (is_range(positions)) {
      view = view.narrow(dim, positions.front(), static_cast<std::int64_t>(positions.size()));
    } else {
      scattered.emplace_back(dim, std::move(positions));
    }
    return !is_dropped;
  }
};

std::int64_t count_indexed(const at::Tensor& x, const Rcpp::List& indexes) {
  std::int64_t indexed = 0, rests = 0;
  for (const SEXP index : indexes) (is_rest(index) ? rests : indexed) += Rf_isNull(index) ? 0 : 1;
  if (rests > 1) throw base::Error("argument", "'..' can stand between the brackets once only.");
  if (indexed > x.dim()) {
    throw base::Error("argument", "A tensor of " + std::to_string(x.dim()) + " dimensions cannot take " +
                                      std::to_string(indexed) + " indexes.");
  }
  return indexed;
}

std::string index_name(std::int64_t number) { return "index " + std::to_string(number); }

Part part_of(const at::Tensor& x, const Rcpp::List& indexes, bool drop) {
  const auto rest = x.dim() - count_indexed(x, indexes);
  Part part{x};
  std::int64_t from = 0, to = 0;  // dimensions of `x` and of the view
  for (const SEXP index : indexes) {
    if (Rf_isNull(index)) {
      part.view = part.view.unsqueeze(to++);
    } else if (is_rest(index)) {
      from += rest;
      to += rest;
    } else if (TYPEOF(index) == CLOSXP) {
      part.view = take_slice(part.view, to++, Rcpp::Function(index), index_name(++from));
    } else {
      const bool is_tensor = TYPEOF(index) == EXTPTRSXP;
      if (is_tensor && unwrap_tensor(index).dim() > 1) {
        throw base::Error(
            "tensor",
            "An index that is a tensor must have one dimension; take rows in another shape by index_select() "
            "and reshape().",
            {{"operation", std::string("[")}});
      }
      const Rcpp::Shield<SEXP> value(is_tensor ? tensor_to_r(unwrap_tensor(index)) : index);
      const auto size = x.size(from++);
      const bool stays = is_everything(value) ||
                         part.take(to, to_positions(value, size, index_name(from)), drop, is_negative_number(value));
      to += stays ? 1 : 0;
    }
  }
  return part;
}

/// `value` without leading dimensions of one element beyond `ndim`: a row that is taken out of a matrix has one
/// dimension, the matrix that is written there has two.
at::Tensor without_leading(at::Tensor value, std::int64_t ndim) {
  while (value.dim() > ndim && value.size(0) == 1) value = value.squeeze(0);
  return value;
}

/// One index for each dimension, shaped so that together they span the block.
c10::List<c10::optional<at::Tensor>> block_indexes(const Part& part, const std::vector<std::int64_t>& shape) {
  c10::List<c10::optional<at::Tensor>> indexes;
  for (const auto size : shape) indexes.push_back(at::arange(size, part.view.options().dtype(at::kLong)));
  for (const auto& [dim, positions] : part.scattered) {
    indexes.set(static_cast<std::size_t>(dim), position_tensor(positions, part.view));
  }
  for (std::size_t dim = 0; dim < shape.size(); ++dim) {
    std::vector<std::int64_t> spread(shape.size(), 1);
    spread[dim] = -1;
    indexes.set(dim, indexes.get(dim)->reshape(spread));
  }
  return indexes;
}

void write(const Part& part, const at::Tensor& value) {
  auto shape = part.view.sizes().vec();
  for (const auto& [dim, positions] : part.scattered) {
    shape[static_cast<std::size_t>(dim)] = static_cast<std::int64_t>(positions.size());
  }
  if (!at::is_expandable_to(value.sizes(), shape)) {
    std::ostringstream text;
    text << "A value of shape " << value.sizes() << " does not fit a part of shape " << at::IntArrayRef(shape) << ".";
    throw base::Error("tensor", text.str(), {{"operation", "[<-"}});
  }
  if (part.scattered.empty()) {
    // Parts of one tensor may overlap, and R's values do not change while they are written.
    part.view.copy_(value.is_alias_of(part.view) ? value.clone() : value);
  } else {
    part.view.index_put_(block_indexes(part, shape), value.to(part.view.scalar_type()));
  }
}

}  // namespace

Rcpp::List bracket_indexes(SEXP written, SEXP frame) {
  if (TYPEOF(written) != LANGSXP) refuse_value("written", "a call", written);
  if (TYPEOF(frame) != ENVSXP) refuse_value("frame", "an environment", frame);
  Rcpp::List indexes(Rf_length(written) - 1);
  SEXP rest = CDR(written);
  for (int i = 0; i < indexes.size(); ++i, rest = CDR(rest)) {
    const SEXP given = CAR(rest);
    if (is_name(given, "newaxis")) continue;  // NULL
    indexes[i] = bracket_index(given, frame, i + 1);
  }
  return indexes;
}

at::Tensor tensor_part(const at::Tensor& x, const Rcpp::List& indexes, bool drop) {
  if (is_mask(x, indexes)) return x.masked_select(unwrap_tensor(indexes[0]));
  auto part = part_of(x, indexes, drop);
  for (const auto& [dim, positions] : part.scattered) {
    part.view = part.view.index_select(dim, position_tensor(positions, x));
  }
  return part.view;
}

void set_tensor_part(at::Tensor& x, const Rcpp::List& indexes, const at::Tensor& value) {
  if (is_mask(x, indexes)) {
    x.index_put_({unwrap_tensor(indexes[0])}, without_leading(value.to(x.scalar_type()), 1));
    return;
  }
  const auto part = part_of(x, indexes, true);
  write(part, without_leading(value, part.view.dim()));
}

}  // namespace mlr3libtorch::glue
