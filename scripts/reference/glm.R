# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_glm.c: probit, Poisson, negative binomial, gamma, log-normal, cumulative probit and complementary log-log.
#   Rscript scripts/reference/glm.R tests/reference
#
# Scores are written here once more, by row; every fit starts from the package's answer (glm, glm.nb, lm, clm) and is polished by Newton
# steps on them, with Hessians that are Richardson differences of scores. The package's answer must lie within 1e-4 standard errors, or the
# script stops. `se` is the observed information (negative binomial: of coefficients and theta together); `robust` is the sandwich by
# cluster with G/(G-1) (N-1)/(N-p), theta and shape taken as known.
suppressMessages({library(MASS); library(ordinal); library(sandwich)})
into <- commandArgs(TRUE)[1]

hessian <- function(score, theta, scale) {
  one <- function(j) {
    d <- function(h) { e <- replace(numeric(length(theta)), j, h); (colSums(score(theta + e)) - colSums(score(theta - e))) / (2 * h) }
    h <- 8e-3 / scale[j]
    a <- matrix(sapply(0:3, function(k) d(h / 2^k)), nrow = length(theta))
    for (k in 1:3) a <- (4^k * a[, -1, drop = FALSE] - a[, -ncol(a), drop = FALSE]) / (4^k - 1)
    a[, 1]
  }
  H <- matrix(sapply(seq_along(theta), one), nrow = length(theta))
  (H + t(H)) / 2
}
polish <- function(score, theta, scale) {
  for (i in 1:10) {
    H <- hessian(score, theta, scale)
    step <- -solve(H, colSums(score(theta)), tol = 1e-30)
    theta <- theta + step
    if (max(abs(step) / sqrt(diag(solve(-H, tol = 1e-30)))) < 1e-13) break
  }
  list(theta = theta, cov = solve(-hessian(score, theta, scale), tol = 1e-30))
}
number <- function(x) format(x, digits = 17, trim = TRUE, scientific = FALSE)
# known: places in theta of what the sandwich takes as known
result <- function(case, score, start, scale, names, cluster, loglik, null, known = integer(), keep = seq_along(names), divide = 1) {
  fit <- polish(score, unname(start), scale)
  se <- sqrt(diag(fit$cov))
  off <- max(abs(fit$theta - start) / se)
  if (!(off < 1e-4)) stop(case, ": the package's answer is ", off, " standard errors away")
  S <- score(fit$theta); free <- setdiff(seq_along(start), known)
  A <- solve(-hessian(function(t) { u <- fit$theta; u[free] <- t; score(u)[, free, drop = FALSE] }, fit$theta[free], scale[free]), tol = 1e-30)
  G <- length(unique(cluster)); N <- nrow(S)
  meat <- G / (G - 1) * (N - 1) / (N - length(free)) * crossprod(rowsum(S[, free, drop = FALSE], cluster))
  robust <- sqrt(diag(A %*% meat %*% A))
  d <- if (is.function(divide)) divide(fit$theta) else divide
  data.frame(case = case, name = gsub("[ ,]", "_", names), estimate = number(fit$theta[keep]), se = number(se[keep] / sqrt(d)),
             robust = number(c(robust, rep(0, length(known)))[keep]), loglik = number(loglik(fit$theta)), null = number(null))
}
tight <- glm.control(epsilon = 1e-15, maxit = 200)

d <- read.csv(file.path(into, "phd.csv"), comment.char = "#", stringsAsFactors = TRUE)
d$any <- as.numeric(d$articles > 0)
d$many <- cut(d$articles, c(-1, 0, 1, 3, 100), labels = c("none", "one", "few", "many"), ordered_result = TRUE)
X <- model.matrix(~ gender + married + kids + prestige + mentor, d); p <- ncol(X); scale <- apply(abs(X), 2, max)
Z <- model.matrix(~ gender + married + kids + mentor, d); zscale <- apply(abs(Z), 2, max)

probit <- function() {
  y <- d$any; side <- 2 * y - 1; m <- glm(y ~ X - 1, family = binomial("probit"), control = tight)
  hazard <- function(z) exp(dnorm(z, log = TRUE) - pnorm(z, log.p = TRUE))
  result("probit", function(b) drop(side * hazard(side * X %*% b)) * X, coef(m), scale, colnames(X), d$mentor,
         function(b) sum(pnorm(side * drop(X %*% b), log.p = TRUE)), sum(dbinom(y, 1, mean(y), log = TRUE)))
}
poisson_case <- function() {
  y <- d$articles; m <- glm(y ~ X - 1, family = poisson, control = tight)
  result("poisson", function(b) (y - drop(exp(X %*% b))) * X, coef(m), scale, colnames(X), d$mentor,
         function(b) sum(dpois(y, drop(exp(X %*% b)), log = TRUE)), sum(dpois(y, mean(y), log = TRUE)))
}
negative_binomial <- function() {
  y <- d$articles; m <- glm.nb(y ~ X - 1, control = tight); m0 <- glm.nb(y ~ 1, control = tight)
  score <- function(t) {
    b <- t[1:p]; theta <- exp(t[p + 1]); mu <- drop(exp(X %*% b))
    cbind((y - mu) * theta / (theta + mu) * X,
          theta * (digamma(y + theta) - digamma(theta) + log(theta) + 1 - log(theta + mu) - (y + theta) / (theta + mu)))
  }
  loglik <- function(t) sum(dnbinom(y, size = exp(t[p + 1]), mu = drop(exp(X %*% t[1:p])), log = TRUE))
  m0 <- optimise(function(t) sum(dnbinom(y, size = exp(t), mu = mean(y), log = TRUE)), c(-2, 4), maximum = TRUE, tol = 1e-12)
  result("negative_binomial", score, c(coef(m), log(m$theta)), c(scale, 1), c(colnames(X), "log(theta)"), d$mentor, loglik, m0$objective, known = p + 1)
}
gamma_case <- function() {
  y <- d$prestige; m <- glm(y ~ Z - 1, family = Gamma("log"), control = tight)
  shape_of <- function(mu) uniroot(function(a) log(a) - digamma(a) - mean(y / mu - 1 - log(y / mu)), c(1e-2, 1e4), tol = 1e-14)$root
  loglik <- function(mu) { a <- shape_of(mu); sum(dgamma(y, a, scale = mu / a, log = TRUE)) }
  result("gamma", function(b) (y / drop(exp(Z %*% b)) - 1) * Z, coef(m), zscale, colnames(Z), d$kids, function(b) loglik(drop(exp(Z %*% b))),
         loglik(rep(mean(y), length(y))), divide = function(b) shape_of(drop(exp(Z %*% b))))
}
lognormal <- function() {
  y <- log(d$prestige); m <- lm(y ~ Z - 1); V <- vcovCL(m, d$kids, type = "HC1")
  data.frame(case = "lognormal", name = colnames(Z), estimate = number(coef(m)), se = number(sqrt(diag(vcov(m)))), robust = number(sqrt(diag(V))),
             loglik = number(as.numeric(logLik(m)) - sum(y)), null = number(as.numeric(logLik(lm(y ~ 1))) - sum(y)))
}
ordinal_case <- function(link) {
  y <- as.integer(d$many); W <- X[, -1]; T <- nlevels(d$many) - 1
  F <- list(probit = pnorm, cloglog = function(z) -expm1(-exp(z)))[[link]]
  f <- list(probit = dnorm, cloglog = function(z) exp(z - exp(z)))[[link]]
  ends <- function(t) { eta <- drop(W %*% t[-(1:T)]); list(a = c(t[1:T], Inf)[y] - eta, b = c(-Inf, t[1:T])[y] - eta) }
  share <- function(e) ifelse(is.finite(e$a), F(e$a), 1) - ifelse(is.finite(e$b), F(e$b), 0)
  score <- function(t) {
    e <- ends(t); P <- share(e); A <- ifelse(is.finite(e$a), f(e$a), 0) / P; B <- ifelse(is.finite(e$b), f(e$b), 0) / P
    S <- sapply(1:T, function(k) A * (y == k) - B * (y == k + 1))
    cbind(S, (B - A) * W)
  }
  m <- clm(many ~ gender + married + kids + prestige + mentor, data = d, link = link, control = clm.control(gradTol = 1e-11, maxIter = 200))
  n <- table(y)
  result(paste0("ordinal_", link), score, coef(m), c(rep(1, T), scale[-1]), c(names(m$alpha), colnames(W)), d$mentor, function(t) sum(log(share(ends(t)))),
         sum(n * log(n / sum(n))))
}
con <- file(file.path(into, "glm_phd.csv"), "w")
writeLines(paste("#", c(paste("fits to phd.csv, md5", tools::md5sum(file.path(into, "phd.csv"))),
  sprintf("%s, MASS %s, ordinal %s, sandwich %s, made by scripts/reference/glm.R", R.version.string, packageVersion("MASS"), packageVersion("ordinal"),
  packageVersion("sandwich")), "se: observed information (negative_binomial: joint with theta); robust: CR1, theta and shape known; tolerance 1e-8")), con)
write.table(rbind(probit(), poisson_case(), negative_binomial(), gamma_case(), lognormal(), ordinal_case("probit"), ordinal_case("cloglog")), con,
            sep = ",", quote = FALSE, row.names = FALSE)
close(con)
