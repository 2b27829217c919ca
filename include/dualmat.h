/* dualmat: forward-mode automatic differentiation of matrix expressions, on the GNU Scientific Library.
 *
 * A dual matrix (dm) carries a value A and a differential dA through ordinary function calls.  Every
 * operation knows one identity, such as d(AB) = dA*B + A*dB; the gradient of a scalar function f is
 * read off as the U in df = tr(U'*dA).
 *
 *     #include <stdio.h>
 *     #include <gsl/gsl_matrix.h>
 *     #include <dualmat.h>
 *
 *     static dm *trace_of_square(dm *A, void *params)        // f(A) = tr(A*A)
 *     {
 *         (void) params;
 *         return dm_trace(dm_mul(A, A));
 *     }
 *
 *     int main(void)
 *     {
 *         double a[] = { 1, 2, 3, 4 }, u[4], value;
 *         gsl_matrix_view A = gsl_matrix_view_array(a, 2, 2), U = gsl_matrix_view_array(u, 2, 2);
 *         dm_function F = { trace_of_square, NULL };
 *
 *         dm_gradient(&F, &A.matrix, &value, &U.matrix);      // value = 29, U = 2*A'
 *         printf("%g\n%g %g\n%g %g\n", value, u[0], u[1], u[2], u[3]);
 *         return 0;
 *     }
 *
 * Conventions, once and for all.
 *
 *   Shapes.    Vectors are n×1, scalars 1×1; a matrix has at least one row and one column.  The
 *              gradient U has the shape of A.  Jacobians and Hessians act on vec, which stacks
 *              columns: for F(X) = A*X*B the Jacobian is kron(B', A).
 *   Memory.    A dm lives in the context of its operands until that context is reset or freed; there
 *              is nothing to free one by one.  Matrices that are handed in are copied.
 *   Errors.    An operation never fails in the middle of an expression: a result that cannot be is
 *              marked, carries its reason on, and the call that takes the result out of the expression
 *              (a driver, dm_read_off, dm_value ...) returns a GSL code and raises it through
 *              gsl_error, once, with a message that names the operation and the shapes.  On an error
 *              the outputs of a call are left as they were (but see dm_tape_push).  A result with a NaN
 *              or an infinity in it is an error, not a result.  What is NULL is GSL_EFAULT.
 *   Constants. An operand without a differential costs no derivative work.
 *   Threads.   Contexts are independent: use one a thread.
 *   Indices    count from 0 in C.  In the formulas beside the operations, which are in the notation of
 *              the expression language (Octave's), they count from 1.                               */
#ifndef DUALMAT_H
#define DUALMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_matrix.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DM_VERSION "0.1.0"

#if defined(__GNUC__)
#define DM_API __attribute__((visibility("default")))
#else
#define DM_API
#endif

typedef struct dm dm;                   /* a dual matrix */
typedef struct dm_context dm_context;   /* where dual matrices live */

/* ---------------------------------------------------------------------- gradients and their kin --
 *
 * A function of one matrix, in GSL's manner: it builds its result from A by the operations below.  It
 * may make constants in dm_context_of(A).                                                          */
typedef struct {
    dm *(*f)(dm *A, void *params);
    void *params;
} dm_function;

/* df = tr(U'*dA):  the value of a scalar function and its gradient U, of the shape of A, in one
 * evaluation and one pass back over its terms, whatever the size of A.  value may be NULL.
 * GSL_EBADLEN  the function is not 1×1, or U has not the shape of A;  else what the function met:
 * GSL_EBADLEN for shapes, GSL_ESING, GSL_EDOM, GSL_EZERODIV, GSL_EOVRFLW for numbers, GSL_ENOMEM.  */
DM_API int dm_gradient(const dm_function *F, const gsl_matrix *A, double *value, gsl_matrix *U);

/* dF, the differential at A along dA: the directional derivative.  value (NULL if not wanted) and dF
 * have the shape of F(A).  Errors as above.                                                        */
DM_API int dm_jvp(const dm_function *F, const gsl_matrix *A, const gsl_matrix *dA, gsl_matrix *value,
                  gsl_matrix *dF);

/* vec(dF) = J*vec(dA).  For F(A) p×q and A m×n: J is pq × mn, value (NULL if not wanted) p×q.  One
 * evaluation of F; then columns by pushing directions, or rows by reading off, whichever is fewer. */
DM_API int dm_jacobian(const dm_function *F, const gsl_matrix *A, gsl_matrix *value, gsl_matrix *J);

/* d²f = vec(dA)'*H*vec(dA).  For a scalar function of A m×n: U m×n (NULL if not wanted) is the
 * gradient, H mn × mn the derivative of vec(U).  The same rules, run one level up.                 */
DM_API int dm_hessian(const dm_function *F, const gsl_matrix *A, double *value, gsl_matrix *U,
                      gsl_matrix *H);

/* H times a direction: HdA, of the shape of A, is the differential of the gradient along dA.  Costs a
 * small multiple of one gradient; H is not formed.  value and U may be NULL.                       */
DM_API int dm_hessian_vector(const dm_function *F, const gsl_matrix *A, const gsl_matrix *dA,
                             double *value, gsl_matrix *U, gsl_matrix *HdA);

/* ------------------------------------------------------------------------------------- on tape --
 *
 * What a function does with its matrix mostly does not depend on the entries.  Then a derivative can be recorded
 * once, as the products and sums that it comes to, and run again for other entries; for small matrices, where
 * looking at shapes and keeping terms takes longer than the products, that is several times faster:
 *
 *     dm_tape *tape = dm_tape_alloc(&F);
 *     while (...)
 *         dm_tape_gradient(tape, A, &value, U);               // as dm_gradient(&F, A, &value, U)
 *     dm_tape_free(tape);
 *
 * F is called when a derivative is asked for the first time, and anew when the shape of A, the number of directions,
 * or what is wanted beside the derivative has changed.  What its calls came to is kept, and taken to hold for every A.
 * So all else is as it was then: what F handed in by dm_constant and dm_scalar, numbers such as the p of dm_scale, and
 * which operations it did (a branch on params).  Only the entries of dm_constant_view are read anew by each run, where
 * they lay then: copy other data there, or make them a matrix of a dm_multi_function.  To record anew, free the tape.
 * F is copied; what params points to must outlive the tape.
 *
 * The results are those of the functions above of the same name, to rounding; so are the errors, in their names: what
 * is singular, not finite, at a kink or otherwise not regular is left to them, and F is called again.  Not recorded, so
 * that each call is one of the function of the same name, is a function that looks at entries (dm_value ...), hands in
 * a view whose rows lie apart, or has a rule that looks (eigenvalues, eigenvectors and softmax; second derivatives of
 * det and logsumexp too); and a Jacobian or Hessian that is no sum of a few Kronecker products and has more than 64
 * columns, or rows where these are fewer.  One tape a thread.                                         */
typedef struct dm_tape dm_tape;

/* A function of n matrices. */
typedef struct {
    dm *(*f)(dm *const A[], void *params);
    size_t n;
    void *params;
} dm_multi_function;

DM_API dm_tape *dm_tape_alloc(const dm_function *F);                  /* NULL: GSL_ENOMEM, GSL_EFAULT; */
DM_API dm_tape *dm_tape_alloc_multi(const dm_multi_function *F);      /* also where n is 0          */
DM_API void dm_tape_free(dm_tape *tape);                              /* NULL is allowed            */
DM_API int dm_tape_gradient(dm_tape *tape, const gsl_matrix *A, double *value, gsl_matrix *U);
DM_API int dm_tape_jvp(dm_tape *tape, const gsl_matrix *A, const gsl_matrix *dA, gsl_matrix *value,
                       gsl_matrix *dF);
DM_API int dm_tape_jacobian(dm_tape *tape, const gsl_matrix *A, gsl_matrix *value, gsl_matrix *J);
DM_API int dm_tape_hessian(dm_tape *tape, const gsl_matrix *A, double *value, gsl_matrix *U,
                           gsl_matrix *H);
DM_API int dm_tape_hessian_vector(dm_tape *tape, const gsl_matrix *A, const gsl_matrix *dA,
                                  double *value, gsl_matrix *U, gsl_matrix *HdA);

/* Of several matrices (or one): df = the sum of tr(U[i]'*dA[i]), all gradients in one pass.  Errors as those of
 * dm_gradient; for dm_tape_push, of dm_jvp.                                                          */
DM_API int dm_tape_gradients(dm_tape *tape, const gsl_matrix *const A[], double *value,
                             gsl_matrix *const U[]);

/* The differentials along k directions at once: in direction s the matrix A[i] moves along dA[i*k + s], and the
 * function along dF[s].  GSL_EINVAL: k is 0.  Where an error comes of direction s (a NaN in it, say), dF[0] to dF[s]
 * may have been written to, as may the dF of dm_tape_jvp: to keep them back would take as long as to copy them all.
 * An output may lie over an input, but not over another output.                                      */
DM_API int dm_tape_push(dm_tape *tape, const gsl_matrix *const A[], size_t k,
                        const gsl_matrix *const dA[], gsl_matrix *value, gsl_matrix *const dF[]);

/* Take the directions of dm_tape_push in so many threads (1, unless it is said), the caller's among them, where they
 * are work enough (32 of 32×32 matrices are, or 2 of 80×80), F is recorded, and OpenBLAS, if it serves, has one thread
 * (OPENBLAS_NUM_THREADS=1, or openblas_set_num_threads(1)): else its threads and these would wait for each other.  Each
 * thread has a program of its own, which computes the value too: F is called once for each when it is recorded, by the
 * caller's, and is recorded anew after this call.  After an error any dF may have been written to.  The threads sleep between the calls and end with the tape; in a child of
 * fork, which has none of them, the caller's does it all.
 * GSL_EINVAL: threads is 0;  GSL_ENOMEM: there are not so many to be had, the tape stays with those it has.  */
DM_API int dm_tape_set_threads(dm_tape *tape, size_t threads);

/* ------------------------------------------------------------ derivatives that were derived by hand --
 *
 * Is one right, and if not, why?  It is held against the exact one, entry by entry, and both against the
 * function itself by a Taylor test: the error of the linear model falls with h^2 where the derivative is
 * right, with h where it is wrong.  In a test that is one line:
 *
 *     ck_assert(dm_check_gradient(&F, &by_hand, A, NULL) == GSL_SUCCESS);
 *
 * GSL_SUCCESS  right;  GSL_FAILURE  wrong, and report (NULL: not wanted) says where and why;  GSL_EBADLEN,
 * GSL_EDOM ...  it could not be checked;  GSL_EBADFUNC  because df returned an error.  Only what could not be
 * checked is raised, and the report is then as it was.                                                */
typedef enum { DM_GRADIENT, DM_JACOBIAN, DM_HESSIAN } dm_derivative;

enum { DM_CHECK_STEPS = 14, DM_CHECK_RANKS = 5 };

/* The error of the linear model at A + h*D; NaN where the function has no value there. */
typedef struct {
    double h, exact, hand;
} dm_check_step;

typedef struct {
    size_t row, col;                   /* from 0 */
    double hand, exact;
} dm_check_entry;

typedef struct {
    /* Entry by entry. */
    bool right;                        /* no entry differs */
    size_t rows, cols, differ;         /* an entry differs where |hand - exact| > */
    double tolerance, noise, allowed;  /*     tolerance * max(|hand|, |exact|) + noise + allowed: what rounding
                                        *     explains, and what numbers of few digits are allowed besides.
                                        *     Each entry has a noise of its own; this is the largest */
    size_t hidden, kinks, outside;     /* entries that rounding hides; those at a kink or a jump, where the function
                                        *     has no derivative, and those of them that differ from all that it
                                        *     is on the sides */
    bool beside;                       /* so it was compared beside A */
    size_t row, col;                   /* the worst entry: the largest difference; among those that differ, */
    double hand, exact;                /*     if any do.  Both its values */
    double largest;                    /* of all entries of both, in absolute value */
    double error;                      /* the largest difference, relative to `largest` */
    double entry_error;                /* the largest (|hand - exact| - noise - allowed) / max(|hand|, |exact|) of
                                        * an entry: right where that is at most `tolerance` */
    double norm_hand, norm_exact;      /* Frobenius */
    double angle;                      /* between both, in degrees; NaN where one is zero */
    size_t ranked;                     /* so many entries that differ, the worst first */
    dm_check_entry worst[DM_CHECK_RANKS];

    /* What the hand-derived one is instead: its transpose, or a multiple of it (0: neither). */
    bool transposed;
    double factor;

    /* What explains the difference at several random points, and the formula as it should be; or "". */
    char why[400], formula[400];

    /* The Taylor test; slopes are NaN where the error is nothing but rounding at every step. */
    size_t steps;
    dm_check_step step[DM_CHECK_STEPS];
    double rounding;                   /* errors below this say nothing */
    double slope_hand, slope_exact;    /* of log(error) against log(h): 2 is right, 1 is wrong */
} dm_check_report;

/* Derived by hand: the derivative at A, in U of the shape that dm_gradient, dm_jacobian or dm_hessian give
 * it.  Returns a GSL code; what is not finite is GSL_EDOM.  Where it is wrong it is asked for at points near A too, as the function is.  */
typedef struct {
    int (*df)(const gsl_matrix *A, void *params, gsl_matrix *U);
    void *params;
} dm_hand;

DM_API int dm_check_gradient(const dm_function *F, const dm_hand *hand, const gsl_matrix *A,
                             dm_check_report *report);
DM_API int dm_check_jacobian(const dm_function *F, const dm_hand *hand, const gsl_matrix *A,
                             dm_check_report *report);
DM_API int dm_check_hessian(const dm_function *F, const dm_hand *hand, const gsl_matrix *A,
                            dm_check_report *report);

/* The same for any C function and its df, as GSL's minimizers take them.  In place of the exact gradient
 * stand difference quotients, extrapolated (Ridders), whose error bars are in report->noise: no entry is
 * called wrong that lies within them.                                                              */
DM_API int dm_check_fdf(double (*f)(const gsl_vector *x, void *params),
                        void (*df)(const gsl_vector *x, void *params, gsl_vector *g), void *params,
                        const gsl_vector *x, dm_check_report *report);

/* What was found, in a sentence; in full, as text of at most 80 columns.  Like snprintf they return how
 * long the text is, however large `size`; where the report is NULL (GSL_EFAULT) it is empty.       */
DM_API size_t dm_check_sentence(const dm_check_report *report, char *text, size_t size);
DM_API size_t dm_check_text(const dm_check_report *report, char *text, size_t size);
DM_API int dm_check_write(const dm_check_report *report, FILE *stream);
                                                                /* GSL_EFAILED: cannot;  GSL_ENOMEM, GSL_EFAULT */

/* ------------------------------------------------------------------------------------- contexts --
 *
 * A steady loop (reset, evaluate, reset ...) allocates nothing after its first turn.               */
DM_API dm_context *dm_context_alloc(void);           /* NULL and GSL_ENOMEM when there is no memory  */
DM_API void dm_context_reset(dm_context *context);   /* every dm in it is gone, the memory is kept   */
DM_API void dm_context_free(dm_context *context);    /* NULL is allowed                              */
DM_API dm_context *dm_context_of(const dm *A);

/* The first error since the last reset: its GSL code and its message; GSL_SUCCESS and "" if none;
 * GSL_EFAULT and words if the context is NULL.                                                     */
DM_API int dm_context_error(const dm_context *context);
DM_API const char *dm_context_message(const dm_context *context);

/* A scope releases the temporaries of a loop and keeps its results, so that pushing needs no memory in
 * proportion to the length of a computation:
 *
 *     dm_scope scope = dm_scope_open(context);
 *     for (...) {
 *         X = dm_mul(dm_exp(X), B);
 *         dm_scope_turn(scope, &X, 1);
 *     }
 *     dm_scope_close(scope, &X, 1);
 *
 * keep[0..n-1] are replaced by copies; everything else made since the scope was opened is gone, what an
 * earlier turn kept too.  A turn leaves the scope open; what is kept when it is closed outlives it.
 * Where a differential is formal the terms must stay: nothing is then released.
 *
 * GSL_ENOMEM: every keep[i] is then a failed dm, and nothing is released.  GSL_EFAULT: the scope's context
 * is NULL, or keep is.  GSL_EINVAL: the scope was closed already, the context was reset since, or a scope
 * that was opened within it is still open; nothing is released.                                     */
typedef struct {
    dm_context *context;
    void *chunk, *at, *late;           /* the library's own */
    unsigned long formal, outer, number;
} dm_scope;
DM_API dm_scope dm_scope_open(dm_context *context);
DM_API int dm_scope_turn(dm_scope scope, dm **keep, size_t n);
DM_API int dm_scope_close(dm_scope scope, dm **keep, size_t n);

/* ------------------------------------------------------------------------ making dual matrices --
 *
 * Entries must be finite (else GSL_EDOM).                                                          */
DM_API dm *dm_constant(dm_context *context, const gsl_matrix *A);      /* dA = 0                     */
DM_API dm *dm_scalar(dm_context *context, double a);                   /* 1×1 constant               */
DM_API dm *dm_identity(dm_context *context, size_t n);                 /* eye(n), a constant         */
DM_API dm *dm_zeros(dm_context *context, size_t m, size_t n);          /* zeros(m,n), a constant     */
DM_API dm *dm_ones(dm_context *context, size_t m, size_t n);           /* ones(m,n), a constant      */
DM_API dm *dm_dual(dm_context *context, const gsl_matrix *A, const gsl_matrix *dA);
                                        /* a value and one direction; all duals move at once          */
DM_API dm *dm_dual_panel(dm_context *context, const gsl_matrix *A, size_t k,
                         const gsl_matrix *const dA[]);  /* k directions; the same k in every dual    */
DM_API dm *dm_variable(dm_context *context, const gsl_matrix *A);      /* dA left formal             */

/* The same without a copy and without a look at the entries: what is handed in must stay as it is until the
 * context is reset: no output may lie over it.  (A copy is made where the rows do not lie one behind
 * the other.)  The directions of a panel come side by side in one m × k*n matrix, [dA1, dA2, ... dAk].
 * GSL_EINVAL  a matrix without entries;  GSL_EBADLEN  dA is not m × k*n, or k is 0.                  */
DM_API dm *dm_constant_view(dm_context *context, const gsl_matrix *A);
DM_API dm *dm_dual_view(dm_context *context, const gsl_matrix *A, size_t k, const gsl_matrix *dA);
DM_API dm *dm_variable_view(dm_context *context, const gsl_matrix *A);

/* A variable whose value is any dm, at a new level of its own: the way to nest derivatives by hand.
 * Read off with respect to it, the result is a dm again (dm_gradient_of).                          */
DM_API dm *dm_variable_of(dm *A);

/* The name that messages use for A in place of the letter of the formula; the text is not copied.  */
DM_API dm *dm_named(dm *A, const char *name);

/* ----------------------------------------------------------------------------- taking results out --
 *
 * Views, without a copy; valid until the context is reset or the scope closed.  Of a failed dm: an
 * empty view (its data are NULL), NaN for a scalar, and the error is raised.                       */
DM_API _gsl_matrix_const_view dm_value(const dm *A);
DM_API _gsl_matrix_const_view dm_differential(const dm *A, size_t direction);   /* of dm_dual(_panel) */
DM_API double dm_value_scalar(const dm *a);                       /* a is 1×1, else GSL_EBADLEN      */
DM_API double dm_differential_scalar(const dm *a, size_t direction);
DM_API size_t dm_rows(const dm *A);
DM_API size_t dm_columns(const dm *A);
DM_API int dm_status(const dm *A);                                /* GSL_SUCCESS, or why A failed    */
DM_API const char *dm_message(const dm *A);                       /* "" or the reason in words       */

/* df = tr(U'*dA) for the variable A (dm_variable) of the 1×1 dm f.  For several variables of one f the
 * pass over the terms is made once.  U is zero where f does not depend on A.
 * GSL_EINVAL  A is no variable;  GSL_EBADLEN  f is not 1×1 or U has not the shape of A.             */
DM_API int dm_read_off(dm *f, dm *A, gsl_matrix *U);

/* The same with the gradient left a dm, of a level below A's, so that it can be computed with and
 * differentiated again: by what lies below A, not by A itself, of which U holds the value only.  For
 * second derivatives take two levels: X = dm_variable(...), A = dm_variable_of(X), U = dm_gradient_of(f(A), A),
 * then dm_read_off(g(U), X, ...).  U is failed where dm_read_off would return an error, and (GSL_EINVAL) where
 * f carries a derivative of a level above A's, which would be lost.                                 */
DM_API dm *dm_gradient_of(dm *f, dm *A);

/* --------------------------------------------------------------------------------- arithmetic -- */
DM_API dm *dm_add(dm *A, dm *B);            /* A + B     d = dA + dB                                 */
DM_API dm *dm_sub(dm *A, dm *B);            /* A - B     d = dA - dB                                 */
DM_API dm *dm_neg(dm *A);                   /* -A        d = -dA                                     */
DM_API dm *dm_scale(dm *A, double p);       /* p*A       d = p*dA                                    */
DM_API dm *dm_scale_by(dm *A, dm *s);       /* s*A       d = ds*A + s*dA           s 1×1             */
DM_API dm *dm_hadamard(dm *A, dm *B);       /* A.*B      d = dA.*B + A.*dB                           */
DM_API dm *dm_quotient(dm *A, dm *B);       /* A./B      d = (dA - (A./B).*dB)./B  GSL_EZERODIV      */

/* ----------------------------------------------------------------------------------- products -- */
DM_API dm *dm_mul(dm *A, dm *B);            /* A*B       d = dA*B + A*dB           m×n, n×p -> m×p   */
DM_API dm *dm_inner(dm *A, dm *B);          /* tr(A'*B)  d = tr(dA'*B) + tr(A'*dB) same shape -> 1×1 */
DM_API dm *dm_outer(dm *x, dm *y);          /* x*y'      d = dx*y' + x*dy'         m×1, n×1 -> m×n   */
DM_API dm *dm_kron(dm *A, dm *B);           /* kron(A,B) d = kron(dA,B) + kron(A,dB) m×n, p×q -> mp×nq */
DM_API dm *dm_kron_left(dm *C, dm *B);      /* the X with tr(X'*A) = tr(C'*kron(A,B)) for all A
                                                                                   mp×nq, p×q -> m×n */
DM_API dm *dm_kron_right(dm *A, dm *C);     /* the X with tr(X'*B) = tr(C'*kron(A,B)) for all B
                                                                                   m×n, mp×nq -> p×q */
DM_API dm *dm_power(dm *A, int k);          /* A^k, by squaring; k < 0 by the inverse: GSL_ESING     */

/* ---------------------------------------------------------------------------------- structure --
 *
 * Linear: the differential is the same operation on dA.                                            */
DM_API dm *dm_transpose(dm *A);                                   /* A'                              */
DM_API dm *dm_reshape(dm *A, size_t r, size_t c);                 /* reshape(A,r,c), by columns      */
DM_API dm *dm_vec(dm *A);                                         /* vec(A)   the columns, stacked   */
DM_API dm *dm_block(dm *A, size_t i, size_t j, size_t r, size_t c); /* A(i:i+r-1, j:j+c-1), r×c      */
DM_API dm *dm_embed(dm *A, size_t i, size_t j, size_t r, size_t c); /* A at (i,j) of an r×c zero     */
DM_API dm *dm_hcat(dm *A, dm *B);                                 /* [A, B]                          */
DM_API dm *dm_vcat(dm *A, dm *B);                                 /* [A; B]                          */
DM_API dm *dm_diag(dm *x);                                        /* diag(x)  n×1 -> n×n             */
DM_API dm *dm_diagonal(dm *A);                                    /* diag(A)  m×n -> min(m,n)×1      */
DM_API dm *dm_repeat(dm *A, size_t r, size_t c);                  /* repmat(A,r,c)   m×n -> rm×cn    */

/* --------------------------------------------------------------------------------- reductions -- */
DM_API dm *dm_trace(dm *A);                 /* tr(A)     d = tr(dA)                n×n -> 1×1        */
DM_API dm *dm_sum(dm *A);                   /* sum(A)    of all entries            m×n -> 1×1        */
DM_API dm *dm_row_sums(dm *A);              /* sum(A,2)  A*ones(n,1)               m×n -> m×1        */
DM_API dm *dm_column_sums(dm *A);           /* sum(A,1)  ones(1,m)*A               m×n -> 1×n        */

DM_API dm *dm_logsumexp(dm *A);             /* log(sum(exp(A))), never overflows   d = tr(softmax(A)'*dA) */
DM_API dm *dm_softmax(dm *A);               /* exp(A)/sum(exp(A))                  d = S.*dA - tr(S'*dA)*S */

/* ---------------------------------------------------------------------- solves and determinants --
 *
 * A is factored once, by LU with partial pivoting, by Cholesky where it is definite by the way it was made
 * (A'*A + I); a triangular one is its own factor.  Its value keeps the factors, so further solves, inverses,
 * determinants and all their differentials factor nothing again.  GSL_ESING where a pivot is nothing but
 * rounding error, or an entry on the diagonal of a triangular one 0.  GSL_EDOM where an entry is not finite. */
DM_API dm *dm_inverse(dm *A);               /* inv(A)    d = -inv(A)*dA*inv(A)                       */
DM_API dm *dm_solve(dm *A, dm *B);          /* A\B       d = A\(dB - dA*(A\B))     n×n, n×p -> n×p   */
DM_API dm *dm_solve_right(dm *B, dm *A);    /* B/A       d = (dB - (B/A)*dA)/A     p×n, n×n -> p×n   */
DM_API dm *dm_det(dm *A);                   /* det(A)    d = tr(cofactor(A)'*dA)   singular A too, GSL_EOVRFLW */
DM_API dm *dm_cofactor(dm *A);              /* cofactor(A)  det(A)*inv(A)' and its limit at singular A */
DM_API dm *dm_logdet(dm *A);                /* logdet(A) d = tr(inv(A)*dA)         GSL_EDOM: det < 0 */

/* -------------------------------------------------------------------------------- eigenvalues --
 *
 * Of a symmetric matrix, A = Q*diag(lambda)*Q', else GSL_EDOM.  Directions and gradients are projected onto
 * the symmetric matrices.  Where eigenvalues are the same, each has the derivative of their mean;
 * eigenvectors have none: GSL_EZERODIV.                                                            */
DM_API dm *dm_eigenvalues(dm *A);           /* eig(A).values   ascending, n×1      d = diag(Q'*dA*Q)        */
DM_API dm *dm_eigenvectors(dm *A);          /* eig(A).vectors  Q, its first row positive
                                     d = Q*(F.*(Q'*dA*Q)), F(i,j) = 1/(lambda(j)-lambda(i)), F(i,i) = 0  */

/* ----------------------------------------------------------------------- functions of a matrix -- */
DM_API dm *dm_expm(dm *A);                  /* expm(A)   exp of the matrix         d = expm_frechet(A,dA)   */
DM_API dm *dm_expm_frechet(dm *A, dm *E);   /* the integral of expm(s*A)*E*expm((1-s)*A) for s from 0 to 1  */

/* -------------------------------------------------------------------------------------- norms -- */
DM_API dm *dm_norm(dm *x);                  /* norm(x)   d = x'*dx/norm(x), 0 at 0  a vector's 2-norm */
DM_API dm *dm_norm_frobenius(dm *A);        /* norm(A,'fro')   d = tr(A'*dA)/norm, 0 at 0            */
DM_API dm *dm_norm_squared(dm *A);          /* norm(A,'fro')^2 d = 2*tr(A'*dA)      smooth at 0      */
DM_API dm *dm_normalize(dm *A);             /* N = A/norm(A,'fro')   d = (dA - N*tr(N'*dA))/norm
                                     0 at 0, where it has no differential: GSL_EZERODIV              */

/* -------------------------------------------------------------------------- entry by entry (h) --
 *
 * d h(A) = h'(A).*dA.  GSL_EDOM outside a function's domain, with the entry.                        */
DM_API dm *dm_exp(dm *A);                   /* h' = exp(A)                         GSL_EOVRFLW       */
DM_API dm *dm_expm1(dm *A);                 /* exp(A) - 1, accurate near 0   h' = exp(A)  GSL_EOVRFLW */
DM_API dm *dm_log(dm *A);                   /* h' = 1./A                           entries > 0       */
DM_API dm *dm_log1p(dm *A);                 /* log(1+A), accurate near 0     h' = 1./(1+A)   entries > -1 */
DM_API dm *dm_log10(dm *A);                 /* h' = 1./(A*log(10))                 entries > 0       */
DM_API dm *dm_log2(dm *A);                  /* h' = 1./(A*log(2))                  entries > 0       */
DM_API dm *dm_sqrt(dm *A);                  /* h' = 0.5./sqrt(A)                   entries >= 0      */
DM_API dm *dm_square(dm *A);                /* h' = 2*A                                              */
DM_API dm *dm_reciprocal(dm *A);            /* h' = -(1./A).^2                     GSL_EZERODIV      */
DM_API dm *dm_sin(dm *A);                   /* h' = cos(A)                                           */
DM_API dm *dm_cos(dm *A);                   /* h' = -sin(A)                                          */
DM_API dm *dm_tan(dm *A);                   /* h' = 1 + tan(A).^2                                    */
DM_API dm *dm_tanh(dm *A);                  /* h' = tanh_slope(A)                                    */
DM_API dm *dm_tanh_slope(dm *A);            /* 1 - tanh(A).^2, accurate in the tails  h' = -2*tanh(A).*h(A) */
DM_API dm *dm_sigmoid(dm *A);               /* 1./(1+exp(-A))    h' = sigmoid_slope(A)               */
DM_API dm *dm_sigmoid_slope(dm *A);         /* sigmoid(A).*sigmoid(-A)    h' = -tanh(A/2).*h(A)      */
DM_API dm *dm_softplus(dm *A);              /* log(1+exp(A)), never overflows    h' = sigmoid(A)     */
DM_API dm *dm_relu(dm *A);                  /* max(A,0)   h' = 1 where A > 0, else 0 (0 at the kink) */
DM_API dm *dm_abs(dm *A);                   /* h' = sign(A)                        0 at the kink     */
DM_API dm *dm_sign(dm *A);                  /* -1, 0, 1   h' = 0                                     */
DM_API dm *dm_step(dm *A);                  /* 1 where A > 0, else 0        h' = 0                   */
DM_API dm *dm_pow(dm *A, double p);         /* A.^p       h' = p*A.^(p-1)                            */
DM_API dm *dm_hadamard_power(dm *A, dm *B); /* A.^B   d = B.*A.^(B-1).*dA + A.^B.*log(A).*dB, A > 0  */

/* ---------------------------------------------------------------------------------------- about -- */
DM_API const char *dm_blas_library(void);   /* the file of the library that serves dgemm_ in here   */
DM_API const char *dm_blas_kernels(void);   /* those that OpenBLAS chose; NULL: it is another one   */
DM_API const char *dm_blas_coretype(void);  /* those it would choose if it knew this processor: what
                                               OPENBLAS_CORETYPE had better say; NULL: nothing      */

#ifdef __cplusplus
}
#endif

#endif
