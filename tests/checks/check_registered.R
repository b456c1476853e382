# What is registered, or in a dictionary, has its tests and its help: elsewhere, nothing would fail without them.

package = loadNamespace("mlr3libtorch")
native_callbacks = package$core_registry("callback")

text_of = function(files) paste(unlist(lapply(files, readLines, warn = FALSE)), collapse = "\n")

# Those of `names` that do not stand in quotes in these files.
not_quoted_in = function(names, files) {
  text = text_of(files)
  Filter(function(name) !grepl(sprintf('"%s"', name), text, fixed = TRUE), names)
}

check("every operation is held against PyTorch's, or has a test in tests/cpp/network/", {
  # parts of the networks in test-network_reference.R; what users write themselves, in test-network_*.R
  elsewhere = c("ensemble_linear", "ensemble_scale", "periodic_encoding", "piecewise_linear_encoding",
    "separate_linear", "fn", "module", "script", "script_file")
  operations = setdiff(names(package$core_registry("operation")), elsewhere)
  files = c(repository_files("tests/cpp/network"), "tests/cpp/reference/operation_values.json")
  sprintf("operation '%s': add a case to CASES in tests/cpp/reference/operation_values.py and run it as it says",
    not_quoted_in(operations, files))
})

check("every callback of the core has a test in tests/cpp/callback/", {
  schedules = sub(",.*", "", readLines("tests/cpp/reference/schedule_values.csv"))
  sprintf("callback '%s': add a test; for a schedule, a case to CASES in tests/cpp/reference/schedule_values.py",
    not_quoted_in(setdiff(names(native_callbacks), schedules), repository_files("tests/cpp/callback")))
})

check("every callback of the core is in the help, with its arguments", {
  page = text_of("man/CallbackSetNative.Rd")
  words = unlist(lapply(native_callbacks, function(entry) c(entry$name, names(entry$arguments))))
  sprintf("'%s' is not in man/CallbackSetNative.Rd: make document",
    Filter(function(word) !grepl(sprintf("\\code{%s}", word), page, fixed = TRUE), unique(words)))
})

check("every callback in R is in the dictionary, and has a test", {
  makers = unlist(lapply(grep("^R/callback_", r_files, value = TRUE), definitions))
  makers = Filter(function(name) endsWith(name, "_callback") && !length(formals(package[[name]])), makers)
  keys = setdiff(package$mlr3libtorch_callbacks$keys(), names(native_callbacks))
  absent = setdiff(sub("_callback$", "", makers), package$mlr3libtorch_callbacks$keys())
  c(
    sprintf("callback '%1$s': add `%1$s = %1$s_callback` to built_in_callbacks() in R/callback_dictionary.R", absent),
    sprintf("callback '%1$s': write tests/testthat/test-callback_%1$s.R",
      not_quoted_in(keys, repository_files("tests/testthat", "/test-callback_")))
  )
})

# The learners' classes, named by their files.
learner_classes = local({
  classes = lapply(grep("^R/learner_", r_files, value = TRUE), function(file) {
    if (any(grepl("inherit = LearnerTorch", readLines(file)))) grep("^LearnerTorch", definitions(file), value = TRUE)
  })
  unlist(setNames(classes, sub("^R/(.*)[.]R$", "\\1", grep("^R/learner_", r_files, value = TRUE))))
})

check("every learner is in mlr3's dictionary, and has a test file", {
  registered = text_of("R/learner_register.R")
  absent = Filter(function(class) !grepl(sprintf("\\b%s\\b", class), registered), learner_classes)
  files = sprintf("tests/testthat/test-%s.R", names(learner_classes))
  c(
    sprintf("%s: add it to register_learners() in R/learner_register.R", absent),
    sprintf("%s: write it", files[!file.exists(files)])
  )
})

check("every callback and every learner has the help page that it names", {
  callbacks = lapply(package$mlr3libtorch_callbacks$keys(), package$mlr3libtorch_callbacks$get)
  keys = grep("^(regr|classif)[.]", mlr3::mlr_learners$keys(), value = TRUE)
  learners = Filter(function(learner) inherits(learner, "LearnerTorch"), lapply(keys, mlr3::lrn))
  pages = text_of(repository_files("man", "\\.Rd$"))
  unlist(lapply(c(callbacks, learners), function(thing) {
    topic = sub("^mlr3libtorch::", "", thing$man)
    if (grepl(sprintf("\\alias{%s}", topic), pages, fixed = TRUE)) return(NULL)
    sprintf("'%s': its `man` names the page '%s', which is not in man/: write it, with `@export`, and make document",
      thing$id, topic)
  }))
})
