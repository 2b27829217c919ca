/* What the drivers share: calling a user's function, and handing finished results out. */
#ifndef DM_DRIVERS_H
#define DM_DRIVERS_H

#include "differentials/terms.h"
#include "numbers/number.h"

/* The drivers of these names in a context that is made already, of arguments that were looked at. */
int dm_gradient_in(dm_context *context, const dm_function *F, const gsl_matrix *A, double *value,
                   gsl_matrix *U);
int dm_jacobian_in(dm_context *context, const dm_function *F, const gsl_matrix *A, gsl_matrix *value,
                   gsl_matrix *J);
int dm_hessian_in(dm_context *context, const dm_function *F, const gsl_matrix *A, double *value,
                  gsl_matrix *U, gsl_matrix *H);

/* The same for a function of several matrices: all gradients in one pass; the differential along k directions. */
int dm_multi_gradient_in(dm_context *context, const dm_multi_function *F, const gsl_matrix *const A[], double *value,
                         gsl_matrix *const U[]);
int dm_multi_push_in(dm_context *context, const dm_multi_function *F, const gsl_matrix *const A[], size_t k,
                     const gsl_matrix *const dA[], gsl_matrix *value, gsl_matrix *const dF[]);

/* F at X.  Failed where F gives nothing or something of another context. */
dm *dm_call(const char *driver, const dm_function *F, dm *X);
dm *dm_multi_call(const char *driver, const dm_multi_function *F, dm *const X[]);

/* A matrix that is handed to a driver, without a copy unless one of its outputs (NULL: none) lies over it. */
dm *dm_input(dm_context *context, const gsl_matrix *A, const gsl_matrix *out1, const gsl_matrix *out2);

/* The failed dm that says where the number R is not finite, and which operation began it.  `what` and `driver` are
 * for the message: "dm_gradient", "the gradient".                                                    */
dm *dm_where_not_finite(const char *driver, const char *what, dm *R);

/* That, or NULL: it is finite. */
static inline dm *dm_not_finite(const char *driver, const char *what, dm *R)
{
    return dm_number_finite(R) ? NULL : dm_where_not_finite(driver, what, R);
}

/* The number at the bottom of A, with its entries also where operations are only written down. */
dm *dm_finished_number(dm *A);

/* The pushed differential of A on that level, below all else; NULL: zero. */
dm *dm_differential_on(dm *A, const dm_level *level);

/* f as the level of X sees it: what lies on higher levels is not X's. */
dm *dm_seen_from(dm *f, const dm *X);

/* U in df = tr(U'*dX): a dm of a level below X's; zeros where f does not depend on X; failed. */
dm *dm_gradient_dm(const char *driver, dm *f, dm *X);

/* The memory of a matrix that is not empty, margins between its rows too. */
typedef struct {
    const double *from, *to;
} dm_stretch;

static inline dm_stretch dm_stretch_of(const gsl_matrix *A)
{
    return (dm_stretch) { A->data, A->data + (A->size1 - 1) * A->tda + A->size2 };
}

/* Do two matrices that are not empty share memory?  Nothing overlaps NULL. */
bool dm_overlap(const gsl_matrix *A, const gsl_matrix *B);

/* Row-major entries of a finite number to a matrix of its shape; NULL is zero.  Where dm_ready was true (for
 * every output, before anything is written to any) this needs no memory and cannot fail.             */
bool dm_ready(dm *R, const gsl_matrix *to);        /* NULL is ready, and NULL needs nothing */
void dm_hand_out(dm *R, gsl_matrix *to);

/* A message for an argument that does not fit, raised at once, and kept by the context if there is one. */
int dm_refuse(dm_context *context, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int dm_check_shape(dm_context *context, const char *driver, const char *name, const gsl_matrix *M,
                   size_t rows, size_t cols, const char *why);

const char *dm_at(const char *array, size_t i, char name[32]);         /* "U[1]", for the messages */

/* The J of vec(dY) = J*vec(dX) for a formal Y = Y(X).  NULL, or the failed dm; then J is as it was. */
dm *dm_jacobian_dm(const char *driver, dm *Y, dm *X, gsl_matrix *J);

/* The k slots of P, each as vec, into as many columns of J, or rows, whose first one begins there. */
void dm_store_columns(dm_panel P, size_t k, double *to, size_t tda);
void dm_store_rows(dm_panel P, size_t k, double *to, size_t tda);

/* J from the sandwiches that make up dY: d -> scale*L*d*R, or with d'; data == NULL is the identity.  kronecker.c */
typedef struct {
    double scale;
    dm_panel L, Rt;                    /* Rt is R' */
    bool transposed;
} dm_kronecker;

/* Everything that is needed; false: a factor is not finite, or there is no memory. */
enum { DM_SANDWICHES = 8 };            /* at most */
bool dm_kronecker_of(const dm_sandwich term[], size_t terms, dm_kronecker K[]);

/* All of J, for a Y of p rows and an m×n X. */
void dm_write_kronecker(const dm_kronecker K[], size_t terms, size_t p, size_t m, size_t n, gsl_matrix *J);

#endif
