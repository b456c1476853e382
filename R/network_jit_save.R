#' @title TorchScript Files
#'
#' @description
#' `jit_save()` writes a network as a TorchScript file, which Python (`torch.jit.load(path)`) and C++
#' (`torch::jit::load(path)`) load without R and without this package. It computes what the network computes outside of
#' training, for any number of rows, and its parameters have the same names. Before the file is written, its results
#' are compared with the network's.
#'
#' `jit_trace()` makes TorchScript from a function or a module, a function of tensors that `jit_save()` writes;
#' `jit_trace_module()` from several functions of a module.
#' `jit_serialize()` and `jit_unserialize()` do the same with bytes instead of a file.
#'
#' `jit_load()` reads a TorchScript file of any program as a function of tensors. To train it further, make it a network
#' by [nn_script_file()].
#'
#' @details
#' The file takes the network's tensors, in the order of its inputs; `learner$dataset(task)$x` has them for a
#' task. It returns the network's output: logits for classification; for two classes, one, for the first level. In the
#' file, class numbers count from 0. The file of a learner has a text `mlr3libtorch.json` that describes inputs and
#' outputs: shapes and types, features, their levels, and classes. In Python:
#' ```
#' notes = {"mlr3libtorch.json": ""}
#' network = torch.jit.load("network.pt", _extra_files = notes)
#' ```
#'
#' @section Safety:
#' A TorchScript file is code, see [nn_script_file()].
#'
#' @param x ([LearnerTorch], a learner that has one inside (see [torch_learner()]), `torch_network`, `nn_module`, or
#'   what `jit_trace()` returns)\cr
#'   A trained learner, a live network, a module whose first layer has its sizes, or a traced function. Of a graph, only
#'   the network is in the file: a message names the pipeops that are not.
#' @param path (`character(1)`)\cr
#'   The file; `jit_save()` replaces it in one step.
#' @return `jit_save()`: `x`, invisibly. `jit_load()`: a function of as many tensors as the file takes, which returns a
#'   tensor.
#'
#' @section Errors:
#' A network that TorchScript cannot express: `mlr3libtorch_error_export`, with the reason; no file is written.
#'
#' @family Network
#' @export
#' @examples
#' learner = lrn("classif.mlp", epochs = 1, batch_size = 50)$train(tsk("iris"))
#' path = tempfile(fileext = ".pt")
#' jit_save(learner, path)
#' network = jit_load(path)
#' network(learner$dataset(tsk("iris"))$x[[1]])$shape
#'
#' traced = jit_trace(function(x) torch_relu(x) * 2, torch_randn(2, 3))
#' traced(torch_tensor(rbind(c(-1, 0, 1))))
#' jit_save(traced, path)
jit_save = function(x, path) {
  assert_string(path, min.chars = 1L)
  if (inherits(x, "torch_script_module")) {
    assert_one_script(x, "jit_save")
    return(copy_script(x, path.expand(path)))
  }
  is_module = is_nn_module(x) && !inherits(x, "torch_network")
  network = if (is_module) network_of_module(x) else live_network(x, "jit_save()")
  notes = if (inherits(x, "Learner")) {
    report_left_out(x)
    list("mlr3libtorch.json" = export_notes(torch_learner(x)))
  }
  core_network_export(network_pointer(network), path.expand(path), notes)
  invisible(x)
}

# The functions of a module lie in a file each.
assert_one_script = function(x, where) {
  others = setdiff(names(attr(x, "methods")), "forward")
  if (length(others)) {
    abort("config", sprintf("%1$s(): a file holds one function, but the traced module has more; %2$s", where,
      sprintf("use each of them, as in `%1$s(traced$forward, path)` and `%1$s(traced$%2$s, path)`.", where,
        others[[1L]])))
  }
}

# The file of a traced function appears whole, too.
copy_script = function(x, path) {
  beside = tempfile(".jit_save", tmpdir = dirname(path))
  if (!file.exists(attr(x, "path")) || !suppressWarnings(file.copy(attr(x, "path"), beside))) {
    unlink(beside)
    abort("file", sprintf("jit_save(): '%s' cannot be written, or the file '%s' of the network is gone.", path,
      attr(x, "path")), fields = list(path = path))
  }
  file.rename(beside, path)
  invisible(x)
}

#' @rdname jit_save
#' @export
jit_load = function(path) {
  node = nn_script_file(path)
  network = NULL
  run = function(...) {
    inputs = list(...)
    if (!length(inputs) || !all(map_lgl(inputs, inherits, what = "torch_tensor"))) {
      abort("argument", "The network of a TorchScript file takes only tensors.")
    }
    names(inputs) = paste0("x", seq_along(inputs))
    if (is.null(network)) {
      node$reads = names(inputs)
      spec = nn_graph(file = node, inputs = names(inputs))
      network <<- core_network_create(spec, inputs, core_generator_create(1))
    }
    if (is_grad_enabled() && some(inputs, function(x) x$requires_grad)) {
      return(simplify_outputs(core_network_forward(network, inputs, NULL)))
    }
    with_threads(1L, core_network_predict(network, inputs, max(1, inputs[[1L]]$shape[[1L]]), "cpu", "float32", NULL,
      NULL))
  }
  structure(run, class = c("torch_script_module", "function"), path = path)
}

#' @export
print.torch_script_module = function(x, ...) {
  catn(sprintf("<torch_script_module> of '%s', a function of tensors", attr(x, "path")))
  invisible(x)
}

report_left_out = function(learner) {
  outside = steps_outside(learner)
  if (length(outside)) {
    lg$warn("The file holds the network only, not what these pipeops do: %s.", str_collapse(outside, quote = "'"))
  }
}

# What another program must know to use a learner's network.
export_notes = function(learner) {
  model = unmarshal_model(learner$model)
  info = model$task_col_info
  column = function(i) {
    facts = list(name = info$id[[i]], type = info$type[[i]], levels = as.list(info$levels[[i]]))
    discard(facts, function(x) !length(x))
  }
  notes = list(
    task_type = learner$task_type,
    inputs = imap(model$network$example, function(example, name) {
      list(name = name, dtype = example$dtype, shape = as.list(example$shape[-1L]))
    }),
    features = map(which(!info$target), column),
    target = if (sum(info$target) == 1L) column(which(info$target)) else map(which(info$target), column),
    loss = model$loss_fn$key
  )
  notes$inputs = unname(notes$inputs)
  jsonlite::toJSON(notes, auto_unbox = TRUE, digits = NA)
}
