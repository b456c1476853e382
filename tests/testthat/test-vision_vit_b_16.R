test_that("vit_b_16 has torchvision's names and shapes, and computes what PyTorch does", {
  expect_torchvision("vit_b_16")
})

test_that("names of torchvision's file, which are older than its code, are understood", {
  names = c("class_token", "encoder.pos_embedding", "encoder.layers.encoder_layer_3.mlp.linear_1.weight",
    "encoder.layers.encoder_layer_3.mlp.linear_2.bias", "encoder.layers.encoder_layer_3.mlp.0.bias")
  expect_identical(vision_weight_names("vit_b_16", names), c("encoder.class_token", "encoder.pos_embedding",
    "encoder.layers.encoder_layer_3.mlp.0.weight", "encoder.layers.encoder_layer_3.mlp.3.bias",
    "encoder.layers.encoder_layer_3.mlp.0.bias"))
})
