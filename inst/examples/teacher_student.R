# Distillation: a small network learns what a large one says about each row, all three probabilities, and not only the
# class. The teacher is trained by a learner, the student in a plain loop.
#
# usage: Rscript teacher_student.R

library(mlr3libtorch)
lgr::get_logger("mlr3")$set_threshold("warn")
set.seed(1)
torch_manual_seed(1)

features = scale(as.matrix(iris[, 1:4]))
task = as_task_classif(data.frame(features, Species = iris$Species), target = "Species")
teacher_learner = lrn("classif.mlp", neurons = c(64, 64), p = 0.2, epochs = 40, batch_size = 32, seed = 1,
  optimizer = t_opt("adam", lr = 0.01))
teacher_learner$train(task)
teacher = teacher_learner$network
teacher$eval()
teacher$requires_grad_(FALSE)

student = nn_sequential(nn_linear(4, 4), nn_tanh(), nn_linear(4, 3))
optimizer = optim_adam(student$parameters, lr = 0.05)
scheduler = lr_step(optimizer, step_size = 100, gamma = 0.5)

x = torch_tensor(features[, teacher_learner$state$train_task$feature_names])
y = torch_tensor(as.integer(iris$Species))
temperature = 2
distillation_loss = function(output, target, y) {
  soft = nnf_kl_div(nnf_log_softmax(output / temperature, dim = 2), nnf_softmax(target / temperature, dim = 2),
    reduction = "batchmean")
  0.9 * temperature^2 * soft + 0.1 * nnf_cross_entropy(output, y)
}

for (step in 1:300) {
  optimizer$zero_grad()
  target = with_no_grad(teacher(x))
  loss = distillation_loss(student(x), target, y)
  loss$backward()
  optimizer$step()
  scheduler$step()
  if (step %% 100 == 0) cat(sprintf("step %d: loss %.4f\n", step, loss$item()))
}

classes = function(network) as.integer(with_no_grad(network(x))$argmax(dim = 2))
agree = mean(classes(student) == classes(teacher))
count = function(network) sum(vapply(network$parameters, function(parameter) parameter$numel(), numeric(1)))
cat(sprintf("The student has %d weights, the teacher %d; they agree on %.1f%% of the rows\n",
  count(student), count(teacher), 100 * agree))
stopifnot(agree > 0.95, count(student) < count(teacher) / 100, is.null(teacher$parameters[[1]]$grad))
