// CppAD: each function is recorded once and its tape optimised, before the clock starts; timed is the replay.
//
// TMB's copy of CppAD leans on three names of TMB's own.
#include <iostream>
#define CSKIP(...) __VA_ARGS__
template <class T> struct isDouble { enum { value = false }; };
template <> struct isDouble<double> { enum { value = true }; };
using std::cout;
#define Rcout cout
#include <cppad/cppad.hpp>
#include "peer.hpp"
#include "scalar.hpp"

using peer::doubles;
using peer::problem;
using AD = CppAD::AD<double>;

struct tape {
    scalar::function<AD> F;
    doubles x;
    CppAD::ADFun<double> f;

    explicit tape(problem &P) : F(scalar::function_of<AD>(P.workload, P.n, P.in.size())),
                                x(P.at(F.at), P.at(F.at) + F.size)
    {
        std::vector<AD> X(x.begin(), x.end()), Y(F.outputs);
        CppAD::Independent(X);
        F.f(P.n, P.in.data(), X.data(), Y.data());
        f.Dependent(X, Y);
        f.optimize();
    }
};

static void append(doubles &out, const doubles &x)
{
    out.insert(out.end(), x.begin(), x.end());
}

// Along k directions, one by one; direction i of stretch v lies at starts[v] + i*sizes[v].
static void along(problem &P, std::size_t k, std::vector<std::size_t> starts, std::vector<std::size_t> sizes)
{
    tape t(P);
    doubles y;
    std::vector<doubles> dy(k);
    peer::measure(P, "cppad", [&] {
        y = t.f.Forward(0, t.x);
        for (std::size_t i = 0; i < k; i++) {
            doubles dx;
            for (std::size_t v = 0; v < starts.size(); v++)
                dx.insert(dx.end(), P.at(starts[v] + i * sizes[v]), P.at(starts[v] + (i + 1) * sizes[v]));
            dy[i] = t.f.Forward(1, dx);
        }
    }, [&](doubles &out) {
        append(out, y);
        for (const doubles &d : dy)
            append(out, d);
    });
}

static void product(problem &P)
{
    std::size_t s = P.n * P.n, k = (P.in.size() / s - 2) / 2;
    along(P, k, { 2 * s, 2 * s + k * s }, { s, s });
}

static void inverse(problem &P)
{
    std::size_t s = P.n * P.n;
    along(P, P.in.size() / s - 1, { s }, { s });
}

static void chain_one(problem &P)
{
    along(P, 1, { P.in.size() / 2 }, { P.in.size() / 2 });
}

static void gradient(problem &P)
{
    tape t(P);
    doubles y, g, one(1, 1.0);
    peer::measure(P, "cppad", [&] {
        y = t.f.Forward(0, t.x);
        g = t.f.Reverse(1, one);
    }, [&](doubles &out) {
        append(out, y);
        append(out, g);
    });
}

static void jacobian(problem &P)
{
    tape t(P);
    doubles J;
    peer::measure(P, "cppad", [&] { J = t.f.Jacobian(t.x); }, [&](doubles &out) { out = J; });
}

static void hessian(problem &P)
{
    tape t(P);
    doubles H;
    peer::measure(P, "cppad", [&] { H = t.f.Hessian(t.x, 0); }, [&](doubles &out) {
        if (P.workload == "logistic-hessian")
            out = H;
        else
            scalar::append_vec(out, P.n, H.data());
    });
}

// Second order reverse after first order forward along v.
static void hessian_vector(problem &P)
{
    tape t(P);
    doubles v(P.at(t.F.at + P.n), P.at(t.F.at + 2 * P.n)), one(1, 1.0), both;
    peer::measure(P, "cppad", [&] {
        t.f.Forward(0, t.x);
        t.f.Forward(1, v);
        both = t.f.Reverse(2, one);
    }, [&](doubles &out) {
        for (std::size_t i = 0; i < P.n; i++)
            out.push_back(both[2 * i + 1]);
    });
}

int main(int argc, char **argv)
{
    static const peer::entry entries[] = {
        { "product-1", product, 3, 256 },        { "product-32", product, 3, 128 },
        { "inverse-1", inverse, 3, 128 },        { "inverse-32", inverse, 3, 128 },
        { "chain-one", chain_one, 3, 16 },       { "chain-all", gradient, 3, 16 },
        { "trace-square", gradient, 2, 512 },    { "trace-inverse", gradient, 3, 128 },
        { "logdet", gradient, 3, 128 },          { "residual-x", gradient, 2, 1024 },
        { "residual-A", gradient, 2, 512 },      { "spd", gradient, 3, 128 },
        { "network-jacobian", jacobian, 3, 256 }, { "hessian-logdet", hessian, 5, 32 },
        { "hessian-trace-cube", hessian, 5, 32 }, { "logistic-hessian", hessian, 2, 256 },
        { "logistic-vector", hessian_vector, 1, 256 },
    };

    return peer::main_of(argc, argv, "CppAD " CPPAD_PACKAGE_STRING " (TMB's)", entries);
}
