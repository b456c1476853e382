#' @title Learner for a Network
#'
#' @name mlr_learners.torch_model
#' @aliases LearnerTorchModel mlr_learners_classif.torch_model mlr_learners_regr.torch_model classif.torch_model regr.torch_model torch_model
#'
#' @description
#' Trains a network: a [module][nn_module], or a spec, a network as data, made by [nn_sequential()] or [nn_graph()].
#' A graph of pipeops that ends in [`po("torch_model_classif")`][PipeOpTorchModel] is trained by this learner, too.
#'
#' A network with one input gets all features as one tensor, factors one-hot, unless `ingress_tokens` says otherwise.
#' The output of the network must be what the loss needs, see the section on encodings of [LearnerTorch]; `nn("head")`
#' is a linear layer with the right number of outputs.
#'
#' @section Parameters:
#' Those of [LearnerTorch].
#'
#' @family Learner
#' @export
#' @examples
#' network = nn_sequential(nn("linear", out_features = 10), nn("relu"), nn("head"))
#' learner = lrn("classif.torch_model", network = network, epochs = 5, batch_size = 32, seed = 1)
#' learner$train(tsk("iris"))
LearnerTorchModel = R6Class("LearnerTorchModel",
  inherit = LearnerTorch,
  public = list(
    #' @description Makes a learner.
    #' @param task_type (`character(1)`)\cr
    #'   `"classif"` or `"regr"`.
    #' @param network (`torch_spec` or `nn_module`)\cr
    #'   The network. Of a module, a copy is trained.
    #' @param ingress_tokens (named `list()` of [ingress][ingress_num])\cr
    #'   Which features become which input, and how; needed if the network has several.
    #' @param optimizer ([TorchOptimizer] or `character(1)`)\cr
    #'   The optimizer; Adam unless given.
    #' @param loss ([TorchLoss] or `character(1)`)\cr
    #'   The loss; cross entropy or the mean squared error unless given.
    #' @param callbacks (`list()` of [TorchCallback])\cr
    #'   The callbacks.
    initialize = function(task_type, network = NULL, ingress_tokens = NULL, optimizer = NULL, loss = NULL,
      callbacks = list()) {
      super$initialize(id = paste0(task_type, ".torch_model"), task_type = task_type, label = "Network",
        man = "mlr3libtorch::mlr_learners.torch_model", optimizer = optimizer, loss = loss, callbacks = callbacks)
      private$.spec = if (!is.null(network)) as_torch_spec(network)
      private$.ingress = check_ingress(ingress_tokens, self$id)
    }
  ),

  active = list(
    #' @field spec (`torch_spec`)\cr
    #'   The network as data. Read-only.
    spec = function(rhs) {
      assert_read_only(rhs, "spec")
      private$.spec
    }
  ),

  private = list(
    .spec = NULL,
    .ingress = NULL,

    .network_spec = function(task, param_vals, info) {
      outputs = network_outputs(task, self$loss)
      ingress = private$.resolved(info)
      spec = fill_spec(private$.made_spec(task, param_vals), ingress, outputs)
      examples = insert_named(input_examples(spec, info), own_examples(ingress, task))
      spec = settle_shapes(spec, examples)
      check_output_size(spec, examples, outputs, task, self$id)
      spec
    },

    # The network before the task is known.
    .made_spec = function(task, param_vals) private$.spec,

    .input_names = function() {
      if (is.null(private$.spec)) {
        abort("config", sprintf("Learner '%s' has no network; give one, %s.", self$id,
          sprintf("as in `lrn(\"%s\", network = nn_sequential(...))`", self$id)))
      }
      private$.spec$inputs
    },

    .inputs = function(param_vals, info) {
      is_prediction = is.null(private$.running) && !is.null(self$model)
      spec = if (is_prediction) self$model$network$spec
      ingress = if (is_prediction) spec$ingress else private$.resolved(info)
      if (!length(ingress)) {
        return(set_names(super$.inputs(param_vals, info), spec$inputs %??% private$.input_names()))
      }
      imap(ingress, function(token, id) {
        token$batchgetter = private$.ingress[[id]]$batchgetter
        ingress_input(token, info)
      })
    },

    .resolved = function(info) {
      check_inputs(private$.input_names(), private$.ingress, self$id)
      imap(private$.ingress, function(ingress, id) {
        if (is.null(ingress$levels)) resolve_ingress(ingress, info, id) else ingress
      })
    },

    # Takes over what a graph of pipeops has described.
    .configure = function(descriptor) {
      private$.spec = new_spec(names(descriptor$inputs), descriptor$nodes, outputs = descriptor$pointer,
        weights = descriptor$weights, frozen = descriptor$frozen)
      private$.ingress = descriptor$inputs
      self$loss = descriptor$loss %??% t_loss(default_loss(self$task_type))
      self$optimizer = descriptor$optimizer %??% t_opt("adam")
      self$callbacks = descriptor$callbacks
    },

    .parts_identity = function() {
      c(super$.parts_identity(), list(hashable(unclass(private$.spec)), hashable(map(private$.ingress, unclass))))
    }
  )
)

check_ingress = function(ingress, id) {
  if (is.null(ingress) || identical(ingress, list())) {
    return(list())
  }
  assert_tokens(ingress, "ingress_tokens", sprintf("Learner '%s'", id))
}

check_inputs = function(inputs, ingress, id) {
  absent = setdiff(inputs, names(ingress))
  if (length(absent) && (length(ingress) || length(inputs) > 1L)) {
    abort("config", sprintf("Learner '%s': the network's input '%s' gets no features; say which %s.", id, absent[[1L]],
      sprintf("in 'ingress_tokens', as in `ingress_tokens = list(%s = ingress_num())`", absent[[1L]])),
      fields = list(input = absent))
  }
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
  ingress = map(ingress, function(token) unclass(token)[names(token) != "batchgetter"])
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
    columns = sum(feature_widths(info[!info$target, ]))
    return(set_names(list(list(dtype = torch_float(), shape = c(2, columns))), spec$inputs))
  }
  map(spec$ingress, function(ingress) {
    list(dtype = if (ingress$kind == "categ") torch_long() else torch_float(),
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
