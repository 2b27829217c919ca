/* The command line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command/command.h"

/* ----------------------------------------------------------------------- what stands behind them -- */

static bool begins_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char) c >= 0x80;
}

/* The length of the name at the start of text; 0: there is none. */
static size_t name_length(const char *text)
{
    size_t n = 0;

    if (begins_name(*text))
        while (begins_name(text[n]) || (text[n] >= '0' && text[n] <= '9'))
            n++;
    return n;
}

/* VAR=SOURCE or VAR~RANDOM, blanks allowed around the sign: where the sign stands, else NULL. */
static const char *assignment_sign(const char *text)
{
    size_t n = name_length(text);

    if (n == 0)
        return NULL;
    text += n;
    text += strspn(text, " \t");
    return (*text == '=' && text[1] != '=') || *text == '~' ? text : NULL;
}

static char *copy_of(const char *text, size_t length)
{
    char *copy = malloc(length + 1);

    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

static int add_assignment(assignment **list, size_t *n, const char *text)
{
    const char *sign = assignment_sign(text);
    assignment *longer = realloc(*list, (*n + 1) * sizeof **list);

    if (!longer)
        return out_of_memory();
    *list = longer;
    assignment *a = &longer[*n];
    a->name = copy_of(text, name_length(text));
    a->source = sign + 1 + strspn(sign + 1, " \t");
    a->random = *sign == '~';
    if (!a->name)
        return out_of_memory();
    for (size_t i = 0; i < *n; i++)
        if (strcmp(longer[i].name, a->name) == 0) {
            int status = words("%s is given twice: %s%c%s and %s", a->name, a->name,
                               longer[i].random ? '~' : '=', longer[i].source, text);
            free(a->name);
            return status;
        }
    ++*n;
    return DONE;
}

/* A[,B...] */
static int add_names(names *list, const char *option, const char *text)
{
    for (;;) {
        text += strspn(text, " \t");
        size_t length = name_length(text);
        if (length == 0)
            return words("%s: a variable is needed, not \"%s\"", option, text);
        char **longer = realloc(list->name, (list->n + 1) * sizeof *longer);
        if (!longer)
            return out_of_memory();
        list->name = longer;
        if (!(longer[list->n] = copy_of(text, length)))
            return out_of_memory();
        list->n++;
        for (size_t i = 0; i + 1 < list->n; i++)
            if (strcmp(longer[i], longer[list->n - 1]) == 0)
                return words("%s: %s is named twice", option, longer[i]);
        text += length;
        text += strspn(text, " \t");
        if (*text == '\0')
            return DONE;
        if (*text++ != ',')
            return words("%s: variables are separated by commas: \"%s\"", option, text - 1);
    }
}

/* ----------------------------------------------------------------------------------- the options -- */

static int take_wrt(options *o, const char *text)
{
    return add_names(&o->wrt, "--wrt", text);
}

static int take_symmetric(options *o, const char *text)
{
    return add_names(&o->symmetric, "--symmetric", text);
}

static int take_along(options *o, const char *text)
{
    if (!assignment_sign(text))
        return words("--along: A=SOURCE or A~ is needed, not \"%s\"", text);
    return add_assignment(&o->along, &o->alongs, text);
}

static int take_hand_as(options *o, const char *option, dm_derivative kind, const char *text)
{
    if (o->hand)
        return words("%s after %s: one hand-derived result at a time", option, o->hand_option);
    o->hand = text;
    o->hand_option = option;
    o->kind = kind;
    return DONE;
}

static int take_hand(options *o, const char *text)
{
    return take_hand_as(o, "--hand", DM_GRADIENT, text);
}

static int take_hand_jac(options *o, const char *text)
{
    return take_hand_as(o, "--hand-jac", DM_JACOBIAN, text);
}

static int take_hand_hess(options *o, const char *text)
{
    return take_hand_as(o, "--hand-hess", DM_HESSIAN, text);
}

static int take_tolerance(options *o, const char *text)
{
    char *end;

    o->tolerance = strtod(text, &end);
    if (end == text || *end || !(o->tolerance >= 0 && o->tolerance < 1))
        return words("--tol: a number from 0 to 1 is needed, not \"%s\"", text);
    return DONE;
}

static int take_seed(options *o, const char *text)
{
    char *end;

    errno = 0;
    o->seed = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno)
        return words("--seed: a whole number is needed, not \"%s\"", text);
    return DONE;
}

static int take_digits(options *o, const char *text)
{
    char *end;
    long digits = strtol(text, &end, 10);

    if (end == text || *end || digits < 1 || digits > 17)
        return words("--digits: a whole number from 1 to 17 is needed, not \"%s\"", text);
    o->digits = (int) digits;
    return DONE;
}

static int take_det(options *o, const char *text)
{
    (void) text;
    o->det = true;
    return DONE;
}

static int take_as(options *o, const char *text)
{
    o->as = text;
    return DONE;
}

static int take_html(options *o, const char *text)
{
    o->html = text;
    return DONE;
}

static int take_hess(options *o, const char *text)
{
    (void) text;
    o->hess = true;
    return DONE;
}

static int take_plot(options *o, const char *text)
{
    o->plot = text;
    return DONE;
}

static int take_tap(options *o, const char *text)
{
    (void) text;
    o->tap = true;
    return DONE;
}

static int take_full(options *o, const char *text)
{
    (void) text;
    o->full = true;
    return DONE;
}

static int take_json(options *o, const char *text)
{
    (void) text;
    o->json = true;
    return DONE;
}

static int take_help(options *o, const char *text)
{
    (void) text;
    o->help = true;
    return DONE;
}

static const struct option {
    const char *name, *argument;       /* NULL: it takes none */
    unsigned of;                       /* the commands with that bit */
    int (*take)(options *o, const char *text);
    const char *help;
} table[] = {
    { "--wrt",       "A[,B...]", WRT,       take_wrt,       "differentiate by these variables" },
    { "--along",     "A=SOURCE", ALONG,     take_along,     "move A in this direction; may be repeated: all "
                                                            "move at once" },
    { "--hand",      "EXPR",     HAND,      take_hand,      "the gradient derived by hand; @FILE: numbers" },
    { "--hand-jac",  "EXPR",     HAND,      take_hand_jac,  "the Jacobian derived by hand; @FILE: numbers" },
    { "--hand-hess", "EXPR",     HAND,      take_hand_hess, "the Hessian derived by hand; @FILE: numbers" },
    { "--tol",       "T",        HAND,      take_tolerance, "an entry may be off by T of itself (1e-8); "
                                                            "for @FILE, of the largest" },
    { "--plot",      "FILE",     HAND,      take_plot,      "the Taylor test as a picture, .svg or .png; -: "
                                                            "in characters" },
    { "--tap",       NULL,       HAND,      take_tap,       "the verdict in the Test Anything Protocol" },
    { "--det",       NULL,       DET,       take_det,       "det J and the volume factor |det J| too" },
    { "--as",        "LANGUAGE", WRITE,     take_as,        "text, latex, octave, python, c or mathml" },
    { "--html",      "FILE",     WRITE,     take_html,      "the derivation as a page, with its check" },
    { "--hess",      NULL,       WRITE,     take_hess,      "the Hessian" },
    { "--symmetric", "A[,B...]", SYMMETRIC, take_symmetric, "A stays symmetric: project onto (D+D')/2" },
    { "--seed",      "N",        VALUES,    take_seed,      "for random draws (1)" },
    { "--digits",    "N",        VALUES,    take_digits,    "significant digits in text (6)" },
    { "--full",      NULL,       VALUES,    take_full,      "print large matrices whole" },
    { "--json",      NULL,       PLAIN,     take_json,      "results as JSON, numbers with all digits" },
    { "--help",      NULL,       PLAIN,     take_help,      "what the command does, with examples" },
};
enum { OPTIONS = sizeof table / sizeof table[0] };

void print_options(unsigned takes)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (table[i].of & takes) {
            char left[32];
            snprintf(left, sizeof left, "%s %s", table[i].name,
                     table[i].argument ? table[i].argument : "");
            printf("  %-20s ", left);
            write_wrapped(stdout, 23, table[i].help);
        }
}

/* ------------------------------------------------------------------------------ the command line -- */

static int no_such_option(const command *c, const char *word, size_t length)
{
    const char *known[OPTIONS];
    size_t n = 0;

    for (size_t i = 0; i < OPTIONS; i++) {
        if (strncmp(word, table[i].name, length) == 0 && strlen(table[i].name) == length)
            return words("%s takes no %s (dualmat help %s)", c->name, table[i].name, c->name);
        if (table[i].of & c->takes)
            known[n++] = table[i].name;
    }
    char *wrong = copy_of(word, length);
    if (!wrong)
        return out_of_memory();
    const char *meant = nearest(wrong, known, n);
    if (meant)
        words("there is no option %s: did you mean %s?", wrong, meant);
    else
        words("there is no option %s (dualmat help %s)", wrong, c->name);
    free(wrong);
    return WORDS;
}

/* --name, --name value, --name=value; *i moves on over a value. */
static int read_option(options *o, int *i, int argc, char **argv)
{
    const char *word = argv[*i], *equals = strchr(word, '=');
    size_t length = equals ? (size_t) (equals - word) : strlen(word);

    for (size_t k = 0; k < OPTIONS; k++) {
        const struct option *p = &table[k];
        if (!(p->of & o->command->takes) || strlen(p->name) != length
            || strncmp(word, p->name, length) != 0)
            continue;
        if (!p->argument && equals)
            return words("%s takes no value: \"%s\"", p->name, word);
        if (!p->argument)
            return p->take(o, NULL);
        if (equals)
            return p->take(o, equals + 1);
        if (*i + 1 >= argc)
            return words("%s needs a value: %s %s", p->name, p->name, p->argument);
        return p->take(o, argv[++*i]);
    }
    return no_such_option(o->command, word, length);
}

static int read_word(options *o, const char *word)
{
    if (!(o->command->takes & VALUES)) {
        if (o->expression || *o->command->arguments == '\0')
            return words("%s: \"%s\" is one word too many", o->command->name, word);
        o->expression = word;
        return DONE;
    }
    if (assignment_sign(word))
        return add_assignment(&o->given, &o->givens, word);
    if (o->expression)
        return words("two expressions, \"%s\" and \"%s\": one is needed, and VAR=SOURCE for its variables",
                     o->expression, word);
    o->expression = word;
    return DONE;
}

static int count_standard_input(const options *o)
{
    size_t n = o->hand && strcmp(o->hand, "@-") == 0;

    for (size_t i = 0; i < o->givens; i++)
        n += !o->given[i].random && strcmp(o->given[i].source, "-") == 0;
    for (size_t i = 0; i < o->alongs; i++)
        n += !o->along[i].random && strcmp(o->along[i].source, "-") == 0;
    return n <= 1 ? DONE : words("- stands for standard input and can be read once, not %zu times", n);
}

/* argv behind the name of the command. */
int read_options(options *o, const command *c, int argc, char **argv)
{
    bool open = true;                  /* options are still looked for */
    int status = DONE;

    *o = (options) { .command = c, .seed = 1, .digits = 6, .tolerance = -1 };
    for (int i = 0; status == DONE && i < argc; i++) {
        if (open && strcmp(argv[i], "--") == 0)
            open = false;
        else if (open && strcmp(argv[i], "-h") == 0)
            o->help = true;
        else if (open && strncmp(argv[i], "--", 2) == 0 && name_length(argv[i] + 2) > 0)
            status = read_option(o, &i, argc, argv);
        else
            status = read_word(o, argv[i]);
    }
    if (status == DONE && !o->help)
        status = count_standard_input(o);
    return status;
}

void free_options(options *o)
{
    for (size_t i = 0; i < o->givens; i++)
        free(o->given[i].name);
    for (size_t i = 0; i < o->alongs; i++)
        free(o->along[i].name);
    for (size_t i = 0; i < o->wrt.n; i++)
        free(o->wrt.name[i]);
    for (size_t i = 0; i < o->symmetric.n; i++)
        free(o->symmetric.name[i]);
    free(o->given);
    free(o->along);
    free(o->wrt.name);
    free(o->symmetric.name);
}
