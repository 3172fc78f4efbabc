# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_initial_joint.c: a lag of the outcome beside an effect of each person, the first value with an equation of its own
# (Heckman 1981); the likelihood written plainly and integrated by brute force.
#   Rscript scripts/reference/initial.R tests/reference
#
# Data: joint_visits.csv (pbcseq of R's survival: log bilirubin, as it is and in four levels) and mixed_bacteria.csv (bacteria of MASS), which stand there already. The integral
# over the effect of each person is a trapezoidal sum on a grid of 1/4 posterior standard deviations out to 11 of them, placed once near the maximum and
# not moved: for bell-shaped functions its error is about exp(-2 (pi / step)^2) (Trefethen & Weideman 2014, SIAM Review 56, 385-458). Maximised by
# Newton steps on Richardson differences until the next one is below 1e-7 standard errors. Rows: case, name, estimate, se, loglik. se: observed information.
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 15, trim = TRUE, scientific = FALSE)
visits <- read.csv(file.path(into, "joint_visits.csv"), comment.char = "#")
bacteria <- read.csv(file.path(into, "mixed_bacteria.csv"), comment.char = "#")
rows <- function(id, y) { # first rows, later rows and the value before each
  id <- match(id, unique(id)); first <- !duplicated(id)
  list(id = id, n = max(id), first = which(first), later = which(!first), last = y[which(!first) - 1])
}
by_person <- function(l, i, n) { out <- matrix(0, n, ncol(l)); s <- rowsum(l, i); out[as.integer(rownames(s)), ] <- s; out }
v <- rows(visits$id, visits$bili); visits$level <- 1 + (visits$bili > -0.5) + (visits$bili > 0.5) + (visits$bili > 1.5)
s <- rows(visits$id, visits$level); b <- rows(bacteria$ID, bacteria$y)
level <- function(y, th, eta) { th <- c(-Inf, th, Inf); log(plogis(th[y + 1] - eta) - plogis(th[y] - eta)) }
bernoulli <- function(y, eta) plogis((2 * y - 1) * eta, log.p = TRUE)
trt <- cbind(bacteria$trt == "drug", bacteria$trt == "drug+") * 1
stopifnot(levels(factor(bacteria$trt)) == c("drug", "drug+", "placebo"))
# u: effect of each person [n x nodes]; the loading is that of one unit of it.
cases <- list(
  gaussian = list(n = v$n, names = c("(Intercept)", "bili_last", "year", "log(residual sd)", "first:(Intercept)", "first:log(residual sd)", "first ~ person", "sd"),
    start = c(0.15, 0.86, 0.025, -0.87, 0.57, -0.35, 3.2, 0.23),
    l = function(t, u) by_person(dnorm(visits$bili[v$later] - t[1] - t[2] * v$last - t[3] * visits$year[v$later] - u[v$id[v$later], ], 0, exp(t[4]), TRUE), v$id[v$later], v$n) +
      by_person(dnorm(visits$bili[v$first] - t[5] - t[7] * u[v$id[v$first], ], 0, exp(t[6]), TRUE), v$id[v$first], v$n), sd = 8),
  ordinal = list(n = s$n, names = c("1|2", "2|3", "3|4", "level_last2", "level_last3", "level_last4", "year", "first:1|2", "first:2|3", "first:3|4", "first ~ person", "sd"),
    start = c(-1.4, 3.3, 7, 1.5, 4.5, 6.7, 0.2, -2.8, 0.4, 2.4, 1, 2.4),
    l = function(t, u) by_person(level(visits$level[s$later], t[1:3], t[4] * (s$last == 2) + t[5] * (s$last == 3) + t[6] * (s$last == 4) + t[7] * visits$year[s$later] +
      u[s$id[s$later], ]), s$id[s$later], s$n) + by_person(level(visits$level[s$first], t[8:10], t[11] * u[s$id[s$first], ]), s$id[s$first], s$n), sd = 12),
  logit = list(n = b$n, names = c("(Intercept)", "y_last", "trtdrug", "trtdrug+", "first:(Intercept)", "first:trtdrug", "first:trtdrug+", "first ~ person", "sd"),
    start = c(1.5, 0.8, -1.2, -0.8, 2.3, -0.5, 0.4, 0.4, 0.9),
    l = function(t, u) by_person(bernoulli(bacteria$y[b$later], t[1] + t[2] * b$last + drop(trt[b$later, ] %*% t[3:4]) + u[b$id[b$later], ]), b$id[b$later], b$n) +
      by_person(bernoulli(bacteria$y[b$first], t[5] + drop(trt[b$first, ] %*% t[6:7]) + t[8] * u[b$id[b$first], ]), b$id[b$first], b$n), sd = 9))

place <- function(case, t) { # posterior means and standard deviations of v = u / sd
  m <- rep(0, case$n); sd <- rep(1, case$n); x <- seq(-6, 6, 0.25)
  for (k in 1:8) {
    z <- m + outer(sd, x); f <- case$l(t, t[case$sd] * z) - z^2 / 2
    w <- exp(f - apply(f, 1, max)); w <- w / rowSums(w); m <- rowSums(w * z); sd <- sqrt(rowSums(w * (z - m)^2))
  }
  list(m = m, sd = sd)
}
likelihood <- function(case, at) {
  step <- 0.25; z <- at$m + outer(at$sd, seq(-11, 11, step)); prior <- dnorm(z, log = TRUE) + log(step * at$sd)
  function(t) { f <- case$l(t, t[case$sd] * z) + prior; m <- apply(f, 1, max); sum(m + log(rowSums(exp(f - m)))) }
}
gradient <- function(L, t, scale) sapply(seq_along(t), function(j) {
  d <- sapply(0:2, function(k) { h <- replace(numeric(length(t)), j, 0.2 * scale[j] / 2^k); (L(t + h) - L(t - h)) / (0.4 * scale[j] / 2^k) })
  d <- (4 * d[-1] - d[-3]) / 3; (16 * d[2] - d[1]) / 15 })
hessian <- function(L, t, scale) {
  H <- sapply(seq_along(t), function(j) { h <- replace(numeric(length(t)), j, 0.01 * scale[j]); (gradient(L, t + h, scale) - gradient(L, t - h, scale)) / (0.02 * scale[j]) })
  (H + t(H)) / 2 }
run <- function(case) {
  t <- case$start
  for (k in 1:2) { L <- likelihood(case, place(case, t)); t <- optim(t, L, method = "BFGS", control = list(fnscale = -1, maxit = 400, reltol = 1e-7))$par }
  L <- likelihood(case, place(case, t)); scale <- rep(0.05, length(t))
  for (k in 1:2) { H <- hessian(L, t, scale); scale <- sqrt(diag(solve(-H))); t <- t - drop(solve(H, gradient(L, t, scale))) }
  for (k in 1:4) t <- t - drop(solve(H, gradient(L, t, scale)))
  V <- solve(-hessian(L, t, scale)); left <- max(abs(drop(V %*% gradient(L, t, scale))) / sqrt(diag(V)))
  cat("last step in standard errors", left, "\n"); stopifnot(left < 1e-7)
  data.frame(name = case$names, estimate = number(t), se = number(sqrt(diag(V))), loglik = number(L(t)))
}
con <- file(file.path(into, "initial.csv"), "w")
writeLines(c(sprintf("# scripts/reference/initial.R; R %s; tolerance 1e-4 standard errors", getRversion()), "case,name,estimate,se,loglik"), con)
for (k in names(cases)) { write.table(cbind(case = k, run(cases[[k]])), con, sep = ",", row.names = FALSE, col.names = FALSE, quote = FALSE); flush(con) }
close(con)
