# RSNNS knows no batches of 32: it changes the weights after each row (its usual backpropagation), and has no ReLU. So
# the numbers of multiplications are the same, those of updates are not.
source("bench/contenders/serve.R")

data_of = remember_data(function(cell) {
  data = make_data(cell)
  list(x = data$x, y = RSNNS::decodeClassLabels(data$y))
})

serve(function(cell) {
  data = data_of(cell)
  function() {
    RSNNS::mlp(data$x, data$y, size = rep(cell$width, cell$layers), maxit = cell$epochs,
      learnFunc = "Std_Backpropagation", shufflePatterns = cell$shuffle == 1)
  }
})
