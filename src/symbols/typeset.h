/* Formulas for the eye: in LaTeX and in MathML, one writer with two tables of marks. */
#ifndef DM_SYMBOLS_TYPESET_H
#define DM_SYMBOLS_TYPESET_H

#include "symbols/formula.h"

void dm_write_latex(dm_text *to, const dm_formula *f);
void dm_write_mathml(dm_text *to, const dm_formula *f);        /* what stands within <math> */
void dm_put_xml(dm_text *to, const char *text);                /* with < > & escaped */

#endif
