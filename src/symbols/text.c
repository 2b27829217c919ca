/* Formulas as source text, with no more parentheses than needed: in the expression language, and in others
 * that differ from it by a table of signs and names.                                                      */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include "symbols/source.h"

/* ---------------------------------------------------------------------------------- text that grows */

void dm_text_put_list(dm_text *to, const char *format, va_list arguments)
{
    if (to->failed)
        return;
    for (;;) {
        va_list again;
        va_copy(again, arguments);
        int n = vsnprintf(to->text ? to->text + to->length : NULL, to->room - to->length, format, again);
        va_end(again);
        size_t needed = to->length + (size_t) (n > 0 ? n : 0) + 1;
        if (needed <= to->room) {
            to->length = needed - 1;
            return;
        }
        char *longer = dm_arena_alloc(to->context, 2 * needed);
        if (!longer) {
            to->failed = true;
            return;
        }
        if (to->length)
            memcpy(longer, to->text, to->length);
        to->text = longer;
        to->room = 2 * needed;
    }
}

void dm_text_put(dm_text *to, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    dm_text_put_list(to, format, arguments);
    va_end(arguments);
}

const char *dm_text_done(const dm_text *to)
{
    return to->failed ? NULL : to->text ? to->text : "";
}

void dm_text_number(dm_text *to, double x)
{
    char text[40];
    bool whole = x == floor(x) && fabs(x) < 1e6;           /* 10, not 1e+01 */

    snprintf(text, sizeof text, "%.0f", x);
    for (int digits = 1; !whole && digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    dm_text_put(to, "%s", text);
}

/* ----------------------------------------------------------------------------------------- languages */

enum { SUMS, PRODUCTS, SIGNS, POSTFIX, ATOMS };

static const int levels[] = {
    [DM_FORMULA_NUMBER] = ATOMS, [DM_FORMULA_NAME] = ATOMS, [DM_FORMULA_SIZE] = ATOMS,
    [DM_FORMULA_ONES] = ATOMS, [DM_FORMULA_ZEROS] = ATOMS, [DM_FORMULA_EYE] = ATOMS,
    [DM_FORMULA_LITERAL] = ATOMS, [DM_FORMULA_DIFFERENTIAL] = ATOMS, [DM_FORMULA_ADD] = SUMS,
    [DM_FORMULA_SUB] = SUMS, [DM_FORMULA_NEG] = SIGNS, [DM_FORMULA_MUL] = PRODUCTS,
    [DM_FORMULA_SCALE] = PRODUCTS, [DM_FORMULA_OVER] = PRODUCTS, [DM_FORMULA_UNDER] = PRODUCTS,
    [DM_FORMULA_SOLVE_RIGHT] = PRODUCTS, [DM_FORMULA_TIMES] = PRODUCTS, [DM_FORMULA_QUOTIENT] = PRODUCTS,
    [DM_FORMULA_POWER] = POSTFIX, [DM_FORMULA_ENTRY_POWER] = POSTFIX, [DM_FORMULA_TRANSPOSE] = POSTFIX,
    [DM_FORMULA_INVERSE] = ATOMS, [DM_FORMULA_SQRT] = ATOMS, [DM_FORMULA_CALL] = ATOMS,
};

/* A call by its operation's name, in the letters of that row. */
typedef struct {
    const char *op, *formula;
} spelling;

typedef struct {
    const char *product, *scale, *times, *over, *quotient, *power, *entry_power, *transpose;
    const char *matrix_power, *under, *solve_right;        /* as calls; NULL: as signs */
    const char *inverse, *root, *ones, *zeros, *eye, *rows, *columns;
    const char *row_end, *matrix_begin, *matrix_end;       /* of a matrix of numbers */
    size_t origin;                                         /* indexes count from here */
    const spelling *calls;
    const dm_vocabulary *words;        /* a call that one of its helpers is named for carries that along */
    bool all;                          /* a call that is not listed is written as its row's formula */
} language;

static const spelling own_calls[] = {
    { "trace", "tr(A)" }, { "diagonal", "diag(A)" }, { NULL, NULL },
};

static const language own = {
    .product = "*", .scale = "*", .times = ".*", .over = "/", .quotient = "./", .power = "^",
    .entry_power = ".^", .transpose = "'", .inverse = "inv(A)", .root = "sqrt(A)", .ones = "ones(r,c)",
    .zeros = "zeros(r,c)", .eye = "eye(r)", .rows = "rows(%s)", .columns = "columns(%s)", .row_end = "; ",
    .matrix_begin = "[", .matrix_end = "]", .origin = 1, .calls = own_calls, .all = true,
};

static const spelling octave_calls[] = {
    { "trace", "trace(A)" }, { "diagonal", "diag(A)" }, { "sum", "sum(sum(A))" }, { "row_sums", "sum(A,2)" },
    { "column_sums", "sum(A,1)" }, { "det", "det(A)" }, { "logdet", "log(det(A))" }, { "diag", "diag(A)" },
    { "norm_frobenius", "norm(A,'fro')" }, { "kron", "kron(A,B)" }, { "vec", "reshape(A,[],1)" },
    { "reshape", "reshape(A,r,c)" }, { "repeat", "repmat(A,r,c)" }, { "hcat", "[A, B]" },
    { "vcat", "[A; B]" }, { "exp", "exp(A)" }, { "log", "log(A)" }, { "sin", "sin(A)" },
    { "cos", "cos(A)" }, { "tan", "tan(A)" }, { "tanh", "tanh(A)" }, { "abs", "abs(A)" },
    { "sign", "sign(A)" }, { "relu", "max(A,0)" }, { "sigmoid", "(1./(1+exp(-(A))))" },
    { "step", "double((A)>0)" }, { "expm1", "expm1(A)" }, { "log1p", "log1p(A)" }, { "log10", "log10(A)" },
    { "log2", "log2(A)" }, { "softplus", "(max(A,0)+log1p(exp(-abs(A))))" },
    { "logsumexp", "(max(max(A))+log(sum(sum(exp((A)-max(max(A)))))))" },
    { "softmax", "(exp((A)-max(max(A)))/sum(sum(exp((A)-max(max(A))))))" }, { "hadamard_power", "A.^B" },
    { "embed", "embed(A,i,j,r,c)" }, { "kron_left", "kron_left(A,B)" }, { "kron_right", "kron_right(A,B)" },
    { "eigenvalues", "eigenvalues(A)" }, { "eigenvectors", "eigenvectors(A)" }, { "expm", "expm(A)" },
    { "expm_frechet", "expm_frechet(A,B)" }, { NULL, NULL },
};

static const language octave = {
    .product = "*", .scale = "*", .times = ".*", .over = "/", .quotient = "./", .power = "^",
    .entry_power = ".^", .transpose = "'", .inverse = "inv(A)", .root = "sqrt(A)", .ones = "ones(r,c)",
    .zeros = "zeros(r,c)", .eye = "eye(r)", .rows = "rows(%s)", .columns = "columns(%s)", .row_end = "; ",
    .matrix_begin = "[", .matrix_end = "]", .origin = 1, .calls = octave_calls, .words = &dm_words_octave,
};

static const spelling numpy_calls[] = {
    { "trace", "np.trace(A)" }, { "diagonal", "np.diag(A).reshape(-1, 1)" }, { "sum", "np.sum(A)" },
    { "row_sums", "np.sum(A, axis=1, keepdims=True)" }, { "column_sums", "np.sum(A, axis=0, keepdims=True)" },
    { "det", "np.linalg.det(A)" }, { "logdet", "np.linalg.slogdet(A)[1]" }, { "diag", "np.diagflat(A)" },
    { "norm_frobenius", "np.linalg.norm(A)" }, { "kron", "np.kron(A, B)" },
    { "vec", "A.reshape(-1, 1, order='F')" }, { "reshape", "A.reshape(r, c, order='F')" },
    { "repeat", "np.tile(A, (r, c))" }, { "hcat", "np.hstack((A, B))" }, { "vcat", "np.vstack((A, B))" },
    { "exp", "np.exp(A)" }, { "log", "np.log(A)" }, { "sin", "np.sin(A)" }, { "cos", "np.cos(A)" },
    { "tan", "np.tan(A)" }, { "tanh", "np.tanh(A)" }, { "abs", "np.abs(A)" }, { "sign", "np.sign(A)" },
    { "relu", "np.maximum(A, 0)" }, { "sigmoid", "(1 / (1 + np.exp(-(A))))" },
    { "step", "np.heaviside(A, 0)" }, { "expm1", "np.expm1(A)" }, { "log1p", "np.log1p(A)" },
    { "log10", "np.log10(A)" }, { "log2", "np.log2(A)" },
    { "softplus", "np.logaddexp(0, A)" }, { "logsumexp", "np.logaddexp.reduce(A, axis=None)" },
    { "softmax", "np.exp((A) - np.logaddexp.reduce(A, axis=None))" }, { "hadamard_power", "np.power(A, B)" },
    { "embed", "embed(A, i, j, r, c)" }, { "kron_left", "kron_left(A, B)" },
    { "kron_right", "kron_right(A, B)" },
    { "eigenvalues", "eigenvalues(A)" }, { "eigenvectors", "eigenvectors(A)" }, { "expm", "expm(A)" },
    { "expm_frechet", "expm_frechet(A, B)" }, { NULL, NULL },
};

static const language numpy = {
    .product = " @ ", .scale = " * ", .times = " * ", .over = " / ", .quotient = " / ", .power = "**",
    .entry_power = "**", .transpose = ".T", .matrix_power = "np.linalg.matrix_power(A, k)",
    .under = "np.linalg.solve(A, B)", .solve_right = "np.linalg.solve(A.T, B.T).T",
    .inverse = "np.linalg.inv(A)", .root = "np.sqrt(A)", .ones = "np.ones((r, c))",
    .zeros = "np.zeros((r, c))", .eye = "np.eye(r)", .rows = "%s.shape[0]", .columns = "%s.shape[1]", .row_end = "], [",
    .matrix_begin = "np.array([[", .matrix_end = "]])", .origin = 0, .calls = numpy_calls,
    .words = &dm_words_numpy,
};

typedef struct {
    dm_text *to;
    const language *in;
} writer;

/* -------------------------------------------------------------------------------------------- sizes */

static const dm_size_name *name_of_size(const dm_symbol *s, size_t n)
{
    const dm_size_name *name = dm_symbol_sizes(s->context);

    while (name && (n < 2 || name->size != n))
        name = name->next;
    return name;
}

size_t dm_names_of_size(const dm_symbol *s, size_t n, const dm_size_name *name[2])
{
    if ((name[0] = name_of_size(s, n)))
        return 1;
    for (name[0] = dm_symbol_sizes(s->context); name[0]; name[0] = name[0]->next)
        if (name[0]->size > 1 && n % name[0]->size == 0 && (name[1] = name_of_size(s, n / name[0]->size)))
            return 2;
    return 0;
}

static const char *name_of(const writer *w, const char *variable)
{
    const char *name = w->in->words ? dm_name_in_program(w->to->context, w->in->words, variable) : variable;

    w->to->failed = w->to->failed || !name;
    return name ? name : "";
}

static void size_name(const writer *w, const dm_size_name *name)
{
    const char *form = name->columns ? w->in->columns : w->in->rows, *at = strstr(form, "%s");

    dm_text_put(w->to, "%.*s%s%s", (int) (at - form), form, name_of(w, name->variable), at + 2);
}

/* rows(A), rows(A)*columns(B), or a number */
static void size(const writer *w, const dm_symbol *s, size_t n)
{
    const dm_size_name *name[2];
    size_t names = dm_names_of_size(s, n, name);

    if (names == 0)
        dm_text_put(w->to, "%zu", n);
    for (size_t i = 0; i < names; i++) {
        dm_text_put(w->to, "%s", i ? "*" : "");
        size_name(w, name[i]);
    }
}

/* ----------------------------------------------------------------------------------------- writing */

static void write(const writer *w, const dm_formula *f);

/* A call that is written as a sign, like A.^B, is better set apart. */
static int level_of(const dm_formula *f)
{
    if (f->kind == DM_FORMULA_CALL && strcmp(f->op->name, "block") != 0) {
        const char *formula = f->op->formula, *part = strstr(formula, ").");
        char last = formula[strlen(formula) - 1];
        return last == ')' || last == ']' || (part && isalpha((unsigned char) part[2])) ? ATOMS : SUMS;
    }
    return levels[f->kind];
}

static void child(const writer *w, const dm_formula *f, bool parentheses)
{
    if (parentheses)
        dm_text_put(w->to, "(");
    write(w, f);
    if (parentheses)
        dm_text_put(w->to, ")");
}

/* A product that is a number: set apart where it multiplies a matrix. */
static bool set_apart(const dm_formula *whole, const dm_formula *part)
{
    return (whole->rows > 1 || whole->cols > 1) && part->rows == 1 && part->cols == 1
        && part->kind == DM_FORMULA_MUL;
}

/* s*(A*B) = s*A*B, but not so where what stands at the front is A\\B. */
static bool may_follow_scalar(const writer *w, const dm_formula *b)
{
    for (; level_of(b) == PRODUCTS; b = b->of[0])
        if (b->kind == DM_FORMULA_UNDER)
            return w->in->under != NULL;
    return true;
}

static void binary(const writer *w, const dm_formula *f, const char *sign)
{
    const dm_formula *a = f->of[0], *b = f->of[1];
    int level = levels[f->kind];
    bool flat = f->kind == DM_FORMULA_SCALE && !set_apart(f, b) && may_follow_scalar(w, b);
    bool apart = level == SUMS && f->symbol->moves;        /* df has room to breathe */

    child(w, a, level_of(a) < level || set_apart(f, a));
    dm_text_put(w->to, apart ? " %s " : "%s", sign);
    child(w, b, level_of(b) < level || (level_of(b) == level && !flat) || b->kind == DM_FORMULA_NEG);
}

/* What the letter at a place of a call's formula stands for. */
typedef struct {
    const char *operands, *parameters;
    const dm_formula *of[2];
    const dm_parameters *with;
    const dm_symbol *symbol;
    size_t rows, cols;
} letters;

static void letter(const writer *w, const letters *l, const char *at)
{
    const char *operand = strchr(l->operands, *at);

    if (operand) {
        const dm_formula *X = l->of[operand - l->operands];
        bool power = at[1] == '\0' || (at[1] == '.' && at[2] == '^');         /* x.^2.^d is (x.^2).^d */
        child(w, X, (power && level_of(X) < ATOMS) || (at[1] == '.' && level_of(X) < POSTFIX));
        return;
    }
    switch (*at) {
    case 'i': dm_text_put(w->to, "%zu", l->with->row + w->in->origin); break;
    case 'j': dm_text_put(w->to, "%zu", l->with->col + w->in->origin); break;
    case 'r': size(w, l->symbol, l->rows); break;
    case 'c': size(w, l->symbol, l->cols); break;
    default: dm_text_number(w->to, l->with->number);
    }
}

/* A form with the operands in the places of their letters, which stand alone. */
static void form(const writer *w, const char *text, const letters *l)
{
    for (const char *at = text; *at; at++) {
        bool alone = (at == text || strchr("(,[ .^", at[-1])) && strchr("),.] ;", at[1]);
        if (alone && (strchr(l->operands, *at) || strchr(l->parameters, *at)))
            letter(w, l, at);
        else
            dm_text_put(w->to, "%c", *at);
    }
}

static void form_of(const writer *w, const char *text, const dm_formula *f, const dm_formula *A,
                    const dm_formula *B)
{
    dm_parameters with = { .number = f->number };

    form(w, text, &(letters) { .operands = "AB", .parameters = "rck", .of = { A, B }, .with = &with,
                               .symbol = f->symbol, .rows = f->rows, .cols = f->cols });
}

void dm_text_range(dm_text *to, size_t origin, size_t first, size_t count, size_t all)
{
    if (count == all)
        dm_text_put(to, ":");
    else if (count == 1 && origin)
        dm_text_put(to, "%zu", first + origin);
    else
        dm_text_put(to, "%zu:%zu", first + origin, first + count);
}

static void block(const writer *w, const dm_formula *f)
{
    const dm_parameters *with = f->with;
    const dm_formula *A = f->of[0];
    size_t origin = w->in->origin;

    child(w, A, level_of(A) < ATOMS);  /* A.^2(1) has its index on the 2 */
    dm_text_put(w->to, origin ? "(" : "[");
    dm_text_range(w->to, origin, with->row, with->rows, A->rows);
    if (!origin || A->cols > 1) {
        dm_text_put(w->to, ",");
        dm_text_range(w->to, origin, with->col, with->cols, A->cols);
    }
    dm_text_put(w->to, origin ? ")" : "]");
}

static void call(const writer *w, const dm_formula *f)
{
    const dm_op *op = f->op;
    const char *text = NULL, *operands = op->operands;

    if (strcmp(op->name, "block") == 0) {
        block(w, f);
        return;
    }
    for (const spelling *s = w->in->calls; s->op && !text; s++)
        if (strcmp(s->op, op->name) == 0) {
            text = s->formula;
            operands = "AB";
        }
    if (!text && w->in->all)
        text = strcmp(op->name, "norm_frobenius") == 0 && (f->of[0]->rows == 1 || f->of[0]->cols == 1)
             ? "norm(A)" : op->formula;
    if (!text) {
        w->to->missing = op->name;
        return;
    }
    if (w->in->words)
        dm_use_helper(&w->to->helpers, w->in->words->helpers, op->name);
    form(w, text, &(letters) {
        .operands = operands, .parameters = op->parameters ? op->parameters : "", .of = { f->of[0], f->of[1] },
        .with = f->with, .symbol = f->symbol, .rows = f->with ? f->with->rows : 0,
        .cols = f->with ? f->with->cols : 0,
    });
}

static void literal(const writer *w, const dm_symbol *s)
{
    for (size_t i = 0; i < s->rows; i++)
        for (size_t j = 0; j < s->cols; j++) {
            dm_text_put(w->to, "%s", i + j == 0 ? w->in->matrix_begin : j == 0 ? w->in->row_end : ", ");
            dm_text_number(w->to, s->entries[i * s->cols + j]);
        }
    dm_text_put(w->to, "%s", w->in->matrix_end);
}

static void power(const writer *w, const dm_formula *f)
{
    const dm_formula *a = f->of[0];
    bool matrix = f->kind == DM_FORMULA_POWER && (a->rows > 1 || a->cols > 1);

    if (matrix && w->in->matrix_power) {
        form_of(w, w->in->matrix_power, f, a, NULL);
        return;
    }
    child(w, a, level_of(a) < POSTFIX);
    dm_text_put(w->to, "%s", f->kind == DM_FORMULA_POWER ? w->in->power : w->in->entry_power);
    dm_text_number(w->to, f->number);
}

/* The sign between two parts; NULL: there is none, or the language writes a call. */
static const char *sign_of(const language *in, dm_formula_kind kind)
{
    switch (kind) {
    case DM_FORMULA_ADD: return "+";
    case DM_FORMULA_SUB: return "-";
    case DM_FORMULA_MUL: return in->product;
    case DM_FORMULA_SCALE: return in->scale;
    case DM_FORMULA_TIMES: return in->times;
    case DM_FORMULA_OVER: return in->over;
    case DM_FORMULA_QUOTIENT: return in->quotient;
    case DM_FORMULA_UNDER: return in->under ? NULL : "\\";
    case DM_FORMULA_SOLVE_RIGHT: return in->solve_right ? NULL : "/";
    default: return NULL;
    }
}

static void leaf(const writer *w, const dm_formula *f)
{
    const language *in = w->in;

    switch (f->kind) {
    case DM_FORMULA_NUMBER:
        dm_text_number(w->to, f->number);
        break;
    case DM_FORMULA_NAME:
        dm_text_put(w->to, "%s", name_of(w, f->symbol->name));
        break;
    case DM_FORMULA_SIZE:
        size(w, f->symbol, (size_t) f->symbol->number);
        break;
    case DM_FORMULA_LITERAL:
        literal(w, f->symbol);
        break;
    case DM_FORMULA_DIFFERENTIAL:
        dm_text_put(w->to, "d");
        child(w, f->of[0], f->of[0]->kind != DM_FORMULA_NAME);
        break;
    default:
        form_of(w, f->kind == DM_FORMULA_EYE ? in->eye : f->kind == DM_FORMULA_ONES ? in->ones : in->zeros, f,
                NULL, NULL);
    }
}

static void write(const writer *w, const dm_formula *f)
{
    const language *in = w->in;

    if (!f) {
        w->to->failed = true;
        return;
    }
    const dm_formula *a = f->of[0], *b = f->of[1];
    const char *sign = sign_of(in, f->kind);
    if (sign) {
        binary(w, f, sign);
        return;
    }
    switch (f->kind) {
    case DM_FORMULA_NEG:
        dm_text_put(w->to, "-");
        child(w, a, level_of(a) <= SUMS || a->kind == DM_FORMULA_NEG);
        break;
    case DM_FORMULA_UNDER:
        form_of(w, in->under, f, a, b);
        break;
    case DM_FORMULA_SOLVE_RIGHT:
        form_of(w, in->solve_right, f, b, a);
        break;
    case DM_FORMULA_TRANSPOSE:
        child(w, a, level_of(a) < POSTFIX || a->kind == DM_FORMULA_TRANSPOSE);
        dm_text_put(w->to, "%s", in->transpose);
        break;
    case DM_FORMULA_POWER: case DM_FORMULA_ENTRY_POWER:
        power(w, f);
        break;
    case DM_FORMULA_INVERSE: case DM_FORMULA_SQRT:
        form_of(w, f->kind == DM_FORMULA_INVERSE ? in->inverse : in->root, f, a, NULL);
        break;
    case DM_FORMULA_CALL:
        call(w, f);
        break;
    default:
        leaf(w, f);
    }
}

void dm_write_text(dm_text *to, const dm_formula *f)
{
    write(&(writer) { to, &own }, f);
}

void dm_write_octave(dm_text *to, const dm_formula *f)
{
    write(&(writer) { to, &octave }, f);
}

void dm_write_numpy(dm_text *to, const dm_formula *f)
{
    write(&(writer) { to, &numpy }, f);
}

const char *dm_symbol_text(const dm_symbol *s)
{
    if (!s)
        return NULL;
    dm_text to = { .context = s->context };
    dm_write_text(&to, dm_formula_of(s));
    return dm_text_done(&to);
}
