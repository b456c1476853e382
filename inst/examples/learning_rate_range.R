# A learning-rate range test written by hand: the learning rate grows from batch to batch, the loss is noted, and a rate
# somewhat below the one at which the loss is smallest is chosen. lr_finder() does the same for a learner.
#
# usage: Rscript learning_rate_range.R

library(mlr3libtorch)

torch_manual_seed(1)
set.seed(1)
n = 2000
x = torch_randn(n, 10)
y = (x[, 1:3]$sum(dim = 2, keepdim = TRUE))$tanh() + 0.1 * torch_randn(n, 1)

make_net = function() {
  torch_manual_seed(2)
  nn_sequential(nn_linear(10, 32), nn_relu(), nn_linear(32, 1))
}

range_test = function(start = 1e-4, end = 10, steps = 100, batch_size = 64) {
  net = make_net()
  optimizer = optim_sgd(net$parameters, lr = start)
  scheduler = lr_lambda(optimizer, function(step) (end / start)^(step / (steps - 1)))
  rates = losses = numeric(steps)
  for (step in seq_len(steps)) {
    rows = sample.int(n, batch_size)
    optimizer$zero_grad()
    loss = nnf_mse_loss(net(x[rows, ]), y[rows, ])
    loss$backward()
    rates[step] = optimizer$param_groups[[1]]$lr
    losses[step] = loss$item()
    if (!is.finite(losses[step]) || losses[step] > 10 * losses[1]) break
    optimizer$step()
    scheduler$step()
  }
  data.frame(rate = rates, loss = losses)[seq_len(step - 1), ]
}

found = range_test()
found$smooth = as.numeric(stats::filter(found$loss, rep(1 / 9, 9)))
best = found$rate[which.min(found$smooth)] / 3
print(found[seq(5, nrow(found), by = 12), ], digits = 3, row.names = FALSE)
cat(sprintf("Learning rate: %.3f\n", best))

# Is it better than much smaller and much larger ones?
loss_after = function(lr, steps = 100) {
  net = make_net()
  optimizer = optim_sgd(net$parameters, lr = lr)
  for (step in seq_len(steps)) {
    optimizer$zero_grad()
    nnf_mse_loss(net(x), y)$backward()
    optimizer$step()
  }
  nnf_mse_loss(net(x), y)$item()
}
losses = vapply(c(best / 50, best, best * 50), loss_after, numeric(1))
cat(sprintf("Loss after 100 steps: %.3f with a fiftieth of it, %.3f with it\n", losses[1], losses[2]))
stopifnot(best > 1e-3, best < 3, losses[2] < losses[1], !isTRUE(losses[3] < losses[2]))
