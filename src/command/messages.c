/* What goes to standard error. */
#define _POSIX_C_SOURCE 200809L        /* isatty */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "command/command.h"

/* In lines that fit where somebody looks at it; in a file a message is one line. */
static void say(const char *format, va_list arguments)
{
    static const char name[] = "dualmat: ";
    char text[4000];

    fflush(stdout);
    fputs(name, stderr);
    if (isatty(STDERR_FILENO) || getenv("COLUMNS")) {
        vsnprintf(text, sizeof text, format, arguments);
        write_wrapped(stderr, strlen(name), text);
    } else {
        vfprintf(stderr, format, arguments);
        fputc('\n', stderr);
    }
}

void complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

int words(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    return WORDS;
}

int out_of_memory(void)
{
    complain("out of memory");
    return NUMBERS;
}

int status_of(int code)
{
    switch (code) {
    case GSL_SUCCESS:
        return DONE;
    case GSL_EINVAL: case GSL_EBADLEN: case GSL_EFAILED: case GSL_EUNIMPL:
        return WORDS;
    default:
        return NUMBERS;
    }
}

/* ---------------------------------------------------------------------- an expression and a caret -- */

enum { INDENT = 4 };

static bool begins_character(char c)
{
    return ((unsigned char) c & 0xC0) != 0x80;
}

static size_t characters(const char *text, size_t bytes)
{
    size_t n = 0;

    for (size_t i = 0; i < bytes && text[i]; i++)
        n += begins_character(text[i]);
    return n;
}

/* Characters from .. from+n-1, on one line whatever they are. */
static void show_characters(const char *text, size_t from, size_t n)
{
    for (size_t seen = 0; *text; text++) {
        seen += begins_character(*text);
        if (seen > from && seen <= from + n)
            fputc((unsigned char) *text < ' ' || *text == 0x7F ? ' ' : *text, stderr);
    }
}

/* A long expression is cut so that the place stays in view. */
static void show_place(const char *text, size_t at, size_t length)
{
    size_t width = (size_t) page_width() - INDENT - 2;                 /* of what is shown */
    size_t all = characters(text, strlen(text)), column = characters(text, at);
    size_t marked = at < strlen(text) ? characters(text + at, length) : 1, from = 0, shown = all;

    if (all > width) {
        from = column > width / 3 ? column - width / 3 : 0;
        if (from + width > all)
            from = all - width;
        shown = width;
    }
    if (column + marked > from + shown && column < from + shown)
        marked = from + shown - column;

    fprintf(stderr, "%*s%s", from > 0 ? INDENT - 1 : INDENT, "", from > 0 ? "…" : "");
    show_characters(text, from, shown);
    fprintf(stderr, "%s\n%*s^", from + shown < all ? "…" : "", INDENT + (int) (column - from), "");
    for (size_t i = 1; i < marked; i++)
        fputc('~', stderr);
    fputc('\n', stderr);
}

int complain_about(const char *label, const char *text, const dm_complaint *complaint)
{
    if (complaint->code == GSL_ENOMEM)
        return out_of_memory();
    if (label)
        complain("%s: %s", label, complaint->message);
    else
        complain("%s", complaint->message);
    if (complaint->at <= strlen(text))
        show_place(text, complaint->at, complaint->length);
    return status_of(complaint->code);
}

/* -------------------------------------------------------------------------------- did you mean ... -- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

enum { LONGEST = 32 };

/* How many letters must be changed, added, left out or exchanged with their neighbour. */
static size_t distance(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b), row[LONGEST + 1][LONGEST + 1];

    if (m > LONGEST || n > LONGEST)
        return LONGEST;
    for (size_t i = 0; i <= m; i++)
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                row[i][j] = i + j;
                continue;
            }
            row[i][j] = least(least(row[i - 1][j], row[i][j - 1]) + 1,
                              row[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[i][j] = least(row[i][j], row[i - 2][j - 2] + 1);
        }
    return row[m][n];
}

/* In capitals or not. */
static bool same_letters(const char *a, const char *b)
{
    while (*a && tolower((unsigned char) *a) == tolower((unsigned char) *b)) {
        a++;
        b++;
    }
    return *a == '\0' && *b == '\0';
}

const char *nearest(const char *word, const char *const known[], size_t n)
{
    size_t best = strlen(word) / 3 + 1;
    const char *found = NULL;

    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, known[i]);
        if (same_letters(word, known[i]))
            return known[i];
        if (d < strlen(known[i]) && (d < best || (d == best && !found))) {
            best = d;
            found = known[i];
        }
    }
    return found;
}

/* --------------------------------------------------------------------- what the library raises -- */

static char last_error[512];

static void remember(const char *reason, const char *file, int line, int code)
{
    (void) file;
    (void) line;
    (void) code;
    snprintf(last_error, sizeof last_error, "%s", reason);
}

void record_errors(void)
{
    gsl_set_error_handler(remember);
}

void forget_errors(void)
{
    last_error[0] = '\0';
}

const char *recorded_error(void)
{
    return last_error;
}
