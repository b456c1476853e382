#' @description
#' Neural networks for \pkg{mlr3}, trained in a C++ loop on LibTorch, with callbacks written in R. No Python, and not
#' the R package torch. This page leads to the others, by what you want to do. `help("<key>")` finds the page of every
#' learner, loss, optimizer, callback, schedule and layer, such as `help("classif.mlp")`, `help("adam")` or
#' `help("nn_linear")`; `as.data.table()` of a dictionary and [nn_operations()] list the keys.
#'
#' @section Train:
#' * `vignette("tables", "mlr3libtorch")` goes from a table to a tuned, saved and served model.
#' * Learners: [`lrn("classif.mlp")`][mlr_learners.mlp] and `lrn("regr.mlp")`, [tab_resnet][mlr_learners.tab_resnet],
#'   [ft_transformer][mlr_learners.ft_transformer], [tabm][mlr_learners.tabm], [networks for
#'   pictures][mlr_learners.vision]; their common parameters are in [torch_learner_parameters], their fields and methods
#'   in [LearnerTorch].
#' * What is minimised and how: [mlr3libtorch_losses] with [t_loss()], [mlr3libtorch_optimizers] with [t_opt()].
#' * Does it learn? [plot and autoplot][autoplot.LearnerTorch], [summary()][summary.LearnerTorch],
#'   [tidy()][tidy.LearnerTorch], [lr_finder()]; `vignette("diagnosis", "mlr3libtorch")` and
#'   `vignette("validation", "mlr3libtorch")`; `vignette("tuning", "mlr3libtorch")` for choosing settings.
#'
#' @section Write a callback:
#' * [torch_callback()] makes one from functions; [CallbackSet] lists the stages, [ContextTorch] what a callback can
#'   read and change; `vignette("callbacks", "mlr3libtorch")` has a collection to start from.
#' * [mlr3libtorch_callbacks] lists those that come with the package, [t_clbk()] gets one; [lr_schedules] are learning
#'   rate schedules.
#' * [dry_run()] shows what would be called when, [expect_callback()] tests a callback, [every_n()] thins one out.
#' * In C++: [cpp_callback()], `vignette("cpp_callbacks", "mlr3libtorch")`.
#'
#' @section Build a network:
#' * `vignette("networks", "mlr3libtorch")`; all layers, losses and optimizers with their defaults are in
#'   `vignette("catalogue", "mlr3libtorch")`.
#' * [nn_sequential()], [nn_graph()] and [nn()], with the layers of [nn_operations()]; modules of your own by
#'   [nn_module()]; TorchScript by [nn_script()].
#' * Into a learner: [`lrn("classif.torch_model")`][mlr_learners.torch_model],
#'   [`lrn("classif.module")`][mlr_learners.module], or [pipeops][PipeOpTorch] and
#'   [`po("torch_model_classif")`][PipeOpTorchModel] in a graph.
#' * A training loop of your own: [tensors][torch_tensor_class], [torch_optimizers], [dataloader()],
#'   [functions of networks][torch_functional].
#'
#' @section Save and go on:
#' * A trained learner is a plain R value: `saveRDS()` and `readRDS()` are enough, callback state included.
#' * The method `$continue()` of [LearnerTorch] trains on, the callback [`"checkpoint"`][CallbackSetCheckpoint] and the
#'   parameter `resume` survive a killed run, [verify_resume()] shows that it loses nothing, [last_model()] has the
#'   weights of a run that failed.
#' * [save_weights()] and [load_weights()] exchange weights as safetensors;
#'   `vignette("saving", "mlr3libtorch")`.
#'
#' @section Deploy:
#' * [as_predictor()] makes a plain function of rows, [jit_save()] a TorchScript file for Python and C++;
#'   `vignette("deploying", "mlr3libtorch")`.
#' * [torch_threads] and the parameter `num_threads` say how many cores are used.
#'
#' @section Extend:
#' * A learner: a subclass of [LearnerTorch]. A layer: [nn_module()], or [pipeop_torch()] for a graph. A loss: an R
#'   function or TorchScript text, see [t_loss()]. A schedule: [lr_scheduler()]. An optimizer: [optimizer()].
#'
#' @section Session:
#' [mlr3libtorch_options] has all options and environment variables, [mlr3libtorch_sitrep()] reports what a session runs
#' with and what is wrong with it, [mlr3libtorch_conditions] lists the classes of errors and warnings.
#'
#' @section Coming from elsewhere:
#' `vignette("from_mlr3torch", "mlr3libtorch")`, `vignette("from_luz", "mlr3libtorch")`,
#' `vignette("from_keras", "mlr3libtorch")`; [mlr3torch_names].
#'
#' @concept missing values
#' @concept validation
#' @concept early stopping
#' @concept tuning
#' @concept graphics card
#' @concept GPU
#' @concept epochs and batch size
#' @concept prediction and serving
#' @examples
#' learner = lrn("classif.mlp", neurons = c(16, 16), epochs = 10, batch_size = 32, opt.lr = 0.01,
#'   seed = 1, callbacks = t_clbk("history"))
#' learner$train(tsk("iris"))
#' learner$predict(tsk("iris"))$score()
#' summary(learner)
#' @importFrom Rcpp evalCpp
#' @import R6
#' @import checkmate
#' @import data.table
#' @import mlr3misc
#' @import paradox
#' @import mlr3
#' @useDynLib mlr3libtorch, .registration = TRUE
"_PACKAGE"

# Functions that make classes of callbacks and losses have methods in their bodies, whose `self` R6 defines.
utils::globalVariables(c("self", "private", "super"))
