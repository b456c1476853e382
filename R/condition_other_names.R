# What other tools call the things of this package: names that their users may write.
# `suggest()` looks here before it compares letters. Of several names, it takes the first one that is among the known
# names; `name$more` is known if `name` is.
other_names = list(
  # settings of a learner
  activation_fn = "activation",
  activations = "activation",
  batchsize = "batch_size",
  class_weights = c("class_weight", "loss.class_weight"),
  dropout = "p",
  dropout_rate = "p",
  early_stopping = "patience",
  early_stopping_rounds = "patience",
  hidden = "neurons",
  hidden_layer_sizes = "neurons",
  hidden_size = c("hidden_size", "neurons"),
  hidden_sizes = c("hidden_size", "neurons"),
  hidden_units = "neurons",
  iterations = c("epochs", "global_step"),
  l2 = c("weight_decay", "opt.weight_decay"),
  layers = "neurons",
  learningrate = c("lr", "opt.lr", "optimizer$param_groups[[1]]$lr"),
  learning_rate = c("lr", "opt.lr", "optimizer$param_groups[[1]]$lr"),
  lr = c("opt.lr", "optimizer$param_groups[[1]]$lr"),
  max_epochs = "epochs",
  max_iter = "epochs",
  metrics = c("measures_valid", "last_scores_valid"),
  min_lr = "eta_min",
  momentum = c("opt.momentum", "optimizer$param_groups[[1]]$momentum"),
  n_epochs = "epochs",
  n_jobs = "num_threads",
  nthread = "num_threads",
  num_epochs = "epochs",
  random_state = "seed",
  size = "neurons",
  units = "neurons",
  wd = c("weight_decay", "opt.weight_decay"),
  weight_decay = "opt.weight_decay",
  # measures
  accuracy = "classif.acc",
  log_loss = "classif.logloss",
  r2 = "regr.rsq",
  r_squared = "regr.rsq",
  # fields of the context
  epochs = "total_epochs",
  iter = "global_step",
  loss = c("last_loss", "loss_fn"),
  model = "network",
  output = "y_hat",
  pred = "y_hat",
  scores = "last_scores_valid",
  should_stop = "terminate",
  stop_training = "terminate",
  target = "batch$y",
  task = "task_train",
  x = "batch$x",
  y = "batch$y",
  y_pred = "y_hat",
  # losses, optimizers, callbacks and layers
  batchnorm = "batch_norm1d",
  bce = "bce_with_logits",
  binary_crossentropy = c("bce_with_logits", "cross_entropy"),
  categorical_crossentropy = "cross_entropy",
  concatenate = "merge_cat",
  dense = "linear",
  gradient_clipping = "clip_grad_norm",
  l2_loss = "mse",
  logger = "csv_logger",
  mae = "l1",
  mean_squared_error = "mse",
  model_checkpoint = "checkpoint",
  one_cycle = "lr_one_cycle",
  one_cycle_lr = "lr_one_cycle",
  progress_bar = "progress",
  reduce_lr_on_plateau = "lr_reduce_on_plateau",
  swish = "silu",
  tensorboard = "tb"
)

# Names that belong to another place altogether.
other_places = c(
  early_stopping = "early stopping is a setting of the learner: its parameter 'patience'",
  lbfgs = "it needs the loss several times within one step, so it is only for loops of your own: optim_lbfgs()",
  need_weights = "the weights are the value of a node of their own, with `output = \"weights\"`",
  lr_finder = "the search for a learning rate is the function lr_finder()",
  validation_split = "the learner's field 'validate' says where the validation data come from",
  verbose = "callbacks decide what training shows, for instance `t_clbk(\"progress\")`"
)

# Stages of Keras, luz and Lightning, by what they are called without "on_", "_start" being "_begin" there.
other_stages = c(
  after_epoch = "on_epoch_end",
  before_optimizer_step = "on_after_backward",
  fit_begin = "on_begin",
  fit_end = "on_end",
  test_batch_begin = "on_batch_valid_begin",
  test_batch_end = "on_batch_valid_end",
  test_begin = "on_before_valid",
  test_end = "on_valid_end",
  train_batch_after_backward = "on_after_backward",
  train_batch_before_step = "on_after_backward",
  train_batch_begin = "on_batch_begin",
  train_batch_end = "on_batch_end",
  train_begin = "on_begin",
  train_end = "on_end",
  train_epoch_begin = "on_epoch_begin",
  train_epoch_end = "on_epoch_end",
  valid_batch_begin = "on_batch_valid_begin",
  valid_batch_end = "on_batch_valid_end",
  valid_begin = "on_before_valid",
  validation_batch_begin = "on_batch_valid_begin",
  validation_batch_end = "on_batch_valid_end",
  validation_begin = "on_before_valid",
  validation_end = "on_valid_end",
  validation_epoch_begin = "on_before_valid",
  validation_epoch_end = "on_valid_end"
)

# Names of other tools for settings of a learner, which lrn() takes in order to say what they are called here. The names
# that they are called here come first: of names that are equally near to a misspelt one, mlr3 proposes the first.
other_settings = function() {
  ours = c("activation", "batch_size", "epochs", "measures_valid", "neurons", "num_threads", "p", "patience", "seed")
  settings = keep(other_names, function(names) any(names %in% ours | startsWith(names, "opt.")))
  c(ours, names(settings), "validation_split", "verbose")
}

# "EarlyStopping", "early-stopping" and "early_stopping" are the same name.
plain_name = function(name) gsub("[^a-z0-9]", "", tolower(name))

# The element of `table` whose name is `given` but for case and separators, or NULL.
find_plain_name = function(given, table) {
  position = match(plain_name(given), plain_name(names(table)))
  if (!is.na(position)) table[[position]]
}

# The name among `known` that another tool's name stands for, or NULL. A prefix such as "opt." stays.
name_elsewhere = function(given, known) {
  prefix = regmatches(given, regexpr("^(opt|loss|cb[.][^.]+)[.]", given))
  ours = find_plain_name(if (length(prefix)) substring(given, nchar(prefix) + 1L) else given, other_names)
  candidates = c(if (length(prefix)) paste0(prefix, ours), ours)
  detect(candidates, function(name) sub("[$].*", "", name) %in% known)
}

# The stage that another tool's stage stands for, or NULL.
stage_elsewhere = function(given) {
  plain = sub("start$", "begin", plain_name(given))
  find_plain_name(sub("^on", "", plain), other_stages)
}
