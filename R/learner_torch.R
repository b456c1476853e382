#' @title Base Class of the Learners
#'
#' @description
#' Trains a neural network in a C++ loop.
#' A subclass defines the network, see [torch_learner_classes]. The network gets a task's features as tensors in memory,
#' or from a file (see the parameter `data`),
#' unless a subclass's method `.dataset()` returns a dataset that reads the rows, see [task_dataset()].
#'
#' A trained learner is a plain R value: its `$model` holds raw bytes and lists.
#' So `saveRDS()`, parallel workers and `clone(deep = TRUE)` work without marshaling; `$marshal()` is not needed.
#'
#' @inheritSection torch_learner_parameters Parameters
#'
#' @inheritSection torch_learner_parameters Internal tuning
#'
#' @inheritSection torch_learner_parameters Stopping
#'
#' @inheritSection torch_learner_parameters Going on
#'
#' @inheritSection torch_learner_parameters Case weights
#'
#' @section Encodings:
#' Two classes have one logit, for the positive class, which is the first level; K classes have K logits; regression has
#' one output.
#' A loss may need more: `"gaussian_nll"` takes two outputs, the mean and the logarithm of the variance, and allows the
#' predict type `"se"`, the standard deviation that the network predicts around its mean; `"quantile"` takes one output
#' for each of its quantiles and allows the predict type `"quantiles"`.
#' In a target, K classes are whole numbers from 1 in the order of the levels; of two classes, the positive one is 1 and
#' the other 0.
#' Features become one tensor `x` of shape (rows, columns), float32; factors are one-hot inside it, their levels are
#' remembered. [torch_task_types] has the encodings of other types of tasks.
#'
#' @family Learner
#' @export
LearnerTorch = R6Class("LearnerTorch",
  inherit = mlr3::Learner,
  public = list(
    #' @description Makes a learner. Called by subclasses.
    #' @param id (`character(1)`)\cr
    #'   The id.
    #' @param task_type (`character(1)`)\cr
    #'   `"classif"`, `"regr"`, `"multiregr"`, `"surv"`, or another that mlr3 knows, see [torch_task_types].
    #' @param param_set ([paradox::ParamSet], or a `list()` of them, of functions or of expressions)\cr
    #'   The subclass's own parameters, see [torch_learner_classes].
    #' @param feature_types (`character()`)\cr
    #'   Types of features that the subclass can use.
    #' @param properties (`character()`)\cr
    #'   Properties in addition to those that all learners of this package have.
    #' @param predict_types (`character()` or `NULL`)\cr
    #'   Predict types; unless given, those that task type and loss allow.
    #' @param packages (`character()`)\cr
    #'   Packages that are needed.
    #' @param label (`character(1)`)\cr
    #'   A readable name.
    #' @param man (`character(1)`)\cr
    #'   The help page, as `"package::topic"`.
    #' @param optimizer ([TorchOptimizer] or `character(1)`)\cr
    #'   The optimizer, cloned; Adam unless given.
    #' @param loss ([TorchLoss] or `character(1)`)\cr
    #'   The loss, cloned; cross entropy or the mean squared error unless given.
    #' @param callbacks (`list()` of [TorchCallback])\cr
    #'   The callbacks, cloned.
    initialize = function(id, task_type, param_set = ps(), feature_types = tensor_feature_types(),
      properties = character(), predict_types = NULL, packages = character(),
      label = NA_character_, man = NA_character_, optimizer = NULL, loss = NULL, callbacks = list()) {
      check_task_type(task_type)
      private$.base_params = param_set_like("learner", learner_param_set)
      own = own_param_sets(param_set, id)
      private$.own_params = own$set
      private$.param_sources = own$sources
      private$.optimizer = as_torch_optimizer(optimizer %??% "adam", clone = TRUE)
      private$.loss = check_loss(as_torch_loss(loss %??% default_loss(task_type), clone = TRUE), task_type, id)
      private$.callbacks = as_torch_callbacks(callbacks, clone = TRUE)
      # the set of all parameters is collected when it is asked for; mlr3 would make an empty one
      super$initialize(id = id, task_type = task_type, param_set = private$.base_params, feature_types = feature_types,
        predict_types = predict_types %??% private$.offered_types(private$.loss, task_type),
        properties = learner_properties(task_type, properties),
        packages = unique(c("mlr3libtorch", packages, part_packages(private))), label = label, man = man)
      private$.param_set = NULL
    },

    #' @description Trains the learner. An error leaves it as it was before.
    #' @param task ([mlr3::Task])\cr
    #'   The task.
    #' @param row_ids (`integer()` or `NULL`)\cr
    #'   The rows to train on; all unless given.
    #' @return The learner, invisibly.
    train = function(task, row_ids = NULL) {
      check_task(self, as_task(task), row_ids)
      state = self$state
      trained = FALSE
      on.exit({
        if (!trained) self$state = state
      })
      super$train(task, row_ids)
      trained = TRUE
      # tells mlr3 that a hotstart has epochs left to train
      if (isTRUE(self$model$interrupted)) self$state$param_vals$epochs = self$model$epochs
      invisible(self)
    },

    #' @description Trains on, see the section *Going on*.
    #' @param task,row_ids
    #'   As in `$train()`.
    #' @param epochs (`integer(1)` or `NULL`)\cr
    #'   How many more. `NULL`: those that are left of a run that was interrupted.
    continue = function(task, epochs = NULL, row_ids = NULL) {
      continue_training(self, private, task, epochs, row_ids)
    },

    #' @description Predicts. Features and levels must be those of training; their order is irrelevant.
    #' @param task ([mlr3::Task])\cr
    #'   The task.
    #' @param row_ids (`integer()` or `NULL`)\cr
    #'   The rows to predict; all unless given.
    #' @return A [mlr3::Prediction].
    predict = function(task, row_ids = NULL) {
      info = private$.model()$task_col_info
      if (!is.null(info) && inherits(task, "Task")) {
        check_prediction_task(self, task, info)
        task = with_training_levels(task, info)
      }
      super$predict(task, row_ids)
    },

    #' @description The tensors that a network of this learner gets for a task.
    #'   A trained learner encodes factors as in training. If a subclass reads rows in R, all of them are read.
    #' @param task ([mlr3::Task])\cr
    #'   The task.
    #' @return A `torch_dataset`: a list with `x` (named list of tensors), `y` (tensor, see the section *Encodings*),
    #'   `row_ids` and, if the task has case weights, `weights` (tensor).
    dataset = function(task) {
      learner_dataset(self, private, as_task(task))
    },

    #' @description Predicts rows that do not belong to a task. No task is made of them if their columns have the types
    #'   of training, so that this takes about the time of converting the columns.
    #' @param newdata (any object that [mlr3::as_data_backend()] takes)\cr
    #'   The rows.
    #' @param task ([mlr3::Task] or `NULL`)\cr
    #'   For the roles and types of columns; unless given, those of the training task.
    #' @return A [mlr3::Prediction]. Its truth is `NA` unless `newdata` has the target.
    predict_newdata = function(newdata, task = NULL) {
      if (!is.null(task) || !predicts_plainly(self, newdata)) {
        return(super$predict_newdata(newdata, task))
      }
      predict_new_rows(self, private, newdata)
    },

    #' @description Predicts without making a task, which is many times faster for few rows. See [as_predictor()] for
    #'   serving.
    #' @param newdata (`data.frame()`)\cr
    #'   The rows.
    #' @param task ([mlr3::Task] or `NULL`)\cr
    #'   Not needed: the model knows its features.
    #' @return A named list as mlr3's own learners return it: `response` and what the predict type asks for.
    predict_newdata_fast = function(newdata, task = NULL) {
      predict_fast(self, private, newdata)
    },

    #' @description Marks the model as marshaled, as mlr3 expects it; it is plain data before and after.
    #' @param ... (any)\cr
    #'   Not used.
    marshal = function(...) {
      learner_marshal(self, ...)
    },

    #' @description Removes the mark.
    #' @param ... (any)\cr
    #'   Not used.
    unmarshal = function(...) {
      learner_unmarshal(self, ...)
    },

    #' @description Prints the learner.
    #' @param ... (any)\cr
    #'   Not used.
    print = function(...) {
      super$print(...)
      print_learner_parts(self, private)
      invisible(self)
    }
  ),

  active = list(
    #' @field history (`torch_history`)\cr
    #'   A [data.table::data.table()] with a row for each epoch: `epoch`, `train.loss` (the mean over its training
    #'   batches), `valid.loss` (that over the validation rows, without case weights), `lr` (of its last batch),
    #'   `seconds`, and the measures' scores. `NA` are values that were not evaluated, and seconds before a checkpoint
    #'   that a run goes on from. With `scale = TRUE`, losses are in the target's standard deviations. Read-only.
    history = function(rhs) {
      assert_read_only(rhs, "history", sprintf("Learner '%s'", self$id))
      history_with_seconds(self$model)
    },
    #' @field optimizer ([TorchOptimizer])\cr
    #'   The optimizer. What is assigned is cloned.
    optimizer = function(rhs) {
      if (missing(rhs)) {
        return(private$.optimizer)
      }
      private$.optimizer = as_torch_optimizer(rhs, clone = TRUE)
      collect_again(self, private)
    },
    #' @field loss ([TorchLoss])\cr
    #'   The loss. What is assigned is cloned.
    loss = function(rhs) {
      if (missing(rhs)) {
        return(private$.loss)
      }
      private$.loss = check_loss(as_torch_loss(rhs, clone = TRUE), self$task_type, self$id)
      private$.predict_types = private$.offered_types(private$.loss, self$task_type)
      collect_again(self, private)
    },
    #' @field callbacks (named `list()` of [TorchCallback])\cr
    #'   The callbacks, by id. What is assigned is cloned.
    callbacks = function(rhs) {
      if (missing(rhs)) {
        return(private$.callbacks)
      }
      private$.callbacks = as_torch_callbacks(rhs, clone = TRUE)
      collect_again(self, private)
    },
    #' @field param_set ([paradox::ParamSet])\cr
    #'   The parameters of the learner, its optimizer (`opt.`), its loss (`loss.`) and its callbacks (`cb.<id>.`).
    param_set = function(rhs) {
      if (is.null(private$.param_set)) {
        private$.param_set = private$.collect_params()
      }
      if (!missing(rhs) && !identical(rhs, private$.param_set)) {
        abort_read_only("The field 'param_set'", "set values with `$param_set$set_values()`")
      }
      private$.param_set
    },
    #' @field predict_type (`character(1)`)\cr
    #'   What is predicted: `"response"`; `"prob"` for classification; for regression also `"se"` or `"quantiles"`, if
    #'   the loss gives them.
    predict_type = function(rhs) {
      if (!missing(rhs)) {
        private$.predict_type = assert_predict_type(self, rhs)
      }
      private$.predict_type
    },
    #' @field predict_types (`character()`)\cr
    #'   What can be predicted with the loss and the parameter `mc_dropout`. Read-only.
    predict_types = function(rhs) {
      assert_read_only(rhs, "predict_types")
      if (task_kind(self$task_type)$draws_se && has_mc_dropout(self)) union(private$.predict_types, "se") else
        private$.predict_types
    },
    #' @field validate (`NULL`, `numeric(1)`, `"test"` or `"predefined"`)\cr
    #'   Where the validation data come from: a ratio of the training rows, the test set, or the task itself.
    validate = function(rhs) {
      if (!missing(rhs)) {
        private$.validate = check_validate(rhs, self$id)
      }
      private$.validate
    },
    #' @field quantiles (`numeric()` or `NULL`)\cr
    #'   The probabilities of the quantiles that are predicted, for regression with the loss `"quantile"`: its parameter
    #'   `quantiles`.
    quantiles = function(rhs) {
      if (!missing(rhs)) {
        set_quantiles(self, rhs)
      }
      learner_quantiles(self)
    },
    #' @field quantile_response (`numeric(1)` or `NULL`)\cr
    #'   The probability of the quantile that is the response; the one nearest to 0.5 unless given.
    quantile_response = function(rhs) {
      if (!missing(rhs)) {
        private$.quantile_response = check_quantile_response(self, rhs)
      }
      private$.quantile_response
    },
    #' @field internal_valid_scores (named `list()`)\cr
    #'   The last validation scores; those of the restored weights with `restore_best_weights`. Read-only.
    internal_valid_scores = function(rhs) {
      assert_read_only(rhs, "internal_valid_scores")
      self$state$internal_valid_scores
    },
    #' @field internal_tuned_values (named `list()`)\cr
    #'   `epochs`, if early stopping has found it. Read-only.
    internal_tuned_values = function(rhs) {
      assert_read_only(rhs, "internal_tuned_values")
      self$state$internal_tuned_values
    },
    #' @field marshaled (`logical(1)`)\cr
    #'   Whether the model is marked as marshaled. Read-only.
    marshaled = function(rhs) {
      assert_read_only(rhs, "marshaled")
      learner_marshaled(self)
    },
    #' @field network (`torch_network`)\cr
    #'   The live network of a trained learner, `NULL` before. Read-only.
    network = function(rhs) {
      assert_read_only(rhs, "network")
      if (!is.null(self$model)) network_handle(private$.model()$network)
    },
    #' @field hash (`character(1)`)\cr
    #'   A hash of all settings. Read-only.
    hash = function(rhs) {
      assert_read_only(rhs, "hash")
      calculate_hash(private$.identity(), map(self$param_set$values, hashable), self$predict_sets)
    },
    #' @field phash (`character(1)`)\cr
    #'   A hash of all settings except the parameter values. Read-only.
    phash = function(rhs) {
      assert_read_only(rhs, "phash")
      calculate_hash(private$.identity())
    }
  ),

  private = list(
    .base_params = NULL,
    .own_params = NULL,
    .param_sources = list(),
    .optimizer = NULL,
    .loss = NULL,
    .callbacks = NULL,
    .validate = NULL,
    .quantile_response = NULL,
    .running = NULL,
    .continued = NULL,
    # Whether the network's outputs are those of an ensemble's members, (rows, members, outputs).
    .averages_members = FALSE,

    .ingress = list(),

    # What subclasses define, see `?torch_learner_classes`.
    .network = function(task, param_vals) {
      abort("config", sprintf("Learner '%s': the class %s must define a private method '%s', which returns a module.",
        self$id, class(self)[[1L]], ".network(task, param_vals)"))
    },
    .ingress_tokens = function(task, param_vals) private$.ingress,
    .loss_fn = function(task, param_vals) private$.loss$generate(task),

    # The network: list(inputs, nodes). `info`: the task's columns, see `column_info()`.
    .network_spec = function(task, param_vals, info) network_of_class(self, private, task, param_vals, info),

    # Whether features and target are standardised inside the network; for learners with scale_param().
    .scales = function(param_vals) FALSE,

    # Adam's learning rate unless one is set; NULL: Adam's own.
    .learning_rate = function(param_vals) NULL,

    # What else makes a task unfit, in words; TRUE if nothing does. Subclasses may define them.
    .check_train_task = function(task, param_vals) TRUE,
    .check_predict_task = function(task, param_vals) TRUE,

    # The recipes of the network's inputs, by name, see R/data_inputs.R.
    .inputs = function(param_vals, info) token_inputs(self, private, param_vals, info),
    .input_names = function() "x",
    .resolved = function(info) resolved_tokens(private$.ingress, info),

    # The rows in memory, or a dataset() that reads them, see `task_dataset()`.
    .dataset = function(task, param_vals, info = column_info(task), target = TRUE, codes = FALSE) {
      rows_of_task(task, private$.inputs(param_vals, info), param_vals, info, target, codes)
    },

    # `y_hat`: the network's output, or a list of several draws of it.
    .encode_prediction = function(y_hat, task, class_names = task$class_names,
      loss = descriptor_request(private$.loss)) {
      encoding = private$.encoding(class_names, loss)
      encode_prediction(task %??% task_stand_in(encoding), y_hat, self$predict_type, encoding = encoding)
    },

    .encoding = function(class_names, loss) {
      encoding = new_encoding(self$state$train_task, class_names, core_loss_outputs(loss), private$.quantile_response,
        private$.averages_members)
      c(encoding, list(predict_type = self$predict_type))
    },

    # The predict types with that loss.
    .offered_types = function(loss, task_type) loss_predict_types(loss, task_type),

    .model = function() if (!is.null(self$model)) assert_model(unmarshal_model(self$model)),

    .train = function(task) {
      with_threads(self$param_set$values$num_threads, private$.run(task, state = private$.continued))
    },

    .hotstart = function(task) {
      with_threads(self$param_set$values$num_threads, private$.run(task, state = private$.model()))
    },

    .predict = function(task) with_threads(self$param_set$values$num_threads, private$.predict_task(task)),

    .run = function(task, state) {
      if (identical(private$.running, self)) {
        abort("nested_training", sprintf("Learner '%s' is being trained; train a clone of it in a callback.", self$id))
      }
      private$.running = self
      on.exit({
        private$.running = NULL
      })
      task = with_training_classes(task)
      values = run_values(self$param_set)
      values$scoring = check_settings(self, task, values)
      assert_fit_task(private$.check_train_task(task, values), self, task)
      set_interop_threads(values$num_interop_threads)
      values$seed = training_seed(values$seed)
      values$objective = run_loss(self, private, task, values)
      values$optimizer = run_optimizer(self, private, values)
      private$.ingress = ingress_of_run(private, task, values, self$id, state)
      info = column_info(task)
      if (!is.null(state$task_col_info)) assert_same_levels(state$task_col_info, info, task)
      data = training_rows(self, private, task, values, info)
      spec = private$.network_spec(task, values, info)
      warn_output_activation(spec, self)
      data = map(data, with_inputs, inputs = spec$inputs)
      known = if (private$.scales(values)) with_all_targets(data$train)
      if (!is.null(known)) {
        spec = scaled_spec(spec, known, private$.inputs(values, info), info,
          loss_request(self, values$objective, info), task, network_outputs(task, values$objective))
      }
      train_network(self, task, task$internal_valid_task, data$train, data$valid, spec, values, private$.callbacks,
        info, state)
    },

    .predict_task = function(task) {
      values = run_values(self$param_set)
      model = private$.model()
      info = model$task_col_info
      check_predict_type(self, model$loss_fn)
      assert_fit_task(private$.check_predict_task(task, values), self, task)
      set_interop_threads(values$num_interop_threads)
      assert_same_features(task, info)
      workers = if (is.null(values$mc_dropout)) workers_of_prediction(values$workers)
      y_hat = if (is.null(workers)) outputs_for_task(self, task) else outputs_of_workers(workers, self, task)
      checked_prediction_data(private$.encode_outputs(y_hat, model, task), task, private, predicted_classes(model))
    },

    .recipe = function() {
      model = assert_trained(private$.model(), self)
      assert_plain_rows(self)
      check_predict_type(self, model$loss_fn)
      inputs = private$.inputs(run_values(self$param_set), model$task_col_info)
      new_recipe(self, model, inputs, private$.encoding(predicted_classes(model), model$loss_fn))
    },

    .encode_outputs = function(y_hat, model, task = NULL) {
      assert_finite_outputs(y_hat, self, task)
      # a subclass's own may take fewer arguments
      given = list(class_names = predicted_classes(model), loss = model$loss_fn)
      takes = names(formals(private$.encode_prediction))
      invoke(private$.encode_prediction, y_hat, task, .args = given[intersect(names(given), takes)])
    },

    # Whether predictions are made from outputs in the way that the core's scores assume.
    .encodes_as_core = function() {
      !private$.averages_members && private$.has_inherited(".encode_prediction")
    },

    # Whether these private methods are those of this class, not of a subclass.
    .has_inherited = function(names) {
      all(map_lgl(names, function(name) {
        identical(private[[name]], LearnerTorch$private_methods[[name]], ignore.environment = TRUE)
      }))
    },

    .extract_internal_valid_scores = function() self$model$internal_valid_scores,

    .extract_internal_tuned_values = function() {
      best = self$model$callbacks$early_stopping$best_epochs
      stopped_early = isTRUE(self$state$param_vals$patience > 0) && !is.null(best)
      if (stopped_early) list(epochs = as.integer(best)) else named_list()
    },

    .collect_params = function() {
      callbacks = map(private$.callbacks, "param_set")
      LearnerParamSet$new(c(
        list(private$.base_params, private$.own_params),
        map(private$.param_sources, function(source) check_own_params(eval(source), self$id)),
        list(opt = private$.optimizer$param_set, loss = private$.loss$param_set),
        set_names(callbacks, sprintf("cb.%s", names(callbacks)))
      ))
    },

    .identity = function() {
      list(class(self), self$id, self$predict_type, self$fallback$hash, self$parallel_predict, self$validate,
        private$.use_weights, private$.predict_raw, private$.parts_identity())
    },

    # What tells the loss, the optimizer and the callbacks of two learners apart.
    .parts_identity = function() {
      list(private$.loss$phash, private$.optimizer$phash, map(private$.callbacks, "phash"))
    },

    # The collection refers to the sets of its parts, so a clone collects the sets of its own parts again.
    deep_clone = function(name, value) {
      switch(name,
        .param_set = , .running = , .continued = NULL,
        .base_params = , .own_params = , .optimizer = , .loss = value$clone(deep = TRUE),
        .callbacks = map(value, function(callback) callback$clone(deep = TRUE)),
        # a subclass's own
        if (inherits(value, "ParamSet")) value$clone(deep = TRUE) else super$deep_clone(name, value)
      )
    }
  )
)
