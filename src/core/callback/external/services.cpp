#include "core/callback/external/services.h"

#include <ATen/ATen.h>

#include <limits>

#include "core/base/error.h"
#include "core/callback/external/context_access.h"

namespace mlr3libtorch::callback {
namespace {

using abi::Outcome;
using abi::Session;

/// Keeps what `body` throws, a condition of the host language included, until the compiled code has been left.
template <class Body>
Outcome answer(Session* session, const Body& body) {
  try {
    body();
    return abi::kDone;
  } catch (const std::exception& error) {
    session->problem = error.what();
    session->refusal = std::current_exception();
  } catch (...) {
    session->problem = "Training was left.";
    session->refusal = std::current_exception();
  }
  return abi::kRefused;
}

template <class Part>
Part& there(Part* part, const char* what) {
  if (part != nullptr) return *part;
  throw base::Error("handle", std::string("A callback's ") + what + ".", {{"what", std::string("callback")}});
}

Context& context_of(const Session* session) {
  return there(session->context, "context can be used only while one of its stages runs");
}
const value::Arguments& arguments_of(const Session* session) {
  return there(session->arguments, "arguments can be read only in its constructor");
}
/// The session's argument keeps the memory of what this returns.
c10::IValue argument(const Session* session, const std::string& name) { return arguments_of(session).at(name); }
value::Dictionary& saved_by(const Session* session) { return there(session->saved, "state can be set only in save()"); }
const value::Dictionary& loaded_by(const Session* session) {
  return there(session->loaded, "state can be read only in load()");
}

const char* problem(const Session* session) { return session->problem.c_str(); }

Outcome serve_read_number(Session* session, abi::Number which, double* value) {
  return answer(session, [&] { *value = read_number(context_of(session), which); });
}

Outcome serve_write_number(Session* session, abi::Number which, double value) {
  return answer(session, [&] { write_number(context_of(session), which, value); });
}

Outcome serve_read_setting(Session* session, std::int64_t group, const char* name, double* value) {
  return answer(session, [&] { *value = read_setting(context_of(session), group, name); });
}

Outcome serve_write_setting(Session* session, std::int64_t group, const char* name, double value) {
  return answer(session, [&] { write_setting(context_of(session), group, name, value); });
}

Outcome serve_read_array(Session* session, abi::ArrayKind kind, std::int64_t index, abi::Array* array) {
  return answer(session, [&] {
    context_of(session);
    *array = lend_array(*session, kind, index);
  });
}

Outcome serve_read_score(Session* session, abi::Phase phase, const char* measure, double* value) {
  return answer(session, [&] {
    context_of(session);
    *value = session->scores ? session->scores(phase == abi::kTrain ? "train" : "valid", measure)
                             : std::numeric_limits<double>::quiet_NaN();
  });
}

Outcome argument_is_none(Session* session, const char* name, std::int32_t* is_none) {
  return answer(session, [&] { *is_none = arguments_of(session).is_none(name); });
}

/// Keeps the numbers in the session and returns their address.
void lend(Session* session, std::vector<double> numbers, const double** data, std::int64_t* count) {
  session->numbers.push_back(std::move(numbers));
  *data = session->numbers.back().data();
  *count = static_cast<std::int64_t>(session->numbers.back().size());
}

Outcome argument_numbers(Session* session, const char* name, const double** data, std::int64_t* count) {
  return answer(session, [&] {
    const auto value = argument(session, name);
    if (value.isBool()) return lend(session, {value.toBool() ? 1.0 : 0.0}, data, count);
    lend(session, value::read_numbers(value, std::string("the argument '") + name + "'"), data, count);
  });
}

Outcome argument_text(Session* session, const char* name, const char** text) {
  return answer(session, [&] {
    const auto value = argument(session, name);
    if (!value.isString()) throw base::Error("callback", std::string("The argument '") + name + "' is not a text.");
    *text = value.toStringRef().c_str();
  });
}

Outcome put_numbers(Session* session, const char* name, const double* data, std::int64_t count) {
  return answer(session, [&] { saved_by(session).insert_or_assign(name, std::vector<double>(data, data + count)); });
}

Outcome put_floats(Session* session, const char* name, const float* data, std::int64_t count) {
  return answer(session, [&] {
    auto tensor = at::empty({count}, at::kFloat);
    std::copy(data, data + count, tensor.data_ptr<float>());
    saved_by(session).insert_or_assign(name, std::move(tensor));
  });
}

Outcome state_contains(Session* session, const char* name, std::int32_t* contains) {
  return answer(session, [&] { *contains = loaded_by(session).contains(name); });
}

Outcome get_numbers(Session* session, const char* name, const double** data, std::int64_t* count) {
  return answer(session, [&] {
    const auto value = value::field(loaded_by(session), name, "callback");
    lend(session, value::read_numbers(value, std::string("'") + name + "'"), data, count);
  });
}

Outcome get_floats(Session* session, const char* name, const float** data, std::int64_t* count) {
  return answer(session, [&] {
    const auto value = value::field(loaded_by(session), name, "callback");
    const bool is_fit = value.isTensor() && value.toTensor().defined() && value.toTensor().scalar_type() == at::kFloat;
    if (!is_fit) {
      throw base::Error("state", std::string("In a saved state, '") + name + "' is not a tensor of type float32.",
                        {{"field", std::string(name)}});
    }
    session->tensors.push_back(value.toTensor().cpu().contiguous());
    *data = session->tensors.back().data_ptr<float>();
    *count = session->tensors.back().numel();
  });
}

}  // namespace

const abi::Services& services() {
  static const abi::Services table{
      problem,          serve_read_number, serve_write_number, serve_read_setting, serve_write_setting,
      serve_read_array, serve_read_score,  argument_is_none,   argument_numbers,   argument_text,
      put_numbers,      put_floats,        state_contains,     get_numbers,        get_floats};
  return table;
}

}  // namespace mlr3libtorch::callback
