#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/image/picture.h"
#include "core/image/random.h"
#include "core/value/registry.h"

namespace mlr3libtorch::image {

/// What is done to one picture after the other. Has no state, so that threads may share it.
class Transform {
 public:
  virtual ~Transform() = default;
  /// Changes the picture in place, its shape included. All randomness comes from `random`.
  /// A base::ShapeError if the picture has a shape that it cannot work on.
  virtual void apply(Picture& picture, Random& random) const = 0;
};

/// An entry's tags are "trafo" if it may be done to every picture, "augment" if it makes more of those trained on.
struct TransformFacts {
  /// Whether it draws random numbers.
  bool is_random = false;
  /// Whether it is made of other transformations.
  bool has_parts = false;
};
using Parts = std::vector<std::shared_ptr<const Transform>>;
using TransformRegistry = value::Registry<Transform, TransformFacts, const Parts&>;
TransformRegistry& transforms();

struct TransformRegistration {
  TransformRegistration(const char* schema, value::Description description, TransformRegistry::Factory factory,
                        TransformFacts facts) {
    transforms().add(schema, std::move(description), std::move(factory), facts);
  }
};

/// Registers `T`, which is made from its arguments.
template <class T>
TransformRegistration register_transform(const char* schema, std::string label, std::string doc,
                                         std::vector<value::ArgumentDescription> arguments,
                                         std::vector<std::string> tags, TransformFacts facts = {}) {
  return {schema,
          {std::move(label), std::move(doc), std::move(arguments), std::move(tags)},
          [](const value::Arguments& given, const Parts& /*parts*/) { return std::make_unique<T>(given); },
          facts};
}

/// One transformation by name, as plain data.
struct ChainStep {
  std::string name;
  value::NamedValues arguments;
  /// Those that it is made of.
  std::vector<ChainStep> parts = {};
};

/// Several, one after the other.
class Chain {
 public:
  Chain() = default;
  explicit Chain(const std::vector<ChainStep>& steps);
  /// `draw`: the epoch's random number. What is random depends on it, the row and a step's place. An error names the
  /// step.
  void apply(Picture& picture, std::uint64_t draw, std::int64_t row) const;
  bool is_random() const { return is_random_; }

 private:
  std::vector<std::string> names_;
  Parts transforms_;
  bool is_random_ = false;
};

/// Refuses a shape other than [channels, height, width].
void require_picture(const Picture& picture);
/// Refuses other numbers of channels.
void require_channels(const Picture& picture, bool fits, const std::string& expected);

}  // namespace mlr3libtorch::image
