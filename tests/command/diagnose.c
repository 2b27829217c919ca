/* Why a hand-derived result is wrong: typical mistakes, and right formulas that must not be called wrong.
 *
 * The program is the one that the environment names as DUALMAT, else build/dualmat.                    */
#define _XOPEN_SOURCE 700              /* popen */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "../fixture.h"
#include "../suites.h"

typedef struct {
    const char *expression, *words, *hand, *why;
} formula;

/* The mistake, and what must be said of it. */
static const formula mistakes[] = {
    /* Transposes */
    { "trace(A^2)", "--wrt A --hand", "2*A", "it is the transpose of the right one" },
    { "logdet(A)", "--wrt A --hand", "inv(A)", "it is the transpose of the right one" },
    { "tr(A*B)", "--wrt A --hand", "B", "it is the transpose of the right one" },
    { "tr(A*B*C)", "--wrt B --hand", "C*A", "it is the transpose of the right one" },
    { "tr(A^3)", "--wrt A --hand", "3*A^2", "it is the transpose of the right one" },
    { "det(A)", "--wrt A --hand", "det(A)*inv(A)", "it is the transpose of the right one" },
    { "tr(inv(A))", "--wrt A --hand", "-inv(A)^2", "it is the transpose of the right one" },
    { "x'*A*y", "--wrt A --hand", "y*x'", "it is the transpose of the right one" },
    { "tr(inv(A)*B)", "--wrt A --hand", "-inv(A)*B*inv(A)", "it is the transpose of the right one" },
    { "norm(A*X-B,'fro')^2", "--wrt X --hand", "2*(A*X-B)'*A", "it is the transpose of the right one" },
    { "sum(A*B)", "--wrt A --hand", "B*ones(5,5)", "it is the transpose of the right one" },
    { "A*x", "--wrt x --hand-jac", "A'",
      "it is the transpose of the right one: the Jacobian has a row for every entry of the "
      "function" },
    { "sin(A*x)", "--wrt x --hand-jac", "A'*diag(cos(A*x))",
      "it is the transpose of the right one: the Jacobian has a row for every entry of the "
      "function" },

    /* Signs */
    { "norm(A*x-b)^2", "--wrt x --hand", "2*A'*(b-A*x)", "it is the right one with the opposite sign" },
    { "sum(cos(x))", "--wrt x --hand", "sin(x)", "it is the right one with the opposite sign" },
    { "tr(inv(A))", "--wrt A --hand", "(inv(A)^2)'", "it is the right one with the opposite sign" },
    { "norm(x-b)^2", "--wrt b --hand", "2*(x-b)", "it is the right one with the opposite sign" },
    { "b'*inv(A)*b", "--wrt A --hand", "inv(A)'*b*b'*inv(A)'",
      "it is the right one with the opposite sign" },
    { "cos(x)", "--wrt x --hand-jac", "diag(sin(x))", "it is the right one with the opposite sign" },

    /* Constant factors */
    { "x'*x", "--wrt x --hand", "x", "it is 0.5 times the right one" },
    { "norm(A*x-b)^2", "--wrt x --hand", "A'*(A*x-b)", "it is 0.5 times the right one" },
    { "trace(A^2)", "--wrt A --hand", "A'", "it is 0.5 times the right one" },
    { "tr(A^3)", "--wrt A --hand", "(A^2)'", "it is 1/3 times the right one" },
    { "tr(A'*A)", "--wrt A --hand", "4*A", "it is 2 times the right one" },
    { "norm(A*x-b)^2/2", "--wrt x --hand", "2*A'*(A*x-b)", "it is 2 times the right one" },
    { "sum(x)/5", "--wrt x --hand", "ones(5,1)",
      "it is 5 times the right one, and 5 is the number of entries of x" },
    { "norm(x)", "--wrt x --hand", "2*x/norm(x)", "it is 2 times the right one" },
    { "x'*A*x", "--wrt A --hand", "2*x*x'", "it is 2 times the right one" },
    { "sum(sin(3*x))", "--wrt x --hand", "cos(3*x)", "it is 1/3 times the right one" },
    { "x'*A*x", "--wrt x --hand-hess", "(A+A')/2", "it is 0.5 times the right one" },
    { "logdet(A*A')", "--wrt A --hand", "inv(A)'", "it is 0.5 times the right one" },
    { "sum(x.^4)", "--wrt x --hand", "x.^3", "it is 0.25 times the right one" },
    { "sum(log(x))/log(10)", "--wrt x --hand", "1./x", "it is log(10) times the right one" },
    { "logdet(2*A)", "--wrt A --hand", "2*inv(A)'", "it is 2 times the right one" },

    /* Sizes as factors: those of other variables too, and no number that is one by chance */
    { "sum(x)/rows(x)", "--wrt x --hand", "ones(rows(x),1)",
      "it is n times the right one, n being rows(x)" },
    { "norm(A*x-b)^2/rows(A)", "--wrt x --hand", "2*A'*(A*x-b)",
      "it is n times the right one, n being rows(A)" },
    { "norm(A*x-b)^2/rows(A)", "--wrt x A~7x3 --hand", "A'*(A*x-b)",
      "it is n/2 times the right one, n being rows(A)" },
    { "sum(A)", "--wrt A A~4x6 --hand", "ones(4,6)/24",
      "it is 0.0416667 times the right one, and 24 is the number of entries of A" },
    { "sum(A)", "--wrt A --hand", "ones(rows(A),columns(A))/(rows(A)*columns(A))",
      "it is 1/n times the right one, n being (rows(A)*columns(A))" },
    { "tr(A^2)", "--wrt A --hand", "rows(A)*A",
      "it is n/2 times the transpose of the right one, n being rows(A)" },
    { "tr(A)", "--wrt A --hand", "5*eye(rows(A))", "it is 5 times the right one" },
    { "logdet(S)", "--wrt S S~spd --symmetric S --hand", "rows(S)*inv(S)",
      "it is n times the right one, n being rows(S)" },

    /* Right only for symmetric matrices */
    { "x'*A*x", "--wrt x --hand", "2*A*x", "it is right only where A is symmetric" },
    { "x'*A*x", "--wrt x --hand-hess", "2*A", "it is right only where A is symmetric" },
    { "x'*A*x+b'*x", "--wrt x --hand", "2*A*x+b", "it is right only where A is symmetric" },
    { "(x-b)'*W*(x-b)", "--wrt x --hand", "2*W*(x-b)", "it is right only where W is symmetric" },
    { "tr(X'*A*X)", "--wrt X --hand", "2*A*X", "it is right only where A is symmetric" },
    { "tr(X*B*X')", "--wrt X --hand", "2*X*B", "it is right only where B is symmetric" },
    { "exp(x'*A*x)", "--wrt x --hand", "2*exp(x'*A*x)*A*x", "it is right only where A is symmetric" },
    { "sqrt(1+(x'*A*x)^2)", "--wrt x --hand", "2*(x'*A*x)*A*x/sqrt(1+(x'*A*x)^2)",
      "it is right only where A is symmetric" },
    { "tr(A'*X*B)", "--wrt X --hand", "A*B", "it is right only where B is symmetric" },
    { "norm(A*x-b)^2", "--wrt x --hand", "2*A*(A*x-b)", "it is right only where A is symmetric" },
    { "x'*A*x/(x'*x)", "--wrt x --hand", "2*A*x/(x'*x)-2*(x'*A*x)*x/(x'*x)^2",
      "it is right only where A is symmetric" },
    { "b'*inv(A)*x", "--wrt x --hand", "inv(A)*b", "it is right only where A is symmetric" },
    { "x'*A*x", "--wrt x --hand", "(A-A')*x+2*A'*x+(A-A')*x", "it is right only where A is symmetric" },

    /* Forms for symmetric matrices */
    { "tr(A*B)", "--wrt A --hand", "(B+B')/2", "it is the symmetrised form (G+G')/2 of the right one, G" },
    { "tr(A*B)", "--wrt A --hand", "B+B'-diag(diag(B))",
      "it is the form G+G'-diag(diag(G)) of the handbooks, for a symmetric matrix, G being the "
      "right one" },
    { "logdet(A)", "--wrt A --hand", "2*inv(A)-diag(diag(inv(A)))",
      "it is the form 2*G'-diag(diag(G)) of the handbooks, for a symmetric matrix, G being the "
      "right one" },
    { "x'*A*x", "--wrt A --hand", "2*x*x'-diag(x.^2)",
      "it is the form G+G'-diag(diag(G)) of the handbooks, for a symmetric matrix, G being the "
      "right one" },
    { "tr(A^2)", "--wrt A --hand", "A+A'", "it is the symmetrised form (G+G')/2 of the right one, G" },
    { "tr(A*B)", "--wrt A --hand", "B+B'", "it is G+G', G being the right one" },
    { "x'*A*y", "--wrt A --hand", "(x*y'+y*x')/2",
      "it is the symmetrised form (G+G')/2 of the right one, G" },

    /* Only on, only off the diagonal */
    { "tr(A*B)", "--wrt A --hand", "B'-diag(diag(B))",
      "it is wrong only on the diagonal: there it is zero" },
    { "norm(A,'fro')^2", "--wrt A --hand", "2*A-diag(diag(A))",
      "it is wrong only on the diagonal: there it is 0.5 times the right one" },
    { "tr(A*B)", "--wrt A --hand", "diag(diag(B))",
      "it is wrong only off the diagonal: there it is zero" },
    { "x'*A*x", "--wrt x --hand-hess", "A+A'-diag(diag(A))",
      "it is wrong only on the diagonal: there it is 0.5 times the right one" },

    /* Terms */
    { "x'*A*x", "--wrt x --hand", "A*x",
      "the term of the second x (column 6), A'*x, is left out" },
    { "tr(A*A__2*A)", "--wrt A --hand", "(A__2*A)'",
      "the term of the second A (column 11), A__2'*A', is left out" },
    { "x'*A*x", "--wrt x --hand", "A'*x",
      "the term of the first x (column 1), A*x, is left out" },
    { "x'*A*x", "--wrt x --hand", "A*x-A'*x",
      "the term of the second x (column 6), A'*x, has the opposite sign" },
    { "x'*A*x", "--wrt x --hand", "2*A*x+A'*x",
      "the term of the first x (column 1), A*x, is counted twice" },
    { "tr(A*B*A*C)", "--wrt A --hand", "(B*A*C)'",
      "the term of the second A (column 8), (C*A*B)', is left out" },
    { "x'*A*x+b'*x", "--wrt x --hand", "(A+A')*x",
      "the term of the third x (column 11), b, is left out" },
    { "x'*A*x-b'*x", "--wrt x --hand", "(A+A')*x+b",
      "the term of the third x (column 11), -b, has the opposite sign" },
    { "tr(A^2*B)", "--wrt A --hand", "(A*B)'",
      "the term of the first A (column 4) in the second factor of A^2, A'*B', is left out" },
    { "tr(A^3*B)", "--wrt A --hand", "(A^2*B)'",
      "it is only the term of the first A (column 4) in the first factor of A^3" },
    { "norm(x-b)^2+c*norm(x)^2", "--wrt x --hand", "2*(x-b)",
      "the term of the second x (column 20), 2*c*x, is left out" },
    { "x'*A*x/(x'*x)", "--wrt x --hand", "(A+A')*x/(x'*x)",
      "the terms of the third x (column 9) and of the fourth x (column 12): each is left out" },
    { "(a'*x)*(b'*x)", "--wrt x --hand", "(b'*x)*a",
      "the term of the second x (column 12), (a'*x)*b, is left out" },
    { "logdet(A)+tr(A*B)", "--wrt A --hand", "inv(A)'",
      "the term of the second A (column 14), B', is left out" },
    { "logdet(A)+tr(A*B)", "--wrt A --hand", "inv(A)'-B'",
      "the term of the second A (column 14), B', has the opposite sign" },
    { "logdet(A)+tr(A*B)", "--wrt A --hand", "inv(A)+B'", "it is right only where A is symmetric" },
    { "tr(A'*B*A)", "--wrt A --hand", "B*A",
      "the term of the second A (column 9), B'*A, is left out" },
    { "sum(x.*exp(x))", "--wrt x --hand", "exp(x)",
      "the term of the second x (column 12), exp(x).*x, is left out" },
    { "sum(x.*exp(x))", "--wrt x --hand", "x.*exp(x)",
      "the term of the first x (column 5), exp(x), is left out" },
    { "x.*sin(x)", "--wrt x --hand-jac", "diag(sin(x))",
      "the term of the second x (column 8), diag(x.*cos(x)), is left out" },
    { "(x'*x)*(a'*x)", "--wrt x --hand", "2*(a'*x)*x",
      "the term of the third x (column 12), (x'*x)*a, is left out" },

    /* Terms of second derivatives and of Jacobians; a factor that one term lacks */
    { "exp(x'*x)", "--wrt x --hand-hess", "4*exp(x'*x)*x*x'",
      "the term 2*exp(x'*x)*eye(rows(x)) is left out" },
    { "norm(x)", "--wrt x --hand-hess", "eye(5)/norm(x)", "the term -x*x'/norm(x)^3 is left out" },
    { "x'*A*x", "--wrt x --hand-hess", "A", "the term A' is left out" },
    { "x'*A*x", "--wrt x --hand-hess", "2*A+A'", "the term A is counted twice" },
    { "norm(A*x-b)^2+c*norm(x)^2", "--wrt x c=0.5 --hand-hess", "2*A'*A",
      "the term 2*c*eye(rows(A)) is left out" },
    { "exp(x'*x)", "--wrt x --hand-hess", "2*exp(x'*x)*eye(5)+4*x*x'",
      "the term 4*x*x' needs the factor exp(x'*x)" },
    { "A*X*B+X", "--wrt X --hand-jac", "kron(B',A)",
      "the term of the second X (column 7), eye(rows(A)*rows(A)), is left out" },
    { "x'*A*x/(x'*x)", "--wrt x --hand", "(A+A')*x-2*(x'*A*x)*x/(x'*x)^2",
      "the term (A+A')*x needs the factor 1/(x'*x)" },

    { "x'*A*x+b'*x", "--wrt x --hand", "(A+A')*x+b/7",
      "the term of the third x (column 11), b, has the factor 1/7" },
    { "x'*x", "--wrt x --hand", "2*x+1e-7*x", "it is 1.00000005 times the right one" },

    /* Order */
    { "tr(A*X*B)", "--wrt X --hand", "B'*A'", "the factors of B'*A' (column 1) stand in the wrong order" },
    { "tr(A*B*X)", "--wrt X --hand", "A'*B'", "the factors of A'*B' (column 1) stand in the wrong order" },
    { "norm(A*X-B,'fro')^2", "--wrt X --hand", "2*(A*X-B)*A'",
      "the factors of 2*(A*X-B)*A' (column 1) stand in the wrong order" },
    { "sin(A*x)", "--wrt x --hand-jac", "A*diag(cos(A*x))",
      "the factors of A*diag(cos(A*x)) (column 1) stand in the wrong order" },
    { "tr(A*X*B*X')", "--wrt X --hand", "A'*X*B'+X*A*B",
      "the factors of X*A*B (column 9) stand in the wrong order" },
    { "tr(inv(A)*B)", "--wrt A --hand", "-inv(A)'*inv(A)'*B'",
      "the factors of -inv(A)'*inv(A)'*B' (column 1) stand in the wrong order" },
    { "A*X*B", "--wrt X A~2x3 B~4x2 --hand-jac", "kron(A,B')",
      "vec stacks the rows there, of both: here it stacks the columns" },
    { "tr(A*X*B)", "--wrt X --hand", "A'*B", "it is right only where B is symmetric" },

    /* The chain rule stopped early */
    { "det(A)", "--wrt A --hand", "inv(A)'", "the outer factor det(A) is missing" },
    { "det(A)", "--wrt A --hand", "inv(A)",
      "it must be transposed, and the outer factor det(A) is missing" },
    { "norm(x)", "--wrt x --hand", "x", "the outer factor 1/norm(x) is missing" },
    { "norm(x)", "--wrt x --hand", "2*x", "the outer factor 1/(2*norm(x)) is missing" },
    { "logdet(A)", "--wrt A --hand", "det(A)*inv(A)'", "the outer factor 1/det(A) is missing" },
    { "exp(x'*A*x)", "--wrt x --hand", "(A+A')*x",
      "the chain rule stops early: the derivative of exp(x'*A*x) with respect to x'*A*x, "
      "exp(x'*A*x), is left out" },
    { "norm(A*x-b)", "--wrt x --hand", "A'*(A*x-b)", "the outer factor 1/norm(A*x-b) is missing" },
    { "norm(A*x-b)", "--wrt x --hand", "2*A'*(A*x-b)", "the outer factor 1/(2*norm(A*x-b)) is missing" },
    { "log(a'*x)", "--wrt x --hand", "a",
      "the chain rule stops early: the derivative of log(a'*x) with respect to a'*x, 1/(a'*x), "
      "is left out" },
    { "sum(exp(A*x))", "--wrt x --hand", "A'*ones(5,1)",
      "the chain rule stops early: the derivative of exp(A*x) with respect to A*x is left out" },
    { "sum(sin(x))", "--wrt x --hand", "ones(5,1)",
      "the chain rule stops early: the derivative of sin(x) is left out" },
    { "sum(sin(A*x))", "--wrt x --hand", "cos(A*x)",
      "the chain rule stops early: it is the derivative with respect to A*x" },
    { "norm(A*x-b)^2", "--wrt x --hand", "2*(A*x-b)",
      "the chain rule stops early: it is the derivative with respect to A*x-b" },
    { "det(A)^2", "--wrt A --hand", "2*det(A)*inv(A)'", "the outer factor det(A) is missing" },
    { "(x'*x)^2", "--wrt x --hand", "2*x",
      "the chain rule stops early: the derivative of (x'*x)^2 with respect to x'*x, 2*x'*x, is left out" },
    { "1/(a'*x)", "--wrt x --hand", "a",
      "the chain rule stops early: the derivative of 1/(a'*x) with respect to a'*x, "
      "-1/(a'*x)^2, is left out" },
    { "tr(inv(A)*B)", "--wrt A --hand", "B'",
      "the chain rule stops early: the derivative of inv(A) is left out" },
    { "sin(A*x)", "--wrt x --hand-jac", "A",
      "the chain rule stops early: the derivative of sin(A*x) with respect to A*x is left out" },
    { "sin(A*x)", "--wrt x --hand-jac", "diag(cos(A*x))",
      "the chain rule stops early: it is the derivative with respect to A*x" },
    { "norm(A,'fro')", "--wrt A --hand", "A", "the outer factor 1/norm(A,'fro') is missing" },
    { "sum(tanh(A*x-b))", "--wrt x --hand", "A'*ones(5,1)",
      "the chain rule stops early: the derivative of tanh(A*x-b) with respect to A*x-b is left out" },
    { "exp(-norm(x)^2)", "--wrt x --hand", "-2*x",
      "the chain rule stops early: the derivative of exp(-norm(x)^2) with respect to "
      "-norm(x)^2, exp(-norm(x)^2), is left out" },
    { "log(det(A))", "--wrt A A~5x5:spd --symmetric A --hand", "det(A)*inv(A)",
      "the chain rule stops early: the derivative of log(det(A)) with respect to det(A), "
      "1/det(A), is left out" },

    /* Other variables */
    { "u'*v", "--wrt u --hand", "u", "it is the derivative with respect to v" },
    { "x'*A*y", "--wrt x --hand", "A'*x", "it is the derivative with respect to y" },
    { "tr(A*B)", "--wrt A --hand", "A'", "it is the derivative with respect to B" },
    { "norm(A*x-b)^2", "--wrt x --hand", "-2*(A*x-b)", "it is the derivative with respect to b" },
    { "tr(A*X*B)", "--wrt X --hand", "(X*B)'", "it is the derivative with respect to A" },
    { "a'*inv(A)*b", "--wrt a --hand", "inv(A)'*a", "it is the derivative with respect to b" },

    /* Vec, layouts */
    { "A*X*B", "--wrt X --hand-jac", "kron(A,B')",
      "vec stacks the rows there, of both: here it stacks the columns" },
    { "A*X", "--wrt X A~2x3 X~3x4 --hand-jac", "kron(A,eye(4))",
      "vec stacks the rows there, of both: here it stacks the columns" },
    { "X*B", "--wrt X X~2x3 B~3x4 --hand-jac", "kron(eye(2),B')",
      "vec stacks the rows there, of both: here it stacks the columns" },
    { "X'", "--wrt X X~2x3 --hand-jac", "eye(6)",
      "vec stacks the rows there, of the function: here it stacks the columns" },
    { "A*X*B", "--wrt X --hand-jac", "kron(B,A')",
      "it is the transpose of the right one: the Jacobian has a row for every entry of the "
      "function" },
    { "A*X*B", "--wrt X --hand-jac", "kron(B,A)", "it is right only where B is symmetric" },

    /* The commutation matrix of second derivatives, left out of all terms or of some */
    { "tr(A^2)", "--wrt A --hand-hess", "2*eye(25)",
      "the commutation matrix K, for which vec(A') = K*vec(A), is left out" },
    { "tr(A^2)", "--wrt A --hand-hess", "kron(eye(5),eye(5))",
      "the commutation matrix K, for which vec(A') = K*vec(A), is left out, and there is a "
      "factor 0.5 too much" },
    { "tr(A*B*A*C)", "--wrt A A~2x3 --hand-hess", "kron(C,B')+kron(B,C')",
      "the commutation matrix K, for which vec(A') = K*vec(A), is left out" },
    { "tr(A*B*A*C)", "--wrt A A~2x3 --hand-hess", "kron(B',C)+kron(C',B)",
      "the commutation matrix K, for which vec(A') = K*vec(A), is left out" },
    { "logdet(A)+tr(A*A')", "--wrt A --hand-hess", "2*eye(25)-kron(inv(A),inv(A)')",
      "the commutation matrix K, for which vec(A') = K*vec(A), is left out" },
    { "tr(A*A'*A*B)", "--wrt A --hand-hess",
      "kron(B,eye(5))*(kron(eye(5),A)+kron(A,eye(5)))+kron(A,B)'+kron(eye(5),A*B)'+kron(eye(5),A*B)"
      "+kron(B*A,eye(5))'",
      "the commutation matrix K, for which vec(A') = K*vec(A), is left out" },

    /* Zero, and more than one */
    { "x'*A*x", "--wrt x --hand", "0*x", "it is zero, the right one is not" },
    { "sum(A-A')", "--wrt A --hand", "ones(5,5)", "the right one is zero" },
    { "trace(A^2)", "--wrt A --hand", "-2*A",
      "it is the transpose of the right one, with the opposite sign" },
    { "tr(A^3)", "--wrt A --hand", "A^2", "it is 1/3 times the transpose of the right one" },

    /* And others */
    { "tr(A*B*A')", "--wrt A --hand", "2*A*B", "it is right only where B is symmetric" },
    { "tr(A'*B)", "--wrt A --hand", "B'", "it is the transpose of the right one" },
    { "sum(A.*B)", "--wrt A --hand", "B'", "it is the transpose of the right one" },
    { "(A*x-b)'*(A*x-b)", "--wrt A --hand", "(A*x-b)*x'", "it is 0.5 times the right one" },
    { "(A*x-b)'*(A*x-b)", "--wrt A --hand", "2*x*(A*x-b)'", "it is the transpose of the right one" },
    { "norm(A*x-b)^2+c*norm(x)^2", "--wrt x --hand", "2*A'*(A*x-b)+c*x",
      "the term of the second x (column 22), 2*c*x, has the factor 0.5" },
    { "norm(A*x-b)^2+3*norm(x)^2", "--wrt x --hand", "2*A'*(A*x-b)+3*x",
      "the term of the second x (column 22), 6*x, has the factor 0.5" },
    { "norm(A*x-b)^2", "--wrt x --hand", "2*A'*A*x-A'*b", "the term A'*b (column 10) needs the factor 2" },
    { "norm(A*x-b)^2", "--wrt x --hand", "2*(A'*A*x+A'*b)",
      "the term A'*b (column 11) has the wrong sign" },
    { "norm(A*x-b)^2", "--wrt x --hand", "2*A'*(A*x+b)", "the term b (column 11) has the wrong sign" },
    { "norm(A*x-b)^2", "--wrt x --hand", "2*A'*A*x", "the term -2*A'*b is left out" },
    { "log(sum(exp(x)))", "--wrt x --hand", "exp(x)",
      "the chain rule stops early: the derivative of log(sum(exp(x))) with respect to "
      "sum(exp(x)), 1/sum(exp(x)), is left out" },
    { "log(sum(exp(dm)))", "--wrt dm --hand", "exp(dm)",
      "the chain rule stops early: the derivative of log(sum(exp(dm))) with respect to "
      "sum(exp(dm)), 1/sum(exp(dm)), is left out" },
    { "log(sum(exp(x)))", "--wrt x --hand", "1/sum(exp(x))*ones(5,1)",
      "the chain rule stops early: the derivative of exp(x) is left out" },
    { "x'*A*x/(x'*x)", "--wrt x --hand", "(A+A')*x/(x'*x)-2*x",
      "the term -2*x needs the factor x'*A*x/(x'*x)/(x'*x)" },
    { "(x'*A*x)^2", "--wrt x --hand", "2*(A+A')*x", "the outer factor x'*A*x is missing" },
    { "1/(x'*x)", "--wrt x --hand", "-2*x/(x'*x)", "the outer factor 1/(x'*x) is missing" },
    { "sqrt(x'*x)", "--wrt x --hand", "x", "the outer factor 1/sqrt(x'*x) is missing" },
    { "logdet(A'*A)", "--wrt A A~6x4 --hand", "A*inv(A'*A)", "it is 0.5 times the right one" },
    { "logdet(A'*A)", "--wrt A --hand", "2*inv(A)", "it is the transpose of the right one" },
    { "tr(A*inv(B))", "--wrt B --hand", "inv(B)'*A'*inv(B)'",
      "it is the right one with the opposite sign" },
    { "tr(A*inv(B))", "--wrt B --hand", "-A'*inv(B)'*inv(B)'",
      "the factors of -A'*inv(B)'*inv(B)' (column 1) stand in the wrong order" },
    { "tr(inv(A))", "--wrt A --hand", "-inv(A)'",
      "the factor inv(A)' is missing in front of -inv(A)' (column 1)" },
    { "a'*X'*X*b", "--wrt X --hand", "2*X*a*b'",
      "the term of the first X (column 4) is left out, and that of the second X (column 7) is "
      "counted twice" },
    { "sum(sigmoid(x))", "--wrt x --hand", "sigmoid(x)", "sigmoid(x) (column 1) must be sigmoid_slope" },
    { "sum(x.^3)", "--wrt x --hand", "3*x", "x (column 3) must be squared" },
    { "sum(tanh(x))", "--wrt x --hand", "tanh(x)", "tanh(x) (column 1) must be tanh_slope" },
    { "sum(sqrt(x))", "--wrt x --hand", "0.5*sqrt(x)", "the reciprocal of x (column 10) is needed" },
    { "exp(W*x)", "--wrt x --hand-jac", "diag(W*x)*W", "exp is missing around W*x (column 6)" },
    { "exp(W*x)", "--wrt x --hand-jac", "exp(W*x)*ones(1,5).*W'",
      "it is right only where W is symmetric" },
    { "A*X*B", "--wrt X --hand-jac", "kron(A,B)",
      "the factors of kron(A,B) (column 1) stand in the wrong order, and a transpose is missing" },
    { "A*B", "--wrt A --hand-jac", "kron(B,eye(5))",
      "it is the transpose of the right one: the Jacobian has a row for every entry of the "
      "function" },
    { "A*B", "--wrt B --hand-jac", "kron(B',eye(5))", "it is the derivative with respect to A" },
    { "inv(A)", "--wrt A --hand-jac", "kron(inv(A)',inv(A))",
      "it is the right one with the opposite sign" },
    { "inv(A)", "--wrt A --hand-jac", "-kron(inv(A),inv(A))", "it is right only where A is symmetric" },
    { "inv(A)", "--wrt A --hand-jac", "-kron(inv(A),inv(A)')",
      "it is the transpose of the right one: the Jacobian has a row for every entry of the "
      "function" },
    { "A'*A", "--wrt A --hand-jac", "2*kron(eye(5),A')",
      "the term of the first A (column 1) is left out, and that of the second A (column 4) is "
      "counted twice" },
    { "norm(A*x-b)^2", "--wrt x --hand-hess", "A'*A", "it is 0.5 times the right one" },
    { "norm(A*x-b)^2", "--wrt x --hand-hess", "2*A*A'", "it is right only where A is symmetric" },
    { "log(sum(exp(x)))", "--wrt x --hand-hess", "diag(exp(x)/sum(exp(x)))",
      "the term -exp(x)*exp(x')/sum(exp(x))^2 is left out" },
    { "sum(exp(x))", "--wrt x --hand-hess", "diag(x)", "exp is missing around x (column 6)" },
    { "x'*A*x", "--wrt x --hand", "A*x+x", "the factor A' is missing in front of x (column 5)" },
    { "tr(A^2*B)", "--wrt A --hand", "2*(A*B)'",
      "the term of the first A (column 4) in the first factor of A^2 is counted twice, and "
      "that of the first A (column 4) in the second factor of A^2 is left out" },
    { "det(X'*X)", "--wrt X X~5x3 --hand", "2*X*inv(X'*X)", "the outer factor det(X'*X) is missing" },
    { "x'*A*y", "--wrt A --hand", "x*x'", "x (column 3) must be y" },
    { "tr(A*X*B)", "--wrt X --hand", "A*B", "A and B must be transposed" },
    { "norm(A*X-B,'fro')^2", "--wrt X --hand", "2*A*(A*X-B)", "it is right only where A is symmetric" },
    { "norm(x)^3", "--wrt x --hand", "3*norm(x)^2*x", "the outer factor 1/norm(x) is missing" },
    { "trace(A)*trace(B*A)", "--wrt A --hand", "trace(B*A)*B'",
      "it is only the term tr(A)*B', and that with the factor trace(B*A)/trace(A)" },
    { "u'*A*v", "--wrt v --hand", "A*u", "it is right only where A is symmetric" },

    /* A factor of two equal terms, two terms that make up one, and what is no reason */
    { "(y-X*w)'*(y-X*w)/rows(X)+0.5*w'*w", "--wrt w X~10x3 --hand", "2*X'*(X*w-y)+w",
      "the terms of the first w (column 6) and of the second w (column 15): each has the factor 10, and 10 is "
      "rows(y)" },
    { "norm(x)^4", "--wrt x --hand-hess", "4*norm(x)^2*eye(5)",
      "the term 8*x*x' is left out" },
    { "x^2+1", "--wrt x --hand", "x+7", "" },
    { "sin(t)*norm(x)", "--wrt t --hand", "cos(t)+norm(x)", "" },
};
enum { MISTAKES = sizeof mistakes / sizeof mistakes[0] };

/* Twenty more, written down with what must be said of each before the program was asked: its sentence holds
 * these words.  The three that are missed are explained in others, which are as true.                */
static const formula unseen[] = {
    { "logdet(A*A')", "--wrt A --hand", "2*inv(A*A')", "the factor A is missing behind" },
    { "tr(A*B*A'*C)", "--wrt A --hand", "2*C*A*B", "is counted twice" },
    { "sum(log(A*x))", "--wrt x --hand", "1./(A*x)", "with respect to A*x" },
    { "sum((A*x).^3)", "--wrt x --hand", "3*A'*(A*x)", "must be squared" },
    { "norm(x-A*y)^2", "--wrt y --hand", "2*A'*(x-A*y)", "opposite sign" },
    { "norm(x-A*y)^2", "--wrt A --hand", "-2*(x-A*y)*x'", "must be y" },
    { "sum(exp(-x.^2))", "--wrt x --hand", "exp(-x.^2)", "x.^2 is left out" },
    { "-sum(log(sigmoid(x)))", "--wrt x --hand", "ones(5,1)-sigmoid(x)", "opposite sign" },
    { "a'*log(x)", "--wrt x --hand", "a.*x", "the reciprocal of x" },
    { "sum(tanh(W*x))", "--wrt W --hand", "x*tanh_slope(W*x)'", "the transpose of the right one" },
    { "tr(X'*A*X)-2*tr(B'*X)", "--wrt X --hand", "(A+A')*X-B", "has the factor 0.5" },
    { "norm(X-U*V','fro')^2", "--wrt U --hand", "-2*(X-U*V')'*V", "must not be transposed" },
    { "sum(exp(A*x))", "--wrt x --hand-hess", "A'*diag(A*x)*A", "exp is missing around A*x" },
    { "exp(x'*x)", "--wrt x --hand-hess", "2*exp(x'*x)*eye(5)", "left out" },
    { "(a'*x)^3", "--wrt x --hand-hess", "3*(a'*x)*a*a'", "it is 0.5 times the right one" },
    { "x/norm(x)", "--wrt x --hand-jac", "eye(5)/norm(x)", "the term of the second x" },
    { "(x'*A*x)*x", "--wrt x --hand-jac", "(x'*A*x)*eye(5)", "it is only the term of the third x" },
    { "tanh(W*x)", "--wrt x --hand-jac", "diag(tanh(W*x))*W", "must be tanh_slope" },
    { "sum(x.^2.*y)", "--wrt x --hand", "2*x", "factor y is missing" },
    { "x'*inv(A)*x", "--wrt A --hand", "-inv(A)*x*x'*inv(A)", "the transpose of the right one" },
};
enum { UNSEEN = sizeof unseen / sizeof unseen[0] };

static const formula rights[] = {
    { "trace(A^2)", "--wrt A --hand", "2*A'", NULL },
    { "trace(A^3)", "--wrt A --hand", "3*(A^2)'", NULL },
    { "trace(A^3)", "--wrt A --hand", "3*A'*A'", NULL },
    { "tr(A)", "--wrt A --hand", "eye(5)", NULL },
    { "tr(A*B)", "--wrt A --hand", "B'", NULL },
    { "tr(A'*B)", "--wrt A --hand", "B", NULL },
    { "tr(A*B*C)", "--wrt B A~3x4 B~4x2 C~2x3 --hand", "(C*A)'", NULL },
    { "tr(A*X*B)", "--wrt X --hand", "A'*B'", NULL },
    { "tr(A*X'*B)", "--wrt X --hand", "B*A", NULL },
    { "tr(X'*A*X)", "--wrt X --hand", "(A+A')*X", NULL },
    { "tr(X*A*X')", "--wrt X --hand", "X*(A+A')", NULL },
    { "tr(A*X*B*X')", "--wrt X --hand", "A'*X*B'+A*X*B", NULL },
    { "tr(A*X*B*X'*C)", "--wrt X --hand", "A'*C'*X*B'+C*A*X*B", NULL },
    { "tr(X^4)", "--wrt X --hand", "4*(X^3)'", NULL },
    { "tr(A*X^2)", "--wrt X --hand", "(A*X+X*A)'", NULL },
    { "tr(inv(A))", "--wrt A --hand", "-(inv(A)^2)'", NULL },
    { "tr(inv(A)*B)", "--wrt A --hand", "-inv(A)'*B'*inv(A)'", NULL },
    { "tr(A\\B)", "--wrt A --hand", "-(A\\B/A)'", NULL },
    { "a'*inv(X)*b", "--wrt X --hand", "-inv(X)'*a*b'*inv(X)'", NULL },
    { "logdet(A)", "--wrt A --hand", "inv(A)'", NULL },
    { "logdet(A)", "--wrt A A~5x5:spd --hand", "inv(A)", NULL },
    { "logdet(A)", "--wrt A --symmetric A A~5x5:spd --hand", "inv(A)", NULL },
    { "logdet(A'*A)", "--wrt A A~6x4 --hand", "2*A*inv(A'*A)", NULL },
    { "logdet(2*A)", "--wrt A --hand", "inv(A)'", NULL },
    { "det(A)", "--wrt A --hand", "det(A)*inv(A)'", NULL },
    { "det(A)", "--wrt A --hand", "cofactor(A)", NULL },
    { "det(A)^2", "--wrt A --hand", "2*det(A)^2*inv(A)'", NULL },
    { "det(A*X*B)", "--wrt X --hand", "det(A*X*B)*inv(X)'", NULL },
    { "det(X'*A*X)", "--wrt X A~4x4:spd X~4x3 --hand", "2*det(X'*A*X)*A*X*inv(X'*A*X)", NULL },
    { "det(inv(A))", "--wrt A --hand", "-det(inv(A))*inv(A)'", NULL },
    { "x'*x", "--wrt x --hand", "2*x", NULL },
    { "x'*A*x", "--wrt x --hand", "(A+A')*x", NULL },
    { "x'*A*x", "--wrt x A~sym --hand", "2*A*x", NULL },
    { "x'*A*x", "--wrt A --hand", "x*x'", NULL },
    { "x'*A*y", "--wrt A --hand", "x*y'", NULL },
    { "x'*A*y", "--wrt x --hand", "A*y", NULL },
    { "x'*A*y", "--wrt y --hand", "A'*x", NULL },
    { "x'*A'*y", "--wrt A --hand", "y*x'", NULL },
    { "a'*X'*X*b", "--wrt X --hand", "X*(a*b'+b*a')", NULL },
    { "(X*b+c)'*D*(X*b+c)", "--wrt X --hand", "(D+D')*(X*b+c)*b'", NULL },
    { "(x-a)'*W*(x-a)", "--wrt a --hand", "-(W+W')*(x-a)", NULL },
    { "x'*A*x+b'*x", "--wrt x --hand", "(A+A')*x+b", NULL },
    { "x'*A*x/(x'*x)", "--wrt x --hand", "(A+A')*x/(x'*x)-2*(x'*A*x)*x/(x'*x)^2", NULL },
    { "norm(A*x-b)^2", "--wrt x A~7x3 --hand", "2*A'*(A*x-b)", NULL },
    { "norm(A*x-b)^2", "--wrt A A~7x3 --hand", "2*(A*x-b)*x'", NULL },
    { "norm(A*x-b)^2", "--wrt b A~7x3 --hand", "2*(b-A*x)", NULL },
    { "norm(A*x-b)^2/2", "--wrt x A~7x3 --hand", "A'*(A*x-b)", NULL },
    { "norm(A*x-b)", "--wrt x A~7x3 --hand", "A'*(A*x-b)/norm(A*x-b)", NULL },
    { "norm(x-a)", "--wrt x --hand", "(x-a)/norm(x-a)", NULL },
    { "norm(x)", "--wrt x --hand", "normalize(x)", NULL },
    { "norm(x)^3", "--wrt x --hand", "3*norm(x)*x", NULL },
    { "1/norm(x)", "--wrt x --hand", "-x/norm(x)^3", NULL },
    { "norm(A,'fro')", "--wrt A --hand", "A/norm(A,'fro')", NULL },
    { "norm(A,'fro')^2", "--wrt A A~3x6 --hand", "2*A", NULL },
    { "norm(A*X-B,'fro')^2", "--wrt X A~5x3 B~5x2 --hand", "2*A'*(A*X-B)", NULL },
    { "norm(A*X*B-C,'fro')^2", "--wrt X --hand", "2*A'*(A*X*B-C)*B'", NULL },
    { "sum(A)", "--wrt A A~3x4 --hand", "ones(3,4)", NULL },
    { "sum(A*B)", "--wrt A A~2x3 B~3x4 --hand", "ones(2,4)*B'", NULL },
    { "sum(A.*B)", "--wrt A --hand", "B", NULL },
    { "sum(A.^2)", "--wrt A --hand", "2*A", NULL },
    { "sum(x.^3)", "--wrt x --hand", "3*x.^2", NULL },
    { "sum(exp(A))", "--wrt A --hand", "exp(A)", NULL },
    { "sum(exp(A*x))", "--wrt x --hand", "A'*exp(A*x)", NULL },
    { "sum(log(x))", "--wrt x --hand", "1./x", NULL },
    { "sum(x.*log(x))", "--wrt x --hand", "log(x)+ones(5,1)", NULL },
    { "sum(sqrt(x))", "--wrt x --hand", "0.5./sqrt(x)", NULL },
    { "sum(sin(3*x))", "--wrt x --hand", "3*cos(3*x)", NULL },
    { "sum(cos(x))", "--wrt x --hand", "-sin(x)", NULL },
    { "sum(tanh(W*x-b))", "--wrt W --hand", "tanh_slope(W*x-b)*x'", NULL },
    { "sum(sigmoid(x))", "--wrt x --hand", "sigmoid(x).*sigmoid(-x)", NULL },
    { "sum(relu(x))", "--wrt x --hand", "step(x)", NULL },
    { "sum(abs(x))", "--wrt x --hand", "sign(x)", NULL },
    { "log(sum(exp(x)))", "--wrt x --hand", "exp(x)/sum(exp(x))", NULL },
    { "sum(log(1+exp(x)))", "--wrt x --hand", "sigmoid(x)", NULL },
    { "exp(x'*A*x)", "--wrt x --hand", "exp(x'*A*x)*(A+A')*x", NULL },
    { "exp(-norm(x)^2)", "--wrt x --hand", "-2*exp(-norm(x)^2)*x", NULL },
    { "log(a'*x)", "--wrt x --hand", "a/(a'*x)", NULL },
    { "1/(a'*x)", "--wrt x --hand", "-a/(a'*x)^2", NULL },
    { "(a'*x)*(b'*x)", "--wrt x --hand", "(b'*x)*a+(a'*x)*b", NULL },
    { "sqrt(1+x'*x)", "--wrt x --hand", "x/sqrt(1+x'*x)", NULL },
    { "sum(kron(A,B))", "--wrt A --hand", "sum(B)*ones(5,5)", NULL },
    { "trace(A)*trace(B*A)", "--wrt A --hand", "trace(B*A)*eye(5)+trace(A)*B'", NULL },
    { "tr(S*B)", "--wrt S --symmetric S --hand", "B", NULL },
    { "tr(S*B)", "--wrt S --symmetric S --hand", "(B+B')/2", NULL },
    { "sum(A(1,:))", "--wrt A A~2x3 --hand", "[1,1,1;0,0,0]", NULL },
    { "x(1)*x(2)", "--wrt x x~2 --hand", "[x(2);x(1)]", NULL },
    { "A*x", "--wrt x A~3x4 --hand-jac", "A", NULL },
    { "A*x", "--wrt A A~3x4 --hand-jac", "kron(x',eye(3))", NULL },
    { "A*X*B", "--wrt X A~2x3 B~4x2 --hand-jac", "kron(B',A)", NULL },
    { "X'", "--wrt X X~1x4 --hand-jac", "eye(4)", NULL },
    { "inv(A)", "--wrt A A~3x3 --hand-jac", "-kron(inv(A)',inv(A))", NULL },
    { "A^2", "--wrt A A~3x3 --hand-jac", "kron(eye(3),A)+kron(A',eye(3))", NULL },
    { "sin(A*x)", "--wrt x --hand-jac", "diag(cos(A*x))*A", NULL },
    { "exp(W*x-b)", "--wrt b --hand-jac", "-diag(exp(W*x-b))", NULL },
    { "x*x'", "--wrt x --hand-jac", "kron(x,eye(5))+kron(eye(5),x)", NULL },
    { "x/norm(x)", "--wrt x --hand-jac", "(eye(5)-x*x'/norm(x)^2)/norm(x)", NULL },
    { "A.*A", "--wrt A A~2x2 --hand-jac", "2*diag(vec(A))", NULL },
    { "exp(x)/sum(exp(x))", "--wrt x --hand-jac", "diag(exp(x)/sum(exp(x)))-exp(x)*exp(x)'/sum(exp(x))^2", NULL },
    { "x'*A*x", "--wrt x --hand-hess", "A+A'", NULL },
    { "norm(A*x-b)^2", "--wrt x --hand-hess", "2*A'*A", NULL },
    { "log(sum(exp(x)))", "--wrt x --hand-hess", "diag(exp(x)/sum(exp(x)))-exp(x)*exp(x)'/sum(exp(x))^2", NULL },
    { "sum(x.^4)", "--wrt x --hand-hess", "12*diag(x.^2)", NULL },
    { "logdet(A)", "--wrt A A~2x2:spd --symmetric A --hand-hess", "-kron(inv(A),inv(A))", NULL },
    { "tr(A^2)", "--wrt A A~2x2 --hand-hess", "2*[1,0,0,0;0,0,1,0;0,1,0,0;0,0,0,1]", NULL },
    { "norm(x)^2", "--wrt x 'x=[1e-8;2e8;3]' --hand", "2*x", NULL },
    { "norm(x)^2", "--wrt x 'x=[0;0;0]' --hand", "2*x", NULL },
    { "1e12*tr(A^2)", "--wrt A --hand", "2e12*A'", NULL },
    { "1e-12*tr(A^2)", "--wrt A --hand", "2e-12*A'", NULL },
    { "logdet(A)", "--wrt A 'A=[1,2;2,4.0000001]' --hand", "inv(A)'", NULL },
    { "tr(inv(A))", "--wrt A 'A=[1,1;1,1.000001]' --hand", "-(inv(A)^2)'", NULL },
    { "sum(exp(x))", "--wrt x 'x=[-700;0;700]' --hand", "exp(x)", NULL },
    { "sum(sin(x))", "--wrt x 'x=[1e6;1e9;1]' --hand", "cos(x)", NULL },
    { "norm(A*x-b)^2", "--wrt x A~60x40 --hand", "2*A'*(A*x-b)", NULL },
    { "x'*x", "--wrt x --hand", "(1e8*y+2*x)-1e8*y", NULL },           /* what cancels is rounded */
    { "x'*x+1e8*y'*x-1e8*y'*x", "--wrt x --hand", "2*x", NULL },
    { "x'*x+1e8*y'*x-1e8*y'*x", "--wrt x --hand", "(1e8*y+2*x)-1e8*y", NULL },
    { "x'*x", "--wrt x --hand", "(1e8*ones(5,1)+2*x)-1e8*ones(5,1)", NULL },
    { "x'*x", "--wrt x --hand-hess", "(1e8*A+2*eye(5))-1e8*A", NULL },
    { "A*x", "--wrt x --hand-jac", "(A+1e9*B)-1e9*B", NULL },
    { "logdet(A)", "--wrt A A~40x40 --hand", "inv(A)'", NULL },
    { "tr(A*B)", "--wrt A A~50x80 --hand", "B'", NULL },
    { "x__2'*A*x__2", "--wrt x__2 --hand", "(A+A')*x__2", NULL },
};
enum { RIGHTS = sizeof rights / sizeof rights[0] };

/* Within double quotes of the shell. */
static void quote(char *to, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\$`\"", *text))
            *to++ = '\\';
        *to++ = *text;
    }
    *to = '\0';
}

/* check EXPRESSION WORDS HAND --json: its exit status, and what it prints. */
static int check(const formula *f, const char *hand, char out[20000])
{
    char line[4000], expression[500], by_hand[1000];
    const char *program = getenv("DUALMAT");

    quote(expression, f->expression);
    quote(by_hand, hand);
    snprintf(line, sizeof line, "exec '%s' check \"%s\" %s \"%s\" --json 2>&1",
             program ? program : "build/dualmat", expression, f->words, by_hand);
    FILE *stream = popen(line, "r");
    ck_assert_ptr_nonnull(stream);
    out[fread(out, 1, 20000 - 1, stream)] = '\0';
    int status = pclose(stream);
    ck_assert_msg(WIFEXITED(status), "%s: dies", line);
    return WEXITSTATUS(status);
}

/* The string behind "key": ..., with its escapes undone; "": there is none. */
static void value_of_key(const char *out, const char *key, char value[2000])
{
    char *to = value;
    const char *at = strstr(out, key);

    for (at = at ? at + strlen(key) : ""; *at && *at != '"'; at++) {
        if (*at == '\\')
            at++;
        *to++ = *at;
    }
    *to = '\0';
}

/* What is said of it; a formula that is offered is right. */
static void diagnose(const formula *f, char why[2000])
{
    static char out[20000], corrected[2000];
    int status = check(f, f->hand, out);

    ck_assert_msg(status == 1 && *out == '{', "%s, by hand %s: status %d\n%s", f->expression, f->hand, status,
                  out);
    value_of_key(out, "\"why\": \"", why);
    value_of_key(out, "\"formula\": \"", corrected);
    if (*corrected) {
        status = check(f, corrected, out);
        ck_assert_msg(status == 0, "%s, by hand %s: %s is offered, which is not right", f->expression, f->hand,
                      corrected);
    }
}

/* Exactly in these words, or in words that hold them. */
static bool diagnosed(const formula *f, bool exactly)
{
    static char why[2000];

    diagnose(f, why);
    bool found = exactly ? strcmp(why, f->why) == 0 : strstr(why, f->why) != NULL;
    if (!found)
        fprintf(stderr, "%s, by hand %s:\n    %s\n    instead of %s\n", f->expression, f->hand, why, f->why);
    return found;
}

START_TEST(typical_mistakes_are_explained)
{
    size_t found = 0, n = many(MISTAKES) < MISTAKES ? 20 : MISTAKES;

    for (size_t i = 0; i < n; i++)
        found += diagnosed(&mistakes[i], true);
    ck_assert_msg(MISTAKES >= 100 && found == n, "%zu of %zu mistakes are explained", found, n);
}
END_TEST

START_TEST(so_are_mistakes_it_was_not_made_for)
{
    size_t found = 0;

    for (size_t i = 0; i < UNSEEN; i++)
        found += diagnosed(&unseen[i], false);
    ck_assert_msg(found >= 17, "%zu of %d mistakes are explained", found, UNSEEN);
}
END_TEST

START_TEST(right_formulas_are_right)
{
    static char out[20000];
    int status = check(&rights[_i], rights[_i].hand, out);

    ck_assert_msg(status == 0, "%s, by hand %s: status %d\n%s", rights[_i].expression, rights[_i].hand,
                  status, out);
}
END_TEST

Suite *command_diagnose_suite(void)
{
    Suite *suite = suite_create("command/diagnose");
    TCase *tc = case_of(suite, "formulas");

    tcase_set_timeout(tc, 240);
    tcase_add_test(tc, typical_mistakes_are_explained);
    tcase_add_test(tc, so_are_mistakes_it_was_not_made_for);
    tcase_add_loop_test(tc, right_formulas_are_right, 0, RIGHTS);
    return suite;
}
