# How the build says that it cannot go on.
#
# What it says is also written to ${CMAKE_BINARY_DIR}/why-not, for configure to show without CMake's frame.

file(REMOVE "${CMAKE_BINARY_DIR}/why-not")

function(stop_with text)
  file(WRITE "${CMAKE_BINARY_DIR}/why-not" "${text}\n")
  message(FATAL_ERROR "${text}")
endfunction()

# Libraries that were not found are collected, with the Debian package of each, and reported at once.
set(LACKING "")
set(LACKING_PACKAGES "")
macro(lacks what debian_package)
  string(APPEND LACKING "  ${what}\n")
  string(APPEND LACKING_PACKAGES " ${debian_package}")
endmacro()

function(stop_if_something_lacks)
  if(LACKING)
    stop_with("These were not found:
${LACKING}On Debian or Ubuntu, as root: apt-get install${LACKING_PACKAGES}
Elsewhere, install them where CMake looks, or name their place in CMAKE_PREFIX_PATH. LibTorch: unpack the 'cxx11 ABI'
archive and set LIBTORCH_HOME to its folder.")
  endif()
endfunction()
