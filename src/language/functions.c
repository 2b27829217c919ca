/* The functions of the language.
 *
 * They come from the operations' rows: a formula like "kron(A,B)" or "reshape(A,r,c)" says what the call
 * is named and what its arguments are, so that a new row is known here at once.  An argument of a formula
 * is the letter of an operand or of a parameter, a number or a string: "sum(A,2)", "norm(A,'fro')".  A
 * short table adds other spellings, and the constant matrices.                                       */
#include <stdio.h>
#include <ctype.h>
#include <string.h>
#include "language/tree.h"

static dm *identity(dm_context *context, size_t rows, size_t cols)
{
    if (rows == cols)
        return dm_identity(context, rows);
    return dm_embed(dm_identity(context, rows < cols ? rows : cols), 0, 0, rows, cols);
}

/* Further spellings of a row, in the row's letters; and constants. */
static const struct {
    const char *formula, *operation, *meaning;
    dm *(*make)(dm_context *context, size_t rows, size_t cols);
} spellings[] = {
    { "tr(A)",        "trace",     "trace(A)",                           NULL },
    { "inverse(A)",   "inverse",   "inv(A)",                             NULL },
    { "transpose(A)", "transpose", "A'",                                 NULL },
    { "dot(A,B)",     "inner",     "inner(A,B)",                         NULL },
    { "diag(A)",      "diagonal",  "of a matrix: diagonal(A)",           NULL },
    { "norm(x,2)",    "norm",      "norm(x)",                            NULL },
    { "max(A,0)",     "relu",      "relu(A)",                            NULL },
    { "max(0,A)",     "relu",      "relu(A)",                            NULL },
    { "rows(A)",      NULL,        "how many rows the variable A has, a size",    NULL },
    { "columns(A)",   NULL,        "how many columns it has",            NULL },
    { "eye(n)",       NULL,        "the identity, n×n",                  identity },
    { "eye(m,n)",     NULL,        "ones on the diagonal, m×n",          identity },
    { "ones(n)",      NULL,        "entries 1, n×n",                     dm_ones },
    { "ones(m,n)",    NULL,        "entries 1, m×n",                     dm_ones },
    { "zeros(n)",     NULL,        "entries 0, n×n",                     dm_zeros },
    { "zeros(m,n)",   NULL,        "entries 0, m×n",                     dm_zeros },
};

enum { SPELLINGS = sizeof spellings / sizeof *spellings };

/* ------------------------------------------------------------------------------- reading formulas -- */

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* How long the name is that a formula begins with. */
static size_t name_length(const char *formula)
{
    size_t n = 0;

    while (is_letter(formula[n]) || (n > 0 && is_digit(formula[n])))
        n++;
    return n;
}

/* The end of an argument: a single letter, a number, or a string; NULL: it is something else. */
static const char *argument_end(const char *at)
{
    if (*at == '\'') {
        at = strchr(at + 1, '\'');
        return at ? at + 1 : NULL;
    }
    if (is_letter(*at))
        return at + 1;
    if (!is_digit(*at))
        return NULL;
    while (is_digit(*at) || *at == '.')
        at++;
    return at;
}

/* name(argument, ...) or name(argument, ...).part: is the formula a call? */
static bool is_call(const char *formula, size_t *arguments, const char **part)
{
    const char *at = formula + name_length(formula);

    *arguments = 0;
    *part = NULL;
    if (at == formula || *at != '(')
        return false;
    do {
        at = argument_end(at + 1);
        ++*arguments;
    } while (at && *at == ',');
    if (!at || *at++ != ')')
        return false;
    if (*at == '.' && is_letter(at[1]))
        *part = at;
    return *at == '\0' || (*part && at[1 + name_length(at + 1)] == '\0');
}

static const char *argument(const char *formula, size_t i)
{
    const char *at = strchr(formula, '(') + 1;

    while (i--)
        at = argument_end(at) + 1;
    return at;
}

char dm_argument_letter(const char *formula, size_t i)
{
    const char *at = argument(formula, i);

    return is_letter(*at) ? *at : 0;
}

/* The i-th form of all: the rows', then the other spellings; false behind the last. */
static bool form_at(size_t i, dm_form_of_call *form)
{
    const dm_op *op;
    size_t rows = 0;

    for (; (op = dm_op_at(rows)); rows++)
        if (rows == i) {
            *form = (dm_form_of_call) { op->formula, op, NULL };
            return true;
        }
    i -= rows;
    if (i >= SPELLINGS)
        return false;
    *form = (dm_form_of_call) { spellings[i].formula, NULL, spellings[i].make };
    if (spellings[i].operation && !(form->op = dm_op_named(spellings[i].operation)))
        form->formula = "";                        /* of a row that is not there */
    return true;
}

/* The next form from *i on that is a call of this name (length 0: any name). */
static bool next_form(size_t *i, const char *name, size_t length, dm_form_of_call *form)
{
    size_t arguments;
    const char *part;

    for (; form_at(*i, form); ++*i) {
        size_t n = name_length(form->formula);
        if (length && (n != length || strncmp(form->formula, name, n)))
            continue;
        if (is_call(form->formula, &arguments, &part)) {
            ++*i;
            return true;
        }
    }
    return false;
}

bool dm_is_function(const char *name, size_t length)
{
    dm_form_of_call form;
    size_t i = 0;

    return next_form(&i, name, length, &form);
}

/* ------------------------------------------------------------------------------- which form it is -- */

/* Is the node what the formula has in this place? */
static bool argument_fits(const dm_expression *e, const char *at, const dm_node *node)
{
    size_t length = (size_t) (argument_end(at) - at);

    if (*at == '\'')
        return node->kind == NODE_STRING && node->length == length - 2
            && strncmp(e->text + node->at, at + 1, length - 2) == 0;
    if (is_digit(*at)) {
        double number = 0, scale = 1;
        bool fraction = false;
        for (size_t i = 0; i < length; i++) {
            if (at[i] == '.') {
                fraction = true;
                continue;
            }
            number = 10 * number + (at[i] - '0');
            scale *= fraction ? 10 : 1;
        }
        return node->constant && node->number == number / scale;
    }
    return node->kind != NODE_STRING;
}

static bool form_fits(const dm_expression *e, const dm_node *call, const dm_word *part, const char *formula)
{
    size_t arguments, i = 0;
    const char *formula_part;

    is_call(formula, &arguments, &formula_part);
    if (arguments != call->operands || (part == NULL) != (formula_part == NULL))
        return false;
    if (part && (strlen(formula_part) != part->length
                 || strncmp(formula_part, e->text + part->at, part->length)))
        return false;
    for (size_t a = call->first; a != NONE; a = e->node[a].next)
        if (!argument_fits(e, argument(formula, i++), &e->node[a]))
            return false;
    return true;
}

/* "norm of 2 arguments ... : there are norm(x), norm(A,'fro')" */
static void complain_no_form(const dm_expression *e, const dm_node *call, const dm_word *part,
                             dm_complaint *complaint)
{
    const char *name = e->text + call->at;
    char known[400] = "";
    size_t n = 0, i = 0, forms = 0;
    dm_form_of_call form;

    while (next_form(&i, name, call->length, &form) && n < sizeof known)
        n += (size_t) snprintf(known + n, sizeof known - n, "%s%s", forms++ ? ", " : "", form.formula);
    if (part)
        dm_complain(complaint, GSL_EINVAL, part->at, part->length,
                    "there is no part %.*s of this: there %s %s", (int) part->length, e->text + part->at,
                    forms > 1 ? "are" : "is", known);
    else
        dm_complain(complaint, GSL_EINVAL, call->at, call->length,
                    "there is no %.*s with %s: there %s %s", (int) call->length, name,
                    call->operands == 1 ? "this argument" : "these arguments", forms > 1 ? "are" : "is",
                    known);
}

bool dm_find_form(dm_expression *e, size_t node, const dm_word *part, dm_complaint *complaint)
{
    dm_node *call = &e->node[node];
    dm_form_of_call form;
    size_t i = 0;

    while (next_form(&i, e->text + call->at, call->length, &form))
        if (form_fits(e, call, part, form.formula)) {
            call->form = form;
            return true;
        }
    complain_no_form(e, call, part, complaint);
    return false;
}

/* ------------------------------------------------------------------------------- did you mean ... -- */

enum { LONGEST = 24 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Trace, SUM: names of functions are in lower case, but for that it is one. */
bool dm_is_function_but_for_case(const char *word, size_t length)
{
    char lower[LONGEST];

    for (size_t i = 0; i < length && length <= LONGEST; i++)
        lower[i] = (char) tolower((unsigned char) word[i]);
    return length > 1 && length <= LONGEST && dm_is_function(lower, length);
}

/* Letters to change, add, leave out or exchange with their neighbour, to make a of b. */
static size_t distance(const char *a, size_t m, const char *b, size_t n)
{
    size_t d[LONGEST + 1][LONGEST + 1];

    for (size_t i = 0; i <= m; i++)
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            bool same = tolower((unsigned char) a[i - 1]) == tolower((unsigned char) b[j - 1]);
            d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + !same);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[m][n];
}

/* The formula whose name is nearest, if it is near. */
static const char *nearest(const char *word, size_t length)
{
    const char *best = NULL;
    size_t limit = length < 3 ? 0 : length < 5 ? 1 : 2, i = 0;
    dm_form_of_call form;

    if (length > LONGEST)
        return NULL;
    while (next_form(&i, NULL, 0, &form)) {
        size_t n = name_length(form.formula);
        size_t d = n <= LONGEST ? distance(word, length, form.formula, n) : LONGEST;
        if (d <= limit) {
            best = form.formula;
            if (d == 0)
                return best;
            limit = d - 1;
        }
    }
    return best;
}

const char *dm_language_nearest(const char *word, size_t *length)
{
    const char *formula = nearest(word, strlen(word));

    *length = formula ? name_length(formula) : 0;
    return formula;
}

/* What functions are called in other systems and on paper, and how they are written here.  NULL: they are not,
 * and what is spelt nearly like them is something else.                                                */
static const struct {
    const char *name, *here;
} elsewhere[] = {
    { "ln", "log" }, { "lg", "log10" }, { "lndet", "logdet" }, { "slogdet", "logdet" },
    { "logabsdet", "logdet" }, { "logistic", "sigmoid" }, { "expit", "sigmoid" }, { "heaviside", "step" },
    { "sgn", "sign" }, { "signum", "sign" }, { "lse", "logsumexp" }, { "adjugate", "cofactor" },
    { "adjoint", "transpose" }, { "t", "transpose" }, { "ctranspose", "transpose" }, { "matmul", "A*B" },
    { "mtimes", "A*B" }, { "times", "A.*B" }, { "multiply", "A.*B" }, { "hadamard", "A.*B" },
    { "pow", "A.^p" }, { "power", "A.^p" }, { "mpower", "A^k" }, { "solve", "A\\B" },
    { "linsolve", "A\\B" }, { "mldivide", "A\\B" }, { "norm2", "norm" }, { "identity", "eye" },
    { "diagm", "diag" }, { "vectorize", "vec" }, { "kronecker", "kron" }, { "nrow", "rows" },
    { "ncol", "columns" }, { "cols", "columns" }, { "size", "rows" }, { "length", "rows" },
    { "numel", "rows(A)*columns(A)" }, { "mean", "sum(x)/rows(x)" }, { "sumsq", "sum(A.^2)" },
    { "sinh", "(exp(x)-exp(-x))/2" }, { "cosh", "(exp(x)+exp(-x))/2" }, { "sec", "1./cos(x)" },
    { "csc", "1./sin(x)" }, { "cot", "1./tan(x)" }, { "asin", NULL }, { "acos", NULL }, { "atan", NULL },
    { "atanh", NULL }, { "min", NULL }, { "pinv", NULL }, { "sqrtm", NULL }, { "logm", NULL },
};
enum { ELSEWHERE = sizeof elsewhere / sizeof *elsewhere };

/* How the function that somebody means is written here, *length letters; NULL: who knows. */
static const char *meant_by(const char *word, size_t length, size_t *shown)
{
    for (size_t i = 0; i < ELSEWHERE; i++)
        if (strlen(elsewhere[i].name) == length && distance(word, length, elsewhere[i].name, length) == 0) {
            *shown = elsewhere[i].here ? strlen(elsewhere[i].here) : 0;
            return elsewhere[i].here;
        }
    const char *formula = nearest(word, length);
    *shown = formula ? name_length(formula) : 0;
    return formula;
}

int dm_complain_unknown_function(const dm_expression *e, size_t name, dm_complaint *complaint)
{
    const dm_node *node = &e->node[name];
    const char *word = e->text + node->at;
    size_t shown;
    const char *here = meant_by(word, node->length, &shown);
    int length = (int) least(node->length, 40);

    if (!here)
        return dm_complain(complaint, GSL_EINVAL, node->at, node->length, "unknown function '%.*s'", length,
                           word);
    return dm_complain(complaint, GSL_EINVAL, node->at, node->length,
                       "unknown function '%.*s': did you mean '%.*s'?", length, word, (int) shown, here);
}

/* --------------------------------------------------------------------------- what the language knows -- */

static size_t row_count(void)
{
    size_t n = 0;

    while (dm_op_at(n))
        n++;
    return n;
}

size_t dm_language_entries(void)
{
    return row_count() + SPELLINGS + 1;
}

dm_language_entry dm_language_entry_at(size_t i)
{
    size_t rows = row_count();

    if (i < rows) {
        const dm_op *op = dm_op_at(i);
        return (dm_language_entry) { dm_family_of(op), op->formula, op->differential };
    }
    i -= rows;
    if (i < SPELLINGS)
        return (dm_language_entry) { spellings[i].make ? "constants" : "other spellings",
                                     spellings[i].formula, spellings[i].meaning };
    return (dm_language_entry) { "constants", "pi", "3.14159..." };
}
