# mlr3pipelines' dictionary gets the pipeops of this package when both are loaded, whichever comes first.
register_pipeops = function(...) {
  dictionary = mlr3pipelines::mlr_pipeops
  # the arguments have names here because po() looks at them
  for (operation in names(registry_entries("operation"))) {
    dictionary$add(paste0("nn_", operation), operation_generator(operation))
  }
  dictionary$add("nn_block", PipeOpTorchBlock$new, metainf = list(quote(nn("relu"))))
  dictionary$add("module", PipeOpTorchModule$new)
  walk(names(ingress_types), function(kind) {
    dictionary$add(paste0("torch_ingress_", kind), eval(bquote(
      function(id = .(paste0("torch_ingress_", kind)), param_vals = list()) {
        PipeOpTorchIngress$new(.(kind), id, param_vals)
      }
    )))
  })
  iwalk(list(loss = quote(t_loss("mse")), optimizer = quote(t_opt("adam")), callbacks = list()), add_settings)
  walk(c("classif", "regr"), function(task_type) {
    dictionary$add(paste0("torch_model_", task_type), eval(bquote(
      function(id = .(paste0("torch_model_", task_type)), param_vals = list()) {
        PipeOpTorchModel$new(.(task_type), id, param_vals)
      }
    )))
  })
}

# Only operations that take several inputs have the argument `innum`.
operation_generator = function(operation) {
  id = paste0("nn_", operation)
  if (registry_entry("operation", operation)$inputs[[2L]] == 1) {
    return(eval(bquote(function(id = .(id), param_vals = list()) {
      PipeOpTorchOperation$new(.(operation), id, param_vals)
    })))
  }
  eval(bquote(function(innum = 0L, id = .(id), param_vals = list()) {
    PipeOpTorchOperation$new(.(operation), id, param_vals, innum)
  }))
}

# `example`: what a setting may be, for the table of the dictionary.
add_settings = function(example, kind) {
  id = paste0("torch_", kind)
  argument = kind
  generator = eval(bquote(function(setting, id = .(id), param_vals = list()) {
    PipeOpTorchSettings$new(.(kind), setting, id, param_vals)
  }))
  names(formals(generator))[[1L]] = argument
  body(generator) = do.call(substitute, list(body(generator), list(setting = as.name(argument))))
  mlr3pipelines::mlr_pipeops$add(id, generator, metainf = list(example))
}
