# A learner whose rows are read in R while it is trained. `make`: a function of (task, target) that makes the dataset;
# without it, rows are those that the same network gets in memory.
LearnerReading = R6::R6Class("LearnerReading",
  inherit = LearnerTorchMLP,
  public = list(make = NULL),
  private = list(
    .dataset = function(task, param_vals, target = TRUE) {
      if (!is.null(self$make)) {
        return(self$make(task, target))
      }
      task_dataset(task, list(features = ingress_num()), get_target_batchgetter(task))
    }
  )
)

# Also the learner that is the same in memory.
reading_learner = function(task_type = "classif", ..., make = NULL, validate = NULL, in_memory = FALSE) {
  learner = (if (in_memory) LearnerTorchMLP else LearnerReading)$new(task_type)
  learner$param_set$set_values(.values = insert_named(
    list(epochs = 3, batch_size = 32, neurons = 5, seed = 1, scale = FALSE), list(...)))
  if (!in_memory) learner$make = make
  learner$validate = validate
  learner
}

# The plain weights of a trained learner.
learned = function(learner) map(learner$network$state_dict(), as_array)
