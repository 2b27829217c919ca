/* Functions in Octave and in Python: the formulas, with a head and a foot and what they need. */
#include "symbols/source.h"

static void arguments(dm_text *to, const dm_source *s, const dm_vocabulary *in)
{
    for (size_t i = 0; i < s->n; i++) {
        const char *name = dm_name_in_program(to->context, in, s->variable[i].name);
        to->failed = to->failed || !name;
        dm_text_put(to, "%s%s", i ? ", " : "", name);
    }
}

/* The functions alone are written first: it is known then what they need. */
static void take(dm_text *to, const dm_text *body)
{
    to->failed = to->failed || body->failed;
    to->missing = body->missing;
}

/* What else there is to say, a line each. */
void dm_put_notes(dm_text *to, const dm_source *s, const char *before)
{
    for (size_t i = 0; i < sizeof s->note / sizeof *s->note; i++)
        if (s->note[i] && *s->note[i])
            dm_text_put(to, "%s%s", before, s->note[i]);
}

static void numpy_function(dm_text *body, const dm_source *s)
{
    const char *f = dm_unused_name(body->context, "f"), *U = dm_unused_name(body->context, s->result);
    bool scalar = dm_symbol_is_scalar(s->f);

    body->failed = body->failed || !f || !U;
    dm_text_put(body, "def %s(", s->name);
    arguments(body, s, &dm_words_numpy);
    dm_text_put(body, "):\n    \"\"\"%s = %s and %s = %s; all arguments are two-dimensional arrays.", f,
                s->expression, U, s->formula);
    dm_put_notes(body, s, "\n\n    ");
    dm_text_put(body, "\"\"\"\n    %s = ", f);
    dm_write_numpy(body, dm_formula_of(s->f));
    dm_text_put(body, "\n    %s = ", U);
    dm_write_numpy(body, dm_formula_of(s->U));
    dm_text_put(body, scalar ? "\n    return np.asarray(%s).item(), %s\n" : "\n    return %s, %s\n", f, U);
}

void dm_write_numpy_functions(dm_text *to, const dm_source s[], size_t n)
{
    dm_text body = { .context = to->context };

    for (size_t i = 0; i < n; i++) {
        dm_text_put(&body, "%s", i ? "\n\n" : "");
        numpy_function(&body, &s[i]);
    }
    take(to, &body);
    dm_text_put(to, "import numpy as np\n\n\n");
    dm_put_helpers(to, body.helpers, dm_helpers_numpy, "", "\n\n");
    dm_text_put(to, "%s", body.failed ? "" : dm_text_done(&body));
}

static void octave_function(dm_text *body, const dm_source *s)
{
    const char *f = dm_unused_name(body->context, "f"), *U = dm_unused_name(body->context, s->result);

    body->failed = body->failed || !f || !U;
    dm_text_put(body, "function [%s, %s] = %s(", f, U, s->name);
    arguments(body, s, &dm_words_octave);
    dm_text_put(body, ")\n  %% %s = %s and %s = %s", f, s->expression, U, s->formula);
    dm_put_notes(body, s, "\n  % ");
    dm_text_put(body, "\n  %s = ", f);
    dm_write_octave(body, dm_formula_of(s->f));
    dm_text_put(body, ";\n  %s = ", U);
    dm_write_octave(body, dm_formula_of(s->U));
    dm_text_put(body, ";\nend\n");
}

/* A file whose first statement is a function is that function to Octave; with several it is a script. */
void dm_write_octave_functions(dm_text *to, const dm_source s[], size_t n)
{
    dm_text body = { .context = to->context };

    for (size_t i = 0; i < n; i++) {
        dm_text_put(&body, "%s", i ? "\n" : n > 1 ? "1;\n\n" : "");
        octave_function(&body, &s[i]);
    }
    take(to, &body);
    dm_text_put(to, "%s", body.failed ? "" : dm_text_done(&body));
    dm_put_helpers(to, body.helpers, dm_helpers_octave, "\n", "");
}
