/* A self-contained function in C, on GSL's matrices, BLAS and factorizations.
 *
 * Every part of the two formulas becomes one statement, parts that are the same one statement together.  A
 * matrix is a pointer with a mark whether it stands transposed, which products take without a copy; a 1×1 is
 * a double.  Only those helpers are written that are used.                                             */
#include <stdarg.h>
#include <stdio.h>
#include "symbols/list.h"
#include "symbols/source.h"

/* ---------------------------------------------------------------------------------------- helpers */

static const struct {
    const char *name, *code;
    const char *needs;                 /* another helper */
} helpers[] = {
    { "product",
      "/* A*B, each transposed or not. */\n"
      "static gsl_matrix *product(const gsl_matrix *A, CBLAS_TRANSPOSE_t a, const gsl_matrix *B,\n"
      "                           CBLAS_TRANSPOSE_t b)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(a == CblasTrans ? A->size2 : A->size1,\n"
      "                                     b == CblasTrans ? B->size1 : B->size2);\n\n"
      "    gsl_blas_dgemm(a, b, 1, A, B, 0, C);\n"
      "    return C;\n"
      "}\n", NULL },
    { "dot",
      "/* The 1x1 product A*B. */\n"
      "static double dot(const gsl_matrix *A, CBLAS_TRANSPOSE_t a, const gsl_matrix *B, CBLAS_TRANSPOSE_t b)\n"
      "{\n"
      "    gsl_matrix *C = product(A, a, B, b);\n"
      "    double x = gsl_matrix_get(C, 0, 0);\n\n"
      "    gsl_matrix_free(C);\n"
      "    return x;\n"
      "}\n", "product" },
    { "sum_of",
      "/* a*A + b*B */\n"
      "static gsl_matrix *sum_of(double a, const gsl_matrix *A, double b, const gsl_matrix *B)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        for (size_t j = 0; j < C->size2; j++)\n"
      "            gsl_matrix_set(C, i, j, a * gsl_matrix_get(A, i, j) + b * gsl_matrix_get(B, i, j));\n"
      "    return C;\n"
      "}\n", NULL },
    { "scaled",
      "static gsl_matrix *scaled(double a, const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_matrix_memcpy(C, A);\n"
      "    gsl_matrix_scale(C, a);\n"
      "    return C;\n"
      "}\n", NULL },
    { "transposed",
      "static gsl_matrix *transposed(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size2, A->size1);\n\n"
      "    gsl_matrix_transpose_memcpy(C, A);\n"
      "    return C;\n"
      "}\n", NULL },
    { "factored",
      "/* The LU factors of A; *sign is the permutation's. */\n"
      "static gsl_matrix *factored(const gsl_matrix *A, gsl_permutation **p, int *sign)\n"
      "{\n"
      "    gsl_matrix *LU = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_matrix_memcpy(LU, A);\n"
      "    *p = gsl_permutation_alloc(A->size1);\n"
      "    gsl_linalg_LU_decomp(LU, *p, sign);\n"
      "    return LU;\n"
      "}\n", NULL },
    { "inverse",
      "static gsl_matrix *inverse(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_permutation *p;\n"
      "    int sign;\n"
      "    gsl_matrix *LU = factored(A, &p, &sign), *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_linalg_LU_invert(LU, p, C);\n"
      "    gsl_permutation_free(p);\n"
      "    gsl_matrix_free(LU);\n"
      "    return C;\n"
      "}\n", "factored" },
    { "solved",
      "/* A\\B */\n"
      "static gsl_matrix *solved(const gsl_matrix *A, const gsl_matrix *B)\n"
      "{\n"
      "    gsl_permutation *p;\n"
      "    int sign;\n"
      "    gsl_matrix *LU = factored(A, &p, &sign), *C = gsl_matrix_alloc(B->size1, B->size2);\n\n"
      "    gsl_matrix_memcpy(C, B);\n"
      "    for (size_t j = 0; j < C->size2; j++) {\n"
      "        gsl_vector_view column = gsl_matrix_column(C, j);\n"
      "        gsl_linalg_LU_svx(LU, p, &column.vector);\n"
      "    }\n"
      "    gsl_permutation_free(p);\n"
      "    gsl_matrix_free(LU);\n"
      "    return C;\n"
      "}\n", "factored" },
    { "determinant",
      "static double determinant(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_permutation *p;\n"
      "    int sign;\n"
      "    gsl_matrix *LU = factored(A, &p, &sign);\n"
      "    double x = gsl_linalg_LU_det(LU, sign);\n\n"
      "    gsl_permutation_free(p);\n"
      "    gsl_matrix_free(LU);\n"
      "    return x;\n"
      "}\n", "factored" },
    { "log_determinant",
      "static double log_determinant(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_permutation *p;\n"
      "    int sign;\n"
      "    gsl_matrix *LU = factored(A, &p, &sign);\n"
      "    double x = gsl_linalg_LU_sgndet(LU, sign) > 0 ? gsl_linalg_LU_lndet(LU) : GSL_NAN;\n\n"
      "    gsl_permutation_free(p);\n"
      "    gsl_matrix_free(LU);\n"
      "    return x;\n"
      "}\n", "factored" },
    { "filled",
      "static gsl_matrix *filled(size_t m, size_t n, double x)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(m, n);\n\n"
      "    gsl_matrix_set_all(C, x);\n"
      "    return C;\n"
      "}\n", NULL },
    { "identity",
      "static gsl_matrix *identity(size_t n)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(n, n);\n\n"
      "    gsl_matrix_set_identity(C);\n"
      "    return C;\n"
      "}\n", NULL },
    { "each",
      "/* h of every entry. */\n"
      "static gsl_matrix *each(double (*h)(double), const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        for (size_t j = 0; j < C->size2; j++)\n"
      "            gsl_matrix_set(C, i, j, h(gsl_matrix_get(A, i, j)));\n"
      "    return C;\n"
      "}\n", NULL },
    { "powers",
      "/* A.^p */\n"
      "static gsl_matrix *powers(const gsl_matrix *A, double p)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        for (size_t j = 0; j < C->size2; j++)\n"
      "            gsl_matrix_set(C, i, j, pow(gsl_matrix_get(A, i, j), p));\n"
      "    return C;\n"
      "}\n", NULL },
    { "times",
      "/* A.*B */\n"
      "static gsl_matrix *times(const gsl_matrix *A, const gsl_matrix *B)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_matrix_memcpy(C, A);\n"
      "    gsl_matrix_mul_elements(C, B);\n"
      "    return C;\n"
      "}\n", NULL },
    { "quotient",
      "/* A./B */\n"
      "static gsl_matrix *quotient(const gsl_matrix *A, const gsl_matrix *B)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_matrix_memcpy(C, A);\n"
      "    gsl_matrix_div_elements(C, B);\n"
      "    return C;\n"
      "}\n", NULL },
    { "over",
      "/* x./A */\n"
      "static gsl_matrix *over(double x, const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_matrix_set_all(C, x);\n"
      "    gsl_matrix_div_elements(C, A);\n"
      "    return C;\n"
      "}\n", NULL },
    { "matrix_power",
      "/* A^k, k >= 1 */\n"
      "static gsl_matrix *matrix_power(const gsl_matrix *A, int k)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_matrix_memcpy(C, A);\n"
      "    while (--k > 0) {\n"
      "        gsl_matrix *D = product(C, CblasNoTrans, A, CblasNoTrans);\n"
      "        gsl_matrix_free(C);\n"
      "        C = D;\n"
      "    }\n"
      "    return C;\n"
      "}\n", "product" },
    { "diagonal_matrix",
      "static gsl_matrix *diagonal_matrix(const gsl_matrix *x)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_calloc(x->size1, x->size1);\n\n"
      "    for (size_t i = 0; i < x->size1; i++)\n"
      "        gsl_matrix_set(C, i, i, gsl_matrix_get(x, i, 0));\n"
      "    return C;\n"
      "}\n", NULL },
    { "diagonal_of",
      "static gsl_matrix *diagonal_of(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1 < A->size2 ? A->size1 : A->size2, 1);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        gsl_matrix_set(C, i, 0, gsl_matrix_get(A, i, i));\n"
      "    return C;\n"
      "}\n", NULL },
    { "row_sums",
      "static gsl_matrix *row_sums(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_calloc(A->size1, 1);\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            *gsl_matrix_ptr(C, i, 0) += gsl_matrix_get(A, i, j);\n"
      "    return C;\n"
      "}\n", NULL },
    { "column_sums",
      "static gsl_matrix *column_sums(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_calloc(1, A->size2);\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            *gsl_matrix_ptr(C, 0, j) += gsl_matrix_get(A, i, j);\n"
      "    return C;\n"
      "}\n", NULL },
    { "kron",
      "static gsl_matrix *kron(const gsl_matrix *A, const gsl_matrix *B)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1 * B->size1, A->size2 * B->size2);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        for (size_t j = 0; j < C->size2; j++)\n"
      "            gsl_matrix_set(C, i, j, gsl_matrix_get(A, i / B->size1, j / B->size2)\n"
      "                                    * gsl_matrix_get(B, i % B->size1, j % B->size2));\n"
      "    return C;\n"
      "}\n", NULL },
    { "stacked",
      "/* vec(A): the columns, stacked. */\n"
      "static gsl_matrix *stacked(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1 * A->size2, 1);\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            gsl_matrix_set(C, j * A->size1 + i, 0, gsl_matrix_get(A, i, j));\n"
      "    return C;\n"
      "}\n", NULL },
    { "trace",
      "static double trace(const gsl_matrix *A)\n"
      "{\n"
      "    double x = 0;\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        x += gsl_matrix_get(A, i, i);\n"
      "    return x;\n"
      "}\n", NULL },
    { "total",
      "static double total(const gsl_matrix *A)\n"
      "{\n"
      "    double x = 0;\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            x += gsl_matrix_get(A, i, j);\n"
      "    return x;\n"
      "}\n", NULL },
    { "norm",
      "static double norm(const gsl_matrix *A)\n"
      "{\n"
      "    double x = 0;\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            x = hypot(x, gsl_matrix_get(A, i, j));\n"
      "    return x;\n"
      "}\n", NULL },
    { "log_sum_exp",
      "/* log(sum(exp(A))) with the largest entry taken out. */\n"
      "static double log_sum_exp(const gsl_matrix *A)\n"
      "{\n"
      "    double largest = gsl_matrix_max(A), x = 0;\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            x += exp(gsl_matrix_get(A, i, j) - largest);\n"
      "    return largest + log(x);\n"
      "}\n", NULL },
    { "softmax",
      "/* exp(A)/sum(exp(A)) */\n"
      "static gsl_matrix *softmax(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n"
      "    double all = log_sum_exp(A);\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            gsl_matrix_set(C, i, j, exp(gsl_matrix_get(A, i, j) - all));\n"
      "    return C;\n"
      "}\n", "log_sum_exp" },
    { "sigmoid", "static double sigmoid(double x) { return 1 / (1 + exp(-x)); }\n", NULL },
    { "softplus", "static double softplus(double x) { return fmax(x, 0) + log1p(exp(-fabs(x))); }\n", NULL },
    { "relu", "static double relu(double x) { return x > 0 ? x : 0; }\n", NULL },
    { "sign", "static double sign(double x) { return (x > 0) - (x < 0); }\n", NULL },
    { "step", "static double step(double x) { return x > 0; }\n", NULL },
};

enum { HELPERS = sizeof helpers / sizeof *helpers };

/* ------------------------------------------------------------------------------------- statements */

/* Where a part's result is: a variable of C, perhaps transposed. */
typedef struct {
    const char *text;
    bool transposed;
} place;

typedef struct done done;
struct done {
    const dm_formula *f;
    place at;
    done *next;
};

typedef struct {
    const dm_source *s;
    dm_context *context;
    dm_text body;
    size_t matrices, scalars;
    bool used[HELPERS];
    done *done;
    bool failed;
    const char *unknown;
} program;

static void use(program *p, const char *name)
{
    for (size_t i = 0; i < HELPERS; i++)
        if (strcmp(helpers[i].name, name) == 0) {
            p->used[i] = true;
            if (helpers[i].needs)
                use(p, helpers[i].needs);
        }
}

static const char *text(program *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *text(program *p, const char *format, ...)
{
    char buffer[1024];
    va_list arguments;

    va_start(arguments, format);
    int n = vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    char *copy = n >= 0 && (size_t) n < sizeof buffer ? dm_arena_alloc(p->context, (size_t) n + 1) : NULL;
    if (!copy) {
        p->failed = true;
        return "";
    }
    memcpy(copy, buffer, (size_t) n + 1);
    return copy;
}

static bool is_scalar(const dm_formula *f)
{
    return f->rows == 1 && f->cols == 1;
}

static place new_matrix(program *p, const char *helper, const char *arguments)
{
    place at = { text(p, "t%zu", ++p->matrices), false };

    use(p, helper);
    dm_text_put(&p->body, "    gsl_matrix *%s = %s(%s);\n", at.text, helper, arguments);
    return at;
}

static place new_scalar(program *p, const char *value)
{
    place at = { text(p, "s%zu", ++p->scalars), false };

    dm_text_put(&p->body, "    double %s = %s;\n", at.text, value);
    return at;
}

static place emit(program *p, const dm_formula *f);

/* The part as it is, not marked transposed. */
static const char *straight(program *p, const dm_formula *f)
{
    place at = emit(p, f);

    if (!at.transposed)
        return at.text;
    return new_matrix(p, "transposed", at.text).text;
}

static const char *mark(place at)
{
    return at.transposed ? "CblasTrans" : "CblasNoTrans";
}

static const char *digits(program *p, double x)
{
    dm_text number = { .context = p->context };

    dm_text_number(&number, x);
    const char *all = dm_text_done(&number);
    if (!all) {
        p->failed = true;
        return "";
    }
    return strpbrk(all, ".e") ? all : text(p, "%s.0", all);
}

static const char *size(program *p, const dm_symbol *s, size_t n)
{
    const dm_size_name *name = dm_name_of_size(s, n), *other;

    for (const dm_size_name *a = name ? NULL : dm_symbol_sizes(s->context); a; a = a->next)
        if (a->size > 1 && n % a->size == 0 && (other = dm_name_of_size(s, n / a->size)))
            return text(p, "%s->size%d * %s->size%d", a->variable, a->columns ? 2 : 1, other->variable,
                        other->columns ? 2 : 1);
    return name ? text(p, "%s->size%d", name->variable, name->columns ? 2 : 1) : text(p, "%zu", n);
}

static place product(program *p, const dm_formula *f)
{
    place a = emit(p, f->of[0]), b = emit(p, f->of[1]);
    const char *arguments = text(p, "%s, %s, %s, %s", a.text, mark(a), b.text, mark(b));

    if (!is_scalar(f))
        return new_matrix(p, "product", arguments);
    use(p, "dot");
    return new_scalar(p, text(p, "dot(%s)", arguments));
}

static place of_scalars(program *p, const dm_formula *f, char sign)
{
    const char *a = emit(p, f->of[0]).text, *b = emit(p, f->of[1]).text;

    return new_scalar(p, text(p, "%s %c %s", a, sign, b));
}

static place sum(program *p, const dm_formula *f, bool minus)
{
    if (is_scalar(f))
        return of_scalars(p, f, minus ? '-' : '+');
    const char *a = straight(p, f->of[0]), *b = straight(p, f->of[1]);
    return new_matrix(p, "sum_of", text(p, "1, %s, %s, %s", a, minus ? "-1" : "1", b));
}

static place scale(program *p, const dm_formula *f)
{
    if (is_scalar(f))
        return of_scalars(p, f, '*');
    bool first = is_scalar(f->of[0]);
    place s = emit(p, f->of[!first]), A = emit(p, f->of[first]);
    place C = new_matrix(p, "scaled", text(p, "%s, %s", s.text, A.text));
    C.transposed = A.transposed;
    return C;
}

static place over(program *p, const dm_formula *f)
{
    if (is_scalar(f))
        return of_scalars(p, f, '/');
    place A = emit(p, f->of[0]), s = emit(p, f->of[1]);
    place C = new_matrix(p, "scaled", text(p, "1 / %s, %s", s.text, A.text));
    C.transposed = A.transposed;
    return C;
}

/* h(x) in C: of math.h, or a helper. */
static const char *entry_function(program *p, const char *op)
{
    static const char *const known[][2] = {
        { "exp", "exp" }, { "log", "log" }, { "sin", "sin" }, { "cos", "cos" }, { "tan", "tan" },
        { "tanh", "tanh" }, { "abs", "fabs" }, { "sigmoid", "sigmoid" }, { "relu", "relu" },
        { "sign", "sign" }, { "step", "step" }, { "expm1", "expm1" }, { "log1p", "log1p" },
        { "log10", "log10" }, { "log2", "log2" }, { "softplus", "softplus" },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i][0], op) == 0) {
            use(p, known[i][1]);
            return known[i][1];
        }
    return NULL;
}

static place call(program *p, const dm_formula *f)
{
    static const char *const scalars[][2] = {
        { "trace", "trace" }, { "sum", "total" }, { "det", "determinant" }, { "logdet", "log_determinant" },
        { "norm_frobenius", "norm" }, { "logsumexp", "log_sum_exp" },
    };
    static const char *const matrices[][2] = {
        { "diag", "diagonal_matrix" }, { "diagonal", "diagonal_of" }, { "row_sums", "row_sums" },
        { "column_sums", "column_sums" }, { "vec", "stacked" }, { "softmax", "softmax" },
    };
    const char *op = f->op->name, *h = entry_function(p, op);
    const dm_formula *A = f->of[0];

    if (h && is_scalar(f))
        return new_scalar(p, text(p, "%s(%s)", h, emit(p, A).text));
    if (h)
        return new_matrix(p, "each", text(p, "%s, %s", h, straight(p, A)));
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
        if (strcmp(scalars[i][0], op) == 0) {
            use(p, scalars[i][1]);
            return new_scalar(p, text(p, "%s(%s)", scalars[i][1], emit(p, A).text));
        }
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++)
        if (strcmp(matrices[i][0], op) == 0)
            return new_matrix(p, matrices[i][1], straight(p, A));
    if (strcmp(op, "kron") == 0) {
        const char *a = straight(p, A), *b = straight(p, f->of[1]);
        return new_matrix(p, "kron", text(p, "%s, %s", a, b));
    }
    p->unknown = op;
    return (place) { "", false };
}

static place power(program *p, const dm_formula *f)
{
    const dm_formula *A = f->of[0];

    if (is_scalar(f))
        return new_scalar(p, text(p, "pow(%s, %s)", emit(p, A).text, digits(p, f->number)));
    if (f->kind == DM_FORMULA_ENTRY_POWER)
        return new_matrix(p, "powers", text(p, "%s, %s", straight(p, A), digits(p, f->number)));
    place at = emit(p, A), C = new_matrix(p, "matrix_power", text(p, "%s, %.0f", at.text, f->number));
    C.transposed = at.transposed;
    return C;
}

static place quotient(program *p, const dm_formula *f)
{
    if (is_scalar(f->of[0]) && !is_scalar(f)) {
        const char *x = emit(p, f->of[0]).text, *A = straight(p, f->of[1]);
        return new_matrix(p, "over", text(p, "%s, %s", x, A));
    }
    const char *a = straight(p, f->of[0]), *b = straight(p, f->of[1]);
    return new_matrix(p, f->kind == DM_FORMULA_TIMES ? "times" : "quotient", text(p, "%s, %s", a, b));
}

static place solve(program *p, const char *A, const dm_formula *B)
{
    return new_matrix(p, "solved", text(p, "%s, %s", A, straight(p, B)));
}

static place literal(program *p, const dm_symbol *s)
{
    size_t k = ++p->matrices;

    use(p, "filled");
    dm_text_put(&p->body, "    gsl_matrix *t%zu = filled(%zu, %zu, 0);\n", k, s->rows, s->cols);
    for (size_t i = 0; i < s->rows; i++)
        for (size_t j = 0; j < s->cols; j++)
            dm_text_put(&p->body, "    gsl_matrix_set(t%zu, %zu, %zu, %s);\n", k, i, j,
                        digits(p, s->entries[i * s->cols + j]));
    return (place) { text(p, "t%zu", k), false };
}

static place statement(program *p, const dm_formula *f)
{
    const dm_formula *a = f->of[0], *b = f->of[1];

    switch (f->kind) {
    case DM_FORMULA_NUMBER:
        return (place) { digits(p, f->number), false };
    case DM_FORMULA_NAME:
        if (is_scalar(f))
            return (place) { text(p, "gsl_matrix_get(%s, 0, 0)", f->symbol->name), false };
        return (place) { f->symbol->name, false };
    case DM_FORMULA_SIZE:
        return (place) { text(p, "(double) %s", size(p, f->symbol, (size_t) f->symbol->number)), false };
    case DM_FORMULA_ONES: case DM_FORMULA_ZEROS:
        return new_matrix(p, "filled", text(p, "%s, %s, %d", size(p, f->symbol, f->rows),
                                            size(p, f->symbol, f->cols), f->kind == DM_FORMULA_ONES));
    case DM_FORMULA_EYE:
        return new_matrix(p, "identity", size(p, f->symbol, f->rows));
    case DM_FORMULA_LITERAL:
        return literal(p, f->symbol);
    case DM_FORMULA_ADD: case DM_FORMULA_SUB:
        return sum(p, f, f->kind == DM_FORMULA_SUB);
    case DM_FORMULA_NEG: {
        place A = emit(p, a);
        if (is_scalar(f))
            return new_scalar(p, text(p, "-%s", A.text));
        place C = new_matrix(p, "scaled", text(p, "-1, %s", A.text));
        C.transposed = A.transposed;
        return C;
    }
    case DM_FORMULA_MUL:
        return product(p, f);
    case DM_FORMULA_SCALE:
        return scale(p, f);
    case DM_FORMULA_OVER:
        return over(p, f);
    case DM_FORMULA_UNDER:
        return solve(p, straight(p, a), b);
    case DM_FORMULA_SOLVE_RIGHT: {     /* B/A = (A'\B')' */
        place B = emit(p, a), A = emit(p, b);
        const char *At = A.transposed ? A.text : new_matrix(p, "transposed", A.text).text;
        const char *Bt = B.transposed ? B.text : new_matrix(p, "transposed", B.text).text;
        place C = new_matrix(p, "solved", text(p, "%s, %s", At, Bt));
        C.transposed = true;
        return C;
    }
    case DM_FORMULA_TIMES: case DM_FORMULA_QUOTIENT:
        return quotient(p, f);
    case DM_FORMULA_POWER: case DM_FORMULA_ENTRY_POWER:
        return power(p, f);
    case DM_FORMULA_TRANSPOSE: {
        place A = emit(p, a);
        A.transposed = !A.transposed;
        return A;
    }
    case DM_FORMULA_INVERSE: {
        place A = emit(p, a), C = new_matrix(p, "inverse", A.text);
        C.transposed = A.transposed;
        return C;
    }
    case DM_FORMULA_SQRT:
        return is_scalar(f) ? new_scalar(p, text(p, "sqrt(%s)", emit(p, a).text))
                            : new_matrix(p, "each", text(p, "sqrt, %s", straight(p, a)));
    case DM_FORMULA_CALL:
        return call(p, f);
    case DM_FORMULA_DIFFERENTIAL:
        break;
    }
    p->unknown = "a differential";
    return (place) { "", false };
}

/* Are they written alike?  The same value then. */
static bool alike(const dm_formula *f, const dm_formula *g)
{
    if (f == g || !f || !g)
        return f == g;
    return f->kind == g->kind && f->rows == g->rows && f->cols == g->cols && f->number == g->number
        && f->op == g->op && (f->kind > DM_FORMULA_DIFFERENTIAL ? f->with == g->with
                              : f->kind == DM_FORMULA_NUMBER || dm_symbol_same(f->symbol, g->symbol))
        && alike(f->of[0], g->of[0]) && alike(f->of[1], g->of[1]);
}

static place emit(program *p, const dm_formula *f)
{
    if (!f || p->failed) {
        p->failed = true;
        return (place) { "", false };
    }
    for (const done *d = p->done; d; d = d->next)
        if (alike(d->f, f))
            return d->at;
    place at = statement(p, f);
    done *d = dm_arena_alloc(p->context, sizeof *d);
    if (!d) {
        p->failed = true;
        return at;
    }
    *d = (done) { f, at, p->done };
    p->done = d;
    return at;
}

/* -------------------------------------------------------------------------------------- the whole */

static void hand_out(program *p, const dm_formula *f, const char *to)
{
    place at = emit(p, f);

    if (is_scalar(f))
        dm_text_put(&p->body, "    gsl_matrix_set(%s, 0, 0, %s);\n", to, at.text);
    else
        dm_text_put(&p->body, "    %s(%s, %s);\n", at.transposed ? "gsl_matrix_transpose_memcpy"
                                                                 : "gsl_matrix_memcpy", to, at.text);
}

void dm_write_c_function(dm_text *to, const dm_source *s)
{
    program p = { .s = s, .context = to->context, .body = { .context = to->context } };
    const dm_formula *f = dm_formula_of(s->f), *U = dm_formula_of(s->U);
    bool scalar = dm_symbol_is_scalar(s->f);

    if (!f || !U) {
        to->failed = true;
        return;
    }
    if (scalar)
        dm_text_put(&p.body, "    *value = %s;\n", emit(&p, f).text);
    else
        hand_out(&p, f, "value");
    hand_out(&p, U, s->result);
    if (p.failed || p.body.failed || p.unknown) {
        to->failed = p.failed || p.body.failed;
        to->missing = p.unknown;
        return;
    }
    dm_text_put(to, "/* f = %s and %s = %s */\n#include <math.h>\n#include <gsl/gsl_blas.h>\n"
                    "#include <gsl/gsl_linalg.h>\n#include <gsl/gsl_math.h>\n#include <gsl/gsl_matrix.h>\n\n",
                s->expression, s->result, s->formula);
    for (size_t i = 0; i < HELPERS; i++)
        if (p.used[i])
            dm_text_put(to, "%s\n", helpers[i].code);
    dm_text_put(to, "void derivative(");
    for (size_t i = 0; i < s->n; i++)
        dm_text_put(to, "const gsl_matrix *%s, ", s->variable[i].name);
    dm_text_put(to, "%s, gsl_matrix *%s);\nvoid derivative(", scalar ? "double *value" : "gsl_matrix *value",
                s->result);
    for (size_t i = 0; i < s->n; i++)
        dm_text_put(to, "const gsl_matrix *%s, ", s->variable[i].name);
    dm_text_put(to, "%s, gsl_matrix *%s)\n{\n%s", scalar ? "double *value" : "gsl_matrix *value", s->result,
                dm_text_done(&p.body));
    for (size_t i = 1; i <= p.matrices; i++)
        dm_text_put(to, "%s    gsl_matrix_free(t%zu);\n", i == 1 ? "\n" : "", i);
    dm_text_put(to, "}\n");
}
