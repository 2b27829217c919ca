/* VAR=SOURCE: where the numbers come from.
 *
 * What looks like a literal and is one is a literal; what is a file is a file; what remains may be a constant
 * expression, such as eye(3) or 2*pi.                                                                */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command/command.h"
#include "files/files.h"

static bool looks_like_literal(const char *source)
{
    return *source && strchr("[0123456789+-.(", *source);
}

static bool looks_like_path(const char *source)
{
    static const char *const endings[] = { ".csv", ".tsv", ".txt", ".dat", ".npy", ".mtx" };
    size_t length = strlen(source);

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (length > 4 && strcmp(source + length - 4, endings[i]) == 0)
            return true;
    return strchr(source, '/') && !strpbrk(source, "()[]");
}

static bool exists(const char *path)
{
    FILE *stream = fopen(path, "rb");

    if (!stream)
        return errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG;
    fclose(stream);
    return true;
}

bool names_file(const char *source)
{
    return looks_like_path(source) || exists(source);
}

int check_writable(const char *option, const char *file)
{
    bool there = exists(file);
    FILE *stream = fopen(file, there ? "ab" : "wb");

    if (!stream)
        return words("%s %s: %s", option, file, strerror(errno));
    fclose(stream);
    if (!there)
        remove(file);
    return DONE;
}

/* The number of a parsed expression without variables. */
static gsl_matrix *value_of(const dm_expression *expression, dm_complaint *complaint)
{
    dm_context *context = dm_context_alloc();
    gsl_matrix *A = NULL;

    complaint->code = GSL_ENOMEM;
    if (context) {
        complaint->code = GSL_SUCCESS;
        dm *C = dm_expression_evaluate(expression, context, NULL, NULL, 0, complaint);
        gsl_matrix_const_view value = dm_value(C);
        if (value.matrix.data && !complaint->code) {
            A = gsl_matrix_alloc(value.matrix.size1, value.matrix.size2);
            if (A)
                gsl_matrix_memcpy(A, &value.matrix);
            else
                complaint->code = GSL_ENOMEM;
        } else if (!complaint->code) {
            *complaint = (dm_complaint) { .code = dm_context_error(context),
                                          .length = strlen(dm_expression_text(expression)) };
            snprintf(complaint->message, sizeof complaint->message, "%s", dm_context_message(context));
        }
    }
    dm_context_free(context);
    return A;
}

/* NULL and a complaint where the text is no constant expression. */
static gsl_matrix *constant(const char *text, dm_complaint *complaint)
{
    dm_expression *expression = dm_expression_parse(text, complaint);
    gsl_matrix *A = NULL;

    if (expression && dm_expression_infer(expression, NULL, 0, NULL, 1, complaint) == GSL_SUCCESS)
        A = value_of(expression, complaint);
    dm_expression_free(expression);
    return A;
}

static gsl_matrix *from_file(const char *label, const char *path, int *status)
{
    int code;
    char message[512];
    gsl_matrix *A = strcmp(path, "-") == 0
                        ? dm_stream_read(stdin, "standard input", &code, message, sizeof message)
                        : dm_file_read(path, &code, message, sizeof message);

    *status = DONE;
    if (!A) {
        *status = status_of(code);
        complain("%s: %s", label, message);
    }
    return A;
}

gsl_matrix *read_source(const char *label, const char *source, int *status)
{
    dm_complaint complaint = { .code = GSL_SUCCESS };
    gsl_matrix *A = NULL;
    bool literal = looks_like_literal(source);

    *status = DONE;
    if (*source == '\0') {
        *status = words("%s: a file, a literal such as [1,2;3,4] or - is needed behind the %c", label,
                        strncmp(label, "--hand", 6) == 0 ? '@' : '=');
        return NULL;
    }
    if (strcmp(source, "-") == 0)
        return from_file(label, source, status);
    if (literal && (A = constant(source, &complaint)))
        return A;
    if (names_file(source))
        return from_file(label, source, status);
    if (!literal && (A = constant(source, &complaint)))
        return A;

    if (*source != '[' && status_of(complaint.code) == WORDS) {
        char why[sizeof complaint.message];
        strcpy(why, complaint.message);
        snprintf(complaint.message, sizeof complaint.message,
                 "there is no such file, and as an expression: %.500s", why);
    }
    *status = complain_about(label, source, &complaint);
    return NULL;
}
