#' @title Callbacks: Log Files
#'
#' @aliases mlr_callback_set.csv_logger mlr_callbacks_csv_logger csv_logger
#' @aliases mlr_callback_set.jsonl_logger mlr_callbacks_jsonl_logger jsonl_logger
#'
#' @description
#' `csv_logger` and `jsonl_logger` write one line for each epoch: `epoch`, `step` (training batches so far), `seconds`
#' (of this run), `loss` (of the last batch), `lr` (of the first parameter group), and the scores `train.<measure id>`
#' and `valid.<measure id>`, which are empty or `null` in epochs without evaluation.
#' Each line is in the file when its epoch has ended.
#' A new run replaces the file. A run that goes on from an earlier one appends: lines of epochs that are
#' trained again, and a line that was cut off, are removed first.
#'
#' @section Parameters:
#' * `path` (`character(1)`): the file. Its folder must exist. Required.
#'
#' @family Callback
#' @export
#' @examples
#' t_clbk("csv_logger", path = tempfile(fileext = ".csv"))
#' t_clbk("jsonl_logger", path = tempfile(fileext = ".jsonl"))
CallbackSetLogger = R6Class("CallbackSetLogger",
  inherit = CallbackSet,
  lock_objects = FALSE,
  public = list(
    #' @field path (`character(1)`)\cr
    #'   See *Parameters*.
    path = NULL,

    #' @description Makes the callback.
    #' @param path (`character(1)`)\cr
    #'   See *Parameters*.
    initialize = function(path) {
      problem = check_log_path(path)
      if (!isTRUE(problem)) {
        abort_callback(class(self)[[1L]], "'path' %s.", problem)
      }
      self$path = path
    },

    #' @description Prepares the file: what an earlier run wrote is kept if this one goes on from it.
    on_begin = function() {
      private$.started = clock()
      core_check_target(path.expand(self$path))
      earlier = if (self$ctx$epoch > 0 && file.exists(self$path)) private$.earlier_lines(self$ctx$epoch)
      private$.goes_on = !is.null(earlier)
      write_lines_whole(earlier %??% private$.header(), self$path)
    },

    #' @description Adds a line.
    on_epoch_end = function() {
      if (private$.goes_on) {
        # of an epoch that was interrupted, the file may have a line already
        write_lines_whole(private$.earlier_lines(self$ctx$epoch - 1L), self$path)
        private$.goes_on = FALSE
      }
      private$.append(private$.row())
    }
  ),

  private = list(
    .started = NULL,
    .goes_on = FALSE,

    # Named list of what a line holds; missing scores are NA.
    .row = function() {
      ctx = self$ctx
      scores = function(measures, values, prefix) {
        known = if (ctx$evaluated) values
        prefix_names(set_names(map(ids(measures), function(id) known[[id]] %??% NA_real_), ids(measures)), prefix)
      }
      c(
        list(epoch = as.integer(ctx$epoch), step = as.integer(ctx$global_step),
          seconds = round(clock() - private$.started, 3L), loss = ctx$last_loss %??% NA_real_,
          lr = learning_rates(ctx$optimizer)[[1L]]),
        scores(ctx$measures_train, ctx$last_scores_train, "train."),
        scores(if (is.null(ctx$task_valid)) list() else ctx$measures_valid, ctx$last_scores_valid, "valid.")
      )
    }
  )
)

#' @rdname CallbackSetLogger
#' @export
CallbackSetCsvLogger = R6Class("CallbackSetCsvLogger",
  inherit = CallbackSetLogger,
  lock_objects = FALSE,
  private = list(
    .append = function(row) fwrite(as.data.table(row), self$path, append = TRUE, nThread = 1L),

    .header = function() utils::capture.output(fwrite(as.data.table(private$.row())[0L])),

    .earlier_lines = function(epoch) {
      lines = complete_lines(self$path)
      header = private$.header()
      if (!length(lines) || lines[[1L]] != header) {
        abort("config", sprintf("callback 'csv_logger': the file '%s' has other columns than this run writes (%s).",
          self$path, header))
      }
      c(header, lines_up_to(lines[-1L], sub(",.*", "", lines[-1L]), epoch))
    }
  )
)

#' @rdname CallbackSetLogger
#' @export
CallbackSetJsonlLogger = R6Class("CallbackSetJsonlLogger",
  inherit = CallbackSetLogger,
  lock_objects = FALSE,
  private = list(
    .append = function(row) {
      line = jsonlite::toJSON(row, auto_unbox = TRUE, na = "null", digits = I(17))
      cat(line, "\n", sep = "", file = self$path, append = TRUE)
    },

    .header = function() character(),

    .earlier_lines = function(epoch) {
      lines = complete_lines(self$path)
      lines_up_to(lines, sub("^\\{\"epoch\":([0-9]+),.*", "\\1", lines), epoch)
    }
  )
)

check_log_path = function(x) {
  if (!test_string(x, min.chars = 1L)) {
    return(sprintf("must be the path of a file, not %s", as_short_string(x)))
  }
  if (dir.exists(x) || !dir.exists(dirname(x))) {
    return(sprintf("must be the path of a file in an existing folder, not '%s'", x))
  }
  TRUE
}

# The lines of a file; a last one that does not end was cut off.
complete_lines = function(path) {
  text = readChar(path, file.size(path), useBytes = TRUE)
  if (!length(text) || !nzchar(text)) {
    return(character())
  }
  lines = strsplit(text, "\n", fixed = TRUE)[[1L]]
  if (endsWith(text, "\n")) lines else lines[-length(lines)]
}

# `epochs`: of each line, as text; a line whose epoch is not a number was not written by the logger.
lines_up_to = function(lines, epochs, epoch) {
  numbers = suppressWarnings(as.numeric(epochs))
  lines[!is.na(numbers) & numbers <= epoch]
}

# At any moment, the file is either the old one or the new one.
write_lines_whole = function(lines, path) {
  core_write_text(path.expand(path), paste0(lines, rep("\n", length(lines)), collapse = ""))
}

logger_callback = function(generator, id, label) {
  parameters = constructor_params(generator, path = function(...) p_checked(check_log_path, ...))
  TorchCallback$new(generator, param_set = parameters, id = id, label = label, man = "mlr3libtorch::CallbackSetLogger")
}

csv_logger_callback = function() logger_callback(CallbackSetCsvLogger, "csv_logger", "CSV Log File")

jsonl_logger_callback = function() logger_callback(CallbackSetJsonlLogger, "jsonl_logger", "JSON Lines Log File")
