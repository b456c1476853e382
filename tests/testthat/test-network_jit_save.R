test_that("every operation computes the same in PyTorch, for any number of rows", {
  examples = operation_examples()
  expect_identical(setdiff(nn_operations()$key, c(names(examples), "module", "script_file")), character(),
    info = "Add examples of these to operation_examples() in helper_export.R.")
  folder = withr::local_tempdir()
  expected = list()
  for (operation in names(examples)) {
    built = example_network(operation, examples[[operation]])
    jit_save(built$network, file.path(folder, paste0(operation, ".pt")))
    for (rows in c(1L, 6L)) {
      stem = paste0(operation, "_", rows)
      inputs = example_inputs(examples[[operation]], rows)
      write_inputs(inputs, folder, stem)
      expected[[stem]] = as.array(predict_network(built$network, inputs, rows))
    }
  }
  run_in_python(folder)
  for (stem in names(expected)) {
    expect_equal(read_output(folder, stem)$values, as.array(expected[[stem]]), tolerance = 1e-5, info = stem,
      ignore_attr = TRUE)
  }
})

test_that("learners' probabilities are those of the file in PyTorch, and weights keep their names", {
  folder = withr::local_tempdir()
  scaled = nn_module("scaled", function() {
    self$linear = nn("linear", out_features = 5)
    self$scale = nn_parameter(rep(2, 5))
  }, function(x) self$linear(x)$tanh() * self$scale)
  learners = list(
    mlp = lrn("classif.mlp", neurons = c(4, 3)), tab_resnet = lrn("classif.tab_resnet", d_block = 6),
    ft_transformer = table_learner("classif.ft_transformer"), tabm = table_learner("classif.tabm"),
    module = lrn("classif.torch_model", network = nn_sequential(scaled(), nn("head")))
  )
  task = tsk("iris")$filter(c(1:5, 51:55, 101:105))
  for (id in names(learners)) {
    learner = learners[[id]]
    learner$param_set$set_values(epochs = 2, batch_size = 8, seed = 1)
    learner$predict_type = "prob"
    learner$train(task)
    jit_save(learner, file.path(folder, paste0(id, ".pt")))
    write_inputs(learner$dataset(task)$x, folder, paste0(id, "_15"))
  }
  run_in_python(folder)
  for (id in names(learners)) {
    output = read_output(folder, paste0(id, "_15"))
    expect_identical(output$parameters, names(learners[[id]]$network$parameters), info = id)
    logits = output$values
    prob = if (length(dim(logits)) == 3L) {
      Reduce(`+`, map(seq_len(dim(logits)[[2L]]), function(k) softmax_rows(logits[, k, ]))) / dim(logits)[[2L]]
    } else {
      softmax_rows(logits)
    }
    expect_equal(unname(learners[[id]]$predict(task)$prob), prob, tolerance = 1e-5, info = id)
  }
})

test_that("a file is loaded as a function, and as a network that is trained further", {
  learner = lrn("classif.mlp", neurons = 4, epochs = 2, batch_size = 50, seed = 1)$train(tsk("iris"))
  path = withr::local_tempfile(fileext = ".pt")
  jit_save(learner, path)
  x = learner$dataset(tsk("iris"))$x
  loaded = jit_load(path)
  expect_output(print(loaded), "torch_script_module")
  for (rows in c(150L, 3L)) {
    expected = predict_network(learner$network, map(x, function(tensor) tensor[1:rows, ]), rows)
    expect_equal(as.array(loaded(x[[1L]][1:rows, ])), as.array(expected), tolerance = 1e-6)
  }
  again = lrn("classif.torch_model", network = nn_sequential(net = nn_script_file(path)), epochs = 0, batch_size = 50)
  expect_identical(again$train(tsk("iris"))$predict(tsk("iris"))$response, learner$predict(tsk("iris"))$response)
  again$param_set$set_values(epochs = 1)
  trained = again$clone(deep = TRUE)$train(tsk("iris"))
  expect_false(identical(trained$model$network$state, again$model$network$state))
})

test_that("the file of a learner says what goes in and out", {
  task = tsk("german_credit")$select(c("age", "housing"))
  learner = lrn("classif.mlp", epochs = 1, batch_size = 100)$train(task)
  path = withr::local_tempfile(fileext = ".pt")
  jit_save(learner, path)
  files = utils::unzip(path, exdir = withr::local_tempdir())
  notes = jsonlite::read_json(grep("mlr3libtorch.json", files, value = TRUE))
  expect_identical(notes$task_type, "classif")
  expect_identical(unlist(map(notes$features, "name")), c("age", "housing"))
  expect_identical(unlist(notes$target$levels), task$class_names)
  expect_identical(unlist(notes$inputs[[1L]]$shape), 4L)
})

test_that("what cannot be exported is an error, and no file is left", {
  path = withr::local_tempfile(fileext = ".pt")
  by_rows = nn("fn", fn = function(x) if (x$shape[[1L]] == 5) x + 1 else x)
  spec = nn_sequential(by_rows)
  network = build_network(spec, list(x = torch_ones(2, 3)), core_generator_create(1))
  expect_error(jit_save(network, path), "depends on the number of rows", class = "mlr3libtorch_error_export")
  expect_false(file.exists(path))
  expect_error(jit_save(lrn("classif.mlp"), path), "has not been trained", class = "mlr3libtorch_error_config")
  expect_error(jit_save(3, path), "must be a learner", class = "mlr3libtorch_error_argument")
  expect_error(jit_load(path), "does not exist", class = "mlr3libtorch_error_file")
})
