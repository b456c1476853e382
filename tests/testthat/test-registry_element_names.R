`%>>%` = mlr3pipelines::`%>>%`
po = mlr3pipelines::po

# The losses with a weight for each class, of two classes and of three.
weighted_losses = function() {
  has_weights = function(entry) any(map_chr(entry$arguments, "name") == "class_weight")
  names(keep(registry_entries("loss"), has_weights))
}

trained_weights = function(task, loss, weight) {
  learner = lrn("classif.mlp", neurons = 4, epochs = 2, batch_size = 20, seed = 1,
    loss = invoke(t_loss, loss, class_weight = weight))
  learner$train(task)$model$network$state
}

test_that("class weights belong to the classes that they name, in any order and form, for every loss", {
  cases = list(list(task = tsk("iris"), weight = c(setosa = 50, versicolor = 1, virginica = 2)),
    list(task = tsk("sonar"), weight = c(M = 9, R = 0.5)))
  for (loss in weighted_losses()) {
    for (case in cases) {
      weight = case$weight
      in_levels_order = unname(weight[case$task$class_names])
      expected = trained_weights(case$task, loss, in_levels_order)
      for (given in list(weight, rev(weight), as.list(rev(weight)), torch_tensor(in_levels_order, dtype = "float64"))) {
        expect_identical(trained_weights(case$task, loss, given), expected, info = loss)
      }
      expect_false(identical(trained_weights(case$task, loss, rev(in_levels_order)), expected))
    }
  }
})

test_that("of two classes the first level is the positive one", {
  task = tsk("sonar")
  task$positive = "R"
  expect_identical(trained_weights(task, "cross_entropy", c(M = 9, R = 0.5)),
    trained_weights(task, "cross_entropy", c(0.5, 9)))
})

test_that("names that do not fit the classes are errors that say what is wrong", {
  train = function(weight) {
    lrn("classif.mlp", epochs = 1, batch_size = 50, loss.class_weight = weight)$train(tsk("iris"))
  }
  expect_error_snapshot(train(c(virginca = 50, setosa = 1, versicolor = 1)))
  expect_error_snapshot(train(c(virginica = 50, setosa = 1)))
  expect_error_snapshot(train(c(virginica = 50, setosa = 1, 1)))
  expect_error_snapshot(train(c(virginica = 50, setosa = 1, setosa = 1)))
  expect_error_snapshot(train(list(virginica = 50, setosa = "a", versicolor = 1)))
  expect_error_snapshot(train(torch_ones(3, 1)))
  expect_error(train(c(virginca = 50, setosa = 1, versicolor = 1)), class = "mlr3libtorch_error_parameter")
})

test_that("a tensor of weights survives a file and a worker", {
  learner = lrn("classif.mlp", epochs = 1, batch_size = 50, seed = 1, loss.class_weight = torch_tensor(c(1, 2, 3)))
  expect_equal(learner$param_set$values$loss.class_weight, c(1, 2, 3))
  expect_equal(t_loss("focal", class_weight = torch_tensor(c(1, 2)))$param_set$values$class_weight, c(1, 2))
})

categ_graph = function(...) {
  graph = po("torch_ingress_categ") %>>% nn("tokenizer_categ", d_token = 2, ...) %>>% nn("flatten") %>>% nn("head") %>>%
    po("torch_model_classif", epochs = 1, batch_size = 20, seed = 1)
  as_learner(graph)
}

categ_task = function() {
  data = withr::with_seed(1, data.table(a = factor(sample(letters[1:2], 40, TRUE)),
    b = factor(sample(letters[1:4], 40, TRUE)), y = factor(rep(c("u", "v"), 20))))
  as_task_classif(data, target = "y")
}

test_that("numbers of classes belong to the features that they name", {
  state = function(...) categ_graph(...)$train(categ_task())$model$torch_model_classif$model$network$state
  told = state()
  expect_identical(state(cardinalities = c(b = 4, a = 2)), told)
  expect_identical(state(cardinalities = list(b = 4, a = 2)), told)
  expect_error(state(cardinalities = c(bb = 4, a = 2)), "there is no feature 'bb'; did you mean 'b'?", fixed = TRUE,
    class = "mlr3libtorch_error_parameter")
})

test_that("bins are named in the order of the features, as their edges lie", {
  train = function(bins) {
    graph = po("torch_ingress_num", select = mlr3pipelines::selector_grep("^Petal")) %>>%
      nn("piecewise_linear_encoding", edges = c(0, 3, 7, 0, 3), bins = bins) %>>% nn("flatten") %>>% nn("head") %>>%
      po("torch_model_classif", epochs = 1, batch_size = 50)
    as_learner(graph)$train(tsk("iris"))
  }
  expect_no_error(train(c(Petal.Length = 2, Petal.Width = 1)))
  expect_error(train(c(Petal.Width = 1, Petal.Length = 2)), "in the order of the features",
    class = "mlr3libtorch_error_parameter")
})

# A vector that belongs to something with names must be known to; all others have places of their own.
test_that("every vector argument that is registered is known to belong to something, or to nothing", {
  vectors = unlist(map(c("loss", "optimizer", "operation", "scheduler", "callback"), function(registry) {
    entries = tryCatch(registry_entries(registry), error = function(cond) list())
    map(entries, function(entry) map_chr(keep(entry$arguments, function(x) grepl("[]", x$type, fixed = TRUE)), "name"))
  }))
  belong_to_nothing = c("betas", "quantiles", "edges", "kernel_size", "stride", "padding", "dilation", "output_size",
    "output_padding", "size", "scale_factor", "shape", "n_batches", "from_epoch", "schedules", "milestones",
    "query_idx", "dim", "dims", "cuts", "mean", "sd", "index", "etas", "step_sizes")
  expect_setequal(intersect(vectors, names(element_owners)), names(element_owners))
  expect_identical(setdiff(vectors, c(names(element_owners), belong_to_nothing)), character())
})
