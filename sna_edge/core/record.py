"""A model as data: axes, interaction, outputs and what a file says beside them; no verbs.

What computes with models (calculus, artifact, backends) takes records and gives records of the same
type through `replace`; `sna_edge.model.Model` is the record with the verbs that callers use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import InputError
from .axis import Axis
from .interaction import Interaction
from .output import Output

if TYPE_CHECKING:  # few models have these: their modules are loaded by those
    from .beside import Calibration, Companion, Readings, Signature
    from .classes import Classes

DTYPES = ("float64", "float32", "float16", "int16", "int8")
SERVED_FROM_FILES = ("tflite",)
"""Backends that read a file beside the artifact: a computed model has none."""

ALONE: dict[str, Any] = {"companions": (), "calibration": None, "readings": None}
"""What `replace` is told for another function: nothing that was measured for this one speaks of
it."""

Parent = tuple["ModelRecord", dict[int, float]]
Record = TypeVar("Record", bound="ModelRecord")


class ModelRecord:
    """y_k = g_k(bias_k + sum_r W[r,k] prod_{d in S_r} phi_{d,r}(x_d)) * scale_k + offset_k.

    Tables are float64 decoded values; `dtypes` [D] names how the artifact stores the table of each
    axis, `backend_name` who shall evaluate. `integer_path`: written with section 8 (for cores
    without an FPU) where its bounds can be proven. `companions`, `calibration` and `readings` stand
    beside the values (FORMAT.md sections 14 to 16). `artifact` and `path` are the bytes and the
    file the record was read from, `signature` who signed them, `parent` the record of which it
    fixes inputs {axis index: x}; a copy with other numbers has none of the four. Raises InputError
    where the parts do not fit.
    """

    def __init__(
        self,
        axes: Sequence[Axis],
        interaction: Interaction,
        outputs: Sequence[Output],
        *,
        dtypes: Sequence[str] | None = None,
        certificate: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        backend: str = "numpy",
        integer_path: bool = False,
        companions: Sequence[Companion[Any]] = (),
        calibration: Calibration | None = None,
        readings: Readings | None = None,
        signature: Signature | None = None,
        artifact: bytes | None = None,
        path: str | None = None,
        parent: Parent | None = None,
    ) -> None:
        self.axes = tuple(axes)
        self.interaction = interaction
        self.outputs = tuple(outputs)
        self.dtypes = tuple(dtypes or ["float64"] * len(self.axes))
        self.certificate = dict(certificate or {})
        self.metadata = dict(metadata or {})
        self.backend_name = backend
        self.integer_path = integer_path
        self.companions = tuple(companions)
        self.calibration, self.readings, self.signature = calibration, readings, signature
        self.artifact, self.path, self.parent = artifact, path, parent
        self._validate()
        if self.companions or calibration is not None or readings is not None:
            self._validate_beside()

    def _validate(self) -> None:
        names = [a.name for a in self.axes]
        if len(set(names)) != len(names) or not names:
            raise InputError(
                f"axis names must be unique and at least one; got {', '.join(names) or 'none'}"
            )
        if len({o.name for o in self.outputs}) != len(self.outputs) or not self.outputs:
            raise InputError("output names must be unique and at least one")
        if self.interaction.weights.shape[1] != len(self.outputs):
            raise InputError(
                f"weights have {self.interaction.weights.shape[1]} columns for {len(self.outputs)}"
                " outputs"
            )
        if self.interaction.n_axes != len(self.axes) or len(self.dtypes) != len(self.axes):
            raise InputError(f"{len(self.axes)} axes need as many tables and dtypes")
        for d, axis in enumerate(self.axes):
            rows, columns = self.interaction.rows(d).shape
            if columns and rows != axis.basis.n_rows:
                raise InputError(
                    f"axis {axis.name!r}: table has {rows} rows, its basis {axis.basis.n_rows}"
                )
        if not set(self.dtypes) <= set(DTYPES):
            raise InputError(f"dtypes must be among {', '.join(DTYPES)}")

    def _validate_beside(self) -> None:
        from .beside.fit import need_fit

        need_fit(self.axes, self.outputs, self.companions, self.calibration, self.readings)

    def __repr__(self) -> str:
        inputs, outputs = ", ".join(self.input_names), ", ".join(self.output_names)
        return (
            f"{type(self).__name__}({inputs} -> {outputs}; {self.interaction.kind.upper()},"
            f" {self.interaction.rank} modes, {self.parameters} parameters)"
        )

    @property
    def parameters(self) -> int:
        """Numbers stored: tables, weights and biases."""
        return self.interaction.parameters + len(self.outputs)

    @property
    def input_names(self) -> list[str]:
        """Names of the axes [D], in their order."""
        return [a.name for a in self.axes]

    @property
    def classes(self) -> tuple[Classes, ...]:
        """What outputs that are probabilities say of labels (FORMAT.md section 8); empty where none
        are."""
        if "classes" not in self.metadata:
            return ()
        from .classes import read_classes

        return read_classes(self.metadata, self.outputs)

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs [K], in their order."""
        return [o.name for o in self.outputs]

    def replace(self: Record, **changes: Any) -> Record:
        """A copy of the same type with some arguments of the constructor changed.

        It is not the file it was read from any more: `artifact`, `path`, `signature` and `parent`
        are kept only where they are given.
        """
        fields: dict[str, Any] = {
            "axes": self.axes,
            "interaction": self.interaction,
            "outputs": self.outputs,
            "dtypes": self.dtypes,
            "certificate": self.certificate,
            "metadata": self.metadata,
            "backend": self.backend_name,
            "integer_path": self.integer_path,
            "companions": self.companions,
            "calibration": self.calibration,
            "readings": self.readings,
        }
        return type(self)(**{**fields, **changes})

    def computed(self: Record, **changes: Any) -> Record:
        """`replace` for a function computed from this one: float64 tables, of the metadata the
        origin alone, no certificate, no integer path, nothing beside the values, a backend that
        needs no file."""
        origin = {k: v for k, v in self.metadata.items() if k in ("name", "source")}
        backend = "numpy" if self.backend_name in SERVED_FROM_FILES else self.backend_name
        plain: dict[str, Any] = {
            "dtypes": None,
            "certificate": None,
            "metadata": origin,
            "backend": backend,
            "integer_path": False,
            **ALONE,
        }
        return self.replace(**{**plain, **changes})
