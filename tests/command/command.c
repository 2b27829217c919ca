/* The program, from outside: words in, text and an exit status out.
 *
 * Every line is given to a shell as one would type it, in a directory with a few files.  The program is the
 * one that the environment names as DUALMAT, else build/dualmat.                                       */
#define _XOPEN_SOURCE 700              /* mkdtemp, realpath */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "../fixture.h"
#include "../suites.h"

static const char *const files[][2] = {
    { "a.csv", "# a comment\n1,2\n3,4\n" },
    { "named.tsv", "u\tv\n1\t2\n3\t5\n" },
    { "ragged.csv", "1,2,3\n4,5,6\n7,8\n" },
    { "words.csv", "1,2\n3,abc\n" },
    { "nan.csv", "1,nan\n" },
    { "gradient.csv", "2.0000,6.0000\n4.0000,8.0000\n" },   /* of tr(A^2) at a.csv */
    { "rounded.csv", "2.01,6.00\n4.00,8.00\n" },
    { "sixdigits.csv", "2.00001,6.00002\n4.00000,8.00003\n" },
    { "kinked.csv", "1\n0\n1\n" },
    { "minus5.csv", "-8.782\n33.752\n" },           /* minus the gradient of norm(A*x-b)^2 below, of few digits */
    { "minus3.csv", "-8.78\n33.8\n" },
    { "minus.csv", "-8.7819600000000015\n33.751900000000006\n" },
    { "three5.csv", "26.346\n-101.26\n" },
    { "digits3.csv", "1.00\n1.01\n1.00\n" },
    { "sides.csv", "1\n-0.5\n-1\n" },
    { "noisy.csv", "2.0000012345,6.0000198765\n4.0000023456,8.0000123456\n" },
    { "transposed.csv", "2,4\n6,8\n" },
    { "three.csv", "1,2\n3,4\n5,7\n" },
    { "data.npy", "x" },
    { "input", "" }, { "out", "" }, { "err", "" },
};
enum { FILES = sizeof files / sizeof files[0] };

static char directory[] = "/tmp/dualmat-XXXXXX", program[4096];

static const char *path_of(const char *name)
{
    static char path[64];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *stream = fopen(path_of(name), "w");

    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    fclose(stream);
}

static void read_file(const char *name, char *text, size_t size)
{
    FILE *stream = fopen(path_of(name), "r");

    ck_assert_ptr_nonnull(stream);
    text[fread(text, 1, size - 1, stream)] = '\0';
    fclose(stream);
}

static void make_files(void)
{
    const char *named = getenv("DUALMAT");

    ck_assert_msg(realpath(named ? named : "build/dualmat", program) != NULL, "there is no %s",
                  named ? named : "build/dualmat");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    for (size_t i = 0; i < FILES; i++)
        write_file(files[i][0], files[i][1]);
}

static void remove_files(void)
{
    for (size_t i = 0; i < FILES; i++)
        remove(path_of(files[i][0]));
    remove(directory);
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
}

typedef struct {
    int status;
    char out[20000], err[4000];
} outcome;

/* The line, with standard input. */
static void shell(const char *line, const char *input, outcome *o)
{
    char script[6000];

    write_file("input", input ? input : "");
    snprintf(script, sizeof script, "cd '%s'\ndualmat() { '%s' \"$@\"; }\n{ %s\n} < input > out 2> err",
             directory, program, line);
    int status = system(script);
    ck_assert_msg(WIFEXITED(status), "%s\ndies of signal %d", line, WTERMSIG(status));
    o->status = WEXITSTATUS(status);
    read_file("out", o->out, sizeof o->out);
    read_file("err", o->err, sizeof o->err);
}

/* ---------------------------------------------------------------------------------- transcripts -- */

/* The whole of standard output; status 0, and nothing on standard error. */
static const struct {
    const char *line, *out;
} transcripts[] = {
    { "dualmat grad 'trace(A^2)' --wrt A 'A=[1,2;3,4]'",
      "trace(A^2) = 29\n\n"
      "gradient with respect to A, 2×2:\n"
      "    2  6\n"
      "    4  8\n" },
    { "dualmat eval 'inv(A)' A=a.csv",
      "inv(A), 2×2:\n"
      "    -2.0   1.0\n"
      "     1.5  -0.5\n" },
    { "dualmat jvp 'inv(A)' --along 'A=[0,1;0,0]' A=named.tsv",
      "inv(A), 2×2:\n"
      "    -5   2\n"
      "     3  -1\n\n"
      "differential, 2×2:\n"
      "    15  -5\n"
      "    -9   3\n" },
    { "dualmat jvp 'A*B' --along 'A=[1,0;0,0]' --along 'B=[0,0;0,1]' A=a.csv 'B=[5,6;7,8]'",
      "A*B, 2×2:\n"
      "    19  22\n"
      "    43  50\n\n"
      "differential, 2×2:\n"
      "    5  8\n"
      "    0  4\n" },
    { "dualmat jac --det '[p(1)*cos(p(2)); p(1)*sin(p(2))]' --wrt p 'p=[2;0.5]'",
      "[p(1)*cos(p(2)); p(1)*sin(p(2))], 2×1:\n"
      "    1.75517\n"
      "    0.95885\n\n"
      "Jacobian J with respect to p, 2×2:\n"
      "     0.87758  -0.95885\n"
      "     0.47943   1.75517\n\n"
      "det J = 2\n"
      "volume factor |det J| = 2\n" },
    { "dualmat jac 'A*X*B' --wrt X 'A=[1,2]' 'B=[3;4]' 'X=eye(2)'",
      "A*X*B = 11\n\n"
      "Jacobian J with respect to X, 1×4:\n"
      "    3  6  4  8\n" },
    { "dualmat hess \"x'*A*x\" --wrt x A=a.csv 'x=[1;-1]'",
      "x'*A*x = 0\n\n"
      "gradient with respect to x, 2×1:\n"
      "    -3\n"
      "    -3\n\n"
      "Hessian with respect to x, 2×2:\n"
      "    2  5\n"
      "    5  8\n" },
    { "dualmat grad 'norm(A*x-b)^2' --wrt x,b A=a.csv 'x=[1;1]' 'b=[0;1]'",
      "norm(A*x-b)^2 = 45\n\n"
      "gradient with respect to x, 2×1:\n"
      "    42\n"
      "    60\n\n"
      "gradient with respect to b, 2×1:\n"
      "     -6\n"
      "    -12\n" },
    { "dualmat grad 'trace(S*B)' --wrt S --symmetric S 'S=[1,2;2,3]' B=a.csv",
      "trace(S*B) = 23\n\n"
      "gradient with respect to S (symmetric), 2×2:\n"
      "    1.0  2.5\n"
      "    2.5  4.0\n" },
    { "dualmat jvp 'A' --along 'A=[0,1;0,0]' --symmetric A 'A=eye(2)'",
      "A, 2×2:\n"
      "    1  0\n"
      "    0  1\n\n"
      "differential, 2×2:\n"
      "      0  0.5\n"
      "    0.5    0\n" },
    { "dualmat eval -A A=a.csv",
      "-A, 2×2:\n"
      "    -1  -2\n"
      "    -3  -4\n" },
    { "dualmat eval --json -- --A A=2", "{\n  \"value\": 2\n}\n" },
    { "dualmat eval 'A+B' A=- 'B=2*[1,0;0,1]' < a.csv",
      "A+B, 2×2:\n"
      "    3  2\n"
      "    3  6\n" },
    { "dualmat eval A A=4e-1 --digits=3", "A = 0.4\n" },
    { "dualmat eval 1/3 --digits 17", "1/3 = 0.33333333333333331\n" },
    { "dualmat eval '[12345.678,7.53;2,3.5]'",
      "[12345.678,7.53;2,3.5], 2×2:\n"
      "    12345.68      7.53\n"
      "        2.00      3.50\n" },
    { "dualmat eval '[0.5,1e-17;1,-2]'",
      "[0.5,1e-17;1,-2], 2×2:\n"
      "         0.5  1.00e-17\n"
      "         1.0      -2.0\n" },
    { "dualmat eval '[1e8,1;2,3.5]'",
      "[1e8,1;2,3.5], 2×2:\n"
      "    1.00000e+08  1.00000e+00\n"
      "    2.00000e+00  3.50000e+00\n" },
    { "dualmat eval 'ones(1,30)*1234567'",
      "ones(1,30)*1234567, 1×30:\n"
      "columns 1 to 8:\n"
      "    1234567  1234567  1234567  1234567  1234567  1234567  1234567  1234567\n\n"
      "columns 9 to 16:\n"
      "    1234567  1234567  1234567  1234567  1234567  1234567  1234567  1234567\n\n"
      "columns 17 to 24:\n"
      "    1234567  1234567  1234567  1234567  1234567  1234567  1234567  1234567\n\n"
      "columns 25 to 30:\n"
      "    1234567  1234567  1234567  1234567  1234567  1234567\n" },
    { "dualmat eval 'ones(100,100)'",
      "ones(100,100), 100×100:\n"
#define ROW "    1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  …  1\n"
      ROW ROW ROW ROW ROW ROW ROW ROW ROW ROW ROW ROW "    ⋮\n" ROW ROW ROW
      "(abbreviated: --full prints all 10000 entries, --json all their digits)\n" },
    { "dualmat eval A A~2x3:lower | head -n 1", "A drawn at random, 2×3, lower triangular (--seed 1)\n" },
    { "dualmat eval 'S*x' S~spd x~3 --seed 7 | head -n 2",
      "S drawn at random, 3×3, symmetric positive definite (--seed 7)\n"
      "x drawn at random, 3×1 (--seed 7)\n" },
    { "dualmat --version", "dualmat " DM_VERSION "\n" },
};

START_TEST(prints)
{
    outcome o;

    shell(transcripts[_i].line, NULL, &o);
    ck_assert_msg(strcmp(o.out, transcripts[_i].out) == 0, "%s\nprints\n%s\ninstead of\n%s",
                  transcripts[_i].line, o.out, transcripts[_i].out);
    ck_assert_str_eq(o.err, "");
    ck_assert_int_eq(o.status, 0);
}
END_TEST

/* ------------------------------------------------------------------------------------- complaints -- */

/* The whole of standard error, each line behind "dualmat: "; nothing on standard output. */
static const struct {
    int status;
    const char *line, *err;
} mistakes[] = {
    /* Commands and options. */
    { 2, "dualmat", "a command is needed (dualmat help lists them)\n" },
    { 2, "dualmat grda A", "there is no command \"grda\": did you mean grad?\n" },
    { 2, "dualmat integrate A", "there is no command \"integrate\" (dualmat help lists them)\n" },
    { 2, "dualmat help gard", "there is no command \"gard\": did you mean grad?\n" },
    { 2, "dualmat info A", "info: \"A\" is one word too many\n" },
    { 2, "dualmat eval A --sed 1", "there is no option --sed: did you mean --seed?\n" },
    { 2, "dualmat eval A --colour", "there is no option --colour (dualmat help eval)\n" },
    { 2, "dualmat eval A --wrt A", "eval takes no --wrt (dualmat help eval)\n" },
    { 2, "dualmat eval A --seed", "--seed needs a value: --seed N\n" },
    { 2, "dualmat eval A --seed -1", "--seed: a whole number is needed, not \"-1\"\n" },
    { 2, "dualmat eval A --digits 18", "--digits: a whole number from 1 to 17 is needed, not \"18\"\n" },
    { 2, "dualmat eval A --json=1", "--json takes no value: \"--json=1\"\n" },
    { 2, "dualmat eval", "eval needs an expression: dualmat eval EXPR [VAR=SOURCE]...\n" },
    { 2, "dualmat eval A B", "two expressions, \"A\" and \"B\": one is needed, and VAR=SOURCE for its "
                             "variables\n" },
    { 2, "dualmat grad 'trace(A*B)'", "grad needs --wrt: with respect to which of A, B?\n" },
    { 2, "dualmat grad 'trace(A)' --wrt A,A", "--wrt: A is named twice\n" },
    { 2, "dualmat grad 'trace(A)' --wrt A+B", "--wrt: variables are separated by commas: \"+B\"\n" },
    { 2, "dualmat grad 'trace(A)' --wrt ''", "--wrt: a variable is needed, not \"\"\n" },
    { 2, "dualmat grad 'trace(A)' --wrt B", "--wrt: B does not occur in trace(A) (variables: A)\n" },
    { 2, "dualmat grad 2 --wrt A", "2 has no variables to differentiate by\n" },
    { 2, "dualmat hess 'trace(A*B)' --wrt A,B",
         "hess differentiates by one variable, not by A and B at once\n" },
    { 2, "dualmat jvp 'A*x'", "jvp needs --along A=SOURCE: which of A, x moves, and in which direction?\n" },
    { 2, "dualmat jvp 'A*x' --along A", "--along: A=SOURCE or A~ is needed, not \"A\"\n" },
    { 2, "dualmat jvp 'A*x' --along y=1", "--along: y does not occur in A*x (variables: A, x)\n" },
    { 2, "dualmat jvp 'A*x' --along 'x=[1;2]' 'x=[1;2;3]'",
         "--along x=[1;2]: the direction is 2×1 and x is 3×1: they must have the same shape\n" },
    { 2, "dualmat check 'trace(A)' --wrt A",
         "check needs the hand-derived result: --hand EXPR, --hand-jac EXPR or --hand-hess EXPR\n" },
    { 2, "dualmat check 'trace(A)' --wrt A --hand 1 --hand-jac 1",
         "--hand-jac after --hand: one hand-derived result at a time\n" },
    { 2, "dualmat check 'trace(A)' --wrt A --hand 1 --tol 1e-8x",
         "--tol: a number from 0 to 1 is needed, not \"1e-8x\"\n" },

    /* Variables and sources. */
    { 2, "dualmat eval A a=1", "a=1: a does not occur in A: did you mean A?\n" },
    { 2, "dualmat eval A B=1", "B=1: B does not occur in A (variables: A)\n" },
    { 2, "dualmat eval 1 B=1", "B=1: B does not occur in 1, which has no variables\n" },
    { 2, "dualmat eval A A=1 A~3", "A is given twice: A=1 and A~3\n" },
    { 2, "dualmat eval A A=", "A=: a file, a literal such as [1,2;3,4] or - is needed behind the =\n" },
    { 2, "dualmat eval A A=no.csv", "A=no.csv: no.csv: No such file or directory\n" },
    { 2, "dualmat eval A A=/", "A=/: /: Is a directory\n" },
    { 2, "dualmat eval A A=data.npy", "A=data.npy: data.npy: files of this kind are not read yet: a table in "
                                      "text (CSV, TSV, white space) is needed\n" },
    { 2, "dualmat eval A A=ragged.csv", "A=ragged.csv: ragged.csv:3: 2 fields where the rows above have 3\n" },
    { 2, "dualmat eval A A=words.csv",
         "A=words.csv: words.csv:2: field 2 is \"abc\": a number is needed\n" },
    { 3, "dualmat eval A A=nan.csv",
         "A=nan.csv: nan.csv:1: field 2 is \"nan\": a finite number is needed\n" },
    { 2, "dualmat eval A A=-", "A=-: standard input: no numbers in it\n" },
    { 2, "dualmat eval 'A+B' A=- B=-",
         "- stands for standard input and can be read once, not 2 times\n" },
    { 2, "dualmat eval A A~4x", "A~4x: behind ~ a shape and a kind are needed, such as 4x3, 5, 5x5:spd or spd; "
                                "kinds are any, sym, spd, orth, lower, pos, wellcond\n" },
    { 2, "dualmat eval A A~3x4:spd",
         "A~3x4:spd: 3×4: a symmetric positive definite matrix is square\n" },
    { 2, "dualmat eval 'A+B' A~sym B~3x4", "A~sym: A is 3×4: a symmetric matrix is square\n" },
    { 2, "dualmat jvp 'A' --along A~sym A~3", "--along A~sym: A is 3×1: a symmetric matrix is square\n" },
    { 2, "dualmat grad 'trace(S)' --wrt S --symmetric S 'S=[1,2;3,4]'",
         "--symmetric S: entry (1,2) is 2 and entry (2,1) is 3\n" },
    { 2, "dualmat grad 'sum(S)' --wrt S --symmetric S 'S=[1,2]'",
         "--symmetric S: S is 1×2: a symmetric matrix is square\n" },

    /* Shapes. */
    { 2, "dualmat grad 'A*x' --wrt x 'A=eye(3)'",
         "A*x is 3×1: a gradient is that of a scalar (a matrix has a Jacobian: dualmat jac)\n" },
    { 2, "dualmat jac --det 'A*x' --wrt A A~2x2",
         "--det: J is 2×4: only a square matrix has a determinant\n" },
    { 2, "dualmat check \"x'*A*x\" --wrt x --hand \"((A+A')*x)'\"",
         "--hand ((A+A')*x)' is 1×5: 5×1 is needed: the gradient has the shape of x, which is 5×1; transposed "
         "it fits\n" },
    { 2, "dualmat check 'A*x' --wrt x --hand-jac x A~2x3",
         "--hand-jac x is 3×1: 2×3 is needed: the Jacobian has the entries of the expression by those of x, "
         "which is 3×1\n" },
    { 2, "dualmat check 'A*x' --wrt x --hand A",
         "A*x is 5×1: a gradient is that of a scalar (a matrix has a Jacobian: --hand-jac)\n" },

    { 2, "dualmat check 'norm(A*x-b)^2' --wrt x --hand '2*(A*x-b)' A~7x3",
         "--hand 2*(A*x-b) is 7×1: 3×1 is needed: the gradient has the shape of x, which is 3×1; it has the "
         "shape of b: was it differentiated by that?\n" },
    { 2, "dualmat check 'x' --wrt x --hand 1 x=2 --plot a",
         "--plot a: a name that ends in .svg or .png is needed, or - for a plot in characters\n" },
    { 2, "dualmat check 'x^2' --wrt x --hand 2*x x=2 --plot /no/a.svg",
         "--plot /no/a.svg: No such file or directory\n" },

    { 2, "dualmat check 'trace(A^2)' --wrt A --hand gradient.csv A=a.csv",
         "--hand gradient.csv: did you mean @gradient.csv, for the numbers in that file?\n" },
    { 2, "dualmat check 'trace(A^2)' --wrt A --hand @gradient.csv",
         "--hand @gradient.csv is 2×2: 5×5 is needed: the gradient has the shape of A, which is 5×5; it was "
         "drawn at random: give it by A=FILE\n" },
    { 2, "dualmat check 'trace(A^2)' --wrt A --hand @",
         "--hand: a file, a literal such as [1,2;3,4] or - is needed behind the @\n" },

    { 2, "dualmat check \"x'*A*x\" --wrt x --hand '(A+A^T)*x'",
         "--hand: a transpose is written A', not A^T, which is a power\n"
         "    (A+A^T)*x\n"
         "        ^~\n" },

    /* On a page of so many columns; in a file a message is one line. */
    { 2, "COLUMNS=50 dualmat eval A --digits 18",
         "--digits: a whole number from 1 to 17 is\n         needed, not \"18\"\n" },

    /* Where results cannot go. */
    { 2, "dualmat derive 'x^2' --wrt x --html /no/a.html", "--html /no/a.html: No such file or directory\n" },
    { 2, "dualmat eval 1 > /dev/full", "standard output: No space left on device\n" },
    { 2, "dualmat eval 1 >&-", "standard output: Bad file descriptor\n" },

    /* Expressions, with a caret under the place. */
    { 3, "dualmat grad 'trace(inv(A))' --wrt A 'A=[1,2;2,4]'",
         "A is 2×2 and singular: pivot 2 of its LU factors is 0\n"
         "    trace(inv(A))\n"
         "          ^~~\n" },
    { 3, "dualmat check 'trace(A)' --wrt A --hand 'inv(A)' 'A=[1,2;2,4]'",
         "--hand: A is 2×2 and singular: pivot 2 of its LU factors is 0\n"
         "    inv(A)\n"
         "    ^~~\n" },
    { 2, "dualmat eval 'A+é'",
         "'é' is not in the language\n"
         "    A+é\n"
         "      ^\n" },
    { 2, "dualmat eval 'trce(A)'",
         "unknown function 'trce': did you mean 'trace'?\n"
         "    trce(A)\n"
         "    ^~~~\n" },
    { 2, "dualmat eval 'A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*trce(A)"
         "*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A'",
         "unknown function 'trce': did you mean 'trace'?\n"
         "   …*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*trce(A)*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A\n"
         "                                   ^~~~\n" },
    { 3, "dualmat eval 'log(x)' x~3:any --seed 2",
         "x is 3×1 and its entry (2,1) is -0.0695965: the logarithm needs a positive entry\n"
         "    log(x)\n"
         "    ^~~\n"
         "dualmat: x was drawn at random: give it a value (x=FILE) or another kind (x~pos)\n" },
    { 2, "dualmat eval A 'A=[1,b]'",
         "A=[1,b]: there is no variable b\n"
         "    [1,b]\n"
         "       ^\n" },
    { 2, "dualmat eval A A=no",
         "A=no: there is no such file, and as an expression: there is no variable no\n"
         "    no\n"
         "    ^~\n" },
};

START_TEST(complains)
{
    outcome o;
    char expected[1000];

    shell(mistakes[_i].line, NULL, &o);
    snprintf(expected, sizeof expected, "dualmat: %s", mistakes[_i].err);
    ck_assert_msg(strcmp(o.err, expected) == 0, "%s\ncomplains\n%s\ninstead of\n%s", mistakes[_i].line,
                  o.err, expected);
    ck_assert_msg(o.status == mistakes[_i].status, "%s\nends with %d", mistakes[_i].line, o.status);
    ck_assert_str_eq(o.out, "");
}
END_TEST

/* ---------------------------------------------------------------------------------------- statuses -- */

/* Exit status, and what standard output has in it. */
static const struct {
    int status;
    const char *line, *out[5];
} outcomes[] = {
    /* JSON: the keys that scripts read. */
    { 0, "dualmat eval 'A*2' A=a.csv --json", { "{\n  \"value\": [[2, 4],\n   [6, 8]]\n}\n" } },
    { 0, "dualmat eval 'A(1,1)*0.1' A=a.csv --json", { "{\n  \"value\": 0.10000000000000001\n}\n" } },
    { 0, "dualmat grad 'trace(A^2)' --wrt A A=a.csv --json",
         { "{\n  \"value\": 29,\n  \"gradient\": {\n    \"A\": [[2, 6],\n     [4, 8]]\n  }\n}\n" } },
    { 0, "dualmat grad 'a*b' --wrt a,b a=2 b=3 --json",
         { "{\n  \"value\": 6,\n  \"gradient\": {\n    \"a\": [[3]],\n    \"b\": [[2]]\n  }\n}\n" } },
    { 0, "dualmat jvp 'trace(A)' --along 'A=eye(2)' A=a.csv --json",
         { "{\n  \"value\": 5,\n  \"differential\": 2\n}\n" } },
    { 0, "dualmat jac 'A*x' --wrt x A=a.csv 'x=[1;0]' --json --det",
         { "\"value\": [[1],\n   [3]]", "\"jacobian\": [[1, 2],\n   [3, 4]]", "\"det\": -2",
           "\"volume_factor\": 2" } },
    { 0, "dualmat hess 'x^3' --wrt x x=2 --json",
         { "{\n  \"value\": 8,\n  \"gradient\": [[12]],\n  \"hessian\": [[12]]\n}\n" } },
    { 0, "dualmat eval 'A' A~1x2 --json --seed 9007199254740993", { "\"seed\": 9007199254740993" } },
    { 0, "dualmat eval 'A' A~1x2 --json --seed 3", { "\"seed\": 3", "\"drawn\": {\n    \"A\": [[" } },
    { 0, "dualmat info --json", { "\"version\": \"" DM_VERSION "\"", "\"blas\": \"", "\"gsl\": \"" } },
    { 0, "dualmat ops --json", { "\"formula\": \"A*B\",\n      \"differential\": \"dA*B + A*dB\"" } },

    /* Checks: right. */
    { 0, "dualmat check 'trace(A^2)' --wrt A --hand \"2*A'\"",
         { "A drawn at random, 5×5, at 3 points (--seed 1)", "\nright: all 25 entries agree\n",
           "0 of 25", "  slope        2.00        2.00" } },
    { 0, "dualmat check 'trace(A^2)' --wrt A --hand \"2*A'\" --json",
         { "\"verdict\": \"right\"", "\"max_rel_error\": ", "\"diagnosis\": \"right: all 25 entries agree\"",
           "\"points\": 3" } },
    { 0, "dualmat check 'trace(A^2)' --wrt A --hand @gradient.csv A=a.csv", { "right: all 4 entries" } },
    { 0, "dualmat check 'trace(A^2)' --wrt A --hand @- A=a.csv < gradient.csv", { "right: all 4" } },
    { 0, "dualmat check 'trace(A^2)' --wrt A --hand @rounded.csv A=a.csv --tol 1e-2", { "right" } },
    { 0, "dualmat check 'logdet(A)' --wrt A --hand \"inv(A)'\" --seed 2", { "right" } },
    { 0, "dualmat check 'sum(log(x))' --wrt x --hand '1./x'", { "x drawn at random, 5×1, positive" } },
    { 0, "dualmat check 'norm(A*x-b)^2' --wrt x --hand \"2*A'*(A*x-b)\" A~7x3",
         { "right: all 3 entries agree", "7×3", "7×1" } },
    { 0, "dualmat check 'sin(A*x)' --wrt x --hand-jac 'diag(cos(A*x))*A'", { "Jacobian of", "right" } },
    { 0, "dualmat check \"x'*A*x\" --wrt x --hand-hess \"A+A'\"", { "Hessian of", "right", "slope" } },
    { 0, "dualmat check 'sum(A.*B)' --wrt A --hand B", { "right", "rounding", "  slope           -" } },
    { 0, "dualmat check 'trace(S*B)' --wrt S --symmetric S --hand B", { "right" } },
    { 0, "dualmat check 'logdet(S)' --wrt S --symmetric S --hand 'inv(S)'", { "right" } },
    { 0, "dualmat check 'trace(A^2)' --wrt A --hand @sixdigits.csv A=a.csv --tol 1e-5",
         { "\nright to the tolerance 1e-5: all 4 entries agree\n" } },
    { 0, "dualmat check 'trace(A^2)' --wrt A --hand @rounded.csv A=a.csv --tol 2.5e-2",
         { "\nright to the tolerance 2.5e-2: all 4 entries agree\n" } },
    { 0, "dualmat check 'trace(A^2)' --wrt A --hand @gradient.csv A=a.csv --tol 1e-2",
         { "\nright: all 4 entries agree\n" } },
    { 0, "dualmat check \"x'*x\" --wrt x --hand '2.001*x' --tol 0.01",
         { "\nright to the tolerance 1e-2: all 5 entries agree\n" } },

    /* Where both vanish it is compared beside the point; that may be a kink. */
    { 0, "dualmat check \"x'*x\" --wrt x --hand '2*x' 'x=[0;0]'",
         { "agree\nat this x both are zero, which shows little: compared beside it, at [0.2147;\n-0.1426]\n\n" } },
    { 0, "dualmat check \"x'*x\" --wrt x --hand '2*x' 'x=zeros(9,1)'",
         { "agree\nat this x both are zero, which shows little: compared beside it\n\n" } },
    { 0, "dualmat check 'abs(x)' --wrt x --hand 'sign(x)' x=0",
         { "agrees\nat this x both are zero, which shows little: compared beside it, at 0.00",
           "\nx is at a kink of the function: a subgradient stands for the derivative there\n" } },
    { 0, "dualmat check 'sum(abs(x))' --wrt x --hand 'sign(x)' 'x=[0;2]'",
         { "agree\nx is at a kink of the function: a subgradient stands for the derivative there\n" } },
    { 0, "dualmat check 'norm(x)' --wrt x --hand 'normalize(x)' 'x=[0;0]' --json",
         { "\"moved\": true,\n  \"moved_to\": [[0.2", "\"x is at a kink of the function: a subgradient" } },
    { 0, "dualmat check 'norm(A*x-b)^2' --wrt x --hand \"2*(A'*A*x-A'*b)\" 'A=[1,2;3,4.1]' 'x=[0.1;0.3]' 'b=[0.7;1.53]'",
         { "at this x rounding errors hide both: compared" } },

    /* What moves at a kink is no rounding, and excuses no other entry. */
    { 1, "dualmat check 'sum(abs(x-y))' --wrt x --hand @kinked.csv 'x=[1;2;3]' 'y=[1;2;5]'",
         { "\nwrong in 1 of 3 entries, worst at (3,1)\nx is at a kink of the function" } },
    { 0, "dualmat check 'sum(abs(x-y))' --wrt x --hand @sides.csv 'x=[1;2;3]' 'y=[1;2;5]'",
         { "\nright: 1 of 3 entries agree, 2 of 3 at a kink or a jump of the function, within" } },
    { 1, "dualmat check 'eig(A).values(3)' --wrt A --hand 'eye(3)' 'A=eye(3)'",
         { "\nat this A the function has no derivative: compared beside it\n",
           "\nA is at a kink of the function: a subgradient stands for the derivative there;\n"
           "A has the eigenvalue 1 more than once\n" } },
    { 0, "dualmat check 'eig(A).values(3)' --wrt A --hand \"eig(A).vectors(:,3)*eig(A).vectors(:,3)'\" 'A=eye(3)'",
         { "\nat this A the function has no derivative: compared beside it\n" } },
    { 0, "dualmat check 'sum(sin(x))' --wrt x --hand 'sin(x+pi/2*ones(2,1))' 'x=[1e17;1]'",
         { "\nright: 1 of 2 entries agree, 1 of 2 hidden by rounding errors\n" } },
    { 1, "dualmat check 'sum(sin(x))' --wrt x --hand 'cos(x)+[0;0.001]' 'x=[1e17;1]'",
         { "\nwrong in 1 of 2 entries, worst at (2,1)" } },
    { 1, "dualmat check 'sum(abs(x))' --wrt x --hand '-3*ones(3,1)' 'x=[0;0;0]'", { "wrong in 3 of 3" } },
    { 0, "dualmat check 'sum(abs(A*x))' --wrt x --hand \"A'*(2*step(A*x)-ones(5,1))\" 'x=[0;0;0]' A~5x3",
         { "\nat this x the function has no derivative: compared beside it, at [" } },
    { 0, "dualmat check 'sum(relu(x))' --wrt x --hand '[1;1;0]' 'x=[1;0;-2]' --seed 1",
         { "\nx is at a kink of the function" } },
    { 0, "dualmat check 'sum(relu(x))' --wrt x --hand 'step(x)' 'x=[1;0;-2]' --seed 1",
         { "\nright: all 3 entries agree\nx is at a kink of the function" } },
    { 0, "dualmat check 'sum(relu(x))' --wrt x --hand 'step(x)' 'x=[1;0;-2]' --seed 3",
         { "\nright: all 3 entries agree\nx is at a kink of the function" } },

    /* Ill-conditioned, and right all the same: what differs is rounding. */
    { 0, "dualmat check 'trace(inv(B)*A)' --wrt A --hand \"(B\\\\eye(3))'\" "
         "'B=[1,1,1;1,1+1e-11,1;1,1,1-1e-10]'",
         { "right" } },
    { 0, "dualmat check 'logdet(A)' --wrt A --hand \"inv(A)'\" 'A=[1,2;2,4.0000001]'",
         { "right", "  slope        2." } },

    /* Checks: wrong. */
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand '2*A'",
         { "wrong in 20 of 25 entries", "it is the transpose of the right one", "20 of 25",
           "  slope        1.00        2.00" } },
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand '2*A' --json",
         { "\"verdict\": \"wrong\"", "\"differ\": 20" } },
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand '2*A*B'", { "wrong in 25 of 25 entries" } },
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand @transposed.csv A=a.csv", { "wrong in 2 of 4" } },
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand @rounded.csv A=a.csv", { "wrong in 1 of 4" } },
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand @gradient.csv A~2x2",
         { "A was drawn at random, and the numbers by hand are of one point: give it by\nVAR=FILE\n" } },
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand \"A'\"", { "it is 0.5 times the right one" } },
    { 1, "dualmat check 'norm(A*x-b)^2' --wrt x --hand \"2*A'*(b-A*x)\"", { "the opposite sign" } },
    { 1, "dualmat check \"x'*x\" --wrt x --hand x 'x=[0;0]'", { "compared beside it, at " } },
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand @sixdigits.csv A=a.csv",
         { "worst at (2,2):\nall entries agree to about 5 digits of the largest, and the numbers by hand\n"
           "have no more than 6: --tol 1e-5 accepts them\n" } },
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand @noisy.csv A=a.csv",
         { "worst at (1,2):\nall entries agree to about 5 digits of the largest: --tol 1e-5 accepts them\n" } },
    { 1, "dualmat check \"x'*A*x\" --wrt x --hand '2*A*x'", { "wrong in 5 of 5 entries" } },
    { 1, "dualmat check 'sin(A*x)' --wrt x --hand-jac 'A*diag(cos(A*x))'", { "wrong" } },
    { 1, "dualmat check \"x'*x\" --wrt x --hand '(1e8*y+2.00001*x)-1e8*y'", { "wrong in 5 of 5 entries" } },
    { 1, "dualmat check \"x'*x\" --wrt x --hand '(1e8*y+2*x)-1.0000001*1e8*y'",
         { "wrong in 5 of 5 entries" } },
    { 1, "dualmat check \"x'*A*x\" --wrt x --hand-hess '2*A'", { "wrong in 20 of 25" } },
    { 1, "dualmat check 'logdet(S)' --wrt S --symmetric S --hand '2*inv(S)-diag(diag(inv(S)))'",
         { "wrong in 20 of 25" } },

    { 1, "dualmat check 'norm(A*x-b)^2' --wrt x --hand \"2*A'*(Ax-b)\"",
         { "\nAx occurs only in the formula by hand, and was drawn at random\n" } },
    { 0, "dualmat eval '2^T' T=3", { "8" } },

    /* Numbers of few digits: a mistake is one to the digits that they have. */
    { 1, "dualmat check 'norm(A*x-b)^2' --wrt x --hand @minus5.csv 'A=[1.2,0.7;-0.3,2.1;0.9,-1.7]' "
         "'b=[0.4;1.3;-2.2]' 'x=[0.371;-1.237]'",
         { "it is the right one with the opposite sign\n" } },
    { 1, "dualmat check 'norm(A*x-b)^2' --wrt x --hand @minus5.csv 'A=[1.2,0.7;-0.3,2.1;0.9,-1.7]' "
         "'b=[0.4;1.3;-2.2]' 'x=[0.371;-1.237]' --tol 1e-4",
         { "it is the right one with the opposite sign\n" } },
    { 1, "dualmat check 'norm(A*x-b)^2' --wrt x --hand @minus3.csv 'A=[1.2,0.7;-0.3,2.1;0.9,-1.7]' "
         "'b=[0.4;1.3;-2.2]' 'x=[0.371;-1.237]'",
         { "it is the right one with the opposite sign\n" } },
    { 1, "dualmat check 'norm(A*x-b)^2' --wrt x --hand @minus.csv 'A=[1.2,0.7;-0.3,2.1;0.9,-1.7]' "
         "'b=[0.4;1.3;-2.2]' 'x=[0.371;-1.237]'",
         { "it is the right one with the opposite sign\n" } },
    { 1, "dualmat check 'norm(A*x-b)^2' --wrt x --hand @three5.csv 'A=[1.2,0.7;-0.3,2.1;0.9,-1.7]' "
         "'b=[0.4;1.3;-2.2]' 'x=[0.371;-1.237]'",
         { "it is 3 times the right one" } },
    { 1, "dualmat check 'sum(x.^2)' --wrt x --hand @digits3.csv 'x=[0.5024;0.5034;0.5018]'",
         { "have no more than 3: --tol 1e-2 accepts them" } },
    { 0, "dualmat check 'sum(x.^2)' --wrt x --hand @digits3.csv 'x=[0.5024;0.5034;0.5018]' --tol 1e-2",
         { "right to the tolerance 1e-2" } },

    /* The report: what is wrong, the worst entries, the plot. */
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand '2*A'",
         { "worst at (2,3):\nit is the transpose of the right one;\nright is 2*A'\n",
           "  worst entry (2,3) ", "  then (3,2) ", "  angle between both ", " degrees\n" } },
    { 1, "COLUMNS=120 dualmat check 'trace(A^2)' --wrt A --hand '2*A'",
         { "worst at (2,3): it is the transpose of the right one; right is 2*A'\n" } },
    { 1, "COLUMNS=50 dualmat check 'trace(A^2)' --wrt A --hand '2*A' --plot -",
         { "error of the linear model against h: * by hand, o\nexact, # both",
           "+------------------------------------\n" } },
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand '2*A' --json",
         { "\"why\": \"it is the transpose of the right one\"", "\"formula\": \"2*A'\"", "\"ranked\": [",
           "\"angle\": " } },
    { 1, "dualmat check \"x'*x\" --wrt x --hand '3*x'",
         { "it is 1.5 times the right one;\nright is 2*x\n" } },
    { 1, "dualmat check 'norm(x)' --wrt x --hand x",
         { "the outer factor 1/norm(x) is missing;\nright is x/norm(x)\n" } },
    { 1, "dualmat check 'x^2' --wrt x --hand 2*x.^2 x=3", { "right is 2*x\n" } },
    { 1, "dualmat check 'log(p)' --wrt p --hand '1/p^2' p=3", { "right is 1/p\n" } },
    { 1, "dualmat check 'tr(A*X*B)' --wrt X --hand \"(A'*B')'\"", { "right is A'*B'\n" } },
    { 1, "dualmat check 'sum(A)' --wrt A --hand "
         "'ones(rows(A),columns(A))/(rows(A)*columns(A))'",
         { "right is (rows(A)*columns(A))*ones(rows(A),columns(A))/(rows(A)*columns(A))\n" } },
    { 1, "dualmat check \"trace(A*A)+norm(A,'fro')^2\" --wrt A --hand-hess '4*eye(25)'",
         { "is left out;\nright is 2*(eye(rows(A)*rows(A))+\n           reshape(" } },
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand @transposed.csv A=a.csv",
         { "worst at (1,2): it is the transpose of the right one\n" } },
    { 1, "dualmat check \"x'*A*x\" --wrt x --hand '2*A*x' A=a.csv 'x=[1;2]'",
         { "it is right only where A is symmetric;\nright is (A+A')*x\n", "  then (2,1) " } },
    { 1, "dualmat check \"x'*A*x\" --wrt x --hand 'A*x' A=a.csv 'x=[1;2]'",
         { "the term of the second x (column 6), A'*x, is left out;\nright is (A+A')*x\n" } },
    { 1, "dualmat check \"x'*A*x\" --wrt x --hand '3*A*x+x' A~4x4:sym", { "right is 2*A*x\n" } },
    { 1, "dualmat check \"x'*A*x\" --wrt x --hand '3*A*x+x' --symmetric A", { "right is 2*A*x\n" } },
    { 1, "dualmat check \"x'*A*x\" --wrt x --hand-hess \"A+x*x'\" A~4x4:spd", { "right is 2*A\n" } },
    { 1, "dualmat check \"x'*A*y\" --wrt A --hand \"3*x*y'\" --symmetric A",
         { "it is 3 times the right one;\nright is (x*y'+y*x')/2\n" } },
    { 1, "dualmat check \"tr(A^2)\" --wrt A --hand '3*A' A~3x3:sym", { "right is 2*A" } },
    { 0, "dualmat check \"x'*A*x\" --wrt x A~3x3:sym --hand '2*A*x'",
         { "agree\nA is symmetric: a missing transpose of it does not show\n" } },
    { 0, "dualmat check \"x'*A*x+y'*B*x\" --wrt x 'A=[1,2;2,3]' B~2x2:spd --hand \"2*A*x+B*y\" --json",
         { "\"A, B are symmetric: a missing transpose of them does not show\"",
           "\"seed\": 1,\n  \"draws\": [", "\"variable\": \"B\",\n      \"rows\": 2,\n      \"columns\": 2,\n"
           "      \"kind\": \"symmetric positive definite\"",
           "\"max_entry_rel_error\": " } },
    { 0, "dualmat check \"tr(Q*B)\" --wrt B Q~4x4:orth --hand \"inv(Q)\"",
         { "Q is orthogonal: its transpose cannot be told from its inverse\n" } },
    { 0, "dualmat check 'exp(x^2)' --wrt x --hand '2*x*exp(x^2)' --tap",
         { "note: 'x was drawn 1×1, as the expression needs it: order and transposes do not show'\n" } },
    { 0, "dualmat check 'logdet(S)' --wrt S --symmetric S --hand 'inv(S)' --json", { "\"notes\": [],\n" } },
    { 1, "dualmat check 'norm(C*x-b)^2/rows(C)' --wrt x --hand \"2*C'*(C*x-b)\" C=three.csv",
         { "it is 3 times the right one, and 3 is rows(C);\nright is " } },
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand '2*A' --plot -",
         { "* by hand, o exact, # both, . slope 2,\n- rounding\n\n", "   1e+01 |\n", "\n         +------", " 1e-1\n" } },
    { 0, "dualmat check 'trace(A^2)' --wrt A --hand \"2*A'\" --plot -", { "1e-01 |  ", " .#\n", "\n         |#  ...." } },
    { 3, "dualmat jac 'A*A' --wrt A A~3000x3000 2>&1", { "dualmat: out of memory: the result is 9000000×9000000, 6.48e+05 GB\n" } },
    { 1, "dualmat check \"exp(1)*(e'*e)\" --wrt e --hand '2*e'", { "right is exp(1)*2*e\n" } },
    { 0, "dualmat check 'sum(A)' --wrt A --hand 'ones(5,5)' --plot -",
         { "right", "|------------------------------------------------------------------\n",
           "|#                                #\n", "1e-5            1e-4             1e-3            1e-2" } },
    { 0, "dualmat check 'sum(A-A)' --wrt A --hand 'zeros(5,5)' --plot plot.svg && cat plot.svg && rm plot.svg",
         { "right: both are zero", "by hand</text>" } },
    { 1, "dualmat check 'tr(A)' --wrt A --hand 'A+' --plot a.svg 2> err.txt; rm err.txt; test -e a.svg", { NULL } },
    { 0, "dualmat check 'trace(A^2)' --wrt A --hand \"2*A'\" --plot plot.svg && cat plot.svg && rm plot.svg",
         { "<svg xmlns=\"http://www.w3.org/2000/svg\"", "Taylor test of trace(A^2) with respect to A</text>",
           "by hand, slope 2.00", "</svg>\n" } },
    { 0, "dualmat check 'trace(A^2)' --wrt A --hand \"2*A'\" --tap",
         { "TAP version 13\n1..1\nok 1 - gradient of trace(A^2) with respect to A, by hand 2*A'\n  ---\n"
           "  message: 'right: all 25 entries agree'\n  differ: 0 of 25\n" } },
    { 1, "dualmat check 'trace(A^2)' --wrt A --hand '2*A' --tap",
         { "TAP version 13\n1..1\nnot ok 1 - gradient", "right is 2*A'''\n  formula: '2*A'''\n",
           "  worst:\n    - { row: 2, column: 3, hand: 3.5", "  ...\n" } },

    /* Help. */
    { 0, "dualmat help", { "commands:", "  check  is a gradient derived by hand right?", "Exit status" } },
    { 0, "dualmat --help", { "commands:" } },
    { 0, "dualmat help check", { "--hand EXPR", "--tol T", "for example:" } },
    { 0, "dualmat grad --help", { "dualmat grad EXPR --wrt A[,B...]", "--wrt A[,B...]" } },
    { 0, "dualmat help derive", { "Every formula is read back" } },
    { 0, "dualmat help jvp", { "--along A=SOURCE     move A in this direction; may be repeated: all move at\n"
                               "                       once\n" } },
    { 0, "dualmat ops", { "products\n  A*B ", "dA*B + A*dB", "  expm_frechet(A,E)   expm_frechet(A,dE) +\n"
                          "                        expm_frechet([A, E; zeros(n,n), A]," } },
    { 0, "dualmat info", { "dualmat  " DM_VERSION, "BLAS     ", "GSL      " } },
};

/* Characters of the longest line. */
static size_t longest_line(const char *text)
{
    size_t longest = 0, length = 0;

    for (; *text; text++) {
        length = *text == '\n' ? 0 : length + ((*text & 0xC0) != 0x80);
        longest = length > longest ? length : longest;
    }
    return longest;
}

START_TEST(ends)
{
    const char *line = outcomes[_i].line;
    bool page = (strncmp(line, "dualmat check", 13) == 0 || strncmp(line, "dualmat help", 12) == 0
                 || strncmp(line, "dualmat ops", 11) == 0) && !strstr(line, " --json") && !strstr(line, " --tap");
    outcome o;

    shell(outcomes[_i].line, NULL, &o);
    ck_assert_msg(o.status == outcomes[_i].status, "%s\nends with %d\n%s%s", outcomes[_i].line, o.status,
                  o.out, o.err);
    for (size_t k = 0; k < 5 && outcomes[_i].out[k]; k++)
        ck_assert_msg(strstr(o.out, outcomes[_i].out[k]) != NULL, "%s\nprints\n%s\nwithout\n%s",
                      outcomes[_i].line, o.out, outcomes[_i].out[k]);
    ck_assert_str_eq(o.err, "");
    if (page && !strstr(line, ".svg"))
        ck_assert_msg(longest_line(o.out) < 80, "%s\nprints\n%s", line, o.out);
}
END_TEST

/* ------------------------------------------------------------------------------------------- PNG -- */

/* The size that stands in the file's head, big end first. */
static unsigned number_at(const unsigned char *bytes)
{
    return (unsigned) bytes[0] << 24 | (unsigned) bytes[1] << 16 | (unsigned) bytes[2] << 8 | bytes[3];
}

START_TEST(a_plot_in_pixels)
{
    static const char line[] = "dualmat check 'trace(A^2)' --wrt A --hand \"2*A'\" --plot plot.png";
    unsigned char head[24] = { 0 };
    outcome o;

    shell(line, NULL, &o);
    if (o.status == 2) {
        ck_assert_str_eq(o.err, "dualmat: --plot plot.png: this dualmat was built without libcairo2-dev, which "
                                "PNG needs (make deps installs it): give it a name that ends in .svg\n");
        fprintf(stderr, "a_plot_in_pixels: left out: dualmat was built without libcairo2-dev\n");
        return;
    }
    ck_assert_msg(o.status == 0, "ends with %d\n%s", o.status, o.err);
    FILE *stream = fopen(path_of("plot.png"), "rb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fread(head, 1, sizeof head, stream), sizeof head);
    fseek(stream, 0, SEEK_END);
    ck_assert_int_gt(ftell(stream), 20000);            /* it is not empty */
    fclose(stream);
    remove(path_of("plot.png"));
    ck_assert_int_eq(memcmp(head, "\x89PNG\r\n\x1a\n", 8), 0);
    ck_assert_uint_eq(number_at(head + 16), 1440);
    ck_assert_uint_eq(number_at(head + 20), 960);
    shell("dualmat check 'trace(A^2)' --wrt A --hand \"2*A'\" --plot /no/a.png", NULL, &o);
    ck_assert_int_eq(o.status, 2);
    ck_assert_str_eq(o.err, "dualmat: --plot /no/a.png: No such file or directory\n");
    ck_assert_str_eq(o.out, "");
}
END_TEST

/* ------------------------------------------------------------------------------------ random draws -- */

static void evaluates(const char *line, char value[20000])
{
    outcome o;

    shell(line, NULL, &o);
    ck_assert_msg(o.status == 0, "%s\nends with %d\n%s", line, o.status, o.err);
    strcpy(value, strchr(o.out, '{'));
    char *end = strstr(value, "\"seed\"");
    if (end)
        *end = '\0';
}

/* A draw depends on the seed, and on the variable's name and shape; not on what else is there. */
START_TEST(draws_depend_on_name_and_shape)
{
    static char alone[20000], other[20000];

    evaluates("dualmat eval A A~3x3 --json", alone);
    evaluates("dualmat eval A A~3x3 --json --seed 1", other);
    ck_assert_str_eq(alone, other);
    evaluates("dualmat eval '0*B+A+0*C' C~3x3 --json", other);
    ck_assert_str_eq(alone, other);
    evaluates("dualmat eval A A~3x3 --json --seed 2", other);
    ck_assert_str_ne(alone, other);
    evaluates("dualmat eval B B~3x3 --json", other);
    ck_assert_str_ne(alone, other);
    evaluates("dualmat eval 'A(1:3,1:3)' A~3x4 --json", other);
    ck_assert_str_ne(alone, other);
}
END_TEST

/* Each kind is what its name says. */
static const struct {
    const char *line;
    double value, tolerance;
} kinds[] = {
    { "dualmat eval \"norm(A-A','fro')\" A~6x6:sym --json",        0,       0     },
    { "dualmat eval \"norm(A-A','fro')\" A~6x6:spd --json",        0,       0     },
    { "dualmat eval 'logdet(A)-log(det(A))' A~6x6:spd --json",     0,       1e-13 },
    { "dualmat eval \"norm(A*A'-eye(4),'fro')\" A~4x6:orth --json", 0,     1e-14 },
    { "dualmat eval \"norm(A'*A-eye(4),'fro')\" A~6x4:orth --json", 0,     1e-14 },
    { "dualmat eval 'A(1,2)^2+A(1,3)^2+A(2,3)^2' A~3x3:lower --json", 0,   0     },
    { "dualmat eval 'sum(abs(A))-sum(A)' A~6x5:pos --json",        0,       0     },
    { "dualmat eval \"norm(A,'fro')^2\" A~4x4:wellcond --json",    86. / 9, 1e-13 },  /* 1, 4/3, 5/3, 2 */
};

START_TEST(kinds_are_what_they_say)
{
    static char value[20000];

    evaluates(kinds[_i].line, value);
    same_number(strtod(strstr(value, ": ") + 2, NULL), kinds[_i].value, kinds[_i].tolerance, "%s",
                kinds[_i].line);
}
END_TEST

Suite *command_suite(void)
{
    Suite *suite = suite_create("command");
    TCase *tc = case_of(suite, "lines");

    tcase_add_unchecked_fixture(tc, make_files, remove_files);
    tcase_add_loop_test(tc, prints, 0, sizeof transcripts / sizeof transcripts[0]);
    tcase_add_loop_test(tc, complains, 0, sizeof mistakes / sizeof mistakes[0]);
    tcase_add_loop_test(tc, ends, 0, sizeof outcomes / sizeof outcomes[0]);
    tcase_add_test(tc, a_plot_in_pixels);
    tcase_add_test(tc, draws_depend_on_name_and_shape);
    tcase_add_loop_test(tc, kinds_are_what_they_say, 0, sizeof kinds / sizeof kinds[0]);
    return suite;
}
