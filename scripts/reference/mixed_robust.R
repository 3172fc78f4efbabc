# SPDX-License-Identifier: GPL-3.0-or-later
# Reference robust errors and penalised fits of mixed models for tests/fit/test_mixed_robust.c.
#   Rscript scripts/reference/mixed_robust.R tests/reference
#
# Linear: lmer (REML) and clubSandwich's CR0, CR1S at the optimum that lmer finds with tight controls; CR2, CR3 and Satterthwaite's degrees of freedom by
# the equations of docs/fit.md written plainly with whole matrices. Others: the Laplace approximation written plainly, a sum over clusters; scores of clusters
# are Richardson differences of it, the information a difference of their sum; CR0 and CR1. Priors: the same Laplace approximation plus log densities; linear
# models with a prior integrate over the coefficients (restricted likelihood), written with whole matrices.
# Rows: case, kind, name, estimate, se, df; kind "model" are errors of the model.
suppressMessages({library(lme4); library(clubSandwich)})
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 15, trim = TRUE, scientific = FALSE)
read <- function(f) read.csv(file.path(into, f), comment.char = "#", stringsAsFactors = FALSE)
rows <- function(case, kind, names, estimate, V, df = rep(0, length(names)))
  data.frame(case = case, kind = kind, name = gsub("[ ,]", "_", names), estimate = number(unname(estimate)), se = number(unname(sqrt(diag(V))[seq_along(names)])), df = number(df))
cr1 <- function(G, N, p) G / (G - 1) * (N - 1) / (N - p)
power <- function(M, to) { e <- eigen((M + t(M)) / 2, symmetric = TRUE); e$vectors %*% (ifelse(e$values > 1e-10, e$values, Inf)^to * t(e$vectors)) }

# --- linear ---------------------------------------------------------------------------------------------------------------
# V(t): covariance of y from the parameters; t polished to the maximum of the restricted likelihood (with prior: mean m, precision P of b)
richardson <- function(f, t, j, h) { a <- sapply(0:2, function(k) { u <- replace(numeric(length(t)), j, h / 2^k); (f(t + u) - f(t - u)) / (2 * h / 2^k) })
  for (k in 1:2) a <- (4^k * a[-1] - a[-length(a)]) / (4^k - 1); a }
newton <- function(f, t, h) { grad <- function(t) sapply(seq_along(t), function(j) richardson(f, t, j, h))
  hess <- function(t) { H <- sapply(seq_along(t), function(j) { u <- replace(numeric(length(t)), j, h / 20); (grad(t + u) - grad(t - u)) / (h / 10) }); (H + t(H)) / 2 }
  for (i in 1:8) { H <- hess(t); move <- drop(solve(H, grad(t))); t <- t - move; if (max(abs(move) / sqrt(diag(solve(-H)))) < 1e-4) break }
  move <- drop(solve(H, grad(t))); stopifnot(max(abs(move) / sqrt(diag(solve(-H)))) < 1e-6); list(t = t - move, H = H) }
linear <- function(case, y, X, V, t, g, m = NULL, P = NULL) {
  p <- ncol(X); N <- length(y); if (is.null(P)) { P <- matrix(0, p, p); m <- rep(0, p) }
  at <- function(t) { v <- V(t); W <- solve(v); A <- crossprod(X, W %*% X) + P; b <- solve(A, crossprod(X, W %*% y) + P %*% m); e <- y - X %*% b
    list(W = W, A = A, b = drop(b), e = e, l = -0.5 * (as.numeric(determinant(v)$modulus) + as.numeric(determinant(A)$modulus) + sum(e * (W %*% e)) + sum((b - m) * (P %*% (b - m))))) }
  t <- newton(function(t) at(t)$l, t, 0.02)$t; a <- at(t); B <- solve(a$A); n <- colnames(X)
  out <- rows(case, "model", n, a$b, B)
  if (is.null(g)) return(out)
  G <- unique(g); K <- length(G); s <- sapply(G, function(k) { i <- g == k; crossprod(X[i, , drop = FALSE], a$W[i, i] %*% a$e[i]) }); s <- matrix(s, p)
  I <- lapply(G, function(k) { i <- g == k; crossprod(X[i, , drop = FALSE], a$W[i, i] %*% X[i, , drop = FALSE]) })
  L <- t(chol(a$A)); Li <- solve(L); M <- lapply(I, function(J) Li %*% J %*% t(Li))
  one <- function(to) { z <- sapply(seq_len(K), function(k) B %*% L %*% power(diag(p) - M[[k]], to) %*% Li %*% s[, k]); z <- matrix(z, p); z %*% t(z) }
  df <- sapply(seq_len(p), function(j) { z <- lapply(M, function(q) t(Li) %*% power(diag(p) - q, -1 / 2) %*% t(L) %*% B[, j])
    Q <- outer(seq_len(K), seq_len(K), Vectorize(function(x, w) (x == w) * drop(t(z[[x]]) %*% I[[x]] %*% z[[x]]) - drop(t(z[[x]]) %*% I[[x]] %*% B %*% I[[w]] %*% z[[w]])))
    sum(diag(Q))^2 / sum(Q^2) })
  C0 <- B %*% (s %*% t(s)) %*% B
  rbind(out, rows(case, "CR0", n, a$b, C0), rows(case, "CR1", n, a$b, C0 * cr1(K, N, p)), rows(case, "CR2", n, a$b, one(-1 / 2), df), rows(case, "CR3", n, a$b, one(-1)))
}
S <- read("mixed_sleep.csv"); Zs <- lapply(unique(S$subject), function(k) cbind(1, S$Days) * (S$subject == k))
Vs <- function(t) { L <- matrix(c(t[1], t[2], 0, t[3]), 2); v <- exp(2 * t[4]) * diag(nrow(S)); for (z in Zs) v <- v + tcrossprod(z %*% L); v }
Xs <- cbind("(Intercept)" = 1, Days = S$Days); ms <- lmer(reaction ~ Days + (Days | subject), S, control = lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-12)))
ts <- { L <- t(chol(VarCorr(ms)$subject)); c(L[1, 1], L[2, 1], L[2, 2], log(sigma(ms))) }
sleep <- linear("sleep", S$reaction, Xs, Vs, ts, S$subject)
for (k in c("CR0", "CR1")) { club <- sqrt(diag(vcovCR(ms, cluster = S$subject, type = if (k == "CR1") "CR1S" else k)))
  own <- as.numeric(sleep$se[sleep$kind == k]); message("sleep ", k, ": clubSandwich off ", signif(max(abs(club / own - 1)), 2)); stopifnot(max(abs(club / own - 1)) < 1e-4) }
Q <- read("crossed_pastes.csv"); Q$x <- as.numeric(Q$cask == "b"); sb <- outer(Q$batch, Q$batch, "=="); sc <- sb & outer(Q$cask, Q$cask, "==")
Xq <- cbind("(Intercept)" = 1, x = Q$x); Vq <- function(t) exp(2 * t[1]) * sb + exp(2 * t[2]) * sc + exp(2 * t[3]) * diag(nrow(Q))
mq <- lmer(strength ~ x + (1 | batch / cask), Q); tq <- log(c(as.data.frame(VarCorr(mq))$sdcor[c(2, 1)], sigma(mq)))
pastes <- linear("pastes", Q$strength, Xq, Vq, tq, Q$batch)
for (k in c("CR0", "CR1")) { club <- sqrt(diag(vcovCR(mq, cluster = Q$batch, type = if (k == "CR1") "CR1S" else k)))
  own <- as.numeric(pastes$se[pastes$kind == k]); message("pastes ", k, ": clubSandwich off ", signif(max(abs(club / own - 1)), 2)); stopifnot(max(abs(club / own - 1)) < 1e-4) }
sleep_prior <- linear("sleep_prior", S$reaction, Xs, Vs, ts, NULL, c(0, 5), diag(c(0, 1 / 1.5^2)))
pastes_prior <- linear("pastes_prior", Q$strength, Xq, Vq, tq, NULL, c(0, 1), diag(c(0, 1 / 0.5^2)))

# --- Laplace ----------------------------------------------------------------------------------------------------------------
logit_rows <- function(y) function(eta) { p <- plogis(eta); list(l = sum(y * plogis(eta, log.p = TRUE) + (1 - y) * plogis(-eta, log.p = TRUE)), g = y - p, h = p * (1 - p)) }
poisson_rows <- function(y) function(eta) { m <- exp(eta); list(l = sum(dpois(y, m, TRUE)), g = y - m, h = m) }
ordinal_rows <- function(theta, y) function(eta) {
  a <- c(theta, Inf)[y] - eta; b <- c(-Inf, theta)[y] - eta; p <- plogis(a) - plogis(b); A <- dlogis(a) / p; B <- dlogis(b) / p
  s <- function(z) ifelse(is.finite(z), 1 - 2 * plogis(z), 0)
  list(l = sum(log(p)), g = B - A, h = (A - B)^2 - A * s(a) + B * s(b)) }
laplace <- function(r, fixed, Z) { v <- numeric(ncol(Z))
  for (step in 1:200) { e <- r(fixed + drop(Z %*% v)); H <- diag(length(v)) + crossprod(Z, e$h * Z); move <- solve(H, drop(crossprod(Z, e$g)) - v); v <- v + move; if (max(abs(move)) < 1e-12) break }
  e <- r(fixed + drop(Z %*% v)); e$l - 0.5 * sum(v^2) - 0.5 * as.numeric(determinant(diag(length(v)) + crossprod(Z, e$h * Z))$modulus) }
# one(t, k): log-likelihood of cluster k; p: how many of the parameters are coefficients
mixed <- function(case, one, t, K, N, names, n_cr, prior = function(t) 0) {
  p <- length(names); f <- function(t) sum(sapply(seq_len(K), function(k) one(t, k))) + prior(t)
  b <- newton(f, t, 0.02); t <- b$t; V <- solve(-b$H); out <- rows(case, "model", names, t[1:p], V)
  if (n_cr == 0) return(out)
  s <- sapply(seq_len(K), function(k) sapply(seq_along(t), function(j) richardson(function(u) one(u, k), t, j, 0.02)))
  C0 <- V %*% (s %*% t(s)) %*% V
  rbind(out, rows(case, "CR0", names, t[1:p], C0), rows(case, "CR1", names, t[1:p], C0 * cr1(K, N, n_cr)))
}
dummies <- function(g) model.matrix(~ 0 + factor(g, levels = unique(g)))
B <- read("mixed_bacteria.csv"); B$trt <- factor(B$trt, levels = c("placebo", "drug", "drug+")); Xb <- model.matrix(~ trt + late, B); ids <- unique(B$ID)
one_b <- function(t, k) { i <- B$ID == ids[k]; laplace(logit_rows(B$y[i]), drop(Xb[i, , drop = FALSE] %*% t[1:4]), matrix(t[5], sum(i), 1)) }
bacteria <- mixed("bacteria", one_b, c(3.5, -1.4, -0.8, -1.6, 1.2), length(ids), nrow(B), colnames(Xb), 4)
bacteria_prior <- mixed("bacteria_prior", one_b, c(3.5, -1.0, -0.8, -1.6, 1.2), length(ids), nrow(B), colnames(Xb), 0,
  function(t) dnorm(t[2], -0.5, 0.3, TRUE) + dnorm(t[4], 0, 1, TRUE))
W <- read("mixed_wine.csv"); js <- unique(W$judge)
one_w <- function(t, k) { i <- W$judge == js[k]; if (any(diff(t[1:4]) <= 0)) return(-Inf)
  laplace(ordinal_rows(t[1:4], W$rating[i]), (t[5] * (W$temp == "warm") + t[6] * (W$contact == "yes"))[i], matrix(t[7], sum(i), 1)) }
wine <- mixed("wine", one_w, c(-1.62, 1.51, 4.23, 6.09, 3.06, 1.83, 1.13), length(js), nrow(W), c("1|2", "2|3", "3|4", "4|5", "tempwarm", "contactyes"), 6)
G <- read("crossed_grouseticks.csv"); ls <- unique(G$location); Xg <- cbind("(Intercept)" = 1, y96 = G$y96, y97 = G$y97, height = G$height)
stopifnot(all(rowSums(table(G$brood, G$location) > 0) == 1))
one_g <- function(rows_of, y) function(t, k) { i <- G$location == ls[k]; Z <- cbind(t[5] * if (length(unique(G$brood[i])) > 1) dummies(G$brood[i]) else matrix(1, sum(i), 1), t[6])
  laplace(rows_of(y[i]), drop(Xg[i, , drop = FALSE] %*% t[1:4]), Z) }
D <- read("crossed.csv"); from <- function(case) { e <- D[D$case == case, ]; e$estimate[match(c(colnames(Xg), "sd_brood", "sd_location"), e$name)] }
ticks <- mixed("logit_ticks", one_g(logit_rows, G$any), from("logit_ticks"), length(ls), nrow(G), colnames(Xg), 4)
counts <- mixed("poisson_ticks", one_g(poisson_rows, G$ticks), from("poisson_ticks"), length(ls), nrow(G), colnames(Xg), 4)
ticks_prior <- mixed("poisson_prior", one_g(poisson_rows, G$ticks), from("poisson_ticks"), length(ls), nrow(G), colnames(Xg), 0, function(t) dnorm(t[4], -1, 0.3, TRUE))
con <- file(file.path(into, "mixed_robust.csv"), "w")
writeLines(paste("#", c(sprintf("%s, lme4 %s, clubSandwich %s, made by scripts/reference/mixed_robust.R", R.version.string, packageVersion("lme4"), packageVersion("clubSandwich")),
  "tolerance: linear 1e-6 relative; others estimates 1e-4 standard errors, standard errors 1e-3")), con)
write.table(rbind(sleep, pastes, sleep_prior, pastes_prior, bacteria, bacteria_prior, wine, ticks, counts, ticks_prior), con, sep = ",", quote = FALSE, row.names = FALSE); close(con)
