# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_times_frailty.c: parametric models of times with a shared frailty, on kidney and rats of survival.
#   Rscript scripts/reference/times_frailty.R tests/reference
# Each marginal likelihood is written here once more with R's own distribution functions: sum over events of the log hazard + sum over groups of
# log E[z^d exp(-z H)] - log E[exp(-z T)], T the hazard before late entries. The normal frailty is summed on a fixed grid of 601 points over 20 standard
# deviations. Maximised by optim and polished by Newton steps whose scores and Hessians are Richardson differences, to steps of 1e-9 standard errors.
suppressMessages(library(survival))
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 17, trim = TRUE, scientific = FALSE)
rich <- function(f, h) { # derivative at 0 of a vector function, from h down in five halvings
  a <- lapply(0:4, function(k) (f(h / 2^k) - f(-h / 2^k)) / (2 * h / 2^k))
  for (k in 1:4) a <- lapply(seq_len(length(a) - 1), function(i) (4^k * a[[i + 1]] - a[[i]]) / (4^k - 1))
  a[[1]]
}
shift <- function(theta, j, h) { theta[j] <- theta[j] + h; theta }
score <- function(f, theta, width) sapply(seq_along(theta), function(j) rich(function(h) f(shift(theta, j, h)), width[j] / 2))
hessian <- function(f, theta, width) {
  H <- sapply(seq_along(theta), function(j) rich(function(h) score(f, shift(theta, j, h), width), width[j] / 2)); (H + t(H)) / 2
}
polish <- function(f, o, scale) {
  for (i in 1:3) o <- optim(o, function(t) { v <- f(t); if (is.finite(v)) -v else 1e10 }, method = "BFGS",
                            control = list(reltol = 1e-15, maxit = 2000, parscale = scale))$par
  width <- scale / 100
  for (i in 1:8) {
    H <- hessian(f, o, width); V <- solve(-H, tol = 1e-40); se <- sqrt(diag(V)); d <- drop(V %*% score(f, o, width)); o <- o + d
    width <- 1 / sqrt(diag(-H))
    if (i > 2 && max(abs(d) / se) < 1e-9) break
  }
  if (!(max(abs(d) / se) < 2e-9)) stop("not settled: ", max(abs(d) / se))
  list(theta = o, se = se)
}
grid <- seq(-10, 10, length.out = 601)
gamma_term <- function(d, H, w) sapply(d, function(d) if (d > 1) sum(log1p(seq_len(d - 1) * w)) else 0) - (1 / w + d) * log1p(w * H)
normal_term <- function(d, H, w) { u <- grid * sqrt(w); f <- outer(d, u) - outer(H, exp(u)) - rep(u^2 / (2 * w), each = length(d))
  top <- apply(f, 1, max); log(rowSums(exp(f - top)) * (u[2] - u[1])) + top - log(2 * pi * w) / 2 }
# log hazard and cumulative hazard of each law at t (0 at t = 0); ancillary parameters a, predictor eta
normal_S <- function(w) pnorm(w, lower.tail = FALSE, log.p = TRUE)
location <- function(f, S) list(
  h = function(t, eta, a) { s <- if (length(a)) a[1] else 0; w <- (log(t) - eta) / exp(s); f(w, a[2]) - S(w, a[2]) - s - log(t) },
  H = function(t, eta, a) { s <- if (length(a)) a[1] else 0; ifelse(t > 0, -S((log(pmax(t, 1)) - eta) / exp(s), a[2]), 0) })
laws <- list(
  exponential = location(function(w, q) w - exp(w), function(w, q) -exp(w)), weibull = location(function(w, q) w - exp(w), function(w, q) -exp(w)),
  survival_lognormal = location(function(w, q) dnorm(w, log = TRUE), function(w, q) normal_S(w)),
  loglogistic = location(function(w, q) dlogis(w, log = TRUE), function(w, q) plogis(w, lower.tail = FALSE, log.p = TRUE)),
  generalised_gamma = location(function(w, Q) { a <- 1 / Q^2; log(abs(Q)) + a * log(a) + a * (Q * w - exp(Q * w)) - lgamma(a) },
                               function(w, Q) pgamma(exp(Q * w) / Q^2, 1 / Q^2, lower.tail = Q < 0, log.p = TRUE)),
  gompertz = list(h = function(t, eta, a) eta + a * t, H = function(t, eta, a) exp(eta) * expm1(a * t) / a))
spline <- function(d) { # two degrees of freedom on the log cumulative hazard
  e <- log(d$t[d$e == 1]); k <- quantile(e, c(0, 0.5, 1), names = FALSE, type = 7); part <- (k[3] - k[2]) / (k[3] - k[1]); up <- function(x) pmax(x, 0)
  b <- function(x) up(x - k[2])^3 - part * up(x - k[1])^3 - (1 - part) * up(x - k[3])^3
  slope <- function(x) 3 * (up(x - k[2])^2 - part * up(x - k[1])^2 - (1 - part) * up(x - k[3])^2)
  list(h = function(t, eta, a) eta + a[1] * log(t) + a[2] * b(log(t)) + log(a[1] + a[2] * slope(log(t))) - log(t),
       H = function(t, eta, a) ifelse(t > 0, exp(eta + a[1] * log(pmax(t, 1)) + a[2] * b(log(pmax(t, 1)))), 0))
}
fit <- function(name, d, X, model, term, start, names) {
  law <- if (model == "spline") spline(d) else laws[[model]]; p <- ncol(X); n <- length(start); late <- any(d$t0 > 0)
  sums <- function(v) as.vector(rowsum(v, d$group)); events <- sums(d$e)
  f <- function(theta) {
    eta <- drop(X %*% theta[1:p]); a <- theta[seq_len(n)[-(1:p)]]; a <- a[-length(a)]; w <- exp(theta[n])
    H <- law$H(d$t, eta, a); v <- suppressWarnings(sum(law$h(d$t, eta, a)[d$e == 1])) + sum(term(events, sums(H), w))
    if (late) v - sum(term(0 * events, sums(law$H(d$t0, eta, a)), w)) else v
  }
  o <- tryCatch(polish(f, start, c(1, rep(0.1, p - 1), rep(if (model == "gompertz") 0.002 else 0.2, n - p - 1), 0.5)), error = function(e) NULL)
  if (is.null(o)) { cat(name, "has no maximum inside\n"); return(NULL) }
  cat(name, "done\n")
  data.frame(case = name, term = c(colnames(X), names, "log_variance"), estimate = number(o$theta), se = number(o$se), loglik = number(f(o$theta)))
}
k <- data.frame(group = kidney$id, t = kidney$time, t0 = 0, e = kidney$status); Xk <- cbind("(Intercept)" = 1, age = kidney$age, female = kidney$sex - 1)
i <- seq_len(nrow(rats)); entry <- c(0, 30, 55)[i %% 3 + 1]; entry[entry >= rats$time] <- 0
r <- data.frame(group = rats$litter, t = rats$time, t0 = entry, e = rats$status); Xr <- cbind("(Intercept)" = 1, rx = rats$rx)
begin <- function(X, model, late) {
  level <- if (late) log(500) else log(130); b <- rep(0, ncol(X) - 1)
  switch(model, exponential = c(level, b), gompertz = c(-level, b, 0.005), spline = c(-level * 1.1, b, 1.1, -0.01),
         generalised_gamma = c(level, b, 0, 0.3), c(level, b, if (late) -1 else 0))
}
ancillary <- list(exponential = NULL, gompertz = "shape", spline = c("gamma1", "gamma2"), generalised_gamma = c("Log(scale)", "Q"))
names_of <- function(model) if (model %in% names(ancillary)) ancillary[[model]] else "Log(scale)"
one <- function(tag, d, X, model, law, late = FALSE)
  fit(paste(tag, model, law, sep = "_"), d, X, model, if (law == "gamma") gamma_term else normal_term, c(begin(X, model, late), log(0.5)), names_of(model))
table <- rbind(do.call(rbind, lapply(c(names(laws), "spline"), function(m) rbind(one("kidney", k, Xk, m, "gamma"), one("kidney", k, Xk, m, "normal")))),
  one("late", r, Xr, "weibull", "gamma", TRUE), one("late", r, Xr, "survival_lognormal", "normal", TRUE), one("late", r, Xr, "spline", "normal", TRUE),
  one("late", r, Xr, "loglogistic", "gamma", TRUE))
con <- file(file.path(into, "times_frailty.csv"), "w")
writeLines(c("# marginal likelihoods of shared frailties in parametric models, kidney and rats of survival (late: entry 0, 30, 55 in turn of the rows)",
             sprintf("# %s, survival %s (LGPL >= 2), made by scripts/reference/times_frailty.R; se: observed information; tolerance 1e-8", R.version.string,
                     packageVersion("survival"))), con)
write.table(table, con, sep = ",", quote = FALSE, row.names = FALSE)
close(con)
