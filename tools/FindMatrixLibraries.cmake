# Finds what multiplies matrices: a BLAS with single precision, and oneDNN, which is faster for most shapes.
# oneDNN is used where LibTorch links the same shared library; a LibTorch that carries a copy inside must not meet a second
# one. Sets MATRIX_LIBRARIES, and ONEDNN_INCLUDE_DIR where oneDNN is used; tells the glue.

find_package(BLAS QUIET)
if(NOT BLAS_FOUND)
  stop_with("No BLAS library was found to link with.
On Debian or Ubuntu: apt-get install libopenblas-dev")
endif()
set(MATRIX_LIBRARIES ${BLAS_LIBRARIES})

if(NOT libtorch_home)
  find_path(ONEDNN_INCLUDE_DIR dnnl.h)
  find_library(ONEDNN_LIBRARY dnnl)
endif()
if(ONEDNN_INCLUDE_DIR AND ONEDNN_LIBRARY)
  list(PREPEND MATRIX_LIBRARIES ${ONEDNN_LIBRARY})
  message(STATUS "oneDNN: ${ONEDNN_LIBRARY}")
else()
  unset(ONEDNN_INCLUDE_DIR CACHE)
  unset(ONEDNN_INCLUDE_DIR)
endif()

set(quoted_libraries "")
foreach(library IN LISTS MATRIX_LIBRARIES)
  string(APPEND quoted_libraries " \"${library}\"")
endforeach()
file(APPEND "${CMAKE_BINARY_DIR}/glue-flags.sh" "MATRIX_LIBS='${quoted_libraries}'\n")
