# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_joint.c: joint models, their likelihood written plainly and integrated by brute force.
#   Rscript scripts/reference/joint.R tests/reference
#
# Data: pbcseq of R's survival (LGPL >= 2), written beside as joint_visits.csv (visits: log bilirubin, histologic stage, year) and joint_years.csv (one row
# a person and year at risk: age, whether a transplant or death ended it). The integral over the effects of each person is a trapezoidal sum on a grid
# of 1/4 (two effects: 3/4) posterior standard deviations out to 11 (6.75) of them, placed once, near the maximum, and not moved: for bell-shaped
# functions its error is about exp(-2 (pi / step)^2), below 1e-14 (Trefethen & Weideman 2014, SIAM Review 56, 385-458). Maximised by Newton steps on Richardson differences until the gradient is below
# 1e-7 of a standard error. Rows: case, name, estimate, se, loglik. se: observed information.
suppressMessages(library(survival))
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 15, trim = TRUE, scientific = FALSE)
put <- function(d, name, source) {
  con <- file(file.path(into, name), "w"); on.exit(close(con))
  writeLines(paste("#", source), con); write.csv(d, con, row.names = FALSE, quote = FALSE)
}
p <- pbcseq[!is.na(pbcseq$bili) & !is.na(pbcseq$stage), ]
visits <- data.frame(id = p$id, year = round(p$day / 365.25, 2), bili = round(log(p$bili), 4), stage = p$stage)
people <- p[!duplicated(p$id), ]
years <- do.call(rbind, lapply(seq_len(nrow(people)), function(i) {
  n <- ceiling(people$futime[i] / 365.25)
  data.frame(id = people$id[i], year = seq_len(n) - 1, age = round(people$age[i] / 10, 2), cause = c(rep(0, n - 1), people$status[i]))
}))
source <- sprintf("pbcseq of the R package survival %s (LGPL >= 2); Mayo Clinic primary biliary cholangitis", packageVersion("survival"))
put(visits, "joint_visits.csv", source); put(years, "joint_years.csv", source)
ids <- people$id; vi <- match(visits$id, ids); yi <- match(years$id, ids); n <- length(ids)
Z <- cbind(1, visits$year); X <- cbind(1, years$age, years$year)

# Log-likelihoods of the rows of each person [n x nodes]; e: effect of each row's person [rows x nodes].
by_person <- function(l, i) rowsum(l, i, reorder = TRUE)
full <- function(l, i) { out <- matrix(0, n, ncol(l)); s <- by_person(l, i); out[as.integer(rownames(s)), ] <- s; out }
gaussian <- function(t, e) full(-(visits$bili - drop(Z %*% t[1:2]) - e)^2 / (2 * exp(2 * t[3])) - t[3] - log(2 * pi) / 2, vi)
ordinal <- function(t, e) {
  th <- c(-Inf, t[1:3], Inf); eta <- t[4] * visits$year + e
  full(log(plogis(th[visits$stage + 1] - eta) - plogis(th[visits$stage] - eta)), vi)
}
died <- function(t, e) {
  h <- exp(drop(X %*% t[1:3]) + e); l <- -h; dead <- years$cause == 2
  l[dead, ] <- log(-expm1(-h[dead, ])); full(l, yi)
}
competing <- function(t, e1, e2) {
  h1 <- exp(drop(X %*% t[1:3]) + e1); h2 <- exp(drop(X %*% t[4:6]) + e2); H <- h1 + h2
  l <- -H; one <- years$cause == 1; two <- years$cause == 2
  l[one, ] <- log(h1[one, ] / H[one, ] * -expm1(-H[one, ])); l[two, ] <- log(h2[two, ] / H[two, ] * -expm1(-H[two, ])); full(l, yi)
}
cases <- list(
  ordinal_death = list(q = 1, names = c("satisfaction:1|2", "satisfaction:2|3", "satisfaction:3|4", "satisfaction:year", "retention:(Intercept)", "retention:age",
    "retention:year", "person(satisfaction)", "retention ~ satisfaction"),
    start = c(-6, -2, 2, 0.2, -4, 0.3, 0, 2, 0.5),
    l = function(t, v) ordinal(t[1:4], t[8] * v[[1]][vi, ]) + died(t[5:7], t[9] * v[[1]][yi, ])),
  gaussian_causes = list(q = 1, names = c("satisfaction:(Intercept)", "satisfaction:year", "satisfaction:log(residual sd)", "retention:transplant:(Intercept)",
    "retention:transplant:age", "retention:transplant:year", "retention:death:(Intercept)", "retention:death:age", "retention:death:year", "person(satisfaction)",
    "retention:transplant ~ satisfaction", "retention:death ~ satisfaction"),
    start = c(0.5, 0.1, log(0.5), -3, -0.5, 0, -5, 0.4, 0, 1, 0.8, 0.8),
    l = function(t, v) gaussian(t[1:3], t[10] * v[[1]][vi, ]) + competing(t[4:9], t[11] * v[[1]][yi, ], t[12] * v[[1]][yi, ])),
  gaussian_slope_death = list(q = 2, names = c("satisfaction:(Intercept)", "satisfaction:year", "satisfaction:log(residual sd)", "retention:(Intercept)", "retention:age",
    "retention:year", "person(satisfaction)", "satisfaction:year ~ satisfaction", "person(satisfaction:year)", "retention ~ satisfaction",
    "retention ~ satisfaction:year"),
    start = c(0.5, 0.18, -1.1, -6.5, 0.5, 0.1, 1.05, 0.05, 0.17, 1.3, 0.5),
    l = function(t, v) gaussian(t[1:3], t[7] * v[[1]][vi, ] + visits$year * (t[8] * v[[1]][vi, ] + t[9] * v[[2]][vi, ])) +
      died(t[4:6], t[10] * v[[1]][yi, ] + t[11] * v[[2]][yi, ])),
  gaussian_death_own = list(q = 2, names = c("satisfaction:(Intercept)", "satisfaction:year", "satisfaction:log(residual sd)", "retention:(Intercept)", "retention:age",
    "retention:year", "person(satisfaction)", "retention ~ satisfaction", "person(retention)"),
    start = c(0.5, 0.1, log(0.5), -5, 0.4, 0.1, 1, 1, 0.7),
    l = function(t, v) gaussian(t[1:3], t[7] * v[[1]][vi, ]) + died(t[4:6], t[8] * v[[1]][yi, ] + t[9] * v[[2]][yi, ])))

# Posterior means and standard deviations (Cholesky factor) of each person at t, by a grid that is moved until it holds still.
place <- function(case, t, half, step) {
  q <- case$q; x <- as.matrix(expand.grid(rep(list(seq(-half, half, step)), q)))
  m <- matrix(0, n, q); L <- array(diag(q), c(q, q, n))
  for (k in 1:8) {
    v <- lapply(1:q, function(a) matrix(sapply(1:nrow(x), function(j) m[, a] + colSums(matrix(L[a, , ], q, n) * x[j, ])), n))
    f <- case$l(t, v) - Reduce(`+`, lapply(v, function(w) w^2)) / 2
    w <- exp(f - apply(f, 1, max)); w <- w / rowSums(w)
    m <- sapply(1:q, function(a) rowSums(w * v[[a]]))
    for (i in 1:n) { V <- sapply(1:q, function(a) sapply(1:q, function(b) sum(w[i, ] * (v[[a]][i, ] - m[i, a]) * (v[[b]][i, ] - m[i, b])))); L[, , i] <- t(chol(matrix(V, q) + step^2 / 4 * matrix(L[, , i], q) %*% t(matrix(L[, , i], q)))) } # a little wide: a node alone would have no spread
  }
  list(m = m, L = L, x = x)
}
grid <- function(at, q, half, step) {
  x <- as.matrix(expand.grid(rep(list(seq(-half, half, step)), q)))
  v <- lapply(1:q, function(a) matrix(sapply(1:nrow(x), function(j) at$m[, a] + colSums(matrix(at$L[a, , ], q, n) * x[j, ])), n))
  list(v = v, log_cell = q * log(step) + apply(at$L, 3, function(l) sum(log(diag(matrix(l, q))))), prior = -Reduce(`+`, lapply(v, function(w) w^2)) / 2 - q / 2 * log(2 * pi))
}
likelihood <- function(case, g) function(t) {
  if (any(diff(t[grep("\\|", case$names)]) <= 0)) return(-1e10)
  f <- case$l(t, g$v) + g$prior; m <- apply(f, 1, max)
  sum(m + log(rowSums(exp(f - m))) + g$log_cell)
}
gradient <- function(L, t, scale) sapply(seq_along(t), function(j) {
  d <- sapply(0:2, function(k) { u <- replace(numeric(length(t)), j, 0.2 * scale[j] / 2^k); (L(t + u) - L(t - u)) / (0.4 * scale[j] / 2^k) })
  d <- (4 * d[-1] - d[-3]) / 3; (16 * d[2] - d[1]) / 15 })
plain <- function(L, t, scale) sapply(seq_along(t), function(j) { u <- replace(numeric(length(t)), j, 0.05 * scale[j]); (L(t + u) - L(t - u)) / (0.1 * scale[j]) })
hessian <- function(L, t, scale, of = gradient) {
  H <- sapply(seq_along(t), function(j) { u <- replace(numeric(length(t)), j, 0.05 * scale[j]); (of(L, t + u, scale) - of(L, t - u, scale)) / (0.1 * scale[j]) })
  (H + t(H)) / 2 }
run <- function(case) {
  wide <- if (case$q == 1) c(11, 0.25) else c(6.75, 0.75); t <- case$start; q <- case$q
  for (k in 1:2) { # coarse: settle, then place the grid near the maximum
    g <- grid(place(case, t, 5, if (q == 1) 0.5 else 1), q, 5, 1)
    t <- optim(t, likelihood(case, g), method = "BFGS", control = list(fnscale = -1, maxit = 200, reltol = 1e-9))$par
  }
  L <- likelihood(case, grid(place(case, t, 5, if (q == 1) 0.5 else 1), q, wide[1], wide[2]))
  scale <- rep(0.05, length(t))
  for (k in 1:2) { H <- hessian(L, t, scale, plain); scale <- sqrt(diag(solve(-H))); t <- t - drop(solve(H, gradient(L, t, scale))) }
  for (k in 1:4) t <- t - drop(solve(H, gradient(L, t, scale)))
  V <- solve(-hessian(L, t, scale))
  left <- max(abs(drop(V %*% gradient(L, t, scale))) / sqrt(diag(V)))
  cat(case$names[length(t)], "last step in standard errors", left, "\n"); stopifnot(left < 1e-7)
  data.frame(name = case$names, estimate = number(t), se = number(sqrt(diag(V))), loglik = number(L(t)))
}
con <- file(file.path(into, "joint.csv"), "w")
writeLines(c(sprintf("# scripts/reference/joint.R; R %s, survival %s; tolerance 1e-4 standard errors", getRversion(), packageVersion("survival")),
  "case,name,estimate,se,loglik"), con)
for (k in names(cases)) {
  write.table(cbind(case = k, run(cases[[k]])), con, sep = ",", row.names = FALSE, col.names = FALSE, quote = FALSE)
  flush(con)
}
close(con)
