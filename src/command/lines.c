/* Lines that fit on the page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command/command.h"
#include "symbols/formula.h"

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

size_t print_formula(const char *line, size_t left)
{
    size_t width = (size_t) page_width(), room = width > left + 20 ? width - left : 20, indent = 0, n;

    while (strlen(line) + indent > room && line[n = dm_first_part(line, room - indent)]) {
        printf("%.*s\n%*s", (int) n, line, (int) left + 2, "");
        line += n + (line[n] == ' ');
        indent = 2;
    }
    printf("%s", line);
    return left + indent + strlen(line);
}
