#include "core/script/source_text.h"

#include <algorithm>
#include <sstream>
#include <vector>

namespace mlr3libtorch::script {
namespace {

constexpr const char* kSpace = " \t\r";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool is_empty(const std::string& line) { return line.find_first_not_of(kSpace) == std::string::npos; }

}  // namespace

std::string without_indent(const std::string& code) {
  auto lines = lines_of(code);
  lines.erase(lines.begin(), std::find_if_not(lines.begin(), lines.end(), is_empty));
  auto indent = std::string::npos;
  for (const auto& line : lines) indent = std::min(indent, line.find_first_not_of(kSpace));
  std::string text;
  for (const auto& line : lines) text += (is_empty(line) ? "" : line.substr(indent)) + "\n";
  return text;
}

std::string compiler_message(const std::string& message) {
  std::string text;
  for (const auto& line : lines_of(message)) {
    if (line.rfind("Exception raised from ", 0) == 0) break;
    text += line + "\n";
  }
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "the compiler gave no message.";
  return text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
}

}  // namespace mlr3libtorch::script
