# Finds a BLAS with single precision. Sets BLAS_LIBRARIES; tells the glue.

find_package(BLAS QUIET)
if(NOT BLAS_FOUND)
  lacks("a BLAS to link with" libopenblas-dev)
  return()
endif()

set(quoted_libraries "")
foreach(library IN LISTS BLAS_LIBRARIES)
  string(APPEND quoted_libraries " \"${library}\"")
endforeach()
file(APPEND "${CMAKE_BINARY_DIR}/glue-flags.sh" "BLAS_LIBRARIES='${quoted_libraries}'\n")
