#include "core/train/heap_scope.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace mlr3libtorch::train {

#ifdef __GLIBC__
namespace {

/// Larger blocks come from the operating system one by one. The library takes no larger number, and comes to it by
/// itself once a program has freed a block of that size.
constexpr int kLargestBlock = 32 << 20;
/// The free memory that a process keeps, and how much it asks for at once: what the library comes to by itself.
constexpr int kKept = 2 * kLargestBlock;
constexpr int kAskedFor = 128 << 10;
/// The same during a run.
constexpr int kKeptInRun = 2047 << 20;
constexpr int kAskedForInRun = 64 << 20;

bool is_set_outside() {
  constexpr std::array<const char*, 4> kVariables{"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_",
                                                  "GLIBC_TUNABLES"};
  const auto is_given = [](const char* name) { return std::getenv(name) != nullptr; };
  return std::any_of(kVariables.begin(), kVariables.end(), is_given);
}

bool set_heap(int kept, int asked_for) {
  return mallopt(M_MMAP_THRESHOLD, kLargestBlock) == 1 && mallopt(M_TRIM_THRESHOLD, kept) == 1 &&
         mallopt(M_TOP_PAD, asked_for) == 1;
}

}  // namespace

HeapScope::HeapScope() : is_set_(!is_set_outside() && set_heap(kKeptInRun, kAskedForInRun)) {}

HeapScope::~HeapScope() {
  if (is_set_) set_heap(kKept, kAskedFor);
}
#else
HeapScope::HeapScope() : is_set_(false) {}

HeapScope::~HeapScope() = default;
#endif

}  // namespace mlr3libtorch::train
