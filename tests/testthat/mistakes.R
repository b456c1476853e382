# Mistakes that users make: what precedes the first title is run before each of them. tools/mistakes.R writes
# docs/mistakes.md from this file; test-condition_mistakes.R proves that each still gives an error or a warning of this
# package. A title that ends in "(mlr3)" or "(R)" belongs to a mistake that another package answers.

library(mlr3libtorch)
iris_task = tsk("iris")
cars = tsk("mtcars")
classifier = function(...) lrn("classif.mlp", epochs = 2, batch_size = 32, num_threads = 1, seed = 1, ...)
regressor = function(...) lrn("regr.mlp", epochs = 2, batch_size = 32, num_threads = 1, seed = 1, ...)

## A number of epochs is not given
lrn("classif.mlp", batch_size = 32)$train(iris_task)

## A batch size is not given
lrn("classif.mlp", epochs = 2)$train(iris_task)

## A parameter is misspelt
classifier()$param_set$set_values(neurns = 8)

## Another tool's name of a parameter
classifier(learning_rate = 0.1)

## Another tool's way to validate
classifier(validation_split = 0.2)

## Another tool's way to see something
classifier(verbose = 1)

## A number in quotes
classifier(opt.lr = "0.1")

## Half an epoch
lrn("classif.mlp", epochs = 2.5, batch_size = 32)

## No threads
lrn("classif.mlp", num_threads = 0)

## An activation that does not exist
classifier(neurons = 8, activation = "relux")

## A device that is not there
classifier(device = "cuda:7")$train(iris_task)

## A loss for another type of tasks
regressor(loss = "cross_entropy")

## Another tool's name of a loss
regressor(loss = "mae")

## A loss that returns too few numbers
short = t_loss("fn", fn = function(y_hat, y) torch_ones(3))
regressor(loss = short)$train(cars)

## A loss that returns no tensor
constant = t_loss("fn", fn = function(y_hat, y) 3)
regressor(loss = constant)$train(cars)

## A function in place of a loss
regressor(loss = function(y_hat, y) (y_hat - y)^2)

## A factor as the target of a regression (mlr3)
as_task_regr(iris, target = "Species")

## A learner for another type of tasks (mlr3)
regressor()$train(iris_task)

## A data.frame in place of a task (mlr3)
classifier()$train(iris)

## Missing values in a feature
holes = iris
holes$Sepal.Width[3:5] = NA
classifier()$train(as_task_classif(holes, target = "Species"))

## NaN in a feature
holes = mtcars
holes$wt[3] = NaN
regressor()$train(as_task_regr(holes, target = "mpg"))

## Text as a feature
named = cbind(mtcars, name = rownames(mtcars))
regressor()$train(as_task_regr(named, target = "mpg"))

## Dates as a feature
dated = cbind(mtcars, day = as.Date("2026-01-01") + 1:32)
regressor()$train(as_task_regr(dated, target = "mpg"))

## No rows
classifier()$train(iris_task$clone()$filter(integer()))

## More rows in a batch than there are, and incomplete batches are dropped
lrn("regr.mlp", epochs = 2, batch_size = 1000, drop_last = TRUE)$train(cars)

## A learning rate that is too high
lrn("regr.mlp", optimizer = "sgd", opt.lr = 1e6, epochs = 20, batch_size = 8, seed = 1, num_threads = 1)$train(cars)

## Early stopping without validation data
classifier(patience = 3, measures_valid = "classif.ce")$train(iris_task)

## Early stopping without a measure
classifier(patience = 3, validate = 0.2)$train(iris_task)

## More than all rows for validation
classifier(validate = 1.2)

## A measure for another type of tasks
classifier(measures_valid = msr("regr.rmse"), validate = 0.2)$train(iris_task)

## A measure that needs probabilities
classifier(measures_valid = msr("classif.logloss"), validate = 0.2)$train(iris_task)

## Another tool's name of a measure
classifier(measures_valid = "accuracy")

## A type of prediction that the loss does not give
regressor(predict_type = "quantiles")

## A callback that does not exist
classifier(callbacks = "early_stopping")

## Two callbacks of one name
classifier(callbacks = list(t_clbk("history"), t_clbk("history")))

## A callback without a value that it needs
classifier(callbacks = t_clbk("checkpoint"))$train(iris_task)

## A misspelt stage
torch_callback("sizes", on_btach_end = function() NULL)

## A stage of Keras
torch_callback("sizes", on_train_begin = function() NULL)

## A stage with an argument
torch_callback("sizes", on_batch_end = function(logs) NULL)

## A state that is saved, but not loaded
torch_callback("sizes", state_dict = function() list(sizes = 1))

## A misspelt context
torch_callback("sizes", on_batch_end = function() self$cxt$epoch)

## A field of the context that does not exist
torch_callback("sizes", on_batch_end = function() self$ctx$loss)

## A field of the context that can only be read
torch_callback("sizes", on_batch_end = function() self$ctx$epoch = 3)

## A prediction before there is one
early = torch_callback("early", on_batch_begin = function() self$ctx$y_hat$mean())
classifier(callbacks = early)$train(iris_task)

## A callback that fails
fails = torch_callback("fails", on_batch_end = function() stop("the disk is full"))
classifier(callbacks = fails)$train(iris_task)

## A state that cannot be saved
keeps = torch_callback("keeps",
  state_dict = function() list(where = globalenv()), load_state_dict = function(state_dict) NULL)
classifier(callbacks = keeps)$train(iris_task)

## A learner that is trained by its own callback
again = torch_callback("again", on_end = function() self$ctx$learner$train(self$ctx$task_train))
classifier(callbacks = again)$train(iris_task)

## The context is used after the run
kept = new.env()
keep = torch_callback("keep", on_begin = function() kept$ctx = self$ctx)
classifier(callbacks = keep)$train(iris_task)
kept$ctx$epoch

## A layer and data of other shapes
nn_linear(4, 2)(torch_randn(3, 5))

## Tensors of other shapes
torch_ones(3) + torch_ones(2)

## A method that tensors do not have
torch_ones(3)$means()

## An index that counts from 0
torch_ones(3)[0]

## A module without forward
half = nn_module("half", initialize = function(task) self$layer = nn_linear(4, 3))
lrn("classif.module", module_generator = half, epochs = 1, batch_size = 10)$train(iris_task)

## A module with too few outputs
small = nn_module("small",
  initialize = function(task) self$layer = nn_linear(4, 2), forward = function(x) self$layer(x))
lrn("classif.module", module_generator = small, epochs = 1, batch_size = 10)$train(iris_task)

## A member of a module that does not exist
wrong = nn_module("wrong",
  initialize = function(task) self$layer = nn_linear(4, 3), forward = function(x) self$leyer(x))
lrn("classif.module", module_generator = wrong, epochs = 1, batch_size = 10)$train(iris_task)

## A field of a learner that can only be read
learner = classifier()
learner$network = nn_linear(4, 3)

## Prediction before training (mlr3)
classifier()$predict(iris_task)

## Prediction without a column (mlr3)
classifier()$train(iris_task)$predict_newdata(iris[, 2:4])

## Prediction with missing values
classifier()$train(iris_task)$predict_newdata(transform(iris, Sepal.Width = NA_real_))

## Prediction with a new level
credit = tsk("german_credit")
learner = classifier()$train(credit)
row = credit$data(1, cols = credit$feature_names)
row$housing = "castle"
learner$predict_newdata(row)

## Saving into a folder that does not exist (R)
saveRDS(classifier()$train(iris_task), file.path(tempdir(), "nowhere", "learner.rds"))

## Exporting into a folder that does not exist
jit_save(classifier()$train(iris_task), file.path(tempdir(), "nowhere", "network.pt"))

## Exporting a network that has not been trained
jit_save(classifier(), file.path(tempdir(), "network.pt"))

## Training on what has not been trained
regressor()$continue(cars, epochs = 2)

## Going on from a folder that does not exist
regressor(resume = file.path(tempdir(), "nowhere"))$train(cars)

## Going on with other rows
folder = tempfile("run")
regressor(callbacks = t_clbk("checkpoint", path = folder, freq = 1))$train(cars)
regressor(resume = folder)$configure(epochs = 4)$train(cars$clone()$filter(1:20))

## Going on from a damaged checkpoint
folder = tempfile("run")
regressor(callbacks = t_clbk("checkpoint", path = folder, freq = 1))$train(cars)
for (file in list.files(folder, full.names = TRUE)) writeBin(as.raw(1:100), file)
regressor(resume = folder)$configure(epochs = 4)$train(cars)
