test_that("every native callback of the core is in the dictionary, with the registry's parameters", {
  entries = core_registry("callback")
  expect_subset("clip_grad_norm", names(entries))
  for (entry in entries) {
    callback = t_clbk(entry$name)
    expect_identical(callback$label, entry$label, info = sprintf("Does built_in_callbacks() name another '%s'?",
      entry$name))
    expect_identical(callback$id, entry$name)
    # R torch's schedules have it; here it has no effect
    ids = setdiff(callback$param_set$ids(), if (startsWith(entry$name, "lr_")) "verbose")
    expect_identical(ids, unname(map_chr(entry$arguments, "name")))
  }
})

test_that("a native callback is a CallbackSet with the stages of the core", {
  set = t_clbk("clip_grad_norm", max_norm = 2)$generate()
  expect_s3_class(set, c("CallbackSetClipGradNorm", "CallbackSetNative", "CallbackSet", "R6"), exact = TRUE)
  expect_identical(set$native, "clip_grad_norm")
  expect_identical(set$arguments, list(max_norm = 2))
  expect_identical(set$stages, "on_after_backward")
  expect_null(set$state_dict())
  expect_identical(set$weight, 0)
})

test_that("its stages are known before a set is made", {
  expect_output(print(t_clbk("clip_grad_norm")), "* Stages: on_after_backward", fixed = TRUE)
})

test_that("the registry's bounds and required arguments are known before a run", {
  expect_config_error(t_clbk("clip_grad_norm", max_norm = -1), "parameter",
    "callback 'clip_grad_norm': 'max_norm' must be a number of at least 0, not -1.")
  expect_config_error(t_clbk("clip_grad_norm")$generate(), "missing_parameter", "the parameter 'max_norm' has no value")
  expect_config_error(t_clbk("clip_grad_norm", max_nrom = 1), "unknown_parameter", "did you mean 'max_norm'?")
})

test_that("asking for the stages of an unknown callback is an error", {
  expect_error(core_callback_stages("clip_grad_nrom", NULL), "did you mean 'clip_grad_norm'",
    class = "mlr3libtorch_error_unknown_name")
  expect_error(core_callback_stages(NULL, NULL), class = "mlr3libtorch_error")
  expect_error(core_callback_stages(NA_character_, NULL), class = "mlr3libtorch_error")
})

test_that("two of a kind can be used with a suffix", {
  callbacks = t_clbks(c("clip_grad_norm", "clip_grad_norm_2"))
  expect_named(callbacks, c("clip_grad_norm", "clip_grad_norm_2"))
})

test_that("a stage in R is refused in a class that inherits from a native callback", {
  native = t_clbk("clip_grad_norm")$generator
  expect_error(callback_set("CallbackSetMine", inherit = native, on_end = function() NULL),
    "CallbackSetMine: the stage 'on_end' would never be called", class = "mlr3libtorch_error_invalid_callback")
})

test_that("the stages of a callback are those in which its arguments let it do something", {
  schedules = keep(registry_entries("callback"), function(entry) "schedule" %in% entry$tags)
  for (key in setdiff(names(schedules), "lr_sequential")) {
    for (by_epoch in c(TRUE, FALSE)) {
      set = invoke(t_clbk, key, step_on_epoch = by_epoch, .args = built_in_arguments(key))$generate()
      # an epoch's begin tells whether the run has become longer or shorter
      expect_setequal(set$stages, c("on_begin", "on_epoch_begin", if (by_epoch) "on_epoch_end" else "on_batch_end"))
    }
  }
})
