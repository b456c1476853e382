#include "core/train/shared_scorer.h"

#include "core/parallel/broadcast_value.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::train {

score::NamedScores SharedScorer::score_train(const Predictions& predictions) {
  return shared(leads() ? own_.score_train(predictions) : score::NamedScores());
}

score::NamedScores SharedScorer::score_valid(const Predictions& predictions) {
  return shared(leads() ? own_.score_valid(predictions) : score::NamedScores());
}

score::NamedScores SharedScorer::shared(const score::NamedScores& scores) {
  auto given = value::make_list();
  for (const auto& [id, value] : scores) {
    given.push_back(id);
    given.push_back(value);
  }
  const auto all = parallel::broadcast_value(*exchange_, given, interrupt_);
  const auto values = all.toListRef();
  score::NamedScores named;
  for (std::size_t i = 0; i < values.size(); i += 2)
    named.emplace_back(values[i].toStringRef(), values[i + 1].toDouble());
  return named;
}

}  // namespace mlr3libtorch::train
