#include "glue/operation_error.h"

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include "glue/convert.h"

namespace mlr3libtorch::glue {
namespace {

std::vector<std::string> schema_texts(const Operation& operation) {
  std::vector<std::string> texts;
  for (const auto& overload : operation.overloads) texts.push_back(schema_text(overload));
  return texts;
}

std::string listed(const std::vector<std::string>& texts) {
  std::string list;
  for (const auto& text : texts) list += "\n  " + text;
  return list;
}

std::vector<std::string> argument_names(const Operation& operation) {
  std::set<std::string> names;
  for (const auto& overload : operation.overloads) {
    for (const auto& argument : overload.handle.schema().arguments()) names.insert(argument.name());
  }
  return {names.begin(), names.end()};
}

/// "Dimension out of range (expected to be in range of [-2, 1], but got 2)" counts from 0; R's user did not.
std::string with_dimension(const std::string& message) {
  static const std::regex pattern(
      R"(Dimension out of range \(expected to be in range of \[(-?\d+), (-?\d+)\], but got (-?\d+)\))");
  std::smatch match;
  if (!std::regex_search(message, match, pattern)) return message;
  const auto highest = std::stoll(match[2]) + 1;
  const auto given = std::stoll(match[3]);
  std::ostringstream text;
  text << "Dimension " << (given >= 0 ? given + 1 : given) << " is out of range; dimensions are 1 to " << highest
       << " (or -1 to " << match[1] << ", from the end).";
  return text.str();
}

/// Other places in messages that count from 0, each behind its words.
std::string one_based(const std::string& message) {
  static const std::regex place(
      R"(((?:^|[^a-z])(?:index|Target|[Dd]imension|dim|tensor number) )(\d+)(?=\.| is out of bounds| out of range|,| with| on| in the list|:|;|$))");
  std::string text;
  auto from = message.cbegin();
  for (std::sregex_iterator match(message.begin(), message.end(), place), end; match != end; ++match) {
    text.append(from, (*match)[2].first);
    text += std::to_string(std::stoll((*match)[2]) + 1);
    from = (*match)[2].second;
  }
  return with_dimension(text.append(from, message.cend()));
}

}  // namespace

std::string schema_text(const Overload& overload) {
  std::ostringstream text;
  text << overload.handle.schema();
  const std::string prefix = "aten::";
  const auto full = text.str();
  return full.rfind(prefix, 0) == 0 ? full.substr(prefix.size()) : full;
}

base::Error unknown_operation(const std::string& name) {
  return base::Error("unknown_operation", "LibTorch has no operation '" + name + "'.",
                     {{"given", name}, {"operation", name}, {"known", operation_names()}});
}

base::Error operation_failed(const Operation& operation, const Overload& overload, const std::string& message) {
  const auto prefix = operation.name + "(): ";
  const bool is_named = message.rfind(prefix, 0) == 0;
  return base::Error("tensor", prefix + one_based(is_named ? message.substr(prefix.size()) : message),
                     {{"operation", operation.name}, {"schema", schema_text(overload)}});
}

base::Error no_such_form(const Operation& operation, const std::vector<std::string>& given_names) {
  const auto schemas = schema_texts(operation);
  const auto known = argument_names(operation);
  for (const auto& name : given_names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return base::Error(
        "argument", operation.name + "() has no argument '" + name + "'.",
        {{"operation", operation.name}, {"argument", name}, {"given", name}, {"known", known}, {"schema", schemas}});
  }
  return base::Error("argument",
                     operation.name + "() does not take these arguments. It can be called as" + listed(schemas),
                     {{"operation", operation.name}, {"schema", schemas}});
}

void explain_misfit(const Operation& operation, const Overload& overload, const std::vector<SEXP>& placed) {
  const auto& arguments = overload.handle.schema().arguments();
  const auto refuse = [&](const std::string& name, const std::string& message) {
    throw base::Error("argument", operation.name + "(): " + message + " The schema is " + schema_text(overload),
                      {{"operation", operation.name}, {"argument", name}, {"schema", schema_text(overload)}});
  };
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& argument = arguments[i];
    if (placed[i] == nullptr) {
      if (!argument.default_value() && !overload.parameters[i].is_optional)
        refuse(argument.name(), "argument '" + argument.name() + "' is required.");
      continue;
    }
    try {
      to_ivalue(placed[i], argument.real_type(), argument.name());
    } catch (const base::Error& error) {
      refuse(argument.name(), error.what());
    }
  }
}

}  // namespace mlr3libtorch::glue
