# mlr3's dictionary of learners gets those of this package when it is loaded.
register_learners = function() {
  learners = list(mlp = quote(LearnerTorchMLP), tab_resnet = quote(LearnerTorchTabResNet),
    ft_transformer = quote(LearnerTorchFTTransformer), tabm = quote(LearnerTorchTabM),
    sequence = quote(LearnerTorchSequence),
    torch_featureless = quote(LearnerTorchFeatureless))
  for (task_type in names(task_kinds)) {
    keys = if (task_kind(task_type)$plain_rows) names(learners) else "mlp"
    iwalk(learners[keys], function(class, key) {
      # the arguments have names here because lrn() looks at them
      make = eval(bquote(function(optimizer = NULL, loss = NULL, callbacks = list()) {
        .(class)$new(.(task_type), optimizer = optimizer, loss = loss, callbacks = callbacks)
      }))
      add_learner(paste0(task_type, ".", key), make)
    })
    add_learner(paste0(task_type, ".torch_model"), eval(bquote(
      function(network = NULL, ingress_tokens = NULL, optimizer = NULL, loss = NULL, callbacks = list()) {
        LearnerTorchModel$new(.(task_type), network, ingress_tokens, optimizer, loss, callbacks)
      }
    )))
    add_learner(paste0(task_type, ".module"), eval(bquote(
      function(module_generator = NULL, param_set = NULL, ingress_tokens = NULL, optimizer = NULL, loss = NULL,
        callbacks = list()) {
        LearnerTorchModule$new(.(task_type), module_generator, param_set, ingress_tokens, optimizer, loss, callbacks)
      }
    )))
  }
  register_vision_learners()
}

register_vision_learners = function() {
  for (key in names(vision_networks)) {
    add_learner(paste0("classif.", key), eval(bquote(function(optimizer = NULL, loss = NULL, callbacks = list()) {
      LearnerTorchVision$new(.(key), optimizer = optimizer, loss = loss, callbacks = callbacks)
    })))
  }
}

# lrn() sets what is no argument here as a parameter or a field; if there is none of that name, it can only say so.
# Settings of other tools are arguments, too, so that their users are told what they are called here.
add_learner = function(key, make) {
  own = formals(make)
  others = setdiff(other_settings(), names(own))
  with_others = function() {
    written = as.character(names(match.call()))[-1L]
    learner = do.call(make, mget(intersect(written, names(own))))
    settings = setdiff(written, names(own))
    if (length(settings)) set_other_settings(learner, mget(settings))
    learner
  }
  formals(with_others) = c(own, set_names(vector("list", length(others)), others))
  mlr_learners$add(key, with_others)
}

# Some of them are parameters of the learner: what they are called here, or as another tool calls them ("dropout").
set_other_settings = function(learner, settings) {
  foreign = setdiff(names(settings), learner$param_set$ids())
  if (length(foreign)) {
    abort_unknown("unknown_parameter", sprintf("Learner '%s' has no parameter '%s'.", learner$id, foreign[[1L]]),
      foreign[[1L]], learner$param_set$ids())
  }
  learner$param_set$values = insert_named(learner$param_set$values, settings)
}

# mlr3 finds a fallback by the classes of its own base learners, which those of this package do not have.
#' @export
default_fallback.LearnerTorch = function(learner, ...) {
  key = paste0(learner$task_type, ".featureless")
  if (!mlr_learners$has(key)) {
    abort("config", sprintf("Learner '%s': tasks of type '%s' have no default fallback; give one, %s.", learner$id,
      learner$task_type, "as in `$encapsulate(\"evaluate\", fallback = ...)`"))
  }
  fallback = lrn(key)
  fallback$predict_type = learner$predict_type
  fallback
}

# What mlr3torch tells about itself, for code that looks it up.
describe_to_mlr3 = function() {
  mlr_reflections$torch = mlr_reflections$torch %??% list(
    devices = c("auto", "cpu", "cuda", "mps"),
    callback_stages = stage_names()
  )
}
