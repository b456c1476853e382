# Dosovitskiy et al. (2021), "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale".
vit_b_16_spec = function() {
  width = 768
  tokens = chain_part(
    convolution_node("conv_proj", width, 16, 16, bias = TRUE, padding = 0),
    spec_node("patches", "flatten", list(start_dim = 3)),
    spec_node("tokens", "permute", list(dims = c(1, 3, 2))),
    # with the class token, so that both have a place in the tree of modules
    spec_node("encoder", "vit_embedding")
  )
  layers = map(0:11, function(i) vit_layer_part(sprintf("encoder.layers.encoder_layer_%i", i), width))
  head = chain_part(spec_node("encoder.ln", "layer_norm", list(eps = 1e-6)),
    spec_node("encoder.class", "select", list(dim = 2, index = 1)), head_node("heads.head"))
  picture_spec(c(list(tokens), layers, list(head)))
}

# Attention among the tokens, then each token by itself.
vit_layer_part = function(id, width) {
  node = function(part) paste0(id, ".", part)
  added = function(part, nodes) {
    function(input) {
      branch = chain_nodes(nodes, input)
      c(branch, list(spec_node(node(part), "merge_sum", inputs = c(input, last_id(branch)))))
    }
  }
  attention = list(
    spec_node(node("ln_1"), "layer_norm", list(eps = 1e-6)),
    spec_node(node("self_attention"), "multihead_attention", list(num_heads = 12))
  )
  hidden = list(
    spec_node(node("ln_2"), "layer_norm", list(eps = 1e-6)),
    spec_node(node("mlp.0"), "linear", list(out_features = 4 * width)),
    spec_node(node("mlp.1"), "gelu"),
    spec_node(node("mlp.3"), "linear", list(out_features = width))
  )
  function(input) join_parts(list(added("attended", attention), added("sum", hidden)), input)
}

# torchvision's names as the network has them: its file still has older names for some layers.
vit_weight_names = function(names) {
  names = sub("^class_token$", "encoder.class_token", names)
  sub("[.]mlp[.]linear_2[.]", ".mlp.3.", sub("[.]mlp[.]linear_1[.]", ".mlp.0.", names))
}
