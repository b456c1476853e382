# A live network: an external pointer of class `torch_network`, with the fields that callbacks use.

network_members = list(
  parameters = function(network) core_network_parameters(network),
  buffers = function(network) core_network_buffers(network),
  state_dict = function(network) {
    function() c(core_network_parameters(network), core_network_buffers(network))
  },
  load_state_dict = function(network) {
    function(state_dict) invisible(core_network_load(network, state_dict))
  }
)

#' @export
`$.torch_network` = function(x, name) network_member(x, name)

#' @export
`[[.torch_network` = function(x, i, ...) network_member(x, i)

network_member = function(network, name) {
  member = network_members[[name]]
  if (is.null(member)) {
    abort_unknown_field("A network", name, names(network_members))
  }
  member(network)
}

# `network$parameters$linear1.weight$requires_grad_(FALSE)` and the like end by assigning the same thing
#' @export
`$<-.torch_network` = function(x, name, value) {
  network_member(x, name)
  abort_read_only(sprintf("The network's field '%s'", name),
    "change tensors in place (`$mul_()`, `$copy_()`) or use `$load_state_dict()`")
}

#' @export
names.torch_network = function(x) names(network_members)

#' @export
print.torch_network = function(x, ...) {
  cat(format_parameters("<torch_network>", core_network_parameters(x)), sep = "\n")
  invisible(x)
}

format_parameters = function(header, parameters) {
  shapes = map_chr(parameters, function(parameter) paste(parameter$shape, collapse = " x "))
  total = sum(map_dbl(parameters, function(parameter) prod(parameter$shape)))
  rows = if (length(parameters)) sprintf("  %s: %s", format(names(parameters)), shapes)
  c(sprintf("%s: %s parameters", header, format(total, big.mark = ",")), rows)
}
