/* What the tests of the language share. */
#ifndef TESTS_LANGUAGE_H
#define TESTS_LANGUAGE_H

#include <stdlib.h>
#include <string.h>
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"
#include "language/language.h"

#define COUNT(table) ((int) (sizeof (table) / sizeof *(table)))

/* The expression; the test fails with the complaint if it is none. */
dm_expression *parsed(const char *text);

/* The whole complaint, and the part of the text that it is about. */
void complains(const dm_complaint *complaint, const char *text, int code, const char *message,
               const char *about);

/* "A 3x4, x 4x1, b, n=2": shapes, known or not; values are kept where they are given.  How many. */
enum { MOST_SHAPES = 16 };
typedef struct {
    dm_shape shape[MOST_SHAPES];
    double value[MOST_SHAPES];
    char name[MOST_SHAPES][8];
    size_t n;
} shape_list;
void read_shapes(shape_list *list, const char *text);
void print_shapes(const shape_list *list, char *text, size_t size);      /* in the same form */

/* Expressions of every kind, for tests that vary them. */
extern const char *const samples[];
extern const int sample_count;

#endif
