# Blocks that widen the channels, look at each of them alone, and narrow them again: in MobileNet and EfficientNet.

# A convolution, its normalisation and an activation. `norm`: parameters of the normalisation.
convolution_part = function(id, channels, kernel = 1, stride = 1, groups = 1, activation = "relu", norm = list()) {
  chain_part(
    convolution_node(paste0(id, ".0"), channels, kernel, stride, groups),
    invoke(picture_norm_node, paste0(id, ".1"), .args = norm),
    spec_node(paste0(id, ".2"), activation)
  )
}

# A block is list(from, widened, to, kernel, stride, activation, norm, squeeze): channels before, inside and after;
# `squeeze` is `NULL` or list(channels, activation, gate). `layers`: what the ids of its layers begin with.
# `flat`: whether the last convolution and its normalisation have numbers of their own.
inverted_part = function(id, layers, block, flat = FALSE) {
  function(input) {
    parts = inverted_parts(block)
    branch = join_parts(imap(unname(parts), function(part, i) part(sprintf("%s%i", layers, i - 1L))), input)
    count = length(parts)
    ends = if (flat) sprintf("%s%i", layers, count + 0:1) else sprintf("%s%i.%i", layers, count, 0:1)
    branch = c(branch, chain_nodes(list(convolution_node(ends[[1L]], block$to),
      invoke(picture_norm_node, ends[[2L]], .args = block$norm)), last_id(branch)))
    if (block$stride > 1 || block$from != block$to) {
      return(branch)
    }
    c(branch, list(spec_node(paste0(id, ".sum"), "merge_sum", inputs = c(last_id(branch), input))))
  }
}

# Those before the last convolution, as functions of their ids.
inverted_parts = function(block) {
  convolution = function(id, ...) {
    convolution_part(id, block$widened, ..., activation = block$activation, norm = block$norm)
  }
  discard(list(
    if (block$widened != block$from) convolution,
    function(id) convolution(id, block$kernel, block$stride, groups = block$widened),
    if (!is.null(block$squeeze)) function(id) squeeze_part(id, block$widened, block$squeeze)
  ), is.null)
}

# Weighs each channel by what the means of all of them say, see Hu et al. (2018), "Squeeze-and-Excitation Networks".
squeeze_part = function(id, channels, squeeze) {
  node = function(part) paste0(id, ".", part)
  function(input) {
    gate = chain_nodes(list(
      spec_node(node("avgpool"), "adaptive_avg_pool2d", list(output_size = 1)),
      convolution_node(node("fc1"), squeeze$channels, bias = TRUE),
      spec_node(node("activation"), squeeze$activation),
      convolution_node(node("fc2"), channels, bias = TRUE),
      spec_node(node("scale_activation"), squeeze$gate)
    ), input)
    c(gate, list(spec_node(node("product"), "merge_prod", inputs = c(input, last_id(gate)))))
  }
}
