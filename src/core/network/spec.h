#pragma once

#include <string>
#include <vector>

#include "core/value/arguments.h"

namespace mlr3libtorch::network {

/// One step of a network: an operation, its parameters, and the ids of the nodes or inputs it reads.
struct Node {
  std::string id;
  std::string operation;
  value::NamedValues parameters;
  std::vector<std::string> inputs;
};

/// A network without its weights. Nodes are in an order in which each can be computed.
struct Spec {
  std::vector<std::string> inputs;
  std::vector<Node> nodes;
  /// Ids of the nodes whose values the network returns; empty: the last node.
  std::vector<std::string> outputs;
};

}  // namespace mlr3libtorch::network
