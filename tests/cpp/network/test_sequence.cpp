#include "core/base/error.h"
#include "network/networks.h"

namespace mlr3libtorch::test_sequence {
namespace {

using namespace mlr3libtorch::test;

TEST_CASE("a padding mask marks the padding, but never the first step", "[network]") {
  const auto numbers = at::tensor({2, 0, 3, 0, 0, 0, 0, 1}, at::kLong).reshape({2, 4});
  const auto expected = at::tensor({0.0F, 1.0F, 0.0F, 1.0F, 0.0F, 1.0F, 1.0F, 0.0F}).reshape({2, 4});
  CHECK(at::equal(apply("padding_mask", {}, numbers), expected));
  CHECK_THROWS_AS(apply("padding_mask", {}, at::zeros({2})), base::ShapeError);
}

TEST_CASE("a position embedding adds one vector for each step, the same for all rows", "[network]") {
  const auto x = at::randn({3, 4, 2});
  const auto added = apply("position_embedding", {}, x) - x;
  CHECK(at::allclose(added, added.narrow(0, 0, 1).expand_as(x), 1e-4, 1e-6));
  CHECK(added.abs().min().item<double>() > 0);
}

TEST_CASE("steps that are padding in all rows are left out, at build time none", "[network]") {
  const auto x = at::arange(12, at::kFloat).reshape({2, 3, 2});
  const auto mask = at::tensor({0.0F, 1.0F, 1.0F, 0.0F, 0.0F, 1.0F}).reshape({2, 3});
  const network::Network network{{{"x", "mask"}, {{"node", "trim_padding", {}, {"x", "mask"}}}, {}},
                                 {x, at::ones({2, 3})},
                                 at::detail::createCPUGenerator(1)};
  CHECK(network.shapes().back().sizes == std::vector<std::int64_t>{3, 2});
  CHECK(at::equal(network.forward({x, mask}, {}).front(), x.narrow(1, 0, 2)));
  CHECK(at::equal(network.forward({x, at::ones({2, 3})}, {}).front(), x.narrow(1, 0, 1)));
  CHECK(at::equal(network.forward({x, at::zeros({2, 3})}, {}).front(), x));
  // a step inside of the sequences is kept, even if it is left out in all of them
  const auto gap = at::tensor({0.0F, 1.0F, 0.0F, 0.0F, 1.0F, 1.0F}).reshape({2, 3});
  CHECK(at::equal(network.forward({x, gap}, {}).front(), x));
  const auto no_rows = network.forward({x.narrow(0, 0, 0), mask.narrow(0, 0, 0)}, {}).front();
  CHECK(no_rows.sizes() == at::IntArrayRef{0, 3, 2});
}

TEST_CASE("a padding mask that marks steps before the end is refused", "[network]") {
  const auto x = at::randn({2, 3, 2}, at::detail::createCPUGenerator(3));
  const auto refusal = [&](const std::string& operation, const value::NamedValues& arguments,
                           const std::vector<float>& second_row) -> std::string {
    const auto mask = at::cat({at::tensor({0.0F, 0.0F, 1.0F}), at::tensor(second_row)}).reshape({2, 3});
    const network::Network network{{{"x", "mask"}, {{"layer", operation, arguments, {"x", "mask"}}}, {}},
                                   {x, mask},
                                   at::detail::createCPUGenerator(1)};
    try {
      network.forward({x, mask}, {});
    } catch (const base::ShapeError& error) {
      return error.what();
    }
    return {};
  };
  const value::NamedValues hidden{{"hidden_size", 2}};
  const std::vector<float> gap{0, 1, 0}, ones_for_steps{1, 1, 0}, empty{1, 1, 1};
  for (const std::string operation : {"lstm", "gru", "rnn"}) {
    const auto message = refusal(operation, hidden, gap);
    CHECK(message.find("'layer' (" + operation + ")") != std::string::npos);
    CHECK(message.find("in row 2 of the batch, a step follows one") != std::string::npos);
    CHECK_FALSE(refusal(operation, hidden, ones_for_steps).empty());
    CHECK(refusal(operation, hidden, empty).empty());
  }
  const auto message = refusal("trim_padding", {}, ones_for_steps);
  CHECK(message.find("'layer' (trim_padding)") != std::string::npos);
  CHECK(message.find("in row 2 of the batch, the padding mask marks the first step, but not all") != std::string::npos);
  CHECK(refusal("trim_padding", {}, gap).empty());
  CHECK(refusal("trim_padding", {}, empty).empty());
}

TEST_CASE("a position embedding adds the vectors of the first steps to a shorter sequence", "[network]") {
  const auto x = at::zeros({2, 4, 3});
  const network::Network network{
      {{"x"}, {{"node", "position_embedding", {}, {"x"}}}, {}}, {x}, at::detail::createCPUGenerator(1)};
  const auto whole = network.forward({x}, {}).front();
  CHECK(at::equal(network.forward({x.narrow(1, 0, 2)}, {}).front(), whole.narrow(1, 0, 2)));
}

TEST_CASE("the mean of a sequence leaves out steps that the mask marks", "[network]") {
  const auto x = at::arange(8, at::kFloat).reshape({2, 2, 2});
  CHECK(at::equal(apply("sequence_mean", {}, x), x.mean(1)));
  const auto mask = at::tensor({0.0F, 1.0F, 0.0F, 0.0F}).reshape({2, 2});
  network::Network network{{{"x", "mask"}, {{"node", "sequence_mean", {}, {"x", "mask"}}}, {}},
                           {x, mask},
                           at::detail::createCPUGenerator(1)};
  const auto expected = at::tensor({0.0F, 1.0F, 5.0F, 6.0F}).reshape({2, 2});
  CHECK(at::equal(network.forward({x, mask}, {}).front(), expected));
}

TEST_CASE("what lies beyond the end of a sequence does not change a recurrent layer's outputs", "[network]") {
  const auto x = at::randn({2, 4, 3}, at::detail::createCPUGenerator(3));
  const auto mask = at::tensor({0.0F, 0.0F, 1.0F, 1.0F, 0.0F, 0.0F, 0.0F, 0.0F}).reshape({2, 4});
  for (const std::string operation : {"lstm", "gru", "rnn"}) {
    network::Network network{
        {{"x", "mask"}, {{"node", operation, {{"hidden_size", 2}, {"bidirectional", true}}, {"x", "mask"}}}, {}},
        {x, mask},
        at::detail::createCPUGenerator(1)};
    const auto y = network.forward({x, mask}, {}).front();
    CHECK(y.select(0, 0).narrow(0, 2, 2).abs().max().item<double>() == 0);
    const auto short_row = x.narrow(0, 0, 1).narrow(1, 0, 2);
    network::Network alone{{{"x"}, {{"node", operation, {{"hidden_size", 2}, {"bidirectional", true}}, {"x"}}}, {}},
                           {short_row},
                           at::detail::createCPUGenerator(1)};
    CHECK(at::allclose(alone.forward({short_row}, {}).front(), y.narrow(0, 0, 1).narrow(1, 0, 2), 1e-5, 1e-6));
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_sequence
