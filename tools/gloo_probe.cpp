// Compiles where the headers of Gloo are there, and links where LibTorch was built with it.
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

int main() { return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1") == nullptr ? 1 : 0; }
