# What one operation on a tensor of a few numbers costs from R, in microseconds: the least of several rounds, since
# everything else that a machine does only adds to it.
library(mlr3libtorch)

calls = 50000L
rounds = 5L

x = torch_tensor(c(1, 2, 3))
y = torch_tensor(c(4, 5, 6))
m = torch_tensor(matrix(1:6, 2), dtype = "float32")
rows = torch_randn(32, 10)
layer = nn_linear(10, 10)
weight = layer$weight
bias = layer$bias

operations = list(
  "torch_add(x, y)" = function(n) for (i in seq_len(n)) torch_add(x, y),
  "x$add(y)" = function(n) for (i in seq_len(n)) x$add(y),
  "x$mul_(1)" = function(n) for (i in seq_len(n)) x$mul_(1),
  "x + y" = function(n) for (i in seq_len(n)) x + y,
  "x * 2" = function(n) for (i in seq_len(n)) x * 2,
  "x$relu()" = function(n) for (i in seq_len(n)) x$relu(),
  "x$sum(dim = 1)" = function(n) for (i in seq_len(n)) x$sum(dim = 1),
  "x$mean()" = function(n) for (i in seq_len(n)) x$mean(),
  "x$shape" = function(n) for (i in seq_len(n)) x$shape,
  "x[2]" = function(n) for (i in seq_len(n)) x[2],
  "m[1, 2]" = function(n) for (i in seq_len(n)) m[1, 2],
  "m[1, 2] = 3" = function(n) for (i in seq_len(n)) m[1, 2] = 3,
  "torch_linear(32 rows)" = function(n) for (i in seq_len(n)) torch_linear(rows, weight, bias),
  "nn_linear()(32 rows)" = function(n) for (i in seq_len(n)) layer(rows),
  "nn_linear(10, 10)" = function(n) for (i in seq_len(n)) nn_linear(10, 10)
)

cost = vapply(operations, function(operation) {
  operation = compiler::cmpfun(operation)
  min(replicate(rounds, system.time(operation(calls))[["elapsed"]])) / calls * 1e6
}, numeric(1))
writeLines(sprintf("%-21s %5.1f us", names(cost), cost))
