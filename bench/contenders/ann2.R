# ANN2 trains in batches as the others do, in double precision, and always in a new order of the rows.
source("bench/contenders/serve.R")
library(ANN2)

data_of = remember_data(make_data)

serve(function(cell) {
  data = data_of(cell)
  regression = cell$task == "regression"
  function() {
    neuralnetwork(data$x, data$y, hidden.layers = rep(cell$width, cell$layers), regression = regression,
      standardize = FALSE, loss.type = if (regression) "squared" else "log", activ.functions = "relu",
      optim.type = cell$optimizer, learn.rates = cell$rate, sgd.momentum = 0, n.epochs = cell$epochs,
      batch.size = cell$batch, drop.last = FALSE, val.prop = 0, verbose = FALSE)
  }
})
