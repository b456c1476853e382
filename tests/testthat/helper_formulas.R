# Inputs and weights by the formulas of reference/formulas.py.

# Row-major, as PyTorch's values lie. `values`: of the elements' numbers from 0.
formula_tensor = function(shape, values) {
  shape = unlist(shape)
  torch_tensor(values(seq_len(prod(shape)) - 1))$reshape(shape)
}

# `which`: the input's number.
input_values = function(shape, which = 1) {
  formula_tensor(shape, function(index) ((index * 7 + (which - 1) * 5) %% 23 - 11) / 8)
}

weight_values = function(shape, which) {
  formula_tensor(shape, function(index) ((index * 5 + (which - 1) * 3) %% 13 - 6) / 16)
}

# The parameters, in their order.
fill_weights = function(module) {
  with_no_grad(iwalk(unname(module$parameters), function(parameter, i) {
    parameter$copy_(weight_values(parameter$shape, i))
  }))
  invisible(module)
}
