/* Operations that the sources know by their names: each must have a row, or a formula is written as if it had
 * none.  The sources are read as text, from the folder in which the tests are run.                     */
#define _POSIX_C_SOURCE 200809L        /* regex */
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include "../fixture.h"
#include "../suites.h"
#include "operations/operations.h"

#define NAME "\"([a-z_0-9]+)\""

/* Calls that take a name, wherever they stand. */
static const char calls[] = "(is_call\\([^\",]*, |has_call\\([^\",]*, |apply_named\\(|op_named\\(|symbol_row\\([^\",]*, "
                            "|call_like\\([^\",]*, |placed\\(|binary\\(|op->name, )" NAME;

/* Tables of names, from that line to the one that closes them; `entry` is one of theirs. */
static const struct {
    const char *file, *begins, *entry;
} tables[] = {
    { "src/symbols/base.c", "^} table\\[\\] = ", "(\\{ )" NAME ", " },
    { "src/symbols/text.c", "^static const spelling [a-z]+_calls\\[\\]", "(\\{ )" NAME ", " },
    { "src/symbols/source_c.c", "^} calls\\[\\] = ", "(\\{ )" NAME ", " },
    { "src/symbols/source_c.c", "static const char \\*const known\\[\\]\\[2\\]", "(\\{ )" NAME ", " },
    { "src/symbols/typeset.c", "static const char \\*const known\\[\\] = ", "()" NAME },
    { "src/drivers/derive.c", "static const char \\*const names\\[\\] = ", "()" NAME },
    { "src/language/calls.c", "^} [a-z]+\\[\\] = ", "(\\{ )" NAME ", " },
};
static const char *const files[] = {
    "src/symbols/base.c", "src/symbols/entries.c", "src/symbols/products.c", "src/symbols/quantities.c",
    "src/symbols/shorten.c", "src/symbols/naming.c", "src/symbols/formula.c", "src/symbols/text.c",
    "src/symbols/typeset.c", "src/drivers/derive.c", "src/language/evaluate.c",
};

static regex_t pattern(const char *text)
{
    regex_t compiled;

    ck_assert_msg(regcomp(&compiled, text, REG_EXTENDED) == 0, "%s", text);
    return compiled;
}

static FILE *source(const char *file)
{
    FILE *stream = fopen(file, "r");

    ck_assert_msg(stream != NULL, "%s is not there: the tests are run in the folder of the Makefile", file);
    return stream;
}

/* How many names the line has, the second part of the pattern. */
static size_t check_line(const char *file, const regex_t *named, const char *line)
{
    regmatch_t part[3];
    size_t n = 0;
    char name[60];

    for (; regexec(named, line, 3, part, 0) == 0; line += part[0].rm_eo, n++) {
        snprintf(name, sizeof name, "%.*s", (int) (part[2].rm_eo - part[2].rm_so), line + part[2].rm_so);
        ck_assert_msg(dm_op_named(name) != NULL, "%s: there is no operation %s", file, name);
    }
    return n;
}

START_TEST(every_name_in_a_call_is_that_of_a_row)
{
    regex_t named = pattern(calls);
    FILE *stream = source(files[_i]);
    char line[400];
    size_t n = 0;

    while (fgets(line, sizeof line, stream))
        n += check_line(files[_i], &named, line);
    fclose(stream);
    regfree(&named);
    ck_assert_msg(n > 0, "%s has no names", files[_i]);
}
END_TEST

START_TEST(every_name_in_a_table_is_that_of_a_row)
{
    regex_t begins = pattern(tables[_i].begins), named = pattern(tables[_i].entry);
    FILE *stream = source(tables[_i].file);
    char line[400];
    bool within = false;
    size_t n = 0;

    while (fgets(line, sizeof line, stream)) {
        within = within || regexec(&begins, line, 0, NULL, 0) == 0;
        n += within ? check_line(tables[_i].file, &named, line) : 0;
        within = within && !strstr(line, "};");
    }
    fclose(stream);
    regfree(&begins);
    regfree(&named);
    ck_assert_msg(n > 1, "%s has no table %s", tables[_i].file, tables[_i].begins);
}
END_TEST

Suite *symbols_names_suite(void)
{
    Suite *suite = suite_create("symbols/names");
    TCase *tc = case_of(suite, "names");

    tcase_add_loop_test(tc, every_name_in_a_call_is_that_of_a_row, 0, sizeof files / sizeof *files);
    tcase_add_loop_test(tc, every_name_in_a_table_is_that_of_a_row, 0, sizeof tables / sizeof *tables);
    return suite;
}
