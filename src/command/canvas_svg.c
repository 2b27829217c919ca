/* A canvas that is an SVG file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "command/canvas.h"

typedef struct {
    canvas canvas;                     /* first, so that one is the other */
    FILE *f;
} svg;

static FILE *file_of(canvas *c)
{
    return ((svg *) c)->f;
}

static void line(canvas *c, const point *through, size_t n, pen p)
{
    FILE *f = file_of(c);

    fprintf(f, "<path fill=\"none\" stroke=\"#%06x\" stroke-width=\"%g\"", p.colour, p.width);
    if (p.dash > 0)
        fprintf(f, " stroke-dasharray=\"%g %g\"", p.dash, p.gap);
    fputs(" d=\"", f);
    for (size_t i = 0; i < n; i++)
        fprintf(f, "%c%.1f %.1f", i ? 'L' : 'M', through[i].x, through[i].y);
    fputs("\"/>\n", f);
}

static void disc(canvas *c, point centre, double radius, unsigned colour)
{
    fprintf(file_of(c), "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%g\" fill=\"#%06x\"/>\n", centre.x, centre.y,
            radius, colour);
}

static void box(canvas *c, point corner, double width, double height, unsigned colour)
{
    fprintf(file_of(c), "<rect x=\"%.1f\" y=\"%.1f\" width=\"%g\" height=\"%g\" fill=\"#%06x\"/>\n",
            corner.x, corner.y, width, height, colour);
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

static void text(canvas *c, point at, placing where, double size, const char *words)
{
    static const char *const anchor[] = { "start", "middle", "end", "middle" };
    FILE *f = file_of(c);

    fprintf(f, "<text transform=\"translate(%.1f %.1f)%s\" text-anchor=\"%s\" font-size=\"%g\">", at.x, at.y,
            where == UPWARDS ? " rotate(-90)" : "", anchor[where], size);
    put_escaped(f, words);
    fputs("</text>\n", f);
}

static int finish(canvas *c)
{
    svg *s = (svg *) c;

    errno = 0;
    fputs("</g>\n</svg>\n", s->f);
    int failed = ferror(s->f);
    failed = fclose(s->f) != 0 || failed;
    free(s);
    return !failed ? 0 : errno ? errno : EIO;
}

canvas *svg_canvas(const char *file, int width, int height)
{
    svg *s = malloc(sizeof *s);

    if (!s)
        return NULL;
    *s = (svg) { { line, disc, box, text, finish }, fopen(file, "wb") };
    if (!s->f) {
        free(s);
        return NULL;
    }
    fprintf(s->f, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
                  "height=\"%d\">\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
                  "<g font-family=\"sans-serif\" fill=\"#222\">\n",
            width, height, width, height, width, height);
    return &s->canvas;
}
