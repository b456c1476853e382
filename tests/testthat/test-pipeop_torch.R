`%>>%` = mlr3pipelines::`%>>%`
po = mlr3pipelines::po

test_that("every operation is a pipeop whose parameters are the operation's", {
  for (key in nn_operations()$key) {
    pipeop = po(paste0("nn_", key))
    expect_s3_class(pipeop, "PipeOpTorch")
    expect_setequal(setdiff(pipeop$param_set$ids(), names(no_effect)),
      as.character(names(registry_entry("operation", key)$arguments)))
    expect_identical(pipeop$id, paste0("nn_", key))
    expect_identical(nn(key)$id, key)
    expect_identical(pipeop$hash, po(paste0("nn_", key))$hash)
  }
})

test_that("the dictionary of mlr3pipelines can list them", {
  # a learner of another package may not be installed
  expect_no_warning(table <- suppressWarnings(as.data.table(mlr3pipelines::mlr_pipeops),
    classes = "packageNotFoundWarning"))
  ours = table[map_lgl(table$packages, function(packages) "mlr3libtorch" %in% packages), ]
  expect_true(all(c("nn_linear", "nn_block", "module", "torch_ingress_num", "torch_ingress_categ",
    "torch_ingress_ltnsr", "torch_loss", "torch_optimizer", "torch_callbacks", "torch_model_classif",
    "torch_model_regr") %in% ours$key))
  expect_true(all(nzchar(ours$label)) && !any(grepl("COULD NOT", ours$label)))
})

test_that("one number stands for all dimensions, and lists of another length are refused", {
  expect_identical(nn("conv2d", out_channels = 2, kernel_size = 3)$param_set$values$kernel_size, 3)
  expect_error(nn("conv2d", out_channels = 2, kernel_size = c(3, 3, 3)), class = "mlr3libtorch_error_parameter")
})

test_that("operations with several inputs have as many as asked for", {
  expect_identical(nn("merge_sum")$input$name, "...")
  expect_identical(nn("merge_sum", innum = 2)$input$name, c("input1", "input2"))
  expect_identical(nn("bilinear", out_features = 1)$input$name, c("input1", "input2"))
  expect_error(nn("multihead_attention", num_heads = 1, innum = 6), "takes 1 to 5 inputs", class = "mlr3libtorch_error")
})

test_that("a graph appends its nodes, branches included", {
  graph = po("torch_ingress_num") %>>% mlr3pipelines::gunion(list(nn("relu"), nn("tanh"))) %>>% nn("merge_cat") %>>%
    nn("head")
  descriptor = graph$train(tsk("iris"))[[1L]]
  expect_identical(map_chr(descriptor$nodes, "id"), c("relu", "tanh", "merge_cat", "head"))
  expect_identical(descriptor$nodes[[3L]]$inputs, c("relu", "tanh"))
  expect_identical(descriptor$pointer, "head")
  expect_identical(names(descriptor$inputs), "torch_ingress_num")
  expect_identical(graph$predict(tsk("iris"))[[1L]]$hash, tsk("iris")$hash)
})

test_that("pipeop_torch() makes your own part", {
  Residual = pipeop_torch("residual", function(width, act = "relu") {
    nn_graph(inner = nn("linear", out_features = width), bend = nn(act),
      sum = nn("merge_sum", reads = c("bend", "x")))
  })
  part = Residual$new(param_vals = list(width = 4))
  expect_identical(part$param_set$ids(), c("width", "act"))
  spec = nn_sequential(nn("linear", out_features = 4), part)
  expect_identical(map_chr(spec$nodes, "id"), c("linear", "residual.inner", "residual.bend", "residual.sum"))
  expect_identical(spec$nodes[[4L]]$inputs, c("residual.bend", "linear"))
})
