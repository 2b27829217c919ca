// The workloads as plain loops over any scalar type, for tools that know no matrices: ADOL-C and CppAD.
#pragma once
#include <cmath>
#include <cstddef>
#include <vector>

namespace scalar {

enum { SAMPLES = 1000 };

template <class T> using array = std::vector<T>;

// C = A*B: m×n times n×p, row-major.
template <class A, class B, class T>
void multiply(std::size_t m, std::size_t n, std::size_t p, const A *a, const B *b, T *c)
{
    for (std::size_t i = 0; i < m; i++)
        for (std::size_t j = 0; j < p; j++) {
            T sum = a[i * n] * b[j];
            for (std::size_t k = 1; k < n; k++)
                sum += a[i * n + k] * b[k * p + j];
            c[i * p + j] = sum;
        }
}

template <class T> T trace(std::size_t n, const T *a)
{
    T sum = a[0];
    for (std::size_t i = 1; i < n; i++)
        sum += a[i * n + i];
    return sum;
}

// A = L*U in place; the inputs of the benchmark are dominated by their diagonals and need no pivots.
template <class T> void factor(std::size_t n, T *a)
{
    for (std::size_t k = 0; k < n; k++)
        for (std::size_t i = k + 1; i < n; i++) {
            a[i * n + k] /= a[k * n + k];
            for (std::size_t j = k + 1; j < n; j++)
                a[i * n + j] -= a[i * n + k] * a[k * n + j];
        }
}

template <class T> T logdet_of_factors(std::size_t n, const T *lu)
{
    using std::log;
    T sum = log(lu[0]);
    for (std::size_t i = 1; i < n; i++)
        sum += log(lu[i * n + i]);
    return sum;
}

// x = inv(A) from the factors, column by column.
template <class T> void inverse_of_factors(std::size_t n, const T *lu, T *x)
{
    for (std::size_t c = 0; c < n; c++) {
        for (std::size_t i = 0; i < n; i++) {
            T sum = T(i == c ? 1.0 : 0.0);
            for (std::size_t j = c; j < i; j++)
                sum -= lu[i * n + j] * x[j * n + c];
            x[i * n + c] = sum;
        }
        for (std::size_t i = n; i-- > 0;) {
            T sum = x[i * n + c];
            for (std::size_t j = i + 1; j < n; j++)
                sum -= lu[i * n + j] * x[j * n + c];
            x[i * n + c] = sum / lu[i * n + i];
        }
    }
}

template <class T> void inverse(std::size_t n, const T *a, T *x)
{
    array<T> lu(a, a + n * n);
    factor(n, lu.data());
    inverse_of_factors(n, lu.data(), x);
}

template <class T> T trace_square(std::size_t n, const T *a)
{
    T sum = a[0] * a[0];
    for (std::size_t i = 0; i < n; i++)
        for (std::size_t j = 0; j < n; j++)
            if (i + j > 0)
                sum += a[i * n + j] * a[j * n + i];
    return sum;
}

template <class T> T trace_inverse(std::size_t n, const T *a)
{
    array<T> x(n * n);
    inverse(n, a, x.data());
    return trace(n, x.data());
}

template <class T> T logdet(std::size_t n, const T *a)
{
    array<T> lu(a, a + n * n);
    factor(n, lu.data());
    return logdet_of_factors(n, lu.data());
}

template <class T> T trace_cube(std::size_t n, const T *a)
{
    array<T> square(n * n);
    multiply(n, n, n, a, a, square.data());
    T sum = a[0] * square[0];
    for (std::size_t i = 0; i < n; i++)
        for (std::size_t j = 0; j < n; j++)
            if (i + j > 0)
                sum += a[i * n + j] * square[j * n + i];
    return sum;
}

// |A*x - b|^2; A or x carries derivatives.
template <class T, class A, class X>
T residual(std::size_t n, const A *a, const X *x, const double *b)
{
    T sum = T(0.0);
    for (std::size_t i = 0; i < n; i++) {
        T r = a[i * n] * x[0] - b[i];
        for (std::size_t j = 1; j < n; j++)
            r += a[i * n + j] * x[j];
        sum += r * r;
    }
    return sum;
}

template <class T> T spd(std::size_t n, const T *a, const double *b)
{
    array<T> s(n * n), x(n * n);
    for (std::size_t i = 0; i < n; i++)
        for (std::size_t j = 0; j < n; j++) {
            T sum = a[i] * a[j];
            for (std::size_t k = 1; k < n; k++)
                sum += a[k * n + i] * a[k * n + j];
            s[i * n + j] = i == j ? sum + 1.0 : sum;
        }
    factor(n, s.data());
    inverse_of_factors(n, s.data(), x.data());
    T f = logdet_of_factors(n, s.data());
    for (std::size_t i = 0; i < n * n; i++)
        f += b[i] * x[i];
    return f;
}

// y = tanh(W*x - b)
template <class T> void layer(std::size_t n, const double *w, const T *x, const double *b, T *y)
{
    using std::tanh;
    for (std::size_t i = 0; i < n; i++) {
        T z = w[i * n] * x[0] - b[i];
        for (std::size_t j = 1; j < n; j++)
            z += w[i * n + j] * x[j];
        y[i] = tanh(z);
    }
}

// Inputs W1, W2, x, b1, b2.
template <class T> void network(std::size_t n, const double *in, const T *x, T *y)
{
    const double *w1 = in, *w2 = in + n * n, *b1 = w2 + n * n + n, *b2 = b1 + n;
    array<T> hidden(n);
    layer(n, w1, x, b1, hidden.data());
    layer(n, w2, hidden.data(), b2, y);
}

// The loss of weights w on the samples z.
template <class T> T logistic(std::size_t n, const double *z, const T *w)
{
    using std::exp;
    using std::log;
    T sum = T(0.0);
    for (std::size_t i = 0; i < SAMPLES; i++) {
        T t = z[i * n] * w[0];
        for (std::size_t j = 1; j < n; j++)
            t += z[i * n + j] * w[j];
        sum += log(1.0 + exp(-t));
    }
    return sum;
}

// X = A_1*A_2*...*A_k
template <class T> void chain(std::size_t n, std::size_t k, const T *a, T *x)
{
    array<T> from(a, a + n * n), to(n * n);
    for (std::size_t i = 1; i < k; i++) {
        multiply(n, n, n, from.data(), a + i * n * n, to.data());
        from.swap(to);
    }
    for (std::size_t i = 0; i < n * n; i++)
        x[i] = from[i];
}

// What a tool that records does with each workload: the inputs that vary, and the outputs.
template <class T> struct function {
    std::size_t at, size;              // which of the inputs vary
    std::size_t outputs;
    void (*f)(std::size_t n, const double *in, const T *x, T *y);
};

template <class T> function<T> function_of(const std::string &name, std::size_t n, std::size_t ins)
{
    using size = std::size_t;
    const size s = n * n;

    if (name == "product-1" || name == "product-32")
        return { 0, 2 * s, s, [](size m, const double *, const T *x, T *y) {
            multiply(m, m, m, x, x + m * m, y);
        } };
    if (name == "inverse-1" || name == "inverse-32")
        return { 0, s, s, [](size m, const double *, const T *x, T *y) { inverse(m, x, y); } };
    if (name == "chain-one")
        return { 0, ins / 2, s, [](size m, const double *, const T *x, T *y) { chain(m, 1000, x, y); } };
    if (name == "chain-all")
        return { 0, ins, 1, [](size m, const double *, const T *x, T *y) {
            array<T> X(m * m);
            chain(m, 1000, x, X.data());
            y[0] = trace(m, X.data());
        } };
    if (name == "trace-square")
        return { 0, s, 1, [](size m, const double *, const T *x, T *y) { y[0] = trace_square(m, x); } };
    if (name == "trace-inverse")
        return { 0, s, 1, [](size m, const double *, const T *x, T *y) { y[0] = trace_inverse(m, x); } };
    if (name == "logdet" || name == "hessian-logdet")
        return { 0, s, 1, [](size m, const double *, const T *x, T *y) { y[0] = logdet(m, x); } };
    if (name == "hessian-trace-cube")
        return { 0, s, 1, [](size m, const double *, const T *x, T *y) { y[0] = trace_cube(m, x); } };
    if (name == "residual-x")
        return { s, n, 1, [](size m, const double *in, const T *x, T *y) {
            y[0] = residual<T>(m, in, x, in + m * m + m);
        } };
    if (name == "residual-A")
        return { 0, s, 1, [](size m, const double *in, const T *x, T *y) {
            y[0] = residual<T>(m, x, in + m * m, in + m * m + m);
        } };
    if (name == "spd")
        return { 0, s, 1, [](size m, const double *in, const T *x, T *y) {
            y[0] = spd(m, x, in + m * m);
        } };
    if (name == "network-jacobian")
        return { 2 * s, n, n, [](size m, const double *in, const T *x, T *y) { network(m, in, x, y); } };
    return { SAMPLES * n, n, 1, [](size m, const double *in, const T *x, T *y) {
        y[0] = logistic(m, in, x);
    } };
}

// The Hessian of a tool that numbers the entries of A row by row, in the order of vec.
inline void append_vec(std::vector<double> &out, std::size_t n, const double *H)
{
    std::size_t s = n * n;
    for (std::size_t a = 0; a < s; a++)
        for (std::size_t b = 0; b < s; b++)
            out.push_back(H[(a % n * n + a / n) * s + b % n * n + b / n]);
}

} // namespace scalar
