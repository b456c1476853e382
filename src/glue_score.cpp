#include <algorithm>
#include <cmath>

#include "core/score/outputs.h"
#include "glue/convert.h"
#include "glue/guard.h"
#include "glue/index_base.h"
#include "glue/run_handle.h"
#include "glue/score_board.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

std::vector<double> to_doubles(SEXP value, const std::string& what) {
  if (Rf_isNull(value)) return {};
  if (TYPEOF(value) != REALSXP) refuse_value(what, "numbers", value);
  return {REAL(value), REAL(value) + Rf_xlength(value)};
}

/// Numbers from 1 in R.
std::vector<std::int64_t> to_class_numbers(SEXP value) {
  if (TYPEOF(value) != INTSXP) refuse_value("numbers", "the integers of a factor", value);
  std::vector<std::int64_t> numbers(INTEGER(value), INTEGER(value) + Rf_xlength(value));
  for (auto& number : numbers) --number;
  return numbers;
}

/// list(classes, numbers, weights) or list(values, weights)
score::Truth to_truth(SEXP value) {
  const auto list = to_list(value, "truth");
  score::Truth truth;
  truth.weights = to_doubles(list_element(list, "weights", "truth"), "weights");
  if (list.containsElementNamed("classes")) {
    truth.classes = to_int(list["classes"], "classes");
    truth.numbers = to_class_numbers(list_element(list, "numbers", "truth"));
  } else {
    truth.values = to_doubles(list_element(list, "values", "truth"), "values");
  }
  return truth;
}

/// list(response = <output, from 1>, levels, is_log)
score::NumberOutputs to_number_outputs(SEXP value) {
  const auto list = to_list(value, "outputs");
  const auto response = to_int_from(list_element(list, "response", "outputs"), "response", 1);
  return {response - 1, to_doubles(list_element(list, "levels", "outputs"), "levels"),
          to_bool(list_element(list, "is_log", "outputs"), "is_log")};
}

/// list(id, key, arguments, undefined, weighted)
score::Entry to_entry(SEXP value) {
  const auto list = to_list(value, "score");
  const auto key = to_string(list_element(list, "key", "score"), "key");
  auto& registry = score::scores();
  const auto arguments = to_named_values(to_list(list_element(list, "arguments", "score"), "arguments"),
                                         registry.at(key).schema, "score '" + key + "'");
  return {to_string(list_element(list, "id", "score"), "id"), registry.make(key, registry.bind(key, arguments)),
          to_double_or_nan(list_element(list, "undefined", "score"), "undefined"),
          to_bool(list_element(list, "weighted", "score"), "weighted")};
}

/// Class numbers from 1; NA for a row with an output that is not a number. `logits`: [n, width].
Rcpp::IntegerVector responses_to_r(const score::Prediction& prediction, const float* logits, std::int64_t width) {
  Rcpp::IntegerVector response(static_cast<R_xlen_t>(prediction.rows));
  for (R_xlen_t i = 0; i < response.size(); ++i, logits += width) {
    const bool has_class = std::none_of(logits, logits + width, [](float logit) { return std::isnan(logit); });
    response[i] =
        has_class ? static_cast<int>(prediction.predicted_class[static_cast<std::size_t>(i)]) + 1 : NA_INTEGER;
  }
  return response;
}

/// Adds list(phase, measure, evaluations, undefined) for each measure.
void add_counts(const std::string& phase, const std::map<std::string, score::ScoreCount>& counts, Rcpp::List& list) {
  for (const auto& [id, count] : counts) {
    list.push_back(Rcpp::List::create(Rcpp::Named("phase") = phase, Rcpp::Named("measure") = id,
                                      Rcpp::Named("evaluations") = static_cast<double>(count.evaluations),
                                      Rcpp::Named("undefined") = static_cast<double>(count.undefined)));
  }
}

std::vector<score::Entry> to_entries(SEXP value) {
  std::vector<score::Entry> entries;
  for (const SEXP entry : to_list(value, "scores")) entries.push_back(to_entry(entry));
  return entries;
}

}  // namespace

Rcpp::List scores_to_r(const score::NamedScores& scores) {
  Rcpp::List list(static_cast<R_xlen_t>(scores.size()));
  Rcpp::CharacterVector names(list.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    names[static_cast<R_xlen_t>(i)] = scores[i].first;
    list[static_cast<R_xlen_t>(i)] = scores[i].second;
  }
  list.names() = names;
  return list;
}

score::NamedScores to_scores(SEXP value, const std::string& what) {
  const auto list = to_list(value, what);
  const auto names = element_names(list, what);
  score::NamedScores scores;
  for (R_xlen_t i = 0; i < list.size(); ++i) {
    scores.emplace_back(names[static_cast<std::size_t>(i)], to_double_or_nan(list[i], what));
  }
  return scores;
}

}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

/// What a network's outputs say of classes: list(response, prob), class numbers from 1 and, if they are wanted, a
/// matrix of probabilities. `y_hat`: [n, classes] logits, or [n, 1] for two classes; see `score::read_classes()`.
// [[Rcpp::export(rng = false)]]
SEXP core_class_predictions(SEXP y_hat, SEXP classes, SEXP with_probabilities) {
  return guard([&]() -> SEXP {
    const auto logits = unwrap_tensor(y_hat).to(at::kCPU, at::kFloat).contiguous();
    score::Prediction prediction;
    prediction.rows = logits.dim() == 0 ? 0 : logits.size(0);
    prediction.classes = to_int(classes, "classes");
    const auto width = prediction.classes == 2 ? 1 : prediction.classes;
    if (prediction.classes < 2 || logits.numel() != prediction.rows * width) {
      refuse_value("classes", "as many as 'y_hat' has outputs, or 2 for one output", classes);
    }
    const bool wants_probabilities = to_bool(with_probabilities, "with_probabilities");
    const auto needs = wants_probabilities ? score::Needs::kProbabilities : score::Needs::kResponse;
    score::read_classes(logits, needs, prediction);
    const auto response = responses_to_r(prediction, logits.data_ptr<float>(), width);
    if (!wants_probabilities) return Rcpp::List::create(Rcpp::Named("response") = response);
    const Rcpp::NumericMatrix probabilities(static_cast<int>(prediction.rows), static_cast<int>(prediction.classes),
                                            prediction.probabilities.begin());
    return Rcpp::List::create(Rcpp::Named("response") = response, Rcpp::Named("prob") = probabilities);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_board_create(SEXP truth, SEXP outputs, SEXP scores) {
  return guard([&] {
    return BoardHandle::make(
        std::make_shared<score::Board>(to_truth(truth), to_number_outputs(outputs), to_entries(scores)));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_board_scores(SEXP board, SEXP y_hat, SEXP rows) {
  return guard([&]() -> SEXP {
    const auto index = to_zero_based(Base::kIndex, unwrap_tensor(rows), "rows").toTensor();
    return scores_to_r(BoardHandle::get(board).compute(unwrap_tensor(y_hat), index));
  });
}

// How often each measure of a run was computed, and how often it was not a number.
// [[Rcpp::export(rng = false)]]
SEXP core_run_score_counts(SEXP run) {
  return guard([&]() -> SEXP {
    const auto& context = RunHandle::get(run).context();
    Rcpp::List counts;
    add_counts("train", context.counts_train, counts);
    add_counts("valid", context.counts_valid, counts);
    return counts;
  });
}
