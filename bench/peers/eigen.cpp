// Eigen's AutoDiffScalar in Eigen's matrices.
#include <Eigen/Core>
#include <unsupported/Eigen/AutoDiff>
#include "forward.hpp"

template <int K> struct dual {
    using type = Eigen::AutoDiffScalar<Eigen::Matrix<double, K, 1>>;

    static void set(type &t, double x)
    {
        t.value() = x;
        t.derivatives().setZero();
    }

    static void seed(type &t, double x, int k, double dx)
    {
        t.value() = x;
        t.derivatives()[k] = dx;
    }

    static double value(const type &t) { return t.value(); }
    static double derivative(const type &t, int k) { return t.derivatives()[k]; }
};

using W = forward::workloads<dual>;

int main(int argc, char **argv)
{
    static const peer::entry entries[] = { FORWARD_ENTRIES(W, "eigen") };
    std::string version = "Eigen AutoDiffScalar " + std::to_string(EIGEN_WORLD_VERSION) + "."
        + std::to_string(EIGEN_MAJOR_VERSION) + "." + std::to_string(EIGEN_MINOR_VERSION);

    return peer::main_of(argc, argv, version.c_str(), entries);
}
