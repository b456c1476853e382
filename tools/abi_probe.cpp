// Links only if LibTorch was built with the C++ ABI of the compiler at hand; see FindLibTorch.cmake.
#include <c10/util/Type.h>

int main(int, char** words) { return c10::demangle(words[0]).empty() ? 1 : 0; }
