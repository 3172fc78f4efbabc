# SPDX-License-Identifier: GPL-3.0-or-later
# Reference values for tests/fit/test_raters.c: effects of people and raters, and their errors.
#   Rscript scripts/reference/raters.R tests/reference
#
# linear: Penicillin of lme4 (plates are rated by samples), crossed_penicillin.csv. lmer, then variances polished by Newton steps on the dense restricted
# likelihood. mode, se: ranef and sqrt(condVar) of lme4 at those variances, as formulas of the dense model; error: Henderson's prediction error with the
# intercept estimated, plus D C D' with D the derivative of the modes by the log standard deviations (Richardson) and C the inverse Hessian.
# levels: wine of ordinal (bottles are rated by judges), mixed_wine.csv. The Laplace approximation of the cumulative logit written plainly: modes by Newton steps
# of all effects together, maximised by nlminb and polished by Newton steps on Richardson differences; se: inverse Hessian of the penalised
# likelihood in the effects; error: plus D C D' with D by all parameters. Compared with clmm of ordinal.
suppressMessages({library(lme4); library(ordinal)})
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 15, trim = TRUE, scientific = FALSE)
richardson <- function(f, t, j, h) { a <- lapply(0:3, function(k) { u <- replace(numeric(length(t)), j, h / 2^k); (f(t + u) - f(t - u)) / (2 * h / 2^k) })
  for (k in 1:3) a <- Map(function(x, y) (4^k * y - x) / (4^k - 1), a[-length(a)], a[-1]); a[[1]] }
gradient <- function(f, t, h) sapply(seq_along(t), function(j) richardson(f, t, j, h))
hessian <- function(f, t, h) { H <- sapply(seq_along(t), function(j) richardson(function(u) gradient(f, u, h), t, j, h)); (H + t(H)) / 2 }
polish <- function(f, t, h, steps) { for (i in 1:steps) t <- t - drop(solve(hessian(f, t, h), gradient(f, t, h))); t }
rows <- function(case, u, se, error) data.frame(case = case, group = names(u), mode = number(unname(u)), se = number(unname(se)), error = number(unname(error)))

P <- lme4::Penicillin; y <- P$diameter; Z <- cbind(model.matrix(~ 0 + plate, P), model.matrix(~ 0 + sample, P)); colnames(Z) <- sub("^plate|^sample", "", colnames(Z))
k <- c(rep(2, nlevels(P$plate)), rep(3, nlevels(P$sample))); X <- matrix(1, length(y), 1)
parts <- function(t) { G <- diag(exp(2 * t[k])); V <- Z %*% G %*% t(Z) + exp(2 * t[1]) * diag(length(y)); W <- solve(V); A <- crossprod(X, W %*% X); b <- solve(A, crossprod(X, W %*% y))
  list(V = V, W = W, A = A, b = b, u = drop(G %*% t(Z) %*% W %*% (y - X %*% b)), G = G) }
reml <- function(t) { p <- parts(t); r <- y - X %*% p$b; -0.5 * (as.numeric(determinant(p$V)$modulus + determinant(p$A)$modulus) + sum(r * (p$W %*% r)) + (length(y) - 1) * log(2 * pi)) }
m <- lmer(diameter ~ 1 + (1 | plate) + (1 | sample), P); v <- as.data.frame(VarCorr(m)); t <- log(c(sigma(m), v$sdcor[match(c("plate", "sample"), v$grp)]))
t <- polish(reml, t, 0.01, 4); p <- parts(t); C <- solve(-hessian(reml, t, 0.01))
known <- p$G - p$G %*% t(Z) %*% p$W %*% Z %*% p$G; L <- p$G %*% t(Z) %*% p$W %*% X
D <- sapply(1:3, function(j) richardson(function(t) parts(t)$u, t, j, 0.01)); error <- sqrt(diag(known + L %*% solve(p$A) %*% t(L) + D %*% C %*% t(D)))
u <- setNames(p$u, colnames(Z)); re <- ranef(m, condVar = TRUE)
stopifnot(max(abs(u - c(re$plate[names(u)[k == 2], 1], re$sample[names(u)[k == 3], 1]))) < 1e-3, abs(sqrt(attr(re$plate, "postVar")[1]) - sqrt(known[1, 1])) < 1e-3)
linear <- rows("linear", u, sqrt(diag(known)), error)

w <- ordinal::wine; y <- as.integer(w$rating); X <- cbind(contact = w$contact == "yes") * 1
Z <- cbind(model.matrix(~ 0 + bottle, w), model.matrix(~ 0 + judge, w)); colnames(Z) <- c(paste0("bottle", levels(w$bottle)), paste0("judge", levels(w$judge))); nb <- nlevels(w$bottle); nj <- nlevels(w$judge)
state <- new.env(); state$v <- numeric(nb + nj)
modes <- function(t) { # t: 4 thresholds, the coefficient, 2 standard deviations
  s <- c(rep(t[6], nb), rep(t[7], nj)); ZS <- sweep(Z, 2, s, "*"); fixed <- drop(X %*% t[5]); a <- c(-Inf, t[1:4], Inf); v <- state$v
  for (i in 1:100) { eta <- fixed + drop(ZS %*% v); F1 <- plogis(a[y + 1] - eta); F0 <- plogis(a[y] - eta); f1 <- F1 * (1 - F1); f0 <- F0 * (1 - F0)
    g <- 1 - F1 - F0; W <- f1 + f0; H <- crossprod(ZS, W * ZS) + diag(length(v)); step <- solve(H, crossprod(ZS, -g) - v)
    v <- v + drop(step); if (max(abs(step)) < 1e-13) break }
  state$v <- v; eta <- fixed + drop(ZS %*% v); F1 <- plogis(a[y + 1] - eta); F0 <- plogis(a[y] - eta); W <- F1 * (1 - F1) + F0 * (1 - F0); H <- crossprod(ZS, W * ZS) + diag(length(v))
  list(l = sum(log(F1 - F0)) - sum(v^2) / 2 - 0.5 * as.numeric(determinant(H)$modulus), u = s * v, known = diag(s) %*% solve(H) %*% diag(s)) }
laplace <- function(t) modes(t)$l
c0 <- clmm(rating ~ contact + (1 | judge) + (1 | bottle), w, control = clmm.control(gradTol = 1e-8, innerCtrl = "noWarn"))
t <- unname(c(coef(c0)[1:5], sqrt(as.numeric(VarCorr(c0)$bottle)), sqrt(as.numeric(VarCorr(c0)$judge))))
t <- polish(laplace, t, 0.02, 3); stopifnot(abs(laplace(t) - as.numeric(logLik(c0))) < 1e-5, max(abs(gradient(laplace, t, 0.02))) < 1e-7)
p <- modes(t); C <- solve(-hessian(laplace, t, 0.02)); D <- sapply(seq_along(t), function(j) richardson(function(t) modes(t)$u, t, j, 0.02)); u <- setNames(p$u, colnames(Z))
re <- ranef(c0); stopifnot(max(abs(u - c(re$bottle[, 1], re$judge[, 1]))) < 1e-3)
levels <- rows("levels", u, sqrt(diag(p$known)), sqrt(diag(p$known + D %*% C %*% t(D))))
fit <- data.frame(case = "levels", group = c(names(c0$alpha), "contactyes", "sd_bottle", "sd_judge"), mode = number(t), se = number(sqrt(diag(C))), error = number(laplace(t)))
put <- function(name, lines, d) { con <- file(file.path(into, name), "w"); writeLines(lines, con); write.table(d, con, sep = ",", quote = FALSE, row.names = FALSE); close(con) }
put("raters_wine.csv", sprintf("# wine of the R package ordinal %s (GPL-2 | GPL-3); Randall 1989", packageVersion("ordinal")), w[, c("rating", "contact", "bottle", "judge")])
put("raters.csv", paste("#", c(sprintf("%s, lme4 %s, ordinal %s, made by scripts/reference/raters.R", R.version.string, packageVersion("lme4"), packageVersion("ordinal")),
  "tolerance: linear 1e-6 of the standard deviation of the modes; levels 1e-4 of se; rows of parameters: estimate, se, log-likelihood")), rbind(linear, levels, fit))
