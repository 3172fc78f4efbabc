/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stranger's program: includes the installed headers, links the installed library, asks one thing. */
#include <mentorlab.h>

#include <stdio.h>

int main(void)
{
    mlab_context context;
    mlab_error err;
    if (mlab_setup(&context, &err) != MLAB_OK) {
        fprintf(stderr, "%s: %s\n", mlab_status_name(err.status), err.sentence);
        return 1;
    }
    printf("mentorlab %s, %d thread(s)\n", mlab_version(), context.threads);
    return 0;
}
