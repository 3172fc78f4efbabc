# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_crossed.c: ordered levels with effects of two crossed groupings, and two competing categories with correlated effects
# of a group, both by the Laplace approximation.
#   Rscript scripts/reference/mixed_levels.R tests/reference
#
# The likelihood is written here plainly: all effects stand in one vector, its mode is found by Newton steps to 1e-13, the determinant is that of the dense
# Hessian. Its maximum is polished by Newton steps on Richardson differences, started from clmm (ordinal) or from nothing (categories). clmm must lie within
# 1e-2 standard errors of it, or the script stops. Data are drawn here, written beside. Rows: case, name, estimate, se, loglik; "sd GROUP" are standard
# deviations with the standard error of their logarithm; "cor GROUP" is the correlation of the effects of the two categories.
suppressMessages(library(ordinal))
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 15, trim = TRUE, scientific = FALSE)
put <- function(d, name) { con <- file(file.path(into, name), "w"); on.exit(close(con)); writeLines("# drawn by scripts/reference/mixed_levels.R: no real people", con)
  write.csv(d, con, row.names = FALSE, quote = FALSE) }
set.seed(20)
d <- data.frame(person = rep(1:30, each = 10), rater = sample(1:12, 300, TRUE), x = round(rnorm(300), 2))
e <- 0.8 * d$x + rnorm(30)[d$person] + 0.7 * rnorm(12)[d$rater] + rlogis(300)
d$y <- as.integer(cut(e, c(-Inf, -1.2, 0.3, 1.6, Inf)))
g <- data.frame(team = rep(1:25, each = 16), x = round(rnorm(400), 2))
u <- matrix(rnorm(50), 25) %*% chol(matrix(c(0.8, 0.35, 0.35, 0.6), 2)); eta <- cbind(0, -0.2 + 0.6 * g$x + u[g$team, 1], -0.5 - 0.4 * g$x + u[g$team, 2])
g$y <- apply(eta + matrix(-log(-log(runif(1200))), 400), 1, which.max) - 1
put(d, "crossed_ratings.csv"); put(g, "crossed_teams.csv")
# log-likelihood of rows and its derivatives by the predictors eta [rows, k]
ordinal_rows <- function(theta, y) function(eta) {
  a <- c(theta, Inf)[y] - eta[, 1]; b <- c(-Inf, theta)[y] - eta[, 1]; P <- plogis(a) - plogis(b); A <- dlogis(a) / P; B <- dlogis(b) / P
  s <- function(z) ifelse(is.finite(z), 1 - 2 * plogis(z), 0)
  list(l = sum(log(P)), g = cbind(B - A), h = array((A - B)^2 - A * s(a) + B * s(b), c(length(y), 1, 1)))
}
multinomial_rows <- function(y) function(eta) {
  m <- cbind(0, eta); m <- m - apply(m, 1, max); p <- exp(m) / rowSums(exp(m)); q <- p[, -1, drop = FALSE]
  h <- array(0, c(length(y), 2, 2)); for (j in 1:2) for (k in 1:2) h[, j, k] <- (j == k) * q[, j] - q[, j] * q[, k]
  list(l = sum(log(p[cbind(seq_along(y), y + 1)])), g = cbind(y == 1, y == 2) - q, h = h)
}
# fixed [rows, k]; Z: list over k of designs of v (standard normal effects), scaled
laplace <- function(rows, fixed, Z) {
  v <- numeric(ncol(Z[[1]])); k <- length(Z)
  for (step in 1:200) {
    r <- rows(fixed + sapply(Z, function(z) drop(z %*% v))); G <- -v; H <- diag(length(v))
    for (i in 1:k) { G <- G + drop(crossprod(Z[[i]], r$g[, i])); for (j in 1:k) H <- H + crossprod(Z[[i]], r$h[, i, j] * Z[[j]]) }
    move <- solve(H, G); v <- v + move; if (max(abs(move)) < 1e-13) break
  }
  r <- rows(fixed + sapply(Z, function(z) drop(z %*% v)))
  r$l - 0.5 * sum(v^2) - 0.5 * as.numeric(determinant(H)$modulus)
}
richardson <- function(f, t, j, h) { a <- sapply(0:3, function(k) { u <- replace(numeric(length(t)), j, h / 2^k); (f(t + u) - f(t - u)) / (2 * h / 2^k) })
  for (k in 1:3) a <- (4^k * a[-1] - a[-length(a)]) / (4^k - 1); a }
polish <- function(f, t) {
  grad <- function(t) sapply(seq_along(t), function(j) richardson(f, t, j, 0.05))
  hess <- function(t) { H <- sapply(seq_along(t), function(j) { u <- replace(numeric(length(t)), j, 5e-3); (grad(t + u) - grad(t - u)) / 1e-2 }); (H + t(H)) / 2 }
  o <- optim(t, f, function(t) grad(t), method = "BFGS", control = list(fnscale = -1, maxit = 300, reltol = 1e-12)); t <- o$par
  for (i in 1:4) t <- t - drop(solve(hess(t), grad(t)))
  list(t = t, se = sqrt(diag(solve(-hess(t)))), l = f(t), grad = max(abs(grad(t))))
}
dummies <- function(g) model.matrix(~ 0 + factor(g))
P <- dummies(d$person); R <- dummies(d$rater)
f <- function(t) if (any(diff(t[1:3]) <= 0)) -Inf else laplace(ordinal_rows(t[1:3], d$y), cbind(t[4] * d$x), list(cbind(exp(t[5]) * P, exp(t[6]) * R)))
m <- clmm(factor(y) ~ x + (1 | person) + (1 | rater), transform(d, person = factor(person), rater = factor(rater)))
start <- c(m$alpha, m$beta, log(unlist(m$ST)))
a <- polish(f, unname(start)); message("ordinal: clmm off ", signif(max(abs(start - a$t) / a$se), 2), " se, gradient ", signif(a$grad, 2)); stopifnot(max(abs(start - a$t) / a$se) < 1e-2)
T <- dummies(g$team)
h <- function(t) { L <- matrix(c(exp(t[5]), t[6], 0, exp(t[7])), 2); N <- ncol(T)
  laplace(multinomial_rows(g$y), cbind(t[1] + t[2] * g$x, t[3] + t[4] * g$x), list(cbind(L[1, 1] * T, 0 * T), cbind(L[2, 1] * T, L[2, 2] * T))) }
b <- polish(h, c(-0.2, 0.6, -0.5, -0.4, -0.2, 0.3, -0.4)); message("multinomial: gradient ", signif(b$grad, 2))
s2 <- sqrt(b$t[6]^2 + exp(2 * b$t[7]))
rows <- rbind(data.frame(case = "ordinal_ratings", name = c("1|2", "2|3", "3|4", "x", "sd_person", "sd_rater"), estimate = number(c(a$t[1:4], exp(a$t[5:6]))), se = number(a$se), loglik = number(a$l)),
  data.frame(case = "multinomial_teams", name = c("one:(Intercept)", "one:x", "two:(Intercept)", "two:x", "sd_one", "sd_two", "cor_team"), estimate = number(c(b$t[1:4], exp(b$t[5]), s2, b$t[6] / s2)),
  se = number(c(b$se[1:4], b$se[5], 0, 0)), loglik = number(b$l)))
con <- file(file.path(into, "crossed_levels.csv"), "w")
writeLines(paste("#", c(sprintf("%s, ordinal %s, made by scripts/reference/mixed_levels.R", R.version.string, packageVersion("ordinal")),
  "tolerance: estimates and log standard deviations 1e-4 of their standard error; log-likelihood 1e-5")), con)
write.table(rows, con, sep = ",", quote = FALSE, row.names = FALSE); close(con)
