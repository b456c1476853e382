# How much the tests of kills and damage do: a little in each run of the tests, all of it under `make soak`.
soak_size = function(usual, soak) if (identical(Sys.getenv("MLR3LIBTORCH_SOAK"), "true")) soak else usual

# A small run with all that must be the same after a resume: shuffling, dropout, averaged weights, accumulated
# gradients, a schedule, a history and a callback that draws from R's generator.
soak_learner = function(callbacks = list(), ...) {
  stoppable(c(list(t_clbk("ema", decay = 0.9), t_clbk("grad_accumulation", n_batches = 2),
    t_clbk("lr_cosine_annealing", T_max = 30)), callbacks), ..., epochs = 30)
}

# Trains in a process of its own, going on from the folder's checkpoints, and leaves the model in `result`.
# The file `started` appears when the training begins.
start_soak = function(learner, folder, started, result) {
  learner = learner$clone(deep = TRUE)
  learner$callbacks = c(learner$callbacks, list(
    t_clbk("checkpoint", path = folder, freq = "3 batches"),
    eval(bquote(torch_callback("starts", on_begin = function() file.create(.(started)))))
  ))
  unlink(started)
  callr::r_bg(function(learner, folder, result) {
    library("mlr3libtorch")
    if (length(list.files(folder, pattern = "[.]safetensors$"))) learner$param_set$set_values(resume = folder)
    set.seed(1)
    learner$train(tsk("iris"))
    saveRDS(learner$model, result)
  }, list(learner, folder, result), supervise = TRUE, stderr = "|")
}

# Kills a process that trains, at a random moment, or then as soon as it is writing a checkpoint; FALSE if it has come
# to its end before.
kill_training = function(process, started, longest, folder = NULL) {
  writing = function() if (!is.null(folder)) list.files(folder, pattern = "[.]tmp-")
  stale = writing()
  while (process$is_alive() && !file.exists(started)) Sys.sleep(0.01)
  Sys.sleep(stats::runif(1L, 0, longest))
  while (!is.null(folder) && process$is_alive() && !length(setdiff(writing(), stale))) {}
  if (!process$is_alive()) {
    return(FALSE)
  }
  process$kill(grace = 0)
  process$wait()
  TRUE
}

# Trains, kills and resumes until there have been `kills`; returns the models that the resumed runs ended with, and how
# many kills came while a file was being written, lost a checkpoint that had been there, or left a newest file that
# could not be read.
kill_and_resume = function(learner, kills, longest = 0.4) {
  counts = c(kills = 0, writing = 0, lost = 0, unreadable = 0)
  models = list()
  while (counts[["kills"]] < kills || length(models) == 0L) {
    run = run_with_kills(learner, kills - counts[["kills"]], longest)
    counts = counts + run$counts
    models = c(models, list(run$model))
  }
  list(counts = counts, models = models)
}

# One run to its end, in as many processes as it takes.
run_with_kills = function(learner, most, longest) {
  directory = withr::local_tempdir()
  folder = file.path(directory, "checkpoints")
  result = file.path(directory, "model.rds")
  counts = c(kills = 0, writing = 0, lost = 0, unreadable = 0)
  before = folder_now(folder)
  while (!file.exists(result)) {
    process = start_soak(learner, folder, file.path(directory, "started"), result)
    aim = if (counts[["kills"]] %% 2 == 1) folder
    if (counts[["kills"]] < most && kill_training(process, file.path(directory, "started"), longest, aim)) {
      now = folder_now(folder)
      is_writing = length(setdiff(now$unfinished, before$unfinished)) > 0L
      counts = counts + c(1, is_writing, is_earlier(now$newest, before$newest), !newest_is_readable(folder))
      before = now
    } else {
      process$wait()
      if (process$get_exit_status() != 0L) stop(process$read_error())
    }
  }
  list(model = readRDS(result), counts = counts)
}

# Epoch and batch of a folder's newest checkpoint, and the files that were never finished.
folder_now = function(folder) {
  files = if (dir.exists(folder)) list_checkpoints(folder)
  list(newest = if (NROW(files)) c(tail(files$epoch, 1L), tail(files$batch, 1L)) else c(0, 0),
    unfinished = list.files(folder, pattern = "[.]tmp-"))
}

is_earlier = function(point, other) {
  point[1L] < other[1L] || (point[1L] == other[1L] && point[2L] < other[2L])
}

# A folder without a checkpoint is one of a run that was killed before its first.
newest_is_readable = function(folder) {
  files = if (dir.exists(folder)) list_checkpoints(folder)$file
  if (!length(files)) {
    return(TRUE)
  }
  tryCatch(is.list(read_checkpoint(folder)), condition = function(cond) FALSE)
}

# One way to damage a file's bytes.
damages = list(
  truncated = function(bytes) head(bytes, sample.int(length(bytes), 1L) - 1L),
  `one bit` = function(bytes) {
    at = sample.int(length(bytes), 1L)
    bytes[at] = xor(bytes[at], as.raw(2^sample(0:7, 1L)))
    bytes
  },
  `a stretch of noise` = function(bytes) {
    at = sample.int(length(bytes), 1L)
    stretch = at:min(length(bytes), at + sample.int(64L, 1L))
    bytes[stretch] = as.raw(sample(0:255, length(stretch), replace = TRUE))
    bytes
  },
  `a stretch removed` = function(bytes) {
    at = sample.int(length(bytes), 1L)
    bytes[-(at:min(length(bytes), at + sample.int(64L, 1L)))]
  },
  `bytes in the header` = function(bytes) {
    at = sample.int(200L, 3L)
    bytes[at] = as.raw(sample(0:255, 3L))
    bytes
  },
  lengthened = function(bytes) c(bytes, as.raw(sample(0:255, sample.int(16L, 1L), replace = TRUE))),
  `halves swapped` = function(bytes) {
    middle = length(bytes) %/% 2
    c(tail(bytes, -middle), head(bytes, middle))
  }
)
