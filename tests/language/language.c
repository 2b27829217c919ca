/* What the tests of the language share. */
#include <stdio.h>
#include "language.h"

dm_expression *parsed(const char *text)
{
    dm_complaint complaint;
    dm_expression *e = dm_expression_parse(text, &complaint);

    ck_assert_msg(e != NULL, "%s: %s", text, complaint.message);
    ck_assert_int_eq(complaint.code, GSL_SUCCESS);
    return e;
}

void complains(const dm_complaint *complaint, const char *text, int code, const char *message,
               const char *about)
{
    char part[200];

    ck_assert_msg(complaint->code == code && strcmp(complaint->message, message) == 0,
                  "%s:\n    got      %d \"%s\"\n    expected %d \"%s\"", text, complaint->code,
                  complaint->message, code, message);
    ck_assert_uint_le(complaint->at + complaint->length, strlen(text));
    snprintf(part, sizeof part, "%zu:%.*s", complaint->at, (int) complaint->length, text + complaint->at);
    ck_assert_msg(strcmp(part, about) == 0, "%s: about \"%s\", expected \"%s\"", text, part, about);
}

void read_shapes(shape_list *list, const char *text)
{
    memset(list, 0, sizeof *list);
    while (*text) {
        size_t i = list->n++, length = strcspn(text, " =,");
        int read = 0;
        dm_shape *s = &list->shape[i];
        ck_assert_uint_lt(i, MOST_SHAPES);
        ck_assert_uint_lt(length, sizeof list->name[i]);
        memcpy(list->name[i], text, length);
        s->name = list->name[i];
        text += length;
        if (*text == '=') {
            list->value[i] = strtod(text + 1, (char **) &text);
            s->rows = s->cols = 1;
            s->value = &list->value[i];
        } else if (sscanf(text, " %zux%zu%n", &s->rows, &s->cols, &read) == 2) {
            text += read;
        }
        text += strspn(text, ", ");
    }
}

void print_shapes(const shape_list *list, char *text, size_t size)
{
    size_t at = 0;

    *text = '\0';
    for (size_t i = 0; i < list->n; i++) {
        const dm_shape *s = &list->shape[i];
        if (s->value)
            at += (size_t) snprintf(text + at, size - at, "%s%s=%g", i ? ", " : "", s->name, *s->value);
        else
            at += (size_t) snprintf(text + at, size - at, "%s%s %zux%zu", i ? ", " : "", s->name, s->rows,
                                    s->cols);
    }
}

const char *const samples[] = {
    "trace(A^2)", "norm(A*x-b)^2", "lambda*norm(x,'fro')^2 + (A*x-b)'*(A*x-b)", "x'*A*x/(x'*x)",
    "tr(inv(A'*A + 0.5*eye(3)))", "[A, B; C' D](1:2,end)", "[1 -2\n 3 - 4, 5e-1]\\[x x]",
    "A(2:end,:)*x(1:end-1)", "sum(log(ones(4,1) + exp(-Y*w)))", "-2.5e-3*A.^-0.5 .* B./C",
    "kron(A,B)*vec(X)", "reshape(A,2,6)(:)", "diag(tanh(W*x-b))*W", "embed(A,1,2,4,5)", "2^-3^2*pi",
    "A.'\\b/s", "norm(A,\"fro\")", "max(A,0) - max(0,-A)", "logdet(S) - b'*(S\\b)", "x(3)*A(i,j)",
    "((((A))))'''''", "sigmoid(x)(k)", "repmat(x, 1, 3).*A", "A^k*B^-1", "eig(A).values",
};
const int sample_count = COUNT(samples);
