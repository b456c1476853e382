#' @title Modules in a Row, a List or a Dictionary
#'
#' @description
#' * `nn_sequential()` calls its parts one after the other.
#' * `nn_module_list()` holds modules by position, `nn_module_dict()` by name; they are not called themselves.
#'
#' `length()`, `[[` and `$append(module)`, `$extend(modules)`, `$insert(index, module)` work for lists and for
#' sequences, as do `x[1:2]`; `$keys()`, `$values()`, `$contains(key)` and `$items()` for dictionaries. Parts without
#' a name are called `"0"`, `"1"` and so on, so that weights have the names that they have in PyTorch.
#'
#' `nn_sequential()` of [nn()] objects, whose sizes are not known yet, is a network as data, see [nn_graph()]; so is a
#' sequence with such parts among modules.
#'
#' @param ... (modules; [nn()] objects, specs or graphs of pipeops)\cr
#'   The parts, maybe with names.
#' @param modules (`list()` of modules)\cr
#'   The parts.
#' @param shape (`integer()`)\cr
#'   For a network as data: the shape of its only input `x`, such as `c(NA, 4)`.
#' @return A module, or for `nn_sequential()` with parts that are not modules a spec, class `torch_spec`.
#'
#' @family Module
#' @export
#' @examples
#' net = nn_sequential(nn_linear(4, 8), nn_relu(), nn_linear(8, 3))
#' net(torch_randn(2, 4))
#' learner = lrn("classif.torch_model", network = net, epochs = 2, batch_size = 50)$train(tsk("iris"))
#'
#' # sizes that follow from the data
#' nn_sequential(nn("linear", out_features = 8), nn("relu"), nn("linear", out_features = 3),
#'   shape = c(NA, 4))
nn_sequential = function(..., shape = NULL) {
  parts = list(...)
  is_module = map_lgl(parts, inherits, what = "nn_module")
  if (!all(is_module)) {
    return(sequential_spec(parts, shape))
  }
  module = container("nn_sequential", parts)
  core = module_core(module)
  core$forward = function(...) call_in_turn(core, ...)
  if (is.null(shape)) module else as_torch_spec(module, shape)
}

#' @rdname nn_sequential
#' @export
nn_module_list = function(modules = list()) container("nn_module_list", assert_list(modules))

#' @rdname nn_sequential
#' @export
nn_module_dict = function(modules = list()) {
  container("nn_module_dict", assert_list(modules, names = if (length(modules)) "unique"))
}

#' @rdname nn_sequential
#' @param x (`nn_module`)\cr
#'   A sequence, a module whose parts are called in turn, or a live network whose nodes lie in a straight line, such as
#'   `learner$network`.
#' @param head_size (`integer(1)`)\cr
#'   How many of the last parts are left out.
#' @return `nn_prune_head()`: a sequence of the other parts, which are not copied.
#' @export
nn_prune_head = function(x, head_size = 1) {
  children = pruned_children(x)
  if (!test_int(head_size, lower = 1, upper = length(children))) {
    abort("argument", sprintf("nn_prune_head(): 'head_size' must be a whole number from 1 to %i, not %s.",
      length(children), as_short_string(head_size)))
  }
  do.call(nn_sequential, utils::head(children, -head_size))
}

# The parts that are called in turn, by name.
pruned_children = function(x) {
  module = if (inherits(x, c("torch_network", "torch_network_data"))) as_member(x) else x
  if (!is_nn_module(module)) {
    abort("argument", sprintf("nn_prune_head(): 'x' must be a module, not %s.", as_short_string(x)))
  }
  spec = module_core(module)$spec
  if (!is.null(spec) && !is_straight(spec)) {
    abort("argument", paste("nn_prune_head(): the network's nodes do not lie in a straight line;",
      "put those that you need together anew, as in `nn_sequential(network$linear1)`."))
  }
  own_children(module)
}

# Each node reads the one before it only.
is_straight = function(spec) {
  ids = map_chr(spec$nodes, "id")
  before = c(spec$inputs, utils::head(ids, -1L))
  length(spec$inputs) == 1L && identical(unname(map(spec$nodes, "inputs")), as.list(before)) &&
    all(spec$outputs %in% utils::tail(ids, 1L))
}

container = function(kind, parts) {
  module = new_module(kind)
  core = module_core(module)
  core$forward = function(...) {
    abort("config", sprintf("An %s is not called itself; call its parts, as in `self$layers[[1]](x)`.", kind))
  }
  walk(seq_along(parts), function(i) {
    name = names2(parts, "")[[i]]
    add_part(module, if (nzchar(name)) name else as.character(i - 1L), parts[[i]])
  })
  core$methods = container_methods(module, kind)
  module
}

add_part = function(module, name, part) {
  if (name %in% module_core(module)$order) {
    abort("argument", sprintf("%s(): two parts are called '%s'.", class(module)[[1L]], name))
  }
  part = as_member(part)
  if (!is_nn_module(part)) {
    abort("argument", sprintf("%s(): part '%s' must be a module, not %s.", class(module)[[1L]], name,
      as_short_string(part)))
  }
  add_member(module_core(module), name, part)
}

call_in_turn = function(core, ...) {
  children = mget(core$order, envir = core$members)
  if (!length(children)) {
    return(..1)
  }
  value = children[[1L]](...)
  for (child in children[-1L]) value = child(value)
  value
}

container_methods = function(module, kind) {
  if (kind == "nn_module_dict") {
    return(list(
      keys = function() names(own_children(module)),
      contains = function(key) key %in% names(own_children(module)),
      items = function() own_children(module),
      values = function() unname(own_children(module))
    ))
  }
  list(
    append = function(part) {
      add_part(module, as.character(length(module)), part)
      invisible(module)
    },
    extend = function(parts) {
      walk(parts, function(part) module$append(part))
      invisible(module)
    },
    insert = function(index, part) {
      assert_int(index, lower = 1, upper = length(module) + 1L)
      rename_parts(module, append(unname(own_children(module)), list(part), after = index - 1L))
    }
  )
}

rename_parts = function(module, parts) {
  force(parts)
  core = module_core(module)
  rm(list = core$order, envir = core$members)
  core$order = character()
  iwalk(parts, function(part, i) add_part(module, as.character(i - 1L), part))
  invisible(module)
}

#' @export
as.list.nn_module = function(x, ...) own_children(x)

#' @export
`[.nn_module` = function(x, i) {
  if (!inherits(x, c("nn_sequential", "nn_module_list"))) {
    abort("argument", sprintf("The module %s is not a sequence or a list of modules; `[` takes parts of those.",
      module_label(x)))
  }
  parts = own_children(x)[i]
  if (inherits(x, "nn_sequential")) do.call(nn_sequential, parts) else nn_module_list(unname(parts))
}
