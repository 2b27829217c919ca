/* Long lines of formulas and of C, broken at operators. */
#include <string.h>
#include "symbols/formula.h"

/* May a line be broken behind this sign?  Not within 1e-5, A.*B, p->size1, behind a sign of its own: (-A), nor
 * at the ends of a comment.                                                                           */
static bool is_break(const char *line, size_t i)
{
    if (!strchr("+-*,", line[i]) || i == 0 || !line[i + 1])
        return false;
    if (line[i] == '+' || line[i] == '-')
        return !strchr("(,*/=", line[i - 1]) && line[i + 1] != '>'
            && !(line[i - 1] == 'e' && i > 1 && line[i - 2] >= '0' && line[i - 2] <= '9');
    return line[i] == ',' || (!strchr(" /", line[i - 1]) && line[i + 1] != '/');
}

size_t dm_first_part(const char *line, size_t room)
{
    size_t best = 0;
    int depth = 0, least = 1000;

    for (size_t i = 0; line[i] && i + 1 < room; i++) {
        depth += line[i] == '(' || line[i] == '[';
        depth -= line[i] == ')' || line[i] == ']';
        int weight = 2 * depth + (line[i] == '*' || line[i] == ',');
        if (i < room / 3 || !is_break(line, i) || weight > least)
            continue;
        least = weight;
        best = i + 1;
    }
    return best ? best : strlen(line);
}

static void put_line(dm_text *to, const char *line, size_t width, const char *indent)
{
    size_t n, room = width;

    while (strlen(line) > room && line[n = dm_first_part(line, room)]) {
        dm_text_put(to, "%.*s\n%s", (int) n, line, indent);
        line += n + (line[n] == ' ');
        room = width - strlen(indent);
    }
    dm_text_put(to, "%s", line);
}

void dm_put_folded(dm_text *to, const char *text, size_t width, const char *indent)
{
    while (*text && !to->failed) {
        size_t n = strcspn(text, "\n");
        char *line = dm_arena_alloc(to->context, n + 1);
        if (!line) {
            to->failed = true;
            return;
        }
        memcpy(line, text, n);
        line[n] = '\0';
        put_line(to, line, width, indent);
        dm_text_put(to, "%s", text[n] ? "\n" : "");
        text += n + (text[n] != '\0');
    }
}
