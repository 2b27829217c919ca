/* What a check has found, for people and for programs. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "command/check.h"

static void print_taylor(const checking *c)
{
    const dm_check_report *r = &c->report;
    const char *of = c->kind == DM_HESSIAN ? "grad f" : "f", *A = checked(c->problem)->name;
    const char *linear = c->kind == DM_GRADIENT ? "h*<G,D>" : c->kind == DM_JACOBIAN
                             ? "h*J*vec(D)" : "h*H*vec(D)";

    printf("\nTaylor test along a random D: |%s(%s + h*D) - %s(%s) - %s|\n\n", of, A, of, A, linear);
    printf("  %10s  %10s  %10s\n", "h", "by hand", "exact");
    for (size_t s = 0; s < r->steps; s++) {
        const dm_check_step *step = &r->step[s];
        if (!isnan(step->exact))
            printf("  %10.0e  %10.2e  %10.2e%s\n", step->h, step->hand, step->exact,
                   step->exact <= r->rounding ? "   rounding" : "");
    }
    printf("  %10s", "slope");
    for (int exact = 0; exact < 2; exact++) {
        double slope = exact ? r->slope_exact : r->slope_hand;
        if (isnan(slope))
            printf("  %10s", "-");
        else
            printf("  %10.2f", slope);
    }
    printf("   2 is right, 1 is wrong, - is rounding\n");
}

/* ----------------------------------------------------------------- what the values cannot show -- */

static bool hides_transpose(const checking *c, const variable *v)
{
    (void) c;
    return v->rows > 1 && !v->symmetric && dm_check_is_symmetric(v->value);
}

static bool hides_inverse(const checking *c, const variable *v)
{
    (void) c;
    return v->drawn && v->kind == ORTH && v->rows > 1;
}

/* Only where nobody asked for it, of a matrix or of the variable that all is about. */
static bool hides_all(const checking *c, const variable *v)
{
    return v->drawn && v->inferred && v->rows * v->cols == 1
        && (v == checked(c->problem) || (*v->name >= 'A' && *v->name <= 'Z'));
}

static bool belies_numbers(const checking *c, const variable *v)
{
    return c->problem->hand_numbers && v->drawn;
}

static bool is_at_kink(const checking *c, const variable *v)
{
    return c->kink && v == checked(c->problem);
}

static bool is_new(const checking *c, const variable *v)
{
    const dm_expression *e = c->problem->expression;
    bool known = !v->drawn || !v->inferred;

    for (size_t i = 0; !known && i < dm_expression_variables(e); i++)
        known = strcmp(dm_expression_variable(e, i), v->name) == 0;
    return !known;
}

static const struct {
    bool (*of)(const checking *c, const variable *v);
    const char *one, *more;
    bool right, wrong;                 /* said where the result is right, where it is wrong */
} notes[] = {
    { is_at_kink, "is at a kink of the function: a subgradient stands for the derivative there", NULL, true,
      true },
    { hides_transpose, "is symmetric: a missing transpose of it does not show",
      "are symmetric: a missing transpose of them does not show", true, false },
    { hides_inverse, "is orthogonal: its transpose cannot be told from its inverse",
      "are orthogonal: their transposes cannot be told from their inverses", true, false },
    { hides_all, "was drawn 1×1, as the expression needs it: order and transposes do not show",
      "were drawn 1×1, as the expression needs them: order and transposes do not show", true, false },
    { is_new, "occurs only in the formula by hand, and was drawn at random",
      "occur only in the formula by hand, and were drawn at random", false, true },
    { belies_numbers, "was drawn at random, and the numbers by hand are of one point: give it by VAR=FILE",
      "were drawn at random, and the numbers by hand are of one point: give them by VAR=FILE", false, true },
};
enum { NOTES = sizeof notes / sizeof notes[0] };

/* "A, B are symmetric: ..."; false: there is nothing to say. */
static bool note(const checking *c, size_t k, char *text, size_t size)
{
    bool said = c->report.right ? notes[k].right : notes[k].wrong;
    size_t n = 0, used = 0;

    for (size_t i = 0; said && i < c->problem->variables; i++)
        if (notes[k].of(c, &c->problem->variable[i]) && used + 120 < size) {
            const char *name = c->problem->variable[i].name;
            used += (size_t) snprintf(text + used, size - used, "%s%.40s", n++ ? ", " : "", name);
        }
    if (n > 0)
        snprintf(text + used, size - used, " %s%s%s", n > 1 ? notes[k].more : notes[k].one,
                 notes[k].of == is_at_kink && *c->repeated ? "; " : "",
                 notes[k].of == is_at_kink ? c->repeated : "");
    return n > 0;
}

static void print_notes(const checking *c)
{
    char text[600];

    for (size_t k = 0; k < NOTES; k++)
        if (note(c, k, text, sizeof text))
            print_wrapped(text);
}

static void json_notes(const checking *c)
{
    char text[600];

    json_array_open("notes");
    for (size_t k = 0; k < NOTES; k++)
        if (note(c, k, text, sizeof text))
            json_string(NULL, text);
    json_array_close();
}

/* -------------------------------------------------------------------------------------- for people -- */

/* On one line if it fits, else with the reason and the right formula on lines of their own. */
static void print_sentence(const dm_check_report *r)
{
    static const char right[] = "right is ";
    char text[1200];
    size_t length = dm_check_sentence(r, text, sizeof text), tail = 0;

    if (length < (size_t) page_width() || length >= sizeof text) {
        print_wrapped(text);
        return;
    }
    if (*r->formula)
        tail = strlen("; ") + strlen(right) + strlen(r->formula);
    if (*r->why)
        text[length - tail - strlen(r->why) - 1] = '\n';
    if (tail)
        text[length - tail + 1] = '\0';
    print_wrapped(text);
    if (tail) {
        fputs(right, stdout);
        print_formula(r->formula, strlen(right));
        putchar('\n');
    }
}

/* Why the given point was left, and for which one where that is short. */
static void print_moved(const checking *c)
{
    enum { SHORT = 6 };
    const variable *v = checked(c->problem);
    size_t n = v->rows * v->cols;
    char text[400];
    int used = snprintf(text, sizeof text, "at this %.40s %s: compared beside it", v->name,
                        c->given.largest == 0 ? "both are zero, which shows little"
                        : c->given.kinks > 0 ? "the function has no derivative"
                        : dm_check_is_blind(&c->given) ? "rounding errors hide both"
                        : "rounding errors hide entries");

    for (size_t k = 0; n <= SHORT && k < n; k++)
        used += snprintf(text + used, sizeof text - (size_t) used, "%s%.4g%s",
                         k % v->cols ? ", " : k ? "; " : n > 1 ? ", at [" : ", at ",
                         gsl_matrix_get(c->beside, k / v->cols, k % v->cols), k + 1 == n && n > 1 ? "]" : "");
    print_wrapped(text);
}

static void print_heading(const checking *c)
{
    const problem *p = c->problem;
    const char *A = checked(p)->name;

    print_draws(p, c->points);
    printf("%s of %s with respect to %s%s, %zu×%zu\n", derivative_word(c->kind), p->options->expression, A,
           checked(p)->symmetric ? " (symmetric)" : "", c->report.rows, c->report.cols);
    printf("by hand: %s\n\n", p->options->hand);
    print_sentence(&c->report);
    if (c->moved)
        print_moved(c);
    print_notes(c);
}

void print_verdict(const checking *c)
{
    const dm_check_report *r = &c->report;
    int digits = c->problem->options->digits, width = digits + 8;
    char place[64];

    print_heading(c);
    snprintf(place, sizeof place, "worst entry (%zu,%zu)", r->row + 1, r->col + 1);
    printf("\n  %-26s%*s%*s\n", "", width, "by hand", width, "exact");
    printf("  %-26s%*.*g%*.*g\n", place, width, digits, r->hand, width, digits, r->exact);
    for (size_t k = 1; k < r->ranked; k++) {
        const dm_check_entry *entry = &r->worst[k];
        snprintf(place, sizeof place, "then (%zu,%zu)", entry->row + 1, entry->col + 1);
        printf("  %-26s%*.*g%*.*g\n", place, width, digits, entry->hand, width, digits, entry->exact);
    }
    printf("  %-26s%*.*g%*.*g\n", "Frobenius norm", width, digits, r->norm_hand, width, digits,
           r->norm_exact);
    if (!isnan(r->angle))
        printf("  %-26s%*.3g degrees\n", "angle between both", width, r->angle);
    printf("  %-26s%*zu of %zu\n", "entries that differ", width, r->differ, r->rows * r->cols);
    printf("  %-26s%*.2g of the largest entry\n", "largest error", width, c->error);
    printf("  %-26s%*.2g of itself\n", "largest error of an entry", width, c->entry_error);
    print_taylor(c);
}

static void json_taylor(const dm_check_report *r)
{
    json_open("taylor");
    json_array_open("h");
    for (size_t s = 0; s < r->steps; s++)
        json_number(NULL, r->step[s].h);
    json_array_close();
    json_array_open("hand");
    for (size_t s = 0; s < r->steps; s++)
        json_number(NULL, r->step[s].hand);
    json_array_close();
    json_array_open("exact");
    for (size_t s = 0; s < r->steps; s++)
        json_number(NULL, r->step[s].exact);
    json_array_close();
    json_number("rounding", r->rounding);
    json_number("slope_hand", r->slope_hand);
    json_number("slope_exact", r->slope_exact);
    json_close();
}

static void json_entry(const char *key, dm_check_entry entry)
{
    json_open(key);
    json_count("row", entry.row + 1);
    json_count("column", entry.col + 1);
    json_number("hand", entry.hand);
    json_number("exact", entry.exact);
    json_close();
}

/* What was drawn, and how. */
static void json_draw_kinds(const problem *p)
{
    json_array_open("draws");
    for (size_t i = 0; i < p->variables; i++) {
        const variable *v = &p->variable[i];
        if (!v->drawn)
            continue;
        json_open(NULL);
        json_string("variable", v->name);
        json_count("rows", v->rows);
        json_count("columns", v->cols);
        json_string("kind", kind_name(v->symmetric && v->kind == ANY ? SYM : v->kind));
        json_close();
    }
    json_array_close();
}

void json_verdict(const checking *c)
{
    const dm_check_report *r = &c->report;
    char diagnosis[1000];

    dm_check_sentence(r, diagnosis, sizeof diagnosis);
    json_begin();
    json_string("verdict", r->right ? "right" : "wrong");
    json_number("max_rel_error", c->error);
    json_number("max_entry_rel_error", c->entry_error);
    json_string("diagnosis", diagnosis);
    if (*r->why)
        json_string("why", r->why);
    if (*r->formula)
        json_string("formula", r->formula);
    json_string("of", derivative_word(c->kind));
    json_count("points", c->points);
    json_bool("moved", c->moved);
    if (c->moved)
        json_matrix("moved_to", c->beside);
    json_count("rows", r->rows);
    json_count("columns", r->cols);
    json_count("differ", r->differ);
    json_entry("worst", (dm_check_entry) { r->row, r->col, r->hand, r->exact });
    json_array_open("ranked");
    for (size_t k = 0; k < r->ranked; k++)
        json_entry(NULL, r->worst[k]);
    json_array_close();
    json_number("angle", r->angle);
    json_number("norm_hand", r->norm_hand);
    json_number("norm_exact", r->norm_exact);
    json_number("tolerance", r->tolerance);
    json_number("noise", r->noise);
    json_count("hidden", r->hidden);
    json_count("kinks", r->kinks);
    json_number("allowed", r->allowed);
    json_taylor(r);
    json_notes(c);
    json_count("seed", c->problem->options->seed);
    json_draw_kinds(c->problem);
    if (!r->right)                     /* then the report is of these */
        json_drawn(c->problem);
    json_end();
}

/* In the description of a TAP line # would begin a directive; in YAML's '...' a ' is doubled. */
static void tap_text(const char *text, char escaped, const char *instead)
{
    for (; *text; text++)
        if (*text == escaped)
            fputs(instead, stdout);
        else
            putchar(*text == '\n' || *text == '\r' ? ' ' : *text);
}

static void tap_line(const char *key, const char *text)
{
    printf("  %s: '", key);
    tap_text(text, '\'', "\'\'");
    fputs("'\n", stdout);
}

void tap_verdict(const checking *c)
{
    const dm_check_report *r = &c->report;
    char text[1200];

    printf("TAP version 13\n1..1\n%sok 1 - ", r->right ? "" : "not ");
    snprintf(text, sizeof text, "%s of %.500s with respect to %s, by hand %.500s", derivative_word(c->kind),
             c->problem->options->expression, checked(c->problem)->name, c->problem->options->hand);
    tap_text(text, '#', "\\#");
    printf("\n  ---\n");
    dm_check_sentence(r, text, sizeof text);
    tap_line("message", text);
    if (*r->formula)
        tap_line("formula", r->formula);
    for (size_t k = 0; k < NOTES; k++)
        if (note(c, k, text, sizeof text))
            tap_line("note", text);
    printf("  differ: %zu of %zu\n  max_rel_error: %.3g\n  max_entry_rel_error: %.3g\n", r->differ,
           r->rows * r->cols, c->error, c->entry_error);
    for (size_t k = 0; k < r->ranked; k++)
        printf("%s    - { row: %zu, column: %zu, hand: %.17g, exact: %.17g }\n", k ? "" : "  worst:\n",
               r->worst[k].row + 1, r->worst[k].col + 1, r->worst[k].hand, r->worst[k].exact);
    printf("  ...\n");
}
