# Nodes that networks for pictures share. Their ids are the names that torchvision gives the same parts, so weights have
# the same names.

# Around a window of this size, as many zeros as keep a picture's size.
convolution_node = function(id, channels, kernel = 1, stride = 1, groups = 1, bias = FALSE,
  padding = (kernel - 1) %/% 2) {
  spec_node(id, "conv2d", list(out_channels = channels, kernel_size = kernel, stride = stride, padding = padding,
    groups = groups, bias = bias))
}

picture_norm_node = function(id, ...) spec_node(id, "batch_norm2d", list(...))

# The mean of each channel, as a row.
picture_mean_nodes = function() {
  list(spec_node("avgpool", "adaptive_avg_pool2d", list(output_size = 1)), spec_node("flatten", "flatten"))
}

head_node = function(id) spec_node(id, "head")

last_id = function(nodes) nodes[[length(nodes)]]$id

# Groups of nodes, one after the other: each is a function that makes its nodes from the id of what it reads.
join_parts = function(parts, input) {
  nodes = list()
  for (part in parts) {
    added = part(input)
    nodes = c(nodes, added)
    input = last_id(added)
  }
  nodes
}

# A part whose nodes read one another.
chain_part = function(...) {
  nodes = list(...)
  function(input) chain_nodes(nodes, input)
}

picture_spec = function(parts) new_spec("x", join_parts(parts, "x"))
