/* The expression language: Octave's notation, parsed into a tree, its shapes inferred, evaluated with dm.
 *
 * Nothing here prints; what is wrong with an expression is a complaint that knows its place.          */
#ifndef DM_LANGUAGE_H
#define DM_LANGUAGE_H

#include <dualmat.h>

typedef struct dm_expression dm_expression;

/* What is wrong, and where: text[at .. at+length-1] of the expression. */
typedef struct {
    int code;                /* GSL_EINVAL: the words; GSL_EBADLEN: the shapes; else the numbers, the memory */
    size_t at, length;       /* in bytes */
    char message[640];
} dm_complaint;

/* NULL and a complaint where the text is no expression.  Free with dm_expression_free. */
dm_expression *dm_expression_parse(const char *text, dm_complaint *complaint);
void dm_expression_free(dm_expression *expression);      /* NULL is allowed */
const char *dm_expression_text(const dm_expression *expression);

/* The variables, in the order in which they first appear. */
size_t dm_expression_variables(const dm_expression *expression);
const char *dm_expression_variable(const dm_expression *expression, size_t i);

/* Does an operation that needs a symmetric matrix, as eig does, stand on the variable itself? */
bool dm_expression_needs_symmetric(const dm_expression *expression, const char *variable);

/* A variable and its shape; 0 rows or 0 columns: not known yet.  Where a given 1×1 may stand in an index or
 * for a size, as in eye(n), its value is of use; NULL: not known.                                     */
typedef struct {
    const char *name;
    size_t rows, cols;
    const double *value;
} dm_shape;

/* Fill in the shapes that are not known yet as the expression needs them, so that it evaluates: names in
 * lower case as column vectors, in upper case as matrices, `free_size` where nothing says (infer.c has the
 * rules).  Variables that `shapes` does not list are an error.  result: the expression's own shape,
 * rows/cols given (what it must be) or 0 (then filled in, 0 where a size is not known before it is
 * evaluated); may be NULL.  Returns GSL_SUCCESS or the complaint's code; then `shapes` are untouched.  */
int dm_expression_infer(const dm_expression *expression, dm_shape shapes[], size_t n,
                        dm_shape *result, size_t free_size, dm_complaint *complaint);

/* The value, with `values[i]` for `names[i]`.  Failed, with a complaint that names the place, where an
 * operation fails; the context's dm all the same.  NULL only where a name is missing.  Values without a
 * name of their own get one for messages, which is the expression's: it must live as long as they do.  */
dm *dm_expression_evaluate(const dm_expression *expression, dm_context *context,
                           const char *const names[], dm *const values[], size_t n,
                           dm_complaint *complaint);

/* The same, with touch(A, node, data) in the place of every value A on the way, of whatever node it is:
 * names and results, but not whole numbers, which may be sizes or exponents.                          */
typedef struct {
    dm *(*touch)(dm *A, size_t node, void *data);
    void *data;
} dm_touch;
dm *dm_expression_evaluate_touched(const dm_expression *expression, dm_context *context,
                                   const char *const names[], dm *const values[], size_t n, dm_touch with,
                                   dm_complaint *complaint);

/* A message of the library without the names that things have in C: "dm_inverse: A is 2×3" says "A is 2×3"
 * beside the place, and dm_sqrt is sqrt.                                                              */
void dm_in_the_language(char *message, size_t size);

/* The function named most like `word`, for "did you mean ...": *length letters, not terminated; NULL: none
 * is near. */
const char *dm_language_nearest(const char *word, size_t *length);

/* What the language knows, for `dualmat ops`: the i-th line as "formula", "what it is"/"differential". */
typedef struct {
    const char *family, *formula, *differential;
} dm_language_entry;
size_t dm_language_entries(void);
dm_language_entry dm_language_entry_at(size_t i);

#endif
