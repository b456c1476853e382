test_that("mobilenet_v3_large has torchvision's names and shapes, and computes what PyTorch does", {
  expect_torchvision("mobilenet_v3_large")
})
