// ADOL-C: each function is recorded once, before the clock starts; timed is the driver on the tape.  Every size
// runs in a process of its own, because a large tape slows all later ones.
#include <adolc/adolc.h>
#include "peer.hpp"
#include "scalar.hpp"

using peer::doubles;
using peer::problem;

enum { TAG = 1 };

struct tape {
    scalar::function<adouble> F;
    doubles x, y;

    explicit tape(problem &P) : F(scalar::function_of<adouble>(P.workload, P.n, P.in.size())),
                                x(P.at(F.at), P.at(F.at) + F.size), y(F.outputs)
    {
        trace_on(TAG);
        {
            std::vector<adouble> X(F.size), Y(F.outputs);
            for (std::size_t i = 0; i < F.size; i++)
                X[i] <<= x[i];
            F.f(P.n, P.in.data(), X.data(), Y.data());
            for (std::size_t i = 0; i < F.outputs; i++)
                Y[i] >>= y[i];
        }
        trace_off();
    }

    int m() const { return int(F.outputs); }
    int n() const { return int(F.size); }
};

static void append(doubles &out, const doubles &x)
{
    out.insert(out.end(), x.begin(), x.end());
}

static std::vector<double *> rows(doubles &x, std::size_t m, std::size_t n)
{
    x.resize(m * n);
    std::vector<double *> r(m);
    for (std::size_t i = 0; i < m; i++)
        r[i] = x.data() + i * n;
    return r;
}

// Direction i of stretch v lies at starts[v] + i*sizes[v]; ADOL-C wants direction i as column i.
static void along(problem &P, std::size_t k, std::vector<std::size_t> starts, std::vector<std::size_t> sizes)
{
    tape t(P);
    doubles dx, dy;
    std::vector<double *> DX = rows(dx, t.F.size, k), DY = rows(dy, t.F.outputs, k);
    peer::measure(P, "adolc", [&] {
        std::size_t row = 0;
        for (std::size_t v = 0; v < starts.size(); v++)
            for (std::size_t j = 0; j < sizes[v]; j++, row++)
                for (std::size_t i = 0; i < k; i++)
                    DX[row][i] = P.in[starts[v] + i * sizes[v] + j];
        if (k == 1)
            fos_forward(TAG, t.m(), t.n(), 0, t.x.data(), dx.data(), t.y.data(), dy.data());
        else
            fov_forward(TAG, t.m(), t.n(), int(k), t.x.data(), DX.data(), t.y.data(), DY.data());
    }, [&](doubles &out) {
        append(out, t.y);
        for (std::size_t i = 0; i < k; i++)
            for (std::size_t j = 0; j < t.F.outputs; j++)
                out.push_back(DY[j][i]);
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

static void gradient_of(problem &P)
{
    tape t(P);
    doubles g(t.F.size);
    peer::measure(P, "adolc", [&] { gradient(TAG, t.n(), t.x.data(), g.data()); },
                  [&](doubles &out) { out = g; });
}

static void jacobian_of(problem &P)
{
    tape t(P);
    doubles j;
    std::vector<double *> J = rows(j, t.F.outputs, t.F.size);
    peer::measure(P, "adolc", [&] { jacobian(TAG, t.m(), t.n(), t.x.data(), J.data()); },
                  [&](doubles &out) { out = j; });
}

// ADOL-C fills the lower triangle.
static void hessian_of(problem &P)
{
    tape t(P);
    std::size_t n = t.F.size;
    doubles h;
    std::vector<double *> H = rows(h, n, n);
    peer::measure(P, "adolc", [&] { hessian(TAG, t.n(), t.x.data(), H.data()); }, [&](doubles &out) {
        for (std::size_t i = 0; i < n; i++)
            for (std::size_t j = 0; j < i; j++)
                H[j][i] = H[i][j];
        if (P.workload == "logistic-hessian")
            out = h;
        else
            scalar::append_vec(out, P.n, h.data());
    });
}

static void hessian_vector(problem &P)
{
    tape t(P);
    doubles v(P.at(t.F.at + P.n), P.at(t.F.at + 2 * P.n)), Hv(P.n);
    peer::measure(P, "adolc", [&] { hess_vec(TAG, t.n(), t.x.data(), v.data(), Hv.data()); },
                  [&](doubles &out) { out = Hv; });
}

int main(int argc, char **argv)
{
    static const peer::entry entries[] = {
        { "product-1", product, 3, 256 },           { "product-32", product, 3, 128 },
        { "inverse-1", inverse, 3, 128 },           { "inverse-32", inverse, 3, 128 },
        { "chain-one", chain_one, 3, 16 },          { "chain-all", gradient_of, 3, 16 },
        { "trace-square", gradient_of, 2, 512 },    { "trace-inverse", gradient_of, 3, 128 },
        { "logdet", gradient_of, 3, 128 },          { "residual-x", gradient_of, 2, 1024 },
        { "residual-A", gradient_of, 2, 512 },      { "spd", gradient_of, 3, 128 },
        { "network-jacobian", jacobian_of, 3, 256 }, { "hessian-logdet", hessian_of, 5, 32 },
        { "hessian-trace-cube", hessian_of, 5, 32 }, { "logistic-hessian", hessian_of, 2, 256 },
        { "logistic-vector", hessian_vector, 1, 256 },
    };

    int status = peer::main_of(argc, argv, "ADOL-C", entries, true);
    for (const char *part : { "Locations", "Operations", "Taylors", "Values" })
        std::remove(("ADOLC-" + std::string(part) + "_" + std::to_string(TAG) + ".tap").c_str());
    return status;
}
