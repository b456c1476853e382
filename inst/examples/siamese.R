# A siamese network: two inputs go through the same layers, and the distance of what comes out says whether both belong
# to the same class. Trained by a learner that reads two groups of features.
#
# usage: Rscript siamese.R

library(mlr3libtorch)
lgr::get_logger("mlr3")$set_threshold("warn")
set.seed(1)

# ---- Pairs of flowers: are they of the same species? ---------------------------------------------------------------
flowers = scale(as.matrix(iris[, 1:4]))
colnames(flowers) = letters[1:4]
n = 3000
left = sample(150, n, replace = TRUE)
right = sample(150, n, replace = TRUE)
same = factor(ifelse(iris$Species[left] == iris$Species[right], "same", "different"))
pairs = data.frame(left = flowers[left, ], right = flowers[right, ], same = same)
task = as_task_classif(pairs, target = "same", positive = "same", id = "pairs")

siamese = nn_module("siamese",
  initialize = function(in_features, width = 16, size = 2) {
    self$embed = nn_sequential(nn_linear(in_features, width), nn_relu(), nn_linear(width, size))
    self$scale = nn_parameter(torch_tensor(-1))
    self$shift = nn_parameter(torch_tensor(1))
  },
  forward = function(left, right) {
    distance = (self$embed(left) - self$embed(right))$pow(2)$sum(dim = 2, keepdim = TRUE)
    self$shift + self$scale * distance
  }
)

torch_manual_seed(1)
net = siamese(4)
learner = lrn("classif.torch_model", network = net, epochs = 15, batch_size = 100, seed = 1,
  optimizer = t_opt("adam", lr = 0.01),
  ingress_tokens = list(
    left = ingress_num(features = paste0("left.", colnames(flowers))),
    right = ingress_num(features = paste0("right.", colnames(flowers)))
  )
)
split = partition(task)
learner$train(task, split$train)
accuracy = learner$predict(task, split$test)$score(msr("classif.acc"))
cat(sprintf("Accuracy on pairs that the network has not seen: %.3f\n", accuracy))

# ---- It does not matter which flower comes first, and two names for inputs are two names ---------------------------
network = learner$network
a = torch_tensor(flowers[c(1, 60, 120), ])
b = torch_tensor(flowers[c(2, 1, 130), ])
scores = network(left = a, right = b)
print(scores)
stopifnot(
  accuracy > 0.9,
  isTRUE(all.equal(as.numeric(scores), as.numeric(network(right = a, left = b)))),
  as.numeric(scores)[1] > 0, as.numeric(scores)[2] < 0
)
