# Callbacks that users write in C++ and compile. R knows them by their schema, as it knows native callbacks.

#' @title Callbacks in C++
#'
#' @description
#' Makes a [TorchCallback] from a class that is written in C++ and compiled with [Rcpp::sourceCpp()].
#' It is used like any other: its arguments are parameters (`cb.<id>.<name>` in a learner), its state is saved and
#' resumed, and its weight decides when it is called among the others. No R code runs in its stages.
#'
#' `inlineCxxPlugin()` is for `Rcpp::sourceCpp()`, which asks for it if a script says
#' `// [[Rcpp::depends(mlr3libtorch)]]`.
#'
#' @section The class:
#' A class inherits from `mlr3libtorch::Callback` and overrides the stages in which it is called; only these cost
#' anything. The header `mlr3libtorch/callback.h` includes nothing from LibTorch, so a script compiles in seconds.
#' See the example, and `vignette("cpp_callbacks", "mlr3libtorch")` for everything that a context offers.
#'
#' An exception that leaves a stage ends the training with an error of class `mlr3libtorch_error_callback` that names
#' callback, stage, epoch and batch. Do not call R's functions from a stage.
#'
#' @section Where it is compiled:
#' R's files cannot hold compiled code. A trained learner is plain data, so it predicts in any process.
#' To train in another process (after `readRDS()`, in a parallel worker), the class must be compiled there:
#' * Made from `code` or `file`, the callback keeps the script's text, and each process compiles it when it is needed.
#' * Made from `compiled`, run the script, with its call of `cpp_callback()`, in the new process first; without that,
#'   training is an error of class `mlr3libtorch_error_not_compiled`.
#'
#' A class that was compiled against another version of the header is refused with an error of class
#' `mlr3libtorch_error_callback_version`.
#'
#' @param compiled (`externalptr`)\cr
#'   What the exported function returned: `mlr3libtorch::describe_callback<Class>(schema, ...)` in C++.
#' @param code (`character(1)`)\cr
#'   Instead: the script, which exports one function, without arguments.
#' @param file (`character(1)`)\cr
#'   Instead: a file with the script.
#' @param id (`character(1)`)\cr
#'   The id; the schema's name unless given.
#' @return A [TorchCallback].
#' @family Callback
#' @export
#' @examplesIf nzchar(Sys.which("make"))
#' code = '
#'   // [[Rcpp::depends(mlr3libtorch)]]
#'   #include <mlr3libtorch/callback.h>
#'
#'   class HalveRate : public mlr3libtorch::Callback {
#'    public:
#'     explicit HalveRate(const mlr3libtorch::Arguments& arguments)
#'         : every_(arguments.integer("every")) {}
#'     void on_epoch_end(mlr3libtorch::Context& context) override {
#'       if (context.epoch() % every_ == 0) context.set_learning_rate(context.learning_rate() / 2);
#'     }
#'
#'    private:
#'     std::int64_t every_;
#'   };
#'
#'   // [[Rcpp::export]]
#'   SEXP halve_rate() {
#'     return mlr3libtorch::describe_callback<HalveRate>(
#'       "halve_rate(int every=1) -> ()", "Halve the Rate",
#'       "Halves the learning rate.", {{"every", "Epochs between two halvings.", 1}});
#'   }
#' '
#' callback = cpp_callback(code = code)
#' callback$param_set
#' learner = lrn("classif.mlp", epochs = 4, batch_size = 50,
#'   callbacks = callback, cb.halve_rate.every = 2)
#' learner$train(tsk("iris"))
cpp_callback = function(compiled = NULL, code = NULL, file = NULL, id = NULL) {
  given = discard(list(compiled = compiled, code = code, file = file), is.null)
  if (length(given) != 1L) {
    abort_callback("cpp_callback()", "exactly one of 'compiled', 'code' and 'file' must be given.")
  }
  source = switch(names(given), code = check_script(code), file = read_script(file))
  class = if (is.null(source)) remember_class(compiled) else compile_script(source)
  callback = native_callback(class$entry, compiled_callback_class(class, source), man = "mlr3libtorch::cpp_callback")
  if (!is.null(id)) callback$id = id
  callback
}

check_script = function(code) {
  if (!test_character(code, any.missing = FALSE, min.len = 1L)) {
    abort_callback("cpp_callback()", "'code' must be the text of a script in C++, not %s.", as_short_string(code))
  }
  paste(code, collapse = "\n")
}

read_script = function(file) {
  if (!test_string(file) || !file.exists(file)) {
    abort_callback("cpp_callback()", "'file' must be an existing file, not %s.", as_short_string(file))
  }
  check_script(readLines(file, warn = FALSE))
}

#' @title Callbacks Compiled by the User
#'
#' @description
#' A `CallbackSetCompiled` stands for a class of callbacks that was compiled with [cpp_callback()].
#' It has the fields of a [CallbackSet], and its weight counts as usual, but no R code runs in its stages.
#'
#' @family Callback
#' @export
#' @examples
#' # cpp_callback() makes subclasses of this one
#' CallbackSetCompiled$get_inherit()$classname
CallbackSetCompiled = R6Class("CallbackSetCompiled",
  inherit = CallbackSetNative,
  public = list(
    #' @field compiled (named `list()`)\cr
    #'   What is known about the class: `entry`, its schema, and `handle`, the compiled code.
    compiled = NULL,
    #' @field source (`character(1)` or `NULL`)\cr
    #'   The script that it can be compiled from again.
    source = NULL
  ),
  private = list(
    .find_stages = function() self$compiled$entry$stages,

    # Compiles the class if that has not been done.
    .request = function() {
      list(
        compiled = living_handle(self$compiled, self$source),
        arguments = self$arguments,
        score = function(phase, measure) last_score(self$ctx, phase, measure)
      )
    },

    .request_elsewhere = function() never_called_in(self$stages)
  )
)

# The class of one compiled class, for instance CallbackSetHalveRate for "halve_rate".
compiled_callback_class = function(class, source) {
  R6Class(native_class_name(class$entry$name),
    inherit = CallbackSetCompiled,
    public = list(
      compiled = class,
      source = source,
      weight = class$entry$weight,
      initialize = function(...) super$initialize(self$compiled$entry$name, list(...))
    ),
    parent_env = topenv()
  )
}

# What has been compiled in this process, by its script, or by its schema if the script is not known.
compiled_classes = new.env()

class_key = function(entry, source) calculate_hash(entry, source)

# The class that the pointer from a describe_callback() describes.
remember_class = function(pointer, source = NULL) {
  class = core_compiled_callback(pointer)
  assign(class_key(class$entry, source), class$handle, envir = compiled_classes)
  class
}

living_handle = function(class, source) {
  if (core_compiled_callback_is_alive(class$handle)) {
    return(class$handle)
  }
  known = compiled_classes[[class_key(class$entry, source)]]
  if (!is.null(known)) {
    return(known)
  }
  if (is.null(source)) {
    abort("not_compiled", sprintf(paste(
      "The C++ callback '%s' is not compiled in this process. Run the script that compiles it, with its call of",
      "`cpp_callback()`, and train again; or make the callback with `cpp_callback(code = ...)` or `(file = ...)`, so",
      "that it is compiled wherever it is needed."
    ), class$entry$name), fields = list(callback = class$entry$name))
  }
  compile_script(source)$handle
}

compile_script = function(source) {
  env = new.env()
  functions = Rcpp::sourceCpp(code = with_header(source), env = env)$functions
  if (!length(functions)) {
    abort_callback("cpp_callback()", "the script exports no function; write `// [[Rcpp::export]]` above %s.",
      "the one that returns describe_callback()")
  }
  if (length(functions) != 1L) {
    abort_callback("cpp_callback()", "the script must export one function, which returns describe_callback(), not %i.",
      length(functions))
  }
  remember_class(env[[functions]](), source)
}

# A script finds the header even if it does not ask for it.
with_header = function(source) {
  if (grepl("Rcpp::depends\\([^)]*mlr3libtorch", source)) {
    return(source)
  }
  paste("// [[Rcpp::depends(mlr3libtorch)]]", source, sep = "\n")
}

#' @rdname cpp_callback
#' @export
inlineCxxPlugin = function() {
  list(env = list(USE_CXX17 = "yes"))
}
