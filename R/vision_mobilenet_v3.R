# Howard et al. (2019), "Searching for MobileNetV3".
mobilenet_v3_large_spec = function() {
  mobilenet_v3_spec(1280, data.table(
    kernel = c(3, 3, 3, 5, 5, 5, 3, 3, 3, 3, 3, 3, 5, 5, 5),
    widened = c(16, 64, 72, 72, 120, 120, 240, 200, 184, 184, 480, 672, 672, 960, 960),
    to = c(16, 24, 24, 40, 40, 40, 80, 80, 80, 80, 112, 112, 160, 160, 160),
    squeezes = 1:15 %in% c(4:6, 11:15),
    activation = rep(c("relu", "hardswish"), c(6, 9)),
    stride = ifelse(1:15 %in% c(2, 4, 7, 13), 2, 1)
  ))
}

mobilenet_v3_small_spec = function() {
  mobilenet_v3_spec(1024, data.table(
    kernel = rep(c(3, 5), c(3, 8)),
    widened = c(16, 72, 88, 96, 240, 240, 120, 144, 288, 576, 576),
    to = c(16, 24, 24, 40, 40, 40, 48, 48, 96, 96, 96),
    squeezes = 1:11 %nin% 2:3,
    activation = rep(c("relu", "hardswish"), c(3, 8)),
    stride = ifelse(1:11 %in% c(1, 2, 4, 9), 2, 1)
  ))
}

# `hidden`: features before the head. `blocks`: a row for each.
mobilenet_v3_spec = function(hidden, blocks) {
  norm = list(eps = 0.001, momentum = 0.01)
  wide = function(id, ...) convolution_part(id, ..., activation = "hardswish", norm = norm)
  from = c(16, blocks$to[-nrow(blocks)])
  parts = map(seq_row(blocks), function(i) {
    id = sprintf("features.%i", i)
    block = as.list(blocks[i])
    squeeze = if (block$squeezes) {
      list(channels = divisible_by_8(block$widened / 4), activation = "relu", gate = "hardsigmoid")
    }
    inverted_part(id, paste0(id, ".block."), c(block, list(from = from[[i]], norm = norm, squeeze = squeeze)))
  })
  head = invoke(chain_part, .args = c(picture_mean_nodes(), list(
    spec_node("classifier.0", "linear", list(out_features = hidden)), spec_node("classifier.1", "hardswish"),
    spec_node("classifier.2", "dropout", list(p = 0.2)), head_node("classifier.3"))))
  last = wide(sprintf("features.%i", nrow(blocks) + 1L), 6 * blocks$to[[nrow(blocks)]])
  picture_spec(c(list(wide("features.0", 16, 3, 2)), parts, list(last, head)))
}

# The nearest number of channels that is divisible by 8, and not much smaller.
divisible_by_8 = function(channels) {
  nearest = max(8, floor((channels + 4) / 8) * 8)
  if (nearest < 0.9 * channels) nearest + 8 else nearest
}
