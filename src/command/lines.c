/* Lines that fit on the page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command/command.h"

int page_width(void)
{
    const char *columns = getenv("COLUMNS");
    long width = columns ? strtol(columns, NULL, 10) : 0;

    return width >= 40 && width < 1000 ? (int) width : 80;
}

void write_wrapped(FILE *to, size_t left, const char *text)
{
    size_t width = (size_t) page_width() - 1, room = width > left + 20 ? width - left : 20;

    for (size_t line = strcspn(text, "\n"); line > room || text[line]; line = strcspn(text, "\n")) {
        size_t n = line > room ? room : line;
        while (n > 0 && line > room && text[n] != ' ')
            n--;
        if (n == 0 && line > 0)        /* a word longer than a line stays whole */
            n = strcspn(text, " \n");
        if (!text[n])
            break;
        fprintf(to, "%.*s\n%*s", (int) n, text, (int) left, "");
        text += n + 1;
    }
    fprintf(to, "%s\n", text);
}

void print_wrapped(const char *text)
{
    write_wrapped(stdout, 0, text);
}

/* ------------------------------------------------------------------------------------- formulas -- */

/* May a line be broken behind this sign?  Not within 1e-5, A.*B or behind a sign of its own: (-A). */
static bool is_break(const char *line, size_t i)
{
    if (!strchr("+-*,", line[i]) || i == 0 || !line[i + 1])
        return false;
    if (line[i] == '+' || line[i] == '-')
        return !strchr("(,*/=", line[i - 1])
            && !(line[i - 1] == 'e' && i > 1 && line[i - 2] >= '0' && line[i - 2] <= '9');
    return true;
}

/* Of the first `room` bytes those before the best break: in the fewest parentheses, behind + and - rather than
 * * and commas, and then as late as may be.  All, where there is none.                              */
static size_t first_part(const char *line, size_t room)
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

size_t print_formula(const char *line, size_t left)
{
    size_t width = (size_t) page_width(), room = width > left + 20 ? width - left : 20, indent = 0, n;

    while (strlen(line) + indent > room && line[n = first_part(line, room - indent)]) {
        printf("%.*s\n%*s", (int) n, line, (int) left + 2, "");
        line += n + (line[n] == ' ');
        indent = 2;
    }
    printf("%s", line);
    return left + indent + strlen(line);
}
