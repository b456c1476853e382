#pragma once

// LibTorch first, as in run_setup.h.
#include <ATen/ATen.h>
#include <ATen/Context.h>

#include <cstdlib>
#include <string>

#include "core/train/find_device.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test {

/// Where the tests tagged [device] run, beside the CPU: what MLR3LIBTORCH_TEST_DEVICE names, otherwise the CPU itself.
/// Convolutions compute in float32 there: TF32, LibTorch's default on some cards, has three decimal digits.
inline at::Device tested_device() {
  at::globalContext().setAllowTF32CuDNN(false);
  const char* const name = std::getenv("MLR3LIBTORCH_TEST_DEVICE");
  // With its number: "cuda" is the first one, and says so where a tensor lies.
  return at::empty({0}, train::find_device(name == nullptr ? "cpu" : name)).device();
}

/// What another processor may round otherwise; relative to the largest number, since single ones may cancel.
inline bool agrees(const at::Tensor& on_device, const at::Tensor& expected, double tolerance = 1e-4) {
  if (on_device.sizes() != expected.sizes()) return false;
  if (expected.numel() == 0) return true;
  const auto given = on_device.cpu().to(at::kDouble);
  const auto wanted = expected.to(at::kDouble);
  const auto scale = std::max(wanted.abs().max().item<double>(), 1e-3);
  return (given - wanted).abs().max().item<double>() <= tolerance * scale;
}

}  // namespace mlr3libtorch::test
