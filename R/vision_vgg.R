# The network with 11 layers of Simonyan and Zisserman (2015), "Very Deep Convolutional Networks for Large-Scale Image
# Recognition".

# `normalises`: whether batch normalisation follows each convolution.
vgg11_spec = function(normalises) {
  # NA halves the picture
  layers = c(64, NA, 128, NA, 256, 256, NA, 512, 512, NA, 512, 512, NA)
  features = unlist(map(layers, vgg_layers, normalises = normalises), recursive = FALSE)
  features = imap(features, function(layer, i) insert_named(layer, list(id = sprintf("features.%i", i - 1L))))
  classifier = list(
    spec_node("avgpool", "adaptive_avg_pool2d", list(output_size = 7)),
    spec_node("flatten", "flatten"),
    spec_node("classifier.0", "linear", list(out_features = 4096)), spec_node("classifier.1", "relu"),
    spec_node("classifier.2", "dropout"),
    spec_node("classifier.3", "linear", list(out_features = 4096)), spec_node("classifier.4", "relu"),
    spec_node("classifier.5", "dropout"),
    head_node("classifier.6")
  )
  picture_spec(list(invoke(chain_part, .args = c(features, classifier))))
}

# Their ids are their places.
vgg_layers = function(channels, normalises) {
  if (is.na(channels)) {
    return(list(spec_node("", "max_pool2d", list(kernel_size = 2))))
  }
  discard(list(convolution_node("", channels, 3, bias = TRUE), if (normalises) picture_norm_node(""),
    spec_node("", "relu")), is.null)
}
