// The compiled convolutions beside LibTorch's in double precision, for shapes of every kind of product.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <string>
#include <vector>

#include "core/kernel/precision.h"
#include "core/kernel/thread_pool.h"
#include "core/network/operations/convolution_kernel.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_convolution {
namespace {

using network::ConvolutionShape;

struct Shape {
  std::string name;
  ConvolutionShape convolution;
};

std::vector<Shape> shapes() {
  const ConvolutionShape::Pair one{1, 1}, none{0, 0};
  return {
      {"slides over a large picture", {3, 5, 1, {20, 17}, {3, 3}, one, {1, 1}, one}},
      {"a channel of a few places", {6, 10, 1, {5, 4}, {3, 3}, one, {1, 1}, one}},
      {"strides", {6, 8, 1, {9, 8}, {3, 2}, {2, 3}, {1, 0}, one}},
      {"stride and dilation in groups", {6, 4, 2, {11, 9}, {3, 3}, {2, 1}, {2, 2}, {2, 1}}},
      {"a window of one place", {12, 7, 1, {18, 16}, one, one, none, one}},
      {"a window of one place, few places", {12, 7, 1, {2, 3}, one, one, none, one}},
      {"a window of one place, strides", {12, 7, 1, {5, 6}, one, {2, 2}, none, one}},
      {"more padding than the window reaches", {2, 3, 1, {3, 3}, {2, 2}, one, {2, 2}, one}},
      {"one dimension", {4, 6, 1, {1, 40}, {1, 5}, one, {0, 2}, one}},
      {"a line that is one place wide", {4, 6, 1, {1, 1}, one, one, none, one}},
      {"each channel for itself", {20, 20, 20, {7, 6}, {3, 3}, one, {1, 1}, one}},
      {"each channel for itself, strides and dilation", {90, 90, 90, {9, 10}, {3, 3}, {2, 2}, {2, 1}, {2, 1}}},
      {"each channel for itself, a window larger than the picture", {33, 33, 33, {2, 2}, {7, 7}, one, {3, 3}, one}},
      {"3 by 3, even", {32, 48, 1, {8, 6}, {3, 3}, one, {1, 1}, one}},
      {"3 by 3, odd, without padding", {48, 32, 1, {9, 7}, {3, 3}, one, none, one}},
      {"3 by 3, wide padding", {32, 32, 1, {3, 4}, {3, 3}, one, {2, 3}, one}},
      {"3 by 3, more tiles than are computed at once", {32, 32, 1, {26, 30}, {3, 3}, one, {1, 1}, one}},
  };
}

/// What a kernel gives for a batch, and what is right.
struct Results {
  at::Tensor output, dx, dweight, dbias;
};

struct Batch {
  at::Tensor x, weight, bias, dy;

  Batch(const ConvolutionShape& shape, std::int64_t rows) {
    const auto generator = at::detail::createCPUGenerator(rows);
    const auto& s = shape;
    x = at::randn({rows, s.in_channels, s.size[0], s.size[1]}, generator);
    weight = at::randn({s.out_channels, s.group_inputs(), s.kernel[0], s.kernel[1]}, generator);
    bias = at::randn({s.out_channels}, generator);
    dy = at::randn({rows, s.out_channels, s.output_size(0), s.output_size(1)}, generator);
  }
};

at::Tensor nans_like(const at::Tensor& x) { return at::full_like(x, NAN); }

Results expected(const ConvolutionShape& s, const Batch& batch) {
  const auto x = batch.x.to(at::kDouble), weight = batch.weight.to(at::kDouble), dy = batch.dy.to(at::kDouble);
  const auto y =
      at::convolution(x, weight, batch.bias.to(at::kDouble), s.stride, s.padding, s.dilation, false, {0, 0}, s.groups);
  const auto [dx, dweight, dbias] =
      at::convolution_backward(dy, x, weight, at::IntArrayRef{s.out_channels}, s.stride, s.padding, s.dilation, false,
                               {0, 0}, s.groups, {true, true, true});
  return {y, dx, dweight, dbias};
}

Results compute(kernel::Kernel& kernel, const ConvolutionShape& shape, const Batch& batch) {
  auto x = batch.x.clone(), dy = batch.dy.clone();
  Results results{nans_like(dy), nans_like(x), nans_like(batch.weight), nans_like(batch.bias)};
  kernel::Call call;
  call.rows = x.size(0);
  call.training = true;
  call.inputs = {{x.data_ptr<float>(), nullptr, nullptr, results.dx.data_ptr<float>(), shape.input_width()}};
  call.output = {results.output.data_ptr<float>(), dy.data_ptr<float>(), shape.output_width()};
  call.parameters = {{batch.weight.data_ptr<float>(), results.dweight.data_ptr<float>()},
                     {batch.bias.data_ptr<float>(), results.dbias.data_ptr<float>()}};
  kernel.forward(call);
  kernel.backward(call);
  return results;
}

bool is_near(const at::Tensor& found, const at::Tensor& right) {
  const auto scale = right.abs().max().item<double>();
  return (found.to(at::kDouble) - right).abs().max().item<double>() <= 1e-5 * (1 + scale);
}

TEST_CASE("convolutions are right for every kind of product and number of rows", "[network]") {
  const at::NoGradGuard no_gradients;
  for (const auto& [name, shape] : shapes()) {
    network::ConvolutionKernel kernel(shape, true);
    // The kernel is used again with other numbers of rows, as in a last batch.
    for (const std::int64_t rows : {1, 70, 3}) {
      CAPTURE(name, rows);
      const Batch batch(shape, rows);
      const auto right = expected(shape, batch);
      const auto found = compute(kernel, shape, batch);
      CHECK(is_near(found.output, right.output));
      CHECK(is_near(found.dx, right.dx));
      CHECK(is_near(found.dweight, right.dweight));
      CHECK(is_near(found.dbias, right.dbias));
    }
  }
}

TEST_CASE("convolutions leave out gradients that nobody needs", "[network]") {
  const at::NoGradGuard no_gradients;
  for (const auto& [name, shape] : shapes()) {
    CAPTURE(name);
    const Batch batch(shape, 9);
    network::ConvolutionKernel kernel(shape, false);
    auto y = nans_like(batch.dy), dy = batch.dy.clone(), dx = nans_like(batch.x), dweight = nans_like(batch.weight);
    kernel::Call call;
    call.rows = 9;
    call.training = true;
    call.inputs = {{batch.x.data_ptr<float>(), nullptr, nullptr, dx.data_ptr<float>(), shape.input_width()}};
    call.output = {y.data_ptr<float>(), dy.data_ptr<float>(), shape.output_width()};
    call.parameters = {{batch.weight.data_ptr<float>(), nullptr}};
    kernel.forward(call);
    kernel.backward(call);
    CHECK(is_near(dx, expected(shape, batch).dx));
    call.inputs[0].gradients = nullptr;
    call.parameters[0].gradients = dweight.data_ptr<float>();
    dy.copy_(batch.dy);
    kernel.forward(call);
    kernel.backward(call);
    CHECK(is_near(dweight, expected(shape, batch).dweight));
  }
}

TEST_CASE("a convolution of no rows has gradients of zero, also after a batch with rows", "[network]") {
  const at::NoGradGuard no_gradients;
  for (const auto& [name, shape] : shapes()) {
    CAPTURE(name);
    network::ConvolutionKernel kernel(shape, true);
    compute(kernel, shape, Batch(shape, 9));
    const auto found = compute(kernel, shape, Batch(shape, 0));
    CHECK(found.dweight.eq(0).all().item<bool>());
    CHECK(found.dbias.eq(0).all().item<bool>());
  }
}

TEST_CASE("a convolution gives the same bits on any number of threads", "[network]") {
  const at::NoGradGuard no_gradients;
  kernel::ThreadPool pool(3);
  for (const auto& [name, shape] : shapes()) {
    CAPTURE(name);
    const Batch batch(shape, 70);
    network::ConvolutionKernel one(shape, true), several(shape, true);
    const auto alone = compute(one, shape, batch);
    const kernel::PoolScope scope(&pool);
    const auto split = compute(several, shape, batch);
    CHECK(at::equal(alone.output, split.output));
    CHECK(at::equal(alone.dx, split.dx));
    CHECK(at::equal(alone.dweight, split.dweight));
  }
}

TEST_CASE("convolutions round the factors of their products in bfloat16", "[network]") {
  const at::NoGradGuard no_gradients;
  for (const auto& [name, shape] : shapes()) {
    if (shape.groups == shape.in_channels) continue;  // nothing is multiplied as a matrix
    CAPTURE(name);
    Batch batch(shape, 9);
    batch.x = batch.x.to(at::kBFloat16).to(at::kFloat);
    batch.weight = batch.weight.to(at::kBFloat16).to(at::kFloat);
    batch.dy = batch.dy.to(at::kBFloat16).to(at::kFloat);
    const kernel::PrecisionScope scope(kernel::Precision::kBfloat16);
    network::ConvolutionKernel kernel(shape, true);
    const auto right = expected(shape, batch);
    const auto found = compute(kernel, shape, batch);
    CHECK(is_near(found.output, right.output));
    CHECK(is_near(found.dx, right.dx));
    CHECK(is_near(found.dweight, right.dweight));
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_convolution
