#' @importFrom Rcpp evalCpp
#' @import R6
#' @import checkmate
#' @import data.table
#' @import mlr3misc
#' @import paradox
#' @import mlr3
#' @useDynLib mlr3libtorch, .registration = TRUE
"_PACKAGE"

# the package's logger; loggers cannot be saved with the package
lg = NULL

.onLoad = function(libname, pkgname) {
  lg <<- lgr::get_logger("mlr3/mlr3libtorch")
  define_operations()
  register_callbacks()
  fill_dictionary(mlr3libtorch_losses, "loss", quote(TorchLoss))
  fill_dictionary(mlr3libtorch_optimizers, "optimizer", quote(TorchOptimizer))
  register_learners()
  if (isNamespaceLoaded("mlr3pipelines")) {
    register_pipeops()
  } else {
    setHook(packageEvent("mlr3pipelines", "onLoad"), register_pipeops, action = "append")
  }
}
