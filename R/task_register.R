# The types of tasks of this package in what mlr3 knows. "surv" is mlr3proba's, where that has been loaded before.
register_task_types = function() {
  mlr_reflections$task_feature_types = c(mlr_reflections$task_feature_types,
    if ("lazy_tensor" %nin% mlr_reflections$task_feature_types) c(lazy_tensor = "lazy_tensor"))
  add_task_type("multiregr", "TaskMultiRegr", "PredictionMultiRegr", "PredictionDataMultiRegr", "MeasureMultiRegr",
    list(response = "response"), "multiregr.rmse")
  add_task_type("surv", "TaskTorchSurv", "PredictionTorchSurv", "PredictionDataTorchSurv", "MeasureSurvConcordance",
    list(crank = "crank", lp = c("crank", "lp"), distr = c("crank", "distr")), "surv.concordance")
  walk(names(multi_regr_scores), function(score) {
    mlr_measures$add(paste0("multiregr.", score), eval(bquote(function() MeasureMultiRegr$new(.(score)))))
  })
  mlr_measures$add("surv.concordance", MeasureSurvConcordance)
}

add_task_type = function(type, task, prediction, prediction_data, measure, predict_types, default_measure) {
  if (type %in% mlr_reflections$task_types$type) {
    return(invisible())
  }
  row = data.table(type = type, package = "mlr3libtorch", task = task, learner = "LearnerTorch",
    prediction = prediction, prediction_data = prediction_data, measure = measure)
  mlr_reflections$task_types = setkeyv(rbind(mlr_reflections$task_types, row), "type")
  for (name in c("task_col_roles", "task_properties", "learner_properties", "measure_properties")) {
    mlr_reflections[[name]][[type]] = mlr_reflections[[name]]$regr
  }
  mlr_reflections$learner_predict_types[[type]] = predict_types
  mlr_reflections$default_measures[[type]] = default_measure
}

# The tasks that come with the package, for tsk().
register_tasks = function() {
  mlr_tasks$add("shapes", shapes_task)
  mlr_tasks$add("lazy_iris", lazy_iris_task)
  mlr_tasks$add("mnist", mnist_task)
  mlr_tasks$add("cifar10", cifar10_task)
  mlr_tasks$add("made_reviews", made_reviews_task)
}
