# Learners for a task, by name. Networks standardise inside, which is their default, and stop by a validation set of a
# fifth of their training rows, all with the same settings; the rivals get what their packages document as usual.

# At most 200 epochs; the weights of the best of them count. `around`: what becomes of the learner.
network = function(name, ..., around = identity) {
  settings = list(...)
  function(task) {
    validation = msr(c(classif = "classif.logloss", regr = "regr.mse")[[task$task_type]])
    learner = lrn(paste0(task$task_type, ".", name), epochs = 200L, batch_size = 64L, patience = 20L, seed = 1L,
      restore_best_weights = TRUE, measures_valid = validation)
    learner$param_set$set_values(.values = settings)
    with_probabilities(around(set_validate(learner, 0.2)))
  }
}

with_probabilities = function(learner) {
  if (learner$task_type == "classif") learner$predict_type = "prob"
  learner
}

rival = function(name, ..., before = NULL, around = identity) {
  settings = list(...)
  function(task) {
    learner = lrn(paste0(task$task_type, ".", name))
    learner$param_set$set_values(.values = settings)
    around(if (is.null(before)) learner else as_learner(before() %>>% learner))
  }
}

linear_model = function(task) {
  as_learner(dummies() %>>% lrn(switch(task$task_type,
    regr = "regr.lm",
    if (length(task$class_names) == 2L) "classif.log_reg" else "classif.multinom"
  )))
}

# With a target between 0 and 1.
scaled_target = function(learner) {
  if (learner$task_type == "classif") learner else
    as_learner(ppl("targettrafo", graph = learner, trafo_pipeop = po("targettrafoscalerange")))
}
dummies = function() po("encode", method = "treatment")
scaled_dummies = function() dummies() %>>% po("scale")

# The learner of mlr3learners needs an xgboost that needs R 4.3; this one takes the versions before it too.
boosted_trees = function(task) {
  type = task$task_type
  objective = switch(type, regr = "reg:squarederror",
    if (length(task$class_names) == 2L) "binary:logistic" else "multi:softmax")
  base = list(classif = LearnerClassif, regr = LearnerRegr)[[type]]
  class = R6::R6Class("LearnerBoostedTrees",
    inherit = base,
    public = list(
      initialize = function() {
        super$initialize(id = "xgboost", feature_types = c("integer", "numeric"), packages = "xgboost",
          predict_types = "response", properties = if (type == "classif") c("twoclass", "multiclass") else character())
      }
    ),
    private = list(
      .train = function(task) {
        y = if (type == "regr") task$truth() else as.integer(task$truth()) - 1L
        params = list(objective = objective, nthread = 1L)
        if (objective == "multi:softmax") params$num_class = length(task$class_names)
        data = xgboost::xgb.DMatrix(as.matrix(task$data(cols = task$feature_names)), label = y)
        xgboost::xgb.train(params, data, nrounds = 100L, verbose = 0L)
      },
      .predict = function(task) {
        y = predict(self$model, as.matrix(task$data(cols = task$feature_names)))
        if (objective == "binary:logistic") y = as.integer(y >= 0.5)
        list(response = if (type == "regr") y else factor(task$class_names[y + 1L], levels = task$class_names))
      }
    )
  )
  as_learner(dummies() %>>% class$new())
}

quality_learners = list(
  featureless = rival("featureless"),
  mlp = network("mlp"),
  "mlp, 2 x 128" = network("mlp", neurons = c(128L, 128L), p = 0.1),
  tab_resnet = network("tab_resnet"),
  ft_transformer = network("ft_transformer"),
  tabm = network("tabm"),
  ranger = rival("ranger"),
  xgboost = boosted_trees,
  glmnet = rival("cv_glmnet", before = scaled_dummies),
  linear = linear_model,
  nnet = rival("nnet", size = 10L, maxit = 500L, decay = 0.01, trace = FALSE, MaxNWts = 10000L, before = scaled_dummies,
    around = scaled_target)
)

# In the order of the tables, also those that cannot be fitted here.
learner_names = names(quality_learners)
network_names = c("mlp", "mlp, 2 x 128", "tab_resnet", "ft_transformer", "tabm")
if (!requireNamespace("xgboost", quietly = TRUE)) quality_learners$xgboost = NULL
