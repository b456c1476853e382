# A module of one's own with skip connections, as one would write it for R torch, trained by a learner of mlr3.
#
# usage: Rscript skip_connections.R

library(mlr3libtorch)
lgr::get_logger("mlr3")$set_threshold("warn")

# What goes into a block is added to what comes out of it.
block = nn_module("block",
  initialize = function(width, p = 0.1) {
    self$norm = nn_batch_norm1d(width)
    self$hidden = nn_linear(width, 2 * width)
    self$output = nn_linear(2 * width, width)
    self$dropout = nn_dropout(p)
  },
  forward = function(x) {
    x + self$dropout(self$output(nnf_relu(self$hidden(self$norm(x)))))
  }
)

residual_net = nn_module("residual_net",
  initialize = function(in_features, out_features, width = 16, n_blocks = 3) {
    self$input = nn_linear(in_features, width)
    self$blocks = nn_module_list(lapply(seq_len(n_blocks), function(i) block(width)))
    self$head = nn_linear(width, out_features)
  },
  forward = function(x) {
    x = self$input(x)
    for (i in seq_along(self$blocks)) x = self$blocks[[i]](x)
    self$head(nnf_relu(x))
  }
)

task = tsk("sonar")
torch_manual_seed(1)
net = residual_net(length(task$feature_names), output_dim_for(task))
print(net)

learner = lrn("classif.torch_model", network = net, epochs = 20, batch_size = 32, seed = 1,
  optimizer = t_opt("adamw", lr = 0.005), predict_type = "prob")
set.seed(1)
split = partition(task)
prediction = learner$train(task, split$train)$predict(task, split$test)
auc = prediction$score(msr("classif.auc"))
cat(sprintf("Area under the curve on rows that the network has not seen: %.3f\n", auc))

stopifnot(auc > 0.8, length(net$blocks) == 3, "blocks.2.output.bias" %in% names(net$parameters))
