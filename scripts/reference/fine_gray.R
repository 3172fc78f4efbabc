# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_fine_gray.c: cmprsk::crr on mgus2 of package survival (Kyle and others 2002, doi:10.1056/NEJMoa01133202).
#   Rscript scripts/reference/fine_gray.R tests/reference
# The standard errors are those of crr: the sandwich with the part of the estimated censoring distribution. Tolerance 1e-7.
suppressMessages({library(cmprsk); library(survival)})
into <- commandArgs(TRUE)[1]
put <- function(file, head, table) {
  con <- file(file.path(into, file), "w"); on.exit(close(con))
  writeLines(paste("#", c(head, sprintf("%s, survival %s, cmprsk %s", R.version.string, packageVersion("survival"), packageVersion("cmprsk")))), con)
  write.table(table, con, sep = ",", quote = FALSE, row.names = FALSE)
}
m <- subset(mgus2, !is.na(hgb) & !is.na(mspike))
d <- data.frame(time = ifelse(m$pstat == 1, m$ptime, m$futime), status = ifelse(m$pstat == 1, 1, 2 * m$death),
                age = m$age, male = as.integer(m$sex == "M"), hgb = m$hgb, mspike = m$mspike)
put("mgus.csv", c("mgus2 of package survival: months to progression (1) or death without it (2)", "rows with a haemoglobin and an M spike"), d)
number <- function(x) format(x, digits = 17, trim = TRUE, scientific = FALSE)
fit <- function(name, data, columns, cause) {
  f <- crr(data$time, data$status, as.matrix(data[columns]), failcode = cause, gtol = 1e-15, maxiter = 60)
  data.frame(fit = name, term = columns, estimate = number(f$coef), se = number(sqrt(diag(f$var))), loglik = number(f$loglik), null = number(f$loglik.null))
}
all <- c("age", "male", "hgb", "mspike")
put("fine_gray.csv", "crr on mgus.csv", rbind(fit("progression", d, all, 1), fit("death", d, all, 2), fit("half", subset(d, seq_len(nrow(d)) %% 2 == 1), all[1:2], 1)))
p <- crr(d$time, d$status, as.matrix(d[all]), gtol = 1e-15, maxiter = 60)
at <- predict(p, rbind(c(60, 1, 13, 1), c(80, 0, 11, 2)))
keep <- c(1, 10, 40, nrow(at))
put("fine_gray_incidence.csv", "cumulative incidence of progression by crr: age 60, male, hgb 13, mspike 1; age 80, female, hgb 11, mspike 2",
    data.frame(time = at[keep, 1], first = number(at[keep, 2]), second = number(at[keep, 3])))
