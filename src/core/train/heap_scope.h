#pragma once

namespace mlr3libtorch::train {

/// Keeps memory that tensors give back within the process, for the tensors of the next step: otherwise each step gets
/// its large ones from the operating system, page after page, which takes a tenth to a quarter of its time.
/// What is freed after that goes back as usual. For the GNU C library; others are left as they are, as is one whose
/// settings come from the environment (MALLOC_..., GLIBC_TUNABLES). See docs/decisions/kept_memory.md.
class HeapScope {
 public:
  HeapScope();
  ~HeapScope();
  HeapScope(const HeapScope&) = delete;
  HeapScope& operator=(const HeapScope&) = delete;

 private:
  bool is_set_;
};

}  // namespace mlr3libtorch::train
