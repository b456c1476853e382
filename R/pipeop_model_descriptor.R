#' @title A Network with What Trains It
#'
#' @description
#' What the pipeops of a network pass on while a graph is trained: the nodes so far, where they get their data, the
#' task, and the loss, the optimizer and the callbacks, if they have been set. These functions make and use such an
#' object by hand, as mlr3torch's of the same names do.
#'
#' * `ModelDescriptor()`: the network that a graph of [operations][PipeOpTorch] describes for a task.
#' * `model_descriptor_union()`: that of two branches, which points to the ends of both.
#' * `model_descriptor_to_module()`: its network, a spec as [nn_graph()] makes it.
#' * `model_descriptor_to_learner()`: a [LearnerTorchModel] of it.
#'
#' @param graph ([mlr3pipelines::Graph])\cr
#'   Operations.
#' @param ingress (named `list()` of [ingress][ingress_num])\cr
#'   The features of each of the graph's inputs; the names are those of `graph$input`.
#' @param task ([mlr3::Task])\cr
#'   The task.
#' @param optimizer,loss ([TorchOptimizer], [TorchLoss] or `NULL`)\cr
#'   What the network is trained with.
#' @param callbacks (`list()` of [TorchCallback])\cr
#'   The callbacks.
#' @param pointer (`character()` or `NULL`)\cr
#'   The node that is followed by the next one: its id, which may be followed by the name of a channel; the end of the
#'   graph unless given.
#' @param pointer_shape (any)\cr
#'   Not used: shapes are found when the network is built.
#' @param md1,md2,model_descriptor (`ModelDescriptor`)\cr
#'   What `ModelDescriptor()`, or the training of a pipeop, returned.
#' @param output_pointers (`list()` of `character()`)\cr
#'   The nodes whose values the network returns, each as `pointer`; the current one unless given.
#' @param list_output (`logical(1)`)\cr
#'   Not used.
#' @return A `ModelDescriptor`, a spec or a learner.
#'
#' @family PipeOp
#' @export
#' @examplesIf requireNamespace("mlr3pipelines", quietly = TRUE)
#' library(mlr3pipelines)
#' graph = nn("linear", out_features = 4) %>>% nn("head")
#' descriptor = ModelDescriptor(graph, list(linear.input = ingress_num()), tsk("iris"))
#' model_descriptor_to_module(descriptor)
ModelDescriptor = function(graph, ingress, task, optimizer = NULL, loss = NULL, callbacks = NULL, pointer = NULL,
  pointer_shape = NULL) {
  graph = mlr3pipelines::as_graph(graph, clone = TRUE)
  ingress = check_graph_ingress(ingress, graph$input$name)
  task = assert_task(as_task(task))
  info = column_info(task)
  descriptors = imap(ingress[graph$input$name], function(token, name) {
    token = resolve_ingress(token, info, name)
    network_descriptor(inputs = set_names(list(token), name), pointer = name, task = narrow_task(task, token$features))
  })
  descriptor = join_descriptors(unname(graph$train(descriptors, single_input = FALSE)), "ModelDescriptor()")
  descriptor$loss = if (!is.null(loss)) as_torch_loss(loss, clone = TRUE)
  descriptor$optimizer = if (!is.null(optimizer)) as_torch_optimizer(optimizer, clone = TRUE)
  descriptor$callbacks = as_torch_callbacks(callbacks, clone = TRUE)
  if (!is.null(pointer)) descriptor$pointer = pointed_node(descriptor, pointer)
  descriptor
}

#' @rdname ModelDescriptor
#' @export
model_descriptor_union = function(md1, md2) {
  join_descriptors(list(assert_descriptor(md1), assert_descriptor(md2)), "model_descriptor_union()")
}

#' @rdname ModelDescriptor
#' @export
model_descriptor_to_module = function(model_descriptor, output_pointers = NULL, list_output = FALSE) {
  descriptor = assert_descriptor(model_descriptor)
  outputs = if (length(output_pointers)) {
    map_chr(unname(output_pointers), function(pointer) pointed_node(descriptor, pointer))
  }
  settled_descriptor(descriptor, outputs %??% descriptor$pointer)
}

# The network of a descriptor. If pipeops wait for the shapes of their inputs, the task says what these are.
settled_descriptor = function(descriptor, outputs) {
  spec = new_spec(names(descriptor$inputs), descriptor$nodes, outputs, weights = descriptor$weights,
    frozen = descriptor$frozen)
  if (all(map_lgl(spec$nodes, function(node) is.null(node$pipeop))) || is.null(descriptor$task)) {
    return(spec)
  }
  task = descriptor$task
  loss = descriptor$loss %??% as_torch_loss(default_loss(task$task_type))
  filled = fill_spec(spec, descriptor$inputs, network_outputs(task, loss))
  settled = settle_shapes(filled, input_examples(filled, column_info(task)), task)
  new_spec(settled$inputs, settled$nodes, settled$outputs, weights = settled$weights, frozen = settled$frozen)
}

#' @rdname ModelDescriptor
#' @export
model_descriptor_to_learner = function(model_descriptor) {
  descriptor = assert_descriptor(model_descriptor)
  if (is.null(descriptor$task)) {
    abort("config", "model_descriptor_to_learner(): the descriptor has no task, so the type of the learner is open.")
  }
  learner = LearnerTorchModel$new(descriptor$task$task_type)
  get_private(learner)$.configure(descriptor)
  learner
}

assert_descriptor = function(x) {
  if (!inherits(x, "torch_descriptor")) {
    abort("argument", sprintf("Expected what ModelDescriptor(), or a pipeop in training, returns, not %s.",
      as_short_string(x)))
  }
  x
}

check_graph_ingress = function(ingress, inputs) {
  assert_tokens(ingress, "ingress", "ModelDescriptor()")
  absent = setdiff(inputs, names(ingress))
  if (length(absent)) {
    abort("config", sprintf("ModelDescriptor(): the graph's input '%s' has no element in 'ingress'; %s.", absent[[1L]],
      sprintf("add one, as in `ingress = list(%s = ingress_num())`", absent[[1L]])), fields = list(input = absent))
  }
  ingress
}

pointed_node = function(descriptor, pointer) {
  known = c(map_chr(descriptor$nodes, "id"), names(descriptor$inputs))
  if (!test_choice(pointer[1L], known)) {
    abort_unknown("unknown_name", sprintf("The descriptor has no node '%s'.", as_short_string(pointer[1L])),
      as_short_string(pointer[1L]), known)
  }
  pointer[[1L]]
}
