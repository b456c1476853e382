# Training on without a checkpoint.

# Everything that is learnt, and the run's position.
learnt = function(learner) learner$model[setdiff(names(learner$model), "timing")]

test_that("epochs in two parts are the same bits as in one", {
  callbacks = function() list(t_clbk("history"), t_clbk("lr_exponential", gamma = 0.9), t_clbk("ema", decay = 0.9))
  for (validate in list(NULL, 0.4)) {
    parts = train_quietly(small_learner(callbacks(), epochs = 2, validate = validate))
    # another state of R's generator, from which validation rows would be drawn anew
    withr::with_seed(99, parts$continue(tsk("iris"), epochs = 3))
    whole = train_quietly(small_learner(callbacks(), epochs = 5, validate = validate))
    expect_identical(learnt(parts), learnt(whole))
    expect_identical(parts$history$epoch, 1:5)
    expect_identical(parts$param_set$values$epochs, 5L)
    expect_identical(parts$validate, validate)
    expect_identical(parts$state$validate, validate)
  }
})

test_that("a learner continues again and again, also on some of the rows and in another process", {
  rows = 1:120
  whole = small_learner(epochs = 6)
  withr::with_seed(1, whole$train(tsk("iris"), rows))
  parts = small_learner(epochs = 2)
  withr::with_seed(1, parts$train(tsk("iris"), rows))
  parts$continue(tsk("iris"), 1, rows)
  parts = unserialize(serialize(parts, NULL))
  parts$encapsulate("callr", lrn("classif.featureless"))
  parts$continue(tsk("iris"), 3, row_ids = rows)
  expect_length(parts$errors, 0L)
  expect_identical(parts$model$network$state, whole$model$network$state)
})

test_that("the generator of R is left as it was", {
  learner = train_quietly(small_learner())
  set.seed(5)
  seed = .Random.seed
  learner$continue(tsk("iris"), 1)
  expect_identical(.Random.seed, seed)
})

test_that("an interrupted run is finished without saying how much is left", {
  whole = train_quietly(small_learner(epochs = 4))
  halted = small_learner(torch_callback("halt", on_epoch_end = function() {
    if (self$ctx$epoch == 2) stop("on purpose")
  }), epochs = 4)
  cond = tryCatch(suppressWarnings(train_quietly(halted)), error = identity)
  halted$callbacks = list()
  halted$model = last_model(cond)
  halted$continue(tsk("iris"))
  expect_identical(halted$model$network$state, whole$model$network$state)
  expect_error(halted$continue(tsk("iris")), "say how many more", class = "mlr3libtorch_error_argument")
})

test_that("an error leaves the learner as it was", {
  learner = train_quietly(small_learner())
  model = learner$model
  learner$callbacks = torch_callback("fails", on_epoch_end = function() stop("on purpose"))
  expect_error(suppressWarnings(learner$continue(tsk("iris"), 2)), "on purpose")
  expect_identical(learner$model, model)
  expect_identical(learner$param_set$values$epochs, 2L)
  expect_identical(learner$validate, 0.4)
  learner$callbacks = list()
  learner$train(tsk("iris"))
  expect_identical(learner$model$epochs, 2L)
})

test_that("what cannot be continued is refused", {
  refuses = function(learner, message, class, epochs = 1, task = tsk("iris")) {
    expect_error(learner$continue(task, epochs), message, class = paste0("mlr3libtorch_error_", class))
  }
  refuses(small_learner(), "has not been trained, so there is nothing to continue", "argument")
  learner = train_quietly(small_learner())
  refuses(learner, "the number of epochs to train further, not 0", "argument", epochs = 0)
  refuses(learner, "not known, or not in the task", "resume", task = tsk("iris")$filter(1:5))
  predefined = train_quietly(small_learner(validate = NULL))
  predefined$validate = 0.3
  refuses(predefined, "not known, or not in the task", "resume")
})

test_that("training goes on only with levels in the same order", {
  learner = lrn("classif.mlp", epochs = 1, batch_size = 16, seed = 1)$train(tsk("sonar"))
  other = tsk("sonar")
  other$positive = "R"
  expect_error(learner$continue(other, epochs = 1), "'Class' has the levels R, M, but had M, R before",
    class = "mlr3libtorch_error_resume")
  data = data.frame(f = factor(rep(c("a", "b", "c"), 10)), y = seq_len(30))
  learner = lrn("regr.mlp", epochs = 1, batch_size = 16, seed = 1)$train(as_task_regr(data, target = "y"))
  data$f = factor(data$f, levels = c("c", "b", "a"))
  expect_error(learner$continue(as_task_regr(data, target = "y"), epochs = 1), "'f' has the levels c, b, a",
    class = "mlr3libtorch_error_resume")
})

test_that("a run that goes on cannot read texts or sequences otherwise than before", {
  refuses = function(learner, task, message) {
    expect_error(learner$continue(task, epochs = 1), message, fixed = TRUE, class = "mlr3libtorch_error_resume")
    expect_identical(learner$model$epochs, 1L)
  }
  task = tsk("made_reviews")$filter(1:60)
  split = function(texts) strsplit(texts, " ", fixed = TRUE)
  learner = lrn("classif.sequence", width = 4, embedding_dim = 4, epochs = 1, batch_size = 32, tokens = split, seed = 1)
  learner$train(task)
  vocabulary = learner$model$network$spec$ingress$x$vocabulary
  others = list(tokens = list("characters", "'tokens' was a function and is now characters"),
    tokens = list(function(texts) strsplit(texts, "o", fixed = TRUE),
      "'tokens' was a function and is now another function"),
    max_length = list(7, "'max_length' was 200 and is now 7"),
    min_count = list(1, "'min_count' was 2 and is now 1"),
    max_tokens = list(9, "'max_tokens' was 20000 and is now 9"))
  iwalk(others, function(other, name) {
    changed = learner$clone(deep = TRUE)
    changed$param_set$set_values(.values = set_names(other[1L], name))
    refuses(changed, task, sprintf("has learned input 'x' from the training rows, but %s. Set it back, or train anew",
      other[[2L]]))
    # it predicts as it was trained
    expect_identical(changed$predict(task)$response, learner$predict(task)$response)
  })
  for (i in 1:3) split(task$data(cols = "review")$review)
  learner$continue(task, epochs = 1)
  expect_identical(learner$model$network$spec$ingress$x$vocabulary, vocabulary)

  learner = lrn("classif.torch_model", epochs = 1, batch_size = 32, seed = 1, ingress_tokens = list(x = ingress_text()),
    network = nn_graph(vectors = nn("embedding", embedding_dim = 4, padding_idx = 1), mean = nn("flatten"),
      head = nn("head")))
  learner$train(task)
  learner$ingress_tokens = list(x = ingress_text(tokens = "characters", min_count = 3))
  refuses(learner, task, "'tokens' was words and is now characters, 'min_count' was 2 and is now 3. Set them")

  walks = lapply(1:20, seq_len)
  task = as_task_regr(data.table(walk = as_lazy_tensor(walks), y = as.numeric(1:20)), target = "y", id = "walks")
  learner = lrn("regr.sequence", width = 4, epochs = 1, batch_size = 10, seed = 1)$train(task)
  learner$param_set$set_values(max_length = 5)
  refuses(learner, task, "'max_length' was 200 and is now 5")
})
