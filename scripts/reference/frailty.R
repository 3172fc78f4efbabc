# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits of shared frailties for tests/fit/test_frailty.c: the whole marginal likelihood, written plainly, on kidney and rats of survival.
#   Rscript scripts/reference/frailty.R tests/reference
# Parameters: coefficients, logarithms of the steps of the baseline at every event time of every stratum, log of the variance. Newton on the
# gradient by complex steps, with the Hessian by complex steps of the gradient, to a gradient of 1e-10; errors from the inverse of the whole Hessian.
# Late entry: the likelihood is divided by E[exp(-z T)] of each group, T its hazard before. The normal frailty is integrated on a fixed grid. coxph(frailty()) is exact to about 6e-3 only, so it is no reference.
suppressMessages(library(survival))
into <- commandArgs(TRUE)[1]
# log E[z^d exp(-z H)], H may be complex, w is the variance
gamma_term <- function(d, H, w) { j <- seq_len(max(d - 1, 0)); (if (d > 1) sum(log(1 + j * w)) else 0) - (1 / w + d) * log(1 + w * H) }
grid <- seq(-14, 14, length.out = 4001)
normal_term <- function(d, H, w) { u <- grid * sqrt(Re(w)); f <- d * u - H * exp(u) - u^2 / (2 * w); top <- max(Re(f))
  log(sum(exp(f - top)) * (u[2] - u[1])) + top - log(2 * pi * w) / 2 }
frailty <- function(name, d, X, term, stratum = rep(1, nrow(d)), entry = rep(0, nrow(d))) {
  p <- ncol(X); times <- lapply(sort(unique(stratum)), function(s) sort(unique(d$time[d$status == 1 & stratum == s])))
  key <- do.call(rbind, Map(function(s, t) cbind(s, t), sort(unique(stratum)), times)); K <- nrow(key)
  risk <- outer(seq_len(nrow(d)), seq_len(K), function(i, k) stratum[i] == key[k, 1] & d$time[i] >= key[k, 2] & entry[i] < key[k, 2])
  before <- outer(seq_len(nrow(d)), seq_len(K), function(i, k) stratum[i] == key[k, 1] & entry[i] >= key[k, 2]) # at risk before they came
  n_k <- sapply(seq_len(K), function(k) sum(d$status == 1 & stratum == key[k, 1] & d$time == key[k, 2]))
  groups <- split(seq_len(nrow(d)), d$group); d_g <- sapply(groups, function(i) sum(d$status[i]))
  loglik <- function(par) {
    eta <- as.vector(X %*% par[1:p]); a <- par[p + 1:K]; w <- exp(par[p + K + 1])
    hazard <- exp(eta) * as.vector((risk + before) %*% exp(a)); unseen <- exp(eta) * as.vector(before %*% exp(a))
    H <- sapply(groups, function(i) sum(hazard[i])); T <- sapply(groups, function(i) sum(unseen[i]))
    sum(n_k * a) + sum(eta[d$status == 1]) + sum(mapply(function(n, h) term(n, h, w), d_g, H)) - sum(mapply(function(h) term(0, h, w), T))
  }
  # derivatives of a term by H and log w, by complex steps; of the gradient by central differences of those, extrapolated
  n <- p + K + 1; h <- 1e-30
  parts <- function(par) {
    eta <- as.vector(X %*% par[1:p]); a <- exp(par[p + 1:K]); w <- exp(par[n])
    of <- function(risk) { # of each group: hazard, and that by every parameter
      rate <- exp(eta) * (risk * rep(a, each = nrow(d))); hazard <- rowSums(rate)
      list(H = sapply(groups, function(i) sum(hazard[i])),
           A = t(sapply(groups, function(i) c(colSums(X[i, , drop = FALSE] * hazard[i]), colSums(rate[i, , drop = FALSE])))))
    }
    all <- of(risk + before); unseen <- of(before)
    list(H = all$H, A = all$A, T = unseen$H, B = unseen$A, w = w)
  }
  by_H <- function(n, H, w) Im(term(n, H + h * 1i, w)) / h
  by_w <- function(n, H, w) Im(term(n, H, w * (1 + h * 1i))) / h      # by log w
  gradient <- function(par) {
    q <- parts(par); g <- mapply(by_H, d_g, q$H, q$w); g0 <- mapply(by_H, 0, q$T, q$w)
    c(colSums(X[d$status == 1, , drop = FALSE]), n_k, 0) + c(colSums(q$A * g) - colSums(q$B * g0), sum(mapply(by_w, d_g, q$H, q$w)) - sum(mapply(by_w, 0, q$T, q$w)))
  }
  hessian <- function(par) { # fourth-order differences of the gradient, by a small part of the width of the likelihood
    g <- gradient(par); width <- sapply(seq_len(n), function(j) { q <- par; q[j] <- q[j] + 1e-5; 1 / sqrt(abs(gradient(q)[j] - g[j]) / 1e-5) })
    m <- sapply(seq_len(n), function(j) { e <- 2e-3 * min(width[j], 1); s <- function(k) { q <- par; q[j] <- q[j] + k * e; gradient(q) }
      (8 * (s(1) - s(-1)) - (s(2) - s(-2))) / (12 * e) })
    (m + t(m)) / 2
  }
  start <- coxph(Surv(entry, d$time, d$status) ~ X + strata(stratum), ties = "breslow")
  par <- c(coef(start), log(n_k / colSums(risk * exp(as.vector(X %*% coef(start))))), log(0.4 + 1.2 * any(entry > 0)))
  for (round in 1:60) {
    g <- gradient(par); m <- -hessian(par); e <- eigen(m, TRUE, TRUE)$values; step <- solve(m + diag(max(0, 1e-3 - 2 * min(e)), n), g)
    f <- 1; while (f > 1e-6 && !isTRUE(loglik(par + f * step) >= loglik(par) - 1e-9)) f <- f / 2
    par <- par + f * step
    if (max(abs(g)) < 1e-10) break
  }
  V <- solve(-hessian(par)); none <- start$loglik[2]
  constant <- sum(n_k * log(n_k)) - sum(n_k)
  own <- p + seq_along(times[[1]]); step <- exp(par[own])
  data.frame(case = name, term = c(colnames(X), "log_variance"), estimate = format(par[c(1:p, n)], digits = 17),
             se = format(sqrt(diag(V))[c(1:p, n)], digits = 17), loglik = format(loglik(par) - constant, digits = 17),
             none = format(none, digits = 17), gradient = format(max(abs(gradient(par))), digits = 3),
             hazard = format(sum(step), digits = 17), hazard_se = format(sqrt(c(step %*% V[own, own] %*% step)), digits = 17))
}
k <- data.frame(group = kidney$id, time = kidney$time, status = kidney$status, age = kidney$age, female = kidney$sex - 1)
r <- data.frame(group = rats$litter, time = rats$time, status = rats$status, rx = rats$rx, female = as.integer(rats$sex == "f"))
write <- function(file, head, table) {
  con <- file(file.path(into, file), "w"); on.exit(close(con))
  writeLines(paste("#", c(head, sprintf("%s, survival %s (LGPL >= 2)", R.version.string, packageVersion("survival")))), con)
  write.table(table, con, sep = ",", quote = FALSE, row.names = FALSE)
}
write("kidney.csv", "McGilchrist & Aisbett 1991, times to infection of 38 patients with catheters; from survival::kidney", k)
write("rats.csv", "Mantel, Bohidar & Ciminera 1977, tumours of 300 rats of 100 litters; from survival::rats", r)
late <- c(0, 30, 55)[seq_len(nrow(r)) %% 3 + 1]; late[late >= r$time] <- 0 # days of entry, in turn of the rows
Xk <- as.matrix(k[c("age", "female")]); Xr <- as.matrix(r["rx"])
table <- rbind(frailty("kidney_gamma", k, Xk, gamma_term), frailty("kidney_normal", k, Xk, normal_term),
               frailty("late_gamma", r, Xr, gamma_term, entry = late), frailty("late_normal", r, Xr, normal_term, entry = late),
               frailty("strata_gamma", r, Xr, gamma_term, r$female), frailty("strata_normal", r, Xr, normal_term, r$female))
write("frailty.csv", "whole marginal likelihood less sum n (log n - 1) over event times; hazard: the baseline of the first stratum at its last event", table)
