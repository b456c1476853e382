# The package's logger, which is made when the package is loaded: loggers cannot be saved with a package.

lg = NULL

start_logger = function() {
  lg <<- lgr::get_logger("mlr3/mlr3libtorch")
}
