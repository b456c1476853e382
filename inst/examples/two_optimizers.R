# A generative adversarial network in a plain loop: two networks, each with an optimizer of its own. The generator
# learns to draw from a normal distribution with mean 3 and standard deviation 0.5, which it never sees itself.
#
# usage: Rscript two_optimizers.R

library(mlr3libtorch)

torch_manual_seed(1)
generator = nn_sequential(nn_linear(4, 16), nn_relu(), nn_linear(16, 1))
discriminator = nn_sequential(nn_linear(1, 16), nn_leaky_relu(0.2), nn_linear(16, 16), nn_leaky_relu(0.2),
  nn_linear(16, 1))
optimizer_g = optim_adam(generator$parameters, lr = 0.002, betas = c(0.5, 0.9))
optimizer_d = optim_adam(discriminator$parameters, lr = 0.005, betas = c(0.5, 0.9))
loss_fn = nn_bce_with_logits_loss()

batch_size = 128
real_label = torch_ones(batch_size, 1)
fake_label = torch_zeros(batch_size, 1)
draw = function(n) generator(torch_randn(n, 4))

for (step in 1:1200) {
  # the discriminator learns to tell both apart; detached, so that the generator stays as it is
  real = torch_randn(batch_size, 1) * 0.5 + 3
  fake = draw(batch_size)
  optimizer_d$zero_grad()
  loss_d = loss_fn(discriminator(real), real_label) + loss_fn(discriminator(fake$detach()), fake_label)
  loss_d$backward()
  optimizer_d$step()

  # the generator learns to be taken for real
  optimizer_g$zero_grad()
  loss_g = loss_fn(discriminator(fake), real_label)
  loss_g$backward()
  optimizer_g$step()

  if (step %% 300 == 0) {
    cat(sprintf("step %4d: discriminator %.3f, generator %.3f\n", step, loss_d$item(), loss_g$item()))
  }
}

sample = as.numeric(with_no_grad(draw(2000)))
cat(sprintf("2000 numbers of the generator: mean %.2f, standard deviation %.2f\n", mean(sample), sd(sample)))
stopifnot(abs(mean(sample) - 3) < 0.5, sd(sample) > 0.1, sd(sample) < 1)
