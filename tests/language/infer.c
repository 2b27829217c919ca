/* Inference: which shapes variables have that are not given, and which shapes contradict each other. */
#include <stdio.h>
#include "language.h"

enum { FREE = 5 };

/* The variables of a text in their order, each with what `given` says of it. */
static void take_shapes(shape_list *list, const dm_expression *e, const char *given)
{
    shape_list known;

    read_shapes(&known, given);
    memset(list, 0, sizeof *list);
    list->n = dm_expression_variables(e);
    ck_assert_uint_le(list->n, MOST_SHAPES);
    for (size_t i = 0; i < list->n; i++) {
        const char *name = dm_expression_variable(e, i);
        list->shape[i].name = name;
        for (size_t k = 0; k < known.n; k++)
            if (strcmp(known.name[k], name) == 0) {
                list->shape[i] = known.shape[k];
                list->shape[i].name = name;
                list->value[i] = known.value[k];
                list->shape[i].value = known.shape[k].value ? &list->value[i] : NULL;
            }
    }
}

/* ------------------------------------------------------------------------------------ what is inferred
 *
 * text, what is given ("" behind a | is what the result must be), all shapes, the result's            */

static const struct {
    const char *text, *given;
    size_t rows, cols;                 /* what the result must be; 0: anything */
    const char *shapes;
    size_t result_rows, result_cols;
} inferred[] = {
    /* nothing is given */
    { "A", "", 0, 0, "A 5x5", 5, 5 },
    { "x", "", 0, 0, "x 5x1", 5, 1 },
    { "dA*dx", "", 0, 0, "dA 5x5, dx 5x1", 5, 1 },
    { "A*x-b", "", 0, 0, "A 5x5, x 5x1, b 5x1", 5, 1 },
    { "norm(A*x-b)^2", "", 0, 0, "A 5x5, x 5x1, b 5x1", 1, 1 },
    { "x'*A*x", "", 0, 0, "x 5x1, A 5x5", 1, 1 },
    { "x'*A*y", "", 0, 0, "x 5x1, A 5x5, y 5x1", 1, 1 },
    { "trace(A^2)", "", 0, 0, "A 5x5", 1, 1 },
    { "tr(A*B*C)", "", 0, 0, "A 5x5, B 5x5, C 5x5", 1, 1 },
    { "logdet(A'*A)", "", 0, 0, "A 5x5", 1, 1 },
    { "tanh(W*x-b)", "", 0, 0, "W 5x5, x 5x1, b 5x1", 5, 1 },
    { "diag(tanh(W*x-b))*W", "", 0, 0, "W 5x5, x 5x1, b 5x1", 5, 5 },
    { "sum(X*w)", "", 0, 0, "X 5x5, w 5x1", 1, 1 },
    { "sum(log(1+exp(X*w)))", "", 0, 0, "X 5x5, w 5x1", 1, 1 },
    { "1-tanh(W*x).^2", "", 0, 0, "W 5x5, x 5x1", 5, 1 },
    { "A.^2+1", "", 0, 0, "A 5x5", 5, 5 },
    { "x*y'", "", 0, 0, "x 5x1, y 5x1", 5, 5 },
    { "x'*y", "", 0, 0, "x 5x1, y 5x1", 1, 1 },
    { "A\\b", "", 0, 0, "A 5x5, b 5x1", 5, 1 },
    { "b'/A", "", 0, 0, "b 5x1, A 5x5", 1, 5 },
    { "kron(A,B)", "", 0, 0, "A 5x5, B 5x5", 25, 25 },
    { "vec(A*X*B)", "", 0, 0, "A 5x5, X 5x5, B 5x5", 25, 1 },
    /* scalars among them */
    { "s*A", "", 0, 0, "s 1x1, A 5x5", 5, 5 },
    { "a*X+Y", "", 0, 0, "a 1x1, X 5x5, Y 5x5", 5, 5 },
    { "s*x", "", 0, 0, "s 1x1, x 5x1", 5, 1 },
    { "s*A*x", "", 0, 0, "s 1x1, A 5x5, x 5x1", 5, 1 },
    { "s*(A*x-b)", "", 0, 0, "s 1x1, A 5x5, x 5x1, b 5x1", 5, 1 },
    { "t*A + (1-t)*B", "", 0, 0, "t 1x1, A 5x5, B 5x5", 5, 5 },
    { "lambda*norm(x)^2", "", 0, 0, "lambda 1x1, x 5x1", 1, 1 },
    { "norm(A*x-b)^2 + lambda*norm(x)^2", "", 0, 0, "A 5x5, x 5x1, b 5x1, lambda 1x1", 1, 1 },
    { "lambda/2*norm(x)^2 + mu*sum(x)", "", 0, 0, "lambda 1x1, x 5x1, mu 1x1", 1, 1 },
    { "lambda*x'*x", "", 0, 0, "lambda 1x1, x 5x1", 1, 1 },
    { "0.5*alpha*(A*x-b)'*(A*x-b)", "", 0, 0, "alpha 1x1, A 5x5, x 5x1, b 5x1", 1, 1 },
    { "lambda*x'*A*x", "", 0, 0, "lambda 1x1, x 5x1, A 5x5", 1, 1 },
    { "x*norm(x)", "", 0, 0, "x 5x1", 5, 1 },
    { "x*2", "", 0, 0, "x 5x1", 5, 1 },
    { "x/norm(x)", "", 0, 0, "x 5x1", 5, 1 },
    { "u*v'*w", "", 0, 0, "u 5x1, v 5x1, w 5x1", 5, 1 },
    { "A/s", "", 0, 0, "A 5x5, s 1x1", 5, 5 },
    { "s\\A", "", 0, 0, "s 1x1, A 5x5", 5, 5 },
    { "s.*A", "", 0, 0, "s 1x1, A 5x5", 5, 5 },
    { "A.^p", "", 0, 0, "A 5x5, p 1x1", 5, 5 },
    { "x.*(A*y)", "", 0, 0, "x 5x1, A 5x5, y 5x1", 5, 1 },
    { "s^2*A", "", 0, 0, "s 1x1, A 5x5", 5, 5 },
    { "x+1", "", 0, 0, "x 5x1", 5, 1 },
    { "x+1", "", 1, 1, "x 1x1", 1, 1 },
    { "x'*x+y", "", 0, 0, "x 5x1, y 1x1", 1, 1 },
    { "A^k", "", 0, 0, "A 5x5, k 1x1", 5, 5 },
    { "s*eye(3)", "", 0, 0, "s 1x1", 3, 3 },
    { "x*ones(1,3)", "", 0, 0, "x 5x1", 5, 3 },
    { "x'*lambda*x", "", 1, 1, "x 1x1, lambda 1x1", 1, 1 },
    { "lambda*(x'*x)", "", 1, 1, "lambda 1x1, x 5x1", 1, 1 },
    { "inv(a)", "", 0, 0, "a 1x1", 1, 1 },
    /* something is given */
    { "A+1", "A 3x4", 0, 0, "A 3x4", 3, 4 },
    { "s-A", "A 3x4, s 1x1", 0, 0, "s 1x1, A 3x4", 3, 4 },
    { "1+exp(X*w)", "X 3x2", 0, 0, "X 3x2, w 2x1", 3, 1 },
    { "x'*x + A", "A 3x3", 0, 0, "x 5x1, A 3x3", 3, 3 },
    { "A*x-b", "A 3x4", 0, 0, "A 3x4, x 4x1, b 3x1", 3, 1 },
    { "A*x-b", "b 7x1", 0, 0, "A 7x5, x 5x1, b 7x1", 7, 1 },
    { "A*B*C", "B 2x3", 0, 0, "A 5x2, B 2x3, C 3x5", 5, 5 },
    { "A*B", "A 3x4", 2, 0, NULL, 0, 0 },
    { "A*B", "A 3x4", 3, 2, "A 3x4, B 4x2", 3, 2 },
    { "A*B", "", 1, 1, "A 1x5, B 5x1", 1, 1 },
    { "x*A", "x 3x1", 0, 0, "x 3x1, A 1x5", 3, 5 },
    { "s*A", "s 1x1", 0, 0, "s 1x1, A 5x5", 5, 5 },
    { "s*A", "A 2x3", 0, 0, "s 1x1, A 2x3", 2, 3 },
    { "A*s + B", "A 3x3, B 3x3", 0, 0, "A 3x3, s 1x1, B 3x3", 3, 3 },
    { "A*x", "A 3x3, x 3x2", 0, 0, "A 3x3, x 3x2", 3, 2 },
    { "X*w - y", "X 16x7", 0, 0, "X 16x7, w 7x1, y 16x1", 16, 1 },
    { "det(A*B)", "A 2x3", 0, 0, "A 2x3, B 3x2", 1, 1 },
    { "norm(r)", "r 1x3", 0, 0, "r 1x3", 1, 1 },
    { "A.*B", "A 2x3", 0, 0, "A 2x3, B 2x3", 2, 3 },
    { "A.*B + C", "B 1x1, C 2x3", 0, 0, "A 2x3, B 1x1, C 2x3", 2, 3 },
    { "A'*B", "A 2x3", 0, 0, "A 2x3, B 2x5", 3, 5 },
    { "B/A", "B 2x3", 0, 0, "B 2x3, A 3x3", 2, 3 },
    { "A\\B", "B 2x3", 0, 0, "A 2x2, B 2x3", 2, 3 },
    { "A*eye(3)", "", 0, 0, "A 5x3", 5, 3 },
    { "ones(2,3)*x", "", 0, 0, "x 3x1", 2, 1 },
    { "zeros(2)*A", "", 0, 0, "A 2x5", 2, 5 },
    { "A + eye(n)", "n=4", 0, 0, "A 4x4, n=4", 4, 4 },
    { "inner(A,B)", "B 2x3", 0, 0, "A 2x3, B 2x3", 1, 1 },
    { "outer(x,y)*A", "A 3x2", 0, 0, "x 5x1, y 3x1, A 3x2", 5, 2 },
    { "sum(A,1)*x + sum(B,2)", "A 2x3", 0, 0, "A 2x3, x 3x1, B 1x5", 1, 1 },
    /* sizes that are made of others */
    { "kron(A,B)*x", "A 2x3, x 12x1", 0, 0, "A 2x3, B 5x4, x 12x1", 10, 1 },
    { "kron(A,B)*x", "x 6x1", 0, 0, "A 5x2, B 5x3, x 6x1", 25, 1 },
    { "kron(A,B)*x", "x 1x1", 0, 0, "A 5x5, B 5x5, x 1x1", 25, 25 },
    { "b - vec(A)", "", 0, 0, "b 25x1, A 5x5", 25, 1 },
    { "b - vec(A)", "b 6x1", 0, 0, "b 6x1, A 2x3", 6, 1 },
    { "b - A(:)", "b 7x1", 0, 0, "b 7x1, A 1x7", 7, 1 },
    { "reshape(A,2,3)", "", 0, 0, "A 2x3", 2, 3 },
    { "reshape(A,2,3)", "A 3x0", 0, 0, "A 3x2", 2, 3 },
    { "reshape(x,2,3)*A", "", 0, 0, "x 6x1, A 3x5", 2, 5 },
    { "repmat(x,1,3)*y", "", 0, 0, "x 5x1, y 3x1", 5, 1 },
    { "repmat(A,2,3)", "", 4, 9, "A 2x3", 4, 9 },
    { "embed(A,2,3,4,5)", "", 0, 0, "A 3x3", 4, 5 },
    { "kron_left(C,B)", "B 2x2", 6, 4, "C 12x8, B 2x2", 6, 4 },
    { "[A, B]*x", "A 2x3, x 7x1", 0, 0, "A 2x3, B 2x4, x 7x1", 2, 1 },
    { "[A, B]*x", "x 6x1", 0, 0, "A 5x3, B 5x3, x 6x1", 5, 1 },
    { "[A; x']", "", 0, 0, "A 5x5, x 5x1", 6, 5 },
    { "[x; y]'*z", "", 0, 0, "x 5x1, y 5x1, z 10x1", 1, 1 },
    { "[A, B; C]", "A 2x2, B 2x1", 0, 0, "A 2x2, B 2x1, C 5x3", 7, 3 },
    { "[1, a; 2, 3]", "", 0, 0, "a 1x1", 2, 2 },
    { "diag(A)", "", 0, 0, "A 5x5", 5, 1 },
    { "diag(A)", "A 2x3", 0, 0, "A 2x3", 2, 1 },
    { "diag(A)", "A 1x3", 0, 0, "A 1x3", 3, 3 },
    { "diag(A)*x", "A 3x1", 0, 0, "A 3x1, x 3x1", 3, 1 },
    { "trace(diag(A*X))", "A 3x4", 0, 0, NULL, 0, 0 },
    { "sum(diag(A*X))", "A 3x4", 0, 0, "A 3x4, X 4x3", 1, 1 },
    /* indexes */
    { "A(1:2,:)", "", 0, 0, "A 5x5", 2, 5 },
    { "A(7,8)", "", 0, 0, "A 7x8", 1, 1 },
    { "A(end,1:end-1)", "", 0, 0, "A 5x5", 1, 4 },
    { "x(7)", "", 0, 0, "x 7x1", 1, 1 },
    { "x(2:end) - x(1:end-1)", "", 0, 0, "x 5x1", 4, 1 },
    { "x(2:end) - y", "y 7x1", 0, 0, "x 8x1, y 7x1", 7, 1 },
    { "x(end-6:end)", "", 0, 0, "x 7x1", 7, 1 },
    { "x(7:end)", "", 0, 0, "x 7x1", 1, 1 },
    { "X(2:3)", "X 1x4", 0, 0, "X 1x4", 1, 2 },
    { "X(2:3)", "", 0, 0, "X 5x1", 2, 1 },
    { "X(:,2)'*X(:,3)", "X 4x0", 0, 0, "X 4x5", 1, 1 },
    { "(A*B)(1:2,:)*x", "B 2x3", 0, 0, "A 5x2, B 2x3, x 3x1", 2, 1 },
    { "A(i,j)*x", "i=2, j=3", 0, 0, "A 5x5, i=2, j=3, x 5x1", 5, 1 },
    { "A(i:i+1,:)", "i=6", 0, 0, "A 7x5, i=6", 2, 5 },
    { "A(1:k,1:k)*x", "k=3", 0, 0, "A 5x5, k=3, x 3x1", 3, 1 },
    { "A(i,1)", "i 1x1", 0, 0, "A 5x5, i 1x1", 1, 1 },
    { "A(1:n,1)", "n 1x1", 0, 0, "A 5x5, n 1x1", 0, 1 },
    { "A + eye(rows(A))", "", 0, 0, "A 5x5", 5, 5 },
    { "A + eye(rows(B))", "A 3x3", 0, 0, "A 3x3, B 3x5", 3, 3 },
    { "A + s*ones(rows(A),columns(A))", "A 2x3", 0, 0, "A 2x3, s 1x1", 2, 3 },
    { "A + s*ones(rows(A),columns(A))", "", 0, 0, "A 5x5, s 1x1", 5, 5 },
    { "x(2:rows(y)) + z", "", 0, 0, "x 5x1, y 5x1, z 4x1", 4, 1 },
    { "reshape(x,1,rows(x))", "", 0, 0, "x 5x1", 1, 5 },
    { "sum(x)/rows(x)*y", "", 0, 0, "x 5x1, y 5x1", 5, 1 },
};

START_TEST(infers)
{
    shape_list list;
    char shapes[200];
    dm_complaint complaint;
    const char *text = inferred[_i].text;
    dm_expression *e = parsed(text);
    dm_shape result = { NULL, inferred[_i].rows, inferred[_i].cols, NULL };

    take_shapes(&list, e, inferred[_i].given);
    int status = dm_expression_infer(e, list.shape, list.n, &result, FREE, &complaint);
    if (!inferred[_i].shapes) {
        ck_assert_msg(status == GSL_EBADLEN, "%s with %s has shapes", text, inferred[_i].given);
    } else {
        ck_assert_msg(status == GSL_SUCCESS, "%s with %s: %s", text, inferred[_i].given, complaint.message);
        print_shapes(&list, shapes, sizeof shapes);
        ck_assert_msg(strcmp(shapes, inferred[_i].shapes) == 0, "%s with %s: %s, expected %s", text,
                      inferred[_i].given, shapes, inferred[_i].shapes);
        ck_assert_msg(result.rows == inferred[_i].result_rows && result.cols == inferred[_i].result_cols,
                      "%s with %s: the result is %zux%zu", text, inferred[_i].given, result.rows,
                      result.cols);
    }
    dm_expression_free(e);
}
END_TEST

/* With the shapes that were inferred it evaluates, to a result of the shape that was inferred. */
START_TEST(evaluates)
{
    shape_list list;
    dm_complaint complaint;
    const char *text = inferred[_i].text, *names[MOST_SHAPES];
    dm_expression *e = parsed(text);
    dm_shape result = { NULL, inferred[_i].rows, inferred[_i].cols, NULL };
    dm *values[MOST_SHAPES];
    dice d = { 11 };

    take_shapes(&list, e, inferred[_i].given);
    if (dm_expression_infer(e, list.shape, list.n, &result, FREE, &complaint) == GSL_SUCCESS) {
        for (size_t i = 0; i < list.n; i++) {
            const dm_shape *s = &list.shape[i];
            gsl_matrix *A = random_matrix(&d, POSITIVE, s->rows, s->cols);
            if (s->rows == s->cols && s->rows > 1)
                A = random_matrix(&d, REGULAR, s->rows, s->cols);
            if (s->value || strchr("ikn", *s->name))
                gsl_matrix_set_all(A, s->value ? *s->value : 2);
            names[i] = s->name;
            values[i] = dm_constant(here, A);
        }
        dm *C = dm_expression_evaluate(e, here, names, values, list.n, &complaint);
        ck_assert_ptr_nonnull(C);
        ck_assert_msg(dm_status(C) != GSL_EBADLEN && dm_status(C) != GSL_EINVAL, "%s: %s", text,
                      complaint.message);
        if (dm_status(C) == GSL_SUCCESS)
            ck_assert_msg((!result.rows || dm_rows(C) == result.rows)
                          && (!result.cols || dm_columns(C) == result.cols),
                          "%s: inferred %zux%zu, evaluated to %zux%zu", text, result.rows, result.cols,
                          dm_rows(C), dm_columns(C));
    }
    dm_expression_free(e);
}
END_TEST

/* ------------------------------------------------------------------------------- what does not fit -- */

static const struct {
    const char *text, *given;
    int code;
    const char *about, *message;
} refusals[] = {
    { "A*B", "A 3x4, B 5x2", GSL_EBADLEN, "1:*", "A is 3×4 and B is 5×2: 4 columns against 5 rows" },
    { "tr(inv(A*B))", "A 2x3, B 2x3", GSL_EBADLEN, "8:*",
      "A is 2×3 and B is 2×3: 3 columns against 2 rows" },
    { "A'*B", "A 2x3, B 3x2", GSL_EBADLEN, "2:*", "A' is 3×2 and B is 3×2: 2 columns against 3 rows" },
    { "A+B", "A 3x4, B 4x3", GSL_EBADLEN, "1:+", "A is 3×4 and B is 4×3: 3 rows against 4 rows" },
    { "A-B", "A 3x4, B 3x3", GSL_EBADLEN, "1:-", "A is 3×4 and B is 3×3: 4 columns against 3 columns" },
    { "A.*B", "A 3x4, B 4x3", GSL_EBADLEN, "1:.*", "A is 3×4 and B is 4×3: 3 rows against 4 rows" },
    { "A*B + C", "A 3x4, C 5x2", GSL_EBADLEN, "4:+", "A*B is 3×? and C is 5×2: 3 rows against 5 rows" },
    { "A*x - b", "A 3x4, b 4x1", GSL_EBADLEN, "4:-", "A*x is 3×? and b is 4×1: 3 rows against 4 rows" },
    { "A*x - B*x", "A 3x4, B 3x5", GSL_EBADLEN, "7:*",
      "B is 3×5 and x is 4×1: 5 columns against 4 rows" },
    { "x + B", "B 3x4", GSL_EBADLEN, "2:+",
      "x is ?×1 and B is 3×4: 1 column against 4 columns (x in lower case is a column vector)" },
    { "A\\b", "A 3x2", GSL_EBADLEN, "1:\\",
      "A is 3×2: only a square matrix divides (least squares are not available)" },
    { "B/A", "A 3x2", GSL_EBADLEN, "1:/",
      "A is 3×2: only a square matrix divides (entry by entry it is ./)" },
    { "A\\B", "A 3x3, B 2x3", GSL_EBADLEN, "1:\\", "A is 3×3 and B is 2×3: 3 columns against 2 rows" },
    { "B/A", "A 3x3, B 3x2", GSL_EBADLEN, "1:/", "B is 3×2 and A is 3×3: 2 columns against 3 columns" },
    { "1/A", "A 3x3", GSL_EBADLEN, "1:/",
      "1 is 1×1 and A is 3×3: write 1*inv(A), or entry by entry 1./A" },
    { "x^2", "x 3x1", GSL_EBADLEN, "1:^",
      "x is 3×1: 3 rows against 1 column, a square matrix is needed (entry by entry it is .^)" },
    { "A^x", "A 3x3, x 3x1", GSL_EBADLEN, "1:^",
      "the exponent x is 3×1: it must be 1×1 (entry by entry it is .^)" },
    { "norm(A)", "A 3x3", GSL_EBADLEN, "0:norm",
      "A is 3×3: the spectral norm of a matrix is not available, norm(A,'fro') is the Frobenius norm" },
    { "2*norm(A*B)^2", "A 2x3, B 3x2", GSL_EBADLEN, "2:norm",
      "A*B is 2×2: the spectral norm of a matrix is not available, norm(A*B,'fro') is the Frobenius "
      "norm" },
    { "trace(A)", "A 2x3", GSL_EBADLEN, "0:trace",
      "A is 2×3: 2 rows against 3 columns, a square matrix is needed" },
    { "inv(A*B)", "A 2x3, B 3x4", GSL_EBADLEN, "0:inv",
      "A*B is 2×4: 2 rows against 4 columns, a square matrix is needed" },
    { "inner(A,B)", "A 2x3, B 3x2", GSL_EBADLEN, "0:inner",
      "A is 2×3 and B is 3×2: 2 rows against 3 rows" },
    { "outer(x,A)", "A 3x3", GSL_EBADLEN, "0:outer",
      "A is 3×3: a column vector is needed (3 columns against 1)" },
    { "[A, B]", "A 3x3, B 2x2", GSL_EBADLEN, "4:B", "A is 3×3 and B is 2×2: 3 rows against 2 rows" },
    { "[A; B]", "A 3x3, B 2x2", GSL_EBADLEN, "4:B",
      "A is 3×3 and B is 2×2: 3 columns against 2 columns" },
    { "[1 2; 3]", "", GSL_EBADLEN, "6:3", "[1 2] is 1×2 and 3 is 1×1: 2 columns against 1 column" },
    { "[A, B, C]*x", "A 2x3, x 3x1", GSL_EBADLEN, "1:A, B, C",
      "[A, B, C] has at least 5 columns and must have 3" },
    { "reshape(A,2,3)", "A 2x2", GSL_EBADLEN, "0:reshape",
      "A is 2×2 and reshape(A,2,3) is 2×3: 4 entries against 6" },
    { "vec(A) - b", "A 3x3, b 4x1", GSL_EBADLEN, "7:-",
      "vec(A) is 9×1 and b is 4×1: 9 rows against 4 rows" },
    { "embed(A,3,3,4,4)", "A 3x3", GSL_EBADLEN, "0:embed",
      "A is 3×3: it does not fit at (3,3) of a 4×4 matrix" },
    { "kron(A,B)*x", "A 2x3, x 4x1", GSL_EBADLEN, "0:kron",
      "A is 2×3, so that kron(A,B) cannot be ?×4 as the rest of the expression needs it" },
    { "A(5,1)", "A 3x3", GSL_EBADLEN, "2:5", "A is 3×3: there is no row 5" },
    { "A(:,2:5)", "A 3x3", GSL_EBADLEN, "4:2:5", "A is 3×3: columns 2 to 5 are not all there" },
    { "x(2:9)", "x 4x1", GSL_EBADLEN, "2:2:9", "x is 4×1: rows 2 to 9 are not all there" },
    { "A(10)", "A 3x3", GSL_EBADLEN, "2:10", "A is 3×3: there is no entry 10" },
    { "A(2:3)", "A 3x3", GSL_EBADLEN, "2:2:3",
      "A is 3×3: a range without rows and columns needs a vector, such as A(:)" },
    { "A(0,1)", "", GSL_EINVAL, "2:0", "0 is no place: indices begin at 1" },
    { "A(1.5,1)", "", GSL_EINVAL, "2:1.5",
      "1.5 stands where a whole number from 1 to 2147483647 is needed" },
    { "x(end-4)", "x 3x1", GSL_EINVAL, "2:end-4",
      "end-4 is -1: indices begin at 1" },
    { "x(3:2)", "", GSL_EINVAL, "2:3:2", "the range 3:2 is empty" },
    { "x(i)", "", GSL_EINVAL, "2:i", "i stands for a place here: it must be given" },
    { "x(i)", "i 2x1", GSL_EBADLEN, "2:i", "i is 2×1: a place is 1×1" },
    { "eye(n)*A", "", GSL_EINVAL, "4:n", "n stands for a size here: it must be given" },
    { "eye(n)*A", "n=2.5", GSL_EINVAL, "4:n",
      "n is 2.5: a whole number from 1 to 2147483647 is needed" },
    { "A + eye(4)*B", "A 3x0, B 0x3", GSL_EBADLEN, "2:+",
      "A is 3×? and eye(4)*B is 4×3: 3 rows against 4 rows" },
    { "eye(n)*x + A", "n=2, A 3x1", GSL_EBADLEN, "9:+",
      "eye(n)*x is 2×? and A is 3×1: 2 rows against 3 rows" },
    { "A*eye(rows(A))", "A 2x3", GSL_EBADLEN, "1:*",
      "A is 2×3 and eye(rows(A)) is 2×2: 3 columns against 2 rows" },
    { "ones(2000000000,2000000000)", "", GSL_EBADLEN, "0:ones",
      "2000000000×2000000000 entries are more than there can be" },
    { "tarce(A)", "A 3x3", GSL_EINVAL, "0:tarce", "unknown function 'tarce': did you mean 'trace'?" },
    { "ln(x)", "", GSL_EINVAL, "0:ln", "unknown function 'ln': did you mean 'log'?" },
    { "solve(A,b)", "", GSL_EINVAL, "0:solve", "unknown function 'solve': did you mean 'A\\B'?" },
    { "sinh(x)", "", GSL_EINVAL, "0:sinh", "unknown function 'sinh': did you mean '(exp(x)-exp(-x))/2'?" },
    { "atan(x)", "", GSL_EINVAL, "0:atan", "unknown function 'atan'" },        /* which is not tan */
    { "2*mean(A)", "", GSL_EINVAL, "2:mean", "unknown function 'mean': did you mean 'sum(x)/rows(x)'?" },
};

START_TEST(refuses)
{
    shape_list list, before;
    dm_complaint complaint;
    const char *text = refusals[_i].text;
    dm_expression *e = parsed(text);

    take_shapes(&list, e, refusals[_i].given);
    before = list;
    int status = dm_expression_infer(e, list.shape, list.n, NULL, FREE, &complaint);
    complains(&complaint, text, refusals[_i].code, refusals[_i].message, refusals[_i].about);
    ck_assert_int_eq(status, refusals[_i].code);
    ck_assert_mem_eq(list.shape, before.shape, list.n * sizeof *list.shape);
    ck_assert_int_eq(dm_expression_infer(e, list.shape, list.n, NULL, FREE, NULL), status);
    dm_expression_free(e);
}
END_TEST

/* The shape of the result is not what the caller needs. */
START_TEST(refuses_result)
{
    dm_complaint complaint;
    dm_expression *e = parsed("A*x");
    dm_shape shape[] = { { "x", 0, 0, NULL }, { "A", 3, 2, NULL } }, result = { NULL, 1, 1, NULL };

    ck_assert_int_eq(dm_expression_infer(e, shape, 2, &result, FREE, &complaint), GSL_EBADLEN);
    complains(&complaint, "A*x", GSL_EBADLEN, "the expression is 3×?: 1×1 is needed", "0:A*x");

    ck_assert_int_eq(dm_expression_infer(e, shape, 1, NULL, FREE, &complaint), GSL_EINVAL);
    complains(&complaint, "A*x", GSL_EINVAL, "there is no variable A", "0:A");
    dm_expression_free(e);
}
END_TEST

START_TEST(no_memory)
{
    dm_complaint complaint;
    dm_expression *e = parsed("lambda*norm(embed(A,1,1,6,6)*x)^2");
    shape_list list;

    for (size_t k = 0; ; k++) {
        take_shapes(&list, e, "");
        long before = blocks_in_use();
        fail_allocation(k, false);
        int status = dm_expression_infer(e, list.shape, list.n, NULL, FREE, &complaint);
        allocate_again();
        long lost = blocks_in_use() - before;
        ck_assert_int_eq(lost, 0);
        ck_assert_int_eq(status, complaint.code);
        if (status == GSL_SUCCESS) {
            ck_assert_uint_gt(k, 6);
            break;
        }
        ck_assert_int_eq(status, GSL_ENOMEM);
        ck_assert_uint_eq(list.shape[0].rows, 0);
    }
    dm_expression_free(e);
}
END_TEST

/* -------------------------------------------------------------------------- expressions at random */

static size_t pick(dice *d, size_t n)
{
    return (size_t) uniform(d, 0, (double) n);
}

/* An expression of the variables A B C x y s, nested to a depth. */
static char *compose(dice *d, char *at, int depth)
{
    static const char *const leaves[] = {
        "A", "B", "C", "x", "y", "s", "A'", "x'", "2", "B(1,:)", "C(:,1)", "eye(2)", "ones(2,3)",
        "A(end,1)", "x(1:end-1)", "[1, 2; 3, 4]", "eye(rows(B))", "ones(rows(x),2)",
    };
    static const char *const two[][3] = {
        { "", "*", "" }, { "", "*", "" }, { "(", ")*(", ")" }, { "", "+", "" }, { "", "-", "" },
        { "", ".*", "" }, { "(", ")./(", ")" }, { "(", ")/(", ")" }, { "(", ")\\(", ")" },
        { "[", ", ", "]" }, { "[", "; ", "]" }, { "kron(", ", ", ")" }, { "inner(", ", ", ")" },
        { "outer(", ", ", ")" }, { "(", ").^(", ")" },
    };
    static const char *const one[][2] = {
        { "(", ")'" }, { "-(", ")" }, { "trace(", ")" }, { "sum(", ")" }, { "sum(", ",1)" },
        { "norm(", ")" }, { "norm(", ")^2" }, { "diag(", ")" }, { "vec(", ")" }, { "inv(", ")" },
        { "exp(", ")" }, { "(", ")^2" }, { "(", ")(1,:)" }, { "(", ")(1)" }, { "(", ")(:,end)" },
        { "reshape(", ",2,3)" }, { "repmat(", ",2,1)" }, { "3*(", ")" }, { "(", ")/2" },
        { "det(", ")" }, { "embed(", ",1,2,4,4)" }, { "(", ")(2:end)" },
    };

    switch (depth == 0 ? 0 : pick(d, 5)) {
    case 0:
        return at + sprintf(at, "%s", leaves[pick(d, COUNT(leaves))]);
    case 1: case 2: {
        size_t i = pick(d, COUNT(one));
        at += sprintf(at, "%s", one[i][0]);
        at = compose(d, at, depth - 1);
        return at + sprintf(at, "%s", one[i][1]);
    }
    default: {
        size_t i = pick(d, COUNT(two));
        at += sprintf(at, "%s", two[i][0]);
        at = compose(d, at, depth - 1);
        at += sprintf(at, "%s", two[i][1]);
        at = compose(d, at, depth - 1);
        return at + sprintf(at, "%s", two[i][2]);
    }
    }
}

static bool about_shapes(int code)
{
    return code == GSL_EBADLEN || code == GSL_EINVAL;
}

/* With random shapes for some of its variables: if shapes are inferred, it evaluates with them, to a result
 * of the shape that was inferred; if all are given and something is wrong with them, evaluation finds that
 * too.                                                                                              */
START_TEST(agrees_with_evaluation)
{
    dice d = { 1000 + (uint64_t) _i };
    char text[1000];
    dm_complaint complaint, other;

    for (size_t turn = 0; turn < many(200); turn++) {
        shape_list list;
        const char *names[MOST_SHAPES];
        dm *values[MOST_SHAPES];
        dm_shape result = { .name = NULL };
        *compose(&d, text, 4) = '\0';
        dm_expression *e = parsed(text);
        bool all = pick(&d, 2);
        take_shapes(&list, e, "");
        for (size_t i = 0; i < list.n; i++) {
            bool lower = strchr("xys", *list.shape[i].name);
            if (all || pick(&d, 3) == 0) {
                list.shape[i].rows = 1 + pick(&d, 3);
                list.shape[i].cols = lower ? 1 : 1 + pick(&d, 3);
            }
        }
        dm_context_reset(here);
        int status = dm_expression_infer(e, list.shape, list.n, &result, 3, &complaint);
        for (size_t i = 0; (all || status == GSL_SUCCESS) && i < list.n; i++) {
            names[i] = list.shape[i].name;
            values[i] = dm_constant(here, random_matrix(&d, POSITIVE, list.shape[i].rows,
                                                        list.shape[i].cols));
        }
        if (all || status == GSL_SUCCESS) {
            dm *C = dm_expression_evaluate(e, here, names, values, list.n, &other);
            ck_assert_ptr_nonnull(C);
            if (status == GSL_SUCCESS && dm_status(C) == GSL_SUCCESS)
                ck_assert_msg(dm_rows(C) == result.rows && dm_columns(C) == result.cols,
                              "%s: inferred %zux%zu, evaluated to %zux%zu", text, result.rows, result.cols,
                              dm_rows(C), dm_columns(C));
            char shapes[200];
            print_shapes(&list, shapes, sizeof shapes);
            ck_assert_msg(status == GSL_SUCCESS ? !about_shapes(dm_status(C)) : dm_status(C) != GSL_SUCCESS,
                          "%s with %s: inferred: %s; evaluated: %s", text, shapes, complaint.message,
                          other.message);
        }
        dm_expression_free(e);
    }
    forget_matrices();
}
END_TEST

/* Thousands of products, and of variables that nothing is known of. */
START_TEST(long_expressions)
{
    enum { TERMS = 2000 };
    char *text = malloc(TERMS * 20), *at = text;
    dm_complaint complaint;

    for (int i = 0; i < TERMS; i++)
        at += sprintf(at, "%sa%d*X%d*x%d", i ? "+" : "", i, i % 50, i % 50);
    dm_expression *e = parsed(text);
    size_t n = dm_expression_variables(e);
    dm_shape *shape = calloc(n, sizeof *shape), result = { .name = NULL };
    for (size_t i = 0; i < n; i++)
        shape[i].name = dm_expression_variable(e, i);
    ck_assert_int_eq(dm_expression_infer(e, shape, n, &result, FREE, &complaint), GSL_SUCCESS);
    ck_assert_uint_eq(result.rows, FREE);
    ck_assert_uint_eq(shape[0].rows, 1);
    free(shape);
    dm_expression_free(e);
    free(text);
}
END_TEST

Suite *language_infer_suite(void)
{
    Suite *suite = suite_create("language/infer");
    TCase *tc = case_of(suite, "shapes");

    tcase_add_loop_test(tc, infers, 0, COUNT(inferred));
    tcase_add_loop_test(tc, evaluates, 0, COUNT(inferred));
    tc = case_of(suite, "refusals");
    tcase_add_loop_test(tc, refuses, 0, COUNT(refusals));
    tcase_add_test(tc, refuses_result);
    tcase_add_test(tc, no_memory);
    tcase_add_test(tc, long_expressions);
    tc = case_of(suite, "at random");
    tcase_add_loop_test(tc, agrees_with_evaluation, 0, 20);
    return suite;
}
