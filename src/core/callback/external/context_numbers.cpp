#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/callback/context_fields.h"
#include "core/callback/external/context_access.h"
#include "core/value/largest_whole.h"

namespace mlr3libtorch::callback {
namespace {

constexpr bool is_number(FieldType type) {
  return type == FieldType::kCount || type == FieldType::kFlag || type == FieldType::kNumber;
}

constexpr bool has_number(std::string_view name) {
  const auto* field = find_context_field(name);
  return field != nullptr && is_number(field->type);
}

#define MLR3LIBTORCH_NUMBER(number, field) static_assert(has_number(#field));
MLR3LIBTORCH_NUMBERS(MLR3LIBTORCH_NUMBER)
#undef MLR3LIBTORCH_NUMBER

/// nullptr for a number that is not a field of the context.
const ContextField* field_of(abi::Number which) {
  switch (which) {
#define MLR3LIBTORCH_NUMBER(number, field) \
  case abi::number:                        \
    return find_context_field(#field);
    MLR3LIBTORCH_NUMBERS(MLR3LIBTORCH_NUMBER)
#undef MLR3LIBTORCH_NUMBER
    default:
      return nullptr;
  }
}

double as_number(std::int64_t value) { return static_cast<double>(value); }
double as_number(std::size_t value) { return static_cast<double>(value); }

double as_number(const c10::IValue& value) {
  if (value.isNone()) return std::numeric_limits<double>::quiet_NaN();
  return value.isBool() ? value.toBool() : value.toScalar().toDouble();
}

c10::IValue as_value(const ContextField& field, double value) {
  if (field.type == FieldType::kFlag) return value != 0;
  if (std::abs(value) <= value::kLargestWhole && std::floor(value) == value) return static_cast<std::int64_t>(value);
  const std::string name(field.name);
  throw base::Error("argument", "'" + name + "' must be a whole number, not " + std::to_string(value) + ".",
                    {{"argument", name}});
}

const optim::ParameterGroup& group_at(const Context& context, std::int64_t group) {
  const auto& groups = context.optimizer.groups();
  if (group >= 0 && group < static_cast<std::int64_t>(groups.size())) return groups[static_cast<std::size_t>(group)];
  throw base::Error("argument",
                    "There is no parameter group " + std::to_string(group) + "; groups count from 0 and there are " +
                        std::to_string(groups.size()) + ".",
                    {{"argument", std::string("group")}});
}

/// A new value of the type that the setting has.
c10::IValue as_setting(const c10::IValue& current, double value) {
  if (current.isBool()) return value != 0;
  if (current.isInt() && std::floor(value) == value) return static_cast<std::int64_t>(value);
  return value;
}

}  // namespace

double read_number(const Context& context, abi::Number which) {
  if (const auto* field = field_of(which)) return as_number(field->get(context));
  switch (which) {
    case abi::kBatches:
      return as_number(context.loader_train.size());
    case abi::kRowsTrain:
      return as_number(context.loader_train.rows());
    case abi::kGroupCount:
      return as_number(context.optimizer.groups().size());
    case abi::kParameterCount:
      return as_number(context.network.memory().ranges.size());
    case abi::kInputCount:
      return as_number(context.batch.x.size());
    case abi::kOutputCount:
      return as_number(context.y_hats.size());
    default:
      throw base::Error("internal", "A compiled callback asked for a number that does not exist.");
  }
}

void write_number(Context& context, abi::Number which, double value) {
  const auto* field = field_of(which);
  if (field == nullptr || field->set == nullptr) {
    throw base::Error("internal", "A compiled callback wrote a number that is read-only.");
  }
  field->set(context, as_value(*field, value));
}

double read_setting(const Context& context, std::int64_t group, const std::string& name) {
  const auto& setting = group_at(context, group).settings.at(name);
  if (setting.isBool()) return setting.toBool();
  if (setting.isDouble() || setting.isInt()) return setting.toScalar().toDouble();
  throw base::Error("argument", "The optimizer's setting '" + name + "' is not one number.", {{"argument", name}});
}

void write_setting(Context& context, std::int64_t group, const std::string& name, double value) {
  group_at(context, group);
  auto& settings = context.optimizer.groups()[static_cast<std::size_t>(group)].settings;
  settings.set(name, as_setting(settings.at(name), value));
}

}  // namespace mlr3libtorch::callback
