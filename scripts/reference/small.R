# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_penalty.c and test_weights.c: weights of a stated kind, Firth's penalty, normal priors.
#   Rscript scripts/reference/small.R tests/reference
#
# Weights: glm, lm and clm on rows repeated (frequency), lm with weights (precision), weighted scores (sampling). Firth's penalty: the adjusted
# scores of Jeffreys' prior written here once more with the hat matrix, solved by Newton steps to 1e-13; the answer of brglm2 must lie within 1e-6
# standard errors, or the script stops. Profile limits: a root of the penalised likelihood maximised over the other coefficients. Priors: Newton
# steps on the score minus (b - m) / s^2. endometrial.csv is the set of brglm2 (E. Asseryanis; Heinze & Schemper 2002, doi:10.1002/sim.1047).
suppressMessages({library(brglm2); library(ordinal); library(sandwich)})
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 17, trim = TRUE, scientific = FALSE)
tidy <- function(names) gsub("[ ,]", "_", names)
tight <- glm.control(epsilon = 1e-15, maxit = 200)
row <- function(case, names, b, se, robust, loglik, null, lower = NA, upper = NA)
  data.frame(case = case, name = tidy(names), estimate = number(unname(b)), se = number(unname(se)), robust = number(unname(robust)), loglik = number(loglik),
             null = number(null), lower = number(lower), upper = number(upper))

# CR1 of scores S [rows] with bread A (inverse information), N observations
cr1 <- function(S, A, cluster, N) { G <- length(unique(cluster)); sqrt(diag(G / (G - 1) * (N - 1) / (N - ncol(A)) * A %*% crossprod(rowsum(S, cluster)) %*% A)) }

d <- read.csv(file.path(into, "phd.csv"), comment.char = "#", stringsAsFactors = TRUE)
d$any <- as.numeric(d$articles > 0)
d$many <- cut(d$articles, c(-1, 0, 1, 3, 100), labels = c("none", "one", "few", "many"), ordered_result = TRUE)
d$w <- d$kids + 1
X <- model.matrix(~ gender + married + prestige + mentor, d)

# Newton to the root of score(b), information known
newton <- function(b, score, information) {
  for (i in 1:100) { step <- solve(information(b), colSums(score(b))); b <- b + step; if (max(abs(step)) < 1e-14) break }
  b
}
logit_parts <- function(X, y, w) list(score = function(b) w * (y - plogis(drop(X %*% b))) * X,
  information = function(b) { p <- plogis(drop(X %*% b)); crossprod(X, w * p * (1 - p) * X) },
  loglik = function(b) sum(w * (y * plogis(drop(X %*% b), log.p = TRUE) + (1 - y) * plogis(-drop(X %*% b), log.p = TRUE))))
weighted_logit <- function(case, w, N) {
  f <- logit_parts(X, d$any, w); b <- newton(coef(glm(d$any ~ X - 1, family = binomial, control = tight)), f$score, f$information)
  A <- solve(f$information(b)); m <- weighted.mean(d$any, w)
  row(case, colnames(X), b, sqrt(diag(A)), cr1(f$score(b), A, d$mentor, N), f$loglik(b), sum(w * dbinom(d$any, 1, m, log = TRUE)))
}
frequency_logit <- function() weighted_logit("frequency_logit", d$w, sum(d$w))
sampling_logit <- function() weighted_logit("sampling_logit", d$prestige * nrow(d) / sum(d$prestige), nrow(d))
precision_linear <- function(case, y, jacobian) {
  m <- lm(y ~ X[, -4] - 1, weights = d$w)
  row(case, colnames(X)[-4], coef(m), sqrt(diag(vcov(m))), sqrt(diag(vcovCL(m, d$mentor, type = "HC1"))), as.numeric(logLik(m)) - jacobian,
      as.numeric(logLik(lm(y ~ 1, weights = d$w))) - jacobian)
}
frequency_ordinal <- function() {
  e <- d[rep(seq_len(nrow(d)), d$w), ]
  m <- clm(many ~ gender + married + prestige + mentor, data = e, control = clm.control(gradTol = 1e-12, maxIter = 200))
  n <- table(e$many); A <- vcov(m); y <- as.integer(e$many); W <- model.matrix(~ gender + married + prestige + mentor, e)[, -1]
  eta <- drop(W %*% m$beta); a <- c(m$alpha, Inf)[y] - eta; b <- c(-Inf, m$alpha)[y] - eta; P <- plogis(a) - plogis(b)
  S <- cbind(sapply(1:3, function(k) (dlogis(a) * (y == k) - dlogis(b) * (y == k + 1)) / P), (dlogis(b) - dlogis(a)) / P * W)
  row("frequency_ordinal", c(names(m$alpha), colnames(W)), coef(m), sqrt(diag(A)), cr1(S, A, e$mentor, nrow(e)), as.numeric(logLik(m)), sum(n * log(n / sum(n))))
}

# --- Firth: score of a predictor, weight of the information and the slope of its logarithm
families <- list(
  logit = list(p = plogis, s = function(y, e) y - plogis(e), w = function(e) plogis(e) * plogis(-e), l = function(e) 1 - 2 * plogis(e)),
  probit = list(p = pnorm, s = function(y, e) (y - pnorm(e)) * dnorm(e) / (pnorm(e) * pnorm(-e)), w = function(e) dnorm(e)^2 / (pnorm(e) * pnorm(-e)),
                l = function(e) -2 * e - dnorm(e) / pnorm(e) + dnorm(e) / pnorm(-e)),
  cloglog = list(p = function(e) -expm1(-exp(e)), s = function(y, e) { H <- exp(e); ifelse(y == 1, H / expm1(H), -H) },
                 w = function(e) { H <- exp(e); H^2 / expm1(H) }, l = function(e) { H <- exp(e); 2 - H - H / expm1(H) }),
  poisson = list(s = function(y, e) y - exp(e), w = function(e) exp(e), l = function(e) rep(1, length(e))))
firth_parts <- function(f, X, y) {
  information <- function(b) crossprod(X, f$w(drop(X %*% b)) * X)
  loglik <- if (is.null(f$p)) function(b) sum(dpois(y, exp(drop(X %*% b)), log = TRUE)) else function(b) sum(dbinom(y, 1, f$p(drop(X %*% b)), log = TRUE))
  list(information = information, loglik = loglik, penalised = function(b) loglik(b) + 0.5 * as.numeric(determinant(information(b))$modulus),
       score = function(b) { e <- drop(X %*% b); h <- f$w(e) * rowSums((X %*% solve(information(b))) * X); (f$s(y, e) + 0.5 * h * f$l(e)) * X })
}
jacobian <- function(g, b) {
  one <- function(j) { h <- 1e-3; d <- function(k) { e <- replace(numeric(length(b)), j, k * h); (g(b + e) - g(b - e)) }
    (45 * d(1) - 9 * d(2) + d(3)) / (60 * h) }
  matrix(sapply(seq_along(b), one), nrow = length(g(b)))
}
root <- function(g, b, most = 100) { for (i in 1:most) { step <- -solve(jacobian(g, b), g(b)); s <- 1; while (any(abs(s * step) > 1)) s <- s / 2
  b <- b + s * step; if (max(abs(step)) < 1e-13) break }; b }
firth <- function(case, family, X, y, package, limits = TRUE) {
  f <- firth_parts(families[[family]], X, y); b <- root(function(b) colSums(f$score(b)), unname(coef(package)))
  se <- sqrt(diag(solve(f$information(b))))
  off <- max(abs(b - coef(package)) / se); if (!(off < 1e-6)) stop(case, ": brglm2 is ", off, " standard errors away")
  limit <- function(j, side) {
    target <- f$penalised(b) - qchisq(0.95, 1) / 2; free <- setdiff(seq_along(b), j); last <- b[free]
    fall <- function(v) { t <- b; t[j] <- v; last <<- root(function(u) { t[free] <- u; colSums(f$score(t))[free] }, last); t[free] <- last; f$penalised(t) - target }
    uniroot(fall, sort(c(b[j], b[j] + side * 3 * se[j])), extendInt = if (side > 0) "downX" else "upX", tol = 1e-13, maxiter = 500)$root
  }
  null <- if (family == "poisson") sum(dpois(y, mean(y), log = TRUE)) else sum(dbinom(y, 1, mean(y), log = TRUE))
  row(case, colnames(X), b, se, rep(f$penalised(b), length(b)), f$loglik(b), null, if (limits) sapply(seq_along(b), limit, -1) else NA, if (limits) sapply(seq_along(b), limit, 1) else NA)
}
data(endometrial, package = "brglm2")
con <- file(file.path(into, "endometrial.csv"), "w")
writeLines(c(sprintf("# endometrial of R's brglm2 %s (GPL-3): histology of 79 women, high (1) or low (0), of Asseryanis; Heinze & Schemper 2002", packageVersion("brglm2"))), con)
write.table(endometrial[c("HG", "NV", "PI", "EH")], con, sep = ",", quote = FALSE, row.names = FALSE); close(con)
E <- model.matrix(~ NV + PI + EH, endometrial); y <- endometrial$HG
br <- function(formula, data, family, type) suppressWarnings(glm(formula, data = data, family = family, method = "brglmFit", control = list(type = type, epsilon = 1e-13, maxit = 10000)))
multinomial <- function() {
  part <- seq(1, nrow(d), by = 20)
  m <- brmultinom(many ~ gender + married, data = d[part, ], control = list(epsilon = 1e-14, maxit = 100000))
  m2 <- brmultinom(many ~ gender + married, data = d[part, ], control = list(epsilon = 1e-12, maxit = 100000))
  if (max(abs(coef(m) - coef(m2))) > 1e-9) stop("brmultinom is not settled")
  b <- as.vector(t(coef(m))); se <- sqrt(diag(vcov(m))); n <- table(d$many[part])
  row("firth_multinomial", paste0(rep(rownames(coef(m)), each = ncol(coef(m))), ":", colnames(coef(m))), b, se, NA, as.numeric(logLik(m)), sum(n * log(n / sum(n))))
}
prior_logit <- function() {
  m <- c(0, 1, 0, 0); P <- diag(c(0, 1 / 4, 0, 1 / 0.25)); f <- logit_parts(E, y, rep(1, nrow(E)))
  b <- c(1, 1, 0, -1)
  for (i in 1:200) { step <- solve(f$information(b) + P, colSums(f$score(b)) - P %*% (b - m)); b <- b + drop(step); if (max(abs(step)) < 1e-15) break }
  row("prior_logit", colnames(E), b, sqrt(diag(solve(f$information(b) + P))), NA, f$loglik(b), sum(dbinom(y, 1, mean(y), log = TRUE)))
}
prior_linear <- function() {
  y <- d$prestige; Z <- X[, -4]; m <- lm(y ~ Z - 1); s2 <- summary(m)$sigma^2; P <- diag(c(0, 1 / 0.04, 0, 0)); mean <- c(0, 0.5, 0, 0)
  H <- solve(crossprod(Z) / s2 + P); b <- H %*% (crossprod(Z, y) / s2 + P %*% mean)
  row("prior_linear", colnames(Z), drop(b), sqrt(diag(H)), NA, NA, as.numeric(logLik(lm(y ~ 1))))
}
con <- file(file.path(into, "small.csv"), "w")
writeLines(paste("#", c(paste("fits to phd.csv and endometrial.csv, md5", tools::md5sum(file.path(into, "phd.csv")), tools::md5sum(file.path(into, "endometrial.csv"))),
  sprintf("%s, brglm2 %s, ordinal %s, sandwich %s, made by scripts/reference/small.R", R.version.string, packageVersion("brglm2"), packageVersion("ordinal"), packageVersion("sandwich")),
  "robust: CR1 by mentor; of Firth's fits the penalised log-likelihood; tolerance 1e-8")), con)
write.table(rbind(frequency_logit(), sampling_logit(), precision_linear("precision_linear", d$prestige, 0), precision_linear("precision_lognormal", log(d$prestige), sum(log(d$prestige))),
  frequency_ordinal(),
  firth("firth_logit", "logit", E, y, br(HG ~ NV + PI + EH, endometrial, binomial, "AS_mean")),
  firth("firth_cloglog", "cloglog", E, y, br(HG ~ NV + PI + EH, endometrial, binomial("cloglog"), "MPL_Jeffreys"), FALSE),
  firth("firth_probit", "probit", E, y, br(HG ~ NV + PI + EH, endometrial, binomial("probit"), "MPL_Jeffreys"), FALSE),
  firth("firth_poisson", "poisson", X, d$articles, br(articles ~ gender + married + prestige + mentor, d, poisson, "AS_mean")),
  multinomial(), prior_logit(), prior_linear()), con, sep = ",", quote = FALSE, row.names = FALSE)
close(con)
