# Names of the parameters that each epoch, or batch, changed.
changed_in = function(callback, by = "epoch", ...) {
  changed = list()
  before = NULL
  state = function(ctx) map(ctx$network$parameters, function(x) as.numeric(x$cpu()))
  note = function(ctx) {
    now = state(ctx)
    changed[[length(changed) + 1L]] <<- names(now)[!map_lgl(names(now), function(n) identical(now[[n]], before[[n]]))]
  }
  observer = if (by == "epoch") {
    torch_callback("observer", on_epoch_begin = function() before <<- state(self$ctx),
      on_epoch_end = function() note(self$ctx))
  } else {
    torch_callback("observer", on_batch_begin = function() before <<- state(self$ctx),
      on_batch_end = function() note(self$ctx))
  }
  learner = train_quietly(small_learner(list(callback, observer), validate = NULL, ...))
  list(changed = changed, learner = learner)
}

all_names = function() {
  names(train_quietly(small_learner(validate = NULL))$model$network$parameters)
}

unfreezing = function(...) {
  t_clbk("unfreeze", starting_weights = select_grep("weight"), unfreeze = data.table::data.table(...))
}

test_that("weights are trained from their epoch on", {
  names = all_names()
  weights = grep("weight", names, value = TRUE)
  seen = changed_in(unfreezing(weights = list(select_name(names[2L]), select_all()), epoch = c(2, 3)), epochs = 3)
  expect_setequal(seen$changed[[1L]], weights)
  expect_setequal(seen$changed[[2L]], union(weights, names[2L]))
  expect_setequal(seen$changed[[3L]], names)
  expect_setequal(seen$learner$model$callbacks$unfreeze, names)
})

test_that("or from their batch on", {
  seen = changed_in(unfreezing(weights = list(select_invert(select_none())), batch = 3), "batch", batch_size = 75)
  expect_identical(lengths(seen$changed) == length(all_names()), c(FALSE, FALSE, TRUE, TRUE))
})

test_that("R is entered for each batch only where batches are counted", {
  by_epoch = unfreezing(weights = list(select_all()), epoch = 1)$generate()
  by_batch = unfreezing(weights = list(select_all()), batch = 1)$generate()
  expect_false("on_batch_begin" %in% by_epoch$stages)
  expect_false("on_epoch_begin" %in% by_batch$stages)
})

test_that("what is trained goes on in a resumed run", {
  callback = unfreezing(weights = list(select_all()), epoch = 3)
  whole = train_quietly(small_learner(callback, epochs = 4))
  folder = withr::local_tempdir()
  train_quietly(small_learner(list(callback, t_clbk("checkpoint", path = folder, keep_last = 4)), epochs = 4))
  resumed = train_quietly(small_learner(callback, epochs = 4, resume = list_checkpoints(folder)$file[[2L]]))
  expect_identical(resumed$model$network, whole$model$network)
  expect_identical(resumed$model$optimizer, whole$model$optimizer)
})

test_that("selectors choose names", {
  names = c("linear1.weight", "linear1.bias", "head.weight")
  expect_identical(select_all()(names), names)
  expect_identical(select_none()(names), character())
  expect_identical(select_grep("LINEAR", ignore.case = TRUE)(names), names[1:2])
  expect_identical(select_grep(".", fixed = TRUE)(names), names)
  expect_identical(select_name(c("head.weight", "linear1.bias"))(names), names[2:3])
  expect_identical(select_invert(select_grep("bias"))(names), names[c(1, 3)])
  expect_error(select_name("haed.weight")(names), "did you mean 'head.weight'",
    class = "mlr3libtorch_error_unknown_name")
  expect_identical(select_name("haed.weight", assert_present = FALSE)(names), character())
  expect_output(print(select_all()), "<torch_selector>")
})

test_that("bad arguments say what is expected", {
  table = data.table::data.table(weights = list(select_all()), epoch = 1)
  expect_config_error(t_clbk("unfreeze", starting_weights = 1), "parameter", "must be a selector such as select_all()")
  bad = function(x, message) expect_config_error(t_clbk("unfreeze", unfreeze = x), "parameter", message)
  bad(list(), "the columns 'weights' and either 'epoch' or 'batch'")
  bad(cbind(table, batch = 1), "either 'epoch' or 'batch'")
  bad(data.table::data.table(weights = list(select_all()), epoch = 0), "whole numbers of at least 1")
  bad(data.table::data.table(weights = "all", epoch = 1), "must have selectors")
  expect_config_error(CallbackSetUnfreeze$new(select_all(), 1), "invalid_callback", "'unfreeze' must be a data.table")
})

test_that("a selector that chooses nothing is an error, except for select_none()", {
  late = function(select) data.table(weights = list(select), epoch = 2)
  train = function(first, later) {
    callback = t_clbk("unfreeze", starting_weights = first, unfreeze = late(later))
    train_quietly(small_learner(callback, validate = NULL))
  }
  expect_config_error(train(select_grep("^haed"), select_all()), "callback", "did you mean 'head'?")
  expect_config_error(train(select_all(), select_grep("^haed")), "callback", "row 1 of 'unfreeze'")
  expect_config_error(train(select_invert(select_all()), select_all()), "callback", "chooses none")
  expect_identical(train(select_none(), select_all())$model$epochs, 2L)
})

test_that("with an empty table, the rest stays frozen", {
  weights = grep("weight", all_names(), value = TRUE)
  empty = data.table::data.table(weights = list(), epoch = integer())
  for (table in list(empty, data.table::data.table())) {
    callback = t_clbk("unfreeze", starting_weights = select_grep("weight"), unfreeze = table)
    seen = changed_in(callback, epochs = 2)
    expect_setequal(seen$changed[[1L]], weights)
    expect_setequal(seen$changed[[2L]], weights)
  }
})
