/* Functions that a program in another language carries along, where that language has no name for what the
 * formula needs.  Each goes into the program only if it is used, before those that need it.            */
#include "symbols/source.h"

const dm_helper dm_helpers_c[] = {
    { "product",
      "/* A*B, each transposed or not. */\n"
      "static gsl_matrix *product(const gsl_matrix *A, CBLAS_TRANSPOSE_t a, const gsl_matrix *B,\n"
      "                           CBLAS_TRANSPOSE_t b)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(a == CblasTrans ? A->size2 : A->size1,\n"
      "                                     b == CblasTrans ? B->size1 : B->size2);\n\n"
      "    gsl_blas_dgemm(a, b, 1, A, B, 0, C);\n"
      "    return C;\n"
      "}\n", NULL },
    { "dot",
      "/* The 1x1 product A*B. */\n"
      "static double dot(const gsl_matrix *A, CBLAS_TRANSPOSE_t a, const gsl_matrix *B,\n"
      "                  CBLAS_TRANSPOSE_t b)\n"
      "{\n"
      "    gsl_matrix *C = product(A, a, B, b);\n"
      "    double x = gsl_matrix_get(C, 0, 0);\n\n"
      "    gsl_matrix_free(C);\n"
      "    return x;\n"
      "}\n", "product" },
    { "sum_of",
      "/* a*A + b*B */\n"
      "static gsl_matrix *sum_of(double a, const gsl_matrix *A, double b, const gsl_matrix *B)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        for (size_t j = 0; j < C->size2; j++)\n"
      "            gsl_matrix_set(C, i, j, a * gsl_matrix_get(A, i, j) + b * gsl_matrix_get(B, i, j));\n"
      "    return C;\n"
      "}\n", NULL },
    { "scaled",
      "static gsl_matrix *scaled(double a, const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_matrix_memcpy(C, A);\n"
      "    gsl_matrix_scale(C, a);\n"
      "    return C;\n"
      "}\n", NULL },
    { "transposed",
      "static gsl_matrix *transposed(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size2, A->size1);\n\n"
      "    gsl_matrix_transpose_memcpy(C, A);\n"
      "    return C;\n"
      "}\n", NULL },
    { "factored",
      "/* The LU factors of A; *sign is the permutation's. */\n"
      "static gsl_matrix *factored(const gsl_matrix *A, gsl_permutation **p, int *sign)\n"
      "{\n"
      "    gsl_matrix *LU = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_matrix_memcpy(LU, A);\n"
      "    *p = gsl_permutation_alloc(A->size1);\n"
      "    gsl_linalg_LU_decomp(LU, *p, sign);\n"
      "    return LU;\n"
      "}\n", NULL },
    { "inverse",
      "static gsl_matrix *inverse(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_permutation *p;\n"
      "    int sign;\n"
      "    gsl_matrix *LU = factored(A, &p, &sign), *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_linalg_LU_invert(LU, p, C);\n"
      "    gsl_permutation_free(p);\n"
      "    gsl_matrix_free(LU);\n"
      "    return C;\n"
      "}\n", "factored" },
    { "solved",
      "/* A\\B */\n"
      "static gsl_matrix *solved(const gsl_matrix *A, const gsl_matrix *B)\n"
      "{\n"
      "    gsl_permutation *p;\n"
      "    int sign;\n"
      "    gsl_matrix *LU = factored(A, &p, &sign), *C = gsl_matrix_alloc(B->size1, B->size2);\n\n"
      "    gsl_matrix_memcpy(C, B);\n"
      "    for (size_t j = 0; j < C->size2; j++) {\n"
      "        gsl_vector_view column = gsl_matrix_column(C, j);\n"
      "        gsl_linalg_LU_svx(LU, p, &column.vector);\n"
      "    }\n"
      "    gsl_permutation_free(p);\n"
      "    gsl_matrix_free(LU);\n"
      "    return C;\n"
      "}\n", "factored" },
    { "determinant",
      "static double determinant(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_permutation *p;\n"
      "    int sign;\n"
      "    gsl_matrix *LU = factored(A, &p, &sign);\n"
      "    double x = gsl_linalg_LU_det(LU, sign);\n\n"
      "    gsl_permutation_free(p);\n"
      "    gsl_matrix_free(LU);\n"
      "    return x;\n"
      "}\n", "factored" },
    { "log_determinant",
      "static double log_determinant(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_permutation *p;\n"
      "    int sign;\n"
      "    gsl_matrix *LU = factored(A, &p, &sign);\n"
      "    double x = gsl_linalg_LU_sgndet(LU, sign) > 0 ? gsl_linalg_LU_lndet(LU) : GSL_NAN;\n\n"
      "    gsl_permutation_free(p);\n"
      "    gsl_matrix_free(LU);\n"
      "    return x;\n"
      "}\n", "factored" },
    { "filled",
      "static gsl_matrix *filled(size_t m, size_t n, double x)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(m, n);\n\n"
      "    gsl_matrix_set_all(C, x);\n"
      "    return C;\n"
      "}\n", NULL },
    { "identity",
      "static gsl_matrix *identity(size_t n)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(n, n);\n\n"
      "    gsl_matrix_set_identity(C);\n"
      "    return C;\n"
      "}\n", NULL },
    { "each",
      "/* h of every entry. */\n"
      "static gsl_matrix *each(double (*h)(double), const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        for (size_t j = 0; j < C->size2; j++)\n"
      "            gsl_matrix_set(C, i, j, h(gsl_matrix_get(A, i, j)));\n"
      "    return C;\n"
      "}\n", NULL },
    { "powers",
      "/* A.^p */\n"
      "static gsl_matrix *powers(const gsl_matrix *A, double p)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        for (size_t j = 0; j < C->size2; j++)\n"
      "            gsl_matrix_set(C, i, j, pow(gsl_matrix_get(A, i, j), p));\n"
      "    return C;\n"
      "}\n", NULL },
    { "times",
      "/* A.*B */\n"
      "static gsl_matrix *times(const gsl_matrix *A, const gsl_matrix *B)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_matrix_memcpy(C, A);\n"
      "    gsl_matrix_mul_elements(C, B);\n"
      "    return C;\n"
      "}\n", NULL },
    { "quotient",
      "/* A./B */\n"
      "static gsl_matrix *quotient(const gsl_matrix *A, const gsl_matrix *B)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_matrix_memcpy(C, A);\n"
      "    gsl_matrix_div_elements(C, B);\n"
      "    return C;\n"
      "}\n", NULL },
    { "over",
      "/* x./A */\n"
      "static gsl_matrix *over(double x, const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_matrix_set_all(C, x);\n"
      "    gsl_matrix_div_elements(C, A);\n"
      "    return C;\n"
      "}\n", NULL },
    { "matrix_power",
      "/* A^k, k >= 1 */\n"
      "static gsl_matrix *matrix_power(const gsl_matrix *A, int k)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    gsl_matrix_memcpy(C, A);\n"
      "    while (--k > 0) {\n"
      "        gsl_matrix *D = product(C, CblasNoTrans, A, CblasNoTrans);\n"
      "        gsl_matrix_free(C);\n"
      "        C = D;\n"
      "    }\n"
      "    return C;\n"
      "}\n", "product" },
    { "diagonal_matrix",
      "static gsl_matrix *diagonal_matrix(const gsl_matrix *x)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_calloc(x->size1, x->size1);\n\n"
      "    for (size_t i = 0; i < x->size1; i++)\n"
      "        gsl_matrix_set(C, i, i, gsl_matrix_get(x, i, 0));\n"
      "    return C;\n"
      "}\n", NULL },
    { "diagonal_of",
      "static gsl_matrix *diagonal_of(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1 < A->size2 ? A->size1 : A->size2, 1);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        gsl_matrix_set(C, i, 0, gsl_matrix_get(A, i, i));\n"
      "    return C;\n"
      "}\n", NULL },
    { "row_sums",
      "static gsl_matrix *row_sums(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_calloc(A->size1, 1);\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            *gsl_matrix_ptr(C, i, 0) += gsl_matrix_get(A, i, j);\n"
      "    return C;\n"
      "}\n", NULL },
    { "column_sums",
      "static gsl_matrix *column_sums(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_calloc(1, A->size2);\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            *gsl_matrix_ptr(C, 0, j) += gsl_matrix_get(A, i, j);\n"
      "    return C;\n"
      "}\n", NULL },
    { "kron",
      "static gsl_matrix *kron(const gsl_matrix *A, const gsl_matrix *B)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1 * B->size1, A->size2 * B->size2);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        for (size_t j = 0; j < C->size2; j++)\n"
      "            gsl_matrix_set(C, i, j, gsl_matrix_get(A, i / B->size1, j / B->size2)\n"
      "                                    * gsl_matrix_get(B, i % B->size1, j % B->size2));\n"
      "    return C;\n"
      "}\n", NULL },
    { "stacked",
      "/* vec(A): the columns, stacked. */\n"
      "static gsl_matrix *stacked(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1 * A->size2, 1);\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            gsl_matrix_set(C, j * A->size1 + i, 0, gsl_matrix_get(A, i, j));\n"
      "    return C;\n"
      "}\n", NULL },
    { "trace",
      "static double trace(const gsl_matrix *A)\n"
      "{\n"
      "    double x = 0;\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        x += gsl_matrix_get(A, i, i);\n"
      "    return x;\n"
      "}\n", NULL },
    { "total",
      "static double total(const gsl_matrix *A)\n"
      "{\n"
      "    double x = 0;\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            x += gsl_matrix_get(A, i, j);\n"
      "    return x;\n"
      "}\n", NULL },
    { "norm",
      "static double norm(const gsl_matrix *A)\n"
      "{\n"
      "    double x = 0;\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            x = hypot(x, gsl_matrix_get(A, i, j));\n"
      "    return x;\n"
      "}\n", NULL },
    { "log_sum_exp",
      "/* log(sum(exp(A))) with the largest entry taken out. */\n"
      "static double log_sum_exp(const gsl_matrix *A)\n"
      "{\n"
      "    double largest = gsl_matrix_max(A), x = 0;\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            x += exp(gsl_matrix_get(A, i, j) - largest);\n"
      "    return largest + log(x);\n"
      "}\n", NULL },
    { "softmax",
      "/* exp(A)/sum(exp(A)) */\n"
      "static gsl_matrix *softmax(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n"
      "    double all = log_sum_exp(A);\n\n"
      "    for (size_t i = 0; i < A->size1; i++)\n"
      "        for (size_t j = 0; j < A->size2; j++)\n"
      "            gsl_matrix_set(C, i, j, exp(gsl_matrix_get(A, i, j) - all));\n"
      "    return C;\n"
      "}\n", "log_sum_exp" },
    { "sigmoid", "static double sigmoid(double x) { return 1 / (1 + exp(-x)); }\n", NULL },
    { "softplus", "static double softplus(double x) { return fmax(x, 0) + log1p(exp(-fabs(x))); }\n", NULL },
    { "relu", "static double relu(double x) { return x > 0 ? x : 0; }\n", NULL },
    { "sign", "static double sign(double x) { return (x > 0) - (x < 0); }\n", NULL },
    { "step", "static double step(double x) { return x > 0; }\n", NULL },
    { "reshaped",
      "/* The entries of A, column by column, as m x n. */\n"
      "static gsl_matrix *reshaped(const gsl_matrix *A, size_t m, size_t n)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(m, n);\n\n"
      "    for (size_t k = 0; k < m * n; k++)\n"
      "        gsl_matrix_set(C, k % m, k / m, gsl_matrix_get(A, k % A->size1, k / A->size1));\n"
      "    return C;\n"
      "}\n", NULL },
    { "repeated",
      "/* m x n copies of A. */\n"
      "static gsl_matrix *repeated(const gsl_matrix *A, size_t m, size_t n)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(m * A->size1, n * A->size2);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        for (size_t j = 0; j < C->size2; j++)\n"
      "            gsl_matrix_set(C, i, j, gsl_matrix_get(A, i % A->size1, j % A->size2));\n"
      "    return C;\n"
      "}\n", NULL },
    { "block",
      "/* The m x n block of A at (i,j). */\n"
      "static gsl_matrix *block(const gsl_matrix *A, size_t i, size_t j, size_t m, size_t n)\n"
      "{\n"
      "    gsl_matrix_const_view B = gsl_matrix_const_submatrix(A, i, j, m, n);\n"
      "    gsl_matrix *C = gsl_matrix_alloc(m, n);\n\n"
      "    gsl_matrix_memcpy(C, &B.matrix);\n"
      "    return C;\n"
      "}\n", NULL },
    { "embedded",
      "/* A at (i,j) of an m x n matrix of zeros. */\n"
      "static gsl_matrix *embedded(const gsl_matrix *A, size_t i, size_t j, size_t m, size_t n)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_calloc(m, n);\n"
      "    gsl_matrix_view B = gsl_matrix_submatrix(C, i, j, A->size1, A->size2);\n\n"
      "    gsl_matrix_memcpy(&B.matrix, A);\n"
      "    return C;\n"
      "}\n", NULL },
    { "beside",
      "/* [A, B] */\n"
      "static gsl_matrix *beside(const gsl_matrix *A, const gsl_matrix *B)\n"
      "{\n"
      "    gsl_matrix *C = embedded(A, 0, 0, A->size1, A->size2 + B->size2);\n"
      "    gsl_matrix_view V = gsl_matrix_submatrix(C, 0, A->size2, B->size1, B->size2);\n\n"
      "    gsl_matrix_memcpy(&V.matrix, B);\n"
      "    return C;\n"
      "}\n", "embedded" },
    { "above",
      "/* [A; B] */\n"
      "static gsl_matrix *above(const gsl_matrix *A, const gsl_matrix *B)\n"
      "{\n"
      "    gsl_matrix *C = embedded(A, 0, 0, A->size1 + B->size1, A->size2);\n"
      "    gsl_matrix_view V = gsl_matrix_submatrix(C, A->size1, 0, B->size1, B->size2);\n\n"
      "    gsl_matrix_memcpy(&V.matrix, B);\n"
      "    return C;\n"
      "}\n", "embedded" },
    { "kron_left",
      "/* X with <X,A> = <C,kron(A,B)> for all A */\n"
      "static gsl_matrix *kron_left(const gsl_matrix *C, const gsl_matrix *B)\n"
      "{\n"
      "    size_t p = B->size1, q = B->size2;\n"
      "    gsl_matrix *X = gsl_matrix_calloc(C->size1 / p, C->size2 / q);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        for (size_t j = 0; j < C->size2; j++)\n"
      "            *gsl_matrix_ptr(X, i / p, j / q) += gsl_matrix_get(C, i, j)\n"
      "                                                * gsl_matrix_get(B, i % p, j % q);\n"
      "    return X;\n"
      "}\n", NULL },
    { "kron_right",
      "/* X with <X,B> = <C,kron(A,B)> for all B */\n"
      "static gsl_matrix *kron_right(const gsl_matrix *A, const gsl_matrix *C)\n"
      "{\n"
      "    size_t p = C->size1 / A->size1, q = C->size2 / A->size2;\n"
      "    gsl_matrix *X = gsl_matrix_calloc(p, q);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        for (size_t j = 0; j < C->size2; j++)\n"
      "            *gsl_matrix_ptr(X, i % p, j % q) += gsl_matrix_get(A, i / p, j / q)\n"
      "                                                * gsl_matrix_get(C, i, j);\n"
      "    return X;\n"
      "}\n", NULL },
    { "raised",
      "/* A.^B */\n"
      "static gsl_matrix *raised(const gsl_matrix *A, const gsl_matrix *B)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size2);\n\n"
      "    for (size_t i = 0; i < C->size1; i++)\n"
      "        for (size_t j = 0; j < C->size2; j++)\n"
      "            gsl_matrix_set(C, i, j, pow(gsl_matrix_get(A, i, j), gsl_matrix_get(B, i, j)));\n"
      "    return C;\n"
      "}\n", NULL },
    { "eigen",
      "/* (A+A')/2 = Q*diag(x)*Q', x ascending, the first row of Q positive. */\n"
      "static void eigen(const gsl_matrix *A, gsl_vector *x, gsl_matrix *Q)\n"
      "{\n"
      "    gsl_matrix *S = gsl_matrix_alloc(A->size1, A->size1);\n"
      "    gsl_eigen_symmv_workspace *w = gsl_eigen_symmv_alloc(A->size1);\n\n"
      "    gsl_matrix_transpose_memcpy(S, A);\n"
      "    gsl_matrix_add(S, A);\n"
      "    gsl_matrix_scale(S, 0.5);\n"
      "    gsl_eigen_symmv(S, x, Q, w);\n"
      "    gsl_eigen_symmv_sort(x, Q, GSL_EIGEN_SORT_VAL_ASC);\n"
      "    for (size_t j = 0; j < A->size1; j++) {\n"
      "        gsl_vector_view q = gsl_matrix_column(Q, j);\n"
      "        gsl_vector_scale(&q.vector, gsl_matrix_get(Q, 0, j) < 0 ? -1 : 1);\n"
      "    }\n"
      "    gsl_eigen_symmv_free(w);\n"
      "    gsl_matrix_free(S);\n"
      "}\n", NULL },
    { "eigenvectors",
      "static gsl_matrix *eigenvectors(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_vector *x = gsl_vector_alloc(A->size1);\n"
      "    gsl_matrix *Q = gsl_matrix_alloc(A->size1, A->size1);\n\n"
      "    eigen(A, x, Q);\n"
      "    gsl_vector_free(x);\n"
      "    return Q;\n"
      "}\n", "eigen" },
    { "eigenvalues",
      "static gsl_matrix *eigenvalues(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *x = gsl_matrix_alloc(A->size1, 1), *Q = gsl_matrix_alloc(A->size1, A->size1);\n"
      "    gsl_vector_view column = gsl_matrix_column(x, 0);\n\n"
      "    eigen(A, &column.vector, Q);\n"
      "    gsl_matrix_free(Q);\n"
      "    return x;\n"
      "}\n", "eigen" },
    { "exponential",
      "static gsl_matrix *exponential(const gsl_matrix *A)\n"
      "{\n"
      "    gsl_matrix *C = gsl_matrix_alloc(A->size1, A->size1);\n\n"
      "    gsl_linalg_exponential_ss(A, C, GSL_PREC_DOUBLE);\n"
      "    return C;\n"
      "}\n", NULL },
    { "frechet",
      "/* The derivative of expm at A along E: the upper right of expm([A, E; 0, A]). */\n"
      "static gsl_matrix *frechet(const gsl_matrix *A, const gsl_matrix *E)\n"
      "{\n"
      "    size_t n = A->size1;\n"
      "    gsl_matrix *B = embedded(A, 0, 0, 2 * n, 2 * n), *C = gsl_matrix_alloc(n, n), *X;\n"
      "    gsl_matrix_view right = gsl_matrix_submatrix(B, 0, n, n, n);\n"
      "    gsl_matrix_view low = gsl_matrix_submatrix(B, n, n, n, n);\n\n"
      "    gsl_matrix_memcpy(&right.matrix, E);\n"
      "    gsl_matrix_memcpy(&low.matrix, A);\n"
      "    X = exponential(B);\n"
      "    right = gsl_matrix_submatrix(X, 0, n, n, n);\n"
      "    gsl_matrix_memcpy(C, &right.matrix);\n"
      "    gsl_matrix_free(X);\n"
      "    gsl_matrix_free(B);\n"
      "    return C;\n"
      "}\n", "exponential embedded" },
    { NULL, NULL, NULL },
};

const dm_helper dm_helpers_numpy[] = {
    { "embed",
      "def embed(A, i, j, r, c):\n"
      "    A, C = np.atleast_2d(A), np.zeros((r, c))\n"
      "    C[i:i + A.shape[0], j:j + A.shape[1]] = A\n"
      "    return C\n", NULL },
    { "kron_left",
      "def kron_left(C, B):\n"
      "    p, q = B.shape\n"
      "    return np.einsum('iajb,ab->ij', C.reshape(C.shape[0] // p, p, C.shape[1] // q, q), B)\n", NULL },
    { "kron_right",
      "def kron_right(A, C):\n"
      "    m, n = A.shape\n"
      "    return np.einsum('iajb,ij->ab', C.reshape(m, C.shape[0] // m, n, C.shape[1] // n), A)\n", NULL },
    { "eigenvalues",
      "def eigenvalues(A):\n"
      "    return np.linalg.eigvalsh((A + A.T) / 2).reshape(-1, 1)\n", NULL },
    { "eigenvectors",
      "def eigenvectors(A):\n"
      "    Q = np.linalg.eigh((A + A.T) / 2)[1]\n"
      "    return Q * np.where(Q[:1] < 0, -1, 1)\n", NULL },
    { "expm",
      "def expm(A):\n"
      "    s = max(0, int(np.ceil(np.log2(np.linalg.norm(A, 1) + 1e-300))) + 1)\n"
      "    X = E = np.eye(A.shape[0])\n"
      "    for k in range(18, 0, -1):\n"
      "        X = E + A @ X / (2.0**s * k)\n"
      "    return np.linalg.matrix_power(X, 2**s)\n", NULL },
    { "expm_frechet",
      "def expm_frechet(A, E):\n"
      "    n = A.shape[0]\n"
      "    return expm(np.block([[A, E], [np.zeros((n, n)), A]]))[:n, n:]\n", "expm" },
    { NULL, NULL, NULL },
};

const dm_helper dm_helpers_octave[] = {
    { "embed",
      "function C = embed(A, i, j, r, c)\n"
      "  C = zeros(r, c);\n"
      "  C(i:i+rows(A)-1, j:j+columns(A)-1) = A;\n"
      "end\n", NULL },
    { "kron_left",
      "function X = kron_left(C, B)\n"
      "  [p, q] = size(B);\n"
      "  X = cellfun(@(D) sum(sum(D.*B)), mat2cell(C, p*ones(1, rows(C)/p), q*ones(1, columns(C)/q)));\n"
      "end\n", NULL },
    { "kron_right",
      "function X = kron_right(A, C)\n"
      "  p = rows(C)/rows(A);\n"
      "  q = columns(C)/columns(A);\n"
      "  X = zeros(p, q);\n"
      "  for i = 1:rows(A)\n"
      "    for j = 1:columns(A)\n"
      "      X += A(i,j)*C((i-1)*p+(1:p), (j-1)*q+(1:q));\n"
      "    end\n"
      "  end\n"
      "end\n", NULL },
    { "eigenvalues",
      "function x = eigenvalues(A)\n"
      "  x = eig((A+A')/2);\n"
      "end\n", NULL },
    { "eigenvectors",
      "function Q = eigenvectors(A)\n"
      "  [Q, ~] = eig((A+A')/2);\n"
      "  Q = Q*diag(1-2*(Q(1,:) < 0));\n"
      "end\n", NULL },
    { "expm_frechet",
      "function X = expm_frechet(A, E)\n"
      "  n = rows(A);\n"
      "  X = expm([A, E; zeros(n), A])(1:n, n+1:2*n);\n"
      "end\n", NULL },
    { NULL, NULL, NULL },
};

/* --------------------------------------------------------------------------------- names of variables */

const dm_vocabulary dm_words_c = {
    " auto break case char const continue default do double else enum extern float for goto if inline int "
    "long register restrict return short signed sizeof static struct switch typedef union unsigned void "
    "volatile while NULL exp log sin cos tan tanh fabs fmax sqrt pow expm1 log1p log10 log2 ", dm_helpers_c,
};

const dm_vocabulary dm_words_numpy = {
    " False None True and as assert async await break class continue def del elif else except finally for "
    "from global if import in is lambda nonlocal not or pass raise return try while with yield np ",
    dm_helpers_numpy,
};

const dm_vocabulary dm_words_octave = {
    " break case catch continue do else elseif end endfor endfunction endif endswitch endwhile for function "
    "global if otherwise parfor persistent return switch try until while double max repmat ",
    dm_helpers_octave,
};

const char *dm_name_in_program(dm_context *context, const dm_vocabulary *in, const char *variable)
{
    size_t n = strlen(variable);

    for (const char *word = in->words; (word = strstr(word, variable)); word += n)
        if (word[-1] == ' ' && word[n] == ' ')
            return dm_unused_name(context, variable);
    for (const dm_helper *helper = in->helpers; helper->name; helper++)
        if (strcmp(helper->name, variable) == 0)
            return dm_unused_name(context, variable);
    return variable;
}

/* ----------------------------------------------------------------------------------- which are used */

void dm_use_helper(uint64_t *used, const dm_helper *all, const char *name)
{
    for (size_t i = 0; all[i].name; i++) {
        const char *needs = all[i].needs;
        if (strcmp(all[i].name, name) != 0 || *used >> i & 1)
            continue;
        *used |= UINT64_C(1) << i;
        for (char one[32]; needs && *needs; needs += strspn(needs, " ")) {
            size_t n = strcspn(needs, " ");
            memcpy(one, needs, n);
            one[n] = '\0';
            dm_use_helper(used, all, one);
            needs += n;
        }
    }
}

void dm_put_helpers(dm_text *to, uint64_t used, const dm_helper *all, const char *before, const char *behind)
{
    for (size_t i = 0; all[i].name; i++)
        if (used >> i & 1)
            dm_text_put(to, "%s%s%s", before, all[i].code, behind);
}
