#include "core/network/operations/recurrent_kernel.h"

#include <algorithm>

#include "core/kernel/functions.h"
#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::network {
namespace {

void resize_to(std::vector<float>& memory, std::int64_t length) { memory.resize(static_cast<std::size_t>(length)); }

/// sums[column] = sum over the rows, unless it is null.
void sum_columns(std::int64_t rows, std::int64_t columns, const float* values, float* sums) {
  if (sums == nullptr) return;
  std::fill_n(sums, columns, 0.0F);
  kernel::for_each_in_rows(rows, columns, [=](std::int64_t i, std::int64_t column) { sums[column] += values[i]; });
}

}  // namespace

RecurrentDirection::RecurrentDirection(const RecurrentShape& shape, std::int64_t features, bool backwards)
    : shape_(shape), features_(features), backwards_(backwards) {
  resize_to(transposed_, gate_width() * shape_.hidden);
}

void RecurrentDirection::bind(const kernel::Parameter* parameters) {
  input_weight_ = parameters[0];
  state_weight_ = parameters[1];
  if (!shape_.bias) return;
  input_bias_ = parameters[2];
  state_bias_ = parameters[3];
}

/// In one step. A GRU multiplies its second bias by a gate.
void RecurrentDirection::add_biases(std::int64_t rows, std::int64_t k) {
  if (!shape_.bias) return;
  const float* const second = has_gru_products() ? nullptr : state_bias_.values;
  kernel::for_each_in_rows(rows, gate_width(),
                           [=, gates = gates_.data() + step(k) * rows * gate_width(), first = input_bias_.values](
                               std::int64_t i, std::int64_t column) {
                             gates[i] += second == nullptr ? first[column] : first[column] + second[column];
                           });
}

/// The product of the state before with its weights.
void RecurrentDirection::add_previous(std::int64_t rows, std::int64_t k) {
  const auto width = gate_width(), hidden = shape_.hidden;
  auto& target = has_gru_products() ? state_parts_ : gates_;
  float* const to = target.data() + step(k) * rows * width;
  if (has_gru_products()) {
    std::fill_n(to, rows * width, 0.0F);
    if (shape_.bias) {
      for (std::int64_t row = 0; row < rows; ++row) std::copy_n(state_bias_.values, width, to + row * width);
    }
  }
  if (k == 0) return;
  const float* const before = states_.data() + step(k - 1) * rows * hidden;
  kernel::multiply_strided({rows, width, hidden, hidden, 1, width, width, true}, before, transposed_.data(), to);
}

void RecurrentDirection::forward(std::int64_t rows, const float* x) {
  const auto places = shape_.steps * rows;
  const auto width = gate_width();
  resize_to(gates_, places * width);
  resize_to(states_, places * shape_.hidden);
  resize_to(gradients_, places * shape_.hidden);
  if (has_gru_products()) resize_to(state_parts_, places * width);
  if (shape_.cell == Cell::kLstm) resize_to(cells_, places * shape_.hidden);
  kernel::multiply({false, true, places, width, features_}, x, input_weight_.values, gates_.data());
  kernel::transpose_matrix(state_weight_.values, shape_.hidden, width, shape_.hidden, transposed_.data(), width);
  for (std::int64_t k = 0; k < shape_.steps; ++k) {
    add_biases(rows, k);
    add_previous(rows, k);
    if (shape_.cell == Cell::kLstm) {
      lstm_forward(rows, k);
    } else if (shape_.cell == Cell::kGru) {
      gru_forward(rows, k);
    } else {
      rnn_forward(rows, k);
    }
  }
}

/// The gates are in, forget, cell, out.
void RecurrentDirection::lstm_forward(std::int64_t rows, std::int64_t k) {
  const auto hidden = shape_.hidden, place = step(k) * rows;
  const float* const before = k == 0 ? nullptr : cells_.data() + step(k - 1) * rows * hidden;
  kernel::vectorised::run([=, gates = gates_.data() + place * 4 * hidden, cells = cells_.data() + place * hidden,
                           states = states_.data() + place * hidden] {
    for (std::int64_t row = 0; row < rows; ++row) {
      float *const in = gates + row * 4 * hidden, *const forget = in + hidden, *const update = forget + hidden,
                   *const out = update + hidden;
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t j = 0; j < hidden; ++j) {
        const auto i = row * hidden + j;
        const float kept = kernel::sigmoid(forget[j]), taken = kernel::sigmoid(in[j]);
        const float given = kernel::sigmoid(out[j]), fresh = kernel::hyperbolic_tangent(update[j]);
        const float cell = (before == nullptr ? 0.0F : kept * before[i]) + taken * fresh;
        in[j] = taken;
        forget[j] = kept;
        update[j] = fresh;
        out[j] = given;
        cells[i] = cell;
        states[i] = given * kernel::hyperbolic_tangent(cell);
      }
    }
  });
}

/// The gates are reset, update, new.
void RecurrentDirection::gru_forward(std::int64_t rows, std::int64_t k) {
  const auto hidden = shape_.hidden, place = step(k) * rows;
  const float* const before = k == 0 ? nullptr : states_.data() + step(k - 1) * rows * hidden;
  kernel::vectorised::run([=, gates = gates_.data() + place * 3 * hidden,
                           parts = state_parts_.data() + place * 3 * hidden, states = states_.data() + place * hidden] {
    for (std::int64_t row = 0; row < rows; ++row) {
      float *const reset = gates + row * 3 * hidden, *const update = reset + hidden, *const fresh = update + hidden;
      const float* const part = parts + row * 3 * hidden;
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t j = 0; j < hidden; ++j) {
        const float r = kernel::sigmoid(reset[j] + part[j]);
        const float z = kernel::sigmoid(update[j] + part[hidden + j]);
        const float n = kernel::hyperbolic_tangent(fresh[j] + r * part[2 * hidden + j]);
        reset[j] = r;
        update[j] = z;
        fresh[j] = n;
        states[row * hidden + j] = (1 - z) * n + (before == nullptr ? 0.0F : z * before[row * hidden + j]);
      }
    }
  });
}

void RecurrentDirection::rnn_forward(std::int64_t rows, std::int64_t k) {
  const auto length = rows * shape_.hidden, first = step(k) * length;
  const float* const x = gates_.data() + first;
  float* const y = states_.data() + first;
  if (shape_.cell == Cell::kRnnRelu) {
    kernel::for_each_element(length, [=](std::int64_t i) { y[i] = x[i] > 0 ? x[i] : 0.0F; });
  } else {
    kernel::for_each_element(length, [=](std::int64_t i) { y[i] = kernel::hyperbolic_tangent(x[i]); });
  }
}

void RecurrentDirection::backward(std::int64_t rows, const float* x, float* dx, bool adds) {
  const auto width = gate_width(), hidden = shape_.hidden;
  for (auto* const carried : {&carried_, &carried_cells_}) {
    carried->assign(static_cast<std::size_t>(rows * hidden), 0.0F);
  }
  for (std::int64_t k = shape_.steps - 1; k >= 0; --k) {
    kernel::for_each_element(rows * hidden, [to = gradients_.data() + step(k) * rows * hidden,
                                             from = carried_.data()](std::int64_t i) { to[i] += from[i]; });
    if (shape_.cell == Cell::kLstm) {
      lstm_backward(rows, k);
    } else if (shape_.cell == Cell::kGru) {
      gru_backward(rows, k);
    } else {
      rnn_backward(rows, k);
    }
    if (k == 0) break;
    const auto& parts = has_gru_products() ? state_parts_ : gates_;
    // What a GRU passes on directly is there already.
    kernel::multiply({false, false, rows, hidden, width, has_gru_products()}, parts.data() + step(k) * rows * width,
                     state_weight_.values, carried_.data());
  }
  give_parameter_gradients(rows, x);
  if (dx == nullptr) return;
  kernel::multiply({false, false, shape_.steps * rows, features_, width, adds}, gates_.data(), input_weight_.values,
                   dx);
}

void RecurrentDirection::lstm_backward(std::int64_t rows, std::int64_t k) {
  const auto hidden = shape_.hidden, place = step(k) * rows;
  const float* const before = k == 0 ? nullptr : cells_.data() + step(k - 1) * rows * hidden;
  kernel::vectorised::run([=, gates = gates_.data() + place * 4 * hidden, cells = cells_.data() + place * hidden,
                           dstates = gradients_.data() + place * hidden, carried = carried_cells_.data()] {
    for (std::int64_t row = 0; row < rows; ++row) {
      float *const in = gates + row * 4 * hidden, *const forget = in + hidden, *const update = forget + hidden,
                   *const out = update + hidden;
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t j = 0; j < hidden; ++j) {
        const auto i = row * hidden + j;
        const float taken = in[j], kept = forget[j], fresh = update[j], given = out[j];
        const float shown = kernel::hyperbolic_tangent(cells[i]);
        const float dcell = dstates[i] * given * (1 - shown * shown) + carried[i];
        in[j] = dcell * fresh * taken * (1 - taken);
        forget[j] = before == nullptr ? 0.0F : dcell * before[i] * kept * (1 - kept);
        update[j] = dcell * taken * (1 - fresh * fresh);
        out[j] = dstates[i] * shown * given * (1 - given);
        carried[i] = dcell * kept;
      }
    }
  });
}

void RecurrentDirection::gru_backward(std::int64_t rows, std::int64_t k) {
  const auto hidden = shape_.hidden, place = step(k) * rows;
  const float* const before = k == 0 ? nullptr : states_.data() + step(k - 1) * rows * hidden;
  kernel::vectorised::run([=, gates = gates_.data() + place * 3 * hidden,
                           parts = state_parts_.data() + place * 3 * hidden,
                           dstates = gradients_.data() + place * hidden, carried = carried_.data()] {
    for (std::int64_t row = 0; row < rows; ++row) {
      float *const reset = gates + row * 3 * hidden, *const update = reset + hidden, *const fresh = update + hidden;
      float* const part = parts + row * 3 * hidden;
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t j = 0; j < hidden; ++j) {
        const auto i = row * hidden + j;
        const float r = reset[j], z = update[j], n = fresh[j], d = dstates[i];
        const float dn = d * (1 - z) * (1 - n * n);
        const float dz = d * ((before == nullptr ? 0.0F : before[i]) - n) * z * (1 - z);
        const float dr = dn * part[2 * hidden + j] * r * (1 - r);
        reset[j] = part[j] = dr;
        update[j] = part[hidden + j] = dz;
        fresh[j] = dn;
        part[2 * hidden + j] = dn * r;
        carried[i] = d * z;
      }
    }
  });
}

void RecurrentDirection::rnn_backward(std::int64_t rows, std::int64_t k) {
  const auto length = rows * shape_.hidden, first = step(k) * length;
  const float *const y = states_.data() + first, *const dy = gradients_.data() + first;
  float* const dx = gates_.data() + first;
  if (shape_.cell == Cell::kRnnRelu) {
    kernel::for_each_element(length, [=](std::int64_t i) { dx[i] = y[i] > 0 ? dy[i] : 0.0F; });
  } else {
    kernel::for_each_element(length, [=](std::int64_t i) { dx[i] = dy[i] * (1 - y[i] * y[i]); });
  }
}

/// A product for all steps.
void RecurrentDirection::give_parameter_gradients(std::int64_t rows, const float* x) const {
  const auto width = gate_width(), hidden = shape_.hidden, places = shape_.steps * rows;
  const auto& parts = has_gru_products() ? state_parts_ : gates_;
  if (input_weight_.gradients != nullptr) {
    kernel::multiply({true, false, width, features_, places}, gates_.data(), x, input_weight_.gradients);
  }
  if (state_weight_.gradients != nullptr) {
    // The state before a step lies one step earlier, or later if the sequence is read backwards.
    const auto shift = rows * (backwards_ ? 0 : 1), shift_before = rows * (backwards_ ? 1 : 0);
    kernel::multiply({true, false, width, hidden, places - rows}, parts.data() + shift * width,
                     states_.data() + shift_before * hidden, state_weight_.gradients);
  }
  auto *const of_input = input_bias_.gradients, *const of_state = state_bias_.gradients;
  sum_columns(places, width, gates_.data(), of_input);
  if (!has_gru_products() && of_input != nullptr && of_state != nullptr) {
    std::copy_n(of_input, width, of_state);
  } else {
    sum_columns(places, width, parts.data(), of_state);
  }
}

RecurrentKernel::RecurrentKernel(const RecurrentShape& shape) : shape_(shape) {
  auto features = shape.features;
  for (std::int64_t i = 0; i < shape.layers; ++i) {
    layers_.push_back({{}, {}, features, {}});
    auto& directions = layers_.back().directions;
    directions.emplace_back(shape, features, false);
    if (shape.both_ways) directions.emplace_back(shape, features, true);
    features = output_features();
  }
}

template <class Copy>
void RecurrentKernel::for_each_place(std::int64_t rows, const Copy& copy) const {
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t step = 0; step < shape_.steps; ++step) copy(step * rows + row, row * shape_.steps + step);
  }
}

/// Elements are numbered as in a tensor of shape [rows, steps, features].
void RecurrentKernel::drop(const Layer& layer, const kernel::Call& call, float* x) const {
  if (!layer.mask) return;
  const auto width = layer.features;
  const auto first = call.first_row * shape_.steps;
  for_each_place(call.rows, [&](std::int64_t in_steps, std::int64_t in_rows) {
    kernel::for_each_element(width, [=, mask = *layer.mask, to = x + in_steps * width](std::int64_t j) {
      to[j] *= mask.factor((first + in_rows) * width + j);
    });
  });
}

void RecurrentKernel::join_directions(const Layer& layer, std::int64_t rows, float* to) const {
  const auto hidden = shape_.hidden;
  for (std::int64_t place = 0; place < shape_.steps * rows; ++place) {
    for (const auto& direction : layer.directions) to = std::copy_n(direction.states() + place * hidden, hidden, to);
  }
}

void RecurrentKernel::split_gradients(Layer& layer, std::int64_t rows, const float* from) {
  const auto hidden = shape_.hidden;
  for (std::int64_t place = 0; place < shape_.steps * rows; ++place) {
    for (auto& direction : layer.directions) {
      std::copy_n(from, hidden, direction.gradients() + place * hidden);
      from += hidden;
    }
  }
}

void RecurrentKernel::forward(const kernel::Call& call) {
  const auto rows = call.rows;
  const auto* parameters = call.parameters.data();
  for (auto& layer : layers_) {
    const bool is_first = &layer == &layers_.front();
    resize_to(layer.x, shape_.steps * rows * layer.features);
    layer.mask.reset();
    if (is_first) {
      for_each_place(rows, [&](std::int64_t in_steps, std::int64_t in_rows) {
        std::copy_n(call.inputs[0].values + in_rows * layer.features, layer.features,
                    layer.x.data() + in_steps * layer.features);
      });
    } else {
      join_directions(*(&layer - 1), rows, layer.x.data());
      if (call.training && shape_.dropout > 0) layer.mask.emplace(shape_.dropout, call.generator);
      drop(layer, call, layer.x.data());
    }
    for (auto& direction : layer.directions) {
      direction.bind(parameters);
      parameters += shape_.bias ? 4 : 2;
      direction.forward(rows, layer.x.data());
    }
  }
  write_output(call);
}

void RecurrentKernel::write_output(const kernel::Call& call) const {
  const auto hidden = shape_.hidden;
  std::int64_t first = 0;
  for (const auto& direction : layers_.back().directions) {
    const auto end = first == 0 ? shape_.steps - 1 : 0;
    for_each_place(call.rows, [&](std::int64_t in_steps, std::int64_t in_rows) {
      const float* const from = direction.states() + in_steps * hidden;
      if (!shape_.last_only) std::copy_n(from, hidden, call.output.values + in_rows * output_features() + first);
      if (shape_.last_only && in_steps / call.rows == end) {
        std::copy_n(from, hidden, call.output.values + in_rows / shape_.steps * output_features() + first);
      }
    });
    first += hidden;
  }
}

void RecurrentKernel::read_output_gradients(const kernel::Call& call) {
  const auto hidden = shape_.hidden;
  std::int64_t first = 0;
  for (auto& direction : layers_.back().directions) {
    const auto end = first == 0 ? shape_.steps - 1 : 0;
    for_each_place(call.rows, [&](std::int64_t in_steps, std::int64_t in_rows) {
      float* const to = direction.gradients() + in_steps * hidden;
      const auto row = shape_.last_only ? in_rows / shape_.steps : in_rows;
      if (shape_.last_only && in_steps / call.rows != end) {
        std::fill_n(to, hidden, 0.0F);
      } else {
        std::copy_n(call.output.gradients + row * output_features() + first, hidden, to);
      }
    });
    first += hidden;
  }
}

void RecurrentKernel::backward(const kernel::Call& call) {
  const auto rows = call.rows;
  read_output_gradients(call);
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    const bool is_first = &*layer == &layers_.front();
    float* const given = call.inputs[0].gradients;
    const bool wanted = !is_first || given != nullptr;
    if (wanted) resize_to(dx_, shape_.steps * rows * layer->features);
    for (auto& direction : layer->directions) {
      direction.backward(rows, layer->x.data(), wanted ? dx_.data() : nullptr,
                         &direction != &layer->directions.front());
    }
    if (!is_first) {
      drop(*layer, call, dx_.data());
      split_gradients(*(layer + 1), rows, dx_.data());
    } else if (given != nullptr) {
      for_each_place(rows, [&](std::int64_t in_steps, std::int64_t in_rows) {
        std::copy_n(dx_.data() + in_steps * layer->features, layer->features, given + in_rows * layer->features);
      });
    }
  }
}

double RecurrentKernel::operations_per_row() const {
  const auto widest = std::max(shape_.features, output_features());
  return 2.0 * static_cast<double>(shape_.steps * gates(shape_.cell) * shape_.hidden) * static_cast<double>(widest);
}

}  // namespace mlr3libtorch::network
