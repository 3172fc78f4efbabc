# SPDX-License-Identifier: GPL-3.0-or-later
# Opens a results file in R and compares what it says with what was written.
# usage: Rscript read_back.R results.h5 expected.txt   (expected.txt as for read_back.py)
suppressWarnings(suppressMessages(library(hdf5r)))
arguments <- commandArgs(TRUE)
file <- H5File$new(arguments[1], "r")
lines <- strsplit(readLines(arguments[2], encoding = "UTF-8"), "\t", fixed = TRUE)
for (line in lines) {
  got <- file[[line[1]]]$read(drop = FALSE)
  want <- line[-1]
  if (is.character(got)) {
    want <- gsub("\\n", "\n", sub('^"(.*)"$', "\\1", want), fixed = TRUE)
    same <- length(got) == length(want) && all(as.vector(enc2utf8(got)) == enc2utf8(want))
  } else {
    # R's first axis runs fastest, so the values come in the order of the file
    same <- length(got) == length(want) && all(as.numeric(as.vector(got)) == as.numeric(want))
  }
  if (!isTRUE(same)) stop(line[1], " is ", paste(head(got), collapse = " "), ", expected ", paste(head(want), collapse = " "))
}
cat(length(lines), "variables agree in R\n")
