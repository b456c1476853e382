# Liu et al. (2022), "A ConvNet for the 2020s".
convnext_tiny_spec = function() {
  channels = c(96, 192, 384, 768)
  stages = imap(c(3, 3, 9, 3), function(depth, stage) {
    place = 2L * stage - 1L
    blocks = map(seq_len(depth), function(i) {
      convnext_block_part(sprintf("features.%i.%i", place, i - 1L), channels[[stage]])
    })
    halving = if (stage > 1L) list(halving_part(sprintf("features.%i", place - 1L), channels[[stage]]))
    c(halving, blocks)
  })
  stem = list(chain_part(convolution_node("features.0.0", channels[[1L]], 4, 4, bias = TRUE, padding = 0)),
    channel_norm_part("features.0.1"))
  head = list(chain_part(spec_node("avgpool", "adaptive_avg_pool2d", list(output_size = 1))),
    channel_norm_part("classifier.0"), chain_part(spec_node("classifier.1", "flatten"), head_node("classifier.2")))
  picture_spec(c(stem, unlist(stages, recursive = FALSE), head))
}

# Each channel by itself around a place, then all channels of a place, as tokens; the sum begins as its input.
convnext_block_part = function(id, channels) {
  node = function(part) paste0(id, ".block.", part)
  function(input) {
    branch = chain_nodes(list(
      convolution_node(node(0), channels, 7, groups = channels, bias = TRUE),
      channels_last_node(node(1)),
      spec_node(node(2), "layer_norm", list(eps = 1e-6)),
      spec_node(node(3), "linear", list(out_features = 4 * channels)),
      spec_node(node(4), "gelu"),
      spec_node(node(5), "linear", list(out_features = channels)),
      channels_first_node(node(6)),
      spec_node(id, "layer_scale")
    ), input)
    c(branch, list(spec_node(paste0(id, ".sum"), "merge_sum", inputs = c(input, last_id(branch)))))
  }
}

halving_part = function(id, channels) {
  parts = list(channel_norm_part(paste0(id, ".0")),
    chain_part(convolution_node(paste0(id, ".1"), channels, 2, 2, bias = TRUE, padding = 0)))
  function(input) join_parts(parts, input)
}

# Normalises the channels of each place.
channel_norm_part = function(id) {
  chain_part(channels_last_node(paste0(id, ".last")), spec_node(id, "layer_norm", list(eps = 1e-6)),
    channels_first_node(paste0(id, ".first")))
}

channels_last_node = function(id) spec_node(id, "permute", list(dims = c(1, 3, 4, 2)))

channels_first_node = function(id) spec_node(id, "permute", list(dims = c(1, 4, 2, 3)))
