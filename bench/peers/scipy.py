#!/usr/bin/python3
# NumPy and SciPy differentiate nothing: these are the derivatives written by hand in them.  The interpreter is
# Debian's, whose packages these are.
import sys

here = sys.path.pop(0)                 # this file's folder: its name must not stand for the package's
import numpy as np                     # noqa: E402
import scipy                           # noqa: E402
from scipy import linalg               # noqa: E402
from scipy.special import expit        # noqa: E402
sys.path.insert(0, here)
from peer import SAMPLES, main         # noqa: E402


def product(P):
    n, s = P.n, P.n ** 2
    k = (len(P.data) // s - 2) // 2
    A, B = P.at(0, n, n), P.at(s, n, n)
    dA, dB = P.at(2 * s, k, n, n), P.at((2 + k) * s, k, n, n)
    P.measure("numpy-hand", lambda: (A @ B, dA @ B + A @ dB), lambda r: r)


def inverse(P):
    n, s = P.n, P.n ** 2
    A, dA = P.at(0, n, n), P.at(s, len(P.data) // s - 1, n, n)

    def run():
        X = linalg.inv(A, check_finite=False)
        return X, -(X @ dA @ X)
    P.measure("numpy-hand", run, lambda r: r)


def chain(P):
    n, s = P.n, P.n ** 2
    k = len(P.data) // s // 2
    A, dA = P.at(0, k, n, n), P.at(k * s, k, n, n)

    def run():
        X, dX = A[0], dA[0]
        for i in range(1, k):
            X, dX = X @ A[i], dX @ A[i] + X @ dA[i]
        return X, dX
    P.measure("numpy-hand", run, lambda r: r)


def trace_square(P):
    A = P.at(0, P.n, P.n)
    P.measure("numpy-hand", lambda: (np.vdot(A, A.T), 2 * A.T), lambda r: r)


def trace_inverse(P):
    A = P.at(0, P.n, P.n)

    def run():
        X = linalg.inv(A, check_finite=False)
        return np.trace(X), -(X @ X).T
    P.measure("numpy-hand", run, lambda r: r)


def logdet(P):
    A = P.at(0, P.n, P.n)

    def run():
        lu, pivots, _ = linalg.lapack.dgetrf(A)
        return np.log(np.abs(np.diag(lu))).sum(), linalg.lapack.dgetri(lu, pivots)[0].T
    P.measure("numpy-hand", run, lambda r: r)


def residual(P):
    n = P.n
    return P.at(0, n, n), P.at(n * n, n), P.at(n * n + n, n)


def residual_x(P):
    A, x, b = residual(P)

    def run():
        r = A @ x - b
        return r @ r, 2 * (r @ A)
    P.measure("numpy-hand", run, lambda r: r)


def residual_A(P):
    A, x, b = residual(P)

    def run():
        r = A @ x - b
        return r @ r, np.outer(2 * r, x)
    P.measure("numpy-hand", run, lambda r: r)


def spd(P):
    n = P.n
    A, B, one = P.at(0, n, n), P.at(n * n, n, n), np.eye(n)

    def run():
        L = linalg.cholesky(A.T @ A + one, lower=True, check_finite=False)
        X = linalg.lapack.dpotri(L, lower=1)[0]
        X = np.tril(X) + np.tril(X, -1).T
        f = np.vdot(B, X) + 2 * np.log(np.diag(L)).sum()
        return f, A @ (2 * X - X @ (B + B.T) @ X)
    P.measure("numpy-hand", run, lambda r: r)


def network(P):
    n, s = P.n, P.n ** 2
    W1, W2 = P.at(0, n, n), P.at(s, n, n)
    x, b1, b2 = (P.at(2 * s + i * n, n) for i in range(3))

    def run():
        y1 = np.tanh(W1 @ x - b1)
        y2 = np.tanh(W2 @ y1 - b2)
        return ((1 - y2 * y2)[:, None] * W2 * (1 - y1 * y1)) @ W1
    P.measure("numpy-hand", run, lambda r: [r])


# H(i + j*n, k + l*n) = -X(j,k)*X(l,i)
def hessian_logdet(P):
    n = P.n
    A = P.at(0, n, n)

    def run():
        X = linalg.inv(A, check_finite=False)
        return -(X[:, None, None, :] * X.T[None, :, :, None]).reshape(n * n, n * n)
    P.measure("numpy-hand", run, lambda r: [r])


# 3*((j == k)*A(l,i) + A(j,k)*(l == i))
def hessian_cube(P):
    n = P.n
    A, one = 3 * P.at(0, n, n), np.eye(n)

    def run():
        return (one[:, None, None, :] * A.T[None, :, :, None]
                + A[:, None, None, :] * one[None, :, :, None]).reshape(n * n, n * n)
    P.measure("numpy-hand", run, lambda r: [r])


def logistic(P):
    n = P.n
    return P.at(0, SAMPLES, n), P.at(SAMPLES * n, n), P.at((SAMPLES + 1) * n, n)


def logistic_hessian(P):
    Z, w, _ = logistic(P)

    def run():
        s = expit(Z @ w)
        return Z.T @ ((s * (1 - s))[:, None] * Z)
    P.measure("numpy-hand", run, lambda r: [r])


def logistic_vector(P):
    Z, w, v = logistic(P)

    def run():
        s = expit(Z @ w)
        return (s * (1 - s) * (Z @ v)) @ Z
    P.measure("numpy-hand", run, lambda r: [r])


main(f"NumPy {np.__version__} and SciPy {scipy.__version__}, derivatives by hand", {
    "product-1": (product, 3, 1024), "product-32": (product, 3, 512),
    "inverse-1": (inverse, 3, 1024), "inverse-32": (inverse, 3, 512), "chain-one": (chain, 1, 16),
    "trace-square": (trace_square, 2, 1024), "trace-inverse": (trace_inverse, 3, 1024),
    "logdet": (logdet, 3, 1024), "residual-x": (residual_x, 2, 1024), "residual-A": (residual_A, 2, 1024),
    "spd": (spd, 3, 1024), "network-jacobian": (network, 3, 1024),
    "hessian-logdet": (hessian_logdet, 4, 64), "hessian-trace-cube": (hessian_cube, 4, 64),
    "logistic-hessian": (logistic_hessian, 2, 256), "logistic-vector": (logistic_vector, 1, 1024),
})
