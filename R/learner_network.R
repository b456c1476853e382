# The network of a learner for a task: what its class makes, completed by what the task decides.

# What `.network()` of a subclass has made, as a spec.
network_of_class = function(learner, private, task, param_vals, info) {
  reads_rows = !private$.has_inherited(".dataset")
  network = made_with_seed(private$.network(task, param_vals), param_vals$seed)
  inputs = if (!reads_rows || length(private$.ingress)) class_inputs(network, names(private$.ingress), learner$id)
  spec = module_spec(network, inputs, learner$id, "'.network()'")
  if (reads_rows) {
    return(fill_spec(spec, list(), network_outputs(task, param_vals$objective)))
  }
  complete_spec(spec, private$.resolved(info), task, param_vals, info, learner)
}

# The names of the inputs, in the order of the arguments of `forward`.
class_inputs = function(network, tokens, id) {
  forward = if (is_nn_module(network)) module_core(network)$methods$forward
  arguments = required_arguments(forward %??% function(x) NULL)
  if (!length(tokens) && length(arguments) > 1L) {
    abort("config", sprintf("Learner '%s': 'forward' takes the arguments %s; say which features become which %s.", id,
      str_collapse(arguments, quote = "'"),
      sprintf("in '.ingress_tokens(task, param_vals)', as in `list(%s = ingress_num())`", arguments[[1L]])))
  }
  if (length(tokens)) ordered_inputs(tokens, forward, id) else "x"
}

# The spec with what the task decides, for inputs that are columns of the task.
complete_spec = function(spec, ingress, task, param_vals, info, learner) {
  outputs = network_outputs(task, param_vals$objective)
  spec = fill_spec(spec, ingress, outputs)
  examples = insert_named(input_examples(spec, info), own_examples(ingress, task))
  spec = made_with_seed(settle_shapes(spec, examples, task), param_vals$seed)
  # what a pipeop has made may have parameters that the task decides, too
  spec = fill_spec(spec, ingress, outputs)
  check_output_size(spec, examples, outputs, task, learner$id)
  spec
}

# The recipes of the inputs, from the tokens of a learner, or one for all features.
token_inputs = function(learner, private, param_vals, info) {
  is_prediction = is.null(private$.running) && !is.null(learner$model)
  spec = if (is_prediction) learner$model$network$spec
  ingress = if (is_prediction) spec$ingress else private$.resolved(info)
  if (!length(ingress)) {
    return(set_names(list(whole_input(info[!info$target, ])), spec$inputs %??% private$.input_names()))
  }
  imap(ingress, function(token, id) {
    if (token$kind == "own") token$batchgetter = own_batchgetter(learner, private, id, param_vals)
    ingress_input(token, info)
  })
}

# Functions of tokens are not part of a model; a learner that was only given a state makes them again.
own_batchgetter = function(learner, private, id, param_vals) {
  private$.ingress[[id]]$batchgetter %??%
    private$.ingress_tokens(learner$state$train_task, param_vals)[[id]]$batchgetter
}

resolved_tokens = function(tokens, info) {
  imap(tokens, function(token, id) {
    is_resolved = !is.null(token$levels) || token$kind %in% learned_kinds
    if (is_resolved) token else resolve_ingress(token, info, id)
  })
}

# A network that consists of the module only. `maker`: what returned it, for the message.
module_spec = function(module, inputs, id, maker) {
  if (is_nn_module(module)) {
    return(as_torch_spec(module, inputs = inputs, id = "module"))
  }
  if (inherits(module, c("torch_spec", "Graph"))) {
    return(as_torch_spec(module))
  }
  if (!inherits(module, "PipeOpTorch")) {
    abort("argument", sprintf("Learner '%s': %s must return a module or a network, not %s.", id, maker,
      as_short_string(module)))
  }
  module$reads = module$reads %??% inputs
  nn_graph(module = module, inputs = inputs %??% "x")
}

# The tokens in the order of the arguments of `forward`, if it is known.
ordered_inputs = function(tokens, forward, id) {
  arguments = required_arguments(forward %??% function(...) NULL)
  if (!length(tokens)) {
    return(if (length(arguments)) arguments[[1L]] else "x")
  }
  if (!length(arguments)) {
    return(tokens)
  }
  if (!setequal(tokens, arguments)) {
    abort("config", sprintf("Learner '%s': 'forward' has the arguments %s, but the ingress tokens are called %s.", id,
      str_collapse(arguments, quote = "'"), str_collapse(tokens, quote = "'")))
  }
  arguments
}

# The tokens that the learner's class gives, with what the model or, without one, the task has taught them.
used_ingress = function(private, task, values, id, model) {
  check_ingress(with_learned(private$.ingress_tokens(task, values), task, model), id)
}

# The same for training. What a run that goes on has learned before, it keeps.
ingress_of_run = function(private, task, values, id, state) {
  ingress = used_ingress(private, task, values, id, state)
  if (!is.null(state)) {
    iwalk(ingress, function(token, input) assert_learned_alike(token, sprintf("Learner '%s'", id), input))
  }
  ingress
}

check_ingress = function(ingress, id) {
  if (is.null(ingress) || identical(ingress, list())) {
    return(list())
  }
  assert_tokens(ingress, "ingress_tokens", sprintf("Learner '%s'", id))
}

# The spec with what the task decides, and with the sources of its inputs' data.
fill_spec = function(spec, ingress, outputs) {
  ingress = ingress[spec$inputs[spec$inputs %in% names(ingress)]]
  spec$nodes = map(spec$nodes, function(node) {
    read = ingress[names(ingress) %in% node$inputs]
    node$parameters = order_by_features(node, if (length(read) == 1L) read[[1L]]$features)
    told = task_parameters[[node$operation]]
    for (name in setdiff(names(told), names(node$parameters))) {
      node$parameters[[name]] = told[[name]](outputs, read, node$parameters)
    }
    node
  })
  # the functions of tokens stay with the learner: a model is plain data
  ingress = map(ingress, function(token) unclass(token)[names(token) %nin% c("batchgetter", "given")])
  discard(list(inputs = spec$inputs, nodes = spec$nodes, outputs = spec$outputs, ingress = ingress,
    weights = spec$weights, frozen = spec$frozen), is.null)
}

# The parameters of a node that reads these features, `NULL` if it does not.
order_by_features = function(node, features) {
  where = sprintf("Node '%s' (%s)", node$id, node$operation)
  parameters = order_elements(node$parameters, list(feature = features), where)
  # the edges lie in the order of the bins
  if (!is.null(names(node$parameters$bins)) && !identical(names(node$parameters$bins), features)) {
    abort("parameter", sprintf("%s: name the bins, and give their edges, in the order of the features: %s.", where,
      str_collapse(features, quote = "'", n = 10L)), fields = list(known = features))
  }
  parameters
}

# What each input looks like: dtype and shape, as `build_network()` takes them.
input_examples = function(spec, info) {
  if (!length(spec$ingress)) {
    features = info[!info$target, ]
    shape = whole_input(features)$shape[-1L] %??% sum(feature_widths(features))
    return(set_names(list(list(dtype = torch_float(), shape = c(2, shape))), spec$inputs))
  }
  map(spec$ingress, function(ingress) {
    list(dtype = if (ingress$kind %in% c("categ", "text")) torch_long() else torch_float(),
      shape = c(2, ingress$shape[-1L] %??% length(ingress$features)))
  })
}

# What the user's functions make of the first row.
own_examples = function(ingress, task) {
  map(keep(ingress, function(token) token$kind == "own"), function(token) {
    input_tensor(ingress_input(token), task$data(task$row_ids[1L], token$features), 1L)
  })
}

check_output_size = function(spec, examples, outputs, task, id) {
  shapes = core_network_shapes(network_pointer(build_network(spec, examples, core_generator_create(1))))
  shape = shapes[[spec$outputs[1L] %??% length(shapes)]]
  if (!identical(as.numeric(shape), as.numeric(outputs))) {
    abort("shape", sprintf("Learner '%s': the network's output has the shape %s, but task '%s' needs %s; %s.", id,
      shape_text(shape), task$id, shape_text(outputs), "end the network with nn(\"head\")"))
  }
}

# Other random numbers than those that the network's layers are drawn from.
made_with_seed = function(module, seed) {
  if (is.null(seed)) module else with_torch_manual_seed(module, seed = bitwXor(as.integer(seed), 0x2545F49L))
}
