.onLoad = function(libname, pkgname) {
  start_logger()
  prepare_dashboard()
  define_operations()
  define_layers()
  define_module_fields()
  define_context_fields()
  define_optimizers()
  define_schedules()
  register_callbacks()
  fill_dictionary(mlr3libtorch_losses, "loss", quote(TorchLoss))
  fill_dictionary(mlr3libtorch_optimizers, "optimizer", quote(TorchOptimizer))
  register_task_types()
  register_tasks()
  register_learners()
  describe_to_mlr3()
  define_pipeop_classes()
  define_spellings()
  if (isNamespaceLoaded("mlr3pipelines")) {
    register_pipeops()
  } else {
    setHook(packageEvent("mlr3pipelines", "onLoad"), register_pipeops, action = "append")
  }
}

# A server would call functions that are gone.
.onUnload = function(libpath) {
  dashboard_stop()
}

# Last, when all functions are there.
give_own_errors(environment(), except = names(functional_rows))
give_refusals(environment())
