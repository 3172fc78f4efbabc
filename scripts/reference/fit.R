# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_reference.c: logit, cloglog, competing hazards, multinomial, cumulative logit, linear.
#   Rscript scripts/reference/fit.R tests/reference [folder of employee-turnover]
#
# Every fit starts from the package's answer (glm, clm, vglm) and is polished by Newton steps on its log-likelihood, written here once
# more as a sum over rows; gradients are complex-step derivatives of it (exact to rounding), Hessians Richardson differences of those.
# The package's answer must lie within 1e-4 standard errors, or the script stops. `se` is the observed information unless the case is
# called *_expected (glm's own vcov at the polished estimate); `robust` is the sandwich by cluster with G/(G-1) (N-1)/(N-p), checked against
# sandwich::vcovCL(type = "HC1") where that applies.
suppressMessages({library(ordinal); library(VGAM); library(sandwich)})
args <- commandArgs(TRUE); into <- args[1]

score_rows <- function(rows, theta) {
  h <- 1e-30
  matrix(nrow = length(rows(theta)), sapply(seq_along(theta), function(j) { t <- as.complex(theta); t[j] <- t[j] + 1i * h; Im(rows(t)) / h }))
}
gradient <- function(rows, theta) colSums(score_rows(rows, theta))
hessian <- function(rows, theta, scale) {
  one <- function(j) {
    d <- function(h) { e <- replace(numeric(length(theta)), j, h); (gradient(rows, theta + e) - gradient(rows, theta - e)) / (2 * h) }
    h <- 2e-3 / scale[j]
    a <- matrix(sapply(0:3, function(k) d(h / 2^k)), nrow = length(theta))
    for (k in 1:3) a <- (4^k * a[, -1, drop = FALSE] - a[, -ncol(a), drop = FALSE]) / (4^k - 1)
    a[, 1]
  }
  H <- matrix(sapply(seq_along(theta), one), nrow = length(theta))
  (H + t(H)) / 2
}
polish <- function(rows, theta, scale) {
  for (i in 1:8) {
    H <- hessian(rows, theta, scale)
    step <- -solve(H, gradient(rows, theta), tol = 1e-30)
    theta <- theta + step
    if (max(abs(step) / sqrt(diag(solve(-H, tol = 1e-30)))) < 1e-12) break
  }
  list(theta = theta, cov = solve(-hessian(rows, theta, scale), tol = 1e-30), loglik = sum(Re(rows(theta))))
}
meat <- function(S, cluster, p) {
  G <- length(unique(cluster)); N <- nrow(S)
  G / (G - 1) * (N - 1) / (N - p) * crossprod(rowsum(S, cluster))
}
number <- function(x) format(x, digits = 17, trim = TRUE, scientific = FALSE)
result <- function(case, rows, start, scale, names, cluster, null, vcov = NULL, check = NULL, robust_check = NULL) {
  fit <- polish(rows, unname(start), scale)
  se <- sqrt(diag(fit$cov))
  if (is.null(check)) check <- start
  off <- max(abs(fit$theta - check) / se)
  if (!(off < 1e-4)) stop(case, ": the package's answer is ", off, " standard errors away")
  cov <- if (is.null(vcov)) fit$cov else vcov
  V <- cov %*% meat(score_rows(rows, fit$theta), cluster, length(start)) %*% cov
  if (!is.null(robust_check) && !(max(abs(sqrt(diag(V)) / sqrt(diag(robust_check)) - 1)) < 1e-5)) stop(case, ": the sandwich differs")
  data.frame(case = case, name = gsub("[ ,]", "_", names), estimate = number(fit$theta), se = number(sqrt(diag(cov))), robust = number(sqrt(diag(V))),
             loglik = number(fit$loglik), null = number(null))
}

# --- log-likelihoods by row ------------------------------------------------------------------------------------
log_inverse_logit <- function(eta) ifelse(Re(eta) > 0, -log(1 + exp(-eta)), eta - log(1 + exp(eta)))
rows_logit <- function(X, y) function(b) { eta <- X %*% b; drop(ifelse(y == 1, log_inverse_logit(eta), log_inverse_logit(-eta))) }
rows_cloglog <- function(X, y, K, offset = 0) function(b) { # y: 0, 1 .. K
  h <- exp(X %*% matrix(b, ncol = K) + offset); H <- rowSums(h)
  drop(ifelse(y == 0, -H, log(h[cbind(seq_along(y), pmax(y, 1))]) - log(H) + log(1 - exp(-H))))
}
rows_multinomial <- function(X, y, K) function(b) { # y: 0 .. K
  eta <- cbind(0, X %*% matrix(b, ncol = K)); eta[cbind(seq_along(y), y + 1)] - log(rowSums(exp(eta)))
}
rows_ordinal <- function(X, y, T) function(b) { # y: 0 .. T
  eta <- if (ncol(X)) drop(X %*% b[-(1:T)]) else 0
  F <- function(z) 1 / (1 + exp(-z))
  upper <- ifelse(y < T, F(b[pmin(y + 1, T)] - eta), 1); lower <- ifelse(y > 0, F(b[pmax(y, 1)] - eta), 0)
  log(upper - lower)
}
saturated <- function(y) { n <- table(y); sum(n * log(n / sum(n))) }
tight <- glm.control(epsilon = 1e-14, maxit = 200)

# --- the cases ---------------------------------------------------------------------------------------------------
case_binomial <- function(prefix, f, d, cluster) {
  X <- model.matrix(f, d); y <- model.response(model.frame(f, d)); scale <- apply(abs(X), 2, max)
  g <- glm(f, binomial, d, control = tight)
  c <- suppressWarnings(glm(f, binomial("cloglog"), d, control = tight))
  r <- polish(rows_cloglog(X, y, 1), unname(coef(c)), scale)
  e <- suppressWarnings(glm(f, binomial("cloglog"), d, control = tight, start = r$theta))
  rbind(result(paste0(prefix, "logit"), rows_logit(X, y), coef(g), scale, colnames(X), cluster, saturated(y), robust_check = vcovCL(g, cluster, type = "HC1")),
        result(paste0(prefix, "cloglog"), rows_cloglog(X, y, 1), coef(c), scale, colnames(X), cluster, saturated(y)),
        result(paste0(prefix, "cloglog_expected"), rows_cloglog(X, y, 1), coef(c), scale, colnames(X), cluster, saturated(y), vcov = expected(e, r$theta, X),
               robust_check = vcovCL(e, cluster, type = "HC1")))
}
expected <- function(e, b, X) { # glm's expected information at b itself, not one iteration before
  mu <- binomial("cloglog")$linkinv(drop(X %*% b)); w <- binomial("cloglog")$mu.eta(drop(X %*% b))^2 / (mu * (1 - mu))
  V <- solve(crossprod(X, w * X), tol = 1e-30)
  stopifnot(max(abs(V / vcov(e) - 1)) < 1e-4)
  V
}
case_hazard <- function(name, f, d, y, causes, offset, cluster) {
  K <- length(causes); X <- model.matrix(f, d); scale <- rep(apply(abs(X), 2, max), K)
  start <- unlist(lapply(1:K, function(k) coef(suppressWarnings(glm.fit(X, as.numeric(y == k), family = binomial("cloglog"), offset = offset, control = tight)))))
  if (K > 1) { # separate fits are not the joint one: improve on them with optim first
    rows <- rows_cloglog(X, y, K, offset)
    start <- optim(start, function(b) -sum(rows(b)), function(b) -gradient(rows, b), method = "BFGS", control = list(maxit = 2000, reltol = 1e-15))$par
  }
  ones <- rows_cloglog(matrix(1, nrow(X), 1), y, K, offset)
  null <- polish(ones, log(sapply(1:K, function(k) mean(y == k)) + 0), rep(1, K))$loglik
  names <- if (K > 1) paste0(rep(causes, each = ncol(X)), ":", colnames(X)) else colnames(X)
  fit <- polish(rows_cloglog(X, y, K, offset), unname(start), scale)
  result(name, rows_cloglog(X, y, K, offset), fit$theta, scale, names, cluster, null, check = if (K == 1) start else NULL)
}
case_multinomial <- function(name, f, d, cluster) {
  y <- model.response(model.frame(f, d)); X <- model.matrix(f, d); K <- nlevels(y) - 1
  v <- suppressWarnings(vglm(f, multinomial(refLevel = 1), d, epsilon = 1e-14, maxit = 100))
  start <- c(t(matrix(coef(v), nrow = K)))
  result(name, rows_multinomial(X, as.integer(y) - 1, K), start, rep(apply(abs(X), 2, max), K), paste0(rep(levels(y)[-1], each = ncol(X)), ":", colnames(X)),
         cluster, saturated(y))
}
case_ordinal <- function(name, f, d, cluster) {
  y <- model.response(model.frame(f, d)); X <- model.matrix(f, d)[, -1, drop = FALSE]; T <- nlevels(y) - 1
  m <- clm(f, data = d, control = clm.control(gradTol = 1e-11, maxIter = 200))
  result(name, rows_ordinal(X, as.integer(y) - 1, T), coef(m), c(rep(1, T), apply(abs(X), 2, max)), c(names(m$alpha), colnames(X)), cluster, saturated(y),
         robust_check = vcovCL(m, cluster, type = "HC1"))
}
case_linear <- function(name, f, d, cluster) {
  m <- lm(f, d); X <- model.matrix(m); V <- vcovCL(m, cluster, type = "HC1")
  data.frame(case = name, name = gsub("[ ,]", "_", colnames(X)), estimate = number(coef(m)), se = number(sqrt(diag(vcov(m)))), robust = number(sqrt(diag(V))),
             loglik = number(as.numeric(logLik(m))), null = number(as.numeric(logLik(update(m, . ~ 1)))))
}
case_hazard_logit <- function(name, f, d, cluster) {
  X <- model.matrix(f, d); y <- model.response(model.frame(f, d)); g <- glm(f, binomial, d, control = tight)
  result(name, rows_logit(X, y), coef(g), apply(abs(X), 2, max), colnames(X), cluster, saturated(y), robust_check = vcovCL(g, cluster, type = "HC1"))
}
periods <- function(d, id, time, event, width) { # one row a period; an event row counts as wholly at risk
  n <- ceiling(d[[time]] / width); i <- rep(seq_len(nrow(d)), n); k <- sequence(n) - 1
  last <- k == n[i] - 1; y <- ifelse(last, d[[event]][i], 0)
  data.frame(d[i, ], period = k, y = y, share = ifelse(y > 0, 1, pmin(d[[time]][i] - width * k, width) / width), who = d[[id]][i])
}
write_cases <- function(file, head, cases) {
  con <- file(file.path(into, file), "w"); on.exit(close(con))
  writeLines(paste("#", c(head, sprintf("%s, ordinal %s, VGAM %s, sandwich %s, made by scripts/reference/fit.R", R.version.string, packageVersion("ordinal"),
    packageVersion("VGAM"), packageVersion("sandwich")), "se: observed information, expected where the case says so; robust: CR1; tolerance 1e-8")), con)
  write.table(cases, con, sep = ",", quote = FALSE, row.names = FALSE)
}

# Rossi et al. 1980 (tests/reference/rossi.csv), periods of 5 weeks
r <- read.csv(file.path(into, "rossi.csv"), comment.char = "#", stringsAsFactors = TRUE)
q <- periods(r, "row", "week", "cause", 5)
r$schooling <- factor(r$educ, ordered = TRUE); r$school <- factor(r$educ)
s <- subset(q, share == 1)
s$any <- as.numeric(s$y > 0)
write_cases("fit_rossi.csv", paste("fits to rossi.csv, md5", tools::md5sum(file.path(into, "rossi.csv"))), rbind(
  case_binomial("", arrest ~ fin + age + race + prio, r, r$educ),
  case_hazard("hazard", y ~ fin + age + race + prio + period, q, as.numeric(q$y > 0), "arrest", log(q$share), q$who),
  case_hazard("competing", y ~ fin + age + race + prio + period, q, q$y, c("first", "second"), log(q$share), q$who),
  case_hazard_logit("hazard_logit", any ~ fin + age + prio + period, s, s$who),
  case_multinomial("multinomial", school ~ fin + age + prio, r, r$prio),
  case_ordinal("ordinal", schooling ~ fin + age + prio + race, r, r$prio),
  case_linear("linear", prio ~ fin + age + race + educ, r, r$educ)))

# Long 1990, from AER
data(PhDPublications, package = "AER")
p <- PhDPublications
names(p)[names(p) == "mentor"] <- "mentor"
con <- file(file.path(into, "phd.csv"), "w")
writeLines(sprintf("# Long 1990 (doi:10.1093/sf/68.4.1297), 915 biochemists, PhDPublications of the R package AER %s (GPL-2 | GPL-3)", packageVersion("AER")), con)
write.csv(p, con, row.names = FALSE, quote = FALSE); close(con)
p <- read.csv(file.path(into, "phd.csv"), comment.char = "#", stringsAsFactors = TRUE)
p$any <- as.numeric(p$articles > 0)
p$many <- cut(p$articles, c(-1, 0, 1, 3, 100), labels = c("none", "one", "few", "many"), ordered_result = TRUE); p$which <- factor(p$many, ordered = FALSE)
write_cases("fit_phd.csv", paste("fits to phd.csv, md5", tools::md5sum(file.path(into, "phd.csv"))), rbind(
  case_binomial("", any ~ gender + married + kids + prestige + mentor, p, p$mentor),
  case_multinomial("multinomial", which ~ gender + married + kids + prestige + mentor, p, p$mentor),
  case_ordinal("ordinal", many ~ gender + married + kids + prestige + mentor, p, p$mentor),
  case_linear("linear", articles ~ gender + married + kids + prestige + mentor, p, p$kids)))

if (length(args) > 1) {
  path <- file.path(args[2], "turnover.csv")
  d <- read.csv(path, fileEncoding = "latin1", strip.white = TRUE)
  d$days <- round(d$stag * 30.4375); d$who <- seq_len(nrow(d))
  level <- function(x, first = character()) factor(x, c(first, setdiff(sort(unique(x), method = "radix"), first)))
  for (v in c("gender", "industry", "greywage", "traffic", "profession", "way")) d[[v]] <- level(d[[v]])
  d$coach <- level(d$coach, "no")
  d$cause <- ifelse(d$event == 1, ifelse(d$way == "bus", 1, 2), 0)
  q <- periods(d, "who", "days", "cause", 180)
  d$pace <- cut(d$independ, c(-1, 4, 5.5, 7, 99), labels = c("a", "b", "c", "d"), ordered_result = TRUE)
  f <- event ~ coach + age + gender + industry + traffic + greywage
  write_cases("fit_turnover.csv", c("fits to employee-turnover/turnover.csv", paste("md5 of the input", tools::md5sum(path))), rbind(
    case_binomial("", f, d, d$profession),
    case_hazard("hazard", y ~ coach + age + gender + greywage + period, q, as.numeric(q$y > 0), "left", log(q$share), q$who),
    case_hazard("competing", y ~ coach + age + gender + greywage + period, q, q$y, c("first", "second"), log(q$share), q$who),
    case_multinomial("multinomial", way ~ age + gender + greywage, d, d$profession),
    case_ordinal("ordinal", pace ~ coach + age + gender + industry, d, d$profession),
    case_linear("linear", selfcontrol ~ coach + age + gender + industry, d, d$profession)))
}
