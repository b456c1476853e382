# Classes that inherit from a layer: modules whose `initialize` and `forward` are the layer's, unless they have their
# own. The layer itself is their part `.layer`; its weights are the module's own, too, under their names.

# The name of a function of this package that makes a layer; NULL for anything else. A generic, because what classes are
# made from must not know the layers.
layer_maker = function(x) UseMethod("layer_maker")

#' @export
layer_maker.default = function(x) {
  for (name in c("nn_layer_norm", "nn_embedding")) {
    if (identical(x, get(name, envir = topenv()))) {
      return(name)
    }
  }
}

#' @export
as_choice.function = function(x) {
  maker = layer_maker(x)
  if (is.null(maker)) x else sub("^nn_", "", maker)
}

layer_class = function(maker) {
  initialize = eval(bquote(function(...) hold_layer(self, .(as.name(maker))(...))))
  forward = function(...) call_held_layer(self, ...)
  environment(initialize) = environment(forward) = topenv()
  list(classes = maker, levels = list(list(public = list(initialize = initialize, forward = forward))))
}

hold_layer = function(self, layer) {
  add_member(module_core(self), ".layer", layer)
  show_layer_weights(self)
}

call_held_layer = function(self, ...) {
  layer = module_core(self)$members$.layer
  if (is.null(layer)) {
    abort("config", sprintf("The module %s: its `initialize` must call `super$initialize()`.", module_label(self)))
  }
  value = layer(...)
  # a layer without sizes has just been made
  if (!length(own_weights(self, c("nn_parameter", "nn_buffer")))) show_layer_weights(self)
  value
}

show_layer_weights = function(self) {
  core = module_core(self)
  iwalk(own_weights(core$members$.layer, c("nn_parameter", "nn_buffer")), function(weight, name) {
    if (name %nin% core$order) add_member(core, name, weight)
  })
}
