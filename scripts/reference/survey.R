# SPDX-License-Identifier: GPL-3.0-or-later
# Reference values for tests/real/test_survey.c: a score of five items with Cronbach's alpha and Feldt's interval, and a cumulative logit
# of satisfaction on it, clustered by country.
#   Rscript scripts/reference/survey.R tests/reference <folder of research-software-survey>
#
# The fit starts from clm and is polished by Newton steps on the log-likelihood, written here once more as a sum over rows; gradients are
# complex-step derivatives, exact to rounding. `robust` is the sandwich by country with G/(G-1) (N-1)/(N-p).
suppressMessages(library(ordinal))
args <- commandArgs(TRUE)
d <- read.csv(file.path(args[2], "rse_pooled_2016_2017.csv"), fileEncoding = "UTF-8-BOM", colClasses = "character")
d[] <- lapply(d, function(x) trimws(gsub("\uFEFF", "", x)))
scale <- tolower(c("Strongly disagree", "Disagree", "Neither agree or disagree", "Agree", "Strongly agree"))
level <- function(x) { x[x == ""] <- NA; stopifnot(all(is.na(x) | tolower(x) %in% scale)); match(tolower(x), scale) }
items <- sapply(paste0("affRec", 1:5), function(n) level(d[[n]]))
answered <- rowSums(!is.na(items))
d$recognition <- ifelse(answered >= 3, rowMeans(items, na.rm = TRUE), NA)
d$y <- level(d$affSat1) - 1
x <- items[answered == 5, ]; n <- nrow(x); k <- ncol(x)
alpha <- k / (k - 1) * (1 - sum(diag(cov(x))) / sum(cov(x)))
limits <- 1 - (1 - alpha) * qf(c(.975, .025), n - 1, (n - 1) * (k - 1))
d <- d[!is.na(d$recognition) & !is.na(d$y), ]
X <- cbind(recognition = d$recognition, year2017 = as.numeric(d$year == "2017")); T <- 4
rows <- function(b) {
  eta <- drop(X %*% b[-(1:T)]); F <- function(z) 1 / (1 + exp(-z))
  log(ifelse(d$y < T, F(b[pmin(d$y + 1, T)] - eta), 1) - ifelse(d$y > 0, F(b[pmax(d$y, 1)] - eta), 0))
}
scores <- function(b) sapply(seq_along(b), function(j) { t <- as.complex(b); t[j] <- t[j] + 1e-30i; Im(rows(t)) / 1e-30 })
hessian <- function(b) {
  one <- function(j) {
    a <- sapply(0:3, function(m) { h <- 2e-3 / 2^m; e <- replace(numeric(length(b)), j, h); (colSums(scores(b + e)) - colSums(scores(b - e))) / (2 * h) })
    for (m in 1:3) a <- (4^m * a[, -1, drop = FALSE] - a[, -ncol(a), drop = FALSE]) / (4^m - 1)
    a[, 1]
  }
  H <- sapply(seq_along(b), one); (H + t(H)) / 2
}
m <- clm(ordered(y) ~ recognition + year, data = d, control = clm.control(gradTol = 1e-11, maxIter = 200))
b <- unname(coef(m))
for (i in 1:8) b <- b - solve(hessian(b), colSums(scores(b)))
V <- solve(-hessian(b))
stopifnot(max(abs(b - coef(m)) / sqrt(diag(V))) < 1e-4)
S <- scores(b); G <- length(unique(d$country)); N <- nrow(S)
R <- V %*% (G / (G - 1) * (N - 1) / (N - length(b)) * crossprod(rowsum(S, d$country))) %*% V
out <- data.frame(case = "satisfaction", name = c(paste0("cut", 1:T), colnames(X)), estimate = b, se = sqrt(diag(V)), robust = sqrt(diag(R)))
out <- rbind(out, data.frame(case = "reliability", name = c("alpha", "lower", "upper", "people", "scored"),
                             estimate = c(alpha, limits, n, sum(answered >= 3)), se = 0, robust = 0))
out[3:5] <- lapply(out[3:5], function(v) format(v, digits = 17, trim = TRUE, scientific = FALSE))
con <- file(file.path(args[1], "survey_rse.csv"), "w")
writeLines(c(paste0("# ", R.version.string, ", ordinal ", packageVersion("ordinal"), ", made by scripts/reference/survey.R"),
             "# se: observed information; robust: CR1 by country; tolerance 1e-8 of the estimate or the standard error"), con)
write.csv(out, con, row.names = FALSE, quote = FALSE)
close(con)
