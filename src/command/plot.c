/* The Taylor test as a picture, in a file or in characters.
 *
 * Both axes are logarithmic, in decades.  Of the error of a right derivative the points lie along the line of
 * slope 2 until they reach the rounding error, of a wrong one along slope 1.  An error of zero stands at the
 * bottom.                                                                                             */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "command/canvas.h"
#include "command/plot.h"

typedef struct {
    const dm_check_report *report;
    double left, right, bottom, top;   /* decades, and every how manyeth has a line */
    double every;
    double anchor;                     /* the line of slope 2: log10(error) - 2*log10(h) */
} picture;

static bool seen(double error)
{
    return isfinite(error);
}

static void include(picture *p, double error)
{
    if (!seen(error) || error == 0)
        return;
    p->bottom = fmin(p->bottom, floor(log10(error)));
    p->top = fmax(p->top, ceil(log10(error)));
}

/* false: there is nothing to be seen. */
static bool frame(picture *p, const dm_check_report *r)
{
    size_t points = 0;

    *p = (picture) { r, INFINITY, -INFINITY, INFINITY, -INFINITY, 1, NAN };
    for (size_t s = 0; s < r->steps; s++) {
        const dm_check_step *step = &r->step[s];
        if (!seen(step->hand) && !seen(step->exact))
            continue;
        points++;
        p->left = fmin(p->left, log10(step->h));
        p->right = fmax(p->right, log10(step->h));
        include(p, step->hand);
        include(p, step->exact);
        if (isnan(p->anchor) && seen(step->exact) && step->exact > r->rounding)
            p->anchor = log10(step->exact) - 2 * log10(step->h);
    }
    include(p, r->rounding);
    if (p->bottom > p->top)
        include(p, DBL_EPSILON);
    if (p->top - p->bottom < 1)
        p->top = p->bottom + 1;
    p->every = ceil((p->top - p->bottom) / 9);
    p->top = p->bottom + p->every * ceil((p->top - p->bottom) / p->every);
    if (points == 1)
        p->left = p->right - 1;
    return points > 0;
}

static double height(const picture *p, double error)
{
    return error > 0 ? log10(error) : p->bottom;
}

/* --------------------------------------------------------------------------------------- in a file -- */

enum { WIDTH = 720, HEIGHT = 480, LEFT = 80, RIGHT = 24, TOP = 64, BOTTOM = 64 };
enum { BY_HAND = 0xC0392B, EXACT = 0x0B62A4 };

static const pen grid_pen = { 0xDDDDDD, 1, 0, 0 }, slope_pen = { 0x777777, 1.5, 7, 5 },
                 rounding_pen = { 0x777777, 1.5, 2, 4 };

static point place(const picture *p, double x, double y)
{
    return (point) { LEFT + (x - p->left) / (p->right - p->left) * (WIDTH - LEFT - RIGHT),
                     HEIGHT - BOTTOM - (y - p->bottom) / (p->top - p->bottom) * (HEIGHT - TOP - BOTTOM) };
}

static void line(canvas *c, point from, point to, pen with)
{
    c->line(c, (point[]) { from, to }, 2, with);
}

/* 10 with its exponent raised. */
static void put_power(canvas *c, point at, placing where, double exponent)
{
    static const char *const raised[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
    char digits[16], text[80];
    int used = snprintf(text, sizeof text, "10%s", exponent < 0 ? "⁻" : "");

    snprintf(digits, sizeof digits, "%.0f", fabs(exponent));
    for (const char *d = digits; *d; d++)
        used += snprintf(text + used, sizeof text - (size_t) used, "%s", raised[*d - '0']);
    c->text(c, at, where, 13, text);
}

static void put_grid(canvas *c, const picture *p)
{
    for (double d = p->bottom; d <= p->top + 0.1; d += p->every) {
        point at = place(p, p->left, d);
        line(c, at, (point) { WIDTH - RIGHT, at.y }, grid_pen);
        put_power(c, (point) { LEFT - 8, at.y + 5 }, UP_TO_HERE, d);
    }
    for (double d = round(p->left); d <= p->right + 0.1; d++) {
        point at = place(p, d, p->bottom);
        line(c, at, (point) { at.x, TOP }, grid_pen);
        put_power(c, (point) { at.x, HEIGHT - BOTTOM + 20 }, AROUND_HERE, d);
    }
    c->text(c, (point) { (LEFT + WIDTH - RIGHT) / 2., HEIGHT - 14 }, AROUND_HERE, 14, "step h");
    c->text(c, (point) { 20, (TOP + HEIGHT - BOTTOM) / 2. }, UPWARDS, 14, "error of the linear model");
}

/* What marks a point of the one and of the other: where both lie, both are seen. */
static void put_mark(canvas *c, point at, bool hand)
{
    if (hand)
        c->disc(c, at, 6, BY_HAND);
    else
        c->box(c, (point) { at.x - 3, at.y - 3 }, 6, 6, EXACT);
}

static void put_series(canvas *c, const picture *p, bool hand)
{
    point at[DM_CHECK_STEPS] = { { 0, 0 } };
    size_t n = 0;

    for (size_t s = 0; s < p->report->steps; s++) {
        const dm_check_step *step = &p->report->step[s];
        double error = hand ? step->hand : step->exact;
        if (seen(error))
            at[n++] = place(p, log10(step->h), height(p, error));
    }
    c->line(c, at, n, (pen) { hand ? BY_HAND : EXACT, hand ? 3 : 1.5, 0, 0 });
    for (size_t i = 0; i < n; i++)
        put_mark(c, at[i], hand);
}

/* Beside the points of the right one, which would hide it; from the right end down to the frame. */
static void put_slope(canvas *c, const picture *p)
{
    double anchor = p->anchor - 0.06 * (p->top - p->bottom);
    double from = fmax(p->left, (p->bottom - anchor) / 2), to = fmin(p->right, (p->top - anchor) / 2);

    if (!isnan(anchor) && from < to)
        line(c, place(p, from, anchor + 2 * from), place(p, to, anchor + 2 * to), slope_pen);
    double level = height(p, p->report->rounding);
    if (p->report->rounding > 0)
        line(c, place(p, p->left, level), place(p, p->right, level), rounding_pen);
}

/* Above the frame, where no point can be. */
static void put_legend(canvas *c, const picture *p)
{
    const double x[] = { LEFT + 6, LEFT + 186, LEFT + 354, LEFT + 480 }, y = 44;
    char text[80];

    for (int k = 0; k < 2; k++) {
        double slope = k ? p->report->slope_exact : p->report->slope_hand;
        snprintf(text, sizeof text, isnan(slope) ? "%s" : "%s, slope %.2f", k ? "exact" : "by hand", slope);
        put_mark(c, (point) { x[k], y }, !k);
        c->text(c, (point) { x[k] + 12, y + 5 }, FROM_HERE, 13, text);
    }
    for (int k = isnan(p->anchor) ? 3 : 2; k < 4; k++) {
        line(c, (point) { x[k] - 6, y }, (point) { x[k] + 24, y }, k == 2 ? slope_pen : rounding_pen);
        c->text(c, (point) { x[k] + 32, y + 5 }, FROM_HERE, 13, k == 2 ? "slope 2" : "rounding");
    }
}

static void put_picture(canvas *c, const checking *of, const picture *p)
{
    const char *expression = of->problem->options->expression;
    size_t length = strlen(expression), shown = length > 60 ? 60 : length;
    char title[300];

    while (shown < length && ((unsigned char) expression[shown] & 0xC0) == 0x80)
        shown--;                       /* a character is not cut */
    snprintf(title, sizeof title, "Taylor test of %.*s%s with respect to %.40s", (int) shown, expression,
             shown < length ? "…" : "", checked(of->problem)->name);
    c->text(c, (point) { LEFT, 24 }, FROM_HERE, 15, title);
    put_grid(c, p);
    put_slope(c, p);
    put_series(c, p, true);
    put_series(c, p, false);
    put_legend(c, p);
}

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

int check_plot_name(const char *file)
{
    if (!file || strcmp(file, "-") == 0)
        return DONE;
    if (ends_in(file, ".svg") || (ends_in(file, ".png") && !png_needs))
        return check_writable("--plot", file);
    if (ends_in(file, ".png"))
        return words("--plot %s: this dualmat was built without %s, which PNG needs (make deps installs "
                     "it): give it a name that ends in .svg", file, png_needs);
    return words("--plot %s: a name that ends in .svg or .png is needed, or - for a plot in characters",
                 file);
}

int write_plot(const checking *c, const char *file)
{
    picture p;

    if (!frame(&p, &c->report))
        return words("--plot %s: there is nothing to plot: the function has no value beside the point", file);
    canvas *on = (ends_in(file, ".png") ? png_canvas : svg_canvas)(file, WIDTH, HEIGHT);
    if (on)
        put_picture(on, c, &p);
    int failed = on ? on->finish(on) : errno;
    return failed ? words("--plot %s: %s", file, strerror(failed)) : DONE;
}

/* ----------------------------------------------------------------------------------- in characters -- */

enum { COLUMNS = 120, ROWS = 18, MARGIN = 9 };         /* COLUMNS: at most */

/* Within the page, with a little room on the right. */
static int columns(void)
{
    int n = page_width() - MARGIN - 5;

    return n < COLUMNS ? n : COLUMNS;
}

static void mark(char grid[ROWS + 1][COLUMNS + 2], const picture *p, double x, double y, char c)
{
    double column = (x - p->left) / (p->right - p->left) * (columns() - 1);
    double row = (p->top - y) / (p->top - p->bottom) * (ROWS - 1);

    if (!(row > -0.5 && row < ROWS - 0.5 && column > -0.5 && column < columns() - 0.5))
        return;
    char *cell = &grid[(int) round(row)][(int) round(column)];
    *cell = (*cell == 'o' && c == '*') || (*cell == '*' && c == 'o') ? '#' : c;
}

static void draw_axis(const picture *p)
{
    char line[COLUMNS + 16];
    double every = p->right - p->left > columns() / 6 ? 2 : 1;

    printf("%*s+", MARGIN, "");
    for (int k = 0; k < columns(); k++)
        putchar('-');
    memset(line, ' ', sizeof line);
    for (double d = round(p->right); d > p->left - 0.1; d -= every) {
        int column = (int) round((d - p->left) / (p->right - p->left) * (columns() - 1));
        char label[16];
        snprintf(label, sizeof label, "1e%+.0f", d);
        column = column > columns() - (int) strlen(label) ? columns() - (int) strlen(label) : column;
        memcpy(line + column, label, strlen(label));
    }
    line[columns()] = '\0';
    printf("\n%*s%s\n", MARGIN + 1, "", line);
}

void draw_plot(const checking *c)
{
    char grid[ROWS + 1][COLUMNS + 2];
    picture p;

    if (!frame(&p, &c->report))
        return;
    memset(grid, ' ', sizeof grid);
    for (int k = 0; k < columns(); k++) {
        double x = p.left + (p.right - p.left) * k / (columns() - 1);
        if (p.report->rounding > 0)
            mark(grid, &p, x, height(&p, p.report->rounding), '-');
        mark(grid, &p, x, p.anchor + 2 * x, '.');      /* or nowhere */
    }
    for (size_t s = 0; s < c->report.steps; s++) {
        const dm_check_step *step = &c->report.step[s];
        if (seen(step->hand))
            mark(grid, &p, log10(step->h), height(&p, step->hand), '*');
        if (seen(step->exact))
            mark(grid, &p, log10(step->h), height(&p, step->exact), 'o');
    }
    putchar('\n');
    print_wrapped("error of the linear model against h: * by hand, o exact, # both, . slope 2,\n- rounding\n");
    double every = ceil((p.top - p.bottom) / 8), next = p.top;
    for (int row = 0; row < ROWS; row++) {
        double here = p.top - (p.top - p.bottom) * row / (ROWS - 1), half = (p.top - p.bottom) / (ROWS - 1) / 2;
        int end = columns();
        while (end > 0 && grid[row][end - 1] == ' ')
            end--;
        if (next > here - half && next <= here + half) {
            printf("%*s1e%+03.0f |%.*s\n", MARGIN - 6, "", next, end, grid[row]);
            next -= every;
        } else {
            printf("%*s|%.*s\n", MARGIN, "", end, grid[row]);
        }
    }
    draw_axis(&p);
}
