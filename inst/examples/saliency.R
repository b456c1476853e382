# Saliency: how much does the predicted score of a class change with each feature of a row? The gradient of the trained
# learner's network by its input says so. Here the target depends on two features of eight.
#
# usage: Rscript saliency.R

library(mlr3libtorch)
lgr::get_logger("mlr3")$set_threshold("warn")

set.seed(1)
n = 600
data = as.data.frame(matrix(rnorm(n * 8), n, dimnames = list(NULL, paste0("x", 1:8))))
data$class = factor(ifelse(data$x2 + 2 * data$x5 + rnorm(n, sd = 0.3) > 0, "high", "low"))
task = as_task_classif(data, target = "class", positive = "high")

learner = lrn("classif.mlp", neurons = c(32, 16), p = 0.1, epochs = 30, batch_size = 64, seed = 1,
  predict_type = "prob")
learner$train(task)

# ---- The gradient by the input -------------------------------------------------------------------------------------
network = learner$network
network$eval()
x = torch_tensor(as.matrix(data[task$feature_names]), requires_grad = TRUE)
output = network(x)
output$sum()$backward()
saliency = colMeans(abs(as.matrix(x$grad)))
names(saliency) = task$feature_names
print(round(saliency, 3))

# the same without touching any $grad
again = autograd_grad(network(x)$sum(), list(x))[[1]]
stopifnot(isTRUE(all.equal(as.matrix(again), as.matrix(x$grad))))

# ---- Integrated gradients of one row: they add up to the change of the score ---------------------------------------
row = x$detach()[1, ]$unsqueeze(1)
share = ((torch_arange(1, 200) - 0.5) / 200)$unsqueeze(2)
path = (share * row)$requires_grad_(TRUE)
integrated = row * autograd_grad(network(path)$sum(), path)[[1]]$mean(dim = 1, keepdim = TRUE)
change = with_no_grad(network(row) - network(torch_zeros_like(row)))$sum()$item()
cat(sprintf("Score of row 1 changes by %.3f, the features explain %.3f\n", change, integrated$sum()$item()))

ranked = names(sort(saliency, decreasing = TRUE))
stopifnot(identical(ranked[1:2], c("x5", "x2")), abs(change - integrated$sum()$item()) < 0.05 * abs(change) + 0.01)
