/* The Taylor test as a picture, in a file (SVG) or in characters.
 *
 * Both axes are logarithmic, in decades.  Of the error of a right derivative the points lie along the line of
 * slope 2 until they reach the rounding error, of a wrong one along slope 1.                           */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "command/plot.h"

typedef struct {
    const dm_check_report *report;
    double left, right, bottom, top;   /* decades */
    double anchor;                     /* the line of slope 2: log10(error) - 2*log10(h) */
} picture;

static bool seen(double error)
{
    return isfinite(error) && error > 0;
}

static void include(picture *p, double error)
{
    if (!seen(error))
        return;
    p->bottom = fmin(p->bottom, floor(log10(error)));
    p->top = fmax(p->top, ceil(log10(error)));
}

/* false: there is nothing to be seen. */
static bool frame(picture *p, const dm_check_report *r)
{
    size_t points = 0;

    *p = (picture) { r, INFINITY, -INFINITY, INFINITY, -INFINITY, NAN };
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
    if (points > 0 && p->top - p->bottom < 1)
        p->top = p->bottom + 1;
    if (points == 1)
        p->left = p->right - 1;
    return points > 0;
}

/* ------------------------------------------------------------------------------------------ as SVG -- */

enum { WIDTH = 720, HEIGHT = 480, LEFT = 80, RIGHT = 24, TOP = 64, BOTTOM = 64 };

static double x_of(const picture *p, double decade)
{
    return LEFT + (decade - p->left) / (p->right - p->left) * (WIDTH - LEFT - RIGHT);
}

static double y_of(const picture *p, double decade)
{
    return HEIGHT - BOTTOM - (decade - p->bottom) / (p->top - p->bottom) * (HEIGHT - TOP - BOTTOM);
}

static void put_escaped(FILE *f, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&': fputs("&amp;", f); break;
        case '<': fputs("&lt;", f); break;
        case '>': fputs("&gt;", f); break;
        case '"': fputs("&quot;", f); break;
        default:
            if ((unsigned char) *text >= ' ')
                fputc(*text, f);
        }
}

static void put_label(FILE *f, double x, double y, const char *anchor, const char *style, const char *text)
{
    fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>", x, y, anchor, style);
    put_escaped(f, text);
    fputs("</text>\n", f);
}

/* 10 with its exponent raised. */
static void put_power(FILE *f, double x, double y, const char *anchor, double exponent)
{
    fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">10<tspan dy=\"-5\" font-size=\"10\">%s%.0f"
               "</tspan></text>\n", x, y, anchor, exponent < 0 ? "−" : "", fabs(exponent));
}

static void put_grid(FILE *f, const picture *p)
{
    double every = ceil((p->top - p->bottom) / 9);

    fputs("<g stroke=\"#ddd\">\n", f);
    for (double d = p->bottom; d <= p->top + 0.5; d += every)
        fprintf(f, "<path d=\"M%d %.1fH%d\"/>\n", LEFT, y_of(p, d), WIDTH - RIGHT);
    for (double d = round(p->left); d <= p->right + 0.1; d++)
        fprintf(f, "<path d=\"M%.1f %dV%d\"/>\n", x_of(p, d), TOP, HEIGHT - BOTTOM);
    fputs("</g>\n<g font-size=\"13\" fill=\"#333\">\n", f);
    for (double d = p->bottom; d <= p->top + 0.5; d += every)
        put_power(f, LEFT - 8, y_of(p, d) + 5, "end", d);
    for (double d = round(p->left); d <= p->right + 0.1; d++)
        put_power(f, x_of(p, d), HEIGHT - BOTTOM + 20, "middle", d);
    put_label(f, (LEFT + WIDTH - RIGHT) / 2., HEIGHT - 14, "middle", "", "step h");
    fprintf(f, "<text transform=\"translate(20 %d) rotate(-90)\" text-anchor=\"middle\">error of the linear "
               "model</text>\n</g>\n", (TOP + HEIGHT - BOTTOM) / 2);
}

static void put_series(FILE *f, const picture *p, bool hand, const char *colour)
{
    bool open = false;

    fprintf(f, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" d=\"", colour);
    for (size_t s = 0; s < p->report->steps; s++) {
        const dm_check_step *step = &p->report->step[s];
        double error = hand ? step->hand : step->exact;
        if (seen(error))
            fprintf(f, "%s%.1f %.1f", open ? "L" : "M", x_of(p, log10(step->h)), y_of(p, log10(error)));
        open = seen(error);
    }
    fprintf(f, "\"/>\n<g fill=\"%s\">\n", colour);
    for (size_t s = 0; s < p->report->steps; s++) {
        const dm_check_step *step = &p->report->step[s];
        double error = hand ? step->hand : step->exact;
        if (seen(error))
            fprintf(f, hand ? "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/>\n"
                            : "<rect x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\"/>\n",
                    x_of(p, log10(step->h)) - (hand ? 0 : 3.5), y_of(p, log10(error)) - (hand ? 0 : 3.5));
    }
    fputs("</g>\n", f);
}

/* From the right end down to where it leaves the frame. */
static void put_slope(FILE *f, const picture *p)
{
    double from = fmax(p->left, (p->bottom - p->anchor) / 2), to = fmin(p->right, (p->top - p->anchor) / 2);

    if (!isnan(p->anchor) && from < to)
        fprintf(f, "<path stroke=\"#888\" stroke-dasharray=\"6 5\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", x_of(p, from),
                y_of(p, p->anchor + 2 * from), x_of(p, to), y_of(p, p->anchor + 2 * to));
    if (seen(p->report->rounding))
        fprintf(f, "<path stroke=\"#888\" stroke-dasharray=\"2 4\" d=\"M%d %.1fH%d\"/>\n", LEFT,
                y_of(p, log10(p->report->rounding)), WIDTH - RIGHT);
}

static void put_legend(FILE *f, const picture *p)
{
    char text[80];
    double x = LEFT + 12;

    fputs("<g font-size=\"13\" fill=\"#333\">\n", f);
    for (int k = 0; k < 2; k++) {
        double slope = k ? p->report->slope_exact : p->report->slope_hand;
        snprintf(text, sizeof text, isnan(slope) ? "%s" : "%s, slope %.2f", k ? "exact" : "by hand", slope);
        fprintf(f, k ? "<rect x=\"%.1f\" y=\"41\" width=\"7\" height=\"7\" fill=\"#0b62a4\"/>\n"
                     : "<circle cx=\"%.1f\" cy=\"45\" r=\"5\" fill=\"#c0392b\"/>\n", x);
        put_label(f, x + 14, 49, "start", "", text);
        x += 180;
    }
    fprintf(f, "<path stroke=\"#888\" stroke-dasharray=\"6 5\" d=\"M%.1f 45h24\"/>\n", x - 6);
    put_label(f, x + 26, 49, "start", "", "slope 2");
    fprintf(f, "<path stroke=\"#888\" stroke-dasharray=\"2 4\" d=\"M%.1f 45h24\"/>\n", x + 94);
    put_label(f, x + 126, 49, "start", "", "rounding");
    fputs("</g>\n", f);
}

static void put_svg(FILE *f, const checking *c, const picture *p)
{
    const char *expression = c->problem->options->expression;
    size_t length = strlen(expression);
    char title[200];

    snprintf(title, sizeof title, "Taylor test of %.*s%s with respect to %.40s", length > 60 ? 60 : (int) length,
             expression, length > 60 ? "…" : "", checked(c->problem)->name);
    fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
               "font-family=\"sans-serif\">\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT);
    put_label(f, LEFT, 24, "start", " font-size=\"15\" fill=\"#111\"", title);
    put_grid(f, p);
    put_slope(f, p);
    put_series(f, p, true, "#c0392b");
    put_series(f, p, false, "#0b62a4");
    put_legend(f, p);
    fputs("</svg>\n", f);
}

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

int check_plot_name(const char *file)
{
    if (!file || strcmp(file, "-") == 0 || ends_in(file, ".svg"))
        return DONE;
    if (ends_in(file, ".png"))
        return words("--plot %s: PNG is not written: give it a name that ends in .svg, which browsers and "
                     "converters read, or - for one in characters", file);
    return words("--plot %s: a name that ends in .svg is needed, or - for a plot in characters", file);
}

int write_plot(const checking *c, const char *file)
{
    picture p;
    FILE *f;

    if (!frame(&p, &c->report))
        return words("--plot %s: there is nothing to plot: all errors are zero", file);
    errno = 0;
    if (!(f = fopen(file, "w")))
        return words("--plot %s: %s", file, strerror(errno));
    put_svg(f, c, &p);
    bool failed = ferror(f) != 0;
    failed = fclose(f) != 0 || failed;
    return failed ? words("--plot %s: %s", file, errno ? strerror(errno) : "cannot be written") : DONE;
}

/* ----------------------------------------------------------------------------------- in characters -- */

enum { COLUMNS = 66, ROWS = 18, MARGIN = 9 };

static void mark(char grid[ROWS + 1][COLUMNS + 2], const picture *p, double x, double y, char c)
{
    double column = (x - p->left) / (p->right - p->left) * (COLUMNS - 1);
    double row = (p->top - y) / (p->top - p->bottom) * (ROWS - 1);

    if (!(row > -0.5 && row < ROWS - 0.5 && column > -0.5 && column < COLUMNS - 0.5))
        return;
    char *cell = &grid[(int) round(row)][(int) round(column)];
    *cell = (*cell == 'o' && c == '*') || (*cell == '*' && c == 'o') ? '#' : c;
}

static void draw_axis(const picture *p)
{
    char line[COLUMNS + 16];
    double every = p->right - p->left > 8 ? 2 : 1;

    printf("%*s+", MARGIN, "");
    for (int k = 0; k < COLUMNS; k++)
        putchar('-');
    memset(line, ' ', sizeof line);
    for (double d = round(p->right); d > p->left - 0.1; d -= every) {
        int column = (int) round((d - p->left) / (p->right - p->left) * (COLUMNS - 1));
        char label[16];
        snprintf(label, sizeof label, "1e%+.0f", d);
        column = column > COLUMNS - (int) strlen(label) ? COLUMNS - (int) strlen(label) : column;
        memcpy(line + column, label, strlen(label));
    }
    line[COLUMNS] = '\0';
    printf("\n%*s%s\n", MARGIN + 1, "", line);
}

void draw_plot(const checking *c)
{
    char grid[ROWS + 1][COLUMNS + 2];
    picture p;

    if (!frame(&p, &c->report))
        return;
    memset(grid, ' ', sizeof grid);
    for (int k = 0; k < COLUMNS && !isnan(p.anchor); k++) {
        double x = p.left + (p.right - p.left) * k / (COLUMNS - 1);
        mark(grid, &p, x, p.anchor + 2 * x, '.');
    }
    for (size_t s = 0; s < c->report.steps; s++) {
        const dm_check_step *step = &c->report.step[s];
        if (seen(step->hand))
            mark(grid, &p, log10(step->h), log10(step->hand), '*');
        if (seen(step->exact))
            mark(grid, &p, log10(step->h), log10(step->exact), 'o');
    }
    printf("\nerror of the linear model against h: * by hand, o exact, # both, . slope 2\n\n");
    double every = ceil((p.top - p.bottom) / 8), next = p.top;
    for (int row = 0; row < ROWS; row++) {
        double here = p.top - (p.top - p.bottom) * row / (ROWS - 1), half = (p.top - p.bottom) / (ROWS - 1) / 2;
        int end = COLUMNS;
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
