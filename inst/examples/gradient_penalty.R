# A callback that adds a penalty on the slope of the network by its inputs. The penalty's own gradient is a second
# derivative: autograd_grad() with create_graph = TRUE, and then $backward(), which adds to the gradients of the loss.
#
# usage: Rscript gradient_penalty.R

library(mlr3libtorch)
lgr::get_logger("mlr3")$set_threshold("warn")

slopes_of = function(network, x, ...) {
  x = x$detach()$clone()$requires_grad_(TRUE)
  autograd_grad(network(x)$sum(), x, ...)[[1]]
}

gradient_penalty = torch_callback("gradient_penalty",
  initialize = function(lambda = 0.1) {
    self$lambda = lambda
  },
  on_after_backward = function() {
    network = self$ctx$network
    with_enable_grad({
      slopes = slopes_of(network, self$ctx$batch$x[[1]], create_graph = TRUE)
      penalty = self$lambda * slopes$pow(2)$sum(dim = 2)$mean()
      penalty$backward()
    })
    self$penalties = c(self$penalties, penalty$item())
  },
  state_dict = function() self$penalties,
  load_state_dict = function(state_dict) self$penalties = state_dict
)

set.seed(1)
x = runif(200, -2, 2)
task = as_task_regr(data.frame(x = x, y = sin(3 * x) + rnorm(200, sd = 0.3)), target = "y", id = "wave")

train = function(lambda) {
  network = nn_sequential(nn_linear(1, 32), nn_tanh(), nn_linear(32, 1))
  learner = lrn("regr.torch_model", network = network, epochs = 60, batch_size = 50, seed = 1,
    optimizer = t_opt("adam", lr = 0.02), callbacks = gradient_penalty)
  learner$param_set$set_values(cb.gradient_penalty.lambda = lambda)
  learner$train(task)
}

mean_slope = function(learner) {
  grid = torch_linspace(-2, 2, 101)$unsqueeze(2)
  sqrt(mean(as.numeric(slopes_of(learner$network, grid))^2))
}

torch_manual_seed(1)
free = train(0)
torch_manual_seed(1)
smooth = train(0.1)
cat(sprintf("Root mean squared slope: %.2f without the penalty, %.2f with it\n", mean_slope(free), mean_slope(smooth)))

penalties = smooth$model$callbacks$gradient_penalty
stopifnot(mean_slope(smooth) < 0.8 * mean_slope(free), length(penalties) == 60 * 4, all(penalties >= 0))
