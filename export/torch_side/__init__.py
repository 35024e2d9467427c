"""Separable models in torch: modules, a trainer, encoders in front; compiled to artifacts with a
stated error.

module = SeparableModule(domain, outputs, modes=16)
train(warm_start(module, x, y), x, y)
module.model(error=1e-5).save("model.sna")
"""

from .beside import Beside
from .encoder import EncodedModule
from .module import SeparableModule, khronos
from .train import train
from .training import Trained, Training
from .warm import warm_start

__all__ = [
    "Beside",
    "EncodedModule",
    "SeparableModule",
    "Trained",
    "Training",
    "khronos",
    "train",
    "warm_start",
]
