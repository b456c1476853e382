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

pages = lapply(repository_files("man", "\\.Rd$"), readLines, warn = FALSE)
topics = lapply(pages, function(page) gsub("^\\\\alias\\{|\\}$", "", grep("^\\\\alias\\{", page, value = TRUE)))

page_of = function(topic) unlist(pages[vapply(topics, function(names) topic %in% names, NA)])

check("everything that the core has registered has a page in the help, with its arguments", {
  kinds = c(callback = "mlr_callback_set.", loss = "mlr3libtorch_losses_", optimizer = "mlr3libtorch_optimizers_",
    operation = "mlr_pipeops_nn_")
  unlist(lapply(names(kinds), function(kind) {
    lapply(package$core_registry(kind), function(entry) {
      page = paste(page_of(paste0(kinds[[kind]], entry$name)), collapse = "\n")
      is_there = function(name) grepl(sprintf("\\\\(code|item)\\{%s\\}", name), page)
      absent = Filter(Negate(is_there), names(entry$arguments))
      if (!nzchar(page)) {
        sprintf("%s '%s' has no page: make document", kind, entry$name)
      } else if (length(absent)) {
        sprintf("%s '%s': its page is old, it lacks '%s': make document", kind, entry$name, absent[[1L]])
      }
    })
  }))
})

check("every page of the help has an example that runs", {
  files = repository_files("man", "\\.Rd$")
  has_example = vapply(pages, function(page) any(startsWith(page, "\\examples{")), NA)
  sprintf("%s: add `@examples` to its roxygen block", files[!has_example])
})

check("the help knows every key of the dictionaries", {
  learners = grep("^(classif|regr)[.]", mlr3::mlr_learners$keys(), value = TRUE)
  learners = Filter(function(key) inherits(mlr3::lrn(key), "LearnerTorch"), learners)
  needed = c(paste0("mlr_learners_", learners), learners,
    paste0("mlr_callback_set.", package$mlr3libtorch_callbacks$keys()),
    paste0("mlr_callbacks_", package$mlr3libtorch_callbacks$keys()),
    paste0("mlr_pipeops_", c("module", "nn_block", names(package$pipeop_class_requests()))))
  sprintf("help(\"%s\") finds nothing: add the topic to the @aliases of its page, or make document",
    setdiff(needed, unlist(topics)))
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
  unlist(lapply(c(callbacks, learners), function(thing) {
    topic = sub("^mlr3libtorch::", "", thing$man)
    if (topic %in% unlist(topics)) return(NULL)
    sprintf("'%s': its `man` names the page '%s', which is not in man/: write it, with `@export`, and make document",
      thing$id, topic)
  }))
})
