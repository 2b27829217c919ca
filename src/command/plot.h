/* The Taylor test as a picture: the error of the linear model against the step, log-log. */
#ifndef DUALMAT_COMMAND_PLOT_H
#define DUALMAT_COMMAND_PLOT_H

#include "command/check.h"

/* Can a plot be written to that file?  DONE, or the exit status after a message.  NULL: none is wanted. */
int check_plot_name(const char *file);

/* To a file, as SVG or PNG by its name. */
int write_plot(const checking *c, const char *file);

/* In characters, within 80 columns, on standard output. */
void draw_plot(const checking *c);

#endif
