/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mentorlab: does mentoring work here, who should be paired with whom, and what does it return? */
#ifndef MENTORLAB_H
#define MENTORLAB_H

#include "mentorlab/after.h"
#include "mentorlab/compare.h"
#include "mentorlab/core.h"
#include "mentorlab/data.h"
#include "mentorlab/draws.h"
#include "mentorlab/fit.h"
#include "mentorlab/forecast.h"
#include "mentorlab/gains.h"
#include "mentorlab/joint.h"
#include "mentorlab/match.h"
#include "mentorlab/policy.h"
#include "mentorlab/raters.h"
#include "mentorlab/report.h"
#include "mentorlab/simulate.h"
#include "mentorlab/store.h"
#include "mentorlab/study.h"

#endif
