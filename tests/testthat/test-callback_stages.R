test_that("the constructors' stage arguments are the core's stages, in its order", {
  expect_identical(grep("^on_", names(formals(callback_set)), value = TRUE), core_stages()$name)
  expect_identical(grep("^on_", names(formals(torch_callback)), value = TRUE), core_stages()$name)
})

test_that("the constructors have the documented argument order", {
  class_arguments = c(stage_names(), "state_dict", "load_state_dict", "initialize", "weight", "public", "private",
    "active", "parent_env", "inherit", "lock_objects", "workers", "...")
  expect_identical(names(formals(callback_set)), c("classname", class_arguments))
  expect_identical(names(formals(torch_callback)),
    c("id", "classname", "param_set", "packages", "label", "man", class_arguments))
})

test_that("a name that was meant to be a stage is told from other names", {
  meant = c("on_btach_end", "on_edn", "no_begin", "onBegin", "on.exit", "ON_END", "in_end", "on_anything")
  other = c("initialize", "state_dict", "one", "append", "once", "end", "on")
  expect_setequal(misspelled_stages(c(meant, other, stage_names())), meant)
})

test_that("every stage is documented", {
  expect_match(document_stages(), "`on_after_backward`", fixed = TRUE)
  expect_length(strsplit(document_stages(), "\n")[[1L]], length(stage_names()))
})
