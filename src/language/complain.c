/* Complaints: what is wrong with an expression, in words, and where. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "language/tree.h"

void dm_no_complaint(dm_complaint *complaint)
{
    if (complaint)
        *complaint = (dm_complaint) { .code = GSL_SUCCESS };
}

/* The operation as the language writes it: "inv", "A\\B"; NULL where there is none of that C name. */
static const char *written(const char *name, size_t length, int *shown)
{
    char whole[64];

    if (length >= sizeof whole)
        return NULL;
    memcpy(whole, name, length);
    whole[length] = '\0';
    const dm_op *op = dm_op_named(whole);
    size_t word = op ? strcspn(op->formula, "(") : 0;
    /* inv(A) is inv, for short; norm(A,'fro') is not. */
    bool plain = op && strspn(op->formula, "abcdefghijklmnopqrstuvwxyz_0123456789") == word
              && strcspn(op->formula, "'") == strlen(op->formula);
    *shown = op ? (int) (plain ? word : strlen(op->formula)) : 0;
    return op ? op->formula : NULL;
}

void dm_in_the_language(char *message, size_t size)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    size_t used = strncmp(message, "dm_", 3) == 0 ? 3 + strspn(message + 3, letters) : 0;
    char text[sizeof ((dm_complaint *) 0)->message];
    const char *from = used && strncmp(message + used, ": ", 2) == 0 ? message + used + 2 : message;

    for (used = 0; *from && used + 1 < sizeof text;) {
        size_t length = strncmp(from, "dm_", 3) == 0 ? strspn(from + 3, letters) : 0;
        int shown;
        const char *formula = length ? written(from + 3, length, &shown) : NULL;
        if (formula) {
            used += (size_t) snprintf(text + used, sizeof text - used, "%.*s", shown, formula);
            from += 3 + length;
        } else {
            text[used++] = *from++;
        }
    }
    text[used < sizeof text ? used : sizeof text - 1] = '\0';
    snprintf(message, size, "%s", text);
}

int dm_complain(dm_complaint *complaint, int code, size_t at, size_t length, const char *format, ...)
{
    va_list arguments;

    if (!complaint || complaint->code != GSL_SUCCESS)
        return code;
    complaint->code = code;
    complaint->at = at;
    complaint->length = length;
    va_start(arguments, format);
    vsnprintf(complaint->message, sizeof complaint->message, format, arguments);
    va_end(arguments);
    dm_in_the_language(complaint->message, sizeof complaint->message);
    return code;
}

int dm_complain_memory(dm_complaint *complaint)
{
    return dm_complain(complaint, GSL_ENOMEM, 0, 0, "out of memory");
}

dm_shape_text dm_show_shape(size_t rows, size_t cols)
{
    dm_shape_text shape;
    char r[21] = "?", c[21] = "?";

    if (rows)
        snprintf(r, sizeof r, "%zu", rows);
    if (cols)
        snprintf(c, sizeof c, "%zu", cols);
    snprintf(shape.text, sizeof shape.text, "%s×%s", r, c);
    return shape;
}

/* A\B and B/A with an A that is not square. */
int dm_complain_not_square(const dm_expression *expression, size_t node, size_t divisor,
                           const size_t shape[2], dm_complaint *complaint)
{
    const dm_node *n = &expression->node[node];

    return dm_complain(complaint, GSL_EBADLEN, n->at, n->length,
                       "%s is %s: only a square matrix divides (%s)", dm_name_of(expression, divisor),
                       dm_show_shape(shape[0], shape[1]).text,
                       n->kind == NODE_OVER ? "entry by entry it is ./" : "least squares are not available");
}

int dm_complain_spectral(const dm_expression *expression, size_t call, const size_t shape[2],
                         dm_complaint *complaint)
{
    const dm_node *n = &expression->node[call];
    const char *A = dm_name_of(expression, n->first);

    return dm_complain(complaint, GSL_EBADLEN, n->at, n->length,
                       "%s is %s: the spectral norm of a matrix is not available, norm(%s,'fro') is the "
                       "Frobenius norm", A, dm_show_shape(shape[0], shape[1]).text, A);
}
