#pragma once

#include <string>

#include "core/callback/external/session.h"

// The context as a compiled callback sees it. Each throws a `base::Error` if a request cannot be met.
namespace mlr3libtorch::callback {

double read_number(const Context& context, abi::Number which);
void write_number(Context& context, abi::Number which, double value);

double read_setting(const Context& context, std::int64_t group, const std::string& name);
void write_setting(Context& context, std::int64_t group, const std::string& name, double value);

/// What is lent stays in the session's `tensors` until the stage has ended.
abi::Array lend_array(abi::Session& session, abi::ArrayKind kind, std::int64_t index);

}  // namespace mlr3libtorch::callback
