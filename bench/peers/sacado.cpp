// Sacado's SFad (a fixed number of derivatives, its fastest type) in Eigen's matrices.
//
// Sacado alone, in the design that its configuration makes the default: Debian's configuration file would ask
// for Kokkos, Teuchos and MPI.
#define TRILINOS_NO_CONFIG_H
#define SACADO_ENABLE_NEW_DESIGN
#define SACADO_NEW_FAD_DESIGN_IS_DEFAULT
#include <Sacado_No_Kokkos.hpp>
#include <Eigen/Core>

namespace Eigen {
template <int K> struct NumTraits<Sacado::Fad::SFad<double, K>> : NumTraits<double> {
    using Real = Sacado::Fad::SFad<double, K>;
    using NonInteger = Real;
    using Nested = Real;
    using Literal = double;
    enum { IsComplex = 0, IsInteger = 0, IsSigned = 1, RequireInitialization = 1, ReadCost = K + 1,
           AddCost = K + 1, MulCost = 2 * K + 1 };
};
} // namespace Eigen

#include "forward.hpp"

template <int K> struct dual {
    using type = Sacado::Fad::SFad<double, K>;

    static void set(type &t, double x) { t = x; }

    static void seed(type &t, double x, int k, double dx)
    {
        t.val() = x;
        t.fastAccessDx(k) = dx;
    }

    static double value(const type &t) { return t.val(); }
    static double derivative(const type &t, int k) { return t.fastAccessDx(k); }
};

using W = forward::workloads<dual>;

int main(int argc, char **argv)
{
    static const peer::entry entries[] = { FORWARD_ENTRIES(W, "sacado") };

    return peer::main_of(argc, argv, "Sacado SFad", entries);
}
