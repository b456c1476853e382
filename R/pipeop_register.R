# mlr3pipelines' dictionary gets the pipeops of this package when both are loaded, whichever comes first.
# It holds classes, and po() looks at their constructors, so each pipeop has a class, made here.
register_pipeops = function(...) {
  walk(names(registry_entries("operation")), add_operation)
  walk(names(ingress_types), function(kind) {
    add_pipeop(paste0("torch_ingress_", kind), "PipeOpTorchIngress", list(kind = kind))
  })
  walk(c("classif", "regr"), function(task_type) {
    add_pipeop(paste0("torch_model_", task_type), "PipeOpTorchModel", list(task_type = task_type))
  })
  dictionary = mlr3pipelines::mlr_pipeops
  dictionary$add("module", PipeOpTorchModule)
  dictionary$add("nn_block", PipeOpTorchBlock, metainf = list(PipeOpTorchOperation$new("relu")))
  dictionary$add("torch_loss", settings_class("loss"), metainf = list(t_loss("mse")))
  dictionary$add("torch_optimizer", settings_class("optimizer"), metainf = list(t_opt("adam")))
  dictionary$add("torch_callbacks", settings_class("callbacks"), metainf = list(t_clbk("history")))
}

# Only operations that take several inputs have the argument `innum`.
add_operation = function(operation) {
  several = registry_entry("operation", operation)$inputs[[2L]] > 1
  add_pipeop(paste0("nn_", operation), "PipeOpTorchOperation", list(operation = operation),
    if (several) alist(innum = 0L) else list())
}

add_pipeop = function(key, parent, fixed, more = list()) {
  mlr3pipelines::mlr_pipeops$add(key, pipeop_class(key, parent, fixed, more))
}

# A class whose constructor has the arguments `more`, `id` and `param_vals`; those in `fixed` are given.
pipeop_class = function(key, parent, fixed, more) {
  initialize = function() NULL
  formals(initialize) = c(more, list(id = key, param_vals = list()))
  passed = sapply(setdiff(names(formals(initialize)), map_chr(keep(fixed, is.name), as.character)), as.name)
  body(initialize) = as.call(c(quote(super$initialize), fixed, passed))
  camel = str_collapse(capitalize(strsplit(key, "_", fixed = TRUE)[[1L]]), sep = "")
  class_name = paste0("PipeOp", camel)
  eval(bquote(R6Class(.(class_name), inherit = .(as.name(parent)), public = list(initialize = .(initialize)),
    parent_env = topenv())))
}

# Its first argument is named after the setting: `po("torch_loss", loss = t_loss("mse"))`.
settings_class = function(kind) {
  fixed = list(kind = kind, setting = as.name(kind))
  argument = set_names(as.list(formals(function(setting) NULL)), kind)
  pipeop_class(paste0("torch_", kind), "PipeOpTorchSettings", fixed, argument)
}
