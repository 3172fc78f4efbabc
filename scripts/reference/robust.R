# SPDX-License-Identifier: GPL-3.0-or-later
# Reference robust covariances for tests/fit/test_robust.c.
#   Rscript scripts/reference/robust.R tests/reference
#
# Least squares: sandwich (vcovHC HC0 to HC3, vcovCL by two clusters) and clubSandwich (CR0, CR1S, CR2, CR3; Satterthwaite degrees of freedom).
# logit, poisson: sandwich's vcovHC and vcovCL; CR2, CR3 and degrees of freedom by the equations of docs/fit.md written plainly here, with whole
# hat matrices of the working model (they agree with clubSandwich where working weights are equal). ordinal: the same from its scores and
# information, which are written here by row.
suppressMessages({library(sandwich); library(clubSandwich); library(MASS)})
into <- commandArgs(TRUE)[1]
d <- read.csv(file.path(into, "phd.csv"), comment.char = "#", stringsAsFactors = TRUE)
d$any <- as.numeric(d$articles > 0)
d$field <- (seq_len(nrow(d)) * 7) %% 23
number <- function(x) format(x, digits = 17, trim = TRUE)
tight <- glm.control(epsilon = 1e-15, maxit = 200)
X <- model.matrix(~ gender + married + kids + prestige, d)

power <- function(M, to) { e <- eigen((M + t(M)) / 2, symmetric = TRUE); e$vectors %*% (ifelse(e$values > 1e-10, e$values, Inf)^to * t(e$vectors)) }
# scores S [n x p], information of each row I [[n]] (p x p): CR2, CR3 and Satterthwaite, every cluster against every other
plain <- function(S, I, g) {
  A <- Reduce(`+`, I); V <- solve(A); L <- t(chol(A)); Li <- solve(L)
  groups <- sort(unique(g)); p <- ncol(S)
  Ig <- lapply(groups, function(k) Reduce(`+`, I[g == k])); M <- lapply(Ig, function(J) Li %*% J %*% t(Li))
  sums <- rowsum(S, g)
  one <- function(to) { a <- sapply(seq_along(groups), function(k) V %*% L %*% power(diag(p) - M[[k]], to) %*% Li %*% sums[k, ]); a %*% t(a) }
  df <- sapply(seq_len(p), function(j) {
    a <- lapply(M, function(m) t(Li) %*% power(diag(p) - m, -1 / 2) %*% t(L) %*% V[, j])
    P <- outer(seq_along(groups), seq_along(groups), Vectorize(function(x, y)
      (x == y) * drop(t(a[[x]]) %*% Ig[[x]] %*% a[[x]]) - drop(t(a[[x]]) %*% Ig[[x]] %*% V %*% Ig[[y]] %*% a[[y]])))
    sum(diag(P))^2 / sum(P^2)
  })
  list(CR2 = one(-1 / 2), CR3 = one(-1), df = df)
}
rows <- function(case, kind, names, V, df = rep(0, length(names)))
  data.frame(case = case, kind = kind, name = gsub("[ ,]", "_", names), se = number(sqrt(diag(V))), df = number(df))

ols <- function() {
  m <- lm(prestige ~ gender + married + kids + articles, d); n <- names(coef(m)); out <- NULL
  for (k in c("HC0", "HC1", "HC2", "HC3")) out <- rbind(out, rows("linear", k, n, vcovHC(m, k)))
  for (k in c("CR0", "CR2", "CR3")) {
    V <- vcovCR(m, d$field, k)
    out <- rbind(out, rows("linear", k, n, V, if (k == "CR2") coef_test(m, V, "Satterthwaite")$df_Satt else rep(0, length(n))))
  }
  out <- rbind(out, rows("linear", "CR1", n, vcovCR(m, d$field, "CR1S")))
  two <- vcovCL(m, cluster = d[c("field", "mentor")], type = "HC1", multi0 = FALSE, fix = TRUE)
  rbind(out, rows("linear", "two", n, two))
}
glms <- function(case, y, family) {
  e <- d; e$y <- y; n <- colnames(X); out <- NULL
  m <- do.call(glm, list(y ~ gender + married + kids + prestige, family = family, data = e, control = tight))
  for (k in c("HC0", "HC1", "HC2", "HC3")) out <- rbind(out, rows(case, k, n, vcovHC(m, k)))
  S <- (y - fitted(m)) * X; w <- m$family$mu.eta(m$linear.predictors)
  p <- plain(S, lapply(seq_len(nrow(X)), function(i) w[i] * tcrossprod(X[i, ])), d$field)
  out <- rbind(out, rows(case, "CR0", n, vcovCR(m, d$field, "CR0")), rows(case, "CR2", n, p$CR2, p$df), rows(case, "CR3", n, p$CR3))
  rbind(out, rows(case, "two", n, vcovCL(m, cluster = d[c("field", "mentor")], type = "HC1", multi0 = FALSE, fix = TRUE)))
}
ordinal <- function() {
  y <- 1 + (d$articles > 0) + (d$articles > 1) + (d$articles > 3); Z <- X[, -1]; K <- 4; p <- ncol(Z)
  P <- function(t, i) { q <- c(0, plogis(t[1:(K - 1)] - sum(Z[i, ] * t[-(1:(K - 1))])), 1); q[y[i] + 1] - q[y[i]] }
  parts <- function(t, i) { # gradient and minus the second derivative of log P, by hand
    eta <- sum(Z[i, ] * t[-(1:(K - 1))]); c1 <- if (y[i] < K) t[y[i]] - eta else Inf; c0 <- if (y[i] > 1) t[y[i] - 1] - eta else -Inf
    D <- matrix(0, 2, K - 1 + p); if (y[i] < K) D[1, y[i]] <- 1; if (y[i] > 1) D[2, y[i] - 1] <- 1; D[, K:(K - 1 + p)] <- rep(-Z[i, ], each = 2)
    pr <- plogis(c1) - plogis(c0); f <- dlogis(c(c1, c0)); fp <- f * (1 - 2 * plogis(c(c1, c0))); fp[f == 0] <- 0
    g <- c(f[1], -f[2]) / pr; H <- diag(c(fp[1], -fp[2])) / pr - tcrossprod(g)
    list(s = drop(g %*% D), I = -t(D) %*% H %*% D)
  }
  t <- unname(c(polr(factor(y) ~ Z)$zeta, polr(factor(y) ~ Z)$coefficients))
  for (k in 1:8) { q <- lapply(seq_along(y), function(i) parts(t, i)); t <- t + solve(Reduce(`+`, lapply(q, `[[`, "I")), Reduce(`+`, lapply(q, `[[`, "s"))) }
  q <- lapply(seq_along(y), function(i) parts(t, i))
  p <- plain(do.call(rbind, lapply(q, `[[`, "s")), lapply(q, `[[`, "I"), d$field)
  n <- c("none|one", "one|few", "few|many", colnames(Z))
  rbind(rows("ordinal", "CR2", n, p$CR2, p$df), rows("ordinal", "CR3", n, p$CR3))
}
out <- rbind(ols(), glms("logit", d$any, binomial()), glms("poisson", d$articles, poisson()), ordinal())
path <- file.path(into, "robust_phd.csv")
writeLines(c(paste0("# robust covariances of fits to phd.csv, ", R.version.string, ", sandwich ", packageVersion("sandwich"), ", clubSandwich ",
                    packageVersion("clubSandwich"), ", made by scripts/reference/robust.R; tolerance 1e-8"),
             "# field = (7 times the row, from 1) modulo 23"), path)
suppressWarnings(write.table(out, path, append = TRUE, sep = ",", quote = FALSE, row.names = FALSE))
