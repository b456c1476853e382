# mlr3pipelines' dictionary gets the pipeops of this package when both are loaded, whichever comes first.
# It holds classes, and po() looks at their constructors, so each pipeop has a class, see R/pipeop_classes.R.
register_pipeops = function(...) {
  dictionary = mlr3pipelines::mlr_pipeops
  for (key in names(pipeop_class_requests())) {
    class = get(pipeop_class_name(key), envir = topenv())
    if (key == "torch_loss") dictionary$add(key, class, metainf = list(t_loss("mse"))) else dictionary$add(key, class)
  }
  dictionary$add("module", PipeOpTorchModule)
  dictionary$add("nn_block", PipeOpTorchBlock, metainf = list(PipeOpTorchOperation$new("relu")))
}
