# SPDX-License-Identifier: GPL-3.0-or-later
# Reference CR2 and CR3 of mixed models that are not linear, for tests/fit/test_mixed_robust.c.
#   Rscript scripts/reference/mixed_leverage.R tests/reference
#
# The Laplace approximation written plainly, a sum over clusters, at the estimates that mixed_robust.csv and mixed.csv hold. Scores of clusters are Richardson
# differences of it, their information differences of the scores; leverages, CR2, CR3 and Satterthwaite's degrees of freedom by the equations of docs/fit.md, of
# all parameters together, the standard deviation included. Rows: case, kind, name, se, df.
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 12, trim = TRUE, scientific = FALSE)
read <- function(f) read.csv(file.path(into, f), comment.char = "#", stringsAsFactors = FALSE)
power <- function(M, to) { e <- eigen((M + t(M)) / 2, symmetric = TRUE); e$vectors %*% (ifelse(e$values > 1e-10, e$values, Inf)^to * t(e$vectors)) }
richardson <- function(f, t, j, h) { a <- sapply(0:2, function(k) { u <- replace(numeric(length(t)), j, h / 2^k); (f(t + u) - f(t - u)) / (2 * h / 2^k) })
  for (k in 1:2) a <- (4^k * a[-1] - a[-length(a)]) / (4^k - 1); a }
# one effect of each cluster: v at its maximum by Newton's steps
laplace <- function(l, d, h, s) { v <- 0; for (i in 1:200) { move <- (s * d(v) - v) / (1 + s^2 * h(v)); v <- v + move; if (abs(move) < 1e-13) break }
  l(v) - v^2 / 2 - log(1 + s^2 * h(v)) / 2 }
mixed <- function(case, one, t, K, names) {
  p <- length(names); q <- length(t)
  score <- function(t, k) sapply(seq_len(q), function(i) richardson(function(w) one(w, k), t, i, 0.02))
  s <- sapply(seq_len(K), function(k) score(t, k))
  I <- lapply(seq_len(K), function(k) { H <- sapply(seq_len(q), function(j) { u <- replace(numeric(q), j, 2e-3); (score(t - u, k) - score(t + u, k)) / 4e-3 }); (H + t(H)) / 2 })
  A <- Reduce(`+`, I); B <- solve(A); stopifnot(max(abs(rowSums(s) * sqrt(diag(B)))) < 1e-3)
  L <- t(chol(A)); Li <- solve(L); M <- lapply(I, function(J) Li %*% J %*% t(Li))
  C <- function(to) { z <- sapply(seq_len(K), function(k) B %*% L %*% power(diag(q) - M[[k]], to) %*% Li %*% s[, k]); sqrt(diag(z %*% t(z)))[1:p] }
  df <- sapply(seq_len(p), function(j) { z <- lapply(M, function(m) t(Li) %*% power(diag(q) - m, -1 / 2) %*% t(L) %*% B[, j]); Iz <- Map(function(i, x) i %*% x, I, z)
    Q <- outer(seq_len(K), seq_len(K), Vectorize(function(x, w) (x == w) * sum(z[[x]] * Iz[[x]]) - drop(t(Iz[[x]]) %*% B %*% Iz[[w]]))); sum(diag(Q))^2 / sum(Q^2) })
  data.frame(case = case, kind = rep(c("CR2", "CR3"), each = p), name = gsub("[ ,]", "_", names), se = number(c(C(-1 / 2), C(-1))), df = number(c(df, rep(0, p))))
}
known <- read("mixed_robust.csv"); fits <- read("mixed.csv")
from <- function(case, fit) { k <- known[known$case == case & known$kind == "model", ]; list(t = c(k$estimate, fits$estimate[fits$case == fit & fits$name == "sd_(Intercept)"]), names = k$name) }
D <- read("mixed_bacteria.csv"); X <- model.matrix(~ factor(trt, levels = c("placebo", "drug", "drug+")) + late, D); ids <- unique(D$ID)
one_b <- function(t, k) { i <- D$ID == ids[k]; e <- drop(X[i, , drop = FALSE] %*% t[1:4]); y <- D$y[i]; s <- t[5]
  laplace(function(v) sum(dbinom(y, 1, plogis(e + s * v), TRUE)), function(v) sum(y - plogis(e + s * v)), function(v) sum(dlogis(e + s * v)), s) }
b <- from("bacteria", "logit_bacteria"); bacteria <- mixed("bacteria", one_b, b$t, length(ids), b$names)
W <- read("mixed_wine.csv"); js <- unique(W$judge)
one_w <- function(t, k) { i <- W$judge == js[k]; y <- W$rating[i]; e <- (t[5] * (W$temp == "warm") + t[6] * (W$contact == "yes"))[i]; s <- t[7]
  a <- function(v) c(t[1:4], Inf)[y] - e - s * v; z <- function(v) c(-Inf, t[1:4])[y] - e - s * v
  laplace(function(v) sum(log(plogis(a(v)) - plogis(z(v)))), function(v) -sum(1 - plogis(a(v)) - plogis(z(v))), function(v) sum(dlogis(a(v)) + dlogis(z(v))), s) }
w <- from("wine", "ordinal_wine"); wine <- mixed("wine", one_w, w$t, length(js), w$names)
con <- file(file.path(into, "mixed_leverage.csv"), "w")
writeLines(sprintf("# %s, made by scripts/reference/mixed_leverage.R; tolerance: standard errors 1e-3, degrees of freedom 5e-3", R.version.string), con)
write.table(rbind(bacteria, wine), con, sep = ",", quote = FALSE, row.names = FALSE); close(con)
