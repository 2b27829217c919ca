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

/* The function alone is written first: it is known then what it needs. */
static void take(dm_text *to, const dm_text *body)
{
    to->failed = to->failed || body->failed;
    to->missing = body->missing;
}

void dm_write_numpy_function(dm_text *to, const dm_source *s)
{
    dm_text body = { .context = to->context };
    const char *f = dm_unused_name(to->context, "f"), *U = dm_unused_name(to->context, s->result);
    bool scalar = dm_symbol_is_scalar(s->f);

    body.failed = !f || !U;
    dm_text_put(&body, "def derivative(");
    arguments(&body, s, &dm_words_numpy);
    dm_text_put(&body, "):\n    \"\"\"%s = %s and %s = %s; all arguments are two-dimensional arrays.\"\"\"\n"
                       "    %s = ", f, s->expression, U, s->formula, f);
    dm_write_numpy(&body, dm_formula_of(s->f));
    dm_text_put(&body, "\n    %s = ", U);
    dm_write_numpy(&body, dm_formula_of(s->U));
    dm_text_put(&body, scalar ? "\n    return np.asarray(%s).item(), %s\n" : "\n    return %s, %s\n", f, U);
    take(to, &body);
    dm_text_put(to, "import numpy as np\n\n\n");
    dm_put_helpers(to, body.helpers, dm_helpers_numpy, "", "\n\n");
    dm_text_put(to, "%s", body.failed ? "" : dm_text_done(&body));
}

void dm_write_octave_function(dm_text *to, const dm_source *s)
{
    dm_text body = { .context = to->context };
    const char *f = dm_unused_name(to->context, "f"), *U = dm_unused_name(to->context, s->result);

    body.failed = !f || !U;
    dm_text_put(&body, "function [%s, %s] = derivative(", f, U);
    arguments(&body, s, &dm_words_octave);
    dm_text_put(&body, ")\n  %% %s = %s and %s = %s\n  %s = ", f, s->expression, U, s->formula, f);
    dm_write_octave(&body, dm_formula_of(s->f));
    dm_text_put(&body, ";\n  %s = ", U);
    dm_write_octave(&body, dm_formula_of(s->U));
    dm_text_put(&body, ";\nend\n");
    take(to, &body);
    dm_text_put(to, "%s", body.failed ? "" : dm_text_done(&body));
    dm_put_helpers(to, body.helpers, dm_helpers_octave, "\n", "");
}
