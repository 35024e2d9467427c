"""Models from files and into files; what checks and writes them is imported at the first call."""

from __future__ import annotations

import os
import struct
from os import PathLike

from .core.record import ModelRecord
from .model import Model
from .signing import KeyRing, Trust, configured_keys, examined


def load(
    path: str | PathLike[str],
    backend: str = "auto",
    *,
    keys: str | PathLike[str] | None = None,
    insecure: bool = False,
) -> Model:
    """The model in the file `path`, every rule of FORMAT.md checked and its golden vectors
    replayed.

    `backend`: "auto" (native where it is installed, else numpy) or one of native, numpy, torch,
    tflite. `keys`: the key ring that has to vouch for the file, by default the one this machine is
    configured with (`sna_edge.signing.configured_keys`); `insecure` takes a file that it refuses.
    Raises InputError where there is no such file, TrustError where the keys do not vouch for it,
    ArtifactError with the named rule that is broken, BackendError where the backend is not there.

    >>> import os, sna_edge, tempfile
    >>> axis = sna_edge.spline_axis("x", "m", 0, 2, spans=1, degree=1)
    >>> line = sna_edge.Model([axis], sna_edge.CP.full([[[1], [3]]]), [sna_edge.Output("y")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     line.save(os.path.join(folder, "line.sna"))
    ...     sna_edge.load(os.path.join(folder, "line.sna"), backend="numpy")(x=1)
    array([2.])
    """
    return load_trusted(path, backend, configured_keys(keys), insecure=insecure)[0]


def load_trusted(
    path: str | PathLike[str],
    backend: str = "auto",
    keys: KeyRing | None = None,
    *,
    least_version: int = 0,
    insecure: bool = False,
) -> tuple[Model, Trust]:
    """The model in `path` and what `keys`, if there are any, say of its bytes: they are asked
    before the file is read any further. Raises as `load`, TrustError also for a model older than
    `least_version`."""
    from .artifact.disk import read_whole

    data = read_whole(path)
    trust = examined(data, keys, least_version=least_version, insecure=insecure)
    return from_bytes(data, backend, path=os.fspath(path)), trust


def from_bytes(data: bytes, backend: str = "auto", *, path: str | None = None) -> Model:
    """The model in `data`, as `load` gives it; `path` names their file to backends that read
    another one beside it.

    Raises ArtifactError with the named rule that is broken, BackendError where the backend is not
    there.

    >>> import sna_edge
    >>> axis = sna_edge.spline_axis("x", "m", 0, 2, spans=1, degree=1)
    >>> line = sna_edge.Model([axis], sna_edge.CP.full([[[1], [3]]]), [sna_edge.Output("y")])
    >>> sna_edge.from_bytes(line.to_bytes(), backend="numpy")(x=1)
    array([2.])
    >>> sna_edge.from_bytes(b"abc")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    sna_edge.errors.ArtifactError: too_short: ...
    """
    from .artifact.golden import replay
    from .artifact.integer_section import replay as replay_integers
    from .artifact.reader import from_bytes as opened
    from .artifact.reader import golden_vectors

    model, raw = opened(bytes(data), Model, path=path)
    golden = golden_vectors(raw)
    replay(model.backend, golden)
    if raw.has_integer_path:
        replay_integers(raw)
    if model.readings is not None and raw.readings is not None and len(raw.readings.golden):
        from .artifact.beside.reference_readings import replay_readings

        replay_readings(model.readings, raw.readings.golden, raw.readings.expected)
    for companion, inside in zip(model.companions, raw.companions, strict=True):
        replay(companion.model.backend, golden_vectors(inside.file))
        if inside.file.has_integer_path:
            replay_integers(inside.file)
    if backend != "numpy":
        model = model.with_backend(backend)
        replay(model.backend, golden)
        if model.companions and model.backend.name == "native":
            model = model.with_backend("native")  # "auto" leaves companions to numpy
    return model


def supported_formats() -> tuple[tuple[int, int], ...]:
    """(major, minor) of the formats that are read here, the oldest first; a model is written in the
    oldest one that holds it.

    >>> import sna_edge
    >>> sna_edge.supported_formats()
    ((1, 0), (1, 1))
    """
    from .artifact.layout import FORMATS

    return FORMATS


def format_of(data: bytes) -> str:
    """The version that a checked artifact says it has, as in '1.0'."""
    major, minor = struct.unpack_from("<2H", data, 8)
    return f"{major}.{minor}"


def write(model: ModelRecord) -> bytes:
    """The artifact's bytes, the same for the same model. Raises InputError where a number does not
    fit its storage type or a count exceeds a limit of the format."""
    from .artifact.writer import write as written

    return written(model)


def save(model: ModelRecord, path: str | PathLike[str]) -> None:
    """Write the artifact of `model` to `path` through a temporary file: all of it or nothing."""
    from .artifact.disk import write_whole

    write_whole(path, write(model))
