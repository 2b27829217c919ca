/* Structure and sums: exactly the entries that they should be, and the shapes that cannot be. */
#include "../fixture.h"
#include "../suites.h"

static dm *A23(void)
{
    return dm_constant(here, MATRIX(2, 3, 1, 2, 3, 4, 5, 6));
}

START_TEST(entries_are_where_they_belong)
{
    dm *A = A23(), *x = dm_constant(here, MATRIX(3, 1, 7, 8, 9));

    same(value_of(dm_transpose(A)), MATRIX(3, 2, 1, 4, 2, 5, 3, 6), 0, "A'");
    same(value_of(dm_vec(A)), MATRIX(6, 1, 1, 4, 2, 5, 3, 6), 0, "vec(A)");
    same(value_of(dm_reshape(A, 3, 2)), MATRIX(3, 2, 1, 5, 4, 3, 2, 6), 0, "reshape(A,3,2)");
    same(value_of(dm_reshape(A, 1, 6)), MATRIX(1, 6, 1, 4, 2, 5, 3, 6), 0, "reshape(A,1,6)");
    same(value_of(dm_block(A, 0, 1, 2, 2)), MATRIX(2, 2, 2, 3, 5, 6), 0, "A(1:2,2:3)");
    same(value_of(dm_block(A, 1, 0, 1, 3)), MATRIX(1, 3, 4, 5, 6), 0, "A(2,:)");
    same(value_of(dm_embed(A, 1, 0, 3, 4)), MATRIX(3, 4, 0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0), 0, "embed");
    same(value_of(dm_hcat(A, dm_block(A, 0, 0, 2, 1))), MATRIX(2, 4, 1, 2, 3, 1, 4, 5, 6, 4), 0, "[A, A(:,1)]");
    same(value_of(dm_vcat(A, dm_transpose(x))), MATRIX(3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9), 0, "[A; x']");
    same(value_of(dm_diag(x)), MATRIX(3, 3, 7, 0, 0, 0, 8, 0, 0, 0, 9), 0, "diag(x)");
    same(value_of(dm_diagonal(A)), MATRIX(2, 1, 1, 5), 0, "diag(A), wide");
    same(value_of(dm_diagonal(dm_transpose(A))), MATRIX(2, 1, 1, 5), 0, "diag(A), tall");
    same(value_of(dm_repeat(A, 2, 1)), MATRIX(4, 3, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6), 0, "repmat(A,2,1)");
    same(value_of(dm_repeat(dm_transpose(x), 1, 2)), MATRIX(1, 6, 7, 8, 9, 7, 8, 9), 0, "repmat(x',1,2)");
    same(value_of(dm_identity(here, 2)), eye(2), 0, "eye(2)");
    same(value_of(dm_zeros(here, 2, 1)), zeros(2, 1), 0, "zeros(2,1)");
    same(value_of(dm_ones(here, 1, 3)), MATRIX(1, 3, 1, 1, 1), 0, "ones(1,3)");
}
END_TEST

START_TEST(sums_are_of_the_entries_they_say)
{
    dm *A = A23();

    ck_assert_double_eq(dm_value_scalar(dm_sum(A)), 21);
    same(value_of(dm_row_sums(A)), MATRIX(2, 1, 6, 15), 0, "sum(A,2)");
    same(value_of(dm_column_sums(A)), MATRIX(1, 3, 5, 7, 9), 0, "sum(A,1)");
    ck_assert_double_eq(dm_value_scalar(dm_trace(dm_block(A, 0, 1, 2, 2))), 8);
    same(value_of(dm_row_sums(dm_ones(here, 3, 4))), MATRIX(3, 1, 4, 4, 4), 0, "sums of ones");
    same(value_of(dm_column_sums(dm_identity(here, 3))), MATRIX(1, 3, 1, 1, 1), 0, "sums of eye");
}
END_TEST

/* Gradients that can be written down: of sum(A(1:2,2:3)), <W, [A, A]>, sum(repmat(A,r,c)) ... */
START_TEST(gradients_of_structure_count_entries)
{
    dm *A = dm_variable(here, MATRIX(2, 3, 1, 2, 3, 4, 5, 6)), *W = dm_constant(here, MATRIX(2, 6, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
    dm *V = dm_constant(here, MATRIX(4, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));

    same(gradient_of(dm_sum(dm_block(A, 0, 1, 2, 2)), A), MATRIX(2, 3, 0, 1, 1, 0, 1, 1), 0, "A(1:2,2:3)");
    same(gradient_of(dm_inner(W, dm_hcat(A, A)), A), MATRIX(2, 3, 5, 7, 9, 17, 19, 21), 0, "[A, A]");
    same(gradient_of(dm_inner(V, dm_vcat(A, A)), A), MATRIX(2, 3, 8, 10, 12, 14, 16, 18), 0, "[A; A]");
    same(gradient_of(dm_inner(W, dm_repeat(A, 1, 2)), A), MATRIX(2, 3, 5, 7, 9, 17, 19, 21), 0, "repmat(A,1,2)");
    same(gradient_of(dm_sum(dm_repeat(A, 3, 2)), A), MATRIX(2, 3, 6, 6, 6, 6, 6, 6), 0, "repmat(A,3,2)");
    same(gradient_of(dm_sum(dm_diagonal(A)), A), MATRIX(2, 3, 1, 0, 0, 0, 1, 0), 0, "diag(A)");
    same(gradient_of(dm_trace(dm_block(A, 0, 0, 2, 2)), A), MATRIX(2, 3, 1, 0, 0, 0, 1, 0), 0, "tr(A(1:2,1:2))");
    same(gradient_of(dm_inner(dm_constant(here, MATRIX(1, 3, 2, 3, 4)), dm_column_sums(A)), A),
         MATRIX(2, 3, 2, 3, 4, 2, 3, 4), 0, "sum(A,1)");
    same(gradient_of(dm_inner(dm_constant(here, MATRIX(2, 1, 2, 3)), dm_row_sums(A)), A),
         MATRIX(2, 3, 2, 2, 2, 3, 3, 3), 0, "sum(A,2)");
    same(gradient_of(dm_inner(dm_constant(here, MATRIX(6, 1, 1, 2, 3, 4, 5, 6)), dm_vec(A)), A),
         MATRIX(2, 3, 1, 3, 5, 2, 4, 6), 0, "vec(A)");
}
END_TEST

START_TEST(places_and_shapes_that_are_not_there_are_told)
{
    dm *A = A23();

    fails(dm_reshape(A, 4, 2), GSL_EBADLEN,
          "dm_reshape: A is 2×3 and the result 4×2: 6 entries against 8");
    fails(dm_reshape(A, 0, 0), GSL_EBADLEN,
          "dm_reshape: A is 2×3 and the result 0×0: 6 entries against 0");
    fails(dm_block(A, 1, 0, 2, 3), GSL_EBADLEN,
          "dm_block: A is 2×3: rows 2 to 3 and columns 1 to 3 are not all there");
    fails(dm_block(A, 0, 2, 1, 2), GSL_EBADLEN,
          "dm_block: A is 2×3: rows 1 to 1 and columns 3 to 4 are not all there");
    fails(dm_block(A, 3, 0, 1, 1), GSL_EBADLEN,
          "dm_block: A is 2×3: rows 4 to 4 and columns 1 to 1 are not all there");
    fails(dm_block(A, 0, 4, 1, 1), GSL_EBADLEN,
          "dm_block: A is 2×3: rows 1 to 1 and columns 5 to 5 are not all there");
    fails(dm_block(A, 0, 0, 0, 3), GSL_EBADLEN,
          "dm_block: the result would be 0×3: a matrix has at least one row and one column");
    fails(dm_embed(A, 1, 0, 2, 3), GSL_EBADLEN, "dm_embed: A is 2×3: it does not fit at (2,1) of a 2×3 matrix");
    fails(dm_embed(A, 0, 9, 9, 9), GSL_EBADLEN, "dm_embed: A is 2×3: it does not fit at (1,10) of a 9×9 matrix");
    fails(dm_repeat(A, 0, 2), GSL_EBADLEN,
          "dm_repeat: the result would be 0×6: a matrix has at least one row and one column");
    fails(dm_repeat(A, 2, 0), GSL_EBADLEN,
          "dm_repeat: the result would be 4×0: a matrix has at least one row and one column");

    /* Sizes whose product is no size any more: 2*(2^63 + 1) would be 2. */
    const size_t half = (size_t) 1 << 63, root = (size_t) 1 << 33;
    dm *large = dm_zeros(dm_context_of(A), root, root);
    fails(dm_repeat(A, half + 1, 1), GSL_EBADLEN, "dm_repeat: A is 2×3: the result would be larger than any memory");
    fails(dm_repeat(A, 1, half), GSL_EBADLEN, "dm_repeat: A is 2×3: the result would be larger than any memory");
    fails(dm_vec(large), GSL_EBADLEN, "dm_vec: A is 8589934592×8589934592: the result would be larger than any memory");
    fails(dm_kron(large, large), GSL_EBADLEN,
          "dm_kron: A is 8589934592×8589934592: the result would be larger than any memory");
    fails(dm_reshape(A, half + 3, 2), GSL_EBADLEN,
          "dm_reshape: A is 2×3 and the result 9223372036854775811×2: 6 entries against 18446744073709551615");
}
END_TEST

Suite *operations_structure_suite(void)
{
    Suite *suite = suite_create("operations/structure");
    TCase *tc = case_of(suite, "structure");

    tcase_add_test(tc, entries_are_where_they_belong);
    tcase_add_test(tc, sums_are_of_the_entries_they_say);
    tcase_add_test(tc, gradients_of_structure_count_entries);
    tcase_add_test(tc, places_and_shapes_that_are_not_there_are_told);
    return suite;
}
