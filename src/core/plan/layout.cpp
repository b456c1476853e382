#include "core/plan/layout.h"

#include <algorithm>

namespace mlr3libtorch::plan {
namespace {

/// Buffers that are reused when they are free.
class BufferPool {
 public:
  explicit BufferPool(std::vector<std::int64_t>& widths) : widths_(widths) {}

  std::size_t take(std::int64_t width) {
    if (free_.empty()) {
      widths_.push_back(width);
      return widths_.size() - 1;
    }
    const auto buffer = free_.back();
    free_.pop_back();
    widths_[buffer] = std::max(widths_[buffer], width);
    return buffer;
  }

  void give_back(std::size_t buffer) { free_.push_back(buffer); }

 private:
  std::vector<std::int64_t>& widths_;
  std::vector<std::size_t> free_;
};

class LayoutMaker {
 public:
  LayoutMaker(const network::Network& network, const Kernels& kernels, bool training)
      : network_(network), kernels_(kernels), training_(training), inputs_(network.inputs().size()) {}

  Layout make() {
    count_readers();
    assign_places();
    if (training_) {
      find_gradients();
      assign_separate_values();
      assign_gradients();
    } else {
      assign_shared_values();
    }
    return std::move(layout_);
  }

 private:
  bool is_view(std::size_t node) const { return kernels_[node]->is_view(training_); }

  /// Reading a view means reading the value it is a view of.
  void count_readers() {
    for (std::size_t value = 0; value < network_.shapes().size(); ++value) {
      const bool is_itself = value < inputs_ || !is_view(value - inputs_);
      viewed_.push_back(is_itself ? value : viewed_[network_.nodes()[value - inputs_].inputs.front()]);
    }
    readers_.assign(network_.shapes().size(), 0);
    for (std::size_t node = 0; node < network_.nodes().size(); ++node) {
      if (is_view(node)) continue;
      for (const auto input : network_.nodes()[node].inputs) ++readers_[viewed_[input]];
    }
    for (const auto output : network_.outputs()) ++readers_[viewed_[output]];
  }

  void assign_places() {
    for (std::size_t input = 0; input < inputs_; ++input) place_of_.push_back(add_place(input));
    for (std::size_t node = 0; node < network_.nodes().size(); ++node) place_node(node);
    for (const auto output : network_.outputs()) layout_.outputs.push_back(place_of_[output]);
  }

  std::size_t add_place(std::size_t value) {
    layout_.places.push_back({network_.shapes()[value].width()});
    last_writer_.push_back(kNoBuffer);
    return layout_.places.size() - 1;
  }

  void place_node(std::size_t node) {
    const auto& built = network_.nodes()[node];
    const auto& kernel = *kernels_[node];
    if (is_view(node) || is_absorbed(node)) {
      place_of_.push_back(place_of_[built.inputs.front()]);
      return;
    }
    NodeLayout entry{node, {}, {}, 0};
    for (const auto input : built.inputs) entry.inputs.push_back(place_of_[input]);
    const bool in_place = kernel.works_in_place() && may_overwrite(viewed_[built.inputs.front()]);
    entry.output = in_place ? entry.inputs.front() : add_place(inputs_ + node);
    place_of_.push_back(entry.output);
    last_writer_[entry.output] = node;
    layout_.nodes.push_back(std::move(entry));
  }

  /// Whether the node that makes the input also applies this node's function.
  bool is_absorbed(std::size_t node) {
    const auto function = kernels_[node]->elementwise();
    const auto input = viewed_[network_.nodes()[node].inputs.front()];
    if (function == nullptr || input < inputs_ || readers_[input] != 1) return false;
    const auto writer = last_writer_[place_of_[input]];
    return writer != kNoBuffer && kernels_[writer]->absorb(function);
  }

  /// Whether nobody else needs the value: no other node, no backward call, nobody outside.
  bool may_overwrite(std::size_t value) const {
    const auto writer = last_writer_[place_of_[value]];
    if (writer == kNoBuffer || readers_[value] != 1) return false;
    return !training_ || !kernels_[writer]->reads_output();
  }

  bool is_outside(std::size_t place) const {
    return place < inputs_ || std::find(layout_.outputs.begin(), layout_.outputs.end(), place) != layout_.outputs.end();
  }

  void assign_separate_values() {
    for (std::size_t place = 0; place < layout_.places.size(); ++place) {
      if (is_outside(place)) continue;
      layout_.buffer_widths.push_back(layout_.places[place].width);
      layout_.places[place].values = layout_.buffer_widths.size() - 1;
    }
  }

  void assign_shared_values() {
    const auto last_read = places_by_last_reader();
    BufferPool pool(layout_.buffer_widths);
    for (std::size_t i = 0; i < layout_.nodes.size(); ++i) {
      auto& place = layout_.places[layout_.nodes[i].output];
      if (!is_outside(layout_.nodes[i].output) && place.values == kNoBuffer) place.values = pool.take(place.width);
      for (const auto read : last_read[i]) {
        if (layout_.places[read].values != kNoBuffer) pool.give_back(layout_.places[read].values);
      }
    }
  }

  /// For each node of the layout, the places that no later node reads or writes.
  std::vector<std::vector<std::size_t>> places_by_last_reader() const {
    const auto none = layout_.nodes.size();
    std::vector<std::size_t> last_reader(layout_.places.size(), none);
    for (std::size_t i = 0; i < layout_.nodes.size(); ++i) {
      last_reader[layout_.nodes[i].output] = i;
      for (const auto input : layout_.nodes[i].inputs) last_reader[input] = i;
    }
    std::vector<std::vector<std::size_t>> places(layout_.nodes.size());
    for (std::size_t place = 0; place < last_reader.size(); ++place) {
      if (last_reader[place] != none) places[last_reader[place]].push_back(place);
    }
    return places;
  }

  /// A node has a backward call if the loss depends on its output and something needs the gradient.
  void find_gradients() {
    std::vector<bool> wants(layout_.places.size(), false);
    for (auto& node : layout_.nodes) {
      const auto wanted = [&](std::size_t place) { return wants[place]; };
      const bool has_parameters = network_.nodes()[node.node].parameter_count > 0;
      node.has_backward = has_parameters || std::any_of(node.inputs.begin(), node.inputs.end(), wanted);
      if (node.has_backward) wants[node.output] = true;
    }
    std::vector<bool> written(layout_.places.size(), false);
    written[layout_.outputs.front()] = true;
    for (auto node = layout_.nodes.rbegin(); node != layout_.nodes.rend(); ++node) {
      node->has_backward = node->has_backward && written[node->output];
      const bool in_place = node->inputs.front() == node->output;
      for (const auto input : node->inputs) {
        const bool gets = node->has_backward && wants[input];
        const bool adds = gets && written[input] && !in_place;
        node->gradients.push_back({gets, adds});
        if (gets) written[input] = true;
      }
    }
  }

  /// The gradient of a place is needed from its last reader's backward call to its writer's.
  void assign_gradients() {
    BufferPool pool(layout_.buffer_widths);
    const auto buffer_of = [&](Place& place) {
      if (place.gradients == kNoBuffer) place.gradients = pool.take(place.width);
      return place.gradients;
    };
    buffer_of(layout_.places[layout_.outputs.front()]);
    for (auto node = layout_.nodes.rbegin(); node != layout_.nodes.rend(); ++node) {
      if (!node->has_backward) continue;
      for (std::size_t i = 0; i < node->inputs.size(); ++i) {
        auto& gradient = node->gradients[i];
        auto& place = layout_.places[node->inputs[i]];
        if (gradient.wanted) gradient.buffer = gradient.adds ? pool.take(place.width) : buffer_of(place);
      }
      for (const auto& gradient : node->gradients) {
        if (gradient.adds) pool.give_back(gradient.buffer);
      }
      const bool in_place = node->inputs.front() == node->output;
      if (!in_place) pool.give_back(layout_.places[node->output].gradients);
    }
  }

  const network::Network& network_;
  const Kernels& kernels_;
  bool training_;
  std::size_t inputs_;
  std::vector<std::size_t> viewed_;       // the value that each value is a view of, or itself
  std::vector<std::size_t> readers_;      // of each value
  std::vector<std::size_t> place_of_;     // each value
  std::vector<std::size_t> last_writer_;  // node, of each place
  Layout layout_;
};

}  // namespace

Layout make_layout(const network::Network& network, const Kernels& kernels, bool training) {
  return LayoutMaker(network, kernels, training).make();
}

}  // namespace mlr3libtorch::plan
