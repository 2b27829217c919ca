/* What a picture is drawn on: lines, marks and words, in points from the upper left corner.  There is one
 * for every kind of file, and whoever draws need not know which.                                      */
#ifndef DUALMAT_COMMAND_CANVAS_H
#define DUALMAT_COMMAND_CANVAS_H

#include <stddef.h>

typedef struct { double x, y; } point;
typedef struct {
    unsigned colour;                   /* 0xRRGGBB */
    double width, dash, gap;           /* dash 0: unbroken */
} pen;
typedef enum { FROM_HERE, AROUND_HERE, UP_TO_HERE, UPWARDS } placing;      /* upwards: turned, around here */

typedef struct canvas canvas;
struct canvas {
    void (*line)(canvas *c, const point *through, size_t n, pen p);
    void (*disc)(canvas *c, point centre, double radius, unsigned colour);
    void (*box)(canvas *c, point corner, double width, double height, unsigned colour);
    void (*text)(canvas *c, point at, placing where, double size, const char *words);
    int (*finish)(canvas *c);          /* writes the file and frees the canvas; 0, or an errno */
};

/* NULL and errno: it cannot be had. */
canvas *svg_canvas(const char *file, int width, int height);
canvas *png_canvas(const char *file, int width, int height);

extern const char *const png_needs;    /* the package without which there is no PNG; NULL: it was there */

#endif
