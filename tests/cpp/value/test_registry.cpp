#include "core/value/registry.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_registry {
namespace {

struct Thing {
  double size;
};

struct Facts {
  int weight = 0;
};

using Things = value::Registry<Thing, Facts, double>;

Things::Factory scaled() {
  return [](const value::Arguments& arguments, double scale) {
    return std::make_unique<Thing>(Thing{scale * arguments.get<double>("size")});
  };
}

TEST_CASE("an entry keeps its schema, description and facts under the schema's name", "[value]") {
  Things things("thing");
  things.add("box(float size=2.0) -> ()", {"Box", "Holds things."}, scaled(), {3});
  CHECK(things.names().size() == 1);
  CHECK(things.names().front() == "box");
  CHECK(things.at("box").description.label == "Box");
  CHECK(things.at("box").facts.weight == 3);
  CHECK(things.make("box", things.bind("box", {}), 10)->size == 20);
}

TEST_CASE("a second entry of a name is refused, and the first stays", "[value]") {
  Things things("thing");
  things.add("box(float size=2.0) -> ()", {"Box", "Holds things."}, scaled());
  CHECK_THROWS_WITH(things.add("box() -> ()", {"Other", "Another."}, scaled()),
                    "There are two of kind 'thing' called 'box': give one of them another name in its registration.");
  CHECK(things.at("box").description.label == "Box");
}

TEST_CASE("an unknown name is an error that carries the names there are", "[value]") {
  Things things("thing");
  things.add("box() -> ()", {"Box", "Holds things."}, scaled());
  things.add("bag() -> ()", {"Bag", "Holds things."}, scaled());
  try {
    things.at("bxo");
    FAIL("no error");
  } catch (const base::UnknownNameError& error) {
    CHECK(std::string(error.what()) == "There is no thing called 'bxo'.");
    const std::vector<std::string> known{"bag", "box"};
    CHECK(std::get<std::vector<std::string>>(error.fields().at("known")) == known);
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_registry
