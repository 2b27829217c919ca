/* Matrices for people, on standard output.
 *
 * All entries of a matrix share one format: integers as integers; else so many decimals that the largest
 * entry has the digits asked for; else, where the largest is very large or very small, exponents.  An entry
 * that the decimals would leave without three digits of its own gets an exponent for itself.  What is wider
 * than a line is cut into blocks of columns; what is larger than a page is abbreviated.               */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command/command.h"

enum { GAP = 2, CELL = 40 };
enum { PAGE = 400, TALL = 40, WIDE = 60 };             /* larger than this is abbreviated ... */
enum { HEAD = 12, TAIL = 3 };                          /* ... to so many rows (columns: what fits) */

typedef struct {
    bool integers, exponents;
    int digits, decimals, width;
} layout;

/* Which rows or columns are shown: first ... first+head-1, and the last `tail` of n. */
typedef struct {
    size_t head, tail, n;
} selection;

static size_t shown(selection s)
{
    return s.head + s.tail;
}

static size_t chosen(selection s, size_t i)
{
    return i < s.head ? i : s.n - s.tail + (i - s.head);
}

static bool is_cut(selection s)
{
    return shown(s) < s.n;
}

static selection all_of(size_t n)
{
    return (selection) { n, 0, n };
}

static selection some_of(size_t n, size_t head, size_t tail)
{
    return n <= head + tail ? all_of(n) : (selection) { head, tail, n };
}

/* ------------------------------------------------------------------------------------ the format -- */

/* Decimals leave an entry at least three digits, or all it has. */
static bool fits_decimals(double a, int decimals)
{
    double unit = pow(10, -decimals);

    return fabs(a) >= 100 * unit || fabs(a - rint(a / unit) * unit) <= 1e-12 * fabs(a);
}

static void put(char text[CELL], double a, const layout *l)
{
    if (a == 0)
        strcpy(text, "0");
    else if (l->integers)
        snprintf(text, CELL, "%.0f", a);
    else if (l->exponents)
        snprintf(text, CELL, "%.*e", l->digits - 1, a);
    else if (fits_decimals(a, l->decimals))
        snprintf(text, CELL, "%.*f", l->decimals, a);
    else
        snprintf(text, CELL, "%.*e", l->digits < 3 ? l->digits - 1 : 2, a);
}

static int exponent(double a)
{
    return (int) floor(log10(a));
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* Decimals that are needed to show what `decimals` of them show. */
static int needed_decimals(double a, int decimals)
{
    char text[CELL * 10];
    int length = snprintf(text, sizeof text, "%.*f", decimals, a);

    while (decimals > 0 && text[--length] == '0')
        decimals--;
    return decimals;
}

typedef struct {
    const gsl_matrix *A;
    selection rows, cols;
} window;

static double entry(const window *w, size_t i, size_t j)
{
    return gsl_matrix_get(w->A, chosen(w->rows, i), chosen(w->cols, j));
}

#define FOR_ALL_SHOWN(w, i, j)                                                                          \
    for (size_t i = 0; i < shown((w)->rows); i++)                                                       \
        for (size_t j = 0; j < shown((w)->cols); j++)

/* How many entries need an exponent where there are so many decimals. */
static size_t misfits(const window *w, int decimals)
{
    size_t n = 0;

    FOR_ALL_SHOWN(w, i, j)
        n += !fits_decimals(entry(w, i, j), decimals);
    return n;
}

/* As few decimals more than the largest entry needs as will do for all, but not many more than the digits
 * asked for; then without those that all end in a zero.  False: exponents are better.                  */
static bool choose_decimals(const window *w, layout *l, double max)
{
    int least = larger(0, l->digits - 1 - exponent(max)), most = larger(least, l->digits + 1), needed = 0;

    for (l->decimals = least; l->decimals <= most && misfits(w, l->decimals) > 0;)
        l->decimals++;
    if (l->decimals > most) {
        l->decimals = least;
        if (4 * misfits(w, least) > shown(w->rows) * shown(w->cols))
            return false;
    }
    FOR_ALL_SHOWN(w, i, j)
        if (fits_decimals(entry(w, i, j), l->decimals))
            needed = larger(needed, needed_decimals(entry(w, i, j), l->decimals));
    l->decimals = needed;
    return true;
}

static layout layout_of(const window *w, int digits)
{
    layout l = { .integers = true, .digits = digits };
    double max = 0;

    FOR_ALL_SHOWN(w, i, j) {
        double a = entry(w, i, j);
        l.integers = l.integers && a == rint(a);
        max = fmax(max, fabs(a));
    }
    l.integers = l.integers && max < 1e10;
    if (!l.integers)
        l.exponents = max >= pow(10, digits) || max < 1e-4 || !choose_decimals(w, &l, max);
    FOR_ALL_SHOWN(w, i, j) {
        char text[CELL];
        put(text, entry(w, i, j), &l);
        l.width = larger(l.width, (int) strlen(text));
    }
    return l;
}

/* ---------------------------------------------------------------------------------- the printing -- */

static void print_block(const window *w, size_t from, size_t to, const layout *l)
{
    for (size_t i = 0; i < shown(w->rows); i++) {
        if (is_cut(w->rows) && i == w->rows.head)
            printf("%*s\n", 2 * GAP + l->width + 2, "⋮");   /* three bytes, one column */
        printf("%*s", GAP, "");
        for (size_t j = from; j < to; j++) {
            char text[CELL];
            put(text, entry(w, i, j), l);
            if (is_cut(w->cols) && j == w->cols.head)
                printf("%*s…", GAP, "");
            printf("%*s%*s", GAP, "", l->width, text);
        }
        putchar('\n');
    }
}

static bool too_large(const gsl_matrix *A)
{
    return A->size1 * A->size2 > PAGE || A->size1 > TALL || A->size2 > WIDE;
}

void print_matrix(const gsl_matrix *A, const options *o)
{
    bool cut = !o->full && too_large(A);
    int line = page_width();
    window w = { A, cut ? some_of(A->size1, HEAD, TAIL) : all_of(A->size1),
                    cut ? some_of(A->size2, (size_t) line / 4, 1) : all_of(A->size2) };
    layout l = layout_of(&w, o->digits);
    size_t fit = (size_t) larger(1, (line - GAP) / (l.width + GAP));

    if (cut && shown(w.cols) > fit) {
        fit = (size_t) larger(2, (line - 2 * GAP - 1) / (l.width + GAP));
        w.cols = some_of(A->size2, fit - 1, 1);
    }
    for (size_t from = 0; from < shown(w.cols); from += fit) {
        size_t to = from + fit < shown(w.cols) ? from + fit : shown(w.cols);
        if (shown(w.cols) > fit && to == from + 1)
            printf("%scolumn %zu:\n", from > 0 ? "\n" : "", to);
        else if (shown(w.cols) > fit)
            printf("%scolumns %zu to %zu:\n", from > 0 ? "\n" : "", from + 1, to);
        print_block(&w, from, to, &l);
    }
    if (is_cut(w.rows) || is_cut(w.cols))
        printf("(abbreviated: --full prints all %zu entries, --json all their digits)\n",
               A->size1 * A->size2);
}

void print_titled(const char *title, const gsl_matrix *A, const options *o)
{
    if (A->size1 == 1 && A->size2 == 1) {
        printf("%s = %.*g\n", title, o->digits, gsl_matrix_get(A, 0, 0));
    } else {
        printf("%s, %zu×%zu:\n", title, A->size1, A->size2);
        print_matrix(A, o);
    }
}

const char *derivative_word(dm_derivative kind)
{
    return kind == DM_GRADIENT ? "gradient" : kind == DM_JACOBIAN ? "Jacobian" : "Hessian";
}

/* "A drawn at random, 5×5 (--seed 1)" */
static void print_draw(const char *what, const char *name, const gsl_matrix *A, draw_kind kind,
                       bool symmetric, unsigned points, const options *o)
{
    printf("%s%s drawn at random, %zu×%zu", what, name, A->size1, A->size2);
    if (kind != ANY || symmetric)
        printf(", %s", kind_name(symmetric && kind == ANY ? SYM : kind));
    if (points > 1)
        printf(", at %u points", points);
    printf(" (--seed %lu)\n", o->seed);
}

void print_draws(const problem *p, unsigned points)
{
    bool some = false;

    for (size_t i = 0; i < p->variables; i++) {
        const variable *v = &p->variable[i];
        if (v->drawn)
            print_draw("", v->name, v->value, v->kind, v->symmetric, points, p->options);
        if (v->direction_drawn)
            print_draw("direction of ", v->name, v->direction, v->direction_kind, v->symmetric, 1,
                       p->options);
        some = some || v->drawn || v->direction_drawn;
    }
    if (some)
        putchar('\n');
}

static void json_drawn_matrices(const char *key, const problem *p, bool directions)
{
    bool some = false;

    for (size_t i = 0; i < p->variables; i++) {
        const variable *v = &p->variable[i];
        if (!(directions ? v->direction_drawn : v->drawn))
            continue;
        if (!some)
            json_open(key);
        json_matrix(v->name, directions ? v->direction : v->value);
        some = true;
    }
    if (some)
        json_close();
}

void json_drawn(const problem *p)
{
    json_drawn_matrices("drawn", p, false);
    json_drawn_matrices("drawn_directions", p, true);
}

void json_draws(const problem *p)
{
    bool some = false;

    for (size_t i = 0; i < p->variables; i++)
        some = some || p->variable[i].drawn || p->variable[i].direction_drawn;
    if (some)
        json_count("seed", p->options->seed);
    json_drawn(p);
}
