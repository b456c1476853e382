# Functions of (task, parts, seconds) that train on `parts$train`, stop by `parts$valid`, and return the error on
# `parts$test`, how long training took, and how the error on the rows for early stopping fell. All on one thread.

new_result = function(task, parts, response, seconds, curve) {
  list(error = error_of(task$truth(parts$test), response), seconds = seconds, curve = curve)
}

# What a booster's evaluation log says, whose rounds take equal times.
booster_curve = function(errors, seconds) {
  data.table(seconds = seconds * seq_along(errors) / length(errors), error = errors)
}

features = function(task, rows) task$data(rows = rows, cols = task$feature_names)
labels = function(task, rows) {
  truth = task$truth(rows)
  if (is.factor(truth)) as.integer(truth) - 1L else truth
}

fit_lightgbm = function(task, parts, seconds) {
  is_class = task$task_type == "classif"
  rows = lightgbm::lgb.convert_with_rules(as.data.frame(features(task, task$row_ids)))$data
  categorical = task$feature_types[type %in% c("factor", "ordered"), id]
  of = function(ids) data.matrix(rows[match(ids, task$row_ids), , drop = FALSE])
  # the matrix is converted when training starts: that is part of the time
  start = proc.time()[["elapsed"]]
  train = lightgbm::lgb.Dataset(of(parts$train), label = labels(task, parts$train),
    categorical_feature = intersect(categorical, task$feature_types[type == "factor", id]))
  valid = lightgbm::lgb.Dataset.create.valid(train, of(parts$valid), label = labels(task, parts$valid))
  metric = if (is_class) "multi_error" else "rmse"
  params = c(list(objective = if (is_class) "multiclass" else "regression", metric = metric, learning_rate = 0.05,
    num_leaves = 63L, num_threads = 1L), if (is_class) list(num_class = length(task$class_names)))
  model = lightgbm::lgb.train(params, train, nrounds = 5000L, valids = list(valid = valid), early_stopping_rounds = 50L,
    verbose = -1L)
  seconds = proc.time()[["elapsed"]] - start
  response = predict(model, of(parts$test))
  if (is_class) response = task$class_names[max.col(matrix(response, ncol = length(task$class_names)), "first")]
  new_result(task, parts, response, seconds, booster_curve(unlist(model$record_evals$valid[[metric]]$eval), seconds))
}

# Factors of many levels as their codes, others one-hot: a matrix of 4,000 columns would not fit.
fit_xgboost = function(task, parts, seconds) {
  is_class = task$task_type == "classif"
  data = as.data.frame(features(task, task$row_ids))
  wide = vapply(data, function(x) is.factor(x) && nlevels(x) > 100L, logical(1))
  data[wide] = lapply(data[wide], as.integer)
  all = stats::model.matrix(~ . - 1, data)
  of = function(ids) {
    xgboost::xgb.DMatrix(all[match(ids, task$row_ids), , drop = FALSE], label = labels(task, ids))
  }
  start = proc.time()[["elapsed"]]
  params = c(list(objective = if (is_class) "multi:softmax" else "reg:squarederror", eta = 0.05, max_depth = 8L,
    tree_method = "hist", nthread = 1L, eval_metric = if (is_class) "merror" else "rmse"),
    if (is_class) list(num_class = length(task$class_names)))
  model = xgboost::xgb.train(params, of(parts$train), nrounds = 5000L, watchlist = list(valid = of(parts$valid)),
    early_stopping_rounds = 50L, verbose = 0L)
  seconds = proc.time()[["elapsed"]] - start
  response = predict(model, of(parts$test))
  if (is_class) response = task$class_names[response + 1L]
  new_result(task, parts, response, seconds, booster_curve(model$evaluation_log[[2L]], seconds))
}

# Ends a run after so many seconds; its best epoch counts.
time_budget = function(seconds) {
  force(seconds)
  start = NULL
  torch_callback("time_budget",
    on_begin = function() start <<- proc.time()[["elapsed"]],
    on_epoch_end = function() {
      if (proc.time()[["elapsed"]] - start > seconds) self$ctx$terminate = TRUE
    })
}

# With the sizes and rates that the authors of these networks tuned or recommend; patience is theirs, too.
network = function(name, ..., batch_size = 256L) {
  settings = list(...)
  function(task, parts, seconds) {
    is_class = task$task_type == "classif"
    learner = lrn(paste0(task$task_type, ".", name), optimizer = t_opt("adamw"), epochs = 400L, batch_size = batch_size,
      patience = 16L, restore_best_weights = TRUE, seed = 1L, batch_size_predict = 1024L,
      measures_valid = msr(if (is_class) "classif.ce" else "regr.rmse"),
      callbacks = time_budget(seconds))
    learner$param_set$set_values(.values = settings)
    learner$validate = "predefined"
    data = task$clone()$filter(parts$train)
    data$internal_valid_task = parts$valid
    start = proc.time()[["elapsed"]]
    learner$train(data)
    taken = proc.time()[["elapsed"]] - start
    measure = paste0("valid.", if (is_class) "classif.ce" else "regr.rmse")
    curve = data.table(seconds = cumsum(learner$history$seconds), error = learner$history[[measure]])
    new_result(task, parts, learner$predict(task, parts$test)$response, taken, curve)
  }
}

booster_learners = list(
  xgboost = fit_xgboost,
  lightgbm = fit_lightgbm,
  "mlp" = network("mlp", neurons = c(512L, 512L, 512L), p = 0.1, opt.lr = 1e-3, opt.weight_decay = 1e-4),
  "tab_resnet" = network("tab_resnet", n_blocks = 3L, d_block = 256L, d_hidden_multiplier = 2, dropout1 = 0.2,
    dropout2 = 0, opt.lr = 1e-3, opt.weight_decay = 1e-4),
  "tabm, embedded numbers" = network("tabm", num_embeddings = "piecewise_linear", n_blocks = 2L, d_block = 256L,
    opt.lr = 2e-3, opt.weight_decay = 3e-4, precision = "bfloat16"),
  "ft_transformer" = network("ft_transformer", opt.lr = 1e-4, opt.weight_decay = 1e-5, precision = "bfloat16")
)
boosters = c("xgboost", "lightgbm")
