# A loss of one's own, with weights: the focal loss, in which rows that are classified well count less, with a weight
# for each class. It is a module, used in a plain loop and by a learner.
#
# usage: Rscript weighted_loss.R

library(mlr3libtorch)
lgr::get_logger("mlr3")$set_threshold("warn")

focal_loss = nn_module("focal_loss",
  initialize = function(weight, gamma = 2) {
    self$weight = nn_buffer(torch_tensor(weight))
    self$gamma = gamma
  },
  forward = function(input, target) {
    log_prob = nnf_log_softmax(input, dim = 2)$gather(2, target$unsqueeze(2))$squeeze(2)
    weight = self$weight[target]
    -(weight * (1 - log_prob$exp())^self$gamma * log_prob)$sum() / weight$sum()
  }
)

# ---- Without gamma it is the weighted cross-entropy ----------------------------------------------------------------
torch_manual_seed(1)
output = torch_randn(20, 3)
classes = torch_randint(1, 4, 20, dtype = torch_long())
weight = c(1, 2, 5)
by_hand = focal_loss(weight, gamma = 0)(output, classes)
built_in = nn_cross_entropy_loss(weight = torch_tensor(weight))(output, classes)
stopifnot(abs(by_hand$item() - built_in$item()) < 1e-5)

# ---- A rare class: about one row in fifteen ------------------------------------------------------------------------
set.seed(1)
n = 1500
data = data.frame(x1 = rnorm(n), x2 = rnorm(n))
score = data$x1 + data$x2 + rnorm(n)
data$class = cut(score, c(-Inf, 0, 2.5, Inf), labels = c("low", "middle", "rare"))
task = as_task_classif(data, target = "class")

train = function(loss) {
  torch_manual_seed(1)
  network = nn_sequential(nn_linear(2, 16), nn_relu(), nn_linear(16, 3))
  learner = lrn("classif.torch_model", network = network, loss = loss, epochs = 20, batch_size = 64, seed = 1,
    optimizer = t_opt("adam", lr = 0.01))
  learner$train(task)$predict(task)
}
found = function(prediction) prediction$confusion["rare", "rare"] / sum(prediction$truth == "rare")
plain = train(nn_cross_entropy_loss())
focal = train(focal_loss(c(1, 1, 8)))
print(focal$confusion)
cat(sprintf("Rare rows that are found: %.0f%%, with the weighted focal loss %.0f%%\n",
  100 * found(plain), 100 * found(focal)))
stopifnot(found(focal) > found(plain) + 0.2, found(focal) > 0.7)
