# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_ordinal.c: effects by threshold (partial proportional odds) and on the scale, three links.
#   Rscript scripts/reference/ordinal.R tests/reference
#
# Every fit starts from clm of ordinal and is polished by Newton steps on the log-likelihood, written here once more by row with its gradient; the Hessian
# is by Richardson differences of that gradient. clm must lie within 1e-4 standard errors, or the script stops. Signs and order are those of this project: a
# positive effect means more (clm's effects on thresholds have the other sign); thresholds, then the columns, nominal ones with their effect at the
# first threshold, then those at the others, then the log scale. robust: sandwich by cluster with G/(G-1) (N-1)/(N-p). wine is of ordinal (Randall 1989), housing of MASS (Cox & Snell; Venables & Ripley 2002), phd.csv of AER.
suppressMessages({library(ordinal); library(MASS)})
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 17, trim = TRUE, scientific = FALSE)
F <- list(logit = plogis, probit = pnorm, cloglog = function(z) -expm1(-exp(z)))
f <- list(logit = dlogis, probit = dnorm, cloglog = function(z) exp(z - exp(z)))

# y 1 .. T + 1; X all columns; N, S: nominal and scale columns of X by number; w weights
model <- function(link, y, X, N, S, w = rep(1, length(y))) {
  T <- max(y) - 1; p <- ncol(X); q <- length(N); L <- setdiff(seq_len(p), N)
  place <- function(k) if (k == 1) T + N else T + p + (k - 2) * q + seq_len(q)
  zeta <- T + p + (T - 1) * q + seq_along(S)
  rows <- function(b) {
    common <- drop(X[, L, drop = FALSE] %*% b[T + L]); s <- exp(drop(X[, S, drop = FALSE] %*% b[zeta]))
    end <- function(k) b[k] - common - drop(X[, N, drop = FALSE] %*% b[place(k)])
    u <- rep(Inf, length(y)); v <- -u
    for (k in 1:T) { e <- end(k) / s; u[y == k] <- e[y == k]; v[y == k + 1] <- e[y == k + 1] }
    upper <- v > 0 # differences in the tail where nothing cancels
    P <- F[[link]](u) - F[[link]](v)
    if (link != "cloglog") P[upper] <- (if (link == "logit") plogis(-v) - plogis(-u) else pnorm(-v) - pnorm(-u))[upper]
    if (link == "cloglog") P <- exp(-exp(v)) - exp(-exp(u))
    A <- ifelse(is.finite(u), f[[link]](u), 0) / P; B <- ifelse(is.finite(v), f[[link]](v), 0) / P
    G <- matrix(0, length(y), length(b)); A <- A * w; B <- B * w
    for (k in 1:T) {
      g <- (A * (y == k) - B * (y == k + 1)) / s
      G[, k] <- g
      if (q) G[, place(k)] <- -g * X[, N]
    }
    G[, T + L] <- -(A - B) / s * X[, L]
    if (length(S)) G[, zeta] <- -(A * ifelse(is.finite(u), u, 0) - B * ifelse(is.finite(v), v, 0)) * X[, S]
    list(l = sum(w * log(P)), scores = G)
  }
  gradient <- function(b) colSums(rows(b)$scores)
  hessian <- function(b, size) {
    one <- function(j) {
      a <- sapply(0:4, function(m) { h <- 0.4 * size[j] / 2^m; e <- replace(numeric(length(b)), j, h); (gradient(b + e) - gradient(b - e)) / (2 * h) })
      for (m in 1:4) a <- (4^m * a[, -1, drop = FALSE] - a[, -ncol(a), drop = FALSE]) / (4^m - 1)
      a[, 1]
    }
    H <- sapply(seq_along(b), one); (H + t(H)) / 2
  }
  list(rows = rows, gradient = gradient, hessian = hessian, T = T, place = place)
}

fits <- function(case, data, response, formula, nominal, scale, link, cluster, weights = NULL) {
  y <- as.integer(data[[response]]); levels <- levels(data[[response]])
  X <- model.matrix(formula, data)[, -1, drop = FALSE]; labels <- attr(terms(formula), "term.labels"); of <- attr(model.matrix(formula, data), "assign")[-1]
  N <- which(of %in% match(nominal, labels)); S <- which(of %in% match(scale, labels))
  w <- if (is.null(weights)) rep(1, nrow(data)) else data[[weights]]
  rhs <- function(l) if (length(l)) reformulate(l) else ~1
  args <- list(formula = reformulate(c("1", setdiff(labels, nominal)), response), data = data, weights = w, link = link,
               control = clm.control(gradTol = 1e-10, maxIter = 500, convTol = 1e-12))
  if (length(nominal)) args$nominal <- rhs(nominal)
  if (length(scale)) args$scale <- rhs(scale)
  m <- do.call(clm, args)
  T <- max(y) - 1; q <- length(N); o <- model(link, y, X, N, S, w)
  b <- numeric(T + ncol(X) + (T - 1) * q + length(S)); alpha <- matrix(m$alpha, T) # a row a threshold
  b[1:T] <- alpha[, 1]; b[T + setdiff(seq_len(ncol(X)), N)] <- m$beta
  for (k in seq_len(T)) if (q) b[o$place(k)] <- -alpha[k, -1]
  if (length(S)) b[T + ncol(X) + (T - 1) * q + seq_along(S)] <- m$zeta
  from <- b; size <- rep(0.1, length(b))
  for (i in 1:6) { H <- o$hessian(b, size); size <- sqrt(diag(solve(-H))); b <- b - solve(H, o$gradient(b)) }
  V <- solve(-o$hessian(b, size)); se <- sqrt(diag(V)); r <- o$rows(b)
  stopifnot(max(abs(b - from) / se) < 1e-4, max(abs(o$gradient(b)) * se) < 1e-10, abs(r$l - as.numeric(logLik(m))) < 1e-6)
  message(case, " ", link, ": off clm by ", signif(max(abs(b - from) / se), 2), " se; gradient ", signif(max(abs(o$gradient(b)) * se), 2))
  g <- data[[cluster]]; G <- length(unique(g)); n <- sum(w)
  robust <- sqrt(diag(G / (G - 1) * (n - 1) / (n - length(b)) * V %*% crossprod(rowsum(r$scores, g)) %*% V))
  cut <- function(k) paste0(levels[k], "|", levels[k + 1]); columns <- colnames(X)
  columns[N] <- paste0(rep(cut(1), q), if (q) ":", columns[N])
  names <- c(cut(1:T), columns, if (q) unlist(lapply(2:T, function(k) paste0(cut(k), ":", colnames(X)[N]))),
             if (length(S)) paste0("Log(scale):", colnames(X)[S]))
  counts <- tapply(w, y, sum)
  P <- sapply(1:(T + 1), function(k) { fit <- clm_probability(o, b, X, N, S, link, T, k); sum(w * fit) / sum(w) })
  list(names = names, b = b, V = V, o = o, size = size, l = r$l, fit = data.frame(case = paste0(case, "_", link), name = names, estimate = number(b), se = number(se), robust = number(robust),
                        loglik = number(r$l), null = number(sum(counts * log(counts / sum(counts))))),
       shares = data.frame(case = paste0(case, "_", link), level = levels, share = number(P)))
}
clm_probability <- function(o, b, X, N, S, link, T, k) {
  q <- length(N); p <- ncol(X); L <- setdiff(seq_len(p), N)
  s <- exp(drop(X[, S, drop = FALSE] %*% b[T + p + (T - 1) * q + seq_along(S)]))
  up <- function(k) if (k == 0) 0 else if (k > T) 1 else
    F[[link]]((b[k] - drop(X[, L, drop = FALSE] %*% b[T + L]) - drop(X[, N, drop = FALSE] %*% b[o$place(k)])) / s)
  up(k) - up(k - 1)
}

d <- read.csv(file.path(into, "phd.csv"), comment.char = "#", stringsAsFactors = TRUE)
d$many <- cut(d$articles, c(-1, 0, 1, 3, 100), labels = c("none", "one", "few", "many"), ordered_result = TRUE)
all <- ~ gender + married + kids + prestige + mentor
out <- list()
for (link in c("logit", "probit", "cloglog")) {
  out <- c(out, list(fits("nominal", d, "many", all, c("gender", "kids"), NULL, link, "mentor"),
                     fits("scale", d, "many", all, NULL, c("gender", "prestige"), link, "mentor"),
                     fits("both", d, "many", all, "married", c("married", "prestige"), link, "mentor")))
}
d$w <- d$kids + 1
out <- c(out, list(fits("weighted", d, "many", ~ gender + married + prestige + mentor, "gender", "married", "logit", "mentor", "w")))
wine$judge <- as.integer(wine$judge)
out <- c(out, list(fits("wine_nominal", wine, "rating", ~ temp + contact, "contact", NULL, "logit", "judge"),
                   fits("wine_scale", wine, "rating", ~ temp + contact, NULL, "temp", "logit", "judge"),
                   fits("wine_both", wine, "rating", ~ temp + contact, "contact", "temp", "probit", "judge")))
h <- housing; h$row <- seq_len(nrow(h)) # other levels than the first in the order of their names
for (v in c("Infl", "Type", "Cont")) { of <- levels(h[[v]]); h[[v]] <- factor(h[[v]], c(of[1], sort(of[-1]))) }
out <- c(out, list(fits("housing_nominal", h, "Sat", ~ Infl + Type + Cont, "Cont", NULL, "logit", "row", "Freq"),
                   fits("housing_scale", h, "Sat", ~ Infl + Type + Cont, NULL, "Cont", "logit", "row", "Freq")))
# tests between two fits: likelihood ratio, Wald, score with the observed information; rows as independent
tests <- list()
test <- function(case, what, large, small, zero = character(), equal = list()) {
  at <- sapply(large$names, function(n) { k <- match(n, small$names); if (is.na(k)) k <- match(sub("^.*[|][^:]*:", "", n), small$names); if (is.na(k)) 0 else small$b[k] })
  g <- large$o$gradient(at); score <- drop(g %*% solve(-large$o$hessian(at, large$size), g))
  H <- rbind(if (length(zero)) diag(length(large$b))[match(zero, large$names), , drop = FALSE],
             do.call(rbind, lapply(equal, function(of) { k <- match(of, large$names); t(sapply(k[-1], function(j) { r <- numeric(length(large$b)); r[j] <- 1; r[k[1]] <- -1; r })) })))
  w <- drop(H %*% large$b); wald <- drop(w %*% solve(H %*% large$V %*% t(H), w)); df <- length(large$b) - length(small$b)
  stopifnot(df == nrow(H))
  tests[[length(tests) + 1]] <<- data.frame(case = case, what = what, df = df, lr = number(2 * (large$l - small$l)), wald = number(wald), score = number(score))
}
at_all <- function(column) paste0(c("none|one", "one|few", "few|many"), ":", column)
one <- function(f, n, s, link = "logit") fits("t", d, "many", f, n, s, link, "mentor")
both <- c("gender", "kids"); whole <- one(all, both, NULL)
test("nominal", "gender", whole, one(~ married + kids + prestige + mentor, "kids", NULL), at_all("gendermale"))
test("nominal", "prestige", whole, one(~ gender + married + kids + mentor, both, NULL), "prestige")
test("nominal", "gender by threshold", whole, one(all, "kids", NULL), equal = list(at_all("gendermale")))
test("nominal", "kids by threshold", whole, one(all, "gender", NULL), equal = list(at_all("kids")))
whole <- one(all, NULL, c("gender", "prestige"), "probit")
test("scale", "gender", whole, one(~ married + kids + prestige + mentor, NULL, "prestige", "probit"), c("gendermale", "Log(scale):gendermale"))
test("scale", "gender on the scale", whole, one(all, NULL, "prestige", "probit"), "Log(scale):gendermale")
test("scale", "prestige on the scale", whole, one(all, NULL, "gender", "probit"), "Log(scale):prestige")
path <- file.path(into, "ordinal_tests.csv")
writeLines(c("# scripts/reference/ordinal.R: tests of terms, of effects by threshold and on the scale, rows as independent; tolerance 1e-8",
             paste0("# R ", getRversion(), ", ordinal ", packageVersion("ordinal"))), path)
suppressWarnings(write.table(do.call(rbind, tests), path, append = TRUE, sep = ",", quote = FALSE, row.names = FALSE))
put <- function(part, file, line) {
  path <- file.path(into, file); writeLines(c(line, paste0("# R ", getRversion(), ", ordinal ", packageVersion("ordinal"))), path)
  suppressWarnings(write.table(do.call(rbind, lapply(out, `[[`, part)), path, append = TRUE, sep = ",", quote = FALSE, row.names = FALSE))
}
put("fit", "ordinal.csv", "# scripts/reference/ordinal.R: effects by threshold and on the scale; tolerance 1e-8")
put("shares", "ordinal_shares.csv", "# scripts/reference/ordinal.R: mean probability of each level at the fits of ordinal.csv; tolerance 1e-9")
path <- file.path(into, "housing.csv")
writeLines("# housing of the R package MASS (GPL-2 | GPL-3); Madsen 1976, Cox & Snell 1984", path)
suppressWarnings(write.table(h, path, append = TRUE, sep = ",", quote = FALSE, row.names = FALSE))
