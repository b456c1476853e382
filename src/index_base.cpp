#include "index_base.h"

#include <ATen/core/List.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/sub.h>
#include <c10/core/ScalarType.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/error.h"

namespace mlr3libtorch::glue {
namespace {

/// Integers with these names are dimensions, or a class, in every operation and loss.
constexpr std::array<std::string_view, 16> kDimensions{
    "dim",       "dims",      "dim0",    "dim1",      "dim2",       "axis",        "axis0",        "axis1",
    "dimension", "start_dim", "end_dim", "dims_self", "dims_other", "destination", "ignore_index", "padding_idx"};
/// Tensors of integers with these names are positions in every operation.
constexpr std::array<std::string_view, 1> kIndexes{"index"};

struct Place {
  std::string_view operation;
  std::string_view name;
};

/// Here one of those names is a number of dimensions.
constexpr Place kDimensionCount{"layer_norm", "dims"};

/// Integers that are positions (or dimensions under a name that means something else elsewhere).
constexpr std::array<Place, 8> kDimensionPlaces{{{"select", "index"},
                                                 {"select_scatter", "index"},
                                                 {"narrow", "start"},
                                                 {"narrow_copy", "start"},
                                                 {"slice", "start"},
                                                 {"slice_scatter", "start"},
                                                 {"movedim", "source"},
                                                 {"moveaxis", "source"}}};

/// Tensors that are positions in these operations only. Classes count from 1 as well.
constexpr std::array<Place, 17> kIndexPlaces{{{"embedding", "indices"},
                                              {"embedding_renorm", "indices"},
                                              {"embedding_renorm_", "indices"},
                                              {"embedding_bag", "indices"},
                                              {"take_along_dim", "indices"},
                                              {"index", "indices"},
                                              {"index_put", "indices"},
                                              {"index_put_", "indices"},
                                              {"nll_loss", "target"},
                                              {"nll_loss2d", "target"},
                                              {"nll_loss_nd", "target"},
                                              {"cross_entropy_loss", "target"},
                                              {"multi_margin_loss", "target"},
                                              {"multilabel_margin_loss", "target"},
                                              {"one_hot", "self"},
                                              {"max_unpool1d", "indices"},
                                              {"index_select_backward", "index"}}};

/// Operations that return positions; elsewhere results called "indices" are positions.
constexpr std::array<std::string_view, 6> kIndexResults{"argmax",  "argmin",   "argsort",
                                                        "nonzero", "argwhere", "multinomial"};

template <class List, class Item>
bool contains(const List& list, const Item& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

template <class List>
bool contains_place(const List& list, std::string_view operation, std::string_view name) {
  return std::any_of(list.begin(), list.end(),
                     [&](const Place& place) { return place.operation == operation && place.name == name; });
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
  for (std::size_t at = 0; at < result.size(); ++at) {
    const c10::IValue item = result.get(at);
    if (item.isTensor()) result.set(at, shifted(item.toTensor(), what));
  }
  return result;
}

}  // namespace

Base argument_base(const std::string& operation, const c10::Argument& argument) {
  const auto& name = argument.name();
  switch (innermost_kind(argument.real_type())) {
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      if (operation == kDimensionCount.operation && name == kDimensionCount.name) return Base::kNone;
      return contains(kDimensions, name) || contains_place(kDimensionPlaces, operation, name) ? Base::kDimension
                                                                                              : Base::kNone;
    case c10::TypeKind::TensorType:
      return contains(kIndexes, name) || contains_place(kIndexPlaces, operation, name) ? Base::kIndex : Base::kNone;
    default:
      return Base::kNone;
  }
}

Base result_base(const std::string& operation, const c10::Argument& result) {
  if (result.real_type()->kind() != c10::TypeKind::TensorType) return Base::kNone;
  return contains(kIndexResults, operation) || result.name() == "indices" ? Base::kIndex : Base::kNone;
}

c10::IValue to_zero_based(Base base, const c10::IValue& value, const std::string& what) {
  if (base == Base::kNone || value.isNone()) return value;
  if (value.isInt()) return shifted(value.toInt(), what);
  if (value.isTensor()) return shifted(value.toTensor(), what);
  if (value.isList()) return shifted_list(value, what);
  return value;
}

c10::IValue to_one_based(Base base, const c10::IValue& value) {
  if (base == Base::kNone || !value.isTensor() || !value.toTensor().defined()) return value;
  return shifted_back(value.toTensor());
}

at::Tensor classes_from_r(const at::Tensor& y) { return shifted(y, "y"); }

at::Tensor classes_to_r(const at::Tensor& y) { return y.defined() ? shifted_back(y) : y; }

}  // namespace mlr3libtorch::glue
