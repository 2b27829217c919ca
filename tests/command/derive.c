/* derive: formulas of the literature, output languages, the page.
 *
 * The Matrix Cookbook (Petersen & Pedersen), sections 2.1 to 2.8 and 9 to 10, and what else people derive on
 * paper.  For each the gradient that derive prints must be the exact one, and no longer than the form of the
 * book, which stands beside it and is itself held against the dual numbers.                          */
#define _XOPEN_SOURCE 700              /* mkdtemp, realpath */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "../fixture.h"
#include "../suites.h"

static const struct {
    const char *f, *wrt, *book, *given;
} cookbook[] = {
    { "tr(X)", "X", "eye(rows(X))", "" },
    { "sum(x.*exp(x))", "x", "exp(x)+x.*exp(x)", "" },
    { "x'*exp(-x)", "x", "exp(-x)-x.*exp(-x)", "" },
    { "tr(X*A)", "X", "A'", "" },
    { "tr(A*X)", "X", "A'", "" },
    { "tr(A*X*B)", "X", "A'*B'", "" },
    { "tr(A*X'*B)", "X", "B*A", "" },
    { "tr(X'*A)", "X", "A", "" },
    { "tr(A*X')", "X", "A", "" },
    { "tr(X^2)", "X", "2*X'", "" },
    { "tr(X^2*B)", "X", "(X*B+B*X)'", "" },
    { "tr(X'*B*X)", "X", "B*X+B'*X", "" },
    { "tr(X*B*X')", "X", "X*B'+X*B", "" },
    { "tr(A*X*B*X)", "X", "A'*X'*B'+B'*X'*A'", "" },
    { "tr(X'*X)", "X", "2*X", "" },
    { "tr(X*X')", "X", "2*X", "" },
    { "tr(B'*X'*C*X*B)", "X", "C'*X*B*B'+C*X*B*B'", "" },
    { "tr(X'*B*X*C)", "X", "B*X*C+B'*X*C'", "" },
    { "tr(A*X*B*X'*C)", "X", "A'*C'*X*B'+C*A*X*B", "" },
    { "tr((A*X*B+C)*(A*X*B+C)')", "X", "2*A'*(A*X*B+C)*B'", "" },
    { "tr(kron(X,X))", "X", "2*tr(X)*eye(rows(X))", "" },
    { "tr(X^3)", "X", "3*(X^2)'", "" },
    { "tr(X^5)", "X", "5*(X^4)'", "" },
    { "tr(A*X^3)", "X", "(A*X^2+X*A*X+X^2*A)'", "" },
    { "tr(inv(X))", "X", "-(inv(X)^2)'", "" },
    { "tr(A*inv(X)*B)", "X", "-(inv(X)*B*A*inv(X))'", "" },
    { "a'*inv(X)*b", "X", "-inv(X)'*a*b'*inv(X)'", "" },
    { "det(X)", "X", "det(X)*inv(X)'", "" },
    { "det(inv(X))", "X", "-det(inv(X))*inv(X)'", "" },
    { "det(A*X*B)", "X", "det(A*X*B)*inv(X)'", "A~4x4 B~4x4" },
    { "det(X'*X)", "X", "2*det(X'*X)*X*inv(X'*X)", "" },
    { "logdet(X'*X)", "X", "2*X*inv(X'*X)", "" },
    { "logdet(X)", "X", "inv(X)'", "" },
    { "logdet(A*X*B)", "X", "inv(X)'", "A~4x4 B~4x4" },
    { "det(X^2)", "X", "2*det(X)^2*inv(X)'", "" },
    { "det(X'*A*X)", "X", "det(X'*A*X)*(A*X*inv(X'*A*X)+A'*X*inv(X'*A'*X))", "" },
    { "tr(inv(X+A))", "X", "-(inv(X+A)*inv(X+A))'", "" },
    { "logdet(A+X)", "X", "inv(A+X)'", "" },
    { "logdet(eye(rows(X))+X)", "X", "inv(eye(rows(X))+X)'", "" },
    { "a'*x", "x", "a", "" },
    { "x'*a", "x", "a", "" },
    { "a'*X*b", "X", "a*b'", "" },
    { "a'*X'*b", "X", "b*a'", "" },
    { "a'*X*a", "X", "a*a'", "" },
    { "a'*X'*a", "X", "a*a'", "" },
    { "b'*X'*X*c", "X", "X*(b*c'+c*b')", "" },
    { "a'*X'*X*a", "X", "2*X*a*a'", "" },
    { "(B*x+b)'*C*(D*x+d)", "x", "B'*C*(D*x+d)+D'*C'*(B*x+b)", "" },
    { "b'*X'*D*X*c", "X", "D'*X*b*c'+D*X*c*b'", "" },
    { "(X*b+c)'*D*(X*b+c)", "X", "(D+D')*(X*b+c)*b'", "" },
    { "x'*B*x", "x", "(B+B')*x", "" },
    { "x'*x", "x", "2*x", "" },
    { "x'*A*y", "A", "x*y'", "" },
    { "x'*A*y", "y", "A'*x", "" },
    { "norm(x-a)", "x", "(x-a)/norm(x-a)", "" },
    { "norm(x)^2", "x", "2*x", "" },
    { "norm(x)", "x", "x/norm(x)", "" },
    { "norm(X,'fro')^2", "X", "2*X", "" },
    { "norm(X,'fro')", "X", "X/norm(X,'fro')", "" },
    { "norm(X-A,'fro')^2", "X", "2*(X-A)", "" },
    { "norm(A*X-B,'fro')^2", "X", "2*A'*(A*X-B)", "" },
    { "norm(A*x-b)^2", "x", "2*A'*(A*x-b)", "" },
    { "norm(A*x-b)", "x", "A'*(A*x-b)/norm(A*x-b)", "" },
    { "(A*x-b)'*W*(A*x-b)", "x", "A'*(W+W')*(A*x-b)", "" },
    { "(x-A*s)'*(x-A*s)", "s", "-2*A'*(x-A*s)", "" },
    { "(x-A*s)'*(x-A*s)", "A", "-2*(x-A*s)*s'", "" },
    { "norm(x)^4", "x", "4*norm(x)^2*x", "" },
    { "(x'*A*x)^2", "x", "2*(x'*A*x)*(A+A')*x", "" },
    { "(x'*A*x)/(x'*x)", "x", "(A+A')*x/(x'*x)-2*(x'*A*x)/(x'*x)^2*x", "" },
    { "sqrt(x'*x)", "x", "x/norm(x)", "" },
    { "log(x'*A*x)", "x", "(A+A')*x/(x'*A*x)", "" },
    { "exp(-0.5*x'*S*x)", "x", "-exp(-0.5*x'*S*x)*(S+S')*x/2", "" },
    { "exp(-norm(x)^2/2)", "x", "-exp(-norm(x)^2/2)*x", "" },
    { "sum(exp(x))", "x", "exp(x)", "" },
    { "sum(log(x))", "x", "1./x", "" },
    { "sum(tanh(x))", "x", "ones(rows(x),1)-tanh(x).^2", "" },
    { "sum(tanh(W*x+b))", "x", "W'*(ones(rows(b),1)-tanh(W*x+b).^2)", "" },
    { "sum(sin(X))", "X", "cos(X)", "" },
    { "sum(exp(A*x))", "x", "A'*exp(A*x)", "" },
    { "sum(x.^3)", "x", "3*x.^2", "" },
    { "sum(sqrt(x))", "x", "1./(2*sqrt(x))", "" },
    { "sum(1./x)", "x", "-1./x.^2", "" },
    { "log(sum(exp(x)))", "x", "exp(x)/sum(exp(x))", "" },
    { "sum(sigmoid(x))", "x", "sigmoid(x).*(ones(rows(x),1)-sigmoid(x))", "" },
    { "sum(log(ones(rows(y),1)+exp(-y.*(A*x))))", "x", "-A'*(y./(ones(rows(y),1)+exp(y.*(A*x))))", "" },
    { "sum(abs(x))", "x", "sign(x)", "" },
    { "sum(softplus(-y.*(A*x)))", "x", "-A'*(y.*sigmoid(-y.*(A*x)))", "" },
    { "logsumexp(A*x-b)", "x", "A'*softmax(A*x-b)", "" },
    { "logsumexp(X)", "X", "softmax(X)", "" },
    { "sum(eig(X).values)", "X", "eye(rows(X))", "" },
    { "sum(log(eig(X).values))", "X", "inv(X)", "" },
    { "sum(eig(X).values.^2)", "X", "2*X", "" },
    { "sum(eig(X).values.^3)", "X", "3*X^2", "" },
    { "sum(1./eig(X).values)", "X", "-inv(X)^2", "" },
    { "sum(exp(eig(X).values))", "X", "expm(X)", "" },
    { "sum(log(eig(X'*X).values))", "X", "2*X*inv(X'*X)", "X~5x3" },
    { "tr(expm(X))", "X", "expm(X)'", "" },
    { "tr(B*expm(X))", "X", "expm_frechet(X',B')", "" },
    { "logdet(expm(X))", "X", "eye(rows(X))", "" },
    { "a'*expm(X)*b", "X", "expm_frechet(X',a*b')", "" },
    { "b'*softmax(x)", "x", "softmax(x).*b-b'*softmax(x)*softmax(x)", "" },
    { "sum(log10(x))", "x", "1./(x*log(10))", "" },
    { "sum(log2(x))", "x", "1./(x*log(2))", "" },
    { "sum(expm1(x)+log1p(x))", "x", "exp(x)+1./(ones(rows(x),1)+x)", "" },
    { "sum(relu(W*x))", "W", "step(W*x)*x'", "" },
    { "sum(X.*A)", "X", "A", "" },
    { "sum(X.*X)", "X", "2*X", "" },
    { "tr((A.*X)*B)", "X", "A.*B'", "" },
    { "sum(x.*log(x))", "x", "log(x)+ones(rows(x),1)", "" },
    { "sum((A*x).*(B*x))", "x", "A'*(B*x)+B'*(A*x)", "" },
    { "tr(diag(x)*A)", "x", "diag(A)", "" },
    { "y'*diag(x)*y", "x", "y.*y", "" },
    { "sum(diag(X))", "X", "eye(rows(X))", "" },
    { "sum(X)", "X", "ones(rows(X),columns(X))", "" },
    { "sum(X*b)", "X", "ones(rows(X),1)*b'", "" },
    { "sum(X,2)'*a", "X", "a*ones(1,columns(X))", "" },
    { "sum(kron(A,X))", "X", "sum(A)*ones(rows(X),columns(X))", "" },
    { "tr(A*kron(X,B))", "X", "kron_left(A',B)", "" },
    { "vec(A)'*vec(X)", "X", "A", "" },
    { "x'*(A\\x)", "x", "A\\x+A'\\x", "" },
    { "b'*(X\\c)", "X", "-(X'\\b)*(X\\c)'", "" },
    { "norm(X\\c)^2", "c", "2*(X'\\(X\\c))", "" },
    { "tr(A*X)^2", "X", "2*tr(A*X)*A'", "" },
    { "tr(X)^2", "X", "2*tr(X)*eye(rows(X))", "" },
    { "tr(X*A*X'*B)", "X", "B'*X*A'+B*X*A", "" },
    { "exp(tr(A*X))", "X", "exp(tr(A*X))*A'", "" },
    { "sum((x-y).^2)", "x", "2*(x-y)", "" },
    { "lambda*norm(x)^2", "x", "2*lambda*x", "" },
    { "norm(A*x-b)^2/2+lambda/2*norm(x)^2", "x", "A'*(A*x-b)+lambda*x", "" },
    { "x'*A'*A*x", "x", "2*A'*A*x", "" },
    { "norm(A*x)", "x", "A'*A*x/norm(A*x)", "" },
    { "a'*x/(b'*x)", "x", "a/(b'*x)-a'*x/(b'*x)^2*b", "" },
    { "sum(x)^2", "x", "2*sum(x)*ones(rows(x),1)", "" },
    { "x'*x-x'*A*x", "x", "2*x-(A+A')*x", "" },
    { "logdet(X)+tr(A*inv(X))", "X", "inv(X)'-(inv(X)*A*inv(X))'", "" },
    { "a'*(X.*X)*b", "X", "2*X.*(a*b')", "" },
    { "sum(exp(X)*a)", "X", "exp(X).*(ones(rows(X),1)*a')", "" },
    { "norm(x-A*s)^2+norm(s)^2", "s", "2*s-2*A'*(x-A*s)", "" },
    { "tr(X*inv(A)*X')", "X", "X*(inv(A)+inv(A)')", "" },
};
enum { FORMULAS = sizeof cookbook / sizeof *cookbook };

/* ------------------------------------------------------------------------------- calling the program */

static char directory[] = "/tmp/dualmat-XXXXXX", program[4096];
static char out[200000], err[8000];

static void begin(void)
{
    const char *named = getenv("DUALMAT");

    ck_assert_msg(realpath(named ? named : "build/dualmat", program) != NULL, "there is no program");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    setenv("COLUMNS", "999", 1);
}

static void end(void)
{
    char line[80];

    snprintf(line, sizeof line, "rm -r '%s'", directory);
    ck_assert_int_eq(system(line), 0);
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
}

static void read_file(const char *name, char *text, size_t size)
{
    char path[64];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *stream = fopen(path, "r");
    ck_assert_msg(stream != NULL, "there is no %s", name);
    text[fread(text, 1, size - 1, stream)] = '\0';
    fclose(stream);
}

static void write_file(const char *name, const char *text)
{
    char path[64];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    fclose(stream);
}

/* The exit status of a line of the shell, in which dualmat is the program. */
static int shell(const char *line)
{
    static char script[12000];

    snprintf(script, sizeof script, "cd '%s'\ndualmat() { '%s' \"$@\"; }\n{ %s\n} > out 2> err", directory,
             program, line);
    int status = system(script);
    ck_assert_msg(WIFEXITED(status), "%s\ndies of signal %d", line, WTERMSIG(status));
    read_file("out", out, sizeof out);
    read_file("err", err, sizeof err);
    return WEXITSTATUS(status);
}

static int command(const char *words, const char *expression, const char *wrt, const char *more)
{
    char line[6000];

    snprintf(line, sizeof line, "dualmat %s \"%s\" --wrt %s %s", words, expression, wrt, more);
    return shell(line);
}

static bool has(const char *tool)
{
    char line[200];

    snprintf(line, sizeof line, "%s", tool);
    return shell(line) == 0;
}

/* The string behind "key": in the JSON on standard output. */
static void json_text(const char *key, char *text, size_t size)
{
    char quoted[40];
    size_t n = 0;

    snprintf(quoted, sizeof quoted, "\"%s\": \"", key);
    const char *at = strstr(out, quoted);
    ck_assert_msg(at != NULL, "no %s in %s", key, out);
    for (at += strlen(quoted); *at && *at != '"' && n + 1 < size; at++) {
        if (*at == '\\')
            at++;
        text[n++] = *at;
    }
    text[n] = '\0';
}

static double json_value(const char *key)
{
    char quoted[40];

    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    const char *at = strstr(out, quoted);
    ck_assert_msg(at != NULL, "no %s in %s", key, out);
    return strtod(at + strlen(quoted), NULL);
}

/* ------------------------------------------------------------------------------------- the cookbook */

/* Signs and calls in a formula. */
static size_t operations(const char *text)
{
    size_t n = 0;

    for (const char *at = text; *at; at++) {
        if (strncmp(at, "'fro'", 5) == 0) {
            at += 4;
            continue;
        }
        if (*at == '.' && strchr("*/^", at[1]))
            at++;
        if (strchr("+-*/\\^'", *at) || (*at == '(' && at > text && isalnum((unsigned char) at[-1])))
            n++;
    }
    return n;
}

START_TEST(the_gradient_is_exact_and_no_longer_than_the_books)
{
    char line[4000], gradient[1000];
    const char *f = cookbook[_i].f, *wrt = cookbook[_i].wrt, *given = cookbook[_i].given;

    ck_assert_msg(command("derive --json", f, wrt, given) == 0, "%s: %s", f, err);
    json_text("gradient", gradient, sizeof gradient);
    ck_assert_msg(json_value("verified_rel_error") < 1e-12, "%s: %s is off by %g", f, gradient,
                  json_value("verified_rel_error"));
    ck_assert_msg(operations(gradient) <= operations(cookbook[_i].book), "%s: %s is longer than %s", f,
                  gradient, cookbook[_i].book);
    snprintf(line, sizeof line, "--hand \"%s\" %s", gradient, given);
    ck_assert_msg(command("check", f, wrt, line) == 0, "%s: %s is wrong: %s%s", f, gradient, out, err);
    snprintf(line, sizeof line, "--hand \"%s\" %s", cookbook[_i].book, given);
    ck_assert_msg(command("check", f, wrt, line) == 0, "%s: the book's %s is wrong", f, cookbook[_i].book);
}
END_TEST

/* ------------------------------------------------------------------------------- Jacobians, Hessians */

static const struct {
    const char *words, *f, *wrt, *key, *result;
} matrices[] = {
    { "derive", "A*X*B", "X", "jacobian", "kron(B',A)" },
    { "derive", "A*x-b", "x", "jacobian", "A" },
    { "derive", "A*x-b", "A", "jacobian", "kron(x',eye(rows(A)))" },
    { "derive", "tanh(W*x-b)", "x", "jacobian", "diag(ones(rows(W),1)-tanh(W*x-b).^2)*W" },
    { "derive", "exp(W*x)", "x", "jacobian", "diag(exp(W*x))*W" },
    { "derive", "inv(X)", "X", "jacobian", "-kron(inv(X)',inv(X))" },
    { "derive", "X*X", "X", "jacobian", "kron(X',eye(rows(X)))+kron(eye(rows(X)),X)" },
    { "derive", "exp(X)", "X", "jacobian", "diag(vec(exp(X)))" },
    { "derive", "A\\b", "b", "jacobian", "inv(A)" },
    { "derive", "x*norm(x)^2", "x", "jacobian", "2*x*x'+norm(x)^2*eye(rows(x))" },
    { "derive", "x/norm(x)", "x", "jacobian", "eye(rows(x))/norm(x)-x*x'/norm(x)^3" },
    { "derive --hess", "x'*A*x", "x", "hessian", "A+A'" },
    { "derive --hess", "norm(A*x-b)^2", "x", "hessian", "2*A'*A" },
    { "derive --hess", "norm(X,'fro')^2", "X", "hessian", "2*eye(rows(X)*columns(X))" },
    { "derive --hess", "sum(exp(x))", "x", "hessian", "diag(exp(x))" },
    { "derive", "X'*A", "X", "jacobian", "kron(A',eye(columns(X)))*reshape(kron(vec(eye(rows(X))),eye(columns(X))),"
                                         "rows(X)*columns(X),rows(X)*columns(X))" },
    { "derive", "kron(X,b)", "X", "jacobian", "kron(eye(rows(X)*columns(X)),b)" },
    { "derive", "kron(A,x)", "x", "jacobian", "kron(vec(A),eye(rows(x)))" },
    { "derive", "kron(A,X)", "X", "jacobian",
      "kron(eye(columns(A)),kron(reshape(kron(vec(eye(columns(X))),eye(rows(A))),rows(A)*columns(X),"
      "rows(A)*columns(X)),eye(rows(X))))*kron(vec(A),eye(rows(X)*columns(X)))" },
    { "derive", "kron(X,A)", "X", "jacobian",
      "kron(eye(columns(X)),kron(reshape(kron(vec(eye(columns(A))),eye(rows(X))),rows(X)*columns(A),"
      "rows(X)*columns(A)),eye(rows(A))))*kron(eye(rows(X)*columns(X)),vec(A))" },
    { "derive", "diag(x)", "x", "jacobian", "diag(vec(eye(rows(x))))*kron(ones(rows(x),1),eye(rows(x)))" },
    { "derive", "diag(X)", "X", "jacobian", "kron(ones(1,rows(X)),eye(rows(X)))*diag(vec(eye(rows(X))))" },
    { "derive", "X(2:3,1:2)", "X", "jacobian", "kron(eye(columns(X))(1:2,:),eye(rows(X))(2:3,:))" },
    { "derive", "[A, X; X, B]", "X", "jacobian",
      "kron(embed(eye(columns(X)),8,1,18,columns(X)),embed(eye(rows(A)),1,1,10,rows(A)))"
      "+kron(embed(eye(columns(X)),1,1,18,columns(X)),embed(eye(rows(A)),6,1,10,rows(A)))" },
    { "derive", "[x, b]", "x", "jacobian", "kron(embed(1,1,1,2,1),eye(rows(x)))" },
    { "derive", "repmat(X,2,3)", "X", "jacobian", "kron(kron(ones(3,1),eye(columns(X))),kron(ones(2,1),eye(rows(X))))" },
    { "derive", "eig(X).values", "X", "jacobian",
      "kron(ones(1,rows(X)),eye(rows(X)))*diag(vec(eye(rows(X))))*kron(eig(X).vectors,eig(X).vectors)'" },
    { "derive --hess", "tr(kron(X,A)*kron(X,B))", "X", "hessian",
      "2*tr(A*B)*reshape(kron(vec(eye(rows(X))),eye(rows(X))),rows(X)*rows(X),rows(X)*rows(X))" },
    { "derive --hess", "tr(expm(X))", "X", "hessian", NULL },
    { "derive --hess", "a'*x", "x", "hessian", "zeros(rows(a),rows(a))" },
    { "derive --hess", "exp(-0.5*x'*S*x)", "x", "hessian",
      "exp(-x'*S*x/2)*(S+S')*(x*x'*(S+S')/4-eye(rows(x))/2)" },
    { "derive --hess", "norm(x)^4", "x", "hessian", "4*(2*x*x'+norm(x)^2*eye(rows(x)))" },
    { "derive --hess", "1/norm(x)", "x", "hessian", "3*x*x'/norm(x)^5-eye(rows(x))/norm(x)^3" },
    { "derive --hess", "x'*A*x/(x'*x)", "x", "hessian",
      "8*x'*A*x*x*x'/(x'*x)^3+(A+A')/(x'*x)-2*(x*x'*(A+A')+(x'*A*x)*eye(rows(x))+(A+A')*x*x')/(x'*x)^2" },
    { "derive --hess", "tr(X^4)", "X", "hessian",
      "4*(kron(X,X')+kron(X^2,eye(rows(X)))+kron(eye(rows(X)),X'^2))*"
      "reshape(kron(vec(eye(rows(X))),eye(rows(X))),rows(X)*rows(X),rows(X)*rows(X))" },
    { "derive --hess", "det(X)", "X", "hessian",
      "det(X)*(vec(inv(X)')*vec(inv(X)')'-kron(inv(X),inv(X)')*"
      "reshape(kron(vec(eye(rows(X))),eye(rows(X))),rows(X)*rows(X),rows(X)*rows(X)))" },
    { "derive --hess", "norm(X,'fro')", "X", "hessian",
      "eye(rows(X)*columns(X))/norm(X,'fro')-vec(X)*vec(X)'/norm(X,'fro')^3" },
    { "derive --hess", "log(sum(exp(x)))", "x", "hessian", "diag(exp(x))/sum(exp(x))-exp(x)*exp(x')/sum(exp(x))^2" },
};
enum { MATRICES = sizeof matrices / sizeof *matrices };

START_TEST(a_derivative_that_is_a_matrix_is_a_formula)
{
    char words[60], result[2000];

    snprintf(words, sizeof words, "%s --json", matrices[_i].words);
    ck_assert_msg(command(words, matrices[_i].f, matrices[_i].wrt, "") == 0, "%s: %s", matrices[_i].f, err);
    if (!matrices[_i].result) {
        ck_assert_ptr_nonnull(strstr(out, "null"));
        return;
    }
    json_text(matrices[_i].key, result, sizeof result);
    ck_assert_str_eq(result, matrices[_i].result);
    ck_assert_double_lt(json_value("verified_rel_error"), 1e-12);
}
END_TEST

/* ------------------------------------------------------------------------------------- transcripts */

static const struct {
    const char *line, *text;
} transcripts[] = {
    { "dualmat derive 'tr(A*A)' --wrt A",
      "f  = tr(A*A)\n"
      "df = tr(dA*A + A*dA)   product rule\n"
      "   = 2*tr(A*dA)        trace is linear, cyclic rule\n"
      "   = tr((2*A')'*dA)\n"
      "gradient  U = 2*A'\n" },
    { "dualmat derive 'sum(A(:,2).^2)+sum(A(1:5,3))' --wrt A",         /* all rows, and five of them */
      "f  = sum(A(:,2).^2)+sum(A(1:5,3))\n"
      "df = 2*sum(A(:,2).*dA(:,2)) + sum(dA(1:5,3))   chain rule: d(A.^2) = 2*A.*dA\n"
      "   = tr((embed(ones(5,1),1,3,rows(A),columns(A))+2*embed(A(:,2),1,2,rows(A),columns(A)))'*dA)\n"
      "gradient  U = embed(ones(5,1),1,3,rows(A),columns(A))+2*embed(A(:,2),1,2,rows(A),columns(A))\n"
      "places and sizes of blocks are those for A 7×11\n" },
    { "dualmat derive 'A*X*B' --wrt X",
      "F  = A*X*B\n"
      "dF = A*dX*B   the differential is linear\n"
      "vec(dF) = J*vec(dX)\n"
      "Jacobian  J = kron(B',A)\n" },
    { "dualmat derive 'log(sum(exp(A*x-b)))' --wrt x",
      "f  = log(sum(exp(A*x-b)))\n"
      "df = sum(d(exp(A*x-b)))/sum(exp(A*x-b))        chain rule: d(log(s)) = ds/s\n"
      "   = sum(exp(A*x-b).*(A*dx))/sum(exp(A*x-b))   chain rule: d(exp(A)) = exp(A).*dA\n"
      "   = (A'*exp(A*x-b)/sum(exp(A*x-b)))'*dx\n"
      "gradient  U = A'*exp(A*x-b)/sum(exp(A*x-b))\n"
      "          U = A'*r/sum(r)   with r = exp(A*x-b)\n" },
    { "dualmat derive \"x'*A*x\" --wrt x --hess",
      "f  = x'*A*x\n"
      "U  = (A+A')*x       the gradient\n"
      "dU = A'*dx + A*dx   the differential is linear\n"
      "vec(dU) = H*vec(dx)\n"
      "Hessian  H = A+A'\n" },
    { "dualmat derive 'sum(log(eig(A).values))' --wrt A",
      "f  = sum(log(eig(A).values))\n"
      "A  = Q*diag(lambda)*Q'            lambda = eig(A).values, Q = eig(A).vectors\n"
      "df = sum(dlambda./lambda)         chain rule: d(log(A)) = dA./A\n"
      "   = sum(diag(Q'*dA*Q)./lambda)   dlambda = diag(Q'*dA*Q)\n"
      "   = tr(inv(A)'*dA)               the symmetric part\n"
      "gradient  U = inv(A)\n" },
    { "dualmat derive 'sum(sin(eig(A).values))' --wrt A | tail -n 4",
      "   = tr((Q*diag(cos(lambda))*Q')'*dA)   the symmetric part\n"
      "gradient  U = eig(A).vectors*diag(cos(eig(A).values))*eig(A).vectors'\n"
      "          U = Q*diag(cos(lambda))*Q'\n"
      "written in the eigenvalues and eigenvectors of A: lambda = eig(A).values, Q = eig(A).vectors\n" },
    { "dualmat derive \"x'*eig(S).vectors*y\" --wrt S | grep -v 'gradient\\|^F'; echo '   agrees with the dual numbers to '",
      "f  = x'*eig(S).vectors*y\n"
      "S  = Q*diag(lambda)*Q'                        lambda = eig(S).values, Q = eig(S).vectors\n"
      "df = x'*Q*(F.*(Q'*dS*Q))*y                    dQ = Q*(F.*(Q'*dS*Q))\n"
      "   = tr((Q*(F.*(Q'*x*y'-y*x'*Q))*Q'/2)'*dS)   the symmetric part\n"
      "          U = Q*(F.*(Q'*x*y'-y*x'*Q))*Q'/2\n"
      "written in the eigenvalues and eigenvectors of S: lambda = eig(S).values, Q = eig(S).vectors\n\n" },
    { "dualmat derive 'sum(eig(S).values.*eig(T).values)' --wrt S | tail -n 3",
      "gradient  U = eig(S).vectors*diag(eig(T).values)*eig(S).vectors'\n"
      "          U = V*diag(lambda)*V'\n"
      "written in the eigenvalues and eigenvectors of T and S: lambda = eig(T).values, Q = eig(T).vectors; "
      "mu = eig(S).values, "
      "V = eig(S).vectors\n" },
    { "dualmat derive 'tr(B*expm(A))' --wrt A",
      "f  = tr(B*expm(A))\n"
      "df = tr(B*expm_frechet(A,dA))      d(expm(A)) = expm_frechet(A,dA)\n"
      "   = tr(expm_frechet(A',B')'*dA)\n"
      "gradient  U = expm_frechet(A',B')\n"
      "expm_frechet(A,E) has no closed form: it is the integral of expm(s*A)*E*expm((1-s)*A), s from 0 to 1\n" },
};
enum { TRANSCRIPTS = sizeof transcripts / sizeof *transcripts };

/* How well it agrees depends on who multiplies. */
static void cut_agreement(void)
{
    char *from = strstr(out, "   agrees with the dual numbers to ");

    ck_assert_ptr_nonnull(from);
    memmove(from, strchr(from, '\n'), strlen(strchr(from, '\n')) + 1);
}

START_TEST(the_derivation_reads_like_this)
{
    ck_assert_int_eq(shell(transcripts[_i].line), 0);
    cut_agreement();
    ck_assert_str_eq(out, transcripts[_i].text);
}
END_TEST

static const struct {
    const char *line;
    int status;
    const char *message;
} refusals[] = {
    { "dualmat derive 'tr(A*A)'", 2, "needs --wrt" },
    { "dualmat derive 'tr(A*A)' --wrt B", 2, "B does not occur" },
    { "dualmat derive 'tr(A*A)' --wrt A --as fortran", 2, "text, latex, octave, python, c or mathml" },
    { "dualmat derive 'tr(A*A' --wrt A", 2, "')' is missing" },
    { "dualmat derive 'A*x' --wrt x --hess", 2,
      "A*x is 5×1: a Hessian is that of a scalar (a matrix has a Jacobian: without --hess)" },
    { "dualmat derive 'sum(A*x)' --wrt x --html /nowhere/page.html", 2, "/nowhere/page.html" },
};
enum { REFUSALS = sizeof refusals / sizeof *refusals };

START_TEST(what_cannot_be_derived_is_said)
{
    ck_assert_msg(shell(refusals[_i].line) == refusals[_i].status, "%s: %s", refusals[_i].line, err);
    ck_assert_msg(strstr(err, refusals[_i].message) != NULL, "%s: %s", refusals[_i].line, err);
}
END_TEST

START_TEST(without_a_closed_form_the_differential_is_the_result)
{
    ck_assert_int_eq(shell("dualmat derive 'expm(X)' --wrt X"), 0);
    ck_assert_str_eq(out, "F  = expm(X)\n"
                          "dF = expm_frechet(X,dX)   d(expm(A)) = expm_frechet(A,dA)\n"
                          "vec(dF) = J*vec(dX)\n"
                          "there is no closed form of J: dF says all there is\n"
                          "expm_frechet(A,E) has no closed form: it is the integral of expm(s*A)*E*expm((1-s)*A), "
                          "s from 0 to 1\n");
    ck_assert_int_eq(shell("dualmat derive 'expm(X)' --wrt X --as c"), 2);
    ck_assert_int_eq(shell("dualmat derive 'expm(X)' --wrt X --json"), 0);
    ck_assert_ptr_nonnull(strstr(out, "\"jacobian\": null"));
}
END_TEST

/* The numbers of a block are those of the shapes it was derived for, and the program says which. */
START_TEST(a_program_says_what_shapes_it_is_for)
{
    ck_assert_int_eq(shell("dualmat derive \"norm(X(1:2,1:2),'fro')^2\" --wrt X --as c X~3x4"), 0);
    ck_assert_ptr_nonnull(strstr(out, "\n * places and sizes of blocks are those for X 3×4 */\n"));
    ck_assert_int_eq(shell("dualmat derive \"norm(X(1:2,1:2),'fro')^2\" --wrt X --as octave X~3x4"), 0);
    ck_assert_ptr_nonnull(strstr(out, "\n  % places and sizes of blocks are those for X 3×4\n"));
    ck_assert_int_eq(shell("dualmat derive \"norm(X(1:2,1:2),'fro')^2\" --wrt X --as python X~3x4"), 0);
    ck_assert_ptr_nonnull(strstr(out, "\n\n    places and sizes of blocks are those for X 3×4\"\"\"\n"));
    ck_assert_int_eq(shell("dualmat derive \"norm(X,'fro')^2\" --wrt X --as python X~3x4"), 0);
    ck_assert_ptr_null(strstr(out, "places"));
}
END_TEST

/* out without white space and line ends. */
static void squeeze(char *to)
{
    for (const char *at = out; *at; at++)
        if (!isspace((unsigned char) *at))
            *to++ = *at;
    *to = '\0';
}

START_TEST(no_line_is_wider_than_columns)
{
    static char wide[20000], narrow[20000];
    const char *f = _i ? "\"x'*eig(A).vectors*y\" --wrt A" : "\"exp(-0.5*x'*S*x)\" --wrt x --hess";
    char line[200];

    snprintf(line, sizeof line, "COLUMNS=999 dualmat derive %s", f);
    ck_assert_int_eq(shell(line), 0);
    squeeze(wide);
    snprintf(line, sizeof line, "unset COLUMNS; dualmat derive %s", f);
    ck_assert_int_eq(shell(line), 0);
    for (const char *at = out; *at; at = strchr(at, '\n') + 1)
        ck_assert_msg(strcspn(at, "\n") <= 80, "%s", out);
    squeeze(narrow);
    ck_assert_str_eq(narrow, wide);
}
END_TEST

START_TEST(a_formula_with_places_in_it_says_for_what_shapes)
{
    ck_assert_int_eq(shell("dualmat derive '[A;A]' --wrt A"), 0);
    ck_assert_ptr_nonnull(strstr(out, "\nplaces and sizes of blocks are those for A 5×7\n"));
    ck_assert_int_eq(shell("dualmat derive \"A*X'\" --wrt X"), 0);
    ck_assert_ptr_null(strstr(out, "places"));
}
END_TEST

/* Whatever text says below the formula is said in every other output too. */
static const struct {
    const char *line, *note;
} notes[] = {
    { "'[A;A]' --wrt A", "places and sizes of blocks are those for A 5×7" },
    { "'sum(sin(eig(A).values))' --wrt A",
      "written in the eigenvalues and eigenvectors of A: lambda = eig(A).values, Q = eig(A).vectors" },
    { "'sum(sin(eig(A).values))*tr(B*expm(A))' --wrt A",
      "written in the eigenvalues and eigenvectors of A: lambda = eig(A).values, Q = eig(A).vectors" },
    { "'sum(sin(eig(A).values))*tr(B*expm(A))' --wrt A",
      "expm_frechet(A,E) has no closed form: it is the integral of expm(s*A)*E*expm((1-s)*A), s from 0 to 1" },
    { "'expm(X)' --wrt X", "there is no closed form of J: dF says all there is" },
};

START_TEST(a_note_stands_in_every_output)
{
    static const char *const as[] = { "", "--as latex", "--json" };
    static char page[200000];
    char line[300], paragraph[300], *to;

    for (size_t i = 0; i < sizeof as / sizeof *as; i++) {
        snprintf(line, sizeof line, "dualmat derive %s %s --html page.html", notes[_i].line, as[i]);
        ck_assert_msg(shell(line) == 0, "%s: %s", line, err);
        for (char *at = to = out; *at; at++)       /* LaTeX's \_ is _ */
            if (*at != '\\')
                *to++ = *at;
        *to = '\0';
        ck_assert_msg(strstr(out, notes[_i].note) != NULL, "%s: %s", line, out);
    }
    read_file("page.html", page, sizeof page);
    snprintf(paragraph, sizeof paragraph, "<p class=\"note\">%s</p>", notes[_i].note);
    ck_assert_msg(strstr(page, paragraph) != NULL, "%s", page);
}
END_TEST

START_TEST(a_program_says_what_has_no_closed_form)
{
    static const char *const as[] = { "c", "octave", "python" };
    char line[100];

    for (size_t i = 0; i < sizeof as / sizeof *as; i++) {
        snprintf(line, sizeof line, "dualmat derive 'tr(B*expm(A))' --wrt A --as %s", as[i]);
        ck_assert_int_eq(shell(line), 0);
        ck_assert_ptr_nonnull(strstr(out, "expm_frechet(A,E) has no closed form: it is the integral of "));
    }
}
END_TEST

/* Of several decompositions each has names of its own, in the reasons too, whatever variables are called. */
static const struct {
    const char *f, *lines[4];
} decompositions[] = {
    { "x'*eig(A).vectors*y+x'*eig(A*A').vectors*y",
      { "F   = 1./", "F_ij = 1/(lambda_j-lambda_i), 0 on the diagonal\n",
        "G_ij = 1/(mu_j-mu_i), 0 on the diagonal\n", "dV = V*(G.*(V'*d(A^2)*V" } },
    { "sum(sin(eig(A).values))+sum(cos(eig(B).values))*lambda+sum(sin(eig(A*A').values))",
      { "mu = eig(A).values", "nu = eig(B).values", "xi = eig(A^2).values", "dxi = diag(W'*d(A^2)*W)\n" } },
    { "eig(A).vectors*F",
      { "F  = eig(A).vectors*F\n", "G  = 1./", "dQ = Q*(G.*(Q'*dA*Q))\n", "J = kron(F',Q)*diag(vec(G))" } },
    { "eig(A).vectors", { "F  = eig(A).vectors", "G  = 1./", "J = kron(eye(rows(A)),Q)*diag(vec(G))", "" } },
};

START_TEST(no_two_decompositions_share_a_name)
{
    ck_assert_msg(command("derive", decompositions[_i].f, "A", "") == 0, "%s", err);
    for (size_t i = 0; i < 4; i++)
        ck_assert_msg(strstr(out, decompositions[_i].lines[i]) != NULL, "no %s in %s",
                      decompositions[_i].lines[i], out);
}
END_TEST

START_TEST(what_changes_nothing_is_no_reason)
{
    ck_assert_int_eq(shell("dualmat derive \"(x'*A*x)^2\" --wrt x --hess"), 0);
    ck_assert_ptr_null(strstr(out, "ds = ds"));
}
END_TEST

/* Reasons are formulas, not program text. */
static const struct {
    const char *f, *wrt, *latex;
} reasons[] = {
    { "log(x'*A*x)", "x", "&& \\text{chain rule: }{\\mathrm{d}\\left({\\log\\left(s\\right)}\\right)} = "
                          "\\frac{{\\mathrm{d}s}}{s} \\\\" },
    { "tr(inv(A))", "A", "&& {\\mathrm{d}\\left({A}^{-1}\\right)} = -{A}^{-1}\\,{\\mathrm{d}A}\\,{A}^{-1} \\\\" },
    { "norm(x)^2", "x", "&& {\\mathrm{d}\\left({{\\left\\lVert x\\right\\rVert}}^{2}\\right)} = "
                        "2\\,{x}^{\\top}\\,{\\mathrm{d}x} \\\\" },
    { "sum(log(eig(S).values))", "S", "&& {\\mathrm{d}\\lambda} = "
                                      "{\\operatorname{diag}\\left({Q}^{\\top}\\,{\\mathrm{d}S}\\,Q\\right)} \\\\" },
    { "tr(A*A)", "A", "&& \\text{product rule} \\\\" },
};

START_TEST(in_latex_reasons_are_mathematics)
{
    ck_assert_int_eq(command("derive --as latex", reasons[_i].f, reasons[_i].wrt, ""), 0);
    ck_assert_msg(strstr(out, reasons[_i].latex) != NULL, "%s", out);
}
END_TEST

/* Broken where they are too long, and C as before: the compiler reads what is below, with every formula. */
START_TEST(lines_of_c_fit_in_100_columns)
{
    static const char *const given[] = {
        "\"norm([X, x; d', s]*[X, x; d', s],'fro')^2\" --wrt X",
        "\"sum(log(ones(rows(b),1)+exp(-b.*(A*x))))+s/2*norm(x)^2+x'*D*x+x'*C*x\" --wrt x",
        "\"sum(exp(kron(X,A)))+tr(expm(X))*y'*eig(X'*X).vectors*y\" --wrt X",
    };
    char line[300];

    snprintf(line, sizeof line, "dualmat derive %s --as c", given[_i]);
    ck_assert_int_eq(shell(line), 0);
    ck_assert_ptr_nonnull(strstr(out, "\n *     "));
    for (const char *at = out; *at; at = strchr(at, '\n') + 1)
        ck_assert_msg(strcspn(at, "\n") <= 100, "%.150s", at);
}
END_TEST

START_TEST(a_part_is_called_by_no_name_that_is_taken)
{
    ck_assert_int_eq(shell("dualmat derive \"K*X'\" --wrt X"), 0);
    ck_assert_ptr_nonnull(strstr(out, "J = kron(eye(rows(X)),K)*T   with T = "));
    ck_assert_int_eq(shell("dualmat derive \"A*X'\" --wrt X"), 0);
    ck_assert_ptr_nonnull(strstr(out, "*K   with K = "));
}
END_TEST

START_TEST(several_variables_have_a_derivation_each)
{
    ck_assert_int_eq(shell("dualmat derive 'norm(A*x-b)^2' --wrt x,A,b --json"), 0);
    char text[100];
    json_text("x", text, sizeof text);
    ck_assert_str_eq(text, "2*A'*(A*x-b)");
    json_text("A", text, sizeof text);
    ck_assert_str_eq(text, "2*(A*x-b)*x'");
    json_text("b", text, sizeof text);
    ck_assert_str_eq(text, "2*(b-A*x)");
}
END_TEST

/* X'*X is singular where X is wide. */
START_TEST(shapes_are_drawn_for_which_the_derivative_can_be_seen)
{
    ck_assert_msg(shell("dualmat derive \"sum(log(eig(X'*X).values))\" --wrt X --json") == 0, "%s", err);
    ck_assert(json_value("verified_rel_error") < 1e-12);
    ck_assert_int_eq(shell("dualmat derive \"sum(log(eig(X'*X).values))\" --wrt X X~3x5"), 3);
    ck_assert(strstr(err, "singular to working precision")
              || strstr(err, "the logarithm needs a positive entry"));
    ck_assert_int_eq(shell("dualmat derive \"sum(c.*log(eig(X'*X).values.^2))\" --wrt X X~3x5"), 3);
    ck_assert_msg(strstr(err, "nothing but rounding errors"), "%s", err);
}
END_TEST

/* A product of a hundred vectors, and a name that is longer than a line. */
START_TEST(nothing_is_too_long)
{
    static char f[2000], name[1200], gradient[2000];
    char *at = f + sprintf(f, "sum(x0");

    for (int i = 1; i < 100; i++)
        at += sprintf(at, ".*x%d", i);
    strcpy(at, ")");
    ck_assert_msg(command("derive --json", f, "x0", "") == 0, "%s", err);
    json_text("gradient", gradient, sizeof gradient);
    ck_assert_uint_eq(strlen(gradient), strlen(f) - strlen("sum(x0.*)"));
    memset(name, 'v', sizeof name - 1);
    snprintf(f, sizeof f, "norm(%s)", name);
    ck_assert_msg(command("derive --as c", f, name, "") == 0, "%s", err);
    ck_assert_ptr_nonnull(strstr(out, "gsl_matrix_memcpy(U, "));
}
END_TEST

/* Nothing is verified where one of them was not. */
START_TEST(without_all_closed_forms_nothing_is_verified)
{
    ck_assert_int_eq(shell("dualmat derive 'expm(A)+B' --wrt A,B --json"), 0);
    ck_assert_ptr_nonnull(strstr(out, "\"A\": null"));
    ck_assert_ptr_nonnull(strstr(out, "\"verified_rel_error\": null"));
}
END_TEST

START_TEST(a_symmetric_matrix_has_a_symmetric_gradient)
{
    char text[100];

    ck_assert_int_eq(shell("dualmat derive 'logdet(S)' --wrt S --symmetric S --json"), 0);
    json_text("gradient", text, sizeof text);
    ck_assert_str_eq(text, "inv(S)");
    ck_assert_int_eq(shell("dualmat derive \"x'*S*y\" --wrt S --symmetric S --json"), 0);
    json_text("gradient", text, sizeof text);
    ck_assert_str_eq(text, "(x*y'+y*x')/2");
    ck_assert_int_eq(shell("dualmat derive \"x'*S*x\" --wrt x --symmetric S --json"), 0);
    json_text("gradient", text, sizeof text);
    ck_assert_str_eq(text, "2*S*x");
}
END_TEST

/* Drawn symmetric, it is so in the formula too, unless it is what moves. */
START_TEST(a_matrix_that_is_drawn_symmetric_is_its_own_transpose)
{
    char text[100];

    ck_assert_int_eq(shell("dualmat derive \"x'*S*x\" --wrt x S~4x4:sym --json"), 0);
    json_text("gradient", text, sizeof text);
    ck_assert_str_eq(text, "2*S*x");
    ck_assert_int_eq(shell("dualmat derive 'tr(S^2)' --wrt S S~4x4:sym --json"), 0);
    json_text("gradient", text, sizeof text);
    ck_assert_str_eq(text, "2*S'");
}
END_TEST

/* Jacobians and Hessians by a symmetric matrix are projected, as the exact ones are; --hess or "". */
static const struct {
    const char *words, *f;
} symmetric[] = {
    { "", "A" }, { "", "A*x" }, { "", "A'*B*A" }, { "", "inv(A)" }, { "", "eig(A).vectors" },
    { "", "eig(A).vectors(:,1)" }, { "", "eig(A).values" }, { "", "diag(B'*A*C)" }, { "", "diag(B'*A*B)" },
    { "--hess", "eig(A).values(2)" }, { "--hess", "sum(eig(A).values.^2)" },
    { "--hess", "sum(exp(eig(A).values))" }, { "--hess", "x'*A*B*A*y" }, { "--hess", "x'*A*y" },
    { "--hess", "tr(A*B*A*C)" }, { "--hess", "logdet(A)" }, { "--hess", "x'*inv(A)*y" },
    { "--hess", "x'*eig(A).vectors*y" },
};

START_TEST(derivatives_by_a_symmetric_matrix_are_projected)
{
    char words[60];

    snprintf(words, sizeof words, "derive --json --symmetric A %s", symmetric[_i].words);
    ck_assert_msg(command(words, symmetric[_i].f, "A", "") == 0, "%s: %s", symmetric[_i].f, err);
    ck_assert_double_lt(json_value("verified_rel_error"), 1e-12);
    snprintf(words, sizeof words, "derive --json %s", symmetric[_i].words);
    ck_assert_msg(command(words, symmetric[_i].f, "A", "A~4x4:sym") == 0 || strstr(symmetric[_i].f, "logdet"),
                  "%s: %s", symmetric[_i].f, err);
}
END_TEST

/* What sees the symmetric part of dA alone is left as it is. */
START_TEST(a_projection_that_does_nothing_is_left_out)
{
    char text[300];

    ck_assert_int_eq(shell("dualmat derive 'x'\\''*A*x' --wrt A --symmetric A --json"), 0);
    json_text("gradient", text, sizeof text);
    ck_assert_str_eq(text, "x*x'");
    ck_assert_int_eq(shell("dualmat derive \"x*(x'*A*x)\" --wrt A --symmetric A --json"), 0);
    json_text("jacobian", text, sizeof text);
    ck_assert_ptr_null(strstr(text, "reshape"));
    ck_assert_int_eq(shell("dualmat derive \"x'*A*y\" --wrt A --symmetric A --hess"), 0);
    ck_assert_ptr_nonnull(strstr(out, "U = (x*y'+y*x')/2"));
}
END_TEST

/* --------------------------------------------------------------------------------- output languages */

static const struct {
    const char *f, *wrt, *variables;   /* in the order of the generated function */
    bool sized;                        /* it is for matrices of one size: blocks are written as numbers */
} programs[] = {
    { "norm(A*x-b)^2", "x", "A x b", false },
    { "norm(A*x-b)^2", "A", "A x b", false },
    { "logdet(X)+c'*inv(X)*d", "X", "X c d", false },
    { "det(X)*tr(X^3)", "X", "X", false },
    { "c'*(X\\d)", "X", "c X d", false },
    { "d'/X*c", "X", "d X c", false },
    { "sum(log(ones(rows(b),1)+exp(-b.*(A*x))))+s/2*norm(x)^2", "x", "b A x s", false },
    { "sum(tanh(A*x)./(ones(rows(b),1)+b.^2))", "A", "A x b", false },
    { "log(sum(exp(x)))*sqrt(norm(x))", "x", "x", false },
    { "sum(diag(x)*X,1)*d-2.5*sum(x)^2", "x", "x X d", false },
    { "tr(kron(X,X))/norm(X,'fro')", "X", "X", false },
    { "sum(abs(x)+relu(x)+sin(x).*cos(x)+sqrt(d.*d)+1./x)", "x", "x d", false },
    { "sum(sigmoid(A*x))", "x", "A x", false },
    { "sum(A*X*d)", "X", "A X d", false },
    { "sum(softplus(-b.*(A*x)))", "x", "b A x", false },
    { "reshape(X*X,1,9)*kron(x,d)+sum(reshape(exp(X),9,1).^2)", "X", "X x d", true },
    { "sum(repmat(X,2,3).^2)+sum(exp(repmat(X,1,2)))", "X", "X", false },
    { "norm([X, x; d', s]*[X, x; d', s],'fro')^2", "X", "X x d s", true },
    { "norm([X, x; d', s]*[X, x; d', s],'fro')^2", "s", "X x d s", true },
    { "norm(X(1:2,2:3)*X(2:3,1:2),'fro')^2+X(3,1)^3", "X", "X", true },
    { "sum(A(2:3,:)*x)*sum(exp(x(2:3)))", "x", "A x", true },
    { "sum(exp(kron(X,A)))", "X", "X A", false },
    { "sum(exp(kron(X,A)))", "A", "X A", false },
    { "sum((x.*x).^(d.*d))+2^s", "x", "x d s", false },
    { "sum((x.*x).^(d.*d))+2^s", "d", "x d s", false },
    { "sum((x.*x).^(d.*d))+2^s", "s", "x d s", false },
    { "sum(exp(eig(X'*X).values/9))+d'*eig(X*X').vectors*c", "X", "X d c", false },
    { "tr(expm(X)*X)+c'*expm(X/3)*d", "X", "X c d", false },
    { "normalize(X)(2,1)+sum(cofactor(X)*x)+diag(X)'*d", "X", "X x d", true },
    { "logsumexp(A*X)*logsumexp(d)+softmax(d)'*x", "d", "A X d x", false },
    { "sum(expm1(x)+log1p(x.^2)-log10(d.^2).*log2(exp(x)))", "x", "x d", false },
    /* variables that are called as what the program has names for itself */
    { "f'*U*f+exp(s1)", "f", "f U s1", false },
    { "norm(U*t1-value)^2", "t1", "U t1 value", false },
    { "sum(lambda.*product.*product)+s1*norm(lambda)", "lambda", "lambda product s1", false },
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static const char *const data[][2] = {
    { "A.csv", "1.1,-0.3,0.7\n0.4,2.2,-0.6\n-1.3,0.5,0.8\n0.2,-0.9,1.7\n" },
    { "X.csv", "3.1,0.4,-0.2\n0.3,2.6,0.7\n-0.5,0.1,2.9\n" },
    { "x.csv", "0.7\n-1.2\n0.4\n" }, { "b.csv", "0.3\n-0.8\n1.4\n0.6\n" }, { "c.csv", "1.3\n0.2\n-0.7\n" },
    { "d.csv", "-0.4\n0.9\n1.6\n" }, { "s.csv", "0.37\n" }, { "s1.csv", "0.61\n" },
    { "U.csv", "1.1,0.4,-0.2\n0.3,0.6,0.7\n-0.5,0.1,0.9\n" },
    { "f.csv", "0.3\n0.8\n-1.2\n" }, { "t1.csv", "-0.6\n0.1\n0.7\n" }, { "value.csv", "1.2\n-0.4\n0.5\n" },
    { "lambda.csv", "0.9\n1.3\n-0.2\n" }, { "product.csv", "0.2\n-1.1\n0.6\n" },
};

static int rows_of(const char *variable)
{
    return *variable == 'A' || *variable == 'b' ? 4 : *variable == 's' ? 1 : 3;
}

static int columns_of(const char *variable)
{
    return isupper((unsigned char) *variable) ? 3 : 1;
}

static void write_data(void)
{
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        write_file(data[i][0], data[i][1]);
}

/* u.csv is the gradient at the data. */
static void check_result(size_t i, const char *language)
{
    char line[800] = "--hand @u.csv --tol 1e-10", names[60];

    strcpy(names, programs[i].variables);
    for (const char *v = strtok(names, " "); v; v = strtok(NULL, " "))
        snprintf(line + strlen(line), sizeof line - strlen(line), " %s=%s.csv", v, v);
    ck_assert_msg(command("check", programs[i].f, programs[i].wrt, line) == 0, "%s in %s: %s%s",
                  programs[i].f, language, out, err);
}

/* derive's function in that language, in a file. */
static void write_function(size_t i, const char *language, const char *name)
{
    char more[300], names[60];

    snprintf(more, sizeof more, "--as %s", language);
    strcpy(names, programs[i].variables);
    for (const char *v = strtok(names, " "); programs[i].sized && v; v = strtok(NULL, " "))
        snprintf(more + strlen(more), sizeof more - strlen(more), " %s~%dx%d", v, rows_of(v), columns_of(v));
    ck_assert_msg(command("derive", programs[i].f, programs[i].wrt, more) == 0, "%s: %s", programs[i].f, err);
    write_file(name, out);
}

/* What cannot be run is not passed over in silence: one line says so. */
static void say_skipped(int i, const char *language, const char *why)
{
    if (i == 0)
        fprintf(stderr, "command/derive: the functions in %s are not run: there is no %s\n", language, why);
}

START_TEST(the_function_in_c_computes_the_gradient)
{
    static char main_text[6000];
    char names[60], *at = main_text;

    if (!has("command -v cc && command -v pkg-config")) {
        say_skipped(_i, "C", "cc with pkg-config");
        return;
    }
    write_data();
    write_function(_i, "c", "derivative.c");
    at += sprintf(at, "#include <stdio.h>\n#include <gsl/gsl_matrix.h>\n"
                      "static gsl_matrix *read_matrix(const char *name, size_t m, size_t n)\n{\n"
                      "    FILE *f = fopen(name, \"r\");\n    gsl_matrix *A = gsl_matrix_alloc(m, n);\n"
                      "    for (size_t i = 0; i < m; i++)\n        for (size_t j = 0; j < n; j++)\n"
                      "            if (fscanf(f, \"%%lf%%*[,]\", gsl_matrix_ptr(A, i, j)) < 1) return NULL;\n"
                      "    fclose(f);\n    return A;\n}\n");
    strcpy(names, programs[_i].variables);
    at += sprintf(at, "void derivative(");
    for (const char *v = strtok(names, " "); v; v = strtok(NULL, " "))
        at += sprintf(at, "const gsl_matrix *, ");
    at += sprintf(at, "double *, gsl_matrix *);\nint main(void)\n{\n    double f_at;\n");
    strcpy(names, programs[_i].variables);
    for (const char *v = strtok(names, " "); v; v = strtok(NULL, " "))
        at += sprintf(at, "    gsl_matrix *%s = read_matrix(\"%s.csv\", %d, %d);\n", v, v,
                      rows_of(v), columns_of(v));
    at += sprintf(at, "    gsl_matrix *result = gsl_matrix_alloc(%s->size1, %s->size2);\n    derivative(",
                  programs[_i].wrt, programs[_i].wrt);
    strcpy(names, programs[_i].variables);
    for (const char *v = strtok(names, " "); v; v = strtok(NULL, " "))
        at += sprintf(at, "%s, ", v);
    sprintf(at, "&f_at, result);\n    for (size_t i = 0; i < result->size1; i++)\n"
                "        for (size_t j = 0; j < result->size2; j++)\n"
                "            printf(\"%%.17g%%s\", gsl_matrix_get(result, i, j),\n"
                "                   j + 1 < result->size2 ? \",\" : \"\\n\");\n"
                "    return 0;\n}\n");
    write_file("main.c", main_text);
    ck_assert_msg(shell("cc -std=c17 -Wall -Wextra -Werror -o run main.c derivative.c "
                        "$(pkg-config --cflags --libs gsl) -lm && ./run") == 0,
                  "%s: %s", programs[_i].f, err);
    write_file("u.csv", out);
    check_result(_i, "C");
}
END_TEST

START_TEST(the_function_in_python_computes_the_gradient)
{
    char line[1500], names[60];
    const char *python = has("python3 -c 'import numpy'") ? "python3"
                       : has("/usr/bin/python3 -c 'import numpy'") ? "/usr/bin/python3" : NULL;

    if (!python) {
        say_skipped(_i, "Python", "python3 with numpy");
        return;
    }
    write_data();
    write_function(_i, "python", "derivative.py");
    snprintf(line, sizeof line, "%s -c \"import numpy as np; from derivative import derivative as f\n"
                                "r = lambda n: np.loadtxt(n + '.csv', delimiter=',', ndmin=2)\n"
                                "np.savetxt('u.csv', f(", python);
    strcpy(names, programs[_i].variables);
    for (const char *v = strtok(names, " "); v; v = strtok(NULL, " "))
        snprintf(line + strlen(line), sizeof line - strlen(line), "r('%s'), ", v);
    strcat(line, ")[1], delimiter=',', fmt='%.17g')\"");
    ck_assert_msg(shell(line) == 0, "%s: %s", programs[_i].f, err);
    check_result(_i, "Python");
}
END_TEST

START_TEST(the_function_in_octave_computes_the_gradient)
{
    char line[1500], names[60];

    if (!has("command -v octave-cli")) {
        say_skipped(_i, "Octave", "octave-cli");
        return;
    }
    write_data();
    write_function(_i, "octave", "derivative.m");
    strcpy(line, "octave-cli --norc --eval \"[f, U] = derivative(");
    strcpy(names, programs[_i].variables);
    for (const char *v = strtok(names, " "); v; v = strtok(NULL, " "))
        snprintf(line + strlen(line), sizeof line - strlen(line), "%scsvread('%s.csv')",
                 line[strlen(line) - 1] == '(' ? "" : ", ", v);
    strcat(line, "); dlmwrite('u.csv', U, 'precision', '%.17g');\"");
    ck_assert_msg(shell(line) == 0, "%s: %s", programs[_i].f, err);
    check_result(_i, "Octave");
}
END_TEST

/* Several derivatives in one program: a function each, both with the same helpers. */
static const struct {
    const char *language, *file, *tools, *there, *run;
} several[] = {
    { "c", "several.c", "cc or pkg-config", "command -v cc && command -v pkg-config",
      "cat > call.c <<'EOF'\n"
      "#include <stdio.h>\n#include \"several.c\"\n"
      "int main(void)\n{\n"
      "    double a[] = { 1, 2, 3, 4 }, y[] = { 1, 2 }, u[4], v[2], f;\n"
      "    gsl_matrix_view A = gsl_matrix_view_array(a, 2, 2), x = gsl_matrix_view_array(y, 2, 1);\n"
      "    gsl_matrix_view U = gsl_matrix_view_array(u, 2, 2), V = gsl_matrix_view_array(v, 2, 1);\n"
      "    derivative_A(&A.matrix, &x.matrix, &f, &U.matrix);\n"
      "    derivative_x(&A.matrix, &x.matrix, &f, &V.matrix);\n"
      "    printf(\"%g %g %g %g %g %g\\n\", u[0], u[1], u[2], u[3], v[0], v[1]);\n    return 0;\n}\nEOF\n"
      "cc -std=c17 -Wall -Wextra -Werror -o call call.c $(pkg-config --cflags --libs gsl) -lm && ./call" },
    { "python", "several.py", "python3 with numpy", "python3 -c 'import numpy' || /usr/bin/python3 -c 'import numpy'",
      "python3 -c 'import numpy' || PATH=/usr/bin:$PATH; python3 -c \"from several import *\n"
      "A = np.array([[1., 2], [3, 4]]); x = np.array([[1.], [2]])\n"
      "print(*('%g' % u for d in (derivative_A, derivative_x) for u in d(A, x)[1].flatten()))\"" },
    { "octave", "several.m", "octave-cli", "command -v octave-cli",
      "octave-cli --norc --eval \"source('several.m'); A = [1, 2; 3, 4]; x = [1; 2];\n"
      "[f, U] = derivative_A(A, x); [f, V] = derivative_x(A, x); printf('%g %g %g %g %g %g\\n', U', V);\"" },
};

START_TEST(several_variables_are_functions_of_one_program)
{
    if (!has(several[_i].there)) {
        say_skipped(0, several[_i].language, several[_i].tools);
        return;
    }
    char words[60];
    snprintf(words, sizeof words, "derive --as %s", several[_i].language);
    ck_assert_msg(command(words, "norm(A*x)^2", "A,x", "") == 0, "%s", err);
    write_file(several[_i].file, out);
    ck_assert_msg(shell(several[_i].run) == 0, "%s: %s", several[_i].language, err);
    ck_assert_str_eq(out, "10 20 22 44 76 108\n");
}
END_TEST

/* What has places and sizes says them, with names where they have any. */
START_TEST(latex_has_the_parameters_of_calls)
{
    ck_assert_int_eq(shell("dualmat derive '[A;A]' --wrt A --as latex"), 0);
    ck_assert_ptr_nonnull(strstr(out, "I \\otimes {\\operatorname{embed}\\left(I, 6, 1, 10, "
                                      "\\operatorname{rows}\\left(A\\right)\\right)}"));
    ck_assert_int_eq(shell("dualmat derive \"A*X'\" --wrt X --as latex"), 0);
    ck_assert_ptr_nonnull(strstr(out, "\\otimes I, \\operatorname{columns}\\left(A\\right)\\,"
                                      "\\operatorname{rows}\\left(X\\right), "));
}
END_TEST

/* Every brace and every \left has its partner. */
START_TEST(latex_is_balanced)
{
    int braces = 0, fences = 0;

    ck_assert_int_eq(command("derive --as latex", cookbook[_i].f, cookbook[_i].wrt, cookbook[_i].given), 0);
    for (const char *at = out; *at; at++) {
        if (*at == '\\' && strchr("{}\\_#%&$", at[1])) {
            at++;
            continue;
        }
        braces += (*at == '{') - (*at == '}');
        fences += (strncmp(at, "\\left", 5) == 0 && !isalpha((unsigned char) at[5]))
                || strncmp(at, "\\left\\", 6) == 0;
        fences -= strncmp(at, "\\right", 6) == 0;
        ck_assert_msg(braces >= 0, "%s", out);
    }
    ck_assert_msg(braces == 0 && fences == 0, "%s", out);
    ck_assert_ptr_nonnull(strstr(out, "\\begin{align*}"));
    ck_assert_ptr_nonnull(strstr(out, "\\end{align*}"));
}
END_TEST

/* Elements close in the order in which they were opened, and a bare & or < stands nowhere. */
static void well_formed(const char *text)
{
    static char open[200][24];
    size_t depth = 0;

    for (const char *at = text; *at; at++) {
        if (*at == '&')
            ck_assert_msg(strchr(at, ';') && strchr(at, ';') < at + 8, "%.60s", at);
        if (*at != '<')
            continue;
        char name[24];
        bool closing = at[1] == '/', empty;
        const char *to = strchr(at, '>');
        ck_assert_msg(to != NULL, "%.60s", at);
        if (at[1] == '!')
            continue;
        ck_assert_int_eq(sscanf(at + 1 + closing, "%23[A-Za-z0-9]", name), 1);
        empty = to[-1] == '/' || strcmp(name, "meta") == 0;
        if (closing) {
            ck_assert_msg(depth > 0 && strcmp(open[depth - 1], name) == 0, "</%s> in %.200s", name, at - 100);
            depth--;
        } else if (!empty) {
            ck_assert_uint_lt(depth, 200);
            strcpy(open[depth++], name);
        }
        at = to;
    }
    ck_assert_uint_eq(depth, 0);
}

START_TEST(mathml_and_the_page_are_well_formed)
{
    static char page[200000];
    char more[200];

    snprintf(more, sizeof more, "--html page.html %s", cookbook[_i].given);
    ck_assert_int_eq(command("derive --as mathml", cookbook[_i].f, cookbook[_i].wrt, more), 0);
    well_formed(out);
    ck_assert_ptr_nonnull(strstr(out, "<math xmlns"));
    read_file("page.html", page, sizeof page);
    well_formed(page);
    ck_assert_ptr_nonnull(strstr(page, "agrees with the dual numbers"));
}
END_TEST

START_TEST(the_page_has_a_plot)
{
    static char page[200000];

    ck_assert_int_eq(shell("dualmat derive 'logdet(X)+tr(X^3)' --wrt X --html page.html"), 0);
    read_file("page.html", page, sizeof page);
    ck_assert_ptr_nonnull(strstr(page, "<svg"));
    ck_assert_ptr_nonnull(strstr(page, "<polyline"));
    ck_assert_ptr_nonnull(strstr(page, "slope 2"));
}
END_TEST

static TCase *with_program(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, begin, end);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return tc;
}

Suite *command_derive_suite(void)
{
    Suite *suite = suite_create("command/derive");
    TCase *tc = with_program(suite, "cookbook");

    tcase_add_loop_test(tc, the_gradient_is_exact_and_no_longer_than_the_books, 0, FORMULAS);
    tc = with_program(suite, "derivations");
    tcase_add_loop_test(tc, a_derivative_that_is_a_matrix_is_a_formula, 0, MATRICES);
    tcase_add_loop_test(tc, the_derivation_reads_like_this, 0, TRANSCRIPTS);
    tcase_add_loop_test(tc, what_cannot_be_derived_is_said, 0, REFUSALS);
    tcase_add_test(tc, without_a_closed_form_the_differential_is_the_result);
    tcase_add_test(tc, a_program_says_what_shapes_it_is_for);
    tcase_add_loop_test(tc, a_note_stands_in_every_output, 0, sizeof notes / sizeof *notes);
    tcase_add_test(tc, a_program_says_what_has_no_closed_form);
    tcase_add_loop_test(tc, no_two_decompositions_share_a_name, 0,
                        sizeof decompositions / sizeof *decompositions);
    tcase_add_test(tc, what_changes_nothing_is_no_reason);
    tcase_add_test(tc, a_part_is_called_by_no_name_that_is_taken);
    tcase_add_loop_test(tc, no_line_is_wider_than_columns, 0, 2);
    tcase_add_test(tc, a_formula_with_places_in_it_says_for_what_shapes);
    tcase_add_test(tc, without_all_closed_forms_nothing_is_verified);
    tcase_add_test(tc, shapes_are_drawn_for_which_the_derivative_can_be_seen);
    tcase_add_test(tc, nothing_is_too_long);
    tcase_add_test(tc, several_variables_have_a_derivation_each);
    tcase_add_test(tc, a_symmetric_matrix_has_a_symmetric_gradient);
    tcase_add_test(tc, a_matrix_that_is_drawn_symmetric_is_its_own_transpose);
    tcase_add_loop_test(tc, derivatives_by_a_symmetric_matrix_are_projected, 0,
                        sizeof symmetric / sizeof *symmetric);
    tcase_add_test(tc, a_projection_that_does_nothing_is_left_out);
    tc = with_program(suite, "languages");
    tcase_add_loop_test(tc, the_function_in_c_computes_the_gradient, 0, PROGRAMS);
    tcase_add_loop_test(tc, the_function_in_python_computes_the_gradient, 0, PROGRAMS);
    tcase_add_loop_test(tc, the_function_in_octave_computes_the_gradient, 0, PROGRAMS);
    tcase_add_loop_test(tc, several_variables_are_functions_of_one_program, 0,
                        sizeof several / sizeof *several);
    tcase_add_loop_test(tc, lines_of_c_fit_in_100_columns, 0, 3);
    tcase_add_loop_test(tc, in_latex_reasons_are_mathematics, 0, sizeof reasons / sizeof *reasons);
    tcase_add_test(tc, latex_has_the_parameters_of_calls);
    tcase_add_loop_test(tc, latex_is_balanced, 0, FORMULAS);
    tcase_add_loop_test(tc, mathml_and_the_page_are_well_formed, 0, FORMULAS);
    tcase_add_test(tc, the_page_has_a_plot);
    return suite;
}
