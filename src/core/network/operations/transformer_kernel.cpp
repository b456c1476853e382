#include "core/network/operations/transformer_kernel.h"

#include <algorithm>

#include "core/kernel/vectorised.h"

namespace mlr3libtorch::network {
namespace {

void add_values(std::int64_t length, const float* a, const float* b, float* sum) {
  kernel::for_each_element(length, [=](std::int64_t i) { sum[i] = a[i] + b[i]; });
}

/// Null in memory that is not needed.
float* place_in(std::vector<float>& memory, std::int64_t place) {
  return memory.empty() ? nullptr : memory.data() + place;
}

void make_room(std::vector<float>& memory, std::int64_t length) { memory.resize(static_cast<std::size_t>(length)); }

/// Takes an operation's parameters in their order.
class ParameterReader {
 public:
  explicit ParameterReader(const kernel::Call& call) : next_(call.parameters.data()) {}

  kernel::Projection projection(std::int64_t in, std::int64_t out, bool has_bias) {
    kernel::Projection projection{in, out, *next_++};
    if (has_bias) projection.bias = *next_++;
    return projection;
  }

  kernel::Normalisation normalisation(std::int64_t length, float eps, bool exists) {
    kernel::Normalisation norm{length, eps};
    if (!exists) return norm;
    norm.weight = *next_++;
    norm.bias = *next_++;
    return norm;
  }

 private:
  const kernel::Parameter* next_;
};

}  // namespace

TransformerKernel::TransformerKernel(const TransformerShape& shape)
    : shape_(shape),
      block_rows_(kernel::rows_of_block(shape.tokens)),
      attention_({shape.heads, shape.size, shape.queries(), shape.tokens}) {
  const auto tokens = block_rows_ * shape_.tokens * shape_.size;
  const auto queries = block_rows_ * shape_.queries() * shape_.size;
  for (auto* const memory : {&normed_, &key_gradients_, &value_gradients_}) make_room(*memory, tokens);
  for (auto* const memory : {&branch_, &sum_gradients_, &query_gradients_}) make_room(*memory, queries);
  if (!shape_.asking.empty()) make_room(asked_, queries);
  make_room(active_, block_rows_ * shape_.queries() * shape_.hidden);
  make_room(hidden_gradients_, block_rows_ * shape_.queries() * shape_.activation->input_width(shape_.hidden));
}

void TransformerKernel::bind(const kernel::Call& call) {
  ParameterReader reader(call);
  const auto& s = shape_;
  query_ = reader.projection(s.size, s.size, s.attention_bias);
  key_ = reader.projection(s.size, s.size, s.attention_bias);
  value_ = reader.projection(s.size, s.size, s.attention_bias);
  out_ = reader.projection(s.size, s.size, s.attention_bias);
  first_ = reader.projection(s.size, s.activation->input_width(s.hidden), s.first_bias);
  second_ = reader.projection(s.hidden, s.size, s.second_bias);
  attention_norm_ = reader.normalisation(s.size, s.eps, s.attention_norm);
  feed_forward_norm_ = reader.normalisation(s.size, s.eps, s.feed_forward_norm);
}

/// In the order in which the operation draws them on tensors.
void TransformerKernel::draw_masks(const kernel::Call& call) {
  const auto draw = [&](double p) {
    return call.training && p > 0 ? Mask(kernel::KeepMask(p, call.generator)) : std::nullopt;
  };
  attention_mask_ = draw(shape_.attention_dropout);
  residual_mask_ = draw(shape_.residual_dropout);
  hidden_mask_ = draw(shape_.feed_forward_dropout);
  output_mask_ = draw(shape_.residual_dropout);
}

TransformerKernel::Block TransformerKernel::make_block(const kernel::Call& call, std::int64_t row) {
  const auto kept_row = call.training ? row : 0;
  const auto tokens = kept_row * shape_.tokens * shape_.size;
  const auto queries = kept_row * shape_.queries() * shape_.size;
  const auto hidden = kept_row * shape_.queries() * first_.out;
  return {call.first_row + row,
          std::min(block_rows_, call.rows - row),
          {query_values_.data() + queries, key_values_.data() + tokens, value_values_.data() + tokens,
           attended_.data() + queries, place_in(attention_sums_, queries), middle_.data() + queries,
           hidden_.data() + hidden, place_in(output_sums_, queries)}};
}

void TransformerKernel::forward(const kernel::Call& call) {
  bind(call);
  draw_masks(call);
  const auto rows = call.training ? call.rows : block_rows_;
  for (auto* const memory : {&key_values_, &value_values_}) make_room(*memory, rows * shape_.tokens * shape_.size);
  const auto queries = rows * shape_.queries() * shape_.size;
  for (auto* const memory : {&query_values_, &attended_, &middle_}) make_room(*memory, queries);
  if (normalises_after(shape_.attention_norm)) make_room(attention_sums_, queries);
  if (normalises_after(shape_.feed_forward_norm)) make_room(output_sums_, queries);
  make_room(hidden_, rows * shape_.queries() * first_.out);
  for (std::int64_t row = 0; row < call.rows; row += block_rows_) {
    const auto block = make_block(call, row);
    attend(block, call.inputs[0].values + row * call.inputs[0].width);
    feed_forward(block, call.output.values + row * call.output.width);
  }
}

/// x itself if all tokens are computed.
const float* TransformerKernel::asking_tokens(const Block& block, const float* x) {
  if (shape_.asking.empty()) return x;
  float* to = asked_.data();
  for (std::int64_t row = 0; row < block.rows; ++row, x += shape_.tokens * shape_.size) {
    for (const auto token : shape_.asking) to = std::copy_n(x + token * shape_.size, shape_.size, to);
  }
  return asked_.data();
}

/// `width`: of a token of the values.
void TransformerKernel::drop(const Mask& mask, const Block& block, std::int64_t width, float* values) const {
  if (!mask) return;
  const auto first = block.row * shape_.queries() * width;
  kernel::for_each_element(block.rows * shape_.queries() * width,
                           [=, m = *mask](std::int64_t i) { values[i] *= m.factor(first + i); });
}

void TransformerKernel::attend(const Block& block, const float* x) {
  const auto& kept = block.kept;
  const auto size = shape_.size;
  const auto tokens = block.rows * shape_.tokens, queries = block.rows * shape_.queries();
  const float* from = x;
  if (normalises_before(shape_.attention_norm)) {
    attention_norm_.forward(tokens, x, normed_.data());
    from = normed_.data();
  }
  key_.forward(tokens, from, kept.key);
  value_.forward(tokens, from, kept.value);
  query_.forward(queries, asking_tokens(block, from), kept.query);
  for (std::int64_t row = 0; row < block.rows; ++row) {
    const auto query = row * shape_.queries() * size, key = row * shape_.tokens * size;
    attention_.forward(block.row + row, {kept.query + query, size}, {kept.key + key, size}, {kept.value + key, size},
                       attention_mask(), {kept.attended + query, size});
  }
  out_.forward(queries, kept.attended, branch_.data());
  drop(residual_mask_, block, size, branch_.data());
  const bool after = normalises_after(shape_.attention_norm);
  float* const sum = after ? kept.attention_sum : kept.middle;
  add_values(queries * size, asking_tokens(block, x), branch_.data(), sum);
  if (after) attention_norm_.forward(queries, sum, kept.middle);
}

void TransformerKernel::feed_forward(const Block& block, float* y) {
  const auto& kept = block.kept;
  const auto queries = block.rows * shape_.queries();
  const float* from = kept.middle;
  if (normalises_before(shape_.feed_forward_norm)) {
    feed_forward_norm_.forward(queries, kept.middle, normed_.data());
    from = normed_.data();
  }
  first_.forward(queries, from, kept.hidden);
  shape_.activation->forward(queries, shape_.hidden, kept.hidden, active_.data());
  drop(hidden_mask_, block, shape_.hidden, active_.data());
  second_.forward(queries, active_.data(), branch_.data());
  drop(output_mask_, block, shape_.size, branch_.data());
  const bool after = normalises_after(shape_.feed_forward_norm);
  float* const sum = after ? kept.output_sum : y;
  add_values(queries * shape_.size, kept.middle, branch_.data(), sum);
  if (after) feed_forward_norm_.forward(queries, sum, y);
}

void TransformerKernel::backward(const kernel::Call& call) {
  for (auto* const part : {&query_, &key_, &value_, &out_, &first_, &second_}) part->clear_gradients();
  for (auto* const norm : {&attention_norm_, &feed_forward_norm_}) norm->clear_gradients();
  for (std::int64_t row = 0; row < call.rows; row += block_rows_) {
    const auto block = make_block(call, row);
    const auto& x = call.inputs[0];
    feed_forward_backward(block, call.output.gradients + row * call.output.width);
    attention_backward(block, x.values + row * x.width, x.gradients == nullptr ? nullptr : x.gradients + row * x.width);
  }
}

/// From the gradients of the output, which it changes, to those of the values between the two halves, in
/// `sum_gradients_`.
void TransformerKernel::feed_forward_backward(const Block& block, float* dy) {
  const auto& kept = block.kept;
  const auto size = shape_.size;
  const auto queries = block.rows * shape_.queries();
  if (normalises_after(shape_.feed_forward_norm)) feed_forward_norm_.backward(queries, kept.output_sum, dy, dy);
  std::copy_n(dy, queries * size, sum_gradients_.data());
  drop(output_mask_, block, size, dy);

  shape_.activation->forward(queries, shape_.hidden, kept.hidden, active_.data());
  drop(hidden_mask_, block, shape_.hidden, active_.data());
  second_.add_gradients(queries, active_.data(), dy);
  second_.input_gradients(queries, dy, active_.data());
  drop(hidden_mask_, block, shape_.hidden, active_.data());
  shape_.activation->backward(queries, shape_.hidden, kept.hidden, active_.data(), hidden_gradients_.data());

  const bool before = normalises_before(shape_.feed_forward_norm);
  if (before) feed_forward_norm_.forward(queries, kept.middle, normed_.data());
  first_.add_gradients(queries, before ? normed_.data() : kept.middle, hidden_gradients_.data());
  first_.input_gradients(queries, hidden_gradients_.data(), branch_.data());
  if (before) feed_forward_norm_.backward(queries, kept.middle, branch_.data(), branch_.data());
  add_values(queries * size, branch_.data(), sum_gradients_.data(), sum_gradients_.data());
}

kernel::Attention::Gradients TransformerKernel::attention_gradients(std::int64_t row) {
  const auto query = row * shape_.queries() * shape_.size, key = row * shape_.tokens * shape_.size;
  return {{query_gradients_.data() + query, shape_.size},
          {key_gradients_.data() + key, shape_.size},
          {value_gradients_.data() + key, shape_.size}};
}

/// dx may be null.
void TransformerKernel::attention_backward(const Block& block, const float* x, float* dx) {
  const auto& kept = block.kept;
  const auto size = shape_.size;
  const auto queries = block.rows * shape_.queries();
  float* const dsum = sum_gradients_.data();
  if (normalises_after(shape_.attention_norm)) attention_norm_.backward(queries, kept.attention_sum, dsum, dsum);
  std::copy_n(dsum, queries * size, branch_.data());
  drop(residual_mask_, block, size, branch_.data());
  out_.add_gradients(queries, kept.attended, branch_.data());
  // The attended values have served, so their memory takes their gradients.
  out_.input_gradients(queries, branch_.data(), kept.attended);
  for (std::int64_t row = 0; row < block.rows; ++row) {
    const auto query = row * shape_.queries() * size, key = row * shape_.tokens * size;
    attention_.backward(block.row + row, {kept.query + query, size}, {kept.key + key, size}, {kept.value + key, size},
                        attention_mask(), {kept.attended + query, size}, attention_gradients(row));
  }
  attention_inputs_backward(block, x, dx);
}

/// Through the projections to query, key and value, the normalisation before them, and past them.
void TransformerKernel::attention_inputs_backward(const Block& block, const float* x, float* dx) {
  const auto tokens = block.rows * shape_.tokens, queries = block.rows * shape_.queries();
  const bool before = normalises_before(shape_.attention_norm);
  if (before) attention_norm_.forward(tokens, x, normed_.data());
  const float* const from = before ? normed_.data() : x;
  key_.add_gradients(tokens, from, key_gradients_.data());
  value_.add_gradients(tokens, from, value_gradients_.data());
  query_.add_gradients(queries, asking_tokens(block, from), query_gradients_.data());
  if (dx == nullptr && !before) return;

  float* const dfrom = dx == nullptr ? normed_.data() : dx;
  key_.input_gradients(tokens, key_gradients_.data(), dfrom);
  value_.input_gradients(tokens, value_gradients_.data(), dfrom, true);
  add_query_gradients(block, dfrom);
  if (before) attention_norm_.backward(tokens, x, dfrom, dx);
  if (dx != nullptr) add_to_asking(block, sum_gradients_.data(), dx);
}

void TransformerKernel::add_query_gradients(const Block& block, float* dfrom) {
  const auto queries = block.rows * shape_.queries();
  if (shape_.asking.empty()) return query_.input_gradients(queries, query_gradients_.data(), dfrom, true);
  query_.input_gradients(queries, query_gradients_.data(), branch_.data());
  add_to_asking(block, branch_.data(), dfrom);
}

/// `gradients` of the tokens that were computed are added to those of all.
void TransformerKernel::add_to_asking(const Block& block, const float* gradients, float* all) const {
  const auto size = shape_.size;
  if (shape_.asking.empty()) return add_values(block.rows * shape_.tokens * size, gradients, all, all);
  for (std::int64_t row = 0; row < block.rows; ++row, all += shape_.tokens * size) {
    for (const auto token : shape_.asking) {
      add_values(size, gradients, all + token * size, all + token * size);
      gradients += size;
    }
  }
}

kernel::Grain TransformerKernel::grain_of_rows() const {
  const auto weights =
      4 * shape_.size * shape_.size + shape_.size * (shape_.hidden + shape_.activation->input_width(shape_.hidden));
  return kernel::grain_of_blocks(block_rows_, 2.0 * static_cast<double>(shape_.tokens) * static_cast<double>(weights));
}

/// Of the largest product.
double TransformerKernel::operations_per_row() const {
  const auto widest = std::max({shape_.size, shape_.activation->input_width(shape_.hidden)});
  return 2.0 * static_cast<double>(shape_.tokens * shape_.size) * static_cast<double>(widest);
}

}  // namespace mlr3libtorch::network
