"""Surrogates made elsewhere, as separable models: evaluated as they are, compiled to tables with a
stated error, compressed.

original = from_gaussian_process(process)      # equals process.predict in float64
model = original.compile(error=1e-5)           # every term, certified
small = compress(original, error=1e-3).model   # few modes, measured
found = distil(anything.predict, domain)       # a black box, asked at points of its domain
"""

from .adopted import Adopted, Domain, full
from .atoms import Atoms, Chebyshev, Fourier, Gaussians, Measured, Mixed, Piecewise, polynomials
from .black_box import Distilled, distil
from .compile import Compiled, compile_atoms
from .distillation import Compressed, compress
from .surrogates.chaos import from_chaos, hermite_powers, legendre_powers
from .surrogates.gam import from_gam
from .surrogates.gaussian_process import from_gaussian_process
from .surrogates.numpoly import from_numpoly
from .surrogates.openturns import from_openturns
from .surrogates.products import from_products
from .surrogates.reduced_basis import from_reduced_basis
from .surrogates.sna_model import from_model
from .surrogates.tanh_network import TanhNetwork, from_state, network
from .surrogates.tensor_spline import from_tensor_spline
from .surrogates.tensor_train import from_train

__all__ = [
    "Adopted",
    "Atoms",
    "Chebyshev",
    "Compiled",
    "Compressed",
    "Distilled",
    "Domain",
    "Fourier",
    "Gaussians",
    "Measured",
    "Mixed",
    "Piecewise",
    "TanhNetwork",
    "compile_atoms",
    "compress",
    "distil",
    "from_chaos",
    "from_gam",
    "from_gaussian_process",
    "from_model",
    "from_numpoly",
    "from_openturns",
    "from_products",
    "from_reduced_basis",
    "from_state",
    "from_tensor_spline",
    "from_train",
    "full",
    "hermite_powers",
    "legendre_powers",
    "network",
    "polynomials",
]
