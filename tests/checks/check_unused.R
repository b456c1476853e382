# What nothing reads: parameters that would be accepted and ignored, and functions that nobody calls.

names_in_r = names_in_code(r_files)
namespace = readLines("NAMESPACE")

check("every parameter of the learners is read, or its help says that it has no effect", {
  without_effect = c("jit_trace", "pin_memory", "tensor_dataset", "timeout", "worker_globals",
    "worker_init_fn", "worker_packages")
  sentence = paste0(paste0("`", without_effect, "`", collapse = ", "), ": accepted, without effect")
  help = paste(sub("^#' *", "", readLines("R/learner_params.R")), collapse = " ")
  made = Filter(function(x) identical(x[[2]], as.name("learner_param_set")), as.list(parse("R/learner_params.R")))
  body = made[[1]][[3]][[3]]
  parameters = names(body[[length(body)]])
  c(
    if (!"epochs" %in% parameters) "learner_param_set() does not end with the parameters",
    setdiff(parameters[nzchar(parameters)], c(names_in_r, without_effect)),
    if (!grepl(sentence, help, fixed = TRUE)) paste("the help lacks:", sentence)
  )
})

check("every export of the glue is called from R, or asked by a test", {
  exports = sub(" .*", "", grep("^core_[a-z_]+ <- ", readLines("R/RcppExports.R"), value = TRUE))
  addresses = sub("^_mlr3libtorch_", "", grep("^_mlr3libtorch_core", names_in_r, value = TRUE))
  setdiff(exports, c(names_in_r, addresses, names_in_code(repository_files("tests/testthat", "\\.R$"))))
})

check("every function of the package is exported, a method, or called", {
  exported = sub(".*\\((.*)\\)", "\\1", grep("^export\\(", namespace, value = TRUE))
  methods = gsub("^S3method\\((\\w+::)?|[\"`)]", "", grep("^S3method", namespace, value = TRUE))
  defined = definitions(r_files)
  calls = table(names_in_r)[unique(defined)] - table(defined)[unique(defined)]
  unused = setdiff(names(calls)[calls == 0], c(exported, sub(",", ".", methods)))
  # called by C++ or while help is made
  others = unlist(lapply(c(r_files, glue_files), readLines, warn = FALSE))
  others = grep("^#'|call_package\\(|package\\[\"", others, value = TRUE)
  is_called = function(name) any(grepl(sprintf("\\b%s\\b", name), others)) || startsWith(name, ".")
  Filter(function(name) !is_called(name), unused)
})
