/* Functions in Octave and in Python: the formulas, with a head and a foot and what they need. */
#include "symbols/source.h"

static void arguments(dm_text *to, const dm_source *s)
{
    for (size_t i = 0; i < s->n; i++)
        dm_text_put(to, "%s%s", i ? ", " : "", s->variable[i].name);
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
    bool scalar = dm_symbol_is_scalar(s->f);

    dm_text_put(&body, "def derivative(");
    arguments(&body, s);
    dm_text_put(&body, "):\n    \"\"\"f = %s and %s = %s; all arguments are two-dimensional arrays.\"\"\"\n"
                       "    f = ", s->expression, s->result, s->formula);
    dm_write_numpy(&body, dm_formula_of(s->f));
    dm_text_put(&body, "\n    %s = ", s->result);
    dm_write_numpy(&body, dm_formula_of(s->U));
    dm_text_put(&body, "\n    return %s, %s\n", scalar ? "np.asarray(f).item()" : "f", s->result);
    take(to, &body);
    dm_text_put(to, "import numpy as np\n\n\n");
    dm_put_helpers(to, body.helpers, dm_helpers_numpy, "", "\n\n");
    dm_text_put(to, "%s", body.failed ? "" : dm_text_done(&body));
}

void dm_write_octave_function(dm_text *to, const dm_source *s)
{
    dm_text body = { .context = to->context };

    dm_text_put(&body, "function [f, %s] = derivative(", s->result);
    arguments(&body, s);
    dm_text_put(&body, ")\n  %% f = %s and %s = %s\n  f = ", s->expression, s->result, s->formula);
    dm_write_octave(&body, dm_formula_of(s->f));
    dm_text_put(&body, ";\n  %s = ", s->result);
    dm_write_octave(&body, dm_formula_of(s->U));
    dm_text_put(&body, ";\nend\n");
    take(to, &body);
    dm_text_put(to, "%s", body.failed ? "" : dm_text_done(&body));
    dm_put_helpers(to, body.helpers, dm_helpers_octave, "\n", "");
}
