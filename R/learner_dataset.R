# The dataset of a learner's own runs and predictions, in which factors of many levels are kept in codes. A subclass
# that makes its datasets itself gets and gives tensors.
own_dataset = function(private, ...) {
  if (private$.has_inherited(".dataset")) private$.dataset(..., codes = TRUE) else private$.dataset(...)
}
