/* JSON on standard output, as it comes. */
#include <math.h>
#include <stdio.h>
#include "command/command.h"

static bool first;                     /* nothing stands before in this object or array */
static int depth;

static void indent(void)
{
    printf("\n%*s", 2 * depth, "");
}

static void open_with(char bracket)
{
    putchar(bracket);
    first = true;
    depth++;
}

static void close_with(char bracket)
{
    depth--;
    if (!first)
        indent();
    putchar(bracket);
    first = false;
}

static void put_string(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        unsigned char c = (unsigned char) *text;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c == '\n')
            fputs("\\n", stdout);
        else if (c == '\t')
            fputs("\\t", stdout);
        else if (c < ' ')
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void put_number(double number)
{
    if (isfinite(number))
        printf("%.17g", number);
    else
        fputs("null", stdout);
}

void json_begin(void)
{
    depth = 0;
    open_with('{');
}

void json_end(void)
{
    close_with('}');
    putchar('\n');
}

/* In an array the key is NULL: then only the comma and the line are wanted. */
void json_key(const char *key)
{
    if (!first)
        putchar(',');
    first = false;
    indent();
    if (key) {
        put_string(key);
        fputs(": ", stdout);
    }
}

void json_open(const char *key)
{
    json_key(key);
    open_with('{');
}

void json_close(void)
{
    close_with('}');
}

void json_array_open(const char *key)
{
    json_key(key);
    open_with('[');
}

void json_array_close(void)
{
    close_with(']');
}

void json_string(const char *key, const char *text)
{
    json_key(key);
    put_string(text);
}

void json_number(const char *key, double number)
{
    json_key(key);
    put_number(number);
}

void json_count(const char *key, size_t count)
{
    json_key(key);
    printf("%zu", count);
}

void json_bool(const char *key, bool truth)
{
    json_key(key);
    fputs(truth ? "true" : "false", stdout);
}

void json_matrix(const char *key, const gsl_matrix *A)
{
    json_key(key);
    putchar('[');
    for (size_t i = 0; i < A->size1; i++) {
        fputs(i > 0 ? ",\n" : "", stdout);
        if (i > 0)
            printf("%*s", 2 * depth + 1, "");
        putchar('[');
        for (size_t j = 0; j < A->size2; j++) {
            fputs(j > 0 ? ", " : "", stdout);
            put_number(gsl_matrix_get(A, i, j));
        }
        putchar(']');
    }
    putchar(']');
}

void json_value(const char *key, const gsl_matrix *A)
{
    if (A->size1 == 1 && A->size2 == 1)
        json_number(key, gsl_matrix_get(A, 0, 0));
    else
        json_matrix(key, A);
}
