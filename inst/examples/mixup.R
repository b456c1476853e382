# Mixup, written in R as a callback: each batch is mixed with a shuffled copy of itself, inputs and targets alike, by a
# share that is drawn from a beta distribution. What a callback writes to ctx$batch is what the loop trains on.
#
# usage: Rscript mixup.R

library(mlr3libtorch)
lgr::get_logger("mlr3")$set_threshold("warn")

mixup = torch_callback("mixup",
  initialize = function(alpha = 0.2) {
    self$alpha = alpha
    self$shares = numeric()
  },
  on_batch_begin = function() {
    batch = self$ctx$batch
    share = rbeta(1, self$alpha, self$alpha)
    order = sample.int(batch$y$shape[1])
    mix = function(tensor) share * tensor + (1 - share) * tensor[order, ]
    batch$x = lapply(batch$x, mix)
    batch$y = mix(batch$y)
    self$ctx$batch = batch
    self$shares = c(self$shares, share)
  },
  state_dict = function() self$shares,
  load_state_dict = function(state_dict) self$shares = state_dict
)

task = tsk("mtcars")
task = mlr3pipelines::po("scale")$train(list(task))[[1]]

train = function(callbacks) {
  torch_manual_seed(1)
  set.seed(1)
  learner = lrn("regr.mlp", neurons = c(32, 32), epochs = 100, batch_size = 16, seed = 1, callbacks = callbacks,
    optimizer = t_opt("adam", lr = 0.01), measures_train = msr("regr.mse"))
  learner$train(task)
}
plain = train(list())
mixed = train(list(mixup))

shares = mixed$model$callbacks$mixup
error = function(learner) sqrt(learner$predict(task)$score(msr("regr.mse")))
cat(sprintf("Root mean squared error on the training rows: %.2f, with mixup %.2f\n", error(plain), error(mixed)))
cat("Shares, in quarters:", table(cut(shares, seq(0, 1, 0.25))), "\n")

stopifnot(
  length(shares) == 100 * 2,
  all(shares >= 0 & shares <= 1),
  error(mixed) < 0.6 * sd(task$truth()),
  error(plain) != error(mixed)
)
