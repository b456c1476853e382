test_that("the stages are those that the loop comes to, in its order", {
  expect_setequal(names(stage_levels), stage_names())
  seen = character()
  spy = stage_callback("spy", function(stage, ctx) seen <<- c(seen, stage))
  train_quietly(small_learner(spy, epochs = 1, batch_size = 150, validate = 0.4))
  expect_identical(unique(seen), setdiff(names(stage_levels), "on_stop"))
})

callbacks = function() {
  list(
    t_clbk("clip_grad_norm", max_norm = 1),
    torch_callback("glance", weight = -1,
      on_batch_end = every_n(100, function() private$look(self$ctx$last_loss)),
      on_epoch_end = function() {
        context = self$ctx
        if (context$epoch > 2) context$terminate = TRUE
      },
      on_end = once(function() NULL),
      private = list(look = function(loss) if (self$ctx$epoch > 1) print(loss))),
    t_clbk("checkpoint", path = "a", freq = "10 min")
  )
}

test_that("it tells what runs where, in order, how often and with which fields", {
  learner = small_learner(callbacks(), patience = 2)
  run = dry_run(learner)
  expect_s3_class(run, "torch_dry_run")
  calls = run$calls
  expect_s3_class(calls, "data.table")
  expect_named(calls, c("stage", "callback", "language", "called", "reads", "writes"))
  ends = calls[calls$stage == "on_epoch_end", ]
  expect_identical(ends$callback, c("glance", "checkpoint"))
  glance = calls[calls$callback == "glance", ]
  expect_identical(glance$stage, c("on_batch_end", "on_epoch_end", "on_end"))
  expect_identical(glance$called, c("every 100 batches", "always", "once"))
  expect_identical(glance$reads, list(c("epoch", "last_loss"), "epoch", character()))
  expect_identical(glance$writes, list(character(), "terminate", character()))
  clip = calls[calls$callback == "clip_grad_norm", ]
  expect_identical(c(clip$stage, clip$language), c("on_after_backward", "C++"))
  expect_identical(calls$called[calls$stage == "on_batch_end" & calls$callback == "checkpoint"], "every 600 seconds")
  expect_true("early_stopping" %in% calls$callback)
  expect_null(learner$model)
})

test_that("the order and the number of calls are those of a run", {
  folder = withr::local_tempfile()
  learner = small_learner(list(t_clbk("history"), t_clbk("clip_grad_norm", max_norm = 1),
    t_clbk("checkpoint", path = folder, freq = "1 h")), patience = 5)
  calls = dry_run(learner)$calls
  timing = train_quietly(learner)$model$timing
  timing = timing[!is.na(timing$callback), ]
  expect_setequal(paste(calls$stage, calls$callback), paste(timing$stage, timing$callback))
})

test_that("it is printed", {
  expect_identical(capture.output(print(dry_run(small_learner(callbacks(), validate = NULL)))), c(
    "<dry run of learner 'classif.mlp'>",
    "on_begin",
    "  checkpoint (R, always); reads global_step, measures_valid",
    "    on_after_backward",
    "      clip_grad_norm (C++, always)",
    "    on_batch_end",
    "      glance (R, every 100 batches); reads epoch, last_loss",
    "      checkpoint (R, every 600 seconds); reads epoch, step",
    "  on_epoch_end",
    "    glance (R, always); reads epoch; writes terminate",
    "    checkpoint (R, always); reads epoch, evaluated, last_scores_valid, terminate, total_epochs",
    "on_end",
    "  glance (R, once)",
    "on_stop",
    "  checkpoint (R, always); reads epoch, global_step, step"
  ))
  expect_output(print(dry_run(small_learner())), "No callback is called")
})

test_that("with a task, settings are checked as in training", {
  learner = small_learner(t_clbk("history"))
  expect_s3_class(dry_run(learner, tsk("iris")), "torch_dry_run")
  learner$param_set$values$batch_size = NULL
  expect_config_error(dry_run(learner, tsk("iris")), "missing_parameter", "batch_size")
  expect_error(dry_run(1), "must be a learner of this package")
})
