# Tan and Le (2019), "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks".
efficientnet_b0_spec = function() {
  stages = data.table(factor = c(1, 6, 6, 6, 6, 6, 6), kernel = c(3, 3, 5, 3, 5, 5, 3),
    stride = c(1, 2, 2, 2, 1, 2, 1), from = c(32, 16, 24, 40, 80, 112, 192),
    to = c(16, 24, 40, 80, 112, 192, 320), depth = c(1, 2, 2, 3, 3, 4, 1))
  blocks = unlist(map(seq_row(stages), function(stage) efficientnet_stage(stage, as.list(stages[stage]))),
    recursive = FALSE)
  head = invoke(chain_part, .args = c(picture_mean_nodes(), list(
    spec_node("classifier.0", "dropout", list(p = 0.2)), head_node("classifier.1"))))
  picture_spec(c(
    list(convolution_part("features.0", 32, 3, 2, activation = "silu")), blocks,
    list(convolution_part("features.8", 1280, activation = "silu"), head)
  ))
}

# Only the first block of a stage changes channels and size.
efficientnet_stage = function(stage, row) {
  map(seq_len(row$depth), function(i) {
    id = sprintf("features.%i.%i", stage, i - 1L)
    from = if (i == 1L) row$from else row$to
    inverted_part(id, paste0(id, ".block."), list(from = from, widened = row$factor * from, to = row$to,
      kernel = row$kernel, stride = if (i == 1L) row$stride else 1, activation = "silu",
      squeeze = list(channels = max(1, from %/% 4), activation = "silu", gate = "sigmoid")))
  })
}
