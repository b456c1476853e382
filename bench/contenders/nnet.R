# nnet goes through all rows for each step of BFGS and has at most one hidden layer, of logistic units. One of its steps
# counts as an epoch here: it takes all rows forward and back at least once.
source("bench/contenders/serve.R")

data_of = remember_data(function(cell) {
  data = make_data(cell)
  list(x = data$x, y = as.numeric(if (is.factor(data$y)) data$y == "yes" else data$y))
})

serve(function(cell) {
  data = data_of(cell)
  regression = cell$task == "regression"
  function() {
    nnet::nnet(data$x, data$y, size = if (cell$layers == 0) 0 else cell$width, skip = cell$layers == 0,
      linout = regression, entropy = !regression, maxit = cell$epochs, MaxNWts = Inf, abstol = -1, reltol = 0,
      trace = FALSE)
  }
})
