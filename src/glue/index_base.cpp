#include "glue/index_base.h"

#include <ATen/core/List.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/sub.h>
#include <c10/core/ScalarType.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <string_view>

#include "core/base/error.h"

namespace mlr3libtorch::glue {
namespace {

/// Stands for every operation, and for every overload of one.
constexpr std::string_view kAny = "*";

struct ArgumentPlace {
  std::string_view operation;
  std::string_view name;
  Base base;
};

/// Arguments that are indexes, if they are integers or tensors of them. A row for one operation takes precedence over
/// one for all, so rows for one operation come first.
constexpr ArgumentPlace kArguments[] = {
    // numbers of dimensions, and of repetitions
    {"layer_norm", "dims", Base::kNone},
    {"tile", "dims", Base::kNone},
    {"narrow", "start", Base::kIndex},
    {"slice", "start", Base::kIndex},
    {"slice", "end", Base::kLast},
    {"slice_scatter", "start", Base::kIndex},
    {"slice_scatter", "end", Base::kLast},
    {"movedim", "source", Base::kIndex},
    {"moveaxis", "source", Base::kIndex},
    // classes; `self` of bincount is what a result's positions stand for
    {"nll_loss", "target", Base::kIndex},
    {"nll_loss2d", "target", Base::kIndex},
    {"nll_loss_nd", "target", Base::kIndex},
    {"cross_entropy_loss", "target", Base::kIndex},
    {"multi_margin_loss", "target", Base::kIndex},
    {"multilabel_margin_loss", "target", Base::kIndex},
    {"ctc_loss", "targets", Base::kIndex},
    {"one_hot", "self", Base::kIndex},
    {"bincount", "self", Base::kIndex},
    {"nonzero_static", "fill_value", Base::kIndex},
    {kAny, "dim", Base::kIndex},
    {kAny, "dims", Base::kIndex},
    {kAny, "dim0", Base::kIndex},
    {kAny, "dim1", Base::kIndex},
    {kAny, "dim2", Base::kIndex},
    {kAny, "axis", Base::kIndex},
    {kAny, "axis0", Base::kIndex},
    {kAny, "axis1", Base::kIndex},
    {kAny, "ch_axis", Base::kIndex},
    {kAny, "dimension", Base::kIndex},
    {kAny, "start_dim", Base::kIndex},
    {kAny, "end_dim", Base::kIndex},
    {kAny, "dims_self", Base::kIndex},
    {kAny, "dims_other", Base::kIndex},
    {kAny, "destination", Base::kIndex},
    {kAny, "ignore_index", Base::kIndex},
    {kAny, "padding_idx", Base::kIndex},
    {kAny, "blank", Base::kIndex},
    {kAny, "index", Base::kIndex},
    {kAny, "query_idx", Base::kIndex},
    {kAny, "indices", Base::kIndex},
    {kAny, "sorter", Base::kIndex},
    {kAny, "offsets", Base::kIndex},
    {kAny, "crow_indices", Base::kIndex},
    {kAny, "col_indices", Base::kIndex},
    {kAny, "ccol_indices", Base::kIndex},
    {kAny, "row_indices", Base::kIndex},
    {kAny, "compressed_indices", Base::kIndex},
    {kAny, "plain_indices", Base::kIndex},
    {kAny, "tensor_indices_or_sections", Base::kSplit},
};

struct ResultPlace {
  std::string_view operation;
  std::size_t position;
  std::string_view overload = kAny;
};

/// Results that are indexes, besides those called "indices".
constexpr ResultPlace kResults[] = {
    {"argmax", 0},
    {"argmin", 0},
    {"argsort", 0},
    {"argwhere", 0},
    {"nonzero", 0},
    {"nonzero_numpy", 0},
    {"nonzero_static", 0},
    {"multinomial", 0},
    // the other forms choose values, and repeat those of another tensor
    {"where", 0, ""},
    {"repeat_interleave", 0, "Tensor"},
    {"tril_indices", 0},
    {"triu_indices", 0},
    {"searchsorted", 0},
    {"bucketize", 0},
    // to which of the different values each value belongs
    {"unique_consecutive", 1},
    {"unique_dim", 1},
    {"unique_dim_consecutive", 1},
    // to which bag each value belongs, and which vector gave each maximum
    {"embedding_bag", 1},
    {"embedding_bag", 3},
    {"max_pool1d_with_indices", 1},
    {"max_pool2d_with_indices", 1},
    {"max_pool3d_with_indices", 1},
    {"adaptive_max_pool1d", 1},
    {"adaptive_max_pool2d", 1},
    {"adaptive_max_pool3d", 1},
    {"fractional_max_pool2d", 1},
    {"fractional_max_pool3d", 1},
    {"indices", 0},
    {"crow_indices", 0},
    {"col_indices", 0},
    {"ccol_indices", 0},
    {"row_indices", 0},
    {"q_per_channel_axis", 0},
    {"output_nr", 0},
};

bool is_result_place(const std::string& operation, const std::string& overload, std::size_t position) {
  return std::any_of(std::begin(kResults), std::end(kResults), [&](const ResultPlace& place) {
    return place.operation == operation && place.position == position &&
           (place.overload == kAny || place.overload == overload);
  });
}

c10::TypeKind innermost_kind(c10::TypePtr type) {
  while (true) {
    if (type->kind() == c10::TypeKind::OptionalType) {
      type = type->castRaw<c10::OptionalType>()->getElementType();
    } else if (type->kind() == c10::TypeKind::ListType) {
      type = type->castRaw<c10::ListType>()->getElementType();
    } else {
      return type->kind();
    }
  }
}

std::int64_t shifted(std::int64_t value, const std::string& what) {
  if (value == 0) {
    throw base::Error("argument", "'" + what + "' counts from 1, so it cannot be 0.", {{"argument", what}});
  }
  return value > 0 ? value - 1 : value;
}

at::Tensor shifted(const at::Tensor& index, const std::string& what) {
  if (!index.defined() || !c10::isIntegralType(index.scalar_type(), false)) return index;
  if (index.numel() > 0 && index.eq(0).any().item<bool>()) {
    throw base::Error("argument", "'" + what + "' counts from 1, so it cannot hold 0.", {{"argument", what}});
  }
  return index.sub(index.gt(0).to(index.scalar_type()));
}

/// The inverse of `shifted()`.
at::Tensor shifted_back(const at::Tensor& index) {
  if (!c10::isIntegralType(index.scalar_type(), false)) return index;
  return index.add(index.ge(0).to(index.scalar_type()));
}

c10::IValue shifted_list(const c10::IValue& value, const std::string& what) {
  if (value.isIntList()) {
    c10::List<std::int64_t> result;
    for (const auto item : value.toIntVector()) result.push_back(shifted(item, what));
    return result;
  }
  auto result = value.toList().copy();
  for (std::size_t i = 0; i < result.size(); ++i) {
    const c10::IValue item = result.get(i);
    if (item.isTensor()) result.set(i, shifted(item.toTensor(), what));
  }
  return result;
}

/// The position after R's last one: for -1, the very last, there is none that counts from the end.
std::int64_t behind(std::int64_t last) {
  if (last >= 0) return last;
  return last == -1 ? std::numeric_limits<std::int64_t>::max() : last + 1;
}

}  // namespace

Base argument_base(const std::string& operation, const c10::Argument& argument) {
  switch (innermost_kind(argument.real_type())) {
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
    case c10::TypeKind::TensorType:
      break;
    default:
      return Base::kNone;
  }
  const auto* const place = std::find_if(std::begin(kArguments), std::end(kArguments), [&](const auto& row) {
    return row.name == argument.name() && (row.operation == operation || row.operation == kAny);
  });
  return place == std::end(kArguments) ? Base::kNone : place->base;
}

std::vector<Base> result_bases(const std::string& operation, const c10::FunctionSchema& schema) {
  std::vector<Base> bases;
  for (const auto& result : schema.returns()) {
    const bool counts = result.name() == "indices" || is_result_place(operation, schema.overload_name(), bases.size());
    bases.push_back(counts ? Base::kIndex : Base::kNone);
  }
  return bases;
}

std::string base_name(Base base) {
  switch (base) {
    case Base::kNone:
      return "none";
    case Base::kIndex:
      return "index";
    case Base::kLast:
      return "last";
    case Base::kSplit:
      return "split";
  }
  return "none";
}

c10::IValue to_zero_based(Base base, const c10::IValue& value, const std::string& what) {
  if (base == Base::kNone || value.isNone()) return value;
  if (base == Base::kLast) return behind(value.toInt());
  if (base == Base::kSplit && value.toTensor().dim() == 0) return value;
  if (value.isInt()) return shifted(value.toInt(), what);
  if (value.isTensor()) return shifted(value.toTensor(), what);
  if (value.isList()) return shifted_list(value, what);
  return value;
}

c10::IValue to_one_based(Base base, const c10::IValue& value) {
  if (base == Base::kNone) return value;
  if (value.isInt()) return value.toInt() >= 0 ? value.toInt() + 1 : value.toInt();
  if (value.isTensorList()) {
    c10::List<at::Tensor> tensors;
    for (const auto& tensor : value.toTensorVector()) tensors.push_back(shifted_back(tensor));
    return tensors;
  }
  if (!value.isTensor() || !value.toTensor().defined()) return value;
  return shifted_back(value.toTensor());
}

at::Tensor classes_from_r(const at::Tensor& y) { return shifted(y, "y"); }

at::Tensor classes_to_r(const at::Tensor& y) { return y.defined() ? shifted_back(y) : y; }

}  // namespace mlr3libtorch::glue
