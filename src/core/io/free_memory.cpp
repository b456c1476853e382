#include "core/io/free_memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>

namespace mlr3libtorch::io {
namespace {

constexpr auto kNoLimit = std::numeric_limits<std::uint64_t>::max();

std::uint64_t difference(std::uint64_t limit, std::uint64_t used) { return limit > used ? limit - used : 0; }

/// The number in a line that begins with `name`, in bytes. The system writes kB, or nothing for bytes.
std::optional<std::uint64_t> number_in(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string first;
    std::uint64_t number = 0;
    std::string unit;
    if (!(words >> first >> number) || first != name) continue;
    words >> unit;
    return unit == "kB" ? number * 1024 : number;
  }
  return std::nullopt;
}

/// The only number in a file; nothing for one that says "max".
std::optional<std::uint64_t> number_of(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

std::uint64_t left_in_group(const std::string& folder) {
  const auto limit = number_of(folder + "/memory.max");
  if (!limit) return kNoLimit;
  // Pages of files are dropped when memory is needed.
  const auto files = number_in(folder + "/memory.stat", "file").value_or(0);
  return difference(*limit, difference(number_of(folder + "/memory.current").value_or(0), files));
}

/// The least of this process's group and those above it.
std::uint64_t left_in_groups() {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  std::uint64_t left = kNoLimit;
  while (std::getline(file, line)) {
    if (line.compare(0, 3, "0::") != 0) continue;
    auto group = line.substr(3);
    while (true) {
      left = std::min(left, left_in_group("/sys/fs/cgroup" + group));
      const auto slash = group.rfind('/');
      if (group.empty() || slash == std::string::npos) break;
      group.erase(slash);
    }
  }
  return left;
}

std::uint64_t left_of_limit(decltype(RLIMIT_DATA) resource, const std::string& used) {
  struct rlimit limit {};
  if (::getrlimit(resource, &limit) == -1 || limit.rlim_cur == RLIM_INFINITY) return kNoLimit;
  return difference(limit.rlim_cur, number_in("/proc/self/status", used).value_or(0));
}

std::uint64_t half_of_machine() {
  const auto pages = ::sysconf(_SC_PHYS_PAGES);
  const auto size = ::sysconf(_SC_PAGESIZE);
  return pages < 0 || size < 0 ? kNoLimit : static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) / 2;
}

}  // namespace

std::uint64_t free_memory() {
  const auto available = number_in("/proc/meminfo", "MemAvailable:");
  return std::min({available ? *available : half_of_machine(), left_in_groups(), left_of_limit(RLIMIT_DATA, "VmData:"),
                   left_of_limit(RLIMIT_AS, "VmSize:")});
}

}  // namespace mlr3libtorch::io
