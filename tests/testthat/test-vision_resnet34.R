test_that("resnet34 has torchvision's names and shapes, and computes what PyTorch does", {
  expect_torchvision("resnet34")
})
