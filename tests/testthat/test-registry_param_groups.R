# What `ctx$optimizer$param_groups` is in a run with these groups.
groups_of = function(param_groups, ...) {
  groups = NULL
  reads = stage_callback("reads", function(stage, ctx) groups <<- ctx$optimizer$param_groups, "on_begin")
  optimizer = t_opt("sgd", lr = 0.1, weight_decay = 0.01, param_groups = param_groups)
  train_quietly(small_learner(reads, optimizer = optimizer, validate = NULL, epochs = 1, ...))
  groups
}

test_that("selectors make groups; an earlier one takes precedence, the rest has the optimizer's settings", {
  groups = groups_of(list(
    list(params = select_grep("bias"), weight_decay = 0),
    list(params = select_grep("^head"), lr = 0.5)
  ))
  expect_equal(group_names(groups), list(c("linear1.bias", "head.bias"), "head.weight", "linear1.weight"))
  expect_equal(map_dbl(groups, "weight_decay"), c(0, 0.01, 0.01))
  expect_equal(map_dbl(groups, "lr"), c(0.1, 0.5, 0.1))
})

test_that("a last group can take all that is left", {
  groups = groups_of(list(list(params = select_grep("bias"), weight_decay = 0), list(params = select_all())))
  expect_equal(group_names(groups), list(c("linear1.bias", "head.bias"), c("linear1.weight", "head.weight")))
})

test_that("a group that is left with nothing is left out", {
  groups = groups_of(list(list(params = select_all(), lr = 0.2), list(params = "head.bias", lr = 0.5)))
  expect_equal(map_dbl(groups, "lr"), 0.2)
})

test_that("names do as well as selectors", {
  groups = groups_of(list(list(params = "head.bias", lr = 0.5)))
  expect_equal(group_names(groups), list("head.bias", c("linear1.weight", "linear1.bias", "head.weight")))
})

test_that("a group does what the same settings of the whole optimizer do", {
  train = function(...) {
    learner = small_learner(optimizer = t_opt("adam", ...), validate = NULL)
    train_quietly(learner)$model$network$state
  }
  grouped = train(lr = 1, param_groups = list(list(params = select_all(), lr = 0.01, weight_decay = 0.1)))
  expect_identical(grouped, train(lr = 0.01, weight_decay = 0.1))
})

test_that("what a group chooses must be there", {
  expect_config_error(groups_of(list(list(params = select_grep("bais")))), "unknown_name",
    "the selector chooses none of the network's parameters, its pattern is 'bais'; did you mean 'bias'?")
  expect_config_error(groups_of(list(list(params = "head.wieght"))), "unknown_name", "did you mean 'head.weight'?")
  expect_config_error(groups_of(list(list(params = select_none()))), "unknown_name", "chooses none")
  expect_config_error(groups_of(list(list(params = select_all(), lrr = 1))), "unknown_name", "did you mean 'lr'?")
})

test_that("anything but a list of groups is refused when it is set", {
  expect_error(t_opt("sgd", param_groups = list(params = select_all())), "must be a list of groups")
  expect_error(t_opt("sgd", param_groups = list(list(lr = 1))), "must be a list of groups")
  expect_error(t_opt("sgd", param_groups = select_all()), "must be a list of groups")
})

test_that("learners whose selectors differ have different hashes", {
  hash = function(selector) {
    small_learner(optimizer = t_opt("sgd", lr = 0.1, param_groups = list(list(params = selector))))$hash
  }
  expect_identical(hash(select_grep("bias")), hash(select_grep("bias")))
  expect_false(hash(select_grep("bias")) == hash(select_grep("weight")))
  expect_false(hash(select_invert(select_grep("bias"))) == hash(select_invert(select_grep("weight"))))
})
