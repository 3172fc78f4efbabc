/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forecast: block of the study file: its rows, and the spec that it says. */
#ifndef MLAB_FORECAST_OPTIONS_H
#define MLAB_FORECAST_OPTIONS_H

#include "data/settings.h"
#include "mentorlab/forecast.h"

extern const mlab_option mlab_forecast_option_rows[];
extern const size_t mlab_forecast_n_option_rows;

/* Reads the block into a spec (released with mlab_forecast_spec_free); a salary file is read, relative to the study file. What the rows
 * cannot check becomes findings with places. Errors: MLAB_ERR_MEMORY, errors of opening the salary file. */
MLAB_MUST_USE mlab_status mlab_forecast_spec_read(const mlab_context *context, const mlab_settings *settings, mlab_findings *findings,
                                                  mlab_forecast_spec *spec, mlab_error *err);

/* Parts of reading. */
typedef struct mlab_forecast_reader {
    const mlab_context *context;
    const mlab_settings *settings;
    mlab_findings *findings;
    mlab_forecast_spec *spec;
} mlab_forecast_reader;
const char *mlab_forecast_text_at(const mlab_forecast_reader *r, const mlab_setting *map, const char *key); /* NULL = absent */
mlab_status mlab_forecast_stop(const mlab_forecast_reader *r, const char *kind, mlab_place place, const char *value, mlab_error *err,
                               const char *sentence);
MLAB_MUST_USE mlab_status mlab_forecast_read_salaries(const mlab_forecast_reader *r, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_forecast_read_salary_source(const mlab_forecast_reader *r, const mlab_setting *map, mlab_error *err);
/* The keys of a file of bands: per, hours_per_year, currency; what is unknown becomes a finding. */
MLAB_MUST_USE mlab_status mlab_forecast_read_band_units(const mlab_forecast_reader *r, const mlab_setting *map, mlab_error *err);
void mlab_salary_source_free(const mlab_context *context, mlab_salary_source *source);

/* The salaries of a spec whose source is a column: means of those there on the last day of the data, by group, in the forecast's
 * currency, a year, scaled by their share of a full post; the mean of all serves groups without. Does nothing when salaries are stated.
 * What is wrong becomes findings. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_forecast_salaries_of(const mlab_context *context, const mlab_data *data, mlab_findings *findings,
                                                    mlab_forecast_spec *spec, mlab_error *err);

#endif
