/* Tables of numbers in text: what is read, and every message. */
#define _POSIX_C_SOURCE 200809L        /* mkdtemp */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"
#include "files/files.h"

/* The text as a stream named data.csv; `length` because zero bytes occur. */
static gsl_matrix *read_bytes(const char *text, size_t length, int *code, char *message, size_t size)
{
    FILE *stream = tmpfile();

    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(text, 1, length, stream), length);
    rewind(stream);
    gsl_matrix *A = dm_stream_read(stream, "data.csv", code, message, size);
    fclose(stream);
    return A;
}

/* ---------------------------------------------------------------------------------- what is read -- */

static const struct {
    const char *what, *text;
    size_t rows, cols;
    double entry[6];
} tables[] = {
    { "commas",                     "1,2\n3,4\n",                         2, 2, { 1, 2, 3, 4 } },
    { "blanks around fields",       " 1 ,\t2 \n3 , 4\n",                  2, 2, { 1, 2, 3, 4 } },
    { "semicolons",                 "1;-2.5e3\n+3;.5\n",                  2, 2, { 1, -2500, 3, .5 } },
    { "semicolons before commas",   "x;\"a,b\"\n1;2\n",                   1, 2, { 1, 2 } },
    { "tabs",                       "1\t2\n3\t4\n",                       2, 2, { 1, 2, 3, 4 } },
    { "white space",                "  1   2\n3 4  \n",                   2, 2, { 1, 2, 3, 4 } },
    { "blanks and tabs mixed",      "1 \t2  3\n4\t5 6\n",                 2, 3, { 1, 2, 3, 4, 5, 6 } },
    { "one column",                 "1\n2\n3\n",                          3, 1, { 1, 2, 3 } },
    { "one number",                 "7",                                  1, 1, { 7 } },
    { "no newline at the end",      "1,2\n3,4",                           2, 2, { 1, 2, 3, 4 } },
    { "\\r\\n",                     "1,2\r\n3,4\r\n",                     2, 2, { 1, 2, 3, 4 } },
    { "\\r alone",                  "1,2\r3,4\r",                         2, 2, { 1, 2, 3, 4 } },
    { "byte order mark",            "\xEF\xBB\xBF" "1,2\n",               1, 2, { 1, 2 } },
    { "blank lines",                "\n1,2\n\n \t\n3,4\n\n",              2, 2, { 1, 2, 3, 4 } },
    { "comments",                   "# a, b\n1,2 # c\n#\n3,4#d\n",        2, 2, { 1, 2, 3, 4 } },
    { "quotes",                     "\"1\",\" 2 \"\n3,\"4\"\n",           2, 2, { 1, 2, 3, 4 } },
    { "a header",                   "x,y\n1,2\n",                         1, 2, { 1, 2 } },
    { "a header in quotes",         "\"x # 1\",\"y, 2\"\n1,2\n",          1, 2, { 1, 2 } },
    { "a header and white space",   "x, y\n1 2\n",                        1, 2, { 1, 2 } },
    { "a header behind a comment",  "# from\n\nx y\n# here\n1 2\n",       1, 2, { 1, 2 } },
    { "digits",                     "0.1,1e-320,123456789012345678\n",    1, 3, { .1, 1e-320,
                                                                               123456789012345678. } },
};

START_TEST(reads)
{
    int code;
    char message[200] = "";
    gsl_matrix *A = read_bytes(tables[_i].text, strlen(tables[_i].text), &code, message, sizeof message);

    ck_assert_msg(A != NULL, "%s: %s", tables[_i].what, message);
    ck_assert_int_eq(code, GSL_SUCCESS);
    gsl_matrix *expected = matrix(tables[_i].rows, tables[_i].cols, tables[_i].entry);
    ck_assert_msg(A->size1 == expected->size1 && A->size2 == expected->size2, "%s: %zu×%zu",
                  tables[_i].what, A->size1, A->size2);
    same(A, expected, 0, "%s", tables[_i].what);
    gsl_matrix_free(A);
}
END_TEST

/* Lines and files longer than a block, and than any buffer to begin with. */
START_TEST(reads_large)
{
    enum { ROWS = 300, COLS = 500 };
    int code;
    char message[200] = "";
    FILE *stream = tmpfile();

    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLS; j++)
            fprintf(stream, "%.17g%s", (double) (i * COLS + j) / 7, j + 1 < COLS ? "," : "\r\n");
    rewind(stream);
    gsl_matrix *A = dm_stream_read(stream, "data.csv", &code, message, sizeof message);
    fclose(stream);
    ck_assert_msg(A != NULL, "%s", message);
    ck_assert_uint_eq(A->size1, ROWS);
    ck_assert_uint_eq(A->size2, COLS);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLS; j++)
            ck_assert(gsl_matrix_get(A, i, j) == (double) (i * COLS + j) / 7);
    gsl_matrix_free(A);
}
END_TEST

/* -------------------------------------------------------------------------------- what is refused -- */

#define TEXT(t) t, sizeof t - 1
static const struct {
    const char *text;
    size_t length;
    int code;
    const char *message;
} refusals[] = {
    { TEXT(""),                         GSL_EINVAL, "data.csv: no numbers in it" },
    { TEXT("# nothing\n\n"),            GSL_EINVAL, "data.csv: no numbers in it" },
    { TEXT("x,y\n"),                    GSL_EINVAL, "data.csv: no numbers in it" },
    { TEXT("1,2,3\n4,5,6\n7,8\n"),      GSL_EINVAL, "data.csv:3: 2 fields where the rows above have 3" },
    { TEXT("1,2\n3\n"),                 GSL_EINVAL, "data.csv:2: 1 field where the rows above have 2" },
    { TEXT("1 2\n\n# c\n1 2 3\n"),      GSL_EINVAL, "data.csv:4: 3 fields where the rows above have 2" },
    { TEXT("1,2,3\n1,2,abc\n"),         GSL_EINVAL, "data.csv:2: field 3 is \"abc\": a number is needed" },
    { TEXT("x,1\n1,2\n"),               GSL_EINVAL, "data.csv:1: field 1 is \"x\": a number is needed" },
    { TEXT("x,y\na,b\n1,2\n"),          GSL_EINVAL, "data.csv:2: field 1 is \"a\": a number is needed" },
    { TEXT("1;2,5\n"),                  GSL_EINVAL, "data.csv:1: field 2 is \"2,5\": a number is needed" },
    { TEXT("1,2 3\n"),                  GSL_EINVAL, "data.csv:1: field 2 is \"2 3\": a number is needed" },
    { TEXT("1,\"2\n3,4\n"),             GSL_EINVAL, "data.csv:1: field 2 is \"\"2\": a number is needed" },
    { TEXT("1,2e\n"),                   GSL_EINVAL, "data.csv:1: field 2 is \"2e\": a number is needed" },
    { TEXT("1,,3\n"),                   GSL_EINVAL, "data.csv:1: field 2 is empty: a number is needed" },
    { TEXT("1,2,\n"),                   GSL_EINVAL, "data.csv:1: field 3 is empty: a number is needed" },
    { TEXT("\t1\t2\n"),                 GSL_EINVAL, "data.csv:1: field 1 is empty: a number is needed" },
    { TEXT(",,\n1,2,3\n"),              GSL_EINVAL, "data.csv:1: field 1 is empty: a number is needed" },
    { TEXT("1,2\r\n3,\"\"\r\n"),        GSL_EINVAL, "data.csv:2: field 2 is empty: a number is needed" },
    { TEXT("1,nan\n"),                  GSL_EDOM,   "data.csv:1: field 2 is \"nan\": a finite number is "
                                                    "needed" },
    { TEXT("1\n-inf\n"),                GSL_EDOM,   "data.csv:2: field 1 is \"-inf\": a finite number is "
                                                    "needed" },
    { TEXT("1e999\n"),                  GSL_EDOM,   "data.csv:1: field 1 is \"1e999\": a finite number is "
                                                    "needed" },
    { TEXT("1,2\0\n"),                  GSL_EINVAL, "data.csv:1: a zero byte: a table in text is needed" },
    { TEXT("1,a\x01" "b\n"),            GSL_EINVAL, "data.csv:1: field 2 is \"a?b\": a number is needed" },
    { TEXT("1,ééééééééééééééééé\n"),    GSL_EINVAL, "data.csv:1: field 2 is \"éééééééééééééééé…\": a number "
                                                    "is needed" },
};

START_TEST(refuses)
{
    int code;
    char message[200] = "";

    ck_assert_ptr_null(read_bytes(refusals[_i].text, refusals[_i].length, &code, message, sizeof message));
    ck_assert_str_eq(message, refusals[_i].message);
    ck_assert_int_eq(code, refusals[_i].code);
}
END_TEST

/* A message that does not fit is cut, not written past its end. */
START_TEST(message_is_cut)
{
    int code;
    char message[24] = "";

    ck_assert_ptr_null(read_bytes("1,x\n", 4, &code, message, sizeof message));
    ck_assert_str_eq(message, "data.csv:1: field 2 is ");
    ck_assert_ptr_null(read_bytes("1,x\n", 4, &code, message, 5));
    ck_assert_str_eq(message, "data");
}
END_TEST

/* ------------------------------------------------------------------------------------------ files -- */

static void write_file(const char *path, const char *text)
{
    FILE *stream = fopen(path, "w");

    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    fclose(stream);
}

START_TEST(reads_a_file)
{
    int code;
    char message[200] = "", directory[] = "/tmp/dualmat-XXXXXX", path[40], expected[120];

    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/data.csv", directory);
    snprintf(expected, sizeof expected, "%s:2: field 2 is \"x\": a number is needed", path);
    write_file(path, "1,2\n3,x\n");
    ck_assert_ptr_null(dm_file_read(path, &code, message, sizeof message));
    ck_assert_str_eq(message, expected);

    write_file(path, "1,2\n3,4\n");
    gsl_matrix *A = dm_file_read(path, &code, message, sizeof message);
    remove(path);
    remove(directory);
    ck_assert_ptr_nonnull(A);
    same(A, MATRIX(2, 2, 1, 2, 3, 4), 0, "from a file");
    gsl_matrix_free(A);
}
END_TEST

/* Formats that there is no reader for are not taken for tables. */
START_TEST(refuses_formats)
{
    int code;
    char message[200] = "", directory[] = "/tmp/dualmat-XXXXXX", path[40], expected[160];

    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/data.npy", directory);
    snprintf(expected, sizeof expected, "%s: files of this kind are not read yet: a table in text (CSV, "
                                        "TSV, white space) is needed", path);
    write_file(path, "1,2\n3,x\n");
    ck_assert_ptr_null(dm_file_read(path, &code, message, sizeof message));
    remove(path);
    remove(directory);
    ck_assert_str_eq(message, expected);
    ck_assert_int_eq(code, GSL_EUNIMPL);
}
END_TEST

START_TEST(refuses_files)
{
    int code;
    char message[200] = "";

    ck_assert_ptr_null(dm_file_read("no/such/file.csv", &code, message, sizeof message));
    ck_assert_str_eq(message, "no/such/file.csv: No such file or directory");
    ck_assert_int_eq(code, GSL_EFAILED);

    ck_assert_ptr_null(dm_file_read("/", &code, message, sizeof message));
    ck_assert_str_eq(message, "/: Is a directory");
    ck_assert_int_eq(code, GSL_EFAILED);
}
END_TEST

/* The k-th allocation fails, for every k: GSL_ENOMEM, and nothing is lost.  (Assertions allocate too, so the
 * blocks are counted before them; the matrix is GSL's, and not counted.)                              */
START_TEST(without_memory)
{
    size_t k = 0;
    int code;
    gsl_matrix *A = NULL;

    while (!A) {
        char message[200] = "";
        FILE *stream = tmpfile();
        for (int i = 0; i < 600; i++)
            fprintf(stream, "%d,%d\n", i, -i);
        rewind(stream);
        long lost = blocks_in_use();
        fail_allocation(k++, false);
        A = dm_stream_read(stream, "data.csv", &code, message, sizeof message);
        allocate_again();
        lost = blocks_in_use() - lost;
        fclose(stream);
        ck_assert_int_eq(lost, 0);
        if (!A) {
            ck_assert_int_eq(code, GSL_ENOMEM);
            ck_assert_str_eq(message, "data.csv: out of memory");
        }
    }
    ck_assert_uint_gt(k, 4);
    ck_assert_uint_eq(A->size1, 600);
    gsl_matrix_free(A);
}
END_TEST

Suite *files_table_suite(void)
{
    Suite *suite = suite_create("files/table");
    TCase *tc = case_of(suite, "tables");

    tcase_add_loop_test(tc, reads, 0, sizeof tables / sizeof tables[0]);
    tcase_add_test(tc, reads_large);
    tcase_add_loop_test(tc, refuses, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_test(tc, message_is_cut);
    tcase_add_test(tc, reads_a_file);
    tcase_add_test(tc, refuses_files);
    tcase_add_test(tc, refuses_formats);
    tcase_add_test(tc, without_memory);
    return suite;
}
