/* Functions in Octave and in Python: the formulas, with a head and a foot. */
#include "symbols/source.h"

static void arguments(dm_text *to, const dm_source *s)
{
    for (size_t i = 0; i < s->n; i++)
        dm_text_put(to, "%s%s", i ? ", " : "", s->variable[i].name);
}

void dm_write_numpy_function(dm_text *to, const dm_source *s)
{
    bool scalar = dm_symbol_is_scalar(s->f);

    dm_text_put(to, "import numpy as np\n\n\ndef derivative(");
    arguments(to, s);
    dm_text_put(to, "):\n    \"\"\"f = %s and %s = %s; all arguments are two-dimensional arrays.\"\"\"\n"
                    "    f = ", s->expression, s->result, s->formula);
    dm_write_numpy(to, dm_formula_of(s->f));
    dm_text_put(to, "\n    %s = ", s->result);
    dm_write_numpy(to, dm_formula_of(s->U));
    dm_text_put(to, "\n    return %s, %s\n", scalar ? "np.asarray(f).item()" : "f", s->result);
}

void dm_write_octave_function(dm_text *to, const dm_source *s)
{
    dm_text_put(to, "function [f, %s] = derivative(", s->result);
    arguments(to, s);
    dm_text_put(to, ")\n  %% f = %s and %s = %s\n  f = ", s->expression, s->result, s->formula);
    dm_write_octave(to, dm_formula_of(s->f));
    dm_text_put(to, ";\n  %s = ", s->result);
    dm_write_octave(to, dm_formula_of(s->U));
    dm_text_put(to, ";\nend\n");
}
