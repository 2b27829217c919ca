/* Parsing: what a text means, what is refused and where, and that nothing at all makes the parser fall. */
#include <stdio.h>
#include "language.h"
#include "language/tree.h"

/* ---------------------------------------------------------------------------------- the tree, shown -- */

static const char *const signs[] = {
    [NODE_NEG] = "-", [NODE_TRANSPOSE] = "'", [NODE_ADD] = "+", [NODE_SUB] = "-", [NODE_MUL] = "*",
    [NODE_OVER] = "/", [NODE_UNDER] = "\\", [NODE_POWER] = "^", [NODE_HADAMARD] = ".*",
    [NODE_QUOTIENT] = "./", [NODE_HADAMARD_POWER] = ".^", [NODE_INDEX] = "at", [NODE_RANGE] = ":",
    [NODE_ROW] = "row", [NODE_COLUMN] = "column",
};

/* (operation operand ...), with numbers that are known worked out. */
static void show(const dm_expression *e, size_t node, char **at)
{
    const dm_node *n = &e->node[node];

    if (n->constant)
        *at += sprintf(*at, "%g", n->number);
    else if (n->kind == NODE_NAME)
        *at += sprintf(*at, "%s", n->name);
    else if (n->kind == NODE_STRING)
        *at += sprintf(*at, "\"%.*s\"", (int) n->length, e->text + n->at);
    else if (n->kind == NODE_SIZE)
        *at += sprintf(*at, "%s of %s", n->number > 0 ? "columns" : "rows", e->variable[n->variable].name);
    else if (n->kind == NODE_COLON || n->kind == NODE_LAST)
        *at += sprintf(*at, n->kind == NODE_COLON ? ":" : "end");
    else {
        if (n->kind == NODE_CALL)
            *at += sprintf(*at, "(%s", n->form.formula);
        else
            *at += sprintf(*at, "(%s", signs[n->kind]);
        for (size_t a = n->first; a != NONE; a = e->node[a].next) {
            *at += sprintf(*at, " ");
            show(e, a, at);
        }
        *at += sprintf(*at, ")");
    }
}

static const struct {
    const char *text, *tree;
} trees[] = {
    /* numbers */
    { "1", "1" }, { ".5", "0.5" }, { "5.", "5" }, { "1e-3", "0.001" }, { "1.5E+2", "150" },
    { "pi", "3.14159" }, { "1e", NULL }, { "1.2.3", NULL }, { "0x10", NULL }, { "1i", NULL },
    { "1./A", "(./ 1 A)" }, { "1.*A", "(.* 1 A)" }, { "2.^A", "(.^ 2 A)" }, { "A.^2.", "(.^ A 2)" },
    { "2.'*A", "(* 2 A)" },
    /* precedence and order */
    { "a+b*c", "(+ a (* b c))" }, { "a*b+c", "(+ (* a b) c)" }, { "a-b-c", "(- (- a b) c)" },
    { "A/B*C", "(* (/ A B) C)" }, { "A\\B\\C", "(\\ (\\ A B) C)" }, { "a.*b./c", "(./ (.* a b) c)" },
    { "-A^2", "(- (^ A 2))" }, { "-A'", "(- (' A))" }, { "-a*b", "(* (- a) b)" },
    { "a*-b", "(* a (- b))" }, { "a--b", "(- a (- b))" }, { "+a", "a" }, { "- -a", "(- (- a))" },
    { "2^3^2", "64" }, { "2^-1", "0.5" }, { "a^-b^c", "(^ (^ a (- b)) c)" }, { "a^+2", "(^ a 2)" },
    { "-2^2", "-4" }, { "2^-2^2", "0.0625" }, { "A^2'", "(' (^ A 2))" }, { "A'^2", "(^ (' A) 2)" },
    { "A''", "(' (' A))" }, { "A.'", "(' A)" }, { "A.^B'", "(' (.^ A B))" },
    { "(a+b)*c", "(* (+ a b) c)" }, { "((a))", "a" }, { "a^(b+c)", "(^ a (+ b c))" },
    { "2*3+4/8-1", "5.5" }, { "1/0", "(/ 1 0)" }, { "2\\6", "3" },
    /* indexes */
    { "A(1,2)", "(at A 1 2)" }, { "A(1:2,:)", "(at A (: 1 2) :)" }, { "A(:,2)", "(at A : 2)" },
    { "A(end,1:end-1)", "(at A end (: 1 (- end 1)))" }, { "A(:)", "(at A :)" }, { "x(3)", "(at x 3)" },
    { "(A*B)(1:2,:)", "(at (* A B) (: 1 2) :)" }, { "inv(A)(1,1)", "(at (inv(A) A) 1 1)" },
    { "A'(1,2)", "(at (' A) 1 2)" }, { "A(1,2)'", "(' (at A 1 2))" }, { "A(:)(2)", "(at (at A :) 2)" },
    { "2^x(1)", "(^ 2 (at x 1))" }, { "A(i+1,2*j)", "(at A (+ i 1) (* 2 j))" },
    { "[a, b](1)", "(at (row a b) 1)" }, { "x(-1)", "(at x -1)" }, { "A((1:2),1)", NULL },
    /* matrices */
    { "[A]", "A" }, { "[A, B; C, D]", "(column (row A B) (row C D))" }, { "[a; b]", "(column a b)" },
    { "[1 -2]", "(row 1 -2)" }, { "[1 - 2]", "-1" }, { "[1 , -2]", "(row 1 -2)" },
    { "[1 -2 + 3]", "(row 1 1)" }, { "[a -b]", "(row a (- b))" }, { "[a - b]", "(- a b)" },
    { "[a-b]", "(- a b)" }, { "[a- b]", "(- a b)" }, { "[A' B']", "(row (' A) (' B))" },
    { "[A' -B']", "(row (' A) (- (' B)))" }, { "[a .* b]", "(.* a b)" }, { "[a (1)]", "(row a 1)" },
    { "[a(1)]", "(at a 1)" }, { "[(a -b)]", "(- a b)" }, { "[x(1 -1)]", "(at x 0)" },
    { "[sin(a) b]", "(row (sin(A) a) b)" }, { "[1\n2]", "(column 1 2)" },
    { "[1 2\n3 4\n]", "(column (row 1 2) (row 3 4))" },
    { "[\n1, 2;\n\n3, 4;]", "(column (row 1 2) (row 3 4))" }, { "[1, 2,]", "(row 1 2)" },
    { "[1 2 ]", "(row 1 2)" }, { "[ 1 ]", "1" }, { "[[1, 2]; [3, 4]]", "(column (row 1 2) (row 3 4))" },
    { "[a, [b; c]]", "(row a (column b c))" }, { "[a (b\n+c)]", "(row a (+ b c))" },
    { "[a ^ 2]", "(^ a 2)" },
    /* calls */
    { "trace(A)", "(trace(A) A)" }, { "tr(A)", "(tr(A) A)" }, { "norm(x)", "(norm(x) x)" },
    { "norm(A,'fro')", "(norm(A,'fro') A \"fro\")" },
    { "norm(A, \"fro\")", "(norm(A,'fro') A \"fro\")" }, { "sum(A)", "(sum(A) A)" },
    { "sum(A,1)", "(sum(A,1) A 1)" }, { "sum(A,3-1)", "(sum(A,2) A 2)" },
    { "reshape(A,2,3*n)", "(reshape(A,r,c) A 2 (* 3 n))" }, { "eye(2)", "(eye(n) 2)" },
    { "ones(2,3)", "(ones(m,n) 2 3)" }, { "kron(A, B')", "(kron(A,B) A (' B))" },
    { "inv (A)", "(inv(A) A)" }, { "rows(A)*columns(x)", "(* rows of A columns of x)" },
    { "eye(rows(A)-1)", "(eye(n) (- rows of A 1))" }, { "max(A,0)", "(max(A,0) A 0)" },
    { "exp(-A)(1,:)", "(at (exp(A) (- A)) 1 :)" },
    /* white space */
    { "  a  +\tb \n", "(+ a b)" }, { "a '", "(' a)" }, { "A (1, 2)", "(at A 1 2)" },
    { "a\r\n+ b", "(+ a b)" },
};

START_TEST(means)
{
    char tree[400], *at = tree;
    dm_complaint complaint;
    dm_expression *e = dm_expression_parse(trees[_i].text, &complaint);

    if (!trees[_i].tree) {
        ck_assert_msg(e == NULL, "%s is an expression", trees[_i].text);
        return;
    }
    ck_assert_msg(e != NULL, "%s: %s", trees[_i].text, complaint.message);
    show(e, e->nodes - 1, &at);
    ck_assert_msg(strcmp(tree, trees[_i].tree) == 0, "%s: %s, expected %s", trees[_i].text, tree,
                  trees[_i].tree);
    ck_assert_str_eq(dm_expression_text(e), trees[_i].text);
    dm_expression_free(e);
}
END_TEST

/* What messages call a subexpression is its text, without its middle if it is long. */
START_TEST(names)
{
    dm_expression *e = parsed("trace((A * B)')*norm([x, y; 1 2](:,1)) + (s*u)'*t"
                              " - a_very_long_name*s(1)*2");
    static const char *const expected[] = {
        "A", "B", "A * B", "(A * B)'", "trace((A * B)')", "x", "y", "[x, y]", "1", "2", "[1 2]",
        "[x, y; 1 2]", ":", "1", "[x, y; 1 2](:,1)", "norm([x, y; 1 2](:,1))", "trace((A * B…2](:,1))",
        "s", "u", "s*u", "(s*u)'", "t", "(s*u)'*t", "trace((A * B…(s*u)'*t", "a_very_long_name", "s",
        "1", "s(1)", "a_very_long_name*s(1)", "2",
        "a_very_long_name*s(1)*2", "trace((A * B…e*s(1)*2",
    };

    ck_assert_uint_eq(e->nodes, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < e->nodes; i++)
        ck_assert_str_eq(e->node[i].name, expected[i]);
    dm_expression_free(e);
}
END_TEST

START_TEST(variables)
{
    dm_expression *e = parsed("b'*A(i,1:n)*x + tr(A)*b_2*sum(x, 2) + eye(n)(1,1) + norm(e,'fro')");
    static const char *const expected[] = { "b", "A", "i", "n", "x", "b_2", "e" };

    ck_assert_uint_eq(dm_expression_variables(e), COUNT(expected));
    for (int i = 0; i < COUNT(expected); i++)
        ck_assert_str_eq(dm_expression_variable(e, (size_t) i), expected[i]);
    ck_assert_ptr_null(dm_expression_variable(e, COUNT(expected)));
    dm_expression_free(e);

    e = parsed("2*pi");
    ck_assert_uint_eq(dm_expression_variables(e), 0);
    dm_expression_free(e);
}
END_TEST

/* -------------------------------------------------------------------------------- what is refused -- */

static const struct {
    const char *text, *about, *message;
} refusals[] = {
    { "", "0:", "the expression is empty" },
    { "  ", "0:", "the expression is empty" },
    { "A*", "2:", "expected an operand after '*'" },
    { "A*)", "2:)", "expected an operand after '*', found ')'" },
    { "A**B", "2:*", "expected an operand after '*', found '*'" },
    { "*A", "0:*", "expected an operand, found '*'" },
    { "A+", "2:", "expected an operand after '+'" },
    { "A.*", "3:", "expected an operand after '.*'" },
    { "2^", "2:", "expected an operand after '^'" },
    { "-", "1:", "expected an operand after '-'" },
    { "()", "1:)", "expected an operand after '(', found ')'" },
    { "A+,B", "2:,", "expected an operand after '+', found ','" },
    { "'", "0:'", "the closing ' of the string is missing" },
    { "norm(A,'fro)", "7:'", "the closing ' of the string is missing" },
    { "norm(A,\"fro)", "7:\"", "the closing \" of the string is missing" },
    { "(A", "2:", "')' is missing" },
    { "(A]", "2:]", "')' is missing before ']'" },
    { "(A B)", "3:B", "an operator or ')' is missing before 'B'" },
    { "[A", "2:", "']' is missing" },
    { "[A)", "2:)", "']' is missing before ')'" },
    { "[1'a']", "3:a", "an operator or ']' is missing before 'a'" },
    { "[A; B", "5:", "']' is missing" },
    { "[A:B]", "2::", "']' is missing before ':'" },
    { "[,1]", "1:,", "expected an operand after '[', found ','" },
    { "[1,,2]", "3:,", "expected an operand after ',', found ','" },
    { "[]", "0:[]", "a matrix has at least one row and one column" },
    { "[ ]*A", "0:[ ]", "a matrix has at least one row and one column" },
    { "A)", "1:)", "')' without '('" },
    { "A]", "1:]", "']' without '['" },
    { "A B", "2:B", "an operator is missing before 'B'" },
    { "2A", "1:A", "an operator is missing before 'A'" },
    { "A 'fro'", "3:fro", "an operator is missing before 'fro'" },
    { "[A 'fro']", "3:'fro'", "a string has a meaning as the argument of a function only" },
    { "A \"fro\"", "2:\"fro\"", "an operator is missing before \"fro\"" },
    { "(A \"fro\")", "3:\"fro\"", "an operator or ')' is missing before \"fro\"" },
    { "A,B", "1:,", "expected the end of the expression, found ','" },
    { "A;B", "1:;", "expected the end of the expression, found ';'" },
    { "1:3", "1::", "':' has a meaning in an index only" },
    { "A*:", "2::", "':' has a meaning in an index only" },
    { "trace(:)", "6::", "':' has a meaning in an index only" },
    { "end", "0:end", "'end' has a meaning in an index only" },
    { "[A(1), end]", "7:end", "'end' has a meaning in an index only" },
    { "'fro'", "0:'fro'", "a string has a meaning as the argument of a function only" },
    { "A*'fro'", "2:'fro'", "a string has a meaning as the argument of a function only" },
    { "A@B", "1:@", "'@' is not in the language" },
    { "A=B", "1:=", "'=' is not in the language" },
    { "A..B", "1:.", "'.' is not in the language" },
    { "A.+B", "1:.", "'.' is not in the language" },
    { "x·y", "1:·", "'·' is not in the language: write *" },
    { "Aᵀ*A", "1:ᵀ", "'ᵀ' is not in the language: write '" },
    { "A⁻¹", "1:⁻¹", "'⁻¹' is not in the language: write ^-1" },
    { "λ*x", "0:λ", "'λ' is not in the language" },
    { "A\x01", "1:\x01", "a control character (1) is not in the language" },
    { "A\xff", "1:\xff", "this is not text (byte 255)" },
    { "1e400", "0:1e400", "the number 1e400 is too large" },
    { "A.x", "1:.x", "a part is taken of a function's result only, as in eig(A).values" },
    { "inv(A).x", "6:.x", "there is no part .x of this: there is inv(A)" },
    { "rows(2)", "5:2", "the name of a variable is needed here" },
    { "rows(A*B)", "6:*", "an operator or ')' is missing before '*'" },
    { "rows", "0:rows", "'rows' is a function: '(' is missing behind it" },
    { "inv", "0:inv", "'inv' is a function: '(' is missing behind it" },
    { "2*trace'", "2:trace", "'trace' is a function: '(' is missing behind it" },
    { "[sin (x)]", "1:sin", "'sin' is a function: '(' is missing behind it" },
    { "trace()", "6:)", "expected an operand after '(', found ')'" },
    { "trace(A", "7:", "')' is missing" },
    { "trace(A,B)", "0:trace", "there is no trace with these arguments: there is trace(A)" },
    { "1+norm(A,'foo')", "2:norm",
      "there is no norm with these arguments: there are norm(x), norm(A,'fro'), norm(x,2)" },
    { "sum(A,3)", "0:sum",
      "there is no sum with these arguments: there are sum(A), sum(A,2), sum(A,1)" },
    { "det('A')", "0:det", "there is no det with this argument: there is det(A)" },
    { "reshape(A,B',2)", "10:B'", "this argument is a number, made of numbers, + - * / and variables" },
    { "eye(trace(A))", "4:trace(A)",
      "this argument is a number, made of numbers, + - * / and variables" },
    { "tarce(A')", "0:tarce", "unknown function 'tarce': did you mean 'trace'?" },
    { "2*inverze(A*B')", "2:inverze", "unknown function 'inverze': did you mean 'inverse'?" },
    { "A([1,2],:)", "3:1,2",
      "A is no function, and an index takes one place or a range, such as 1:2, not a list" },
    { "trac([1,2])", "0:trac", "unknown function 'trac': did you mean 'trace'?" },
    { "foo(A')", "0:foo", "unknown function 'foo'" },
    { "2*Trace(A)", "2:Trace", "unknown function 'Trace': did you mean 'trace'?" },
    { "A + NaN", "4:NaN", "a finite number is needed" },
    { "foo(A,'fro')", "0:foo", "unknown function 'foo'" },
    { "ln(det(A))", "0:ln", "unknown function 'ln': did you mean 'log'?" },
    { "A(1,2,3)", "6:3", "an index has a row and a column, nothing more" },
    { "A()", "2:)", "expected an operand after '(', found ')'" },
    { "A(1:2:3,:)", "5::", "a range has step 1: it is written first:last" },
    { "A(:2)", "3:2", "expected ',' or ')' after ':', found '2'" },
    { "A(1:)", "4:)", "expected an operand after ':', found ')'" },
    { "(A*B)(x',1)", "6:x'", "a place in an index is made of whole numbers, end, + - * and variables" },
};

START_TEST(refuses)
{
    dm_complaint complaint;

    ck_assert_ptr_null(dm_expression_parse(refusals[_i].text, &complaint));
    complains(&complaint, refusals[_i].text, GSL_EINVAL, refusals[_i].message, refusals[_i].about);
    ck_assert_ptr_null(dm_expression_parse(refusals[_i].text, NULL));
}
END_TEST

/* ------------------------------------------------------------------------------ long and deep texts -- */

static char *repeated(const char *before, const char *text, size_t n, const char *after)
{
    char *all = malloc(strlen(before) + n * strlen(text) + strlen(after) + 1), *at = all;

    at += sprintf(at, "%s", before);
    while (n--)
        at += sprintf(at, "%s", text);
    strcpy(at, after);
    return all;
}

/* The length of an expression has no limit, its nesting has one. */
START_TEST(long_and_deep)
{
    enum { MANY = 10000 };
    static const struct {
        const char *before, *text, *after;
        size_t n;
        const char *message;
    } texts[] = {
        { "A", "+A", "", MANY, NULL }, { "A", "*A", "", MANY, NULL }, { "A", "'", "", MANY, NULL },
        { "[1", ",1", "]", MANY, NULL }, { "[1", ";1", "]", MANY, NULL }, { "A", "(:)", "", MANY, NULL },
        { "x(1", "+1", ")", MANY, NULL }, { "2", "^1", "", MANY, NULL }, { "", " ", "1", MANY, NULL },
        { "1", "0", "", MANY, "the number has 10001 digits, at most 400 are allowed" },
        { "0.", "0", "1", 390, NULL },
        { "", "(", "A", MANY, "the expression is nested too deeply: at most 500 levels are allowed" },
        { "", "[", "A", MANY, "the expression is nested too deeply: at most 500 levels are allowed" },
        { "", "-", "A", MANY, "the expression is nested too deeply: at most 500 levels are allowed" },
        { "", "exp(", "A", MANY, "the expression is nested too deeply: at most 500 levels are allowed" },
        { "A", "^-", "2", MANY, "expected an operand after '-', found '^'" },
        { "2^", "-", "2", MANY, "the expression is nested too deeply: at most 500 levels are allowed" },
        { "x(end", "+end", ")", MANY, "the place is nested too deeply" },
        { "", "A", "", MANY, NULL },
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *text = repeated(texts[i].before, texts[i].text, texts[i].n, texts[i].after);
        dm_complaint complaint;
        dm_expression *e = dm_expression_parse(text, &complaint);
        if (texts[i].message)
            ck_assert_str_eq(complaint.message, texts[i].message);
        ck_assert_msg((e == NULL) == (texts[i].message != NULL), "%.20s: %s", text, complaint.message);
        dm_expression_free(e);
        free(text);
    }
    char *open = repeated("", "(", 500, "A"), *text = repeated(open, ")", 500, "");
    dm_expression_free(parsed(text));
    free(open);
    free(text);
}
END_TEST

/* ---------------------------------------------------------------------------------- any text at all -- */

/* Parse it, and whatever it is, go on with it as far as it goes. */
static void survive(const char *text)
{
    dm_complaint complaint;
    dm_expression *e = dm_expression_parse(text, &complaint);
    dm_shape shape[64];
    dm_shape result = { .name = NULL };

    ck_assert_msg((e == NULL) == (complaint.code != GSL_SUCCESS), "%s: code %d", text, complaint.code);
    if (!e) {
        ck_assert_msg(complaint.at + complaint.length <= strlen(text), "%s: place %zu, %zu", text,
                      complaint.at, complaint.length);
        ck_assert_msg(complaint.message[0] != '\0', "%s: no message", text);
        return;
    }
    size_t n = dm_expression_variables(e);
    if (n <= 64) {
        for (size_t i = 0; i < n; i++)
            shape[i] = (dm_shape) { .name = dm_expression_variable(e, i) };
        int status = dm_expression_infer(e, shape, n, &result, 3, &complaint);
        ck_assert_msg(status == complaint.code, "%s: %d, %d", text, status, complaint.code);
        ck_assert_msg(status == GSL_SUCCESS || (complaint.message[0] != '\0'
                      && complaint.at + complaint.length <= strlen(text)), "%s: %s", text,
                      complaint.message);
        for (size_t i = 0; status == GSL_SUCCESS && i < n; i++)
            ck_assert_msg(shape[i].rows && shape[i].cols, "%s: %s is left open", text, shape[i].name);
    }
    dm_expression_free(e);
}

START_TEST(every_prefix)
{
    char text[200];

    for (size_t from = 0; from < strlen(samples[_i]); from++)
        for (size_t n = 0; n <= strlen(samples[_i]) - from; n += from == 0 ? 1 : 3) {
            snprintf(text, sizeof text, "%.*s", (int) n, samples[_i] + from);
            survive(text);
        }
}
END_TEST

/* Bytes changed, left out, put in and copied from elsewhere; seeded. */
START_TEST(mutations)
{
    static const char alphabet[] = "()[]+-*/\\^.':;, \nAxbs0129e\"@iend\xCE\xBB";
    dice d = { 100 + (uint64_t) _i };

    for (size_t turn = 0; turn < many(2000); turn++) {
        char text[400];
        strcpy(text, samples[_i]);
        for (int changes = (int) uniform(&d, 1, 5); changes > 0; changes--) {
            size_t n = strlen(text), at = (size_t) uniform(&d, 0, (double) n);
            char c = alphabet[(size_t) uniform(&d, 0, sizeof alphabet - 1)];
            switch ((int) uniform(&d, 0, 4)) {
            case 0: text[at] = n ? c : '\0'; break;
            case 1: memmove(text + at, text + at + (n > 0), n - at + (n == 0)); break;
            case 2:
                memmove(text + at + 1, text + at, n - at + 1);
                text[at] = c;
                break;
            default: {
                const char *other = samples[(size_t) uniform(&d, 0, sample_count)];
                size_t from = (size_t) uniform(&d, 0, (double) strlen(other));
                snprintf(text + at, sizeof text - at, "%.*s", (int) uniform(&d, 0, 12), other + from);
            }
            }
        }
        survive(text);
    }
}
END_TEST

/* Each allocation in turn fails: no expression, the one complaint, and nothing is lost. */
START_TEST(no_memory)
{
    const char *text = samples[_i];
    dm_complaint complaint;

    for (size_t k = 0; ; k++) {
        long before = blocks_in_use();
        fail_allocation(k, false);
        dm_expression *e = dm_expression_parse(text, &complaint);
        allocate_again();
        bool done = e || complaint.code != GSL_ENOMEM;
        dm_expression_free(e);
        long lost = blocks_in_use() - before;
        ck_assert_int_eq(lost, 0);
        if (done)
            break;
        ck_assert_str_eq(complaint.message, "out of memory");
    }
}
END_TEST

Suite *language_parse_suite(void)
{
    Suite *suite = suite_create("language/parse");
    TCase *tc = case_of(suite, "trees");

    tcase_add_loop_test(tc, means, 0, COUNT(trees));
    tcase_add_test(tc, names);
    tcase_add_test(tc, variables);
    tc = case_of(suite, "refusals");
    tcase_add_loop_test(tc, refuses, 0, COUNT(refusals));
    tc = case_of(suite, "any text");
    tcase_add_test(tc, long_and_deep);
    tcase_add_loop_test(tc, every_prefix, 0, sample_count);
    tcase_add_loop_test(tc, mutations, 0, sample_count);
    tcase_add_loop_test(tc, no_memory, 0, sample_count);
    return suite;
}
