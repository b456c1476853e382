# A spec from anything that describes a network. A generic, because what makes specs must not know all of these.
as_torch_spec = function(x, ...) UseMethod("as_torch_spec")

#' @export
as_torch_spec.torch_spec = function(x, ...) x

#' @export
as_torch_spec.default = function(x, ...) {
  abort("argument", sprintf("A network must be a module or a spec, as nn_sequential() and nn_graph() make it, not %s.",
    as_short_string(x)))
}

# Which nodes or inputs a part of a network says that it reads; NULL for the one before it.
reads_of = function(part) UseMethod("reads_of")

#' @export
reads_of.default = function(part) NULL

#' @export
reads_of.PipeOpTorch = function(part) part$reads
