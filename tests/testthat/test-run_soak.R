test_that("a run that is killed again and again ends with the same bits", {
  for (plan in c("auto", "off")) {
    learner = soak_learner(plan = plan)
    whole = comparable(train_quietly(learner$clone(deep = TRUE))$model)
    outcome = kill_and_resume(learner, kills = soak_size(4L, 100L))
    same = map_lgl(outcome$models, function(model) identical(comparable(model), whole))
    counts = outcome$counts
    cat(sprintf(paste("\nplan \"%s\": %i kills, %i of them while a file was being written; %i runs ended, %i of them",
      "with the same bytes; %i checkpoints lost, %i newest files unreadable\n"), plan, counts[["kills"]],
      counts[["writing"]], length(same), sum(same), counts[["lost"]], counts[["unreadable"]]))
    expect_true(all(same))
    expect_equal(counts[c("lost", "unreadable")], c(lost = 0, unreadable = 0))
  }
})

test_that("a damaged checkpoint is loaded exactly or refused", {
  folder = withr::local_tempfile()
  checkpoint = t_clbk("checkpoint", path = folder, freq = "10 batches", keep_last = Inf)
  train_quietly(stoppable(list(checkpoint)))
  files = list_checkpoints(folder)$file
  originals = map(files, read_checkpoint)
  damaged = withr::local_tempfile(fileext = ".safetensors")
  refused = 0L
  loaded = 0L
  withr::local_seed(1)
  for (i in seq_len(soak_size(300L, 1000L))) {
    which = sample.int(length(files), 1L)
    kind = names(damages)[(i - 1L) %% length(damages) + 1L]
    writeBin(damages[[kind]](readBin(files[which], "raw", file.size(files[which]))), damaged)
    value = tryCatch(read_checkpoint(damaged), mlr3libtorch_error_file = identity)
    if (inherits(value, "mlr3libtorch_error_file")) {
      refused = refused + 1L
      if (!grepl(basename(damaged), conditionMessage(value), fixed = TRUE)) fail(conditionMessage(value))
    } else {
      loaded = loaded + 1L
      expect_identical(value, originals[[which]], label = kind)
    }
  }
  cat(sprintf("\n%i damaged files: %i refused, %i loaded exactly\n", refused + loaded, refused, loaded))
  expect_gt(refused, 0L)
})

test_that("a checkpoint under another's name is loaded as what it is", {
  folder = withr::local_tempfile()
  train_quietly(stoppable(list(t_clbk("checkpoint", path = folder, freq = "10 batches", keep_last = Inf))))
  files = list_checkpoints(folder)$file
  value = read_checkpoint(files[1L])
  file.copy(files[1L], files[2L], overwrite = TRUE)
  expect_identical(read_checkpoint(files[2L]), value)
  write_plain_file(files[2L], value)
  expect_error(read_checkpoint(files[2L]), "is not a checkpoint file", class = "mlr3libtorch_error_file")
})
