# What the page of the callback "dashboard" shows of a run: read from its context while it goes on, kept when it ends.

# Rows of a history that are sent; a chart is not wider. The same number again of epochs with scores.
most_sent_epochs = 400L
# Numbers of a table of norms that are sent.
most_sent_norms = 4000L

DashboardRun = R6Class("DashboardRun",
  cloneable = FALSE,
  public = list(
    id = NULL,
    # NULL when the run has ended
    ctx = NULL,
    # what the page says below the buttons
    note = NULL,

    initialize = function(id, ctx) {
      self$id = id
      self$ctx = ctx
      private$.name = sprintf("%s on %s", ctx$learner$id, ctx$task_train$id)
      private$.started = format(Sys.time(), "%Y-%m-%d %H:%M:%S")
      private$.began = clock()
      private$.first_epoch = ctx$epoch
    },

    # Changes when anything does that the page shows.
    version = function() {
      ctx = self$ctx
      if (is.null(ctx)) {
        return(private$.state)
      }
      paste(ctx$epoch, ctx$step, ctx$step_valid, private$.state, private$.wishes, nchar(self$note %??% ""),
        sep = "-", collapse = "-")
    },

    # Asks for "stop" or "checkpoint"; NULL, or why that cannot be done.
    wish = function(what) {
      if (is.null(self$ctx)) {
        return("This run has ended.")
      }
      if (what == "checkpoint" && !length(checkpoint_sets(self$ctx))) {
        return("This run has no callback \"checkpoint\": give the learner t_clbk(\"checkpoint\", path = ...).")
      }
      private$.wishes = union(private$.wishes, what)
      NULL
    },

    take_wish = function(what) {
      is_asked = what %in% private$.wishes
      private$.wishes = setdiff(private$.wishes, what)
      is_asked
    },

    # How the run ends; the context is still there.
    end = function(state, text) {
      private$.state = state
      private$.text = text
      self$note = NULL
    },

    close = function() {
      if (private$.state == "running") self$end("failed", "ended by an error or an interrupt")
      private$.wishes = character()
      self$refresh(is_due = TRUE)
      private$.kept = list(entry = self$entry(), details = self$details())
      self$ctx = NULL
    },

    # Reads what the charts show, which takes longer the more epochs there are, so it is read less often then.
    refresh = function(is_due = clock() >= private$.due) {
      if (is.null(self$ctx) || !is_due) {
        return(invisible())
      }
      started = work_clock()
      results = read_results(self$ctx)
      text = as_page_json(results$charts)
      # the first time, R compiles the code
      cost = if (private$.count == 0) 0 else work_clock() - started
      private$.count = private$.count + !identical(text, private$.charts)
      private$.charts = text
      private$.best = results$best
      private$.due = clock() + max(1, pause_factor * cost)
    },

    # The run in the list of runs, all there is to say of it beside its charts, and these: as JSON.
    entry = function() private$.kept$entry %??% as_page_json(private$.facts()),

    details = function() private$.kept$details %??% as_page_json(c(private$.facts(), private$.details())),

    charts = function() private$.charts
  ),

  private = list(
    .name = NULL,
    .started = NULL,
    .began = NULL,
    .first_epoch = NULL,
    .state = "running",
    .text = NULL,
    .wishes = character(),
    .charts = "null",
    # how often the charts have changed
    .count = 0,
    .best = NULL,
    .due = 0,
    # when the run has ended
    .kept = NULL,

    .facts = function() {
      discard(list(id = self$id, name = private$.name, started = private$.started, state = private$.state,
        text = private$.text, epoch = self$ctx$epoch, epochs = self$ctx$total_epochs, best = private$.best), is.null)
    },

    .details = function() {
      ctx = self$ctx
      seconds = clock() - private$.began
      discard(list(step = ctx$step, batches = ctx$loader_train$batches, loss = ctx$last_loss, lr = ctx$last_lr,
        seconds = seconds, left = private$.left(seconds), note = self$note, wishes = I(private$.wishes),
        can_checkpoint = length(checkpoint_sets(ctx)) > 0L, charts = private$.count), is.null)
    },

    # Seconds until all epochs are trained, if it goes on as it did.
    .left = function(seconds) {
      ctx = self$ctx
      share = ctx$step / ctx$loader_train$batches
      done = ctx$epoch - private$.first_epoch - 1 + share
      if (isTRUE(done > 0) && private$.state == "running") seconds / done * (ctx$total_epochs - ctx$epoch + 1 - share)
    }
  )
)

# How many times longer than the work took, the next of it waits. Charts and answers take turns, so that both together
# take a hundredth of the time.
pause_factor = 200

# Seconds of this process's work: that it had to wait for others is not the pages' fault.
work_clock = function() sum(proc.time()[c("user.self", "sys.self")])

checkpoint_sets = function(ctx) keep(ctx$callbacks, inherits, "CallbackSetCheckpoint")

as_page_json = function(x) {
  as.character(jsonlite::toJSON(x, auto_unbox = TRUE, digits = I(6), na = "null", null = "null"))
}

# list(best, charts), `best` may be NULL.
read_results = function(ctx) {
  history = run_history(ctx)
  rows = sent_rows(history)
  columns = map(as.list(history), function(column) I(column[rows]))
  columns$seconds = I(unname(run_seconds(ctx)[as.character(history$epoch[rows])]))
  list(best = best_of_history(history, ctx$measures_valid),
    charts = discard(list(history = columns, norms = sent_norms(ctx), timing = sent_timing(ctx)), is.null))
}

# Which rows of a history are sent: evenly spread ones, of all and of those with scores, which may be few.
sent_rows = function(history) {
  scores = as.list(history)[setdiff(names(history), c("epoch", "train.loss", "lr"))]
  has_scores = rowSums(matrix(!is.na(unlist(scores)), nrow = nrow(history))) > 0
  sort(union(spread_evenly(seq_row(history), most_sent_epochs), spread_evenly(which(has_scores), most_sent_epochs)))
}

# At most `n` of the elements, the first and the last among them.
spread_evenly = function(x, n) {
  if (length(x) <= n) x else x[unique(round(seq(1, length(x), length.out = n)))]
}

# Columns stage, callback and seconds of what has taken time.
sent_timing = function(ctx) {
  timing = core_run_timing(get_private(ctx)$.run)
  rows = which(timing$seconds > 0)
  list(stage = I(timing$stage[rows]), callback = I(timing$callback[rows]), seconds = I(timing$seconds[rows]))
}

# list(epoch, parameters: list(name, weight, gradient)) of the callback "norms"; NULL without it.
sent_norms = function(ctx) {
  set = detect(ctx$callbacks, inherits, "CallbackSetNorms")
  rows = if (!is.null(set)) as.list(set$state_dict())
  if (!length(rows$epoch)) {
    return(NULL)
  }
  parameters = unique(rows$parameter)
  epochs = spread_evenly(unique(rows$epoch), max(20L, most_sent_norms %/% length(parameters)))
  columns = map(parameters, function(parameter) {
    own = which(rows$parameter == parameter)
    own = own[match(epochs, rows$epoch[own])]
    list(name = parameter, weight = I(rows$weight[own]), gradient = I(rows$gradient[own]))
  })
  list(epoch = I(epochs), parameters = columns)
}
