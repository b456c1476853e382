#' @title Callback: Dashboard
#'
#' @aliases mlr_callback_set.dashboard mlr_callbacks_dashboard dashboard
#'
#' @description
#' Serves a page that shows the run in a browser while it goes on: losses, scores, learning rate, seconds of each epoch,
#' where the time goes, and norms if the callback [`"norms"`][CallbackSetNorms] is there as well.
#' It draws what `learner$history` and `learner$model$timing` hold. Finished runs of the session are listed beside it
#' and can be compared.
#'
#' Two buttons act after the next batch: *Stop* ends the run, as `ctx$terminate` does; its last epoch is still
#' validated, and the learner is trained. *Checkpoint now* writes a checkpoint, if the learner has the callback
#' [`"checkpoint"`][CallbackSetCheckpoint].
#'
#' The address is printed when the first run of a session begins, and `dashboard_url()` returns it. In an interactive
#' session the page is opened, see [mlr3libtorch_options]. Further runs are shown on the same page. After a run it can
#' be looked at while R waits for input, until `dashboard_stop()` or the end of the session.
#' Any number of pages can be open, or none. Needs the packages httpuv and later.
#'
#' @section Who can see it:
#' The server listens on 127.0.0.1 only, so nothing outside of this machine can reach it. The address has a part that
#' cannot be guessed; requests without it, or for another host's name, or from another site's page are refused.
#' Who has the address can stop runs.
#'
#' @section What it costs:
#' R is entered ten times a second at most, to answer pages that have asked. If answers take long, they are given less
#' often, so that they take about a hundredth of the time; a page is answered after two seconds at the latest, or when
#' the batch or the computation of scores that is going on has ended.
#' Code that waits in the package later's queue is run as well.
#'
#' In workers of parallel code (parallel, future, mirai), nothing is served.
#'
#' @section Parameters:
#' * `port` (`integer(1)`, 0): the port; 0 means any that is free. All runs of a session share one.
#'
#' @family Callback
#' @export
#' @examplesIf mlr3misc::require_namespaces("httpuv", quietly = TRUE)
#' learner = lrn("classif.mlp", epochs = 5, batch_size = 16, callbacks = t_clbk("dashboard"),
#'   validate = 0.3, measures_valid = msr("classif.ce"))
#' learner$train(tsk("iris"))
#' dashboard_url()
#' dashboard_stop()
CallbackSetDashboard = R6Class("CallbackSetDashboard",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @field port (`integer(1)`)\cr
    #'   See *Parameters*.
    port = NULL,

    #' @description Makes the callback.
    #' @param port (`integer(1)`)\cr
    #'   See *Parameters*.
    initialize = function(port = 0L) {
      if (!test_int(port, lower = 0, upper = 65535)) {
        abort_callback("callback 'dashboard'", "'port' must be a whole number from 0 to 65535, not %s.",
          as_short_string(port))
      }
      self$port = port
    },

    #' @description Starts the server, unless it runs already, and shows the run.
    on_begin = function() {
      if (is_parallel_worker()) {
        mention_worker()
      } else {
        private$.run = show_run(self$ctx, self$port)
      }
    },

    #' @description Answers pages, and does what they ask for.
    on_batch_end = function() {
      if (answer_pages(private$.run)) follow_wishes(private$.run, in_epoch = TRUE)
    },

    #' @description Answers pages. A run can be stopped here, too.
    on_batch_valid_end = function() {
      if (answer_pages(private$.run)) follow_wishes(private$.run, in_epoch = FALSE)
    },

    #' @description Keeps how the run has ended.
    on_end = function() {
      if (!is.null(private$.run)) {
        private$.run$end(if (self$ctx$terminate) "stopped" else "finished", stop_reason(self$ctx)$text)
      }
    },

    #' @description Keeps that the run was interrupted.
    on_stop = function() {
      if (!is.null(private$.run)) private$.run$end("interrupted", "interrupted")
    },

    #' @description Keeps what the page shows of the run.
    on_exit = function() {
      if (!is.null(private$.run)) private$.run$close()
      private$.run = NULL
    }
  ),

  private = list(
    # A checkpoint that is asked for holds the states of all other callbacks after the batch.
    .comes_last = TRUE,
    # NULL: nothing is served.
    .run = NULL,

    .stage_function = function(stage) {
      f = super$.stage_function(stage)
      is_served = stage %in% c("on_batch_end", "on_batch_valid_end")
      if (is_served) filtered_stage(f, "second", 0.1, "callback 'dashboard'") else f
    }
  )
)

# A worker of parallel code: nobody would read the address. A process that was forked has no server of its own.
is_parallel_worker = function() {
  any(grepl("workRSOCK|mirai::+[.]?daemon", commandArgs())) || Sys.getpid() != dashboard$process
}

mention_worker = function() {
  if (!isTRUE(dashboard$has_mentioned_worker)) {
    lg$info("Callback 'dashboard' serves nothing in a parallel worker.")
    dashboard$has_mentioned_worker = TRUE
  }
}

# What pages have asked for; `in_epoch`: whether a training batch has just ended.
follow_wishes = function(run, in_epoch) {
  if (in_epoch && run$take_wish("checkpoint")) write_wished_checkpoint(run)
  if (run$take_wish("stop")) {
    run$ctx$terminate = TRUE
    run$ctx$stop_epoch = in_epoch || run$ctx$stop_epoch
    run$note = "Stops after this epoch's validation."
  }
}

# A run does not end because of a button.
write_wished_checkpoint = function(run) {
  ctx = run$ctx
  place = sprintf("epoch %i, batch %i", as.integer(ctx$epoch), as.integer(ctx$step))
  run$note = tryCatch({
    walk(checkpoint_sets(ctx), function(set) set$on_batch_end())
    sprintf("A checkpoint was written after %s.", place)
  }, error = function(cond) {
    text = sprintf("The checkpoint after %s could not be written: %s", place, condition_text(cond))
    lg$warn("Callback 'dashboard': %s", text)
    text
  })
}

dashboard_callback = function() {
  parameters = constructor_params(CallbackSetDashboard, port = function(...) p_whole(lower = 0L, upper = 65535L, ...))
  TorchCallback$new(CallbackSetDashboard, param_set = parameters, packages = c("httpuv", "later"),
    id = "dashboard", label = "Dashboard", man = "mlr3libtorch::CallbackSetDashboard")
}
