/* A table of numbers in text, read in blocks, line by line.
 *
 * The separator is found anew until there is a first row: a semicolon where the line has one, else a comma,
 * else a tab, else white space.  Fields are converted where they lie in the line; rows go one behind the
 * other into a buffer that doubles.                                                                    */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "files/files.h"

enum { BLOCK = 1 << 16, SHOWN = 32 };      /* bytes read at once; bytes of a wrong field in a message */

typedef struct {
    FILE *stream;
    const char *name;
    char block[BLOCK];
    size_t at, end;                        /* what is left of the block */
    bool after_return;                     /* a line ended with \r: a \n that follows belongs to it */

    char *line;                            /* with a 0 behind it */
    size_t length, room;
    size_t number;                         /* of the line, from 1 */

    char separator;                        /* ' ' is white space */
    bool header;                           /* skipped already */
    double *entry;
    size_t entries, capacity;
    size_t rows, cols;

    int code;
    char *message;
    size_t size;
} table;

static bool fail(table *t, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "data.csv:3: ..."; always false. */
static bool fail(table *t, int code, const char *format, ...)
{
    va_list arguments;
    int used = t->number ? snprintf(t->message, t->size, "%s:%zu: ", t->name, t->number)
                         : snprintf(t->message, t->size, "%s: ", t->name);

    t->code = code;
    if (used >= 0 && (size_t) used < t->size) {
        va_start(arguments, format);
        vsnprintf(t->message + used, t->size - (size_t) used, format, arguments);
        va_end(arguments);
    }
    return false;
}

static bool out_of_memory(table *t)
{
    t->number = 0;
    return fail(t, GSL_ENOMEM, "out of memory");
}

static bool out_of_reach(table *t)
{
    t->number = 0;
    return fail(t, GSL_EFAILED, "%s", strerror(errno));
}

/* --------------------------------------------------------------------------------------- lines -- */

/* False at the end of the file, and where it cannot be read: then the code says so. */
static bool next_block(table *t)
{
    bool first = t->end == 0;

    errno = 0;
    t->at = 0;
    t->end = fread(t->block, 1, BLOCK, t->stream);
    if (t->end == 0)
        return ferror(t->stream) ? out_of_reach(t) : false;
    if (first && t->end >= 3 && memcmp(t->block, "\xEF\xBB\xBF", 3) == 0)
        t->at = 3;                         /* the byte order mark of UTF-8 */
    return true;
}

static bool append(table *t, const char *text, size_t length)
{
    size_t needed = t->length + length + 1;

    if (needed > t->room) {
        size_t room = needed > SIZE_MAX / 2 ? needed : 2 * needed;
        char *line = realloc(t->line, room);
        if (!line)
            return out_of_memory(t);
        t->line = line;
        t->room = room;
    }
    memcpy(t->line + t->length, text, length);
    t->length += length;
    t->line[t->length] = '\0';
    return true;
}

/* The next line, however long, without its end: \n, \r\n or \r. */
static bool next_line(table *t)
{
    bool begun = false;

    t->length = 0;
    for (;;) {
        if (t->at == t->end && !next_block(t))
            break;
        if (t->after_return && t->block[t->at] == '\n')
            t->at++;
        t->after_return = false;
        if (t->at == t->end)
            continue;

        const char *from = t->block + t->at;
        size_t length = t->end - t->at;
        const char *stop = memchr(from, '\n', length);
        const char *returned = memchr(from, '\r', stop ? (size_t) (stop - from) : length);
        if (returned)
            stop = returned;
        if (stop)
            length = (size_t) (stop - from);
        if (!append(t, from, length))
            return false;
        begun = true;
        t->at += length;
        if (stop) {
            t->after_return = *stop == '\r';
            t->at++;
            break;
        }
    }
    if (!begun || t->code)
        return false;
    t->number++;
    if (memchr(t->line, '\0', t->length))
        return fail(t, GSL_EINVAL, "a zero byte: a table in text is needed");
    return true;
}

/* -------------------------------------------------------------------------------------- fields -- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

static char *skip_blanks(char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

/* The first of `wanted` outside quotes, or the end of the line.  `wanted` begins with a quote. */
static char *find(char *at, const char *wanted)
{
    while (*(at += strcspn(at, wanted)) == '"') {
        at += 1 + strcspn(at + 1, "\"");
        if (*at)
            at++;
    }
    return at;
}

static void cut_comment(char *line)
{
    if (strchr(line, '#'))
        *find(line, "\"#") = '\0';
}

/* Tabs separate where they stand alone; between words that blanks separate too, they are blanks. */
static bool tabs_separate(char *line)
{
    char *at = skip_blanks(line);

    if (!*find(line, "\"\t"))
        return false;
    while (*at) {
        char *gap = find(at, "\" \t\v\f");
        at = skip_blanks(gap);
        if (*at && gap < at && !memchr(gap, '\t', (size_t) (at - gap)))
            return false;
    }
    return true;
}

static char separator_of(char *line)
{
    return *find(line, "\";") ? ';'
         : *find(line, "\",") ? ','
         : tabs_separate(line) ? '\t' : ' ';
}

typedef struct {
    char *start;
    size_t length;                         /* without blanks and quotes around it */
    char *rest;                            /* behind the separator; NULL: this was the last one */
} field;

static field field_at(const table *t, char *at)
{
    bool by_blanks = t->separator == ' ';
    const char separator[] = { '"', t->separator, '\0' };

    while (is_blank(*at) && (by_blanks || *at != t->separator))
        at++;
    char *stop = find(at, by_blanks ? "\" \t\v\f" : separator), *end = stop;
    char *rest = !*stop ? NULL : by_blanks ? skip_blanks(stop) : stop + 1;
    if (by_blanks && rest && !*rest)
        rest = NULL;

    while (end > at && is_blank(end[-1]))
        end--;
    if (end - at >= 2 && at[0] == '"' && end[-1] == '"') {
        at = skip_blanks(at + 1);
        for (end--; end > at && is_blank(end[-1]);)
            end--;
    }
    return (field) { at, (size_t) (end - at), rest };
}

static bool is_number(field f, double *number)
{
    char *end;

    if (f.length == 0)
        return false;
    *number = strtod(f.start, &end);
    return end == f.start + f.length;
}

/* The field as a message shows it: not too long, cut between characters, fit to print. */
static const char *shown(field f, char text[SHOWN + 4])
{
    size_t length = f.length;

    if (length > SHOWN)
        for (length = SHOWN; length > 0 && ((unsigned char) f.start[length] & 0xC0) == 0x80;)
            length--;
    for (size_t i = 0; i < length; i++)
        text[i] = (unsigned char) f.start[i] < ' ' || f.start[i] == 0x7F ? '?' : f.start[i];
    strcpy(text + length, length < f.length ? "…" : "");
    return text;
}

/* ---------------------------------------------------------------------------------------- rows -- */

static bool push(table *t, double number)
{
    if (t->entries == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 256;
        double *entry = capacity > SIZE_MAX / sizeof *entry
                            ? NULL : realloc(t->entry, capacity * sizeof *entry);
        if (!entry)
            return out_of_memory(t);
        t->entry = entry;
        t->capacity = capacity;
    }
    t->entry[t->entries++] = number;
    return true;
}

/* Not one number in it, but something. */
static bool is_header(const table *t, char *line)
{
    bool something = false;

    for (char *at = line; at;) {
        field f = field_at(t, at);
        double ignored;
        if (is_number(f, &ignored))
            return false;
        something = something || f.length > 0;
        at = f.rest;
    }
    return something;
}

static bool read_field(table *t, field f, size_t column)
{
    char text[SHOWN + 4];
    double number;

    if (f.length == 0)
        return fail(t, GSL_EINVAL, "field %zu is empty: a number is needed", column);
    if (!is_number(f, &number))
        return fail(t, GSL_EINVAL, "field %zu is \"%s\": a number is needed", column, shown(f, text));
    if (!isfinite(number))
        return fail(t, GSL_EDOM, "field %zu is \"%s\": a finite number is needed", column,
                    shown(f, text));
    return push(t, number);
}

static bool read_row(table *t)
{
    size_t cols = 0;

    for (char *at = t->line; at; cols++) {
        field f = field_at(t, at);
        if (!read_field(t, f, cols + 1))
            return false;
        at = f.rest;
    }
    if (t->rows == 0)
        t->cols = cols;
    if (cols != t->cols)
        return fail(t, GSL_EINVAL, "%zu field%s where the rows above have %zu", cols,
                    cols == 1 ? "" : "s", t->cols);
    t->rows++;
    return true;
}

static bool read_rows(table *t)
{
    while (next_line(t)) {
        cut_comment(t->line);
        if (!*skip_blanks(t->line))
            continue;
        if (t->rows == 0) {
            t->separator = separator_of(t->line);
            if (!t->header && is_header(t, t->line)) {
                t->header = true;
                continue;
            }
        }
        if (!read_row(t))
            return false;
    }
    if (t->code == GSL_SUCCESS && t->rows == 0) {
        t->number = 0;
        fail(t, GSL_EINVAL, "no numbers in it");
    }
    return t->code == GSL_SUCCESS;
}

gsl_matrix *dm_stream_read(FILE *stream, const char *name, int *code, char *message, size_t size)
{
    table t = { .stream = stream, .name = name, .message = message, .size = size };
    gsl_matrix *A = NULL;

    if (read_rows(&t)) {
        A = gsl_matrix_alloc(t.rows, t.cols);
        if (A)
            memcpy(A->data, t.entry, t.entries * sizeof *t.entry);
        else
            out_of_memory(&t);
    }
    free(t.line);
    free(t.entry);
    *code = t.code;
    return A;
}

/* --------------------------------------------------------------------------------------- files -- */

static bool ends_in(const char *path, const char *ending)
{
    size_t length = strlen(path), needed = strlen(ending);

    return length >= needed && strcmp(path + length - needed, ending) == 0;
}

gsl_matrix *dm_file_read(const char *path, int *code, char *message, size_t size)
{
    FILE *stream = fopen(path, "rb");
    gsl_matrix *A = NULL;

    if (!stream) {
        *code = errno == ENOMEM ? GSL_ENOMEM : GSL_EFAILED;
        snprintf(message, size, "%s: %s", path, strerror(errno));
    } else if (ends_in(path, ".npy") || ends_in(path, ".mtx")) {
        *code = GSL_EUNIMPL;
        snprintf(message, size, "%s: files of this kind are not read yet: a table in text (CSV, TSV, "
                                "white space) is needed", path);
    } else {
        A = dm_stream_read(stream, path, code, message, size);
    }
    if (stream)
        fclose(stream);
    return A;
}
