#include "core/base/error.h"
#include "network/networks.h"

namespace mlr3libtorch::test_spec {
namespace {

using namespace mlr3libtorch::test;
using network::Node;
using network::Spec;

const auto kRows = at::zeros({2, 3});

Node linear(const std::string& id, const std::string& input) { return {id, "linear", {{"out_features", 4}}, {input}}; }

/// The error with which a spec is refused.
base::Error refusal(const Spec& spec, const std::vector<at::Tensor>& example = {kRows}) {
  try {
    network::Network(spec, example, at::detail::createCPUGenerator(1));
  } catch (const base::Error& error) {
    return error;
  }
  return {"none", "none"};
}

std::string text(const base::Error& error, const std::string& field) {
  return std::get<std::string>(error.fields().at(field));
}

void check_unknown(const base::Error& error, const std::string& given, const std::string& known) {
  CHECK(error.kind() == "unknown_name");
  CHECK(text(error, "given") == given);
  CHECK_THAT(std::get<std::vector<std::string>>(error.fields().at("known")), Catch::VectorContains(known));
}

TEST_CASE("an unknown operation, parameter, input or output is named, with those there are", "[network]") {
  check_unknown(refusal({{"x"}, {{"a", "liner", {}, {"x"}}}, {}}), "liner", "linear");
  check_unknown(refusal({{"x"}, {{"a", "linear", {{"out_feature", 1}}, {"x"}}}, {}}), "out_feature", "out_features");
  check_unknown(refusal({{"x"}, {linear("a", "z")}, {}}), "z", "x");
  check_unknown(refusal({{"x"}, {linear("a", "b"), linear("b", "x")}, {}}), "b", "x");
  check_unknown(refusal({{"x"}, {linear("a", "x")}, {"b"}}), "b", "a");
}

TEST_CASE("parameters of nodes are checked", "[network]") {
  CHECK(refusal({{"x"}, {{"a", "linear", {}, {"x"}}}, {}}).kind() == "argument");
  CHECK(refusal({{"x"}, {{"a", "linear", {{"out_features", 0}}, {"x"}}}, {}}).kind() == "argument");
  CHECK(refusal({{"x"}, {{"a", "linear", {{"out_features", 1.5}}, {"x"}}}, {}}).kind() == "argument");
  CHECK(refusal({{"x"}, {{"a", "dropout", {{"p", 1.5}}, {"x"}}}, {}}).kind() == "argument");
}

TEST_CASE("no two nodes or inputs share a name", "[network]") {
  const auto nodes = refusal({{"x"}, {linear("a", "x"), linear("a", "a")}, {}});
  CHECK(nodes.kind() == "config");
  CHECK(text(nodes, "node") == "a");
  CHECK(refusal({{"x"}, {linear("x", "x")}, {}}).kind() == "config");
  CHECK(refusal({{"x", "x"}, {linear("a", "x")}, {}}, {kRows, kRows}).kind() == "config");
}

TEST_CASE("a network needs a node and one example for each input", "[network]") {
  CHECK(refusal({{"x"}, {}, {}}).kind() == "config");
  CHECK(refusal({{"x"}, {linear("a", "x")}, {}}, {}).kind() == "config");
  CHECK(refusal({{"x"}, {linear("a", "x")}, {}}, {kRows, kRows}).kind() == "config");
}

TEST_CASE("a node that reads too few or too many others is refused by name", "[network]") {
  for (const auto* operation : {"tanh", "dropout", "linear", "constant"}) {
    CAPTURE(operation);
    value::NamedValues parameters;
    if (network::operations().at(operation).schema.argumentIndexWithName("out_features")) {
      parameters["out_features"] = 1;
    }
    for (const auto& inputs : {std::vector<std::string>{}, std::vector<std::string>{"x", "x"}}) {
      const auto error = refusal({{"x"}, {{"lonely", operation, parameters, inputs}}, {}});
      CHECK(error.kind() == "config");
      CHECK_THAT(error.what(), Catch::Contains("'lonely'"));
    }
  }
}

TEST_CASE("a shape that does not fit names the node and its operation", "[network]") {
  const auto error = refusal({{"x"}, {linear("picky", "x")}, {}}, {at::zeros({})});
  CHECK(error.kind() == "shape");
  CHECK(text(error, "node") == "picky");
  CHECK(text(error, "operation") == "linear");
  CHECK_THAT(error.what(), Catch::StartsWith("Node 'picky' (linear) does not fit its input of shape (): "));
}

TEST_CASE("a forward call takes as many tensors as the network has inputs", "[network]") {
  const auto network = make_mlp();
  CHECK_THROWS_AS(network.forward({}, {}), base::ConfigError);
  CHECK_THROWS_AS(network.forward({kRows, kRows}, {}), base::ConfigError);
}

TEST_CASE("nodes may share an input, and a network may return several", "[network]") {
  const auto network =
      make_network({{"up", "relu", {}, {"x"}}, {"same", "identity", {}, {"x"}}}, kRows, 1, {"same", "up", "x"});
  const auto x = at::tensor({-1.0F, 0.0F, 2.0F}).reshape({1, 3});
  const auto outputs = network.forward({x}, {});
  REQUIRE(outputs.size() == 3);
  CHECK(at::equal(outputs[0], x));
  CHECK(at::equal(outputs[1], at::relu(x)));
  CHECK(at::equal(outputs[2], x));
}

TEST_CASE("inputs are told apart by their place", "[network]") {
  const network::Network network({{"a", "b"}, {{"second", "identity", {}, {"b"}}}, {}}, {kRows, kRows},
                                 at::detail::createCPUGenerator(1));
  CHECK(network.inputs() == std::vector<std::string>{"a", "b"});
  CHECK(at::equal(network.forward({kRows, kRows + 1}, {}).front(), kRows + 1));
}

}  // namespace
}  // namespace mlr3libtorch::test_spec
