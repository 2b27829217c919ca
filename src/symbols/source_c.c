/* A self-contained function in C, on GSL's matrices, BLAS and factorizations.
 *
 * Every part of the two formulas becomes one statement, parts that are the same one statement together.  A
 * matrix is a pointer with a mark whether it stands transposed, which products take without a copy; a 1×1 is
 * a double.  Only those helpers are written that are used.                                             */
#include "symbols/list.h"
#include "symbols/source.h"

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
    uint64_t used;
    done *done;
    bool failed;
    const char *unknown;
} program;

static void use(program *p, const char *name)
{
    dm_use_helper(&p->used, dm_helpers_c, name);
}

static const char *kept(program *p, const char *name)
{
    p->failed = p->failed || !name;
    return name ? name : "";
}

static const char *text(program *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *text(program *p, const char *format, ...)
{
    dm_text made = { .context = p->context };
    va_list arguments;

    va_start(arguments, format);
    dm_text_put_list(&made, format, arguments);
    va_end(arguments);
    return kept(p, dm_text_done(&made));
}

static bool is_scalar(const dm_formula *f)
{
    return f->rows == 1 && f->cols == 1;
}

static const char *unused(program *p, const char *name)
{
    return kept(p, dm_unused_name(p->context, name));
}

static const char *variable(program *p, const char *name)
{
    return kept(p, dm_name_in_program(p->context, &dm_words_c, name));
}

static const char *matrix(program *p, size_t i)
{
    return unused(p, text(p, "t%zu", i));
}

static place new_matrix(program *p, const char *helper, const char *arguments)
{
    place at = { matrix(p, ++p->matrices), false };

    use(p, helper);
    dm_text_put(&p->body, "    gsl_matrix *%s = %s(%s);\n", at.text, helper, arguments);
    return at;
}

static place new_scalar(program *p, const char *value)
{
    place at = { unused(p, text(p, "s%zu", ++p->scalars)), false };

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
    const dm_size_name *name[2];
    const char *each[2];
    size_t names = dm_names_of_size(s, n, name);

    for (size_t i = 0; i < names; i++)
        each[i] = text(p, "%s->size%d", variable(p, name[i]->variable), name[i]->columns ? 2 : 1);
    return names == 0 ? text(p, "%zu", n) : names == 1 ? each[0] : text(p, "%s * %s", each[0], each[1]);
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

/* Calls of helpers: the operands, then the parameters. */
static const struct {
    const char *op, *helper;
    bool number;                       /* returns a double */
} calls[] = {
    { "trace", "trace", true }, { "sum", "total", true }, { "det", "determinant", true },
    { "logdet", "log_determinant", true }, { "norm_frobenius", "norm", true },
    { "logsumexp", "log_sum_exp", true }, { "softmax", "softmax", false },
    { "diag", "diagonal_matrix", false }, { "diagonal", "diagonal_of", false },
    { "row_sums", "row_sums", false }, { "column_sums", "column_sums", false }, { "vec", "stacked", false },
    { "kron", "kron", false }, { "kron_left", "kron_left", false }, { "kron_right", "kron_right", false },
    { "reshape", "reshaped", false }, { "repeat", "repeated", false }, { "block", "block", false },
    { "embed", "embedded", false }, { "hcat", "beside", false }, { "vcat", "above", false },
    { "hadamard_power", "raised", false }, { "eigenvalues", "eigenvalues", false },
    { "eigenvectors", "eigenvectors", false }, { "expm", "exponential", false },
    { "expm_frechet", "frechet", false },
};

/* A part as a matrix, though it may be a double. */
static const char *as_matrix(program *p, const dm_formula *f)
{
    return is_scalar(f) ? new_matrix(p, "filled", text(p, "1, 1, %s", emit(p, f).text)).text : straight(p, f);
}

static const char *parameter(program *p, const dm_formula *f, char letter)
{
    const dm_parameters *with = f->with;
    switch (letter) {
    case 'i': return text(p, "%zu", with->row);
    case 'j': return text(p, "%zu", with->col);
    case 'r': return size(p, f->symbol, with->rows);
    default: return size(p, f->symbol, with->cols);
    }
}

static place call(program *p, const dm_formula *f)
{
    const char *op = f->op->name, *h = entry_function(p, op);

    if (h && is_scalar(f))
        return new_scalar(p, text(p, "%s(%s)", h, emit(p, f->of[0]).text));
    if (h)
        return new_matrix(p, "each", text(p, "%s, %s", h, straight(p, f->of[0])));
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(calls[i].op, op) != 0)
            continue;
        const char *arguments = as_matrix(p, f->of[0]);
        if (f->of[1])
            arguments = text(p, "%s, %s", arguments, as_matrix(p, f->of[1]));
        for (const char *letter = f->op->parameters; letter && *letter; letter++)
            arguments = text(p, "%s, %s", arguments, parameter(p, f, *letter));
        use(p, calls[i].helper);
        if (calls[i].number)
            return new_scalar(p, text(p, "%s(%s)", calls[i].helper, arguments));
        place C = new_matrix(p, calls[i].helper, arguments);
        return is_scalar(f) ? new_scalar(p, text(p, "gsl_matrix_get(%s, 0, 0)", C.text)) : C;
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
    const char *A = matrix(p, ++p->matrices);

    use(p, "filled");
    dm_text_put(&p->body, "    gsl_matrix *%s = filled(%zu, %zu, 0);\n", A, s->rows, s->cols);
    for (size_t i = 0; i < s->rows; i++)
        for (size_t j = 0; j < s->cols; j++)
            dm_text_put(&p->body, "    gsl_matrix_set(%s, %zu, %zu, %s);\n", A, i, j,
                        digits(p, s->entries[i * s->cols + j]));
    return (place) { A, false };
}

static place leaf(program *p, const dm_formula *f)
{
    switch (f->kind) {
    case DM_FORMULA_NUMBER:
        return (place) { digits(p, f->number), false };
    case DM_FORMULA_NAME:
        if (is_scalar(f))
            return (place) { text(p, "gsl_matrix_get(%s, 0, 0)", variable(p, f->symbol->name)), false };
        return (place) { variable(p, f->symbol->name), false };
    case DM_FORMULA_SIZE:
        return (place) { text(p, "(double) %s", size(p, f->symbol, (size_t) f->symbol->number)), false };
    case DM_FORMULA_ONES: case DM_FORMULA_ZEROS:
        return new_matrix(p, "filled", text(p, "%s, %s, %d", size(p, f->symbol, f->rows),
                                            size(p, f->symbol, f->cols), f->kind == DM_FORMULA_ONES));
    case DM_FORMULA_EYE:
        return new_matrix(p, "identity", size(p, f->symbol, f->rows));
    case DM_FORMULA_LITERAL:
        return literal(p, f->symbol);
    default:
        p->unknown = "a differential";
        return (place) { "", false };
    }
}

/* What is the same of A' as of A, transposed: the mark stays with it. */
static place through(program *p, const dm_formula *A, const char *helper, const char *before)
{
    place at = emit(p, A), C = new_matrix(p, helper, text(p, "%s%s", before, at.text));

    C.transposed = at.transposed;
    return C;
}

/* B/A = (A'\\B')' */
static place solve_right(program *p, const dm_formula *f)
{
    place B = emit(p, f->of[0]), A = emit(p, f->of[1]);
    const char *At = A.transposed ? A.text : new_matrix(p, "transposed", A.text).text;
    const char *Bt = B.transposed ? B.text : new_matrix(p, "transposed", B.text).text;
    place C = new_matrix(p, "solved", text(p, "%s, %s", At, Bt));

    C.transposed = true;
    return C;
}

static place statement(program *p, const dm_formula *f)
{
    const dm_formula *a = f->of[0], *b = f->of[1];
    place A;

    switch (f->kind) {
    case DM_FORMULA_ADD: case DM_FORMULA_SUB:
        return sum(p, f, f->kind == DM_FORMULA_SUB);
    case DM_FORMULA_NEG:
        return is_scalar(f) ? new_scalar(p, text(p, "-%s", emit(p, a).text)) : through(p, a, "scaled", "-1, ");
    case DM_FORMULA_MUL:
        return product(p, f);
    case DM_FORMULA_SCALE:
        return scale(p, f);
    case DM_FORMULA_OVER:
        return over(p, f);
    case DM_FORMULA_UNDER:
        return solve(p, straight(p, a), b);
    case DM_FORMULA_SOLVE_RIGHT:
        return solve_right(p, f);
    case DM_FORMULA_TIMES: case DM_FORMULA_QUOTIENT:
        return quotient(p, f);
    case DM_FORMULA_POWER: case DM_FORMULA_ENTRY_POWER:
        return power(p, f);
    case DM_FORMULA_TRANSPOSE:
        A = emit(p, a);
        A.transposed = !A.transposed;
        return A;
    case DM_FORMULA_INVERSE:
        return through(p, a, "inverse", "");
    case DM_FORMULA_SQRT:
        return is_scalar(f) ? new_scalar(p, text(p, "sqrt(%s)", emit(p, a).text))
                            : new_matrix(p, "each", text(p, "sqrt, %s", straight(p, a)));
    case DM_FORMULA_CALL:
        return call(p, f);
    default:
        return leaf(p, f);
    }
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

/* What follows the name of the function. */
static void put_parameters(program *p, dm_text *to, const char *value, const char *U)
{
    dm_text_put(to, "(");
    for (size_t i = 0; i < p->s->n; i++)
        dm_text_put(to, "const gsl_matrix *%s, ", variable(p, p->s->variable[i].name));
    dm_text_put(to, "%s *%s, gsl_matrix *%s)", dm_symbol_is_scalar(p->s->f) ? "double" : "gsl_matrix", value,
                U);
}

/* The function, into `to`, and the helpers it needs. */
static void c_function(dm_text *to, const dm_source *s, uint64_t *used)
{
    program p = { .s = s, .context = to->context, .body = { .context = to->context } };
    const dm_formula *f = dm_formula_of(s->f), *U = dm_formula_of(s->U);
    const char *value = unused(&p, "value"), *result = unused(&p, s->result);

    if (!f || !U) {
        to->failed = true;
        return;
    }
    if (is_scalar(f))
        dm_text_put(&p.body, "    *%s = %s;\n", value, emit(&p, f).text);
    else
        hand_out(&p, f, value);
    hand_out(&p, U, result);
    for (size_t i = 1; i <= p.matrices; i++)
        dm_text_put(&p.body, "%s    gsl_matrix_free(%s);\n", i == 1 ? "\n" : "", matrix(&p, i));
    dm_text_put(to, "void %s", s->name);
    put_parameters(&p, to, value, result);
    dm_text_put(to, ";\nvoid %s", s->name);
    put_parameters(&p, to, value, result);
    to->failed = to->failed || p.failed || p.body.failed;
    to->missing = p.unknown ? p.unknown : to->missing;
    dm_text_put(to, "\n{\n%s}\n", to->failed ? "" : dm_text_done(&p.body));
    *used |= p.used;
}

enum { WIDTH = 100 };                  /* of a line, where it can be broken */

/* What it computes, and what else there is to say. */
static void comment(dm_text *to, const dm_source *s)
{
    dm_text all = { .context = to->context };
    const char *result = dm_unused_name(to->context, s->result);

    to->failed = to->failed || !result;
    dm_text_put(&all, "/* f = %s and %s = %s", s->expression, result, s->formula);
    dm_put_notes(&all, s, "\n * ");
    dm_text_put(&all, " */\n");
    dm_put_folded(to, all.failed ? "" : dm_text_done(&all), WIDTH, " *     ");
    to->failed = to->failed || all.failed;
}

void dm_write_c_functions(dm_text *to, const dm_source s[], size_t n)
{
    dm_text body = { .context = to->context };
    uint64_t used = 0;

    for (size_t i = 0; i < n; i++) {
        comment(to, &s[i]);
        dm_text_put(&body, "%s", i ? "\n" : "");
        c_function(&body, &s[i], &used);
    }
    dm_text_put(to, "#include <math.h>\n#include <gsl/gsl_blas.h>\n"
                    "#include <gsl/gsl_eigen.h>\n#include <gsl/gsl_linalg.h>\n#include <gsl/gsl_math.h>\n"
                    "#include <gsl/gsl_matrix.h>\n\n");
    dm_put_helpers(to, used, dm_helpers_c, "", "\n");
    to->failed = to->failed || body.failed;
    to->missing = body.missing;
    dm_put_folded(to, to->failed ? "" : dm_text_done(&body), WIDTH, "        ");
}
