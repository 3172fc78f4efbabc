# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_times.c: parametric models of times and Royston-Parmar splines.
#   Rscript scripts/reference/times.R tests/reference
#
# Each log-likelihood is written here once more, by row, with R's own distribution functions; it is maximised by optim and polished by Newton
# steps whose scores and Hessians are Richardson differences. Where survreg has the model its answer must lie within 1e-4 standard errors and
# its log-likelihood within 1e-6, or the script stops. `se`: observed information of all parameters together; `robust`: the sandwich by cluster with
# G/(G-1) (N-1)/(N-p), p counting all.
suppressMessages(library(survival))
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 17, trim = TRUE, scientific = FALSE)

rich <- function(f, h) { # derivative at 0 of a vector function, from h down in five halvings
  a <- lapply(0:4, function(k) (f(h / 2^k) - f(-h / 2^k)) / (2 * h / 2^k))
  for (k in 1:4) a <- lapply(seq_len(length(a) - 1), function(i) (4^k * a[[i + 1]] - a[[i]]) / (4^k - 1))
  a[[1]]
}
step <- function(theta, j, h) { theta[j] <- theta[j] + h; theta }
rows_score <- function(rows, theta, se) if (!is.null(attr(rows, "score"))) attr(rows, "score")(theta) else sapply(seq_along(theta), function(j) rich(function(h) rows(step(theta, j, h)), se[j] / 2))
score <- function(rows, theta, se) if (!is.null(attr(rows, "score"))) colSums(attr(rows, "score")(theta)) else sapply(seq_along(theta), function(j) rich(function(h) sum(rows(step(theta, j, h))), se[j] / 2))
hessian <- function(rows, theta, se) {
  H <- sapply(seq_along(theta), function(j) rich(function(h) score(rows, step(theta, j, h), se), se[j] / 2))
  H <- matrix(H, length(theta)); (H + t(H)) / 2
}
polish <- function(rows, start, scale, settled = 1e-9) {
  o <- start
  for (i in 1:3) o <- optim(o, function(t) { v <- sum(rows(t)); if (is.finite(v)) -v else 1e10 }, method = "BFGS",
                            control = list(reltol = 1e-15, maxit = 2000, parscale = scale))$par
  width <- scale / 100 # of the differences: what one parameter may move with the others where they are
  for (i in 1:12) {
    H <- hessian(rows, o, width)
    V <- solve(-H, tol = 1e-40)
    se <- sqrt(diag(V))
    d <- drop(V %*% score(rows, o, width))
    o <- o + d
    width <- 1 / sqrt(diag(-H))
    if (i > 3 && max(abs(d) / se) < 1e-10) break
  }
  if (!(max(abs(d) / se) < settled)) stop("not settled: ", max(abs(d) / se))
  list(theta = o, cov = V, se = se, width = width)
}

base <- list(
  extreme = list(df = function(w) 1 - exp(w), dS = function(w) -exp(w), f = function(w) w - exp(w), S = function(w) -exp(w)),
  normal = list(df = function(w) -w, dS = function(w) -exp(dnorm(w, log = TRUE) - pnorm(w, lower.tail = FALSE, log.p = TRUE)),
    f = function(w) dnorm(w, log = TRUE), S = function(w) pnorm(w, lower.tail = FALSE, log.p = TRUE)),
  logistic = list(df = function(w) 1 - 2 * plogis(w), dS = function(w) -plogis(w), f = function(w) dlogis(w, log = TRUE), S = function(w) plogis(w, lower.tail = FALSE, log.p = TRUE)))
gamma_f <- function(w, Q) { a <- 1 / Q^2; log(abs(Q)) + a * log(a) + a * (Q * w - exp(Q * w)) - lgamma(a) }
gamma_S <- function(w, Q) pgamma(exp(Q * w) / Q^2, 1 / Q^2, lower.tail = Q < 0, log.p = TRUE)
late <- function(t0, value) ifelse(t0 > 0, value, 0)

# each gives rows(theta) from the design X; theta: coefficients, then ancillary
location <- function(kind, fixed) function(X, d) function(theta) {
  p <- ncol(X); s <- if (fixed) 0 else theta[p + 1]; eta <- drop(X %*% theta[1:p]); b <- base[[kind]]
  w <- (log(d$t) - eta) / exp(s); w0 <- (log(pmax(d$t0, 1)) - eta) / exp(s)
  d$w * (ifelse(d$e == 1, b$f(w) - s - log(d$t), b$S(w)) - late(d$t0, b$S(w0)))
}
generalised <- function(X, d) {
  p <- ncol(X)
  at <- function(theta) { eta <- drop(X %*% theta[1:p]); list(w = (log(d$t) - eta) / exp(theta[p + 1]), w0 = (log(pmax(d$t0, 1)) - eta) / exp(theta[p + 1])) }
  score <- function(theta) { # by w in closed form, by Q by differences of the distribution functions
    a <- at(theta); s <- exp(theta[p + 1]); Q <- theta[p + 2]
    by_w <- ifelse(d$e == 1, (1 - exp(Q * a$w)) / Q, -exp(gamma_f(a$w, Q) - gamma_S(a$w, Q))); by_w0 <- late(d$t0, -exp(gamma_f(a$w0, Q) - gamma_S(a$w0, Q)))
    by_Q <- ifelse(d$e == 1, rich(function(h) gamma_f(a$w, Q + h), 0.2), rich(function(h) gamma_S(a$w, Q + h), 0.2)) - late(d$t0, rich(function(h) gamma_S(a$w0, Q + h), 0.2))
    d$w * cbind(-(by_w - by_w0) / s * X, -a$w * by_w - d$e + a$w0 * by_w0, by_Q)
  }
  structure(score = score, .Data = function(theta) {
    a <- at(theta); Q <- theta[p + 2]
    d$w * (ifelse(d$e == 1, gamma_f(a$w, Q) - theta[p + 1] - log(d$t), gamma_S(a$w, Q)) - late(d$t0, gamma_S(a$w0, Q)))
  })
}
gompertz <- function(X, d) function(theta) {
  p <- ncol(X); g <- theta[p + 1]; eta <- drop(X %*% theta[1:p])
  d$w * (d$e * (eta + g * d$t) - exp(eta) * (expm1(g * d$t) - expm1(g * d$t0)) / g)
}
knots_of <- function(d, df) { x <- log(d$t[d$e == 1 & d$w > 0]); unname(quantile(x, (0:df) / df)) }
basis <- function(x, k) {
  lo <- k[1]; hi <- k[length(k)]; inner <- k[-c(1, length(k))]; c3 <- function(z) pmax(z, 0)^3
  do.call(cbind, c(list(x), lapply(inner, function(q) { l <- (hi - q) / (hi - lo); c3(x - q) - l * c3(x - lo) - (1 - l) * c3(x - hi) })))
}
slopes <- function(x, k) {
  lo <- k[1]; hi <- k[length(k)]; inner <- k[-c(1, length(k))]; c2 <- function(z) 3 * pmax(z, 0)^2
  do.call(cbind, c(list(rep(1, length(x))), lapply(inner, function(q) { l <- (hi - q) / (hi - lo); c2(x - q) - l * c2(x - lo) - (1 - l) * c2(x - hi) })))
}
spline <- function(kind, df) function(X, d) {
  k <- knots_of(d, df); B <- basis(log(d$t), k); D <- slopes(log(d$t), k); B0 <- basis(log(pmax(d$t0, 1)), k); b <- base[[kind]]
  score <- function(theta) { # by row, as the differences of the log-likelihood lose digits among the bends
    p <- ncol(X); g <- theta[p + seq_len(df)]; eta <- drop(X %*% theta[1:p]); w <- eta + drop(B %*% g); w0 <- eta + drop(B0 %*% g); rise <- drop(D %*% g)
    d$w * (ifelse(d$e == 1, b$df(w), b$dS(w)) * cbind(X, B) + (d$e == 1) / rise * cbind(0 * X, D) - late(d$t0, b$dS(w0)) * cbind(X, B0))
  }
  structure(score = score, .Data = function(theta) {
    p <- ncol(X); g <- theta[p + seq_len(df)]; eta <- drop(X %*% theta[1:p]); w <- eta + drop(B %*% g); w0 <- eta + drop(B0 %*% g); rise <- drop(D %*% g)
    if (anyNA(rise) || any(rise[d$e == 1] <= 0)) return(rep(NaN, nrow(X)))
    d$w * (ifelse(d$e == 1, b$f(w) + log(abs(rise)) - log(d$t), b$S(w)) - late(d$t0, b$S(w0)))
  })
}

one <- function(case, model, d, X, start, scale, names, peer = NULL) {
  message(case)
  fit <- polish(model(X, d), start, scale)
  none <- model(X[, 1, drop = FALSE], d) # its log-likelihood alone is used; the generalised gamma has two hills
  shapes <- if ("Q" %in% names) c(-0.5, 0.5, 1, 2) else NA
  empty <- max(sapply(shapes, function(Q) {
    from <- start[-(2:ncol(X))]; if (!is.na(Q)) from[length(from)] <- Q
    found <- tryCatch(polish(none, from, scale[-(2:ncol(X))], settled = 1e-4), error = function(e) NULL)
    if (is.null(found)) -Inf else sum(none(found$theta))
  }))
  ll <- sum(model(X, d)(fit$theta)); p <- length(fit$theta)
  S <- rowsum(rows_score(model(X, d), fit$theta, fit$width), d$cluster); G <- nrow(S); N <- sum(d$w)
  robust <- sqrt(diag(fit$cov %*% (G / (G - 1) * (N - 1) / (N - p) * crossprod(S)) %*% fit$cov))
  if (!is.null(peer)) {
    theirs <- c(coef(peer), if (!is.null(peer$scale) && peer$dist != "exponential") log(peer$scale))
    off <- max(abs(theirs - fit$theta) / fit$se); gap <- abs(peer$loglik[2] - ll)
    if (!(off < 1e-4 && gap < 1e-6)) stop(case, ": survreg is ", off, " standard errors away, log-likelihood ", gap)
  }
  data.frame(case = case, name = c(gsub("[ ,]", "_", colnames(X)), names), estimate = number(fit$theta), se = number(fit$se), robust = number(robust),
             loglik = number(ll), null = number(empty))
}

r <- read.csv(file.path(into, "rossi.csv"), comment.char = "#", stringsAsFactors = TRUE)
world <- function(entry = FALSE, weights = FALSE) data.frame(t = r$week, t0 = if (entry) r$entry else 0, e = r$arrest, w = if (weights) r$weight else 1, cluster = r$educ)
X <- model.matrix(~ fin + age + prio, r); s <- c(0.3, 0.3, 0.02, 0.03)
surv <- function(dist, ...) survreg(Surv(week, arrest) ~ fin + age + prio, r, dist = dist, control = survreg.control(rel.tolerance = 1e-13, maxiter = 200), ...)
aft <- c(4, 0.2, 0.04, -0.06)
cases <- function(tag, d) rbind(
  one(paste0("exponential", tag), location("extreme", TRUE), d, X, aft, s, NULL, if (tag == "") surv("exponential")),
  one(paste0("weibull", tag), location("extreme", FALSE), d, X, c(aft, -0.3), c(s, 0.1), "Log(scale)", if (tag == "") surv("weibull")),
  one(paste0("survival_lognormal", tag), location("normal", FALSE), d, X, c(aft, 0), c(s, 0.1), "Log(scale)", if (tag == "") surv("lognormal")),
  one(paste0("loglogistic", tag), location("logistic", FALSE), d, X, c(aft, -0.4), c(s, 0.1), "Log(scale)", if (tag == "") surv("loglogistic")),
  one(paste0("generalised_gamma", tag), generalised, d, X, c(aft, -0.2, 0.7), c(s, 0.2, 0.4), c("Log(scale)", "Q")),
  one(paste0("gompertz", tag), gompertz, d, X, c(-5, -0.3, -0.06, 0.09, 0.02), c(s, 0.01), "shape"),
  one(paste0("spline", tag), spline("extreme", 3), d, X, c(-7, -0.3, -0.06, 0.09, 1.2, 0.01, 0.01), c(s, 0.3, 0.05, 0.05), paste0("gamma", 1:3)))
con <- file(file.path(into, "times.csv"), "w")
writeLines(paste("#", c(paste("fits to rossi.csv, md5", tools::md5sum(file.path(into, "rossi.csv"))),
  sprintf("%s, survival %s, made by scripts/reference/times.R", R.version.string, packageVersion("survival")),
  "se: observed information of all parameters; robust: CR1 by educ; tolerance 1e-8")), con)
write.table(rbind(cases("", world()), cases("_entry", world(entry = TRUE)), cases("_weights", world(weights = TRUE)),
  one("spline_odds", spline("logistic", 2), world(), X, c(-7, -0.3, -0.06, 0.09, 1.2, 0.01), c(s, 0.3, 0.05), paste0("gamma", 1:2)),
  one("spline_normal", spline("normal", 4), world(), X, c(-3, -0.2, -0.03, 0.05, 0.8, 0, 0, 0), c(s / 2, 0.2, 0.03, 0.03, 0.03), paste0("gamma", 1:4))), con,
  sep = ",", quote = FALSE, row.names = FALSE)
close(con)

# normal priors of two coefficients: mode, curvature there, log-likelihood of the data alone and with the log densities
with_priors <- function(case, model, start, scale, names, mean, sd) {
  d <- world(); j <- 2:3; rows <- model(X, d); prior <- function(theta) sum(dnorm(theta[j], mean, sd, log = TRUE))
  fit <- polish(function(theta) { l <- rows(theta); l[1] <- l[1] + prior(theta); l }, start, scale)
  data.frame(case = case, name = c(colnames(X), names), estimate = number(fit$theta), se = number(fit$se), loglik = number(sum(rows(fit$theta))),
             penalised = number(sum(rows(fit$theta)) + prior(fit$theta)))
}
con <- file(file.path(into, "times_priors.csv"), "w")
writeLines(sprintf("# fits to rossi.csv with normal priors of fin and age, %s, made by scripts/reference/times.R; tolerance 1e-8", R.version.string), con)
write.table(rbind(
  with_priors("weibull", location("extreme", FALSE), c(aft, -0.3), c(s, 0.1), "Log(scale)", c(0.5, 0), c(0.1, 0.02)),
  with_priors("gompertz", gompertz, c(-5, -0.3, -0.06, 0.09, 0.02), c(s, 0.01), "shape", c(-0.6, 0), c(0.1, 0.02))), con, sep = ",", quote = FALSE, row.names = FALSE)
close(con)
