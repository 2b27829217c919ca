/* Asking the driver and a tape the same, and comparing what they give. */
#ifndef TESTS_DRIVERS_ASKING_H
#define TESTS_DRIVERS_ASKING_H

#include <stdbool.h>
#include "../fixture.h"

typedef enum { GRADIENT, JVP, JACOBIAN, HESSIAN, HESSIAN_VECTOR, CALLS } call;

/* How matrices lie: one behind the other, with margins to the right of each row, or outputs over inputs. */
typedef enum { CLOSE, APART, OVER, LAYOUTS } layout;

enum { NO_VALUE = 1, NO_GRADIENT = 2 };        /* outputs that may be NULL are */

enum { BEFORE = 7, MARGIN = 8 };       /* what is in the outputs before the call, and in margins */

/* The matrices of a call: `out` is U, dF, J, H or HdA; `second` is U beside H or HdA.  NULL: not wanted. */
typedef struct {
    gsl_matrix *A, *dA, *value, *out, *second;
    double *number, entry;
    gsl_matrix part;                   /* A, where it lies within an output */
} places;

/* Both go through the same products and sums, but in another order.  Entries of the results are sums of as many
 * products as there are entries, and what is cancelled in them is of the size of the results or of 1. */
typedef struct {
    dm_function F;
    dm_tape *tape;
    size_t rows, cols;                 /* of F */
    double tolerance;                  /* for results of size 1 */
    bool relative;                     /* for results of any size, small ones too */
    char text[400];
} question;

extern const char *const call_name[];
int ask_driver(call c, const dm_function *F, const places *p);
int ask_tape(call c, dm_tape *tape, const places *p);

/* Room for a result, with so many columns more of memory beside it; the same with the entries of A. */
gsl_matrix *room(size_t m, size_t n, size_t margin);
gsl_matrix *placed(const gsl_matrix *A, size_t margin);
void margin_is_there(const gsl_matrix *M, const char *text);
bool like(const gsl_matrix *A, const gsl_matrix *B);           /* of the same shape */

/* Places for a function rows × cols of A; OVER has a second way. */
void find_places(places *p, call c, layout how, bool second, const gsl_matrix *A, const gsl_matrix *dA, size_t rows, size_t cols,
                 unsigned without);

/* A tape for q->F; the shape of F(A) is found by calling it. */
void begin_question(question *q, dm *(*f)(dm *A, void *params), void *params, const gsl_matrix *A);

/* The one comparison; it returns the status.  Then everything that a function has, but for what only scalars have. */
int ask_both(const question *q, call c, layout how, const gsl_matrix *A, const gsl_matrix *dA, unsigned without);
void ask_everything(const question *q, layout how, const gsl_matrix *A, const gsl_matrix *dA, unsigned without);
void alike(const question *q, const gsl_matrix *got, const gsl_matrix *expected, const char *text, const char *what);

#endif
