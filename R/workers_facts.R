# What must be the same for all workers.
worker_facts = function() {
  list(
    `version of mlr3libtorch` = as.character(utils::packageVersion("mlr3libtorch")),
    `version of LibTorch` = libtorch_version(core_machine())
  )
}
