// Transformations that are made of others, by chance.
#include <numeric>
#include <utility>
#include <vector>

#include "core/image/transform.h"

namespace mlr3libtorch::image {
namespace {

class RandomChoice : public Transform {
 public:
  explicit RandomChoice(Parts parts) : parts_(std::move(parts)) {}

  void apply(Picture& picture, Random& random) const override {
    const auto chosen = random.below(static_cast<std::int64_t>(parts_.size()));
    parts_[static_cast<std::size_t>(chosen)]->apply(picture, random);
  }

 private:
  Parts parts_;
};

class RandomOrder : public Transform {
 public:
  explicit RandomOrder(Parts parts) : parts_(std::move(parts)) {}

  void apply(Picture& picture, Random& random) const override {
    auto left = parts_;
    while (!left.empty()) {
      const auto next = left.begin() + random.below(static_cast<std::int64_t>(left.size()));
      (*next)->apply(picture, random);
      left.erase(next);
    }
  }

 private:
  Parts parts_;
};

template <class T>
TransformRegistration register_group(const char* schema, std::string label, std::string doc) {
  return {schema,
          {std::move(label), std::move(doc), {}, {"augment"}},
          [](const value::Arguments& /*given*/, const Parts& parts) { return std::make_unique<T>(parts); },
          {true, true}};
}

const auto random_choice_registration = register_group<RandomChoice>(
    "random_choice() -> ()", "Random Choice", "One of several transformations, each as likely as the others.");

const auto random_order_registration = register_group<RandomOrder>("random_order() -> ()", "Random Order",
                                                                   "Several transformations, in an order by chance.");

}  // namespace
}  // namespace mlr3libtorch::image
