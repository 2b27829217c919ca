/* A derivation as a page: typeset in MathML, with the check and a plot of it, all in one file. */
#include <math.h>
#include <string.h>
#include "command/derive.h"
#include "symbols/typeset.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";

static const char style[] =
    "<style>\n"
    "body { font: 17px/1.5 Georgia, 'DejaVu Serif', serif; color: #1b1b1b; background: #fff;\n"
    "       max-width: 60rem; margin: 2.5rem auto; padding: 0 1.2rem; }\n"
    "h1 { font-size: 1.45rem; font-weight: normal; margin: 0 0 1.6rem; }\n"
    "h1 code, p code { font-family: 'DejaVu Sans Mono', Menlo, monospace; font-size: .85em; }\n"
    "section { margin: 0 0 3rem; overflow-x: auto; }\n"
    "table { border-collapse: collapse; }\n"
    "td { padding: .45rem .35rem; vertical-align: middle; }\n"
    "td.left { text-align: right; } td.why { color: #6a6a6a; font-size: .85rem; padding-left: 2rem; }\n"
    "math { font-size: 1.12rem; }\n"
    ".result { border-left: 3px solid #2a6f97; background: #f4f8fa; padding: .8rem 1.2rem;\n"
    "          margin: 1.4rem 0; }\n"
    ".result code { color: #2a6f97; }\n"
    ".check { color: #2f6b3a; } .note { font-size: .9rem; color: #444; }\n"
    "svg text { font: 12px 'DejaVu Sans', Helvetica, sans-serif; fill: #444; }\n"
    "figcaption { font-size: .85rem; color: #6a6a6a; } figure { margin: 1.5rem 0 0; }\n"
    "</style>\n";

static void put_math(dm_text *to, const dm_formula *f)
{
    dm_text_put(to, "<math displaystyle=\"true\">");
    dm_write_mathml(to, f);
    dm_text_put(to, "</math>");
}

static const dm_manner page_manner = { dm_put_xml, put_math, " = " };

static void put_line(dm_text *to, const dm_symbol *left, const dm_formula *right, const dm_reason *why)
{
    dm_text_put(to, "<tr><td class=\"left\">");
    if (left)
        put_math(to, dm_formula_of(left));
    dm_text_put(to, "</td><td>=</td><td>");
    put_math(to, right);
    dm_text_put(to, "</td><td class=\"why\">");
    dm_write_reason(to, why, &page_manner);
    dm_text_put(to, "</td></tr>\n");
}

/* ------------------------------------------------------------------------------------------ the plot
 *
 * The error of the linear model against the step, both logarithmic; a right derivative falls with
 * slope 2 until rounding.                                                                           */

enum { LEFT = 64, TOP = 16, WIDE = 420, HIGH = 240 };

typedef struct {
    double x0, x1, y0, y1;             /* decades at the edges */
} axes;

static double across(const axes *a, double h)
{
    return LEFT + WIDE * (log10(h) - a->x0) / (a->x1 - a->x0);
}

static double up(const axes *a, double error)
{
    return TOP + HIGH * (a->y1 - log10(error)) / (a->y1 - a->y0);
}

/* Error and step of a point that can be drawn. */
static bool drawable(const dm_check_step *s)
{
    return isfinite(s->hand) && s->hand > 0;
}

static bool find_axes(const dm_check_report *r, axes *a)
{
    size_t n = 0;

    *a = (axes) { INFINITY, -INFINITY, INFINITY, -INFINITY };
    for (size_t i = 0; i < r->steps; i++)
        if (drawable(&r->step[i])) {
            double x = log10(r->step[i].h), y = log10(r->step[i].hand);
            *a = (axes) { fmin(a->x0, floor(x + 1e-9)), fmax(a->x1, ceil(x - 1e-9)), fmin(a->y0, floor(y)),
                          fmax(a->y1, ceil(y)) };
            n++;
        }
    if (a->y1 <= a->y0)
        a->y1 = a->y0 + 1;
    return n >= 2 && a->x1 > a->x0;
}

static void put_grid(dm_text *to, const axes *a)
{
    int every = a->y1 - a->y0 > 10 ? 4 : 2;

    for (int x = (int) a->x0; x <= (int) a->x1; x++) {
        double at = across(a, pow(10, x));
        dm_text_put(to, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#e4e4e4\"/>", at, TOP, at,
                    TOP + HIGH);
        dm_text_put(to, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">1e%d</text>\n", at, TOP + HIGH + 18,
                    x);
    }
    for (int y = (int) a->y0; y <= (int) a->y1; y++) {
        if ((y - (int) a->y0) % every)
            continue;
        double at = up(a, pow(10, y));
        dm_text_put(to, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#e4e4e4\"/>", LEFT, at,
                    LEFT + WIDE, at);
        dm_text_put(to, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">1e%d</text>\n", LEFT - 8, at + 4, y);
    }
}

static void put_plot(dm_text *to, const dm_check_report *r)
{
    axes a;
    const dm_check_step *first = NULL;

    if (!find_axes(r, &a))
        return;
    dm_text_put(to, "<figure>\n<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
                    "aria-label=\"error of the linear model against the step\">\n", LEFT + WIDE + 24,
                TOP + HIGH + 44, LEFT + WIDE + 24, TOP + HIGH + 44);
    put_grid(to, &a);
    for (size_t i = 0; i < r->steps && !first; i++)
        if (drawable(&r->step[i]))
            first = &r->step[i];
    double fall = fmin(log10(first->h) - a.x0, (log10(first->hand) - a.y0) / 2);
    double h = first->h * pow(10, -fall);
    dm_text_put(to, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#999\" "
                    "stroke-dasharray=\"5 4\"/>\n", across(&a, first->h), up(&a, first->hand), across(&a, h),
                up(&a, first->hand * pow(10, -2 * fall)));
    dm_text_put(to, "<polyline fill=\"none\" stroke=\"#2a6f97\" stroke-width=\"2\" points=\"");
    for (size_t i = 0; i < r->steps; i++)
        if (drawable(&r->step[i]))
            dm_text_put(to, "%.1f,%.1f ", across(&a, r->step[i].h), up(&a, r->step[i].hand));
    dm_text_put(to, "\"/>\n");
    for (size_t i = 0; i < r->steps; i++)
        if (drawable(&r->step[i]))
            dm_text_put(to, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"#2a6f97\"/>\n",
                        across(&a, r->step[i].h), up(&a, r->step[i].hand));
    dm_text_put(to, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">step h</text>\n</svg>\n", LEFT + WIDE / 2,
                TOP + HIGH + 38);
    dm_text_put(to, "<figcaption>Error of the linear model along a random direction; dashed: slope 2");
    if (isfinite(r->slope_hand))
        dm_text_put(to, ", measured %.2f", r->slope_hand);
    dm_text_put(to, "</figcaption>\n</figure>\n");
}

/* ------------------------------------------------------------------------------------------ the page */

static void put_section(dm_text *to, const derived *d)
{
    const dm_derivation *g = &d->derivation;
    const char *note[NOTES];
    char text[120];

    dm_text_put(to, "<section>\n<table>\n");
    put_line(to, g->f_name, dm_formula_of(g->f_shown), &(dm_reason) { .words = NULL });
    for (size_t i = 0; i < g->steps; i++)
        put_line(to, g->step[i].left, g->step[i].right, &g->step[i].why);
    dm_text_put(to, "</table>\n");
    for (size_t i = 0, n = notes_of(d, note); i < n; i++) {
        dm_text_put(to, "<p class=\"note\">");
        dm_put_xml(to, note[i]);
        dm_text_put(to, "</p>\n");
    }
    if (!d->formula) {
        dm_text_put(to, "</section>\n");
        return;
    }
    dm_text_put(to, "<div class=\"result\"><p>%c%s with respect to <code>",
                (char) (derivative_word(g->kind)[0] & ~0x20), derivative_word(g->kind) + 1);
    dm_put_xml(to, d->x->name);
    dm_text_put(to, "</code>:</p>\n<p><math display=\"block\"><mi>%s</mi><mo>=</mo>", result_name(g->kind));
    dm_write_mathml(to, dm_formula_of(g->shown));
    dm_text_put(to, "</math></p>\n<p><code>");
    dm_put_xml(to, d->formula);
    dm_text_put(to, "</code></p></div>\n<p class=\"check\">✓ %s</p>\n", agreement(d, text));
    put_plot(to, &d->taylor);
    dm_text_put(to, "</section>\n");
}

bool write_page(FILE *to, const derived *all, size_t n)
{
    dm_text page = { .context = all[0].derivation.context };

    dm_text_put(&page, "%s<title>", head);
    dm_put_xml(&page, all[0].problem->options->expression);
    dm_text_put(&page, "</title>\n%s</head>\n<body>\n<h1>The derivative of <code>", style);
    dm_put_xml(&page, all[0].problem->options->expression);
    dm_text_put(&page, "</code></h1>\n");
    for (size_t i = 0; i < n; i++)
        put_section(&page, &all[i]);
    dm_text_put(&page, "</body>\n</html>\n");
    const char *text = dm_text_done(&page);
    return text && fputs(text, to) >= 0;
}
