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

test_that("pictures that patches do not fill are refused", {
  learner = lrn("classif.vit_b_16", shape = c(NA, 3, 32, 24), epochs = 1, batch_size = 6)
  pixels = as_task_classif(data.table(matrix(0, 2, 3 * 32 * 24), class = factor(c("a", "b"))), target = "class")
  expect_error(learner$train(pixels), "patches of 16 by 16, but they are 32 by 24", class = "mlr3libtorch_error_shape")
})
