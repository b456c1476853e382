# R's random numbers around a run: the generator of callbacks is saved with the run and does not change the session's.

r_generator_state = function() get0(".Random.seed", envir = globalenv(), inherits = FALSE)

set_r_generator_state = function(state) {
  if (is.null(state)) {
    rm(list = intersect(".Random.seed", ls(globalenv(), all.names = TRUE)), envir = globalenv())
  } else {
    assign(".Random.seed", state, envir = globalenv())
  }
}
