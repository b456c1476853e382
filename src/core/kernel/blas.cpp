#include "core/kernel/blas.h"

#include <dlfcn.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "core/kernel/vectorised.h"

namespace mlr3libtorch::kernel {
namespace {

/// Functions that only tuned libraries have: OpenBLAS, MKL, BLIS, ATLAS.
constexpr std::array<const char*, 4> kMarks{"openblas_get_config", "mkl_get_version", "bli_info_get_version_str",
                                            "ATL_buildinfo"};

/// OpenBLAS's names of processors without AVX2 that it takes unknown ones for.
constexpr std::array<const char*, 9> kOldProcessors{"prescott", "core2",     "penryn",  "dunnington", "nehalem",
                                                    "opteron",  "barcelona", "generic", "sandybridge"};

bool is_old(const std::string& processor) {
  const auto same = [&](const char* old) { return strcasecmp(processor.c_str(), old) == 0; };
  return std::any_of(kOldProcessors.begin(), kOldProcessors.end(), same);
}

bool has_avx2() {
#ifdef MLR3LIBTORCH_DISPATCH
  return vectorised::units() != vectorised::Units::kBaseline;
#else
  return false;
#endif
}

std::string processor_of_openblas() {
  using Name = const char* (*)();
  const auto name = reinterpret_cast<Name>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  const char* const found = name == nullptr ? nullptr : name();
  return found == nullptr ? "" : found;
}

/// The target of links: a library is often found under a name that several share.
std::string real_path(const char* path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path, nullptr), &std::free);
  return real == nullptr ? path : real.get();
}

bool is_marked(const std::string& library) {
  void* handle = dlopen(library.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr) return true;
  const bool found =
      std::any_of(kMarks.begin(), kMarks.end(), [&](const char* mark) { return dlsym(handle, mark) != nullptr; });
  dlclose(handle);
  return found;
}

}  // namespace

Blas find_blas() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&sgemm_), &info) == 0 || info.dli_fname == nullptr) return {};
  const auto library = real_path(info.dli_fname);
  const auto name = library.substr(library.rfind('/') + 1);
  const bool is_plain = name.rfind("libblas.", 0) == 0 || name.rfind("libRblas.", 0) == 0;
  const auto processor = processor_of_openblas();
  return {library, is_plain && !is_marked(library), processor, has_avx2() && is_old(processor)};
}

}  // namespace mlr3libtorch::kernel
