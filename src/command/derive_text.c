/* A derivation in words and signs: text, JSON, LaTeX, MathML; and as a program. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "command/derive.h"
#include "symbols/source.h"
#include "symbols/typeset.h"

const char *result_name(dm_derivative kind)
{
    return kind == DM_GRADIENT ? "U" : kind == DM_JACOBIAN ? "J" : "H";
}

static const char *or_nothing(const char *text)
{
    return text ? text : "";
}

const char *line_of(const derived *d, size_t i)
{
    dm_text to = { .context = d->derivation.context };

    dm_write_text(&to, d->derivation.step[i].right);
    return or_nothing(dm_text_done(&to));
}

const char *left_of(const derived *d, size_t i)
{
    return or_nothing(dm_symbol_text(d->derivation.step[i].left));
}

const char *reason_of(const derived *d, size_t i)
{
    dm_text to = { .context = d->derivation.context };

    dm_write_reason(&to, &d->derivation.step[i].why, &dm_manner_text);
    return or_nothing(dm_text_done(&to));
}

const char *agreement(const derived *d, char text[120])
{
    if (d->error == 0)
        snprintf(text, 120, "agrees with the dual numbers to the last digit at %d random points",
                 DERIVE_POINTS);
    else
        snprintf(text, 120, "agrees with the dual numbers to %.0e at %d random points", d->error,
                 DERIVE_POINTS);
    return text;
}

/* ------------------------------------------------------------------------------------------- sizes
 *
 * Places and sizes of blocks are written as numbers: the formula is for these shapes alone.         */

/* Is there an operation in s that has such a parameter?  'i': a place, 'r': a size. */
static bool has_parameter(const dm_symbol *s, char letter)
{
    bool found = s->kind == DM_SYMBOL_CALL && s->with && strchr(s->op->parameters, letter);

    for (size_t i = 0; !found && i < s->n; i++)
        found = has_parameter(s->of[i], letter);
    return found;
}

/* "places and sizes of blocks are those for A 5×7, x 7×1"; NULL: there are none. */
static const char *shapes_meant(const derived *d)
{
    const dm_derivation *g = &d->derivation;
    const problem *p = d->problem;
    dm_text text = { .context = g->context };

    if (!g->result || !(has_parameter(g->f, 'r') || has_parameter(g->result, 'i')))
        return NULL;
    dm_text_put(&text, "places and sizes of blocks are those for");
    for (size_t i = 0; i < p->variables; i++)
        dm_text_put(&text, "%s %s %zu×%zu", i ? "," : "", p->variable[i].name, p->variable[i].rows,
                    p->variable[i].cols);
    return or_nothing(dm_text_done(&text));
}

/* "there is no closed form of J: dF says all there is" */
static const char *no_closed_form(const derived *d)
{
    const dm_derivation *g = &d->derivation;
    dm_text text = { .context = g->context };

    dm_text_put(&text, "there is no closed form of %s: d%s says all there is", result_name(g->kind),
                g->kind == DM_HESSIAN ? "U" : g->f_name->name);
    return or_nothing(dm_text_done(&text));
}

size_t notes_of(const derived *d, const char *note[NOTES])
{
    const char *all[NOTES] = { d->formula ? NULL : no_closed_form(d), shapes_meant(d),
                               d->derivation.quantities, d->derivation.note };
    size_t n = 0;

    for (size_t i = 0; i < NOTES; i++)
        if (all[i] && *all[i])
            note[n++] = all[i];
    return n;
}

/* ------------------------------------------------------------------------------------------- text */

/* Behind a line that ends in this column: from the column `at` on, or at once, or below, where it fits. */
static void print_why(const char *why, size_t column, size_t at, size_t left)
{
    size_t end = column + 3 + strlen(why), width = (size_t) page_width();
    size_t pad = at > column && end + at - column <= width ? at - column : 0;

    if (*why && end <= width)
        printf("%*s   %s", (int) pad, "", why);
    else if (*why)
        printf("\n%*s%s", (int) left + 2, "", why);
    putchar('\n');
}

/* "U = 2*A'*r  with r = A*x-b" where the formula has parts that are worth a name. */
static void print_with_names(const derived *d)
{
    enum { NAMES = 4, LEFT = 14 };
    dm_named_part part[NAMES];
    size_t n;
    const dm_symbol *U = dm_symbol_name_parts(d->derivation.shown, part, NAMES, &n);
    dm_text with = { .context = d->derivation.context };

    if (!U || (n == 0 && d->derivation.shown == d->derivation.result))
        return;
    for (size_t i = n; i-- > 0; )
        dm_text_put(&with, "%s%s = %s", i + 1 == n ? "with " : ", ", part[i].name,
                    or_nothing(dm_symbol_text(part[i].part)));
    printf("          %s = ", result_name(d->derivation.kind));
    size_t column = print_formula(or_nothing(dm_symbol_text(U)), LEFT);
    print_why(n ? or_nothing(dm_text_done(&with)) : "", column, 0, LEFT);
}

static void print_lines(const derived *d)
{
    const dm_derivation *g = &d->derivation;
    size_t width = 1, column = 0;

    for (size_t i = 0; i < g->steps; i++) {
        size_t length = strlen(line_of(d, i)), left = strlen(left_of(d, i));
        width = left > width ? left : width;
        column = length > column && length <= 60 ? length : column;
    }
    printf("%-*s = %s\n", (int) width, g->f_name->name, d->problem->options->expression);
    for (size_t i = 0; i < g->steps; i++) {
        printf("%-*s = ", (int) width, left_of(d, i));
        size_t left = width + 3, end = print_formula(line_of(d, i), left);
        print_why(reason_of(d, i), end, left + column, left);
    }
}

static void print_text(const derived *d)
{
    const dm_derivation *g = &d->derivation;
    const char *note[NOTES];
    char text[120];

    print_lines(d);
    if (g->kind != DM_GRADIENT)
        printf("vec(d%s) = %s*vec(d%s)\n", g->kind == DM_JACOBIAN ? "F" : "U", result_name(g->kind),
               d->x->name);
    if (d->formula) {
        printf("%s  %s = ", derivative_word(g->kind), result_name(g->kind));
        size_t left = strlen(derivative_word(g->kind)) + 6, column = print_formula(d->formula, left);
        print_why(agreement(d, text), column, 0, left);
        print_with_names(d);
    }
    for (size_t i = 0, n = notes_of(d, note); i < n; i++)
        print_wrapped(note[i]);
}

/* -------------------------------------------------------------------------------------------- JSON */

static void json_formula(const char *key, const derived *d)
{
    if (d->formula)
        json_string(key, d->formula);
    else
        json_number(key, NAN);         /* null */
}

static void json_steps(const char *key, const derived *d)
{
    const dm_derivation *g = &d->derivation;

    json_array_open(key);
    for (size_t i = 0; i < g->steps; i++) {
        dm_text to = { .context = g->context };
        const char *left = left_of(d, i), *why = reason_of(d, i);
        dm_text_put(&to, "%s = %s%s%s", *left ? left : "  ", line_of(d, i), *why ? "   " : "", why);
        json_string(NULL, or_nothing(dm_text_done(&to)));
    }
    json_array_close();
}

static void json_notes(const char *key, const derived *d)
{
    const char *note[NOTES];

    json_array_open(key);
    for (size_t i = 0, n = notes_of(d, note); i < n; i++)
        json_string(NULL, note[i]);
    json_array_close();
}

/* One variable: its formula as a string.  Several: an object of them. */
void json_derived(const derived *all, size_t n)
{
    dm_derivative kind = all[0].derivation.kind;
    const char *key = kind == DM_GRADIENT ? "gradient" : kind == DM_JACOBIAN ? "jacobian"
                                                                                           : "hessian";
    double error = 0;

    json_begin();
    json_string("expression", all[0].problem->options->expression);
    if (n == 1) {
        json_string("wrt", all[0].x->name);
        json_formula(key, &all[0]);
        json_steps("steps", &all[0]);
        json_notes("notes", &all[0]);
    } else {
        json_open(key);
        for (size_t i = 0; i < n; i++)
            json_formula(all[i].x->name, &all[i]);
        json_close();
        json_open("steps");
        for (size_t i = 0; i < n; i++)
            json_steps(all[i].x->name, &all[i]);
        json_close();
        json_open("notes");
        for (size_t i = 0; i < n; i++)
            json_notes(all[i].x->name, &all[i]);
        json_close();
    }
    for (size_t i = 0; i < n; i++)
        error = !all[i].formula || isnan(error) ? NAN : fmax(error, all[i].error);
    json_number("verified_rel_error", error);
    json_count("points", DERIVE_POINTS);
    json_end();
}

/* ----------------------------------------------------------------------------------- LaTeX, MathML */

static void put_escaped(dm_text *to, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\')
            dm_text_put(to, "\\textbackslash{}");
        else if (*text == '^')
            dm_text_put(to, "\\textasciicircum{}");
        else if (strchr("_{}%&#$", *text))
            dm_text_put(to, "\\%c", *text);
        else
            dm_text_put(to, "%c", *text);
    }
}

static void latex_words(dm_text *to, const char *words)
{
    dm_text_put(to, "\\text{");
    put_escaped(to, words);
    dm_text_put(to, "}");
}

static const dm_manner latex_manner = { latex_words, dm_write_latex, " = " };

static void write_latex(dm_text *to, const derived *d)
{
    const dm_derivation *g = &d->derivation;
    const char *note[NOTES];

    dm_text_put(to, "\\begin{align*}\n%s &= ", g->f_name->name);
    dm_write_latex(to, dm_formula_of(g->f_shown));
    for (size_t i = 0; i < g->steps; i++) {
        dm_text_put(to, " \\\\\n");
        if (g->step[i].left)
            dm_write_latex(to, dm_formula_of(g->step[i].left));
        dm_text_put(to, " &= ");
        dm_write_latex(to, g->step[i].right);
        dm_text_put(to, "%s", *reason_of(d, i) ? " && " : "");
        dm_write_reason(to, &g->step[i].why, &latex_manner);
    }
    if (g->result) {
        dm_text_put(to, " \\\\\n%s &= ", result_name(g->kind));
        dm_write_latex(to, dm_formula_of(g->shown));
    }
    dm_text_put(to, "\n\\end{align*}\n");
    for (size_t i = 0, n = notes_of(d, note); i < n; i++) {
        put_escaped(to, note[i]);
        dm_text_put(to, i + 1 < n ? "\\par\n" : "\n");
    }
}

static void write_mathml(dm_text *to, const derived *d)
{
    const dm_derivation *g = &d->derivation;

    dm_text_put(to, "<math xmlns=\"http://www.w3.org/1998/Math/MathML\" display=\"block\">\n<mrow>");
    dm_text_put(to, "<mi>%s</mi><mo>=</mo>", result_name(g->kind));
    dm_write_mathml(to, dm_formula_of(g->shown));
    dm_text_put(to, "</mrow>\n</math>\n");
}

/* ---------------------------------------------------------------------------------------- programs */

/* "derivative"; "derivative_A" where there are several. */
static const char *name_in_program(const derived *d, size_t n)
{
    dm_text name = { .context = d->derivation.context };

    dm_text_put(&name, n > 1 ? "derivative_%s" : "derivative", d->x->name);
    return or_nothing(dm_text_done(&name));
}

typedef void write_functions(dm_text *to, const dm_source s[], size_t n);

static void write_program(dm_text *to, const derived *all, size_t n, write_functions *write)
{
    const problem *p = all->problem;
    dm_source_variable *v = calloc(p->variables + 1, sizeof *v);
    dm_source *s = calloc(n, sizeof *s);

    to->failed = to->failed || !v || !s;
    for (size_t i = 0; v && i < p->variables; i++)
        v[i] = (dm_source_variable) { p->variable[i].name, p->variable[i].rows * p->variable[i].cols == 1 };
    for (size_t i = 0; v && s && i < n; i++) {
        const derived *d = &all[i];
        s[i] = (dm_source) { .name = name_in_program(d, n), .expression = p->options->expression,
                             .result = result_name(d->derivation.kind), .formula = d->formula,
                             .f = d->derivation.f, .U = d->derivation.result, .variable = v,
                             .n = p->variables, .note = { shapes_meant(d), d->derivation.note } };
    }
    if (v && s)
        write(to, s, n);
    free(s);
    free(v);
}

/* ----------------------------------------------------------------------------------------- all of it */

static const struct {
    const char *name;
    void (*write)(dm_text *to, const derived *d);
    write_functions *program;          /* neither: text, which is printed */
} languages[] = {
    { "text", NULL, NULL }, { "latex", write_latex, NULL }, { "mathml", write_mathml, NULL },
    { "octave", NULL, dm_write_octave_functions }, { "python", NULL, dm_write_numpy_functions },
    { "c", NULL, dm_write_c_functions },
};
enum { LANGUAGES = sizeof languages / sizeof languages[0] };

bool is_output_language(const char *name)
{
    for (size_t i = 0; i < LANGUAGES; i++)
        if (strcmp(languages[i].name, name) == 0)
            return true;
    return false;
}

/* What has no closed form has no formula either, only lines. */
static const derived *without_formula(const derived *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!all[i].formula)
            return &all[i];
    return NULL;
}

int print_derived(const derived *all, size_t n, const char *language)
{
    dm_text to = { .context = all->derivation.context };
    const derived *open = without_formula(all, n);
    size_t l = 0;

    while (strcmp(languages[l].name, language) != 0)
        l++;
    if (open && (languages[l].program || languages[l].write == write_mathml))
        return words("--as %s: there is no closed form of the %s of %s", language,
                     derivative_word(open->derivation.kind), open->problem->options->expression);
    if (languages[l].program)
        write_program(&to, all, n, languages[l].program);
    for (size_t i = 0; i < n && !languages[l].program; i++) {
        if (languages[l].write) {
            dm_text_put(&to, "%s", i ? "\n" : "");
            languages[l].write(&to, &all[i]);
            continue;
        }
        if (i)
            putchar('\n');
        print_text(&all[i]);
    }
    if (to.missing)
        return words("--as %s: there is no %s in it, which the formula %s needs", language, to.missing,
                     all->formula);
    if (to.failed)
        return out_of_memory();
    fputs(or_nothing(dm_text_done(&to)), stdout);
    return DONE;
}
