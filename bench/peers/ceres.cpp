// Ceres' Jet in Eigen's matrices.
#include <ceres/jet.h>
#include <ceres/version.h>
#include "forward.hpp"

template <int K> struct dual {
    using type = ceres::Jet<double, K>;

    static void set(type &t, double x)
    {
        t.a = x;
        t.v.setZero();
    }

    static void seed(type &t, double x, int k, double dx)
    {
        t.a = x;
        t.v[k] = dx;
    }

    static double value(const type &t) { return t.a; }
    static double derivative(const type &t, int k) { return t.v[k]; }
};

using W = forward::workloads<dual>;

int main(int argc, char **argv)
{
    static const peer::entry entries[] = { FORWARD_ENTRIES(W, "ceres") };

    return peer::main_of(argc, argv, "Ceres Jet " CERES_VERSION_STRING, entries);
}
