# Residual networks of He et al. (2016), "Deep Residual Learning for Image Recognition". `depths`: the blocks of each of
# the four stages; `block`: a function that makes the nodes of a block; `widening`: how many times the channels of its
# inner layers a block returns.
resnet_spec = function(depths, block, widening) {
  inner = 64 * 2^(0:3)
  stages = imap(depths, function(depth, stage) {
    map(seq_len(depth), function(i) {
      strides = stage > 1L && i == 1L
      is_projected = i == 1L && (strides || widening > 1)
      id = sprintf("layer%i.%i", stage, i - 1L)
      function(input) residual_nodes(id, input, block, inner[[stage]], 1 + strides, is_projected, widening)
    })
  })
  stem = chain_part(convolution_node("conv1", 64, 7, 2), picture_norm_node("bn1"), spec_node("relu", "relu"),
    spec_node("maxpool", "max_pool2d", list(kernel_size = 3, stride = 2, padding = 1)))
  head = invoke(chain_part, .args = c(picture_mean_nodes(), list(head_node("fc"))))
  picture_spec(c(list(stem), unlist(stages, recursive = FALSE), list(head)))
}

# What a block computes is added to its input, which a convolution projects if channels or size change.
residual_nodes = function(id, input, block, channels, stride, is_projected, widening) {
  node = function(part) paste0(id, ".", part)
  branch = chain_nodes(block(node, channels, stride, widening), input)
  shortcut = if (is_projected) chain_nodes(list(
    convolution_node(node("downsample.0"), channels * widening, 1, stride), picture_norm_node(node("downsample.1"))
  ), input)
  reads = c(last_id(branch), if (is_projected) last_id(shortcut) else input)
  c(branch, shortcut, list(
    spec_node(node("sum"), "merge_sum", inputs = reads),
    spec_node(node("relu"), "relu", inputs = node("sum"))
  ))
}

basic_block = function(node, channels, stride, widening) {
  list(
    convolution_node(node("conv1"), channels, 3, stride), picture_norm_node(node("bn1")),
    spec_node(node("relu1"), "relu"),
    convolution_node(node("conv2"), channels, 3), picture_norm_node(node("bn2"))
  )
}

bottleneck_block = function(node, channels, stride, widening) {
  list(
    convolution_node(node("conv1"), channels), picture_norm_node(node("bn1")), spec_node(node("relu1"), "relu"),
    convolution_node(node("conv2"), channels, 3, stride), picture_norm_node(node("bn2")),
    spec_node(node("relu2"), "relu"),
    convolution_node(node("conv3"), channels * widening), picture_norm_node(node("bn3"))
  )
}
