#include "core/network/row_count.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <vector>

namespace mlr3libtorch::network {
namespace jit = torch::jit;
namespace {

/// A number as a multiple of the number of rows plus a constant.
struct Line {
  std::int64_t slope;
  std::int64_t intercept;
};

void collect(jit::Block* block, std::vector<jit::Node*>& nodes) {
  for (auto* node : block->nodes()) {
    nodes.push_back(node);
    for (auto* inner : node->blocks()) collect(inner, nodes);
  }
}

std::vector<jit::Node*> nodes_of(jit::Graph& graph) {
  std::vector<jit::Node*> nodes;
  collect(graph.block(), nodes);
  return nodes;
}

bool are_equal(const c10::IValue& left, const c10::IValue& right) {
  if (left.isTensor() != right.isTensor()) return false;
  if (!left.isTensor()) return left == right;
  const auto& first = left.toTensor();
  const auto& second = right.toTensor();
  return first.sizes() == second.sizes() && first.scalar_type() == second.scalar_type() && first.equal(second);
}

/// In place of `constant`, its value for the actual number of rows.
void replace(jit::Graph& graph, jit::Value* rows, jit::Node* constant, const Line& line) {
  const jit::WithInsertPoint before(constant);
  auto* value = rows;
  if (line.slope != 1) value = graph.insert(c10::aten::mul, {value, line.slope});
  if (line.intercept != 0) value = graph.insert(c10::aten::add, {value, line.intercept});
  constant->output()->replaceAllUsesWith(value);
}

}  // namespace

bool follow_row_count(jit::Graph& graph, std::int64_t rows, jit::Graph& other, std::int64_t other_rows) {
  const auto nodes = nodes_of(graph);
  const auto others = nodes_of(other);
  if (nodes.size() != others.size()) return false;
  const jit::WithInsertPoint start(*graph.nodes().begin());
  auto* row_count = graph.insert(c10::aten::size, {graph.inputs().at(1), 0});
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i]->kind() != others[i]->kind()) return false;
    if (nodes[i]->kind() != c10::prim::Constant) continue;
    const auto value = jit::toIValue(nodes[i]->output());
    const auto other_value = jit::toIValue(others[i]->output());
    if (!value || !other_value) return false;
    if (are_equal(*value, *other_value)) continue;
    if (!value->isInt() || !other_value->isInt()) return false;
    const auto difference = other_value->toInt() - value->toInt();
    if (difference % (other_rows - rows) != 0) return false;
    const auto slope = difference / (other_rows - rows);
    replace(graph, row_count, nodes[i], {slope, value->toInt() - slope * rows});
  }
  return true;
}

}  // namespace mlr3libtorch::network
