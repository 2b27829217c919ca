/* Matrices from files: tables of numbers in text. */
#ifndef DM_FILES_H
#define DM_FILES_H

#include <stdio.h>
#include <gsl/gsl_matrix.h>

/* A matrix from a file, or from `stream` with `name` for messages; NULL and a message that names file, line
 * and field where it is none: GSL_EFAILED (cannot be read), GSL_EINVAL (what stands there is no number, rows
 * of different lengths, nothing in it), GSL_EDOM (not finite), GSL_EUNIMPL (a format that is not read),
 * GSL_ENOMEM.  Free with gsl_matrix_free.
 *
 * A table has a row a line, its fields separated by commas, semicolons, tabs or white space, whichever its
 * first line shows.  Numbers are as strtod reads them, with a decimal point; quotes around them do no harm.
 * From # to the end of a line is a comment; blank lines count for nothing.  A first line without a single
 * number is a header of names, and skipped.                                                           */
gsl_matrix *dm_file_read(const char *path, int *code, char *message, size_t size);
gsl_matrix *dm_stream_read(FILE *stream, const char *name, int *code, char *message, size_t size);

#endif
