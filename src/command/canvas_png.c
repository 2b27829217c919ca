/* A canvas that is a PNG file, painted by cairo, two pixels to a point.  Without cairo there is none. */
#include <errno.h>
#include <stdlib.h>
#include "command/canvas.h"

#ifdef HAVE_CAIRO
#include <cairo.h>

const char *const png_needs = NULL;

enum { PIXELS = 2 };                   /* to a point */

typedef struct {
    canvas canvas;                     /* first, so that one is the other */
    cairo_t *on;
    const char *file;
} png;

static cairo_t *paint(canvas *c, unsigned colour)
{
    cairo_t *on = ((png *) c)->on;

    cairo_set_source_rgb(on, (colour >> 16) / 255., (colour >> 8 & 255) / 255., (colour & 255) / 255.);
    cairo_new_path(on);                /* text leaves one behind */
    return on;
}

static void line(canvas *c, const point *through, size_t n, pen p)
{
    cairo_t *on = paint(c, p.colour);

    cairo_set_line_width(on, p.width);
    cairo_set_dash(on, (double[]) { p.dash, p.gap }, p.dash > 0 ? 2 : 0, 0);
    for (size_t i = 0; i < n; i++)
        cairo_line_to(on, through[i].x, through[i].y);
    cairo_stroke(on);
}

static void disc(canvas *c, point centre, double radius, unsigned colour)
{
    cairo_t *on = paint(c, colour);

    cairo_arc(on, centre.x, centre.y, radius, 0, 6.283185307179586);
    cairo_fill(on);
}

static void box(canvas *c, point corner, double width, double height, unsigned colour)
{
    cairo_t *on = paint(c, colour);

    cairo_rectangle(on, corner.x, corner.y, width, height);
    cairo_fill(on);
}

static void text(canvas *c, point at, placing where, double size, const char *words)
{
    static const double before[] = { 0, 0.5, 1, 0.5 };     /* how much of it stands in front of `at` */
    cairo_t *on = paint(c, 0x222222);
    cairo_text_extents_t extents;

    cairo_save(on);
    cairo_set_font_size(on, size);
    cairo_text_extents(on, words, &extents);
    cairo_translate(on, at.x, at.y);
    if (where == UPWARDS)
        cairo_rotate(on, -1.5707963267948966);
    cairo_move_to(on, -before[where] * extents.x_advance, 0);
    cairo_show_text(on, words);
    cairo_restore(on);
}

static int finish(canvas *c)
{
    png *p = (png *) c;
    cairo_status_t status = cairo_status(p->on);

    errno = 0;
    if (!status)
        status = cairo_surface_write_to_png(cairo_get_target(p->on), p->file);
    int because = errno;
    cairo_destroy(p->on);
    free(p);
    return !status ? 0 : status == CAIRO_STATUS_NO_MEMORY ? ENOMEM : because ? because : EIO;
}

canvas *png_canvas(const char *file, int width, int height)
{
    png *p = malloc(sizeof *p);

    if (!p)
        return NULL;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, PIXELS * width,
                                                          PIXELS * height);
    *p = (png) { { line, disc, box, text, finish }, cairo_create(surface), file };
    cairo_surface_destroy(surface);
    cairo_scale(p->on, PIXELS, PIXELS);
    cairo_select_font_face(p->on, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    box(&p->canvas, (point) { 0, 0 }, width, height, 0xFFFFFF);
    return &p->canvas;
}

#else

const char *const png_needs = "libcairo2-dev";

canvas *png_canvas(const char *file, int width, int height)
{
    (void) file;
    (void) width;
    (void) height;
    errno = ENOTSUP;
    return NULL;
}

#endif
