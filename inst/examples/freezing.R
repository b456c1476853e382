# Fine-tuning: the first layers of a trained network are frozen, child by child, and a new head is trained.
#
# usage: Rscript freezing.R

library(mlr3libtorch)
lgr::get_logger("mlr3")$set_threshold("warn")
torch_manual_seed(1)

# ---- A network that was trained before -----------------------------------------------------------------------------
net = nn_sequential(
  hidden1 = nn_linear(4, 16),
  act1 = nn_relu(),
  hidden2 = nn_linear(16, 8),
  act2 = nn_relu(),
  head = nn_linear(8, 3)
)
task = as_task_classif(data.frame(scale(iris[, 1:4]), Species = iris$Species), target = "Species")
# a learner sees the features in the task's order
x = torch_tensor(as.matrix(task$data(cols = task$feature_names)))
y = torch_tensor(as.integer(task$truth()))
fit = function(net, steps) {
  trained = Filter(function(parameter) parameter$requires_grad, net$parameters)
  optimizer = optim_adam(trained, lr = 0.02)
  for (step in seq_len(steps)) {
    optimizer$zero_grad()
    loss = nnf_cross_entropy(net(x), y)
    loss$backward()
    optimizer$step()
  }
  loss$item()
}
cat(sprintf("Trained before: loss %.3f\n", fit(net, 50)))

# ---- Everything but the head is frozen, the head is new ------------------------------------------------------------
for (name in setdiff(names(net$children), "head")) net$children[[name]]$requires_grad_(FALSE)
net$head = nn_linear(8, 3)
trained = names(Filter(function(parameter) parameter$requires_grad, net$parameters))
stopifnot(identical(trained, c("head.weight", "head.bias")))
frozen = lapply(net$children[c("hidden1", "hidden2")], function(child) as.array(child$weight$clone()))
before = nnf_cross_entropy(net(x), y)$item()
after = fit(net, 100)
cat(sprintf("In a plain loop: loss %.3f with the new head, %.3f when it is trained\n", before, after))
stopifnot(
  after < before / 3,
  identical(as.array(net$hidden1$weight), frozen$hidden1),
  identical(as.array(net$hidden2$weight), frozen$hidden2)
)

# ---- A learner leaves frozen weights alone, too --------------------------------------------------------------------
net$head = nn_linear(8, 3)
learner = lrn("classif.torch_model", network = net, epochs = 20, batch_size = 25, seed = 1,
  optimizer = t_opt("adam", lr = 0.02))
learner$train(task)
parameters = learner$network$parameters
accuracy = learner$predict(task)$score(msr("classif.acc"))
cat(sprintf("By a learner: accuracy %.3f\n", accuracy))
stopifnot(accuracy > 0.9, identical(as.array(parameters$hidden1.weight), frozen$hidden1))
