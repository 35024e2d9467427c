"""A program and the library compiled with different options: they do not link, or they agree. Never
a number written over."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ..c_library import SOURCE
from ..c_models import axes_of, cp_model

SANITIZE = ["-fsanitize=address", "-O0"]
PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include "sna.h"
int main(int argc, char **argv) {
    SNA_ALIGN(64) static unsigned char bytes[1 << 16];
    SNA_ALIGN(8) static unsigned char work[1 << 14];
    struct { sna_real before[2], y[1], after[2]; } guarded = {{7, 7}, {0}, {7, 7}};
    sna_real x[2], dy[2], low, high, nearest;
    sna_root roots[4];
    sna_fault fault;
    sna_model model;
    size_t found, size;
    FILE *f = fopen(argv[argc - 1], "rb");
    if (!f) return 9;
    size = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    x[0] = (sna_real)0.25; x[1] = (sna_real)1.5;
    if (sna_open(bytes, size, &model) != SNA_OK) return 2;
    if (sna_verify(&model, work, sizeof work) != SNA_OK) return 2;
    if (sna_eval(&model, 0, x, guarded.y, work, sizeof work) != SNA_OK) return 3;
    if (sna_eval_grad(&model, 0, x, guarded.y, dy, work, sizeof work) != SNA_OK) return 3;
    if (sna_roots(&model, x, 0, 0, guarded.y[0], roots, 4, &found, &nearest, work,
                  sizeof work) < 0)
        return 4;
    if (found < 1) return 4;
    if (sna_locate(&model, 0, x, &fault) != SNA_OK || fault.axis != -1) return 5;
    if (sna_interval(&model, 0, SNA_OK, guarded.y[0], &low, &high) != SNA_BAD_INPUT) return 5;
    for (int i = 0; i < 2; i++) {
        if (guarded.before[i] < 7 || guarded.before[i] > 7) return 6;
        if (guarded.after[i] < 7 || guarded.after[i] > 7) return 6;
    }
    printf("%.6f", (double)guarded.y[0]);
    return 0;
}
"""
# what the library got, what the program got, and whether they fit together
PAIRS = {
    "float library": ("-DSNA_FLOAT", "", False),
    "float program": ("", "-DSNA_FLOAT", False),
    "both float": ("-DSNA_FLOAT", "-DSNA_FLOAT", True),
    "both double": ("", "-DSNA_DOUBLE", True),
    "single FPU, library only": ("-D__ARM_FP=4", "", False),
    "half and single FPU, program only": ("", "-D__ARM_FP=6", False),
    "single FPU on both": ("-D__ARM_FP=4", "-D__ARM_FP=6", True),
    "double FPU": ("-D__ARM_FP=14", "", True),
    "double asked for on a single FPU": ("-D__ARM_FP=4 -DSNA_DOUBLE", "-D__ARM_FP=4", False),
    "RISC-V with F": ("-D__riscv_flen=32", "-D__riscv_flen=64", False),
    "Xtensa": ("-D__XTENSA__", "", False),
    "Xtensa on both": ("-D__XTENSA__", "-D__XTENSA__", True),
    "no trains in the library": (
        "-DSNA_NO_TT -DSNA_NO_F16 -DSNA_NO_INT -DSNA_NO_LINK -DSNA_NO_FIXED", "", True,
    ),
    "no trains in the program": ("",
        "-DSNA_NO_TT -DSNA_NO_F16 -DSNA_NO_INT -DSNA_NO_LINK -DSNA_NO_FIXED", True),
    "digest in the library": ("-DSNA_SHA256", "", True),
    "plain C in the program": ("", "-DSNA_PLAIN_C -DSNA_FUSE", True),
    "another limit in the library": ("-DSNA_MAX_AXES=8 -DSNA_MAX_DEGREE=3 -w", "", True),
    "another limit in the program": ("",
        "-DSNA_MAX_AXES=8 -DSNA_MAX_OUTPUTS=1 -DSNA_MAX_RANK=2 -w", True),
    "short enums in the library": ("-fshort-enums", "", True),
    "short enums in the program": ("", "-fshort-enums", True),
    "packed structs in the program": ("", "-fpack-struct", True),
    "packed structs in a float program": ("-DSNA_FLOAT", "-DSNA_FLOAT -fpack-struct", True),
    "C++ program of floats": ("", "-x c++ -std=c++17 -DSNA_FLOAT", False),
    "C++ program": ("", "-x c++ -std=c++17", True),
}  # fmt: skip


def compiled(compiler: str, flags: str, source: Path, target: Path) -> None:
    command = [
        compiler,
        *SANITIZE,
        f"-I{SOURCE}",
        *flags.split(),
        "-c",
        str(source),
        "-o",
        str(target),
    ]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    path = tmp_path_factory.mktemp("artifact") / "m.sna"
    model = cp_model(axes_of("uniform", 3, 2))
    model.save(path)
    return path, float(model.backend.value([[0.25, 1.5]])[0, 0])


@pytest.fixture(scope="module")
def libraries(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One object for each set of options."""
    folder, made = tmp_path_factory.mktemp("libraries"), {}
    for i, flags in enumerate(dict.fromkeys(pair[0] for pair in PAIRS.values())):
        made[flags] = folder / f"{i}.o"
        compiled(compiler, f"-std=c99 {flags}", SOURCE / "sna.c", made[flags])
    return made


@pytest.mark.parametrize("name", PAIRS)
def test_options_that_do_not_agree_do_not_link(
    name: str,
    artifact: tuple[Path, float],
    libraries: dict[str, Path],
    compiler: str,
    tmp_path: Path,
) -> None:
    library, program, fits = PAIRS[name]
    source = tmp_path / "program.c"
    source.write_text(PROGRAM)
    compiled(
        compiler,
        program if "c++" in program else f"-std=c99 {program}",
        source,
        tmp_path / "program.o",
    )
    linked = [
        compiler,
        *SANITIZE,
        str(tmp_path / "program.o"),
        str(libraries[library]),
        "-lstdc++",
        "-o",
        str(tmp_path / "p"),
    ]
    done = subprocess.run(linked, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == fits, done.stderr
    if fits:
        ran = subprocess.run(
            [str(tmp_path / "p"), str(artifact[0])], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        assert abs(float(ran.stdout) - artifact[1]) < 1e-5
    else:
        assert "sna_open" in done.stderr


def test_float_and_double_exclude_each_other(compiler: str, tmp_path: Path) -> None:
    command = [
        compiler,
        "-DSNA_FLOAT",
        "-DSNA_DOUBLE",
        "-c",
        str(SOURCE / "sna.c"),
        "-o",
        str(tmp_path / "o"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode and "exclude each other" in done.stderr


def test_options_header_reaches_library_and_program(
    artifact: tuple[Path, float], compiler: str, tmp_path: Path
) -> None:
    """Arduino users cannot pass -D to a library: they write it into sna_options.h, once."""
    for name in ("sna.c", "sna.h"):
        (tmp_path / name).write_bytes((SOURCE / name).read_bytes())
    (tmp_path / "sna_options.h").write_text("#define SNA_FLOAT\n")
    (tmp_path / "program.c").write_text(PROGRAM)
    command = [
        compiler,
        *SANITIZE,
        "-std=c99",
        str(tmp_path / "program.c"),
        str(tmp_path / "sna.c"),
        "-o",
        str(tmp_path / "p"),
    ]
    subprocess.run(command, check=True)
    assert (
        "sna_eval_f32"
        in subprocess.run(
            ["nm", str(tmp_path / "p")], capture_output=True, text=True, check=True
        ).stdout
    )
    subprocess.run([str(tmp_path / "p"), str(artifact[0])], check=True, capture_output=True)


BUILDS = {"first.cpp": "-DSNA_FLOAT", "second.cpp": ""}


def test_two_faces_in_one_program_do_not_merge(compiler: str, tmp_path: Path) -> None:
    """sna::Model of floats and sna::Model of doubles are two types to the linker."""
    symbols = []
    for name, flags in BUILDS.items():
        source = tmp_path / name
        source.write_text(
            '#include "cpp/sna.hpp"\nbool f(const void *b) { sna::Model<64> m(b, 1); return'
            " bool(m); }\n"
        )
        compiled(compiler, f"-x c++ -std=c++17 {flags}", source, tmp_path / f"{name}.o")
        out = subprocess.run(
            ["nm", str(tmp_path / f"{name}.o")], capture_output=True, text=True, check=True
        ).stdout
        symbols.append({line.split()[-1] for line in out.splitlines() if "Model" in line})
    assert symbols[0] and symbols[1] and not symbols[0] & symbols[1]
