# The rules of docs/border.md that a look at the code can hold; the page names the test that holds each of the others.

border_code = c(glue_files, core_files)

# The C++ functions that R sees: their files, signatures and the code that follows.
exports = do.call(rbind, lapply(Filter(function(file) endsWith(file, ".cpp"), glue_files), function(file) {
  lines = readLines(file)
  tags = grep("^\\s*//\\s*\\[\\[Rcpp::export", lines)
  data.frame(
    place = sprintf("%s:%d", rep(file, length(tags)), tags),
    tag = lines[tags],
    code = vapply(tags, function(tag) paste(lines[seq(tag + 1, min(tag + 12, length(lines)))], collapse = " "), "")
  )
}))
exports$signature = sub("\\{.*", "", exports$code)
exports$body = sub("^[^{]*\\{", "", exports$code)

check("rule 1: the body of every export is inside the guard", {
  guarded = grepl("^\\s*(return\\s+)?(mlr3libtorch::)?(glue::)?guard\\(", exports$body)
  paste(exports$place, trimws(exports$signature))[!guarded]
})

check("rule 1: only the guard turns C++ errors into R conditions", {
  find_in_code(glue_files, "\\b(Rf_error|Rf_errorcall|Rcpp::stop|Rcpp::exception|Rf_warning|Rcpp::warning)\\b")
})

check("rule 2: R is called under unwind protection only", {
  jumping = "\\b(Rf_eval|R_tryEval\\w*|R_tryCatch\\w*|R_ToplevelExec|R_forceAndCall|Rcpp_eval)\\s*\\("
  # LAPACK's complaint is an R error that jumps out of LibTorch; this one file catches it and throws.
  caught = "^src/glue/lapack_guard\\.cpp:[0-9]+: Rcpp::unwindProtect\\("
  grep(caught, find_in_code(glue_files, jumping), value = TRUE, invert = TRUE)
})

# Every `catch (...)`: its block must rethrow.
swallowing_catches = function(files) {
  unlist(lapply(files, function(file) {
    text = paste(code_lines(file), collapse = "\n")
    places = gregexpr("catch\\s*\\(\\s*\\.\\.\\.\\s*\\)\\s*\\{[^}]*\\}", text)
    blocks = regmatches(text, places)[[1]]
    silent = blocks[!grepl("\\bthrow\\s*;|rethrow_exception|current_exception", blocks)]
    if (length(silent)) sprintf("%s: %s", file, gsub("\\s+", " ", silent))
  }))
}

check("rule 3: the core has no catch (...) without rethrow", swallowing_catches(core_files))
check("rule 3: the glue has no catch (...) without rethrow either", swallowing_catches(glue_files))

check("rule 3: a test throws what is no exception at every stage and batch", {
  tests = repository_files("tests/cpp", "\\.(cpp|h)$")
  if (!length(find_in_code(tests, "\\bthrow (\\w+::)*\\w+\\{\\s*\\};"))) "no test under tests/cpp throws a bare struct"
})

check("rule 4: the exit stage is run from R's on.exit(), never from a destructor", {
  calls = find_in_code(r_files, "core_run_call\\(|\\bon\\.exit\\(")
  destructors = unlist(lapply(border_code, function(file) {
    text = paste(code_lines(file), collapse = "\n")
    bodies = regmatches(text, gregexpr("~\\w+\\(\\)[^;{]*\\{[^}]*\\}", text))[[1]]
    if (any(grepl("kExit", bodies))) sprintf("%s: a destructor knows the exit stage", file)
  }))
  c(
    if (!any(grepl("on.exit(", calls, fixed = TRUE))) "no file in R/ uses on.exit()",
    destructors
  )
})

check("rule 5: R's interrupt is asked for in one file, with R's handlers and under unwind protection", {
  asking = find_in_code(border_code, "checkUserInterrupt|R_CheckUserInterrupt|R_interrupts_pending")
  c(
    grep("^src/glue/r_interrupt\\.", asking, value = TRUE, invert = TRUE),
    grep("Rcpp::unwindProtect\\(.*R_CheckUserInterrupt\\(\\)", asking, value = TRUE, invert = TRUE)
  )
})

check("rule 5: every loop over batches polls the interrupt", {
  loops = Filter(function(file) {
    length(find_in_code(file, "(while|for)\\s*\\(.*\\b(batch|next|has_next)\\w*\\s*\\(")) > 0
  }, repository_files("src/core", "^src/core/(train|network)/.*\\.cpp$"))
  Filter(function(file) !length(find_in_code(file, "interrupt\\w*(\\.|->)check\\(")), loops)
})

check("rule 6: no file that sees R starts a thread", {
  find_in_code(glue_files, "std::(thread|jthread|async)\\b|\\bpthread_create\\b|#\\s*pragma\\s+omp|parallel_for")
})

check("rule 7: external pointers are made and opened in handle.h, foreign ones in foreign_pointer.h", {
  calls = "R_(MakeExternalPtr|ExternalPtrAddr|ClearExternalPtr|RegisterCFinalizer\\w*)|\\bXPtr\\b"
  pointers = find_in_code(glue_files, calls)
  grep("^src/glue/(handle\\.h|foreign_pointer\\.h|tensor_handle\\.cpp):", pointers, value = TRUE, invert = TRUE)
})

check("rule 7: finalizers are noexcept, take no lock and call no R", {
  unlist(lapply(glue_files, function(file) {
    text = paste(code_lines(file), collapse = "\n")
    found = regmatches(text, gregexpr("\\bvoid finalize\\w*\\s*\\([^)]*\\)[^{;]*\\{[^}]*\\}", text))[[1]]
    bad = found[!grepl("noexcept", found) | grepl("mutex|lock|Rf_|Rcpp::", found)]
    if (length(bad)) sprintf("%s: %s", file, gsub("\\s+", " ", bad))
  }))
})

check("rule 8: process-wide settings of LibTorch are changed by objects that restore them", {
  settings = "\\b(set_num_threads|set_num_interop_threads|manual_seed|GradMode::set_enabled|set_default_dtype)\\("
  changes = find_in_code(border_code, settings)
  # train/environment has the objects; core_grad_mode() and core_set_threads() serve R's with_no_grad() and
  # with_threads(), which restore in on.exit().
  grep("^src/core/train/environment\\.cpp:|^src/glue_tensor\\.cpp:.*GradMode", changes, value = TRUE, invert = TRUE)
})

check("rule 9: exports take SEXP, so that a wrong argument reaches the checks and not Rcpp's conversion", {
  arguments = sub(".*?\\((.*)\\)\\s*$", "\\1", exports$signature)
  typed = vapply(strsplit(arguments, ","), function(argument) any(!grepl("^\\s*SEXP\\s", argument)), logical(1))
  paste(exports$place, trimws(exports$signature))[typed & nzchar(trimws(arguments))]
})

check("rule 9: numbers from R become C++ integers in convert only", {
  conversions = "\\bRf_as(Integer|Real|Logical)\\(|\\bas<\\s*(int|long|std::u?int|size_t|std::size_t|unsigned)"
  grep("^src/glue/convert\\w*\\.", find_in_code(glue_files, conversions), value = TRUE, invert = TRUE)
})

check("rule 10: no reader that runs code or crashes on damaged input", {
  of_torch = "\\btorch::(load|pickle_load|jit::load)\\b|\\bjit::(load|import\\w*|unpickle)\\s*\\("
  of_r = "\\b(unserialize|readRDS|R_Unserialize)\\b"
  found = find_in_code(c(border_code, r_files), paste(of_torch, of_r, sep = "|"))
  # the kit reads a file that it has just written, the export an archive
  # a TorchScript file comes from its own explicit call, and its container has been verified there
  # a function in a network is code of the learner's, never of a file that this package reads
  allowed = paste("^R/callback_kit_rules[.]R:.* differing_leaves\\(state, readRDS\\(file\\)\\)$",
    "^src/core/script/script_module[.]cpp:.* jit::load\\(stream",
    "^src/core/network/exported_module[.]cpp:.* jit::load\\(stream", "^R/file_function_data[.]R:.*unserialize\\(",
    sep = "|")
  grep(allowed, found, value = TRUE, invert = TRUE)
})

check("rule 11: files are written in src/core/io only, where a file appears whole or not at all", {
  writers = "std::(ofstream|fstream)\\b|\\bfopen\\s*\\(|\\b(std::)?rename\\s*\\(|\\bsave_to\\b|torch::save\\b"
  found = find_in_code(border_code, writers)
  grep("^src/core/io/", found, value = TRUE, invert = TRUE)
})

check("rule 11: what is renamed into place was synced before", {
  renaming = unique(sub(":.*", "", find_in_code(core_files, "\\brename\\s*\\(")))
  Filter(function(file) !length(find_in_code(file, "\\bfsync\\s*\\(")), renaming)
})
