/* Formulas in LaTeX and in MathML.  The two differ in their marks alone: what stands before, between and
 * behind the parts of a fraction, a power, a root; how a sign and a name are written.                */
#include <math.h>
#include <ctype.h>
#include <stdio.h>
#include "symbols/typeset.h"

typedef struct {
    const char *row[2];                /* around several things that are one */
    const char *fraction[3], *power[3], *index[3], *root[2], *fence[2], *norm[2], *brackets[2];
    const char *plus, *minus, *negative, *product, *entrywise, *quotient, *kron, *comma, *semicolon;
    const char *transpose, *inverse, *inverse_transpose, *entry_power, *frobenius;
    const char *identity, *one, *zero, *differential, *sigma;
    const char *function[2], *upright[2];      /* around a function's name: well known, and others */
    const char *name[2], *number[2];
    bool xml;
} marks;

static const marks latex = {
    .row = { "{", "}" }, .fraction = { "\\frac{", "}{", "}" }, .power = { "{", "}^{", "}" },
    .index = { "{", "}_{", "}" }, .root = { "\\sqrt{", "}" }, .fence = { "\\left(", "\\right)" },
    .norm = { "\\left\\lVert ", "\\right\\rVert" }, .brackets = { "\\left[", "\\right]" },
    .plus = " + ", .minus = " - ", .negative = "-", .product = "\\,", .entrywise = " \\odot ",
    .quotient = " \\oslash ", .kron = " \\otimes ", .comma = ", ", .semicolon = "; ",
    .transpose = "\\top", .inverse = "-1", .inverse_transpose = "-\\top", .entry_power = "\\circ ",
    .frobenius = "F", .identity = "I", .one = "\\mathbf{1}", .zero = "0", .differential = "\\mathrm{d}",
    .sigma = "\\sigma", .function = { "\\", "" }, .upright = { "\\operatorname{", "}" },
    .name = { "", "" }, .number = { "", "" },
};

static const marks mathml = {
    .row = { "<mrow>", "</mrow>" }, .fraction = { "<mfrac><mrow>", "</mrow><mrow>", "</mrow></mfrac>" },
    .power = { "<msup><mrow>", "</mrow><mrow>", "</mrow></msup>" },
    .index = { "<msub><mrow>", "</mrow><mrow>", "</mrow></msub>" }, .root = { "<msqrt>", "</msqrt>" },
    .fence = { "<mrow><mo>(</mo>", "<mo>)</mo></mrow>" }, .norm = { "<mrow><mo>‖</mo>", "<mo>‖</mo></mrow>" },
    .brackets = { "<mrow><mo>[</mo>", "<mo>]</mo></mrow>" },
    .plus = "<mo>+</mo>", .minus = "<mo>−</mo>", .negative = "<mo form='prefix'>−</mo>",
    .product = "<mspace width='0.167em'/>", .entrywise = "<mo>⊙</mo>", .quotient = "<mo>⊘</mo>",
    .kron = "<mo>⊗</mo>", .comma = "<mo>,</mo>", .semicolon = "<mo>;</mo>",
    .transpose = "<mo>⊤</mo>", .inverse = "<mrow><mo>−</mo><mn>1</mn></mrow>",
    .inverse_transpose = "<mrow><mo>−</mo><mo>⊤</mo></mrow>", .entry_power = "<mo>∘</mo>",
    .frobenius = "<mi>F</mi>", .identity = "<mi>I</mi>", .one = "<mn mathvariant='bold'>𝟏</mn>",
    .zero = "<mn>0</mn>", .differential = "<mi mathvariant='normal'>d</mi>", .sigma = "<mi>σ</mi>",
    .function = { "<mi mathvariant='normal'>", "</mi>" }, .upright = { "<mi mathvariant='normal'>", "</mi>" },
    .name = { "<mi>", "</mi>" }, .number = { "<mn>", "</mn>" }, .xml = true,
};

typedef struct {
    dm_text *to;
    const marks *m;
} writer;

static void put(const writer *w, const char *text)
{
    dm_text_put(w->to, "%s", text);
}

void dm_put_xml(dm_text *to, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<': dm_text_put(to, "&lt;"); break;
        case '>': dm_text_put(to, "&gt;"); break;
        case '&': dm_text_put(to, "&amp;"); break;
        case '"': dm_text_put(to, "&quot;"); break;
        default: dm_text_put(to, "%c", *text);
        }
}

/* ------------------------------------------------------------------------------------------- names */

static const struct {
    const char *name, *letter;
} greek[] = {
    { "alpha", "α" }, { "beta", "β" }, { "gamma", "γ" }, { "delta", "δ" }, { "epsilon", "ε" },
    { "eta", "η" }, { "theta", "θ" }, { "kappa", "κ" }, { "lambda", "λ" }, { "mu", "μ" }, { "nu", "ν" },
    { "xi", "ξ" }, { "rho", "ρ" }, { "sigma", "σ" }, { "tau", "τ" }, { "phi", "φ" }, { "omega", "ω" },
    { "Sigma", "Σ" }, { "Lambda", "Λ" }, { "Theta", "Θ" },
};

/* The letters of a name: a Greek word as its letter, what follows an underscore or a digit behind as index */
static void word(const writer *w, const char *text, size_t n)
{
    for (size_t i = 0; i < sizeof greek / sizeof *greek; i++)
        if (strlen(greek[i].name) == n && strncmp(greek[i].name, text, n) == 0) {
            if (w->m->xml)
                dm_text_put(w->to, "%s%s%s", w->m->name[0], greek[i].letter, w->m->name[1]);
            else
                dm_text_put(w->to, "\\%s", greek[i].name);
            return;
        }
    if (!w->m->xml && n > 1)
        dm_text_put(w->to, "\\mathit{%.*s}", (int) n, text);
    else
        dm_text_put(w->to, "%s%.*s%s", w->m->name[0], (int) n, text, w->m->name[1]);
}

static void name(const writer *w, const char *text)
{
    size_t n = strlen(text), head = n, tail;

    while (head > 1 && isdigit((unsigned char) text[head - 1]))
        head--;
    const char *under = memchr(text, '_', n);
    if (under && under > text)
        head = (size_t) (under - text);
    tail = head + (text[head] == '_');
    if (head == n || tail == n || memchr(text + tail, '_', n - tail)) {
        for (size_t i = 0; i < n; i++)             /* no part of it is an index */
            if (text[i] == '_' && !w->m->xml) {
                put(w, "\\mathit{");
                for (const char *c = text; *c; c++)
                    dm_text_put(w->to, *c == '_' ? "\\_" : "%c", *c);
                put(w, "}");
                return;
            }
        word(w, text, n);
        return;
    }
    put(w, w->m->index[0]);
    word(w, text, head);
    put(w, w->m->index[1]);
    if (isdigit((unsigned char) text[tail]))
        dm_text_put(w->to, "%s%s%s", w->m->number[0], text + tail, w->m->number[1]);
    else
        word(w, text + tail, n - tail);
    put(w, w->m->index[2]);
}

static void function(const writer *w, const char *text)
{
    static const char *const known[] = { "exp", "log", "sin", "cos", "tan", "tanh", "det" };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(text, known[i]) == 0) {
            dm_text_put(w->to, "%s%s%s", w->m->function[0], text, w->m->function[1]);
            return;
        }
    put(w, w->m->upright[0]);
    for (; *text; text++)
        dm_text_put(w->to, *text == '_' && !w->m->xml ? "\\_" : "%c", *text);
    put(w, w->m->upright[1]);
}

static void number(const writer *w, double x)
{
    put(w, w->m->number[0]);
    dm_text_number(w->to, x);
    put(w, w->m->number[1]);
}

/* ---------------------------------------------------------------------------------------- formulas */

enum { SUMS, SIGNS, PRODUCTS, ENTRYWISE, POWERS, ATOMS };

static int level(const dm_formula *f)
{
    switch (f->kind) {
    case DM_FORMULA_ADD: case DM_FORMULA_SUB:
        return SUMS;
    case DM_FORMULA_NEG:
        return SIGNS;
    case DM_FORMULA_MUL: case DM_FORMULA_SCALE: case DM_FORMULA_UNDER: case DM_FORMULA_SOLVE_RIGHT:
        return PRODUCTS;
    case DM_FORMULA_TIMES: case DM_FORMULA_QUOTIENT:
        return ENTRYWISE;
    case DM_FORMULA_TRANSPOSE: case DM_FORMULA_INVERSE: case DM_FORMULA_POWER: case DM_FORMULA_ENTRY_POWER:
        return POWERS;
    case DM_FORMULA_SQRT:
        return f->rows == 1 && f->cols == 1 ? ATOMS : POWERS;
    case DM_FORMULA_DIFFERENTIAL:
        return ATOMS;
    case DM_FORMULA_ONES:
        return f->rows > 1 && f->cols > 1 ? PRODUCTS : f->cols > 1 ? POWERS : ATOMS;
    case DM_FORMULA_CALL:
        if (strcmp(f->op->name, "kron") == 0)
            return ENTRYWISE;
        if (strcmp(f->op->name, "row_sums") == 0 || strcmp(f->op->name, "column_sums") == 0)
            return PRODUCTS;
        return ATOMS;
    default:
        return ATOMS;
    }
}

static void set(const writer *w, const dm_formula *f);

static void fenced(const writer *w, const dm_formula *f, bool fence)
{
    put(w, fence ? w->m->fence[0] : "");
    set(w, f);
    put(w, fence ? w->m->fence[1] : "");
}

/* base^mark */
static void raised(const writer *w, const dm_formula *base, const char *mark)
{
    put(w, w->m->power[0]);
    fenced(w, base, level(base) < ATOMS);
    put(w, w->m->power[1]);
    put(w, mark);
    put(w, w->m->power[2]);
}

static void raised_to(const writer *w, const dm_formula *f, double p)
{
    const dm_formula *base = f->of[0];

    put(w, w->m->power[0]);
    fenced(w, base, level(base) < ATOMS);
    put(w, w->m->power[1]);
    put(w, f->kind == DM_FORMULA_POWER || (f->rows == 1 && f->cols == 1) ? "" : w->m->entry_power);
    number(w, p);
    put(w, w->m->power[2]);
}

static void binary(const writer *w, const dm_formula *f, const char *sign, bool left, bool right)
{
    fenced(w, f->of[0], left);
    put(w, sign);
    fenced(w, f->of[1], right);
}

static bool set_apart(const dm_formula *whole, const dm_formula *part)
{
    return (whole->rows > 1 || whole->cols > 1) && part->rows == 1 && part->cols == 1
        && part->kind == DM_FORMULA_MUL;
}

static void size(const writer *w, const dm_symbol *s, size_t n)
{
    const dm_size_name *known[2];
    size_t names = dm_names_of_size(s, n, known);

    if (names == 0)
        number(w, (double) n);
    for (size_t i = 0; i < names; i++) {
        put(w, i ? w->m->product : "");
        function(w, known[i]->columns ? "columns" : "rows");
        put(w, w->m->fence[0]);
        name(w, known[i]->variable);
        put(w, w->m->fence[1]);
    }
}

static void ones(const writer *w, const dm_formula *f)
{
    if (f->rows > 1) {
        put(w, w->m->one);
    }
    if (f->cols > 1 || f->rows == 1) {
        put(w, w->m->power[0]);
        put(w, w->m->one);
        put(w, w->m->power[1]);
        put(w, w->m->transpose);
        put(w, w->m->power[2]);
    }
}

static void literal(const writer *w, const dm_symbol *s)
{
    put(w, w->m->brackets[0]);
    for (size_t i = 0; i < s->rows; i++)
        for (size_t j = 0; j < s->cols; j++) {
            put(w, i + j == 0 ? "" : j == 0 ? w->m->semicolon : w->m->comma);
            number(w, s->entries[i * s->cols + j]);
        }
    put(w, w->m->brackets[1]);
}

static void norm(const writer *w, const dm_formula *A)
{
    bool matrix = A->rows > 1 && A->cols > 1;

    put(w, matrix ? w->m->index[0] : w->m->row[0]);
    put(w, w->m->norm[0]);
    set(w, A);
    put(w, w->m->norm[1]);
    if (matrix) {
        put(w, w->m->index[1]);
        put(w, w->m->frobenius);
    }
    put(w, matrix ? w->m->index[2] : w->m->row[1]);
}

static void block(const writer *w, const dm_formula *f)
{
    const dm_parameters *with = f->with;

    put(w, w->m->index[0]);
    fenced(w, f->of[0], level(f->of[0]) < ATOMS);
    put(w, w->m->index[1]);
    dm_text_put(w->to, w->m->xml ? "<mtext>" : "");
    dm_text_range(w->to, 1, with->row, with->rows, f->of[0]->rows);
    dm_text_put(w->to, ",");
    dm_text_range(w->to, 1, with->col, with->cols, f->of[0]->cols);
    dm_text_put(w->to, w->m->xml ? "</mtext>" : "");
    put(w, w->m->index[2]);
}

static void parameter(const writer *w, const dm_formula *f, char letter)
{
    put(w, w->m->comma);
    switch (letter) {
    case 'i': number(w, (double) f->with->row + 1); break;
    case 'j': number(w, (double) f->with->col + 1); break;
    case 'r': size(w, f->symbol, f->with->rows); break;
    case 'c': size(w, f->symbol, f->with->cols); break;
    default: number(w, f->with->number);
    }
}

/* A factor of a product without a sign. */
static void factor(const writer *w, const dm_formula *f, bool apart)
{
    fenced(w, f, level(f) < PRODUCTS || level(f) == ENTRYWISE || apart);
}

static void named_call(const writer *w, const dm_formula *f)
{
    const char *op = f->op->name;

    put(w, w->m->row[0]);
    if (strcmp(op, "logdet") == 0) {
        function(w, "log");
        function(w, "det");
    } else if (strcmp(op, "sigmoid") == 0) {
        put(w, w->m->sigma);
    } else {
        function(w, strcmp(op, "trace") == 0 ? "tr" : strcmp(op, "diagonal") == 0 ? "diag" : op);
    }
    put(w, w->m->fence[0]);
    set(w, f->of[0]);
    if (f->of[1]) {
        put(w, w->m->comma);
        set(w, f->of[1]);
    }
    for (const char *letter = f->op->parameters; letter && *letter; letter++)
        parameter(w, f, *letter);
    put(w, w->m->fence[1]);
    put(w, w->m->row[1]);
}

static void call(const writer *w, const dm_formula *f)
{
    const char *op = f->op->name;
    const dm_formula *A = f->of[0];

    if (strcmp(op, "kron") == 0) {
        binary(w, f, w->m->kron, level(A) < POWERS, level(f->of[1]) < POWERS);
    } else if (strcmp(op, "norm_frobenius") == 0) {
        norm(w, A);
    } else if (strcmp(op, "row_sums") == 0) {
        factor(w, A, false);
        put(w, w->m->product);
        put(w, w->m->one);
    } else if (strcmp(op, "column_sums") == 0) {
        ones(w, &(dm_formula) { .rows = 1, .cols = 2 });
        put(w, w->m->product);
        factor(w, A, false);
    } else if (strcmp(op, "block") == 0) {
        block(w, f);
    } else if (strcmp(op, "hcat") == 0 || strcmp(op, "vcat") == 0) {
        put(w, w->m->brackets[0]);
        binary(w, f, op[0] == 'h' ? w->m->comma : w->m->semicolon, false, false);
        put(w, w->m->brackets[1]);
    } else {
        named_call(w, f);
    }
}

static void leaf(const writer *w, const dm_formula *f)
{
    switch (f->kind) {
    case DM_FORMULA_NUMBER:
        number(w, f->number);
        break;
    case DM_FORMULA_NAME:
        name(w, f->symbol->name);
        break;
    case DM_FORMULA_SIZE:
        size(w, f->symbol, (size_t) f->symbol->number);
        break;
    case DM_FORMULA_ONES:
        ones(w, f);
        break;
    case DM_FORMULA_ZEROS:
        put(w, w->m->zero);
        break;
    case DM_FORMULA_EYE:
        put(w, w->m->identity);
        break;
    case DM_FORMULA_LITERAL:
        literal(w, f->symbol);
        break;
    default:                           /* a differential */
        put(w, w->m->row[0]);
        put(w, w->m->differential);
        fenced(w, f->of[0], f->of[0]->kind != DM_FORMULA_NAME);
        put(w, w->m->row[1]);
    }
}

/* What is raised: powers, inverses, transposes, roots. */
static void power(const writer *w, const dm_formula *f)
{
    const dm_formula *a = f->of[0];

    switch (f->kind) {
    case DM_FORMULA_TRANSPOSE:
        if (a->kind == DM_FORMULA_INVERSE)
            raised(w, a->of[0], w->m->inverse_transpose);
        else
            raised(w, a, w->m->transpose);
        break;
    case DM_FORMULA_INVERSE:
        raised(w, a, w->m->inverse);
        break;
    case DM_FORMULA_SQRT:
        if (f->rows > 1 || f->cols > 1) {
            raised_to(w, f, 0.5);
            break;
        }
        put(w, w->m->root[0]);
        set(w, a);
        put(w, w->m->root[1]);
        break;
    default:
        raised_to(w, f, f->number);
    }
}

static void set(const writer *w, const dm_formula *f)
{
    if (!f) {
        w->to->failed = true;
        return;
    }
    const dm_formula *a = f->of[0], *b = f->of[1];
    switch (f->kind) {
    case DM_FORMULA_ADD:
        binary(w, f, w->m->plus, false, level(b) == SIGNS);
        break;
    case DM_FORMULA_SUB:
        binary(w, f, w->m->minus, false, level(b) <= SIGNS);
        break;
    case DM_FORMULA_NEG:
        put(w, w->m->negative);
        fenced(w, a, level(a) <= SIGNS);
        break;
    case DM_FORMULA_MUL: case DM_FORMULA_SCALE:
        factor(w, a, set_apart(f, a));
        put(w, w->m->product);
        factor(w, b, set_apart(f, b));
        break;
    case DM_FORMULA_UNDER:
        raised(w, a, w->m->inverse);
        put(w, w->m->product);
        factor(w, b, false);
        break;
    case DM_FORMULA_SOLVE_RIGHT:
        factor(w, a, false);
        put(w, w->m->product);
        raised(w, b, w->m->inverse);
        break;
    case DM_FORMULA_OVER:
        put(w, w->m->fraction[0]);
        set(w, a);
        put(w, w->m->fraction[1]);
        set(w, b);
        put(w, w->m->fraction[2]);
        break;
    case DM_FORMULA_TIMES: case DM_FORMULA_QUOTIENT:
        binary(w, f, f->kind == DM_FORMULA_TIMES ? w->m->entrywise : w->m->quotient, level(a) < ENTRYWISE,
               level(b) <= ENTRYWISE);
        break;
    case DM_FORMULA_TRANSPOSE: case DM_FORMULA_INVERSE: case DM_FORMULA_SQRT:
    case DM_FORMULA_POWER: case DM_FORMULA_ENTRY_POWER:
        power(w, f);
        break;
    case DM_FORMULA_CALL:
        call(w, f);
        break;
    default:
        leaf(w, f);
    }
}

void dm_write_latex(dm_text *to, const dm_formula *f)
{
    set(&(writer) { to, &latex }, f);
}

void dm_write_mathml(dm_text *to, const dm_formula *f)
{
    set(&(writer) { to, &mathml }, f);
}
