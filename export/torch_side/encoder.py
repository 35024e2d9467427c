"""An encoder in front of a separable head: images or signals in, a few numbers between, one ONNX
file and one artifact out."""

from __future__ import annotations

from pathlib import Path

import torch

from sna_edge.errors import BackendError

from .module import SeparableModule

Tensor = torch.Tensor
OPSET = 17


class EncodedModule(torch.nn.Module):
    """y = head(squash(encoder(z))): any encoder with as many outputs as the head has inputs,
    squashed into its domain."""

    def __init__(self, encoder: torch.nn.Module, head: SeparableModule) -> None:
        super().__init__()
        self.encoder, self.head = encoder, head
        middle = torch.tensor([(d.lower + d.upper) / 2 for d in head.domain])
        reach = torch.tensor([(d.upper - d.lower) / 2 for d in head.domain])
        self.register_buffer("middle", middle)
        self.register_buffer("reach", reach)

    def inputs(self, z: Tensor) -> Tensor:
        """The inputs of the head [N, D], inside its domain."""
        # a hair inside: float32 must not round to the outside
        return self.middle + self.reach * 0.999999 * torch.tanh(self.encoder(z))

    def forward(self, z: Tensor) -> Tensor:
        """Outputs [N, K] of the head."""
        x = self.inputs(z)
        return self.head(x.to(self.head.weights.dtype))

    def export(
        self, example: Tensor, folder: str | Path, *, stem: str = "model", error: float = 1e-6
    ) -> tuple[Path, Path]:
        """Write `<stem>_encoder.onnx` (z -> head inputs, opset 17, any batch) and `<stem>.sna` to
        `folder`."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        encoder, head = target / f"{stem}_encoder.onnx", target / f"{stem}.sna"
        names = [d.name for d in self.head.domain]
        try:
            torch.onnx.export(
                _Inputs(self).eval(),
                (example,),
                str(encoder),
                input_names=["z"],
                output_names=["inputs"],
                opset_version=OPSET,
                dynamic_axes={"z": {0: "N"}, "inputs": {0: "N"}},
                dynamo=False,
            )
        except Exception as cause:  # torch names no common class for what its exporter raises
            raise BackendError(
                f"torch cannot write this encoder as ONNX ({str(cause).splitlines()[0]}); use"
                " simpler layers"
            ) from cause
        self.head.model(error).replace(
            metadata={"encoder": encoder.name, "encoder_outputs": names}
        ).save(head)
        return encoder, head


class _Inputs(torch.nn.Module):
    def __init__(self, whole: EncodedModule) -> None:
        super().__init__()
        self.whole = whole

    def forward(self, z: Tensor) -> Tensor:
        return self.whole.inputs(z)
