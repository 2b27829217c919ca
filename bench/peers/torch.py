#!/usr/bin/python3
# PyTorch, as its documentation recommends: autograd for gradients, forward_ad for one direction, functorch's vmap,
# jacrev and hessian for many.  The interpreter is Debian's, whose packages these are.
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
here = sys.path.pop(0)                 # this file's folder: its name must not stand for the package's
import torch                           # noqa: E402
import functorch                       # noqa: E402
import torch.autograd.forward_ad as forward  # noqa: E402
sys.path.insert(0, here)
from peer import SAMPLES, main         # noqa: E402

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def tensor(P, start, *shape):
    return torch.from_numpy(P.at(start, *shape))


# ------------------------------------------------------------------------------------------ directions

def one_direction(P, f, primals, tangents):
    def run():
        with forward.dual_level():
            return forward.unpack_dual(f(*[forward.make_dual(a, d) for a, d in zip(primals, tangents)]))
    P.measure("torch", run, lambda r: [r.primal, r.tangent])


def many_directions(P, f, primals, tangents):
    def run():
        return functorch.vmap(lambda *d: functorch.jvp(f, tuple(primals), d))(*tangents)
    P.measure("torch", run, lambda r: [r[0][0], r[1]])


def product(P):
    n, s = P.n, P.n ** 2
    k = (len(P.data) // s - 2) // 2
    A, B = tensor(P, 0, n, n), tensor(P, s, n, n)
    dA, dB = tensor(P, 2 * s, k, n, n), tensor(P, (2 + k) * s, k, n, n)
    if k == 1:
        one_direction(P, torch.matmul, [A, B], [dA[0], dB[0]])
    else:
        many_directions(P, torch.matmul, [A, B], [dA, dB])


def inverse(P):
    n, s = P.n, P.n ** 2
    k = len(P.data) // s - 1
    A, dA = tensor(P, 0, n, n), tensor(P, s, k, n, n)
    if k == 1:
        one_direction(P, torch.linalg.inv, [A], [dA[0]])
    else:
        many_directions(P, torch.linalg.inv, [A], [dA])


def chain(P):
    n, s = P.n, P.n ** 2
    k = len(P.data) // s // 2
    A, dA = tensor(P, 0, k, n, n), tensor(P, k * s, k, n, n)

    def f(A):
        X = A[0]
        for i in range(1, k):
            X = X @ A[i]
        return X
    one_direction(P, f, [A], [dA])


# ------------------------------------------------------------------------------------------- gradients

def gradient(P, f, *variables):
    for A in variables:
        A.requires_grad_()

    def run():
        y = f(*variables)
        return y, torch.autograd.grad(y, variables)
    P.measure("torch", run, lambda r: [r[0].detach(), *r[1]])


def trace_square(P):
    gradient(P, lambda A: torch.trace(A @ A), tensor(P, 0, P.n, P.n))


def trace_inverse(P):
    gradient(P, lambda A: torch.trace(torch.linalg.inv(A)), tensor(P, 0, P.n, P.n))


def logdet(P):
    gradient(P, torch.logdet, tensor(P, 0, P.n, P.n))


def residual_x(P):
    n = P.n
    A, b = tensor(P, 0, n, n), tensor(P, n * n + n, n)
    gradient(P, lambda x: (A @ x - b).square().sum(), tensor(P, n * n, n))


def residual_A(P):
    n = P.n
    x, b = tensor(P, n * n, n), tensor(P, n * n + n, n)
    gradient(P, lambda A: (A @ x - b).square().sum(), tensor(P, 0, n, n))


def spd(P):
    n = P.n
    B, one = tensor(P, n * n, n, n), torch.eye(n)

    def f(A):
        S = A.T @ A + one
        return torch.trace(torch.linalg.solve(S, B)) + torch.logdet(S)
    gradient(P, f, tensor(P, 0, n, n))


def chain_all(P):
    n = P.n
    k = len(P.data) // n ** 2

    def f(*A):
        X = A[0]
        for Y in A[1:]:
            X = X @ Y
        return torch.trace(X)
    gradient(P, f, *[tensor(P, i * n * n, n, n) for i in range(k)])


# --------------------------------------------------------------------- Jacobian, Hessians, Hessian·vector

def network(P):
    n, s = P.n, P.n ** 2
    W1, W2 = tensor(P, 0, n, n), tensor(P, s, n, n)
    x, b1, b2 = (tensor(P, 2 * s + i * n, n) for i in range(3))

    def f(x):
        return torch.tanh(W2 @ torch.tanh(W1 @ x - b1) - b2)
    P.measure("torch", lambda: functorch.jacrev(f)(x), lambda J: [J])


def hessian(P, f, x, vec):
    def collect(H):
        return [H.permute(1, 0, 3, 2).reshape(x.numel(), x.numel()) if vec else H]
    P.measure("torch", lambda: functorch.hessian(f)(x), collect)
    P.measure("torch-rev2", lambda: functorch.jacrev(functorch.jacrev(f))(x), collect)


def hessian_logdet(P):
    hessian(P, torch.logdet, tensor(P, 0, P.n, P.n), True)


def hessian_cube(P):
    hessian(P, lambda A: torch.trace(A @ A @ A), tensor(P, 0, P.n, P.n), True)


def loss(P):
    Z = tensor(P, 0, SAMPLES, P.n)
    return lambda w: torch.nn.functional.softplus(-(Z @ w)).sum()


def logistic_hessian(P):
    hessian(P, loss(P), tensor(P, SAMPLES * P.n, P.n), False)


def logistic_vector(P):
    w, v, f = tensor(P, SAMPLES * P.n, P.n), tensor(P, (SAMPLES + 1) * P.n, P.n), loss(P)
    P.measure("torch", lambda: torch.autograd.functional.vhp(f, w, v), lambda r: [r[1]])


main(f"PyTorch {torch.__version__}", {
    "product-1": (product, 3, 1024), "product-32": (product, 3, 512),
    "inverse-1": (inverse, 3, 1024), "inverse-32": (inverse, 3, 512),
    "chain-one": (chain, 1, 16), "chain-all": (chain_all, 1, 16),
    "trace-square": (trace_square, 3, 1024), "trace-inverse": (trace_inverse, 3, 1024),
    "logdet": (logdet, 3, 1024), "residual-x": (residual_x, 2, 1024), "residual-A": (residual_A, 2, 1024),
    "spd": (spd, 3, 1024), "network-jacobian": (network, 3, 1024),
    "hessian-logdet": (hessian_logdet, 5, 64), "hessian-trace-cube": (hessian_cube, 5, 64),
    "logistic-hessian": (logistic_hessian, 2, 256), "logistic-vector": (logistic_vector, 1, 1024),
})
