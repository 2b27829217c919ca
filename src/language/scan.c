/* The scanner: words of the expression language, one at a time.
 *
 * Two things depend on what stands around them.  A ' is a transpose where it follows an operand, else it
 * opens a string; and within brackets white space separates entries, which the parser decides from the
 * spaces that each word remembers.  A new line is a word within brackets only.                        */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "language/tree.h"

/* The same for every locale. */
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }

static bool in_brackets(const dm_scanner *s)
{
    return s->depth > 0 && s->open[s->depth - 1] == '[';
}

static dm_word wrong(dm_word word)
{
    word.kind = WORD_WRONG;
    return word;
}

/* --------------------------------------------------------------------------------------- numbers -- */

/* digits [. digits] [e [sign] digits], or . digits ...; the dot of ./ .* .^ .' is not the number's. */
static size_t number_length(const char *text)
{
    size_t n = 0;

    while (is_digit(text[n]))
        n++;
    if (text[n] == '.' && !(text[n + 1] && strchr("*/\\^'", text[n + 1]))) {
        n++;
        while (is_digit(text[n]))
            n++;
    }
    if (text[n] == 'e' || text[n] == 'E') {
        size_t digits = n + 1 + (text[n + 1] == '+' || text[n + 1] == '-');
        if (is_digit(text[digits])) {
            n = digits;
            while (is_digit(text[n]))
                n++;
        }
    }
    return n;
}

static dm_word number(dm_scanner *s, dm_word word)
{
    enum { LONGEST = 400 };
    char digits[LONGEST + 1];

    word.kind = WORD_NUMBER;
    word.length = number_length(s->text + word.at);
    if (word.length > LONGEST) {
        dm_complain(s->complaint, GSL_EINVAL, word.at, word.length,
                    "the number has %zu digits, at most %d are allowed", word.length, (int) LONGEST);
        return wrong(word);
    }
    memcpy(digits, s->text + word.at, word.length);
    digits[word.length] = '\0';
    char *dot = strchr(digits, '.');
    if (dot)
        *dot = *localeconv()->decimal_point;       /* strtod's idea of one, whatever the program's locale */
    word.number = strtod(digits, NULL);
    if (!isfinite(word.number)) {
        dm_complain(s->complaint, GSL_EINVAL, word.at, word.length, "the number %.*s is too large",
                    (int) (word.length < 30 ? word.length : 30), s->text + word.at);
        return wrong(word);
    }
    return word;
}

/* --------------------------------------------------------------------------------- other words -- */

static dm_word string(dm_scanner *s, dm_word word)
{
    char quote = s->text[word.at];
    size_t end = word.at + 1;

    while (s->text[end] && s->text[end] != quote && s->text[end] != '\n')
        end++;
    if (s->text[end] != quote) {
        dm_complain(s->complaint, GSL_EINVAL, word.at, 1, "the closing %c of the string is missing", quote);
        return wrong(word);
    }
    word.kind = WORD_STRING;
    word.at++;
    word.length = end - word.at;
    return word;
}

/* Signs from typeset formulas, and what the language has for them. */
static const char *const typeset[][2] = {
    { "ᵀ", "'" }, { "⊤", "'" }, { "’", "'" }, { "′", "'" }, { "·", "*" }, { "⋅", "*" }, { "×", "*" },
    { "∘", ".*" }, { "⊙", ".*" }, { "−", "-" }, { "–", "-" }, { "²", "^2" }, { "³", "^3" },
    { "⁻¹", "^-1" }, { "‖", "norm(...)" }, { "π", "pi" },
};

static dm_word strange(dm_scanner *s, dm_word word)
{
    const char *text = s->text + word.at;

    while ((text[word.length] & 0xC0) == 0x80)     /* the rest of a UTF-8 character */
        word.length++;
    for (size_t i = 0; i < sizeof typeset / sizeof *typeset; i++)
        if (strncmp(text, typeset[i][0], strlen(typeset[i][0])) == 0) {
            word.length = strlen(typeset[i][0]);
            dm_complain(s->complaint, GSL_EINVAL, word.at, word.length,
                        "'%s' is not in the language: write %s", typeset[i][0], typeset[i][1]);
            return wrong(word);
        }
    if (word.length == 1 && (unsigned char) *text < 0x20)
        dm_complain(s->complaint, GSL_EINVAL, word.at, 1, "a control character (%d) is not in the language",
                    *text);
    else if (word.length > 4 || (word.length == 1 && (unsigned char) *text >= 0x7F))
        dm_complain(s->complaint, GSL_EINVAL, word.at, word.length, "this is not text (byte %d)",
                    (unsigned char) *text);
    else
        dm_complain(s->complaint, GSL_EINVAL, word.at, word.length, "'%.*s' is not in the language",
                    (int) word.length, text);
    return wrong(word);
}

/* May a ' that follows this word be a transpose? */
static bool ends_operand(int kind)
{
    return kind == WORD_NUMBER || kind == WORD_NAME || kind == WORD_TRANSPOSE || kind == WORD_PART
        || kind == ')' || kind == ']';
}

/* A dot: an operation entry by entry, a transpose, a part of a result, or the beginning of a number. */
static dm_word dot(dm_scanner *s, dm_word word)
{
    const char *text = s->text + word.at;

    if (is_digit(text[1]))
        return number(s, word);
    if (is_letter(text[1]) && (s->previous == ')' || s->previous == WORD_NAME)) {
        word.kind = WORD_PART;
        while (is_letter(text[word.length]) || is_digit(text[word.length]))
            word.length++;
        return word;
    }
    word.length = 2;
    switch (text[1]) {
    case '*':  word.kind = WORD_TIMES; break;
    case '/':  word.kind = WORD_OVER; break;
    case '^':  word.kind = WORD_POWER; break;
    case '\'': word.kind = WORD_TRANSPOSE; break;
    default:
        word.length = 1;
        return strange(s, word);
    }
    return word;
}

static dm_word bracket(dm_scanner *s, dm_word word, char c)
{
    if (c == ')' || c == ']') {
        s->depth -= s->depth > 0;      /* whether it is the right one is for the parser to say */
        return word;
    }
    if (s->depth == NESTING) {
        dm_complain(s->complaint, GSL_EINVAL, word.at, 1,
                    "the expression is nested too deeply: at most %d levels are allowed", (int) NESTING);
        return wrong(word);
    }
    s->open[s->depth++] = c;
    return word;
}

static dm_word word_at(dm_scanner *s, dm_word word)
{
    const char *text = s->text + word.at;
    char c = *text;

    if (c == '\0') {
        word.kind = WORD_END;
        word.length = 0;
        return word;
    }
    if (is_digit(c))
        return number(s, word);
    if (is_letter(c)) {
        word.kind = WORD_NAME;
        while (is_letter(text[word.length]) || is_digit(text[word.length]))
            word.length++;
        return word;
    }
    if (c == '.')
        return dot(s, word);
    if (c == '\'' && ends_operand(s->previous) && !(word.space_before && in_brackets(s))) {
        word.kind = WORD_TRANSPOSE;
        return word;
    }
    if (c == '\'' || c == '"')
        return string(s, word);
    if (c == '\n') {
        word.kind = WORD_NEWLINE;
        return word;
    }
    if (!strchr("()[]+-*/\\^,;:", c))
        return strange(s, word);
    word.kind = c;
    return strchr("()[]", c) ? bracket(s, word, c) : word;
}

dm_word dm_scan(dm_scanner *s)
{
    dm_word word = { .at = s->at, .length = 1 };

    while (is_space(s->text[word.at]) && !(s->text[word.at] == '\n' && in_brackets(s)))
        word.at++;
    word.space_before = word.at > s->at;
    word = word_at(s, word);
    s->at = word.at + word.length + (word.kind == WORD_STRING);
    word.space_after = word.kind != WORD_END && is_space(s->text[s->at]);
    s->previous = word.kind;
    return word;
}
