#include "glue/tensor_handle.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "glue/handle.h"

namespace mlr3libtorch::glue {
namespace {

constexpr const char* kWhat = "torch_tensor";
constexpr std::int64_t kSmallestLimit = std::int64_t{64} << 20;
/// What a tensor costs beside its elements: the objects of LibTorch and the allocator's rounding.
constexpr std::int64_t kOverhead = 512;
/// Smaller storages are not told apart: looking for them would cost more than they do.
constexpr std::int64_t kSmallest = 4096;

/// What handles keep in memory. Lives on R's thread only.
/// A storage counts once however many handles view it, so views of a network's memory do not add up.
class Ledger {
 public:
  void add(const void* storage, std::int64_t bytes) {
    held_ += kOverhead;
    if (bytes >= kSmallest && ++handles_[storage] > 1) return;
    held_ += bytes;
  }

  void remove(const void* storage, std::int64_t bytes) noexcept {
    held_ -= kOverhead;
    if (bytes < kSmallest) {
      held_ -= bytes;
      return;
    }
    const auto found = handles_.find(storage);
    if (found == handles_.end() || --found->second > 0) return;
    handles_.erase(found);
    held_ -= bytes;
  }

  bool is_over_limit() const noexcept { return held_ > limit_; }
  void collected() noexcept { limit_ = std::max(kSmallestLimit, 2 * held_); }
  std::int64_t held() const noexcept { return held_; }

 private:
  std::unordered_map<const void*, std::int64_t> handles_;
  std::int64_t held_ = 0;
  std::int64_t limit_ = kSmallestLimit;
};

/// Never destroyed: R may run finalizers while the process ends.
Ledger& ledger() {
  static auto* const instance = new Ledger();  // NOLINT(cppcoreguidelines-owning-memory)
  return *instance;
}

/// A tensor and what was booked for it; the storage may change afterwards (`set_data`), the booking must not.
class Box {
 public:
  explicit Box(at::Tensor tensor) : tensor_(std::move(tensor)) {
    if (!tensor_.defined() || !tensor_.has_storage()) return;
    storage_ = tensor_.storage().unsafeGetStorageImpl();
    bytes_ = static_cast<std::int64_t>(tensor_.storage().nbytes());
    ledger().add(storage_, bytes_);
  }
  ~Box() {
    if (storage_ != nullptr) ledger().remove(storage_, bytes_);
  }
  Box(const Box&) = delete;
  Box& operator=(const Box&) = delete;

  at::Tensor& tensor() noexcept { return tensor_; }

 private:
  at::Tensor tensor_;
  const void* storage_ = nullptr;
  std::int64_t bytes_ = 0;
};

SEXP tag() {
  static SEXP const symbol = Rf_install("mlr3libtorch_tensor");
  return symbol;
}

SEXP class_attribute() {
  static SEXP const value = [] {
    SEXP text = Rf_mkString("torch_tensor");
    R_PreserveObject(text);
    return text;
  }();
  return value;
}

void finalize(SEXP handle) noexcept {
  const std::unique_ptr<Box> box(static_cast<Box*>(R_ExternalPtrAddr(handle)));
  R_ClearExternalPtr(handle);
}

}  // namespace

SEXP wrap_tensor_or_null(const at::Tensor& tensor) { return tensor.defined() ? wrap_tensor(tensor) : R_NilValue; }

SEXP wrap_tensor(at::Tensor tensor) {
  const Rcpp::Shield<SEXP> handle(R_MakeExternalPtr(nullptr, tag(), R_NilValue));
  R_RegisterCFinalizerEx(handle, finalize, FALSE);
  Rf_setAttrib(handle, R_ClassSymbol, class_attribute());
  R_SetExternalPtrAddr(handle, std::make_unique<Box>(std::move(tensor)).release());
  if (ledger().is_over_limit()) {
    R_gc();
    ledger().collected();
  }
  return handle;
}

bool is_tensor_handle(SEXP value) {
  return TYPEOF(value) == EXTPTRSXP && R_ExternalPtrTag(value) == tag() && R_ExternalPtrAddr(value) != nullptr;
}

at::Tensor& unwrap_tensor(SEXP handle) {
  if (TYPEOF(handle) != EXTPTRSXP || R_ExternalPtrTag(handle) != tag()) refuse_handle(kWhat);
  auto* box = static_cast<Box*>(R_ExternalPtrAddr(handle));
  if (box == nullptr) refuse_reloaded(kWhat);
  return box->tensor();
}

double held_bytes() { return static_cast<double>(ledger().held()); }

}  // namespace mlr3libtorch::glue
