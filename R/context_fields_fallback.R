# Stands in until R/context_torch.R is there, which overrides it.
context_fields = function() {
  types = list(terminate = "flag", stop_epoch = "flag", total_epochs = "count", eval_freq = "count", batch = "batch",
    last_scores_train = "scores", last_scores_valid = "scores", optimizer = "optimizer")
  names = c("learner", "task_train", "task_valid", "loader_train", "loader_valid", "measures_train", "measures_valid",
    "network", "optimizer", "loss_fn", "total_epochs", "epoch", "step", "step_valid", "global_step", "last_loss",
    "last_scores_train", "last_scores_valid", "y_hat", "y_hats", "batch", "prediction_encoder", "eval_freq", "device",
    "callbacks", "terminate", "stop_epoch")
  sapply(names, function(name) list(doc = "", type = types[[name]], writable = !is.null(types[[name]])), simplify = FALSE)
}
