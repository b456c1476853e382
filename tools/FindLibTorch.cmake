# Finds LibTorch and says in words what does not fit.
#
# Sets LIBTORCH_VERSION, LIBTORCH_LIB_DIR and writes ${CMAKE_BINARY_DIR}/glue-flags.sh for configure.

set(how_to_get "On Debian or Ubuntu: apt-get install libtorch-dev
Elsewhere: unpack the 'cxx11 ABI' archive of LibTorch (1.13 to 2.x) and set LIBTORCH_HOME to its folder.")

# --- where it is
# LibTorch's own files look for its parts in the system first, which would mix the headers of one LibTorch with the
# library of another: what is in CMAKE_PREFIX_PATH comes before that.
set(libtorch_home "$ENV{LIBTORCH_HOME}")
if(libtorch_home)
  get_filename_component(libtorch_home "${libtorch_home}" ABSOLUTE)
  list(PREPEND CMAKE_PREFIX_PATH "${libtorch_home}")
  find_package(Torch QUIET PATHS "${libtorch_home}" NO_DEFAULT_PATH)
  if(NOT Torch_FOUND)
    stop_with("LIBTORCH_HOME is '${libtorch_home}', but no LibTorch was found there
(there is no share/cmake/Torch/TorchConfig.cmake below it, or it needs a library that is not installed).
Unpack LibTorch there, or unset LIBTORCH_HOME to use the system's.")
  endif()
else()
  find_package(Torch QUIET)
  if(NOT Torch_FOUND)
    lacks("LibTorch (1.13 to 2.x)" libtorch-dev)
    return()
  endif()
endif()
get_target_property(torch_location torch LOCATION)
get_filename_component(LIBTORCH_LIB_DIR "${torch_location}" DIRECTORY)

# --- whether all of it comes from LIBTORCH_HOME, if that is set
function(is_below path folder answer)
  get_filename_component(real_path "${path}" REALPATH)
  get_filename_component(real_folder "${folder}" REALPATH)
  string(FIND "${path}/" "${folder}/" as_written)
  string(FIND "${real_path}/" "${real_folder}/" as_resolved)
  if(as_written EQUAL 0 OR as_resolved EQUAL 0)
    set(${answer} TRUE PARENT_SCOPE)
  else()
    set(${answer} FALSE PARENT_SCOPE)
  endif()
endfunction()

if(libtorch_home)
  set(parts ${TORCH_INCLUDE_DIRS} ${TORCH_LIBRARY} ${c10_LIBRARY})
  foreach(part IN ITEMS torch torch_cpu c10)
    get_target_property(location ${part} LOCATION)
    list(APPEND parts "${location}")
  endforeach()
  foreach(part IN LISTS parts)
    is_below("${part}" "${libtorch_home}" comes_from_home)
    if(NOT comes_from_home)
      stop_with("LIBTORCH_HOME is '${libtorch_home}', but this part of LibTorch would come from elsewhere:
  ${part}
Parts of two versions do not fit together. Unpack the whole archive into LIBTORCH_HOME, or unset LIBTORCH_HOME to use
the system's LibTorch.")
    endif()
  endforeach()
endif()

# --- its version
find_file(libtorch_version_header torch/version.h PATHS ${TORCH_INCLUDE_DIRS} NO_DEFAULT_PATH NO_CACHE)
file(STRINGS "${libtorch_version_header}" version_lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
string(REGEX REPLACE "[^0-9]+" "." LIBTORCH_VERSION "${version_lines}")
string(REGEX REPLACE "^\\.|\\.$" "" LIBTORCH_VERSION "${LIBTORCH_VERSION}")
if(LIBTORCH_VERSION VERSION_LESS 1.13 OR LIBTORCH_VERSION VERSION_GREATER_EQUAL 3)
  stop_with("LibTorch ${LIBTORCH_VERSION} in ${LIBTORCH_LIB_DIR} does not fit: 1.13 to 2.x is needed.\n${how_to_get}")
endif()

# --- its C++ ABI: a function that returns a std::string has another name in each
if(TORCH_CXX_FLAGS MATCHES "_GLIBCXX_USE_CXX11_ABI=0")
  set(abi_fits FALSE)
else()
  try_compile(abi_fits "${CMAKE_BINARY_DIR}/abi" "${CMAKE_SOURCE_DIR}/tools/abi_probe.cpp"
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${TORCH_INCLUDE_DIRS}"
    LINK_LIBRARIES "${c10_LIBRARY}" CXX_STANDARD 17 OUTPUT_VARIABLE abi_output)
endif()
if(NOT abi_fits)
  message(STATUS "${abi_output}")
  stop_with("LibTorch ${LIBTORCH_VERSION} in ${LIBTORCH_LIB_DIR} does not link with R's C++ compiler (${CMAKE_CXX_COMPILER}).
Most often it was built with the old C++ ABI; take the archive whose name says 'cxx11-abi'.
${how_to_get}
What the compiler said is in build/core/configure.log.")
endif()

# --- what the glue needs
set(libtorch_include_dirs ${TORCH_INCLUDE_DIRS})
# Compilers search these anyway, and naming them breaks the order of the standard headers.
list(REMOVE_ITEM libtorch_include_dirs ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
list(REMOVE_DUPLICATES libtorch_include_dirs)
set(cppflags "")
foreach(folder IN LISTS libtorch_include_dirs)
  string(APPEND cppflags " -isystem \"${folder}\"")
endforeach()
set(libs "-ltorch -ltorch_cpu -lc10")
if(NOT LIBTORCH_LIB_DIR IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
  string(PREPEND libs "-L\"${LIBTORCH_LIB_DIR}\" -Wl,-rpath,\"${LIBTORCH_LIB_DIR}\" ")
endif()
# The code names nothing in it, since it registers itself when it is loaded; so linkers may leave it out.
if(EXISTS "${LIBTORCH_LIB_DIR}/libtorch_cuda.so")
  string(APPEND libs " -Wl,--push-state,--no-as-needed -ltorch_cuda -Wl,--pop-state")
endif()
if(CMAKE_DL_LIBS)
  string(APPEND libs " -l${CMAKE_DL_LIBS}")
endif()
string(STRIP "${cppflags}" cppflags)
file(WRITE "${CMAKE_BINARY_DIR}/glue-flags.sh"
"LIBTORCH_VERSION='${LIBTORCH_VERSION}'
LIBTORCH_LIB_DIR='${LIBTORCH_LIB_DIR}'
LIBTORCH_CPPFLAGS='${cppflags}'
LIBTORCH_LIBS='${libs}'
")
