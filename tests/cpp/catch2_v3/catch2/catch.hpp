#pragma once

// Catch2's version 3 under the names of version 2, which the tests use; on the include path with version 3 only.
#include <catch2/catch_all.hpp>
#include <string>

using Catch::Approx;

namespace Catch {

using Matchers::StartsWith;
using Matchers::VectorContains;

inline auto Contains(const std::string& text) { return Matchers::ContainsSubstring(text); }

}  // namespace Catch
