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

# Kills a process that trains, at a random moment; FALSE if it has come to its end before.
kill_training = function(process, started, longest) {
  while (process$is_alive() && !file.exists(started)) Sys.sleep(0.01)
  Sys.sleep(stats::runif(1L, 0, longest))
  if (!process$is_alive()) {
    return(FALSE)
  }
  process$kill(grace = 0)
  process$wait()
  TRUE
}

# Trains, kills and resumes until there have been `kills`; returns the models that the resumed runs ended with and how
# many newest files could not be read.
kill_and_resume = function(learner, kills, longest = 0.4) {
  done = unreadable = 0L
  models = list()
  while (done < kills || length(models) == 0L) {
    directory = withr::local_tempdir()
    folder = file.path(directory, "checkpoints")
    result = file.path(directory, "model.rds")
    while (!file.exists(result)) {
      process = start_soak(learner, folder, file.path(directory, "started"), result)
      was_killed = done < kills && kill_training(process, file.path(directory, "started"), longest)
      if (was_killed) {
        done = done + 1L
        unreadable = unreadable + !newest_is_readable(folder)
      } else {
        process$wait()
        if (process$get_exit_status() != 0L) stop(process$read_error())
      }
    }
    models = c(models, list(readRDS(result)))
  }
  list(kills = done, unreadable = unreadable, models = models)
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
