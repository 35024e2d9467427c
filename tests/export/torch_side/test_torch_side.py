"""Torch modules: compiled to what they compute, trained to what can be reached, resumed exactly."""

from __future__ import annotations

import time

import numpy as np
import pytest

from sna_edge import InputError, Output, level_axis, spline_axis
from sna_export.adopt import Domain, from_model

from ...model_kinds import model_on

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'sna-edge[torch]'")

from sna_export.torch_side import (  # noqa: E402
    EncodedModule,
    SeparableModule,
    Training,
    khronos,
    train,
    warm_start,
)
from sna_export.torch_side.newton import Newton  # noqa: E402

BOX = (Domain("a", "mm", -1.0, 2.0), Domain("b", "", 0.0, 1.0), Domain("c", "K", 10.0, 20.0))
SMALL = {"bspline": 6, "fourier": 4, "chebyshev": 5, "radial": 7, "mlp": (8, 8)}
RANDOM = np.random.default_rng(0)


def points(count: int, box=BOX, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([d.lower + rng.random(count) * (d.upper - d.lower) for d in box], axis=1)


def truth(x: np.ndarray) -> np.ndarray:
    return np.sin(2 * x[:, 0]) * (1 + x[:, 1]) + 0.1 * x[:, 2] * x[:, 1]


@pytest.mark.parametrize("atoms", SMALL)
@pytest.mark.parametrize("shape", ["cp", "sparse", "train"])
def test_a_module_compiles_to_what_it_computes(atoms: str, shape: str) -> None:
    sparse = np.array([[1, 0, 1, 1], [0, 1, 1, 1], [0, 0, 0, 1]], dtype=bool)
    options = {
        "cp": {"modes": 4},
        "sparse": {"uses": sparse},
        "train": {"ranks": (3, 2), "modes": 2},
    }[shape]
    outputs = (Output("y", "um"), Output("risk", "", link="logistic"))
    module = SeparableModule(BOX, outputs, atoms=atoms, size=SMALL[atoms], **options)
    x = points(500)
    y = module(torch.as_tensor(x)).detach().numpy()
    np.testing.assert_allclose(module.adopted().value(x), y, rtol=1e-10, atol=1e-12)
    model = module.model(1e-7)
    np.testing.assert_allclose(model.value(x), y, atol=3e-7 * max(1.0, float(np.ptp(y))))
    assert model.certificate["adoption"] == (
        "exact" if atoms in ("bspline", "chebyshev") else "certified"
    )


def test_kinds_may_differ_from_axis_to_axis_and_khronos_is_one_of_them() -> None:
    mixed = SeparableModule(BOX, atoms=("bspline", "fourier", "mlp"), size=5, modes=3)
    assert mixed.model(1e-4).certificate["adoption"] == "certified"
    network = khronos(BOX, modes=6, spans=7)
    assert [a.basis.degree for a in network.model().axes] == [2, 2, 2]
    with pytest.raises(InputError, match="bspline, fourier"):
        SeparableModule(BOX, atoms="wavelet")


@pytest.mark.parametrize("atoms", SMALL)
def test_training_learns_and_the_artifact_keeps_it(atoms: str) -> None:
    x = points(1500)
    module = SeparableModule(BOX, atoms=atoms, size=SMALL[atoms], modes=4)
    done = train(
        module, x, truth(x), Training(starts=2, newton=15, epochs=40, batch=256, polish=100)
    )
    test = points(1000, seed=9)
    error = (
        np.sqrt(np.mean((module.model(1e-6).value(test)[:, 0] - truth(test)) ** 2))
        / truth(test).std()
    )
    assert done.after < 0.2 * done.before
    assert error < 0.02


@pytest.mark.parametrize("atoms", sorted(SMALL))
def test_numbers_are_drawn_anew_as_a_module_of_that_seed_has_them(atoms: str) -> None:
    module = SeparableModule(BOX, atoms=atoms, size=SMALL[atoms], modes=4)
    other = SeparableModule(BOX, atoms=atoms, size=SMALL[atoms], modes=4, seed=3)
    module.reset_parameters(3)
    for name, value in other.state_dict().items():
        assert torch.equal(module.state_dict()[name], value), name


def test_only_a_fresh_module_is_begun_from_several_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of numbers that lead nowhere (all tables zero, as a bad seed gives) is left for a
    better start."""
    x, seeds, reset = points(600), [], SeparableModule.reset_parameters
    monkeypatch.setattr(
        SeparableModule,
        "reset_parameters",
        lambda self, seed: (seeds.append(seed), reset(self, seed)),
    )
    ends = []
    for starts in (1, 3):
        module = SeparableModule(BOX, size=6, modes=2)
        with torch.no_grad():
            for atom in module.atoms:
                atom.table.zero_()
        ends.append(
            train(module, x, truth(x), Training(starts=starts, newton=10, epochs=0, polish=0)).after
        )
    assert seeds == [1, 2] and ends[1] < 0.5 * ends[0]
    train(module, x, truth(x), Training(newton=1, epochs=0, polish=0))
    assert seeds == [1, 2]


@pytest.mark.parametrize("shape", ["cp", "sparse", "train", "float32"])
def test_newton_steps_find_a_module_of_the_same_structure(shape: str) -> None:
    sparse = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1]], dtype=bool)
    options = {"sparse": {"uses": sparse}, "train": {"ranks": (2, 2), "modes": 2}}.get(
        shape, {"modes": 2}
    )
    outputs = (Output("y"), Output("z"))
    x = points(800)
    module = SeparableModule(BOX, outputs, size=3, seed=5, **options)
    with torch.no_grad():
        y = module(torch.as_tensor(x)).numpy()
        for parameter in module.parameters():
            parameter += 0.1 * torch.randn(
                parameter.shape, generator=torch.Generator().manual_seed(0)
            )
    module = module.float() if shape == "float32" else module
    done = train(
        module,
        x,
        y,
        Training(newton=60, smooth=0.0, epochs=0, polish=0),
        weight=np.linspace(0.5, 1.5, len(x)),
    )
    assert done.after < (1e-3 if shape == "float32" else 1e-5)


def test_newton_steps_take_more_and_more_rows_and_end_at_the_deadline() -> None:
    x = points(6000)
    y = truth(x) + 0.05 * np.random.default_rng(1).normal(size=len(x))
    module = SeparableModule(BOX, modes=3, size=5)
    centre, spread = y.mean(), y.std()
    seen: list[int] = []

    class Watched(Newton):
        def _step(self, rows, deadline):
            seen.append(len(rows))
            return super()._step(rows, deadline)

    target = torch.as_tensor((y - centre) / spread)[:, None]
    solver = Watched(
        module, [f.detach() for f in module.features(torch.as_tensor(x))], target, 1e-6
    )
    solver.run(torch.arange(6000), 400, 40, time.monotonic() + 60, lambda step: None)
    assert sorted(set(seen)) == [400, 4000, 6000]
    assert seen == sorted(seen)
    before = [p.detach().clone() for p in module.parameters()]
    solver.run(torch.arange(6000), 400, 40, time.monotonic() - 1, lambda step: None)
    assert all(torch.equal(a, b) for a, b in zip(before, module.parameters(), strict=True))


def test_progress_tells_stage_and_time_left() -> None:
    x = points(300)
    told: list[tuple[str, float, float]] = []
    module = SeparableModule(BOX, modes=2, size=4)
    train(
        module,
        x,
        truth(x),
        Training(newton=5, epochs=4, batch=64, polish=20),
        progress=lambda *line: told.append(line),
    )
    assert {m.split(":")[0] for m, _, _ in told} == {"Levenberg-Marquardt", "Adam", "L-BFGS"}
    assert any("4 of 4" in m for m, _, _ in told)
    assert np.isfinite([left for _, _, left in told[1:]]).all()
    train(module, x, truth(x), Training(newton=0, epochs=1, batch=64, polish=0), progress=True)


def test_training_stops_early_when_nothing_is_gained() -> None:
    x = points(200)
    y = np.random.default_rng(3).normal(size=len(x))
    how = Training(newton=0, epochs=200, rate=0.03, batch=64, polish=0, patience=4)
    assert train(SeparableModule(BOX, modes=4, size=8), x, y, how).epochs < 100


def test_a_warm_start_is_never_lost() -> None:
    x = points(1200)
    y = truth(x) + 0.05 * np.random.default_rng(1).normal(size=len(x))
    first = SeparableModule(BOX, modes=4, size=5)
    train(first, x, y, Training(epochs=30, batch=256, polish=100))
    second = SeparableModule.from_model(first.model())
    np.testing.assert_allclose(
        second(torch.as_tensor(x)).detach(), first(torch.as_tensor(x)).detach(), rtol=1e-9
    )
    done = train(second, x, y, Training(epochs=3, rate=0.5, batch=64, polish=0))
    assert done.after <= done.before


def test_a_cold_start_takes_the_structure_and_no_numbers() -> None:
    x = points(50)
    made = SeparableModule(
        BOX, modes=4, size=5, uses=np.arange(4 * len(BOX)).reshape(len(BOX), 4) % 3 > 0, seed=3
    )
    model = made.model()
    one, same, other = (SeparableModule.from_model(model, seed=seed) for seed in (3, 3, 4))
    value = [m(torch.as_tensor(x)).detach() for m in (made, one, same, other)]
    assert (
        torch.equal(value[1], value[2])
        and not torch.allclose(value[1], value[3])
        and not torch.allclose(value[0], value[3])
    )
    assert [a.table.shape for a in one.atoms] == [a.table.shape for a in made.atoms] and (
        one.uses == model.interaction.uses
    ).all()
    assert float(one.centre.abs().sum()) == 0.0 and float(one.spread[0]) == 1.0


def test_least_squares_starts_where_training_would_arrive() -> None:
    x = points(1000)
    module = warm_start(SeparableModule(BOX, modes=4, size=5), x, truth(x))
    error = float(
        (module(torch.as_tensor(x)).detach()[:, 0] - torch.as_tensor(truth(x)))
        .square()
        .mean()
        .sqrt()
    )
    assert error < 0.01 * truth(x).std()
    assert train(module, x, truth(x), Training(epochs=1, polish=20)).before < 0.02
    with pytest.raises(InputError, match="B-spline"):
        warm_start(SeparableModule(BOX, atoms="fourier", size=3, modes=2), x, truth(x))


def test_a_start_on_noisy_rows_is_no_worse_than_none() -> None:
    rng = np.random.default_rng(0)
    x, fresh = (rng.random((n, 3)) for n in (300, 3000))
    box = [Domain(f"x{d}", "", 0.0, 1.0) for d in range(3)]

    def law(x: np.ndarray) -> np.ndarray:
        return np.sin(3 * x[:, 0]) * x[:, 1] + np.cos(4 * x[:, 2]) * x[:, 0]

    y = law(x) + 0.57 * rng.normal(size=300)
    errors = []
    for warm in (False, True):
        module = SeparableModule(box, modes=6)
        train(warm_start(module, x, y) if warm else module, x, y)
        errors.append(
            float(np.sqrt(np.mean((module.model().value(fresh)[:, 0] - law(fresh)) ** 2)))
        )
    assert errors[1] <= 1.1 * errors[0]


def test_a_model_with_levels_goes_through_a_module() -> None:
    axes = [
        spline_axis("x", "", 0.0, 1.0, spans=4),
        level_axis("metal", ("steel", "brass", "zinc")),
    ]
    model = model_on(axes, modes=3)
    again = SeparableModule.from_model(model).model()
    x = np.array([[0.2, 0.0], [0.9, 2.0], [0.5, 1.0]])
    np.testing.assert_allclose(
        again.value(x, level_index=True), model.value(x, level_index=True), atol=1e-12
    )
    assert again.axes[1].level_names == ("steel", "brass", "zinc")
    assert from_model(model).compile().value(x, level_index=True).shape == (3, 1)


def test_what_training_cannot_use_is_one_sentence(tmp_path) -> None:
    x = points(50)
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="no CUDA device"):
            train(SeparableModule(BOX, modes=2), x, truth(x), device="cuda")
    (tmp_path / "run.npz").write_bytes(b"not a checkpoint")
    with pytest.raises(InputError, match="is not a checkpoint"):
        train(
            SeparableModule(BOX, modes=2),
            x,
            truth(x),
            Training(epochs=1, newton=0),
            checkpoint=tmp_path / "run.npz",
        )


def test_a_resumed_run_ends_where_an_unbroken_one_does(tmp_path) -> None:
    x = points(300)
    whole, parts = (SeparableModule(BOX, modes=2, size=4) for _ in range(2))
    train(whole, x, truth(x), Training(epochs=6, batch=64, polish=0))
    stop = tmp_path / "run.npz"

    class Stop(Exception):
        pass

    def watch(epoch: int, error: float) -> None:
        if epoch == 3:
            raise Stop

    with pytest.raises(Stop):
        train(
            parts, x, truth(x), Training(epochs=6, batch=64, polish=0), checkpoint=stop, watch=watch
        )
    fresh = SeparableModule(BOX, modes=2, size=4)
    train(fresh, x, truth(x), Training(epochs=6, batch=64, polish=0), checkpoint=stop)
    for a, b in zip(whole.parameters(), fresh.parameters(), strict=True):
        assert torch.equal(a, b)
    other = SeparableModule(BOX, modes=3, size=4)
    with pytest.raises(InputError, match="another module"):
        train(other, x, truth(x), Training(epochs=6, batch=64, polish=0), checkpoint=stop)


def test_extra_losses_links_and_weights_take_part() -> None:
    x = points(800)
    y = np.exp(0.3 * truth(x))
    module = SeparableModule(BOX, (Output("y", "", link="exp"),), modes=3, size=4)
    edge = torch.tensor([[-1.0, 0.0, 10.0]], dtype=torch.float64)
    train(
        module,
        x,
        y,
        Training(losses={"mse": 0.9, "huber": 0.1}, epochs=20, batch=128, polish=60),
        weight=np.ones(len(x)),
        extra=lambda m: 10.0 * ((m(edge) - 2.0) ** 2).sum(),
        device="cpu",
    )
    assert abs(float(module(edge)) - 2.0) < 0.05
    assert bool((module(torch.as_tensor(x)) > 0).all())


@pytest.mark.parametrize(("inputs", "fill", "outputs"), [(2, 0.0, 1), (3, np.nan, 1), (3, 0.0, 2)])
def test_rows_that_do_not_fit_are_refused(inputs: int, fill: float, outputs: int) -> None:
    x, y = np.full((5, inputs), fill), np.zeros((5, outputs))
    with pytest.raises(InputError):
        train(SeparableModule(BOX, modes=2), x, y)
    with pytest.raises(InputError, match="mse, mae"):
        Training(losses={"cross": 1.0})


def test_an_encoder_goes_to_onnx_and_its_head_to_an_artifact(tmp_path) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    import sna_edge

    torch.manual_seed(0)
    encoder = torch.nn.Sequential(
        torch.nn.Conv1d(1, 4, 5), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(4 * 12, 3)
    )
    whole = EncodedModule(encoder, SeparableModule(BOX, modes=3, size=4))
    z = torch.randn(6, 1, 16)
    files = whole.export(z[:1], tmp_path)
    inputs = runtime.InferenceSession(files[0]).run(None, {"z": z.numpy()})[0]
    model = sna_edge.load(files[1])
    np.testing.assert_allclose(
        model.value(inputs.astype(float)), whole(z).detach().numpy(), rtol=1e-4, atol=1e-5
    )


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_training_on_a_gpu_gives_what_the_cpu_gives() -> None:
    x = points(2000)
    errors = []
    for device in ("cpu", "cuda"):
        module = SeparableModule(BOX, modes=4, size=6)
        errors.append(
            train(
                module, x, truth(x), Training(epochs=30, batch=256, polish=60), device=device
            ).after
        )
    assert abs(errors[0] - errors[1]) <= 0.2 * errors[0] + 1e-4
