# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fit for tests/fit/test_joint_correlated.c: three parts whose effects of people have a full covariance, the likelihood written plainly.
#   Rscript scripts/reference/joint_correlated.R tests/reference
#
# Data: the first 60 people of pbcseq of R's survival (LGPL >= 2), written beside as joint_three.csv: log bilirubin, albumin (numbers), hepatomegaly (0, 1) at each visit.
# Given the effect e of the third part the two numbers are normal with mean X b + Z c e and covariance Z S Z' + R (c and S: mean and covariance of their
# effects given e), so that the log density of a person is a + h e - k e^2 / 2; one trapezoidal sum over e / sd in steps of 1/20 out to 12 does the rest.
# Maximised by Newton steps on Richardson differences until a step is below 1e-7 of every standard error. se: observed information.
suppressMessages(library(survival))
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 15, trim = TRUE, scientific = FALSE)
p <- pbcseq[!is.na(pbcseq$hepato) & pbcseq$id <= 60, ]
d <- data.frame(id = p$id, year = round(p$day / 365.25, 2), bili = round(log(p$bili), 4), albumin = p$albumin, hepato = p$hepato)
con <- file(file.path(into, "joint_three.csv"), "w")
writeLines(sprintf("# pbcseq of the R package survival %s (LGPL >= 2); Mayo Clinic primary biliary cholangitis", packageVersion("survival")), con)
write.csv(d, con, row.names = FALSE, quote = FALSE); close(con)
rows <- split(seq_len(nrow(d)), d$id)
node <- seq(-12, 12, 0.05); weight <- 0.05 * dnorm(node)
names <- c("bili:(Intercept)", "bili:year", "bili:log(residual sd)", "albumin:(Intercept)", "albumin:year", "albumin:log(residual sd)", "hepato:(Intercept)",
  "hepato:year", "person(bili)", "albumin ~ bili", "person(albumin)", "hepato ~ bili", "hepato ~ albumin", "person(hepato)")
loglik <- function(t) {
  L <- matrix(0, 3, 3); L[1, 1] <- t[9]; L[2, 1:2] <- t[10:11]; L[3, 1:3] <- t[12:14]
  V <- L %*% t(L); sd <- sqrt(V[3, 3]); c <- V[1:2, 3] / V[3, 3]; S <- V[1:2, 1:2] - outer(c, c) * V[3, 3]
  total <- 0
  for (i in rows) {
    n <- length(i); one <- rep(1, n)
    r <- c(d$bili[i] - t[1] - t[2] * d$year[i], d$albumin[i] - t[4] - t[5] * d$year[i])
    Z <- cbind(c(one, 0 * one), c(0 * one, one))
    U <- chol(Z %*% S %*% t(Z) + diag(rep(exp(2 * t[c(3, 6)]), each = n)))
    x <- backsolve(U, r, transpose = TRUE); z <- backsolve(U, Z %*% c, transpose = TRUE)
    e <- sd * node; eta <- outer(t[7] + t[8] * d$year[i], e, `+`)
    f <- sum(x * z) * e - sum(z^2) * e^2 / 2 + colSums(d$hepato[i] * eta - (pmax(eta, 0) + log1p(exp(-abs(eta)))))
    m <- max(f)
    total <- total - sum(x^2) / 2 - sum(log(diag(U))) - n * log(2 * pi) + m + log(sum(weight * exp(f - m)))
  }
  total
}
gradient <- function(t, scale) sapply(seq_along(t), function(j) {
  d <- sapply(0:2, function(k) { u <- replace(numeric(length(t)), j, 0.2 * scale[j] / 2^k); (loglik(t + u) - loglik(t - u)) / (0.4 * scale[j] / 2^k) })
  d <- (4 * d[-1] - d[-3]) / 3; (16 * d[2] - d[1]) / 15 })
hessian <- function(t, scale) {
  H <- sapply(seq_along(t), function(j) { u <- replace(numeric(length(t)), j, 0.05 * scale[j]); (gradient(t + u, scale) - gradient(t - u, scale)) / (0.1 * scale[j]) })
  (H + t(H)) / 2 }
t <- c(0.5, 0.1, log(0.4), 3.5, -0.1, log(0.35), 0, 0.1, 1, -0.2, 0.3, 1, -0.3, 1)
safe <- function(t) tryCatch(loglik(t), error = function(e) -1e10)
t <- optim(t, safe, method = "BFGS", control = list(fnscale = -1, maxit = 300, reltol = 1e-10, parscale = rep(0.1, length(t))))$par
scale <- rep(0.05, length(t))
for (k in 1:2) { H <- hessian(t, scale); scale <- sqrt(diag(solve(-H))); t <- t - drop(solve(H, gradient(t, scale))) }
for (k in 1:2) t <- t - drop(solve(H, gradient(t, scale)))
left <- max(abs(drop(solve(H, gradient(t, scale)))) / scale)
cat("last step in standard errors", left, "\n"); stopifnot(left < 1e-7)
se <- sqrt(diag(solve(-hessian(t, scale))))
con <- file(file.path(into, "joint_correlated.csv"), "w")
writeLines(sprintf("# scripts/reference/joint_correlated.R; R %s, survival %s; tolerance 1e-4 standard errors", getRversion(), packageVersion("survival")), con)
write.csv(data.frame(name = names, estimate = number(t), se = number(se), loglik = number(loglik(t))), con, row.names = FALSE, quote = FALSE)
close(con)
