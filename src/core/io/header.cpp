#include "core/io/header.h"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

#include <nlohmann/json.hpp>

#include "core/io/checksum.h"
#include "core/io/dtype.h"

namespace mlr3libtorch::io {
namespace {

using nlohmann::json;

constexpr char kMetadata[] = "__metadata__";
// Header, tensor, shape: a header is not nested deeper.
constexpr int kDeepest = 3;
constexpr std::size_t kMostDimensions = 64;
constexpr std::size_t kAlignment = 8;

std::string quoted(const std::string& text) {
  try {
    return json(text).dump();
  } catch (const json::type_error&) {
    throw base::ConfigError("Names and metadata in a safetensors file must be UTF-8.");
  }
}

std::string format_entry(const Entry& entry) {
  return quoted(entry.name) + R"(:{"dtype":")" + name_of_dtype(entry.dtype).value() + R"(","shape":)" +
         json(entry.shape).dump() + R"(,"data_offsets":[)" + std::to_string(entry.begin) + "," +
         std::to_string(entry.end) + "]}";
}

/// Turns the text of one header into a Header; one function for each rule.
class Parser {
 public:
  Parser(const std::string& text, std::uint64_t data_size, const std::string& path)
      : text_(text), data_size_(data_size), path_(path) {}

  Header parse() {
    const json document = parse_json();
    Header header;
    for (const auto& [name, value] : document.items()) {
      if (name == kMetadata) {
        header.metadata = parse_metadata(value);
      } else {
        header.entries.push_back(parse_entry(name, value));
      }
    }
    check_layout(&header.entries);
    return header;
  }

 private:
  [[noreturn]] void refuse(const std::string& reason) const { throw damaged_file(path_, reason); }

  json parse_json() const {
    if (text_.empty() || text_.front() != '{') refuse("its header does not begin with '{'");
    // The JSON reader takes a null character for the end of the text and would ignore the rest.
    if (text_.find('\0') != std::string::npos) refuse("its header contains a null character");
    std::map<int, std::set<std::string>> keys;
    const auto check = [&](int depth, json::parse_event_t event, json& parsed) {
      if (depth > kDeepest) refuse("its header is nested too deeply");
      if (event == json::parse_event_t::object_start) keys[depth + 1].clear();
      if (event == json::parse_event_t::key && !keys[depth].insert(parsed.get<std::string>()).second) {
        refuse("its header has the key '" + parsed.get<std::string>() + "' twice");
      }
      return true;
    };
    try {
      return json::parse(text_, check);
    } catch (const json::exception&) {
      refuse("its header is not JSON");
    }
  }

  std::map<std::string, std::string> parse_metadata(const json& value) const {
    if (!value.is_object()) refuse("its metadata are not an object");
    std::map<std::string, std::string> metadata;
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) refuse("the metadata '" + key + "' is not a string");
      metadata[key] = text.get<std::string>();
    }
    return metadata;
  }

  Entry parse_entry(const std::string& name, const json& value) const {
    const auto what = "tensor '" + name + "'";
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") ||
        !value.contains("data_offsets")) {
      refuse(what + " must have exactly 'dtype', 'shape' and 'data_offsets'");
    }
    Entry entry;
    entry.name = name;
    entry.dtype = parse_dtype(what, value.at("dtype"));
    entry.shape = parse_integers(what, "shape", value.at("shape"));
    if (entry.shape.size() > kMostDimensions) refuse(what + " has too many dimensions");
    const auto offsets = parse_integers(what, "data_offsets", value.at("data_offsets"));
    if (offsets.size() != 2) refuse("the data_offsets of " + what + " are not two numbers");
    entry.begin = static_cast<std::uint64_t>(offsets[0]);
    entry.end = static_cast<std::uint64_t>(offsets[1]);
    check_size(what, entry);
    return entry;
  }

  c10::ScalarType parse_dtype(const std::string& what, const json& value) const {
    const auto dtype = value.is_string() ? dtype_of_name(value.get<std::string>()) : std::nullopt;
    if (!dtype) refuse(what + " has the unknown dtype " + value.dump());
    return *dtype;
  }

  std::vector<std::int64_t> parse_integers(const std::string& what, const std::string& field, const json& value) const {
    constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const auto is_integer = [&](const json& number) {
      return number.is_number_unsigned() && number.get<std::uint64_t>() <= kLargest;
    };
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_integer)) {
      refuse("the " + field + " of " + what + " must be an array of integers that are not negative");
    }
    return value.get<std::vector<std::int64_t>>();
  }

  void check_size(const std::string& what, const Entry& entry) const {
    std::uint64_t size = 0;
    if (!byte_size(entry.dtype, entry.shape, &size)) refuse("the shape of " + what + " is too large");
    if (entry.end < entry.begin || entry.end - entry.begin != size) {
      refuse("the data_offsets of " + what + " do not fit its dtype and shape");
    }
    if (entry.end > data_size_) refuse(what + " ends after the end of the file");
  }

  void check_layout(std::vector<Entry>* entries) const {
    std::sort(entries->begin(), entries->end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    std::uint64_t position = 0;
    for (const auto& entry : *entries) {
      if (entry.begin < position) refuse("tensor '" + entry.name + "' overlaps another");
      if (entry.begin > position) refuse("there is a hole before tensor '" + entry.name + "'");
      position = entry.end;
    }
    if (position != data_size_) refuse("the file is longer or shorter than its header says");
  }

  const std::string& text_;
  std::uint64_t data_size_;
  const std::string& path_;
};

}  // namespace

base::FileError damaged_file(const std::string& path, const std::string& reason) {
  return {path, "'" + path + "' is damaged or not a safetensors file: " + reason + "."};
}

bool byte_size(c10::ScalarType dtype, const std::vector<std::int64_t>& shape, std::uint64_t* size) {
  auto product = static_cast<std::int64_t>(c10::elementSize(dtype));
  bool is_empty = false;
  for (const auto dimension : shape) {
    is_empty = is_empty || dimension == 0;
    if (__builtin_mul_overflow(product, std::max<std::int64_t>(dimension, 1), &product)) return false;
  }
  *size = is_empty ? 0 : static_cast<std::uint64_t>(product);
  return true;
}

std::string format_header(const Header& header) {
  if (header.metadata.count(kChecksumKey)) {
    throw base::ConfigError("The metadata key 'checksum' of a safetensors file is reserved.");
  }
  std::string text = kSealedStart + std::string(Checksum::kDigits, '0') + "\"";
  for (const auto& [key, value] : header.metadata) text += "," + quoted(key) + ":" + quoted(value);
  text += "}";
  for (const auto& entry : header.entries) text += "," + format_entry(entry);
  text += "}";
  text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');
  return text;
}

Header parse_header(const std::string& text, std::uint64_t data_size, const std::string& path) {
  return Parser(text, data_size, path).parse();
}

}  // namespace mlr3libtorch::io
