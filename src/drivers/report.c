/* The report of a check as text. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "drivers/check.h"
#include "drivers/drivers.h"

typedef struct {
    char *text;
    size_t size, length;               /* length: of all of it, whether there is room or not */
} page;

static void put(page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(page *p, const char *format, ...)
{
    bool room = p->length < p->size;
    va_list arguments;

    va_start(arguments, format);
    int n = vsnprintf(room ? p->text + p->length : NULL, room ? p->size - p->length : 0, format, arguments);
    va_end(arguments);
    p->length += n > 0 ? (size_t) n : 0;
}

/* A sentence in lines of at most 80 columns; a character is a byte here, which is close enough. */
static void put_wrapped(page *p, const char *sentence)
{
    while (strlen(sentence) > 80) {
        size_t n = 80;
        while (n > 0 && sentence[n] != ' ')
            n--;
        if (n == 0)
            n = strcspn(sentence, " ");
        put(p, "%.*s\n", (int) n, sentence);
        sentence += n + (sentence[n] == ' ');
    }
    put(p, "%s\n", sentence);
}

static void put_slope(page *p, double slope)
{
    if (isnan(slope))
        put(p, "  %12s", "-");
    else
        put(p, "  %12.2f", slope);
}

static void put_taylor(page *p, const dm_check_report *r)
{
    put(p, "\nTaylor test: the error of the linear model at A + h*D\n  %12s  %12s  %12s\n", "h", "by hand",
        "exact");
    for (size_t s = 0; s < r->steps; s++)
        if (!isnan(r->step[s].exact))
            put(p, "  %12.0e  %12.2e  %12.2e%s\n", r->step[s].h, r->step[s].hand, r->step[s].exact,
                r->step[s].exact <= r->rounding ? "  rounding" : "");
    put(p, "  %12s", "slope");
    put_slope(p, r->slope_hand);
    put_slope(p, r->slope_exact);
    put(p, "  2: right, 1: wrong\n");
}

size_t dm_check_text(const dm_check_report *r, char *text, size_t size)
{
    if (!r || (!text && size > 0))
        return dm_check_refuse("dm_check_text", text, size);
    page p = { text, size, 0 };
    char sentence[1200];

    dm_check_sentence(r, sentence, sizeof sentence);
    put_wrapped(&p, sentence);
    if (r->rows * r->cols == 0)
        return p.length;
    put(&p, "\n  %-19s%14s%14s\n", "", "by hand", "exact");
    for (size_t k = 0; k < r->ranked; k++) {
        char place[64];
        snprintf(place, sizeof place, "entry (%zu,%zu)", r->worst[k].row + 1, r->worst[k].col + 1);
        put(&p, "  %-19s%14.6g%14.6g\n", place, r->worst[k].hand, r->worst[k].exact);
    }
    put(&p, "  %-19s%14.6g%14.6g\n", "Frobenius norm", r->norm_hand, r->norm_exact);
    if (!isnan(r->angle))
        put(&p, "  %-19s%14.4g\n", "angle, degrees", r->angle);
    put(&p, "  %-19s%14zu of %zu\n", "entries that differ", r->differ, r->rows * r->cols);
    put(&p, "  %-19s%14.2g\n", "relative error", r->error);
    put(&p, "  %-19s%14.2g\n", "noise allowed", r->noise);
    if (r->steps > 0)
        put_taylor(&p, r);
    return p.length;
}

int dm_check_write(const dm_check_report *report, FILE *stream)
{
    if (!report || !stream)
        return dm_refuse(NULL, GSL_EFAULT, "dm_check_write: report or stream is NULL");
    size_t length = dm_check_text(report, NULL, 0);
    char *text = malloc(length + 1);

    if (!text)
        return GSL_ENOMEM;
    dm_check_text(report, text, length + 1);
    int status = fputs(text, stream) < 0 ? GSL_EFAILED : GSL_SUCCESS;
    free(text);
    return status;
}
