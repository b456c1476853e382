#' @title Dataset of a Task
#'
#' @description
#' `task_dataset()` makes a [dataset()] whose batches are rows of a task, read from its backend when they are asked for.
#' A batch is `list(x, y, .index)`: `x` has a tensor for each token, `y` is the truth, `.index` the positions.
#'
#' [get_target_batchgetter()] returns the function that encodes the truth as the learners' losses need it.
#'
#' @section Learners that read rows in R:
#' A subclass of [LearnerTorch] may define a private method `.dataset(task, param_vals)` that returns a dataset with an
#' item for each row of the task: `list(x = <named list of tensors>, y = <tensor>)`. The loop then reads each batch when
#' it needs it, in training, validation and prediction, so the rows need not fit into memory and may come from files.
#' The network's inputs are called like the elements of `x`; a single one may have any name.
#' The method may also return a [dataloader()] of such a dataset. Then its `batch_size`, `shuffle`, `sampler`,
#' `batch_sampler`, `drop_last` and `collate_fn` are used for the training rows instead of the learner's parameters, and
#' its `collate_fn` for all others; a plain shuffled loader draws from the run's generator, so `seed` decides.
#' All batches must have the types and the shapes of the first row, and `y` is encoded as the loss needs it. In
#' prediction, `y` is not used. Where the method has an argument `target`, it says whether `y` is needed.
#'
#' This is slower than tensors in memory, since R code runs for each batch: what lies in memory is best left to the
#' learners themselves. A run that goes on has the same bits as one that never stopped if the dataset gives the same
#' rows again; random numbers that it draws from R's generator are part of the run.
#'
#' @param task ([mlr3::Task])\cr
#'   The task.
#' @param feature_ingress_tokens (named `list()` of [TorchIngressToken()])\cr
#'   Which features become which element of `x`; [ingress_num()] and the others work as well.
#' @param target_batchgetter (`function` or `NULL`)\cr
#'   A function of (data, device), or of data alone, that makes a tensor of the target's column; without it, batches
#'   have no `y`.
#' @param device (`character(1)`)\cr
#'   The device of the tensors. Learners move them where they need them.
#' @return A [dataset()].
#'
#' @family Data
#' @usage task_dataset(task, feature_ingress_tokens, target_batchgetter = NULL, device = "cpu")
#' @export
#' @examples
#' task = tsk("iris")
#' petal = TorchIngressToken(c("Petal.Length", "Petal.Width"), batchgetter_num, c(NA, 2))
#' ds = task_dataset(task, list(petal = petal), get_target_batchgetter(task))
#' ds$.getbatch(1:3)
task_dataset = dataset("task_dataset",
  initialize = function(task, feature_ingress_tokens, target_batchgetter = NULL, device = "cpu") {
    self$task = assert_task(as_task(task))
    self$feature_ingress_tokens = imap(assert_tokens(feature_ingress_tokens, "feature_ingress_tokens"), resolve_ingress,
      info = column_info(task))
    self$target_batchgetter = assert_function(target_batchgetter, args = "data", null.ok = TRUE)
    self$device = if (identical(device, "auto")) "cpu" else assert_string(device)
  },
  .getbatch = function(index) {
    tokens = self$feature_ingress_tokens
    target = if (!is.null(self$target_batchgetter)) self$task$target_names
    data = self$task$data(self$task$row_ids[index], unique(c(unlist(map(tokens, "features")), target)))
    batch = get_batch_constructor(self$task, tokens, self$target_batchgetter)(data, self$device)
    batch$.index = torch_tensor(as.integer(index), device = self$device)
    batch
  },
  .length = function() self$task$nrow,
  parent_env = environment()
)

# The same for the recipes of a network's inputs. `draw`: what the randomness of lazy tensors follows from; where one is
# random, it is set before a batch is read.
inputs_dataset = dataset("inputs_dataset",
  initialize = function(task, inputs, target) {
    self$task = task
    self$inputs = inputs
    self$target = if (target) task$target_names
    self$columns = unique(c(unlist(map(inputs, "id")), self$target))
    self$is_random = is_random_input(task, inputs)
    self$draw = 0
  },
  .getbatch = function(index) {
    data = self$task$data(self$task$row_ids[index], self$columns)
    list(
      x = map(self$inputs, input_tensor, columns = data, rows = length(index), draw = self$draw, numbers = index),
      y = if (!is.null(self$target)) target_tensor(self$task, data)
    )
  },
  .length = function() self$task$nrow,
  parent_env = environment()
)

# Whether inputs are made batch by batch: by functions of the user, or of lazy tensors.
is_read = function(inputs) any(map_chr(inputs, "kind") %in% c("own", "lazy"))
