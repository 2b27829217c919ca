/* Variants of an expression: the names that are made up, and the mistakes that are mended. */
#include <stdlib.h>
#include <string.h>
#include "../fixture.h"
#include "../suites.h"
#include "language/vary.h"

static dm_expression *parsed(const char *text)
{
    dm_expression *e = dm_expression_parse(text, NULL);

    ck_assert_msg(e != NULL, "%s cannot be read", text);
    return e;
}

static const struct {
    const char *expression, *variable, *text;
} occurrences[] = {
    { "tr(A*B*A)", "A", "tr(A__1*B*A__2)" },
    { "tr(A*A__2*A)", "A", "tr(A__4*A__2*A__5)" },
    { "tr(A*A__2*A)", "A__2", "tr(A*A__2__1*A)" },
    { "x__2'*x__2", "x__2", "x__2__1'*x__2__2" },
};

/* No name that is made up is that of a variable, and each says what it was made of. */
START_TEST(every_occurrence_has_a_name_of_its_own)
{
    dm_expression *e = parsed(occurrences[_i].expression);
    dm_variants each = { NULL, 0, 0 };
    char *text = dm_vary_occurrences(e, occurrences[_i].variable, &each);

    ck_assert_str_eq(text, occurrences[_i].text);
    for (size_t i = 0; i < each.n; i++) {
        size_t length = dm_varied_from(each.variant[i].text);
        ck_assert_uint_eq(length, strlen(occurrences[_i].variable));
        ck_assert(strncmp(each.variant[i].text, occurrences[_i].variable, length) == 0);
    }
    free(text);
    dm_variants_free(&each);
    dm_expression_free(e);
}
END_TEST

/* How many of the edits have that in them. */
static size_t edits_with(const char *expression, const char *part)
{
    static const char *const names[] = { "A", "B" };
    dm_expression *e = parsed(expression);
    dm_variants all = { NULL, 0, 0 };
    size_t n = 0;

    dm_vary_edits(e, names, 2, &all);
    for (size_t i = 0; i < all.n; i++)
        n += strstr(all.variant[i].text, part) != NULL;
    dm_variants_free(&all);
    dm_expression_free(e);
    return n;
}

/* The transposes of a Kronecker product are not one. */
START_TEST(factors_are_transposed_in_kron_alone)
{
    ck_assert_uint_gt(edits_with("kron(A,B)", "kron(A',B)"), 0);
    ck_assert_uint_eq(edits_with("kron_left(A,B)", "kron("), 0);
    ck_assert_uint_eq(edits_with("kron_right(A,B)", "kron("), 0);
}
END_TEST

Suite *language_vary_suite(void)
{
    Suite *suite = suite_create("language/vary");
    TCase *tc = case_of(suite, "variants");

    tcase_add_loop_test(tc, every_occurrence_has_a_name_of_its_own, 0,
                        sizeof occurrences / sizeof *occurrences);
    tcase_add_test(tc, factors_are_transposed_in_kron_alone);
    return suite;
}
