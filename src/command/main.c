/* dualmat: derivatives of matrix expressions, from the command line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "command/command.h"

const command commands[] = {
    { "eval", "EXPR [VAR=SOURCE]...", "the value of an expression",
      "  dualmat eval \"x'*A*x\" 'A=[1,2;3,4]' 'x=[1;1]'\n"
      "  dualmat eval 'inv(A)' A=data.csv --json\n"
      "  dualmat eval 'det(Q)' Q~4x4:orth\n",
      run_eval, SYMMETRIC | VALUES | PLAIN },
    { "grad", "EXPR --wrt A[,B...] [VAR=SOURCE]...", "the value and the gradient: U in df = tr(U'*dA)",
      "  dualmat grad 'trace(A^2)' --wrt A 'A=[1,2;3,4]'\n"
      "  dualmat grad \"norm(A*x-b)^2\" --wrt x,b A=data.csv\n"
      "  dualmat grad 'logdet(S)' --wrt S --symmetric S S~5x5:spd\n",
      run_grad, WRT | SYMMETRIC | VALUES | PLAIN | SCALAR },
    { "jvp", "EXPR --along A=SOURCE... [VAR=SOURCE]...", "the value and the differential in a direction",
      "  dualmat jvp 'inv(A)' --along 'A=[0,1;0,0]' 'A=[1,2;3,5]'\n"
      "  dualmat jvp 'A*B' --along A~ --along B~ A~2x3 B~3x2\n",
      run_jvp, ALONG | SYMMETRIC | VALUES | PLAIN },
    { "jac", "EXPR --wrt X [VAR=SOURCE]...", "the value and the Jacobian: vec(dF) = J*vec(dX)",
      "  dualmat jac 'A*X*B' --wrt X 'A=[1,2;3,4]' 'B=[0,1;1,0]'\n"
      "  dualmat jac --det '[p(1)*cos(p(2)); p(1)*sin(p(2))]' --wrt p 'p=[2;0.5]'\n",
      run_jac, WRT | SYMMETRIC | DET | VALUES | PLAIN | ONE },
    { "hess", "EXPR --wrt X [VAR=SOURCE]...", "value, gradient and Hessian: d2f = vec(dX)'*H*vec(dX)",
      "  dualmat hess \"x'*A*x\" --wrt x 'A=[1,2;3,4]'\n",
      run_hess, WRT | SYMMETRIC | VALUES | PLAIN | ONE | SCALAR },
    { "check", "EXPR --wrt A --hand EXPR2 [VAR=SOURCE]...", "is a gradient derived by hand right?",
      "  dualmat check 'trace(A^2)' --wrt A --hand \"2*A'\"\n"
      "  dualmat check \"norm(A*x-b)^2\" --wrt x --hand \"2*A'*(A*x-b)\" A=data.csv\n"
      "  dualmat check 'sin(A*x)' --wrt x --hand-jac 'diag(cos(A*x))*A'\n"
      "  dualmat check 'logdet(A)' --wrt A --hand @gradient.csv A=data.csv\n"
      "\n"
      "Exit status 0: right.  1: wrong.  Variables that are not given are drawn at three points, and the "
      "formula must hold at all of them.  Every entry must agree with the exact one to --tol, or to what "
      "rounding errors explain: that is measured.  With --symmetric both are projected before they are "
      "compared.\n"
      "\n"
      "What is wrong is searched for: the transpose, a sign, a factor, an operand taken for symmetric, a term "
      "or an outer factor left out, factors in the wrong order, another variable ...; and said where it "
      "explains the difference at several random points.\n",
      run_check, WRT | SYMMETRIC | HAND | VALUES | PLAIN | ONE | SCALAR },
    { "derive", "EXPR --wrt A[,B...] [VAR=SOURCE]...", "the formula of a derivative, line by line",
      "  dualmat derive 'tr(A*A)' --wrt A\n"
      "  dualmat derive \"norm(A*x-b)^2\" --wrt x,b --as latex\n"
      "  dualmat derive 'A*X*B' --wrt X\n"
      "  dualmat derive \"x'*A*x\" --wrt x --hess\n"
      "  dualmat derive 'logdet(S)' --wrt S --symmetric S --html page.html\n"
      "\n"
      "Every formula is read back and evaluated at random points; it says with what error it agrees with the "
      "dual numbers.  Of an expression that is not 1x1 it is the Jacobian.\n",
      run_derive, WRT | SYMMETRIC | VALUES | PLAIN | WRITE },
    { "ops", "", "what the language knows, with every differential",
      "  dualmat ops\n  dualmat ops --json\n", run_ops, PLAIN },
    { "info", "", "which BLAS serves, its threads, and the versions",
      "  dualmat info\n", run_info, PLAIN },
    { "help", "[COMMAND]", "this, or more about a command",
      "  dualmat help check\n", run_help, PLAIN },
};
const size_t command_count = sizeof commands / sizeof commands[0];

/* ------------------------------------------------------------------------------------------ help -- */

static const char sources[] =
    "A SOURCE is a literal ('A=[1,2;3,4]', a=0.5, 'I=eye(3)'), a file (A=data.csv: CSV, TSV, semicolons or "
    "white space, # comments, one line of names is skipped) or - for standard input.  A~4x3 draws at random, "
    "A~5x5:spd or A~spd a kind of matrix: any, sym, spd, orth, lower, pos, wellcond.  Variables that are not "
    "given are drawn too: an upper-case name is a matrix, a lower-case one a column vector, shaped as the "
    "expression needs, 5 where it leaves that free.\n";

/* Lines that are indented are to be pasted and stay whole. */
static void print_page(const char *text)
{
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        char line[600];
        snprintf(line, sizeof line, "%.*s", (int) (end - text), text);
        if (*line == ' ')
            puts(line);
        else
            print_wrapped(line);
    }
}

static void print_general_help(void)
{
    print_page("dualmat differentiates matrix expressions.\n\n"
               "  dualmat grad 'trace(A^2)' --wrt A 'A=[1,2;3,4]'\n"
               "  dualmat check 'trace(A^2)' --wrt A --hand \"2*A'\"\n\ncommands:\n");
    for (size_t i = 0; i < command_count; i++) {
        printf("  %-6s ", commands[i].name);
        write_wrapped(stdout, 9, commands[i].summary);
    }
    putchar('\n');
    print_page(sources);
    print_page("\nThe language is Octave's: A', *, .*, ./, .^, ^, \\, /, [A, B; C, D], A(1:2,:); dualmat ops lists "
               "its functions.  Options: dualmat help COMMAND.\n\n"
               "Exit status: 0 done, or the hand-derived result is right; 1 it is wrong; 2 the words, the "
               "expression, the shapes or the files are wrong; 3 the numbers are.\n");
}

int help_command(const command *c)
{
    printf("dualmat %s%s%s\n    %s\n\noptions:\n", c->name, *c->arguments ? " " : "", c->arguments,
           c->summary);
    print_options(c->takes);
    print_page("\nfor example:\n");
    print_page(c->details);
    if (c->takes & VALUES) {
        putchar('\n');
        print_page(sources);
    }
    return DONE;
}

static const command *find_command(const char *word)
{
    const char *known[sizeof commands / sizeof commands[0]];

    for (size_t i = 0; i < command_count; i++) {
        known[i] = commands[i].name;
        if (strcmp(word, known[i]) == 0)
            return &commands[i];
    }
    const char *meant = nearest(word, known, command_count);
    if (meant)
        words("there is no command \"%s\": did you mean %s?", word, meant);
    else
        words("there is no command \"%s\" (dualmat help lists them)", word);
    return NULL;
}

int run_help(const options *o)
{
    if (!o->expression) {
        print_general_help();
        return DONE;
    }
    const command *c = find_command(o->expression);
    return c ? help_command(c) : WORDS;
}

/* ------------------------------------------------------------------------------------------ main -- */

static int run(int argc, char **argv)
{
    options o;
    const command *c;

    if (argc < 2)
        return words("a command is needed (dualmat help lists them)");
    if (strcmp(argv[1], "--version") == 0) {
        printf("dualmat %s\n", DM_VERSION);
        return DONE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_general_help();
        return DONE;
    }
    if (!(c = find_command(argv[1])))
        return WORDS;
    int status = read_options(&o, c, argc - 2, argv + 2);
    if (status == DONE)
        status = o.help ? help_command(c) : c->run(&o);
    free_options(&o);
    return status;
}

int main(int argc, char **argv)
{
    record_errors();
    int status = run(argc, argv);

    /* What could not be written is not a result. */
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout))
        status = words("standard output: %s", errno ? strerror(errno) : "cannot be written");
    return status;
}
