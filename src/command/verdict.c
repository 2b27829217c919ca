/* What a check has found, for people and for programs. */
#include <math.h>
#include <stdio.h>
#include "command/check.h"

static const char *kind_word(dm_check_kind kind)
{
    return kind == DM_CHECK_GRADIENT ? "gradient" : kind == DM_CHECK_JACOBIAN ? "Jacobian" : "Hessian";
}

static void print_taylor(const checking *c)
{
    const dm_check_report *r = &c->report;
    const char *of = c->kind == DM_CHECK_HESSIAN ? "grad f" : "f", *A = checked(c->problem)->name;
    const char *linear = c->kind == DM_CHECK_GRADIENT ? "h*<G,D>" : c->kind == DM_CHECK_JACOBIAN
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
    printf("   2: right, 1: wrong, -: nothing but rounding\n");
}

void print_verdict(const checking *c)
{
    const dm_check_report *r = &c->report;
    const problem *p = c->problem;
    int digits = p->options->digits, width = digits + 8;
    char place[64], diagnosis[1000];

    dm_check_sentence(r, diagnosis, sizeof diagnosis);
    print_draws(p, c->points);
    printf("%s of %s with respect to %s%s, %zu×%zu\n", kind_word(c->kind), p->options->expression,
           checked(p)->name, checked(p)->symmetric ? " (symmetric)" : "", r->rows, r->cols);
    printf("by hand: %s\n\n%s\n", p->options->hand, diagnosis);
    if (c->moved)
        printf("(at this %s rounding errors hide it: compared a tenth of %s away)\n", checked(p)->name,
               checked(p)->name);

    snprintf(place, sizeof place, "worst entry (%zu,%zu)", r->row + 1, r->col + 1);
    printf("\n  %-26s%*s%*s\n", "", width, "by hand", width, "exact");
    printf("  %-26s%*.*g%*.*g\n", place, width, digits, r->hand, width, digits, r->exact);
    printf("  %-26s%*.*g%*.*g\n", "Frobenius norm", width, digits, r->norm_hand, width, digits,
           r->norm_exact);
    printf("  %-26s%*zu of %zu\n", "entries that differ", width, r->differ, r->rows * r->cols);
    printf("  %-26s%*.2g\n", "largest relative error", width, c->error);
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

void json_verdict(const checking *c)
{
    const dm_check_report *r = &c->report;
    char diagnosis[1000];

    dm_check_sentence(r, diagnosis, sizeof diagnosis);
    json_begin();
    json_string("verdict", r->right ? "right" : "wrong");
    json_number("max_rel_error", c->error);
    json_string("diagnosis", diagnosis);
    if (*r->why)
        json_string("why", r->why);
    if (*r->formula)
        json_string("formula", r->formula);
    json_string("of", kind_word(c->kind));
    json_count("points", c->points);
    json_bool("moved", c->moved);
    json_count("rows", r->rows);
    json_count("columns", r->cols);
    json_count("differ", r->differ);
    json_open("worst");
    json_count("row", r->row + 1);
    json_count("column", r->col + 1);
    json_number("hand", r->hand);
    json_number("exact", r->exact);
    json_close();
    json_number("norm_hand", r->norm_hand);
    json_number("norm_exact", r->norm_exact);
    json_number("tolerance", r->tolerance);
    json_number("noise", r->noise);
    json_taylor(r);
    if (!r->right)                     /* then the report is of these */
        json_draws(c->problem);
    json_end();
}
