/* Derivatives by central differences of GSL's calls: what a GSL user has without this library. */
#include <float.h>
#include <math.h>
#include <string.h>
#include "bench.h"

static size_t varying(const problem *P)
{
    return P->vary[0].size + P->vary[1].size;
}

double evaluations(const problem *P)
{
    double m = (double) varying(P);

    switch (P->kind) {
    case ALONG: return 1 + 2 * (double) (P->derivatives / P->values);
    case GRADIENT: return 1 + 2 * m;
    case JACOBIAN: return 2 * m;
    case HESSIAN: return 2 * m * (m + 1);
    case HESSIAN_VECTOR: return 4 * m;
    }
    return 0;
}

/* to = in with direction k of every stretch added h times */
static void move(const problem *P, size_t k, double h, double *to)
{
    for (size_t v = 0; v < 2; v++) {
        const stretch *s = &P->vary[v];
        const double *d = P->in + s->along + k * s->size;
        for (size_t i = 0; i < s->size; i++)
            to[s->at + i] = P->in[s->at + i] + h * d[i];
    }
}

static void along(problem *P, double *x, double *plus, double *minus)
{
    size_t p = P->values;
    double h = cbrt(DBL_EPSILON);

    P->W->gsl(P, P->in, P->out);
    for (size_t k = 0; k < P->derivatives / p; k++) {
        double *d = P->out + p + k * p;
        move(P, k, h, x);
        P->W->gsl(P, x, plus);
        move(P, k, -h, x);
        P->W->gsl(P, x, minus);
        for (size_t i = 0; i < p; i++)
            d[i] = (plus[i] - minus[i]) / (2 * h);
    }
}

/* Column i of the Jacobian for every entry of vary[0]; a gradient is the Jacobian of a scalar. */
static void columns(problem *P, double *x, double *plus, double *minus)
{
    const stretch *s = &P->vary[0];
    size_t p = P->values, m = s->size;
    double h = cbrt(DBL_EPSILON), *J = P->out + p;

    if (P->kind == GRADIENT)
        P->W->gsl(P, P->in, P->out);
    for (size_t i = 0; i < m; i++) {
        double *entry = x + s->at + i, keep = *entry;
        *entry = keep + h;
        P->W->gsl(P, x, plus);
        *entry = keep - h;
        P->W->gsl(P, x, minus);
        *entry = keep;
        for (size_t j = 0; j < p; j++)
            J[j * m + i] = (plus[j] - minus[j]) / (2 * h);
    }
}

static double at(problem *P, double *x)
{
    double f;

    P->W->gsl(P, x, &f);
    return f;
}

/* Of two entries at once: (f(++) - f(+-) - f(-+) + f(--)) / (4 h^2); vec stacks columns. */
static void second(problem *P, double *x)
{
    const stretch *s = &P->vary[0];
    size_t m = s->size;
    double h = pow(DBL_EPSILON, 0.25), *H = P->out + P->values;

    for (size_t a = 0; a < m; a++)
        for (size_t b = 0; b <= a; b++) {
            double *e = x + s->at + (a % P->rows) * P->cols + a / P->rows;
            double *f = x + s->at + (b % P->rows) * P->cols + b / P->rows, sum = 0;
            for (int sign = 0; sign < 4; sign++) {
                double de = sign & 1 ? -h : h, df = sign & 2 ? -h : h, x0 = *e, y0 = *f;
                *e += de;
                *f += df;
                sum += (de * df > 0 ? 1 : -1) * at(P, x);
                *f = y0;
                *e = x0;
            }
            H[a * m + b] = H[b * m + a] = sum / (4 * h * h);
        }
}

static void second_along(problem *P, double *x)
{
    const stretch *s = &P->vary[0];
    double h = pow(DBL_EPSILON, 0.25), *Hv = P->out + P->values;

    for (size_t i = 0; i < s->size; i++) {
        double sum = 0;
        for (int sign = 0; sign < 4; sign++) {
            double di = sign & 1 ? -h : h, dv = sign & 2 ? -h : h;
            move(P, 0, dv, x);
            x[s->at + i] += di;
            sum += (di * dv > 0 ? 1 : -1) * at(P, x);
        }
        Hv[i] = sum / (4 * h * h);
    }
}

void by_differences(problem *P)
{
    double *x = P->scratch, *plus = x + P->ins, *minus = plus + P->values;

    memcpy(x, P->in, P->ins * sizeof *x);
    switch (P->kind) {
    case ALONG: along(P, x, plus, minus); break;
    case GRADIENT: case JACOBIAN: columns(P, x, plus, minus); break;
    case HESSIAN: second(P, x); break;
    case HESSIAN_VECTOR: second_along(P, x); break;
    }
}
