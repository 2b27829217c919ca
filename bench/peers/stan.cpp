// Stan Math: reverse mode over matrices of var, directions with fvar, second derivatives with fvar<var>.
#include <stan/math/mix/mat.hpp>
#include "peer.hpp"

using peer::doubles;
using peer::problem;
using stan::math::fvar;
using stan::math::var;

template <class T> using matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
template <class T> using vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

enum { SAMPLES = 1000 };

// Row-major inputs.
static matrix<double> matrix_at(const problem &P, std::size_t at, std::size_t m, std::size_t n)
{
    matrix<double> A(m, n);
    for (std::size_t i = 0; i < m; i++)
        for (std::size_t j = 0; j < n; j++)
            A(i, j) = P.in[at + i * n + j];
    return A;
}

static vector<double> vector_at(const problem &P, std::size_t at, std::size_t n)
{
    return Eigen::Map<const vector<double>>(P.at(at), n);
}

template <class M> static void append(doubles &out, const M &A)
{
    for (Eigen::Index i = 0; i < A.rows(); i++)
        for (Eigen::Index j = 0; j < A.cols(); j++)
            out.push_back(A(i, j));
}

// ---------------------------------------------------------------------------------- one direction each

static void along(const problem &P, matrix<fvar<double>> &A, std::size_t at, std::size_t direction)
{
    for (std::size_t i = 0; i < P.n; i++)
        for (std::size_t j = 0; j < P.n; j++)
            A(i, j) = fvar<double>(P.in[at + i * P.n + j], P.in[direction + i * P.n + j]);
}

static void append_all(doubles &out, const std::vector<matrix<fvar<double>>> &C)
{
    append(out, matrix<double>(C[0].unaryExpr([](const fvar<double> &x) { return x.val_; })));
    for (const auto &c : C)
        append(out, matrix<double>(c.unaryExpr([](const fvar<double> &x) { return x.d_; })));
}

static void product(problem &P)
{
    std::size_t s = P.n * P.n, k = (P.in.size() / s - 2) / 2;
    matrix<fvar<double>> A(P.n, P.n), B(P.n, P.n);
    std::vector<matrix<fvar<double>>> C(k, A);
    peer::measure(P, "stan", [&] {
        for (std::size_t i = 0; i < k; i++) {
            along(P, A, 0, (2 + i) * s);
            along(P, B, s, (2 + k + i) * s);
            C[i] = stan::math::multiply(A, B);
        }
    }, [&](doubles &out) { append_all(out, C); });
}

static void inverse(problem &P)
{
    std::size_t s = P.n * P.n, k = P.in.size() / s - 1;
    matrix<fvar<double>> A(P.n, P.n);
    std::vector<matrix<fvar<double>>> X(k, A);
    peer::measure(P, "stan", [&] {
        for (std::size_t i = 0; i < k; i++) {
            along(P, A, 0, (1 + i) * s);
            X[i] = stan::math::inverse(A);
        }
    }, [&](doubles &out) { append_all(out, X); });
}

static void chain_one(problem &P)
{
    std::size_t s = P.n * P.n, k = P.in.size() / s / 2;
    matrix<fvar<double>> A(P.n, P.n);
    std::vector<matrix<fvar<double>>> X(1, A);
    peer::measure(P, "stan", [&] {
        along(P, X[0], 0, k * s);
        for (std::size_t i = 1; i < k; i++) {
            along(P, A, i * s, (k + i) * s);
            X[0] = stan::math::multiply(X[0], A);
        }
    }, [&](doubles &out) { append_all(out, X); });
}

// ------------------------------------------------------------------------------------------- gradients

// of f for the matrix A of var: the graph is built and released each time, as Stan does.
template <class F> static void gradient(problem &P, const matrix<double> &A, F f)
{
    matrix<double> U(A.rows(), A.cols());
    double value = 0;
    peer::measure(P, "stan", [&] {
        matrix<var> X = A.cast<var>();
        var y = f(X);
        value = y.val();
        y.grad();
        for (Eigen::Index i = 0; i < X.size(); i++)
            U.data()[i] = X.data()[i].adj();
        stan::math::recover_memory();
    }, [&](doubles &out) {
        out.push_back(value);
        append(out, U);
    });
}

static void trace_square(problem &P)
{
    gradient(P, matrix_at(P, 0, P.n, P.n),
             [](const matrix<var> &A) { return stan::math::trace(stan::math::multiply(A, A)); });
}

static void trace_inverse(problem &P)
{
    gradient(P, matrix_at(P, 0, P.n, P.n),
             [](const matrix<var> &A) { return stan::math::trace(stan::math::inverse(A)); });
}

static void logdet(problem &P)
{
    gradient(P, matrix_at(P, 0, P.n, P.n),
             [](const matrix<var> &A) { return stan::math::log_determinant(A); });
}

static void residual_x(problem &P)
{
    std::size_t n = P.n;
    matrix<double> A = matrix_at(P, 0, n, n);
    vector<double> b = vector_at(P, n * n + n, n);
    gradient(P, vector_at(P, n * n, n), [&](const matrix<var> &x) {
        vector<var> r = stan::math::subtract(stan::math::multiply(A, vector<var>(x)), b);
        return stan::math::dot_self(r);
    });
}

static void residual_A(problem &P)
{
    std::size_t n = P.n;
    vector<double> x = vector_at(P, n * n, n), b = vector_at(P, n * n + n, n);
    gradient(P, matrix_at(P, 0, n, n), [&](const matrix<var> &A) {
        vector<var> r = stan::math::subtract(stan::math::multiply(A, x), b);
        return stan::math::dot_self(r);
    });
}

static void spd(problem &P)
{
    std::size_t n = P.n;
    matrix<double> B = matrix_at(P, n * n, n, n);
    gradient(P, matrix_at(P, 0, n, n), [&](const matrix<var> &A) {
        matrix<var> S = stan::math::crossprod(A);
        for (std::size_t i = 0; i < n; i++)
            S(i, i) += 1;
        return var(stan::math::trace(stan::math::multiply(B, stan::math::inverse_spd(S)))
                   + stan::math::log_determinant_spd(S));
    });
}

static void chain_all(problem &P)
{
    std::size_t s = P.n * P.n, k = P.in.size() / s;
    std::vector<matrix<double>> A;
    for (std::size_t i = 0; i < k; i++)
        A.push_back(matrix_at(P, i * s, P.n, P.n));
    std::vector<matrix<double>> U(A);
    std::vector<matrix<var>> V(k);
    double value = 0;
    peer::measure(P, "stan", [&] {
        for (std::size_t i = 0; i < k; i++)
            V[i] = A[i].cast<var>();
        matrix<var> X = V[0];
        for (std::size_t i = 1; i < k; i++)
            X = stan::math::multiply(X, V[i]);
        var f = stan::math::trace(X);
        value = f.val();
        f.grad();
        for (std::size_t i = 0; i < k; i++)
            for (Eigen::Index j = 0; j < V[i].size(); j++)
                U[i].data()[j] = V[i].data()[j].adj();
        stan::math::recover_memory();
    }, [&](doubles &out) {
        out.push_back(value);
        for (const auto &u : U)
            append(out, u);
    });
}

// ------------------------------------------------------------------- Jacobian, Hessians, Hessian·vector

struct network {
    matrix<double> W1, W2;
    vector<double> b1, b2;

    template <class T> vector<T> operator()(const vector<T> &x) const
    {
        using namespace stan::math;
        vector<T> y = stan::math::tanh(vector<T>(subtract(multiply(W1, x), b1)));
        return stan::math::tanh(vector<T>(subtract(multiply(W2, y), b2)));
    }
};

static void jacobian(problem &P)
{
    std::size_t n = P.n, s = n * n;
    network f { matrix_at(P, 0, n, n), matrix_at(P, s, n, n), vector_at(P, 2 * s + n, n),
                vector_at(P, 2 * s + 2 * n, n) };
    vector<double> x = vector_at(P, 2 * s, n), y;
    matrix<double> J;
    peer::measure(P, "stan", [&] { stan::math::jacobian(f, x, y, J); },
                  [&](doubles &out) { append(out, J); });
}

// x is vec(A): columns stacked.
template <class T> static matrix<T> unvec(const vector<T> &x, std::size_t n)
{
    return Eigen::Map<const matrix<T>>(x.data(), n, n);
}

struct logdet_of_vec {
    std::size_t n;
    template <class T> T operator()(const vector<T> &x) const
    {
        return stan::math::log_determinant(unvec(x, n));
    }
};

struct cube_of_vec {
    std::size_t n;
    template <class T> T operator()(const vector<T> &x) const
    {
        matrix<T> A = unvec(x, n);
        return stan::math::trace(matrix<T>(stan::math::multiply(matrix<T>(stan::math::multiply(A, A)), A)));
    }
};

struct logistic {
    matrix<double> Z;
    template <class T> T operator()(const vector<T> &w) const
    {
        vector<T> t = stan::math::multiply(Z, w);
        for (Eigen::Index i = 0; i < t.size(); i++)
            t(i) = stan::math::log1p_exp(-t(i));
        return stan::math::sum(t);
    }
};

template <class F> static void hessian(problem &P, const F &f, const vector<double> &x)
{
    double value;
    vector<double> g;
    matrix<double> H;
    peer::measure(P, "stan", [&] { stan::math::hessian(f, x, value, g, H); },
                  [&](doubles &out) { append(out, H); });
}

static vector<double> vec_of(const problem &P)
{
    matrix<double> A = matrix_at(P, 0, P.n, P.n);
    return Eigen::Map<const vector<double>>(A.data(), A.size());
}

static void hessian_logdet(problem &P) { hessian(P, logdet_of_vec { P.n }, vec_of(P)); }
static void hessian_cube(problem &P) { hessian(P, cube_of_vec { P.n }, vec_of(P)); }

static void logistic_hessian(problem &P)
{
    hessian(P, logistic { matrix_at(P, 0, SAMPLES, P.n) }, vector_at(P, SAMPLES * P.n, P.n));
}

static void logistic_vector(problem &P)
{
    std::size_t n = P.n;
    logistic f { matrix_at(P, 0, SAMPLES, n) };
    vector<double> w = vector_at(P, SAMPLES * n, n), v = vector_at(P, SAMPLES * n + n, n), Hv;
    double value;
    peer::measure(P, "stan", [&] { stan::math::hessian_times_vector(f, w, v, value, Hv); },
                  [&](doubles &out) { append(out, Hv); });
}

int main(int argc, char **argv)
{
    static const peer::entry entries[] = {
        { "product-1", product, 3, 512 },         { "product-32", product, 3, 256 },
        { "inverse-1", inverse, 3, 512 },         { "inverse-32", inverse, 3, 256 },
        { "chain-one", chain_one, 3, 16 },        { "chain-all", chain_all, 3, 16 },
        { "trace-square", trace_square, 3, 512 }, { "trace-inverse", trace_inverse, 3, 512 },
        { "logdet", logdet, 3, 512 },             { "residual-x", residual_x, 2, 1024 },
        { "residual-A", residual_A, 2, 1024 },    { "spd", spd, 3, 512 },
        { "network-jacobian", jacobian, 3, 512 }, { "hessian-logdet", hessian_logdet, 5, 32 },
        { "hessian-trace-cube", hessian_cube, 5, 32 }, { "logistic-hessian", logistic_hessian, 2, 256 },
        { "logistic-vector", logistic_vector, 1, 1024 },
    };
    std::string version = std::string("Stan Math ") + stan::math::MAJOR_VERSION + "."
        + stan::math::MINOR_VERSION + "." + stan::math::PATCH_VERSION;

    return peer::main_of(argc, argv, version.c_str(), entries);
}
