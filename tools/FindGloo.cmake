# Finds out whether workers of a run can be connected: LibTorch must have been built with Gloo, whose headers are
# needed. Sets GLOO_FITS.

try_compile(GLOO_FITS "${CMAKE_BINARY_DIR}/gloo" "${CMAKE_SOURCE_DIR}/tools/gloo_probe.cpp"
  CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${TORCH_INCLUDE_DIRS}"
  COMPILE_DEFINITIONS -DUSE_DISTRIBUTED -DUSE_C10D_GLOO
  LINK_LIBRARIES ${TORCH_LIBRARIES} CXX_STANDARD 17)
if(NOT GLOO_FITS)
  message(STATUS "Gloo was not found: runs cannot be spread over workers (Debian, Ubuntu: apt-get install libgloo-dev).")
endif()
