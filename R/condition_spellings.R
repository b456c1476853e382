#' @title Names as in mlr3torch
#'
#' @name mlr3torch_names
#' @aliases CallbackSetTB CallbackSetLRScheduler CallbackSetLRSchedulerOneCycle CallbackSetLRSchedulerReduceOnPlateau
#'   PipeOpModule mlr3torch_callbacks mlr3torch_losses mlr3torch_optimizers
#'
#' @description
#' Things of this package that have another name in mlr3torch have that name as well. It is the same thing:
#'
#' `r document_spellings()`
#'
#' Classes of pipeops have mlr3torch's names, see [PipeOpTorch].
#'
#' @family Session
#' @rawNamespace export(CallbackSetTB)
#' @rawNamespace export(CallbackSetLRScheduler)
#' @rawNamespace export(CallbackSetLRSchedulerOneCycle)
#' @rawNamespace export(CallbackSetLRSchedulerReduceOnPlateau)
#' @rawNamespace export(PipeOpModule)
#' @rawNamespace export(mlr3torch_callbacks)
#' @rawNamespace export(mlr3torch_losses)
#' @rawNamespace export(mlr3torch_optimizers)
#' @examples
#' identical(mlr3torch_callbacks, mlr3libtorch_callbacks)
NULL

# mlr3torch's name, and the expression that gives what it stands for.
spellings = list(
  CallbackSetTB = quote(CallbackSetTb),
  CallbackSetLRScheduler = quote(CallbackSetLrScheduler),
  CallbackSetLRSchedulerOneCycle = quote(native_callback_class(registry_entry("callback", "lr_one_cycle"))),
  CallbackSetLRSchedulerReduceOnPlateau = quote(CallbackSetLrReduceOnPlateau),
  PipeOpModule = quote(PipeOpTorchModule),
  mlr3torch_callbacks = quote(mlr3libtorch_callbacks),
  mlr3torch_losses = quote(mlr3libtorch_losses),
  mlr3torch_optimizers = quote(mlr3libtorch_optimizers)
)

# When this package is loaded: a file of R cannot use what a later file defines.
define_spellings = function(env = topenv()) {
  for (name in names(spellings)) {
    assign(name, eval(spellings[[name]], env), envir = env)
  }
}

document_spellings = function() {
  ours = map_chr(names(spellings), function(name) {
    expression = spellings[[name]]
    if (is.name(expression)) sprintf("[%s]", as.character(expression)) else "the class of `t_clbk(\"lr_one_cycle\")`"
  })
  str_collapse(sprintf("* `%s`: %s", names(spellings), ours), sep = "\n")
}
