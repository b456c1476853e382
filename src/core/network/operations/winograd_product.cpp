#include <algorithm>

#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"
#include "core/network/operations/channels_last.h"
#include "core/network/operations/convolution_product.h"

// Two by two places of the output are products of four by four numbers of the input with as many of the weight, after
// both were transformed: 16 multiplications instead of 36 (Winograd's minimal filtering F(2x2, 3x3); Lavin and Gray,
// 2016, arXiv:1509.09308, whose names of the matrices are used here). Gradients go through the transposed matrices.
namespace mlr3libtorch::network {
namespace {

constexpr std::int64_t kTransformed = 16;

/// Of the input: B'.
struct InputTransform {
  static constexpr std::int64_t kIn = 4, kOut = 4;
  static void apply(const Lanes* x, std::int64_t step, Lanes* y, std::int64_t to) {
    y[0] = x[0] - x[2 * step];
    y[to] = x[step] + x[2 * step];
    y[2 * to] = x[2 * step] - x[step];
    y[3 * to] = x[step] - x[3 * step];
  }
};

/// B
struct InputGradient {
  static constexpr std::int64_t kIn = 4, kOut = 4;
  static void apply(const Lanes* x, std::int64_t step, Lanes* y, std::int64_t to) {
    y[0] = x[0];
    y[to] = x[step] - x[2 * step] + x[3 * step];
    y[2 * to] = x[step] + x[2 * step] - x[0];
    y[3 * to] = -x[3 * step];
  }
};

/// Of the products: A'.
struct OutputTransform {
  static constexpr std::int64_t kIn = 4, kOut = 2;
  static void apply(const Lanes* x, std::int64_t step, Lanes* y, std::int64_t to) {
    y[0] = x[0] + x[step] + x[2 * step];
    y[to] = x[step] - x[2 * step] - x[3 * step];
  }
};

/// A
struct OutputGradient {
  static constexpr std::int64_t kIn = 2, kOut = 4;
  static void apply(const Lanes* x, std::int64_t step, Lanes* y, std::int64_t to) {
    y[0] = x[0];
    y[to] = x[0] + x[step];
    y[2 * to] = x[0] - x[step];
    y[3 * to] = -x[step];
  }
};

/// Of the weight: G.
struct WeightTransform {
  static constexpr std::int64_t kIn = 3, kOut = 4;
  static void apply(const Lanes* x, std::int64_t step, Lanes* y, std::int64_t to) {
    const Lanes sides = (x[0] + x[2 * step]) * 0.5F, middle = x[step] * 0.5F;
    y[0] = x[0];
    y[to] = sides + middle;
    y[2 * to] = sides - middle;
    y[3 * to] = x[2 * step];
  }
};

/// G'
struct WeightGradient {
  static constexpr std::int64_t kIn = 4, kOut = 3;
  static void apply(const Lanes* x, std::int64_t step, Lanes* y, std::int64_t to) {
    const Lanes half = (x[step] + x[2 * step]) * 0.5F;
    y[0] = x[0] + half;
    y[to] = (x[step] - x[2 * step]) * 0.5F;
    y[2 * to] = half + x[3 * step];
  }
};

/// Of columns, then of rows.
template <class Transform>
void transform_square(const Lanes* x, Lanes* y) {
  constexpr std::int64_t kIn = Transform::kIn, kOut = Transform::kOut;
  Lanes half[kOut * kIn];
  for (std::int64_t column = 0; column < kIn; ++column) Transform::apply(x + column, kIn, half + column, kIn);
  for (std::int64_t row = 0; row < kOut; ++row) Transform::apply(half + row * kIn, 1, y + row * kOut, 1);
}

/// Transforms `count` squares of numbers for each of `channels`: number i of square j is at from[from_place(j, i)], and
/// the results go, or are added, to to[to_place(j, i)]; the next channel is beside it. Squares may share targets that
/// are added to, so threads take channels.
template <class Transform, bool kAdds, class FromPlace, class ToPlace>
void transform_squares(std::int64_t count, std::int64_t channels, const float* from, const FromPlace from_place,
                       float* to, const ToPlace to_place) {
  constexpr std::int64_t kInputs = Transform::kIn * Transform::kIn, kOutputs = Transform::kOut * Transform::kOut;
  const auto least = kernel::kElementsWorthThread / (count * kTransformed) + 1;
  kernel::in_ranges(channels, {least, kLanes}, [=](std::int64_t begin, std::int64_t end) {
    kernel::vectorised::run([=] {
      for (std::int64_t square = 0; square < count; ++square) {
        std::int64_t from_places[kInputs], to_places[kOutputs];
        for (std::int64_t i = 0; i < kInputs; ++i) from_places[i] = from_place(square, i);
        for (std::int64_t i = 0; i < kOutputs; ++i) to_places[i] = to_place(square, i);
        for (auto channel = begin; channel < end; channel += kLanes) {
          Lanes x[kInputs], y[kOutputs];
          for (std::int64_t i = 0; i < kInputs; ++i) {
            x[i] = *reinterpret_cast<const Lanes*>(from + from_places[i] + channel);
          }
          transform_square<Transform>(x, y);
          for (std::int64_t i = 0; i < kOutputs; ++i) {
            auto* const target = reinterpret_cast<Lanes*>(to + to_places[i] + channel);
            *target = kAdds ? *target + y[i] : y[i];
          }
        }
      }
    });
  });
}

/// The places of the squares of a row's input and output that belong to each other.
struct Tile {
  std::array<std::int32_t, 16> inputs;
  std::array<std::int32_t, 4> outputs;
};

/// Places that do not exist are the one after the last.
std::vector<Tile> make_tiles(const ConvolutionShape& s) {
  const auto place = [](std::int64_t line, std::int64_t column, std::int64_t lines, std::int64_t columns) {
    const bool is_inside = line >= 0 && line < lines && column >= 0 && column < columns;
    return static_cast<std::int32_t>(is_inside ? line * columns + column : lines * columns);
  };
  std::vector<Tile> tiles;
  for (std::int64_t line = 0; line < s.output_size(0); line += 2) {
    for (std::int64_t column = 0; column < s.output_size(1); column += 2) {
      Tile tile{};
      for (std::size_t i = 0; i < 16; ++i) {
        tile.inputs[i] = place(line - s.padding[0] + static_cast<std::int64_t>(i / 4),
                               column - s.padding[1] + static_cast<std::int64_t>(i % 4), s.size[0], s.size[1]);
      }
      for (std::size_t i = 0; i < 4; ++i) {
        tile.outputs[i] = place(line + static_cast<std::int64_t>(i / 2), column + static_cast<std::int64_t>(i % 2),
                                s.output_size(0), s.output_size(1));
      }
      tiles.push_back(tile);
    }
  }
  return tiles;
}

class WinogradProduct : public ConvolutionProduct {
  static std::size_t size(std::int64_t length) { return static_cast<std::size_t>(kTransformed * length); }

  /// Tiles whose products are computed together: so many that reading the weight costs little.
  std::int64_t tiles_at_once() const {
    constexpr std::int64_t kTiles = 128;
    return std::min(kTiles, block_ * tiles_of_row());
  }
  std::int64_t tiles_of_row() const { return static_cast<std::int64_t>(tiles_.size()); }

  // Where the numbers of a square are, see transform_squares().
  auto of_tiles(std::int64_t channels) const {
    return [=, all = tiles_at_once()](std::int64_t square, std::int64_t i) { return (i * all + square) * channels; };
  }
  auto of_weights() const {
    return [all = shape_.in_channels, out = shape_.out_channels](std::int64_t square, std::int64_t i) {
      return (i * all + square) * out;
    };
  }
  auto of_windows() const {
    return [window = shape_.kernel[0] * shape_.kernel[1], out = shape_.out_channels](
               std::int64_t square, std::int64_t i) { return (square * window + i) * out; };
  }
  auto of_inputs(std::int64_t first, const ChannelsLast& x) const {
    return [=, tiles = tiles_.data(), in_row = tiles_of_row(), place = x.stride(), row = x.row_stride()](
               std::int64_t square, std::int64_t i) {
      const auto tile = first + square;
      return tile / in_row * row + tiles[tile % in_row].inputs[static_cast<std::size_t>(i)] * place;
    };
  }
  auto of_outputs(std::int64_t first) const {
    return [=, tiles = tiles_.data(), in_row = tiles_of_row(), place = y_.stride(), row = y_.row_stride()](
               std::int64_t square, std::int64_t i) {
      const auto tile = first + square;
      return tile / in_row * row + tiles[tile % in_row].outputs[static_cast<std::size_t>(i)] * place;
    };
  }

 public:
  WinogradProduct(const ConvolutionShape& shape, std::int64_t block)
      : shape_(shape),
        block_(block),
        tiles_(make_tiles(shape)),
        x_(shape.in_channels, block, shape.size[0] * shape.size[1]),
        y_(shape.out_channels, block, shape.places()),
        dx_(shape.in_channels, block, shape.size[0] * shape.size[1]),
        weight_(size(shape.in_channels * shape.out_channels)),
        transposed_(static_cast<std::size_t>(shape.patch() * shape.out_channels)),
        inputs_(size(tiles_at_once() * shape.in_channels)),
        products_(size(tiles_at_once() * shape.out_channels)) {}

  void begin(const float* weight) override {
    const auto in = shape_.in_channels, out = shape_.out_channels;
    kernel::transpose_matrix(weight, shape_.patch(), out, shape_.patch(), transposed_.data(), out);
    transform_squares<WeightTransform, false>(in, out, transposed_.data(), of_windows(), weight_.data(), of_weights());
  }

  void multiply(std::int64_t rows, const float* /*weight*/, const float* x, float* y) override {
    x_.read(rows, x);
    for_each_part(rows, [&](std::int64_t first, std::int64_t count) {
      transform_inputs(first, count);
      for (std::int64_t i = 0; i < kTransformed; ++i) {
        kernel::multiply({false, false, count, shape_.out_channels, shape_.in_channels}, input(i), weight(i),
                         product(i));
      }
      transform_squares<OutputTransform, false>(count, shape_.out_channels, products_.data(),
                                                of_tiles(shape_.out_channels), y_.data(), of_outputs(first));
    });
    y_.write(rows, y);
  }

  void begin_gradients(const kernel::Parameter& weight, bool /*of_input*/) override {
    if (weight.gradients != nullptr) dweight_.resize(weight_.size());
    adds_ = false;
  }

  void add_gradients(std::int64_t rows, const kernel::Parameter& weight, const float* x, const float* dy,
                     float* dx) override {
    y_.read(rows, dy);
    if (weight.gradients != nullptr) x_.read(rows, x);
    if (dx != nullptr) dx_.clear();
    for_each_part(rows, [&](std::int64_t first, std::int64_t count) {
      transform_squares<OutputGradient, false>(count, shape_.out_channels, y_.data(), of_outputs(first),
                                               products_.data(), of_tiles(shape_.out_channels));
      if (weight.gradients != nullptr) add_weight_gradients(first, count);
      if (dx != nullptr) add_input_gradients(first, count);
    });
    if (dx != nullptr) dx_.write(rows, dx);
  }

  void end_gradients(const kernel::Parameter& weight) override {
    const auto in = shape_.in_channels, out = shape_.out_channels;
    transform_squares<WeightGradient, false>(in, out, dweight_.data(), of_weights(), transposed_.data(), of_windows());
    kernel::transpose_matrix(transposed_.data(), out, shape_.patch(), out, weight.gradients, shape_.patch());
  }

 private:
  /// Calls `visit(first tile, tiles)`.
  template <class Visit>
  void for_each_part(std::int64_t rows, const Visit& visit) const {
    const auto all = rows * tiles_of_row(), most = tiles_at_once();
    for (std::int64_t first = 0; first < all; first += most) visit(first, std::min(most, all - first));
  }

  void transform_inputs(std::int64_t first, std::int64_t count) {
    transform_squares<InputTransform, false>(count, shape_.in_channels, x_.data(), of_inputs(first, x_), inputs_.data(),
                                             of_tiles(shape_.in_channels));
  }

  void add_weight_gradients(std::int64_t first, std::int64_t count) {
    transform_inputs(first, count);
    for (std::int64_t i = 0; i < kTransformed; ++i) {
      kernel::multiply({true, false, shape_.in_channels, shape_.out_channels, count, adds_}, input(i), product(i),
                       dweight_.data() + i * shape_.in_channels * shape_.out_channels);
    }
    adds_ = true;
  }

  void add_input_gradients(std::int64_t first, std::int64_t count) {
    for (std::int64_t i = 0; i < kTransformed; ++i) {
      kernel::multiply({false, true, count, shape_.in_channels, shape_.out_channels}, product(i), weight(i), input(i));
    }
    transform_squares<InputGradient, true>(count, shape_.in_channels, inputs_.data(), of_tiles(shape_.in_channels),
                                           dx_.data(), of_inputs(first, dx_));
  }

  // The matrices of one of the 16 products.
  float* input(std::int64_t i) { return inputs_.data() + i * tiles_at_once() * shape_.in_channels; }
  float* product(std::int64_t i) { return products_.data() + i * tiles_at_once() * shape_.out_channels; }
  float* weight(std::int64_t i) { return weight_.data() + i * shape_.in_channels * shape_.out_channels; }

  ConvolutionShape shape_;
  std::int64_t block_;
  std::vector<Tile> tiles_;              // of a row
  ChannelsLast x_, y_, dx_;              // of a block
  std::vector<float> weight_, dweight_;  // [16, in, out]
  bool adds_ = false;                    // to dweight_
  std::vector<float> transposed_;        // [in, window, out]
  std::vector<float> inputs_;            // [16, tiles, in]
  std::vector<float> products_;          // [16, tiles, out]
};

}  // namespace

std::unique_ptr<ConvolutionProduct> make_winograd_product(const ConvolutionShape& shape, std::int64_t block) {
  return std::make_unique<WinogradProduct>(shape, block);
}

}  // namespace mlr3libtorch::network
