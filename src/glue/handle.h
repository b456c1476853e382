#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/base/error.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// The names of a type's handles; specialised by each type that R may hold.
///     tag      one symbol per type; a pointer with another tag is refused
///     what     how messages name it ("training context")
///     r_class  the class attribute in R
///     ended    the message for a handle whose object was taken away while R kept the pointer
template <class T>
struct HandleName;

class HandleError : public base::Error {
 public:
  HandleError(const std::string& what, const std::string& message) : Error("handle", message, {{"what", what}}) {}
};

[[noreturn]] inline void refuse_handle(const std::string& what) {
  throw HandleError(what, "This is not a " + what + ".");
}

[[noreturn]] inline void refuse_reloaded(const std::string& what) {
  throw HandleError(what, "This " + what + " was saved and reloaded; R's files cannot hold the object behind it.");
}

/// The external pointer by which R holds a C++ object.
/// R owns the box; the box shares the object until `end()` empties it or the garbage collector frees the box.
template <class T>
class Handle {
 public:
  /// `keep` is an R object that lives as long as the handle (memory that the object borrows).
  static SEXP make(std::shared_ptr<T> object, SEXP keep = R_NilValue) {
    auto box = std::make_unique<Box>(Box{std::move(object)});
    const Rcpp::Shield<SEXP> pointer(R_MakeExternalPtr(nullptr, tag(), keep));
    R_RegisterCFinalizerEx(pointer, finalize, FALSE);
    Rf_setAttrib(pointer, R_ClassSymbol, Rcpp::wrap(std::string(HandleName<T>::kRClass)));
    R_SetExternalPtrAddr(pointer, box.release());
    return pointer;
  }

  static std::shared_ptr<T> share(SEXP pointer) {
    const auto* box = checked_box(pointer);
    if (!box->object) throw HandleError(HandleName<T>::kWhat, HandleName<T>::kEnded);
    return box->object;
  }

  static T& get(SEXP pointer) { return *share(pointer); }

  /// Whether `get()` would succeed; also false for what is not a handle of this type.
  static bool is_alive(SEXP pointer) {
    if (!is_handle(pointer)) return false;
    const auto* box = static_cast<Box*>(R_ExternalPtrAddr(pointer));
    return box != nullptr && box->object != nullptr;
  }

  /// Takes the object away from the handle; from now on, using R's copies of the pointer gives the `ended` message.
  static void end(SEXP pointer) { checked_box(pointer)->object.reset(); }

 private:
  struct Box {
    std::shared_ptr<T> object;
  };

  static SEXP tag() { return Rf_install(HandleName<T>::kTag); }

  static bool is_handle(SEXP pointer) { return TYPEOF(pointer) == EXTPTRSXP && R_ExternalPtrTag(pointer) == tag(); }

  static Box* checked_box(SEXP pointer) {
    if (!is_handle(pointer)) refuse_handle(HandleName<T>::kWhat);
    auto* box = static_cast<Box*>(R_ExternalPtrAddr(pointer));
    if (box == nullptr) refuse_reloaded(HandleName<T>::kWhat);
    return box;
  }

  static void finalize(SEXP pointer) noexcept {
    const std::unique_ptr<Box> box(static_cast<Box*>(R_ExternalPtrAddr(pointer)));
    R_ClearExternalPtr(pointer);
  }
};

}  // namespace mlr3libtorch::glue
