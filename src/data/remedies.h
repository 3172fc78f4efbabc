/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What to do about a finding whose maker names no line for the study file. */
#ifndef MLAB_DATA_REMEDIES_H
#define MLAB_DATA_REMEDIES_H

/* "" = nothing better than what the sentence says. */
const char *mlab_usual_remedy(const char *kind);

#endif
