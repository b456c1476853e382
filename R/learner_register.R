# mlr3's dictionary of learners gets those of this package when it is loaded.
register_learners = function() {
  learners = list(mlp = quote(LearnerTorchMLP), torch_featureless = quote(LearnerTorchFeatureless))
  for (task_type in c("classif", "regr")) {
    iwalk(learners, function(class, key) {
      # the arguments have names here because lrn() looks at them
      make = eval(bquote(function(optimizer = NULL, loss = NULL, callbacks = list()) {
        .(class)$new(.(task_type), optimizer = optimizer, loss = loss, callbacks = callbacks)
      }))
      mlr_learners$add(paste0(task_type, ".", key), make)
    })
  }
}
