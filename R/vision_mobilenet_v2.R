# Sandler et al. (2018), "MobileNetV2: Inverted Residuals and Linear Bottlenecks".
mobilenet_v2_spec = function() {
  stages = data.table(factor = c(1, 6, 6, 6, 6, 6, 6), channels = c(16, 24, 32, 64, 96, 160, 320),
    depth = c(1, 2, 3, 4, 3, 3, 1), stride = c(1, 2, 2, 2, 1, 2, 1))
  rows = stages[rep(seq_row(stages), stages$depth)]
  from = c(32, rows$channels[-nrow(rows)])
  strides = unlist(pmap(stages, function(depth, stride, ...) c(stride, rep(1, depth - 1))))
  blocks = map(seq_row(rows), function(i) {
    id = sprintf("features.%i", i)
    inverted_part(id, paste0(id, ".conv."), flat = TRUE, block = list(from = from[[i]],
      widened = rows$factor[[i]] * from[[i]], to = rows$channels[[i]], kernel = 3, stride = strides[[i]],
      activation = "relu6"))
  })
  head = invoke(chain_part, .args = c(picture_mean_nodes(), list(
    spec_node("classifier.0", "dropout", list(p = 0.2)), head_node("classifier.1"))))
  picture_spec(c(
    list(convolution_part("features.0", 32, 3, 2, activation = "relu6")), blocks,
    list(convolution_part("features.18", 1280, activation = "relu6"), head)
  ))
}
