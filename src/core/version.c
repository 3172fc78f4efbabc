/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The version, which stands in CMakeLists.txt alone, and the commit, which the build looks up. */
#include "mentorlab/core.h"

#include "mlab_commit.h"

const char *mlab_version(void)
{
    return MLAB_VERSION;
}
const char *mlab_commit(void)
{
    return MLAB_COMMIT;
}
