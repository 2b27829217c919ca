// The workloads for scalar types that carry K derivatives, inside Eigen's matrices: of fixed size for n = 3, 4
// and 8.  Derivatives along many directions, and gradients, are made eight directions at a time, which is
// several times faster than one pass with more.  A peer supplies
//
//     template <int K> struct dual { using type = ...;
//         static void set(type &, double x);                      a constant
//         static void seed(type &, double x, int k, double dx);   x, and its derivative number k
//         static double value(const type &);  static double derivative(const type &, int k); };
#pragma once
#include <Eigen/Dense>
#include "peer.hpp"

namespace forward {

using peer::doubles;
using peer::problem;

enum { WIDTH = 8 };

template <class T, int N> using matrix = Eigen::Matrix<T, N, N, Eigen::RowMajor>;
template <class T, int N> using vector = Eigen::Matrix<T, N, 1>;

// f with n as a constant where there are fixed sizes.
template <class F> void with_size(std::size_t n, F f)
{
    switch (n) {
    case 3: f(std::integral_constant<int, 3>()); break;
    case 4: f(std::integral_constant<int, 4>()); break;
    case 8: f(std::integral_constant<int, 8>()); break;
    default: f(std::integral_constant<int, Eigen::Dynamic>()); break;
    }
}

template <template <int> class D> struct workloads {
    template <int K> using scalar = typename D<K>::type;

    // ---- making duals and taking results out

    // Entries x + dx[0] e0 + ... of K directions that lie `stride` apart.
    template <int K, class M>
    static void along(M &A, const double *x, const double *dx, std::size_t stride)
    {
        for (Eigen::Index i = 0; i < A.size(); i++)
            for (int k = 0; k < K; k++)
                D<K>::seed(A.data()[i], x[i], k, dx[std::size_t(k) * stride + std::size_t(i)]);
    }

    // Entries that are constants, except that number first+k is the variable k.
    template <class M> static void variables(M &A, const double *x, std::size_t first)
    {
        for (Eigen::Index i = 0; i < A.size(); i++)
            D<WIDTH>::set(A.data()[i], x[i]);
        for (std::size_t k = 0; k < WIDTH && first + k < std::size_t(A.size()); k++)
            D<WIDTH>::seed(A.data()[first + k], x[first + k], int(k), 1);
    }

    template <int K, class M> static void append_value(doubles &out, const M &C)
    {
        for (Eigen::Index i = 0; i < C.size(); i++)
            out.push_back(D<K>::value(C.data()[i]));
    }

    template <int K, class M> static void append_derivative(doubles &out, const M &C, int k)
    {
        for (Eigen::Index i = 0; i < C.size(); i++)
            out.push_back(D<K>::derivative(C.data()[i], k));
    }

    // The gradient of f for the m entries at x, eight at a time; out: f, gradient.
    template <int R, int C, class F>
    static void gradient(std::size_t rows, std::size_t cols, const double *x, F f, doubles &out)
    {
        constexpr int order = C == 1 ? Eigen::ColMajor : Eigen::RowMajor;
        Eigen::Matrix<scalar<WIDTH>, R, C, order> A;
        A.resize(Eigen::Index(rows), Eigen::Index(cols));
        std::size_t m = rows * cols;

        out.resize(m + 1);
        for (std::size_t first = 0; first < m; first += WIDTH) {
            variables(A, x, first);
            scalar<WIDTH> y = f(A);
            out[0] = D<WIDTH>::value(y);
            for (std::size_t k = 0; k < WIDTH && first + k < m; k++)
                out[1 + first + k] = D<WIDTH>::derivative(y, int(k));
        }
    }

    // ---- the workloads

    template <int K> static void product(problem &P, const char *name, std::size_t passes)
    {
        with_size(P.n, [&](auto size) {
            constexpr int N = decltype(size)::value;
            std::size_t s = P.n * P.n;
            const double *dA = P.at(2 * s), *dB = dA + passes * K * s;
            Eigen::Index n = Eigen::Index(P.n);
            matrix<scalar<K>, N> A(n, n), B(n, n);
            std::vector<matrix<scalar<K>, N>> C(passes, A);
            peer::measure(P, name, [&] {
                for (std::size_t p = 0; p < passes; p++) {
                    along<K>(A, P.at(0), dA + p * K * s, s);
                    along<K>(B, P.at(s), dB + p * K * s, s);
                    C[p].noalias() = A * B;
                }
            }, [&](doubles &out) {
                append_value<K>(out, C[0]);
                for (std::size_t p = 0; p < passes; p++)
                    for (int k = 0; k < K; k++)
                        append_derivative<K>(out, C[p], k);
            });
        });
    }

    // The product alone, its operands made beforehand.
    static void product_alone(problem &P, const char *name)
    {
        with_size(P.n, [&](auto size) {
            constexpr int N = decltype(size)::value;
            std::size_t s = P.n * P.n;
            Eigen::Index n = Eigen::Index(P.n);
            matrix<scalar<1>, N> A(n, n), B(n, n), C(n, n);
            along<1>(A, P.at(0), P.at(2 * s), s);
            along<1>(B, P.at(s), P.at(3 * s), s);
            peer::measure(P, name, [&] { C.noalias() = A * B; }, [&](doubles &out) {
                append_value<1>(out, C);
                append_derivative<1>(out, C, 0);
            });
        });
    }

    template <int K> static void inverse(problem &P, const char *name, std::size_t passes)
    {
        with_size(P.n, [&](auto size) {
            constexpr int N = decltype(size)::value;
            std::size_t s = P.n * P.n;
            Eigen::Index n = Eigen::Index(P.n);
            matrix<scalar<K>, N> A(n, n);
            std::vector<matrix<scalar<K>, N>> X(passes, A);
            peer::measure(P, name, [&] {
                for (std::size_t p = 0; p < passes; p++) {
                    along<K>(A, P.at(0), P.at(s + p * K * s), s);
                    X[p] = A.inverse();
                }
            }, [&](doubles &out) {
                append_value<K>(out, X[0]);
                for (std::size_t p = 0; p < passes; p++)
                    for (int k = 0; k < K; k++)
                        append_derivative<K>(out, X[p], k);
            });
        });
    }

    static void chain(problem &P, const char *name)
    {
        auto run = [&](auto size) {
            constexpr int N = decltype(size)::value;
            std::size_t s = P.n * P.n, factors = P.in.size() / s / 2;
            Eigen::Index n = Eigen::Index(P.n);
            matrix<scalar<1>, N> X(n, n), Y(n, n), A(n, n);
            peer::measure(P, name, [&] {
                along<1>(X, P.at(0), P.at(factors * s), s);
                for (std::size_t i = 1; i < factors; i++) {
                    along<1>(A, P.at(i * s), P.at((factors + i) * s), s);
                    Y.noalias() = X * A;
                    X = Y;
                }
            }, [&](doubles &out) {
                append_value<1>(out, X);
                append_derivative<1>(out, X, 0);
            });
        };
        if (P.n == 6)
            run(std::integral_constant<int, 6>());
        else
            with_size(P.n, run);
    }

    // Gradients of functions of the n×n matrix at the beginning of the inputs.
    template <class F> static void of_matrix(problem &P, const char *name, F f)
    {
        with_size(P.n, [&](auto size) {
            constexpr int N = decltype(size)::value;
            doubles result;
            peer::measure(P, name, [&] { gradient<N, N>(P.n, P.n, P.at(0), f, result); },
                          [&](doubles &out) { out = result; });
        });
    }

    static void trace_square(problem &P, const char *name)
    {
        of_matrix(P, name, [](const auto &A) { return scalar<WIDTH>((A * A).trace()); });
    }

    static void trace_inverse(problem &P, const char *name)
    {
        of_matrix(P, name, [](const auto &A) { return scalar<WIDTH>(A.inverse().trace()); });
    }

    // Of 2×2 minors, since Eigen's own for 4×4 does not compile with expression templates.
    template <class M> static scalar<WIDTH> determinant(const M &A)
    {
        using S = scalar<WIDTH>;
        if constexpr (M::RowsAtCompileTime == 4) {
            auto minor = [&](int i, int j, int p, int q) {
                S m = A(i, p) * A(j, q);
                m -= A(i, q) * A(j, p);
                return m;
            };
            S d = minor(0, 1, 0, 1) * minor(2, 3, 2, 3);
            d -= minor(0, 1, 0, 2) * minor(2, 3, 1, 3);
            d += minor(0, 1, 0, 3) * minor(2, 3, 1, 2);
            d += minor(0, 1, 1, 2) * minor(2, 3, 0, 3);
            d -= minor(0, 1, 1, 3) * minor(2, 3, 0, 2);
            d += minor(0, 1, 2, 3) * minor(2, 3, 0, 1);
            return d;
        } else {
            return A.determinant();
        }
    }

    // Closed form for small fixed sizes, else from the LU factors.
    template <class M> static scalar<WIDTH> logdet_of(const M &A)
    {
        using std::log;
        if constexpr (M::RowsAtCompileTime != Eigen::Dynamic && M::RowsAtCompileTime <= 4) {
            scalar<WIDTH> d = determinant(A);
            return log(d);
        } else {
            Eigen::PartialPivLU<M> LU(A);
            scalar<WIDTH> sum;
            D<WIDTH>::set(sum, 0);
            for (Eigen::Index i = 0; i < A.rows(); i++) {
                scalar<WIDTH> d = LU.matrixLU()(i, i);
                if (D<WIDTH>::value(d) < 0)
                    d = -d;
                sum += log(d);
            }
            return sum;
        }
    }

    static void logdet(problem &P, const char *name)
    {
        of_matrix(P, name, [](const auto &A) { return logdet_of(A); });
    }

    // |A*x - b|^2 where either A or x carries derivatives.
    template <class M, class V>
    static scalar<WIDTH> residual(std::size_t n, const M &A, const V &x, const double *b)
    {
        scalar<WIDTH> sum;
        D<WIDTH>::set(sum, 0);
        for (std::size_t i = 0; i < n; i++) {
            scalar<WIDTH> r;
            D<WIDTH>::set(r, -b[i]);
            for (std::size_t j = 0; j < n; j++)
                r += A(i, j) * x(j);
            sum += r * r;
        }
        return sum;
    }

    static void residual_x(problem &P, const char *name)
    {
        with_size(P.n, [&](auto size) {
            constexpr int N = decltype(size)::value;
            std::size_t n = P.n;
            const double *A = P.at(0), *b = P.at(n * n + n);
            doubles result;
            auto f = [&](const auto &x) {
                return residual(n, [&](std::size_t i, std::size_t j) { return A[i * n + j]; },
                                [&](std::size_t j) -> const auto & { return x.data()[j]; }, b);
            };
            peer::measure(P, name, [&] { gradient<N, 1>(n, 1, P.at(n * n), f, result); },
                          [&](doubles &out) { out = result; });
        });
    }

    static void residual_A(problem &P, const char *name)
    {
        std::size_t n = P.n;
        const double *x = P.at(n * n), *b = x + n;

        of_matrix(P, name, [&](const auto &A) {
            auto entry = [&](std::size_t i, std::size_t j) -> const auto & { return A.data()[i * n + j]; };
            return residual(n, entry, [&](std::size_t j) { return x[j]; }, b);
        });
    }

    static void spd(problem &P, const char *name)
    {
        std::size_t s = P.n * P.n;

        of_matrix(P, name, [&](const auto &A) {
            using M = std::decay_t<decltype(A)>;
            M S = A.transpose() * A, X;
            for (Eigen::Index i = 0; i < S.rows(); i++)
                S(i, i) += 1.0;
            scalar<WIDTH> f = logdet_of(S);
            if constexpr (M::RowsAtCompileTime != Eigen::Dynamic && M::RowsAtCompileTime <= 4)
                X = S.inverse();
            else
                X = Eigen::PartialPivLU<M>(S).inverse();
            for (std::size_t i = 0; i < s; i++)
                f += P.in[s + i] * X.data()[i];        // tr(B*X), X symmetric
            return f;
        });
    }

    // y = tanh(W2*tanh(W1*x - b1) - b2), eight columns of the Jacobian at a time.
    template <class V> static void layer(std::size_t n, const double *W, const V &x, const double *b, V &y)
    {
        using std::tanh;
        for (std::size_t i = 0; i < n; i++) {
            scalar<WIDTH> z;
            D<WIDTH>::set(z, -b[i]);
            for (std::size_t j = 0; j < n; j++)
                z += W[i * n + j] * x.data()[j];
            y.data()[i] = tanh(z);
        }
    }

    static void network(problem &P, const char *name)
    {
        with_size(P.n, [&](auto size) {
            constexpr int N = decltype(size)::value;
            std::size_t n = P.n, s = n * n;
            const double *W1 = P.at(0), *W2 = P.at(s), *x0 = P.at(2 * s), *b1 = x0 + n, *b2 = b1 + n;
            Eigen::Index m = Eigen::Index(n);
            vector<scalar<WIDTH>, N> x(m), y(m), z(m);
            doubles J(s);
            peer::measure(P, name, [&] {
                for (std::size_t first = 0; first < n; first += WIDTH) {
                    variables(x, x0, first);
                    layer(n, W1, x, b1, y);
                    layer(n, W2, y, b2, z);
                    for (std::size_t i = 0; i < n; i++)
                        for (std::size_t k = 0; k < WIDTH && first + k < n; k++)
                            J[i * n + first + k] = D<WIDTH>::derivative(z.data()[i], int(k));
                }
            }, [&](doubles &out) { out = J; });
        });
    }
};

// The table of a peer of this kind.
#define FORWARD_ENTRIES(W, NAME)                                                            \
    { "product-1", [](peer::problem &P) {                                                   \
        W::product_alone(P, NAME "-op");                                                    \
        W::product<1>(P, NAME, 1);                                                          \
    }, 3, 512 },                                                                            \
    { "product-32", [](peer::problem &P) { W::product<8>(P, NAME, 4); }, 3, 256 },          \
    { "inverse-1", [](peer::problem &P) { W::inverse<1>(P, NAME, 1); }, 3, 512 },           \
    { "inverse-32", [](peer::problem &P) { W::inverse<8>(P, NAME, 4); }, 3, 256 },          \
    { "chain-one", [](peer::problem &P) { W::chain(P, NAME); }, 3, 16 },                    \
    { "trace-square", [](peer::problem &P) { W::trace_square(P, NAME); }, 4, 256 },         \
    { "trace-inverse", [](peer::problem &P) { W::trace_inverse(P, NAME); }, 5, 64 },        \
    { "logdet", [](peer::problem &P) { W::logdet(P, NAME); }, 5, 64 },                      \
    { "residual-x", [](peer::problem &P) { W::residual_x(P, NAME); }, 3, 1024 },            \
    { "residual-A", [](peer::problem &P) { W::residual_A(P, NAME); }, 4, 128 },             \
    { "spd", [](peer::problem &P) { W::spd(P, NAME); }, 5, 64 },                            \
    { "network-jacobian", [](peer::problem &P) { W::network(P, NAME); }, 3, 512 }

} // namespace forward
