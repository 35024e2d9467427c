"""Names of a model in C: file names, prefixes and enumerators that meet nothing else, the same for
the same model every time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256

LONGEST = 48  # characters of a stem; inputs and outputs as many again
WORDS = (
    "sna sna_options selftest makefile main"  # files beside the generated ones
    " assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal"
    " stdalign stdarg stdatomic stdbit stdbool"
    " stdckdint stddef stdint stdio stdlib stdnoreturn string strings tgmath threads time uchar"
    " wchar wctype"  # C
    " aio aliases alloca ar argp argz byteswap cpio dirent dlfcn elf endian envlock envz err error"
    " execinfo fastmath fcntl features fmtmsg fnmatch fstab fts ftw gconv getopt glob grp gshadow"
    " iconv ieeefp ifaddrs io langinfo lastlog libgen libintl link malloc mcheck memory mntent"
    " monetary mqueue ndbm netdb newlib nl_types nss obstack paths poll printf proc_service process"
    " pthread pty pwd re_comp reent regdef regex regexp resolv sched search semaphore sgtty shadow"
    " spawn stab stdio_ext syscall sysexits syslimits syslog tar termio termios thread_db ttyent"
    " ucontext ulimit unctrl unistd utime utmp utmpx values wait wordexp"  # glibc and newlib
    " availability conio corecrt crtdefs direct dos eh intrin mbstring new sal share tchar"
    " vcruntime windows yvals"  # other systems
    " arduino binary pins_arduino print printable server spi stream udp wire wstring client"
    " eeprom sd"  # Arduino
    " autoconf device kernel zephyr"  # Zephyr
    " aux con nul prn clock"
)
TAKEN = frozenset(WORDS.split()) | {
    f"{port}{n}" for port in ("com", "lpt") for n in range(10)
}  # what Windows keeps for itself
OWN = (
    "H",
    "SIZE",
    "INPUTS",
    "OUTPUTS",
    "HAS_INTEGER_PATH",
    "WORK_BYTES",
    "WORK_GRAD_BYTES",
    "WORK_ROOTS_BYTES",
    "ROOTS_STEPS",
    "READINGS",
)
"""Macros of a generated header, after its prefix."""
MACROS = re.compile(
    r"(U?INT((_LEAST|_FAST)?\d+|MAX|PTR)?|[SU]?CHAR|U?SHRT|U?L?LONG|U?LONG_LONG|S?SIZE|PTRDIFF|SIG_ATOMIC"
    r"|WCHAR|WINT|BOOL|RAND|TMP|FILENAME|FOPEN|MB_LEN|MB_CUR|PATH|NAME|LINE|ARG|OPEN|PIPE|IOV|HOST_NAME|LOGIN_NAME)"
    r"_(MAX|MIN|WIDTH|BIT|BUF|C)"
    r"|(FLT|DBL|LDBL|DECIMAL|FP|FE|LC|ATOMIC|MATH|CMPLX|HUGE|CLOCKS|SIG|SEEK|EXIT|ONCE|TSS)_\w+"
    r"|M_(E|PI|PI_[24]|[12]_PI|2_SQRTPI|SQRT2|SQRT1_2|LN2|LN10|LOG2E|LOG10E)"
)
"""Macros of the standard headers, and families that C keeps for itself: no enumerator may be one,
as INT8_MAX of a model `int8` with an input `max`, or M_PI of `m` and `pi`."""


def ascii_of(text: str) -> str:
    """Letters without their accents, Greek letters by name, everything else as it is."""
    out = []
    for sign in unicodedata.normalize("NFKD", text.replace("ß", "ss")):
        named = unicodedata.name(sign, "")
        if named.startswith("GREEK") and "LETTER " in named:
            out.append(named.split("LETTER ")[1].split()[0].lower())
        elif not unicodedata.combining(sign):
            out.append(sign)
    return "".join(out)


def word(text: str) -> str:
    """Small ASCII letters, digits and single underscores between them; '' where nothing is left;
    long texts end in a digest."""
    name = re.sub(r"[^a-z0-9]+", "_", ascii_of(text).lower()).strip("_")
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 9].rstrip('_')}_{_digest(text)}"


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogateescape")).hexdigest()[:8]


def identifier(text: str) -> str:
    """Stem of a model's files, functions and macros from a file name: no keyword, header, device or
    file of the library."""
    name = word(text)
    if not name:
        return f"model_{_digest(text)}" if text.strip("._- ") else "model_0"
    return (
        f"model_{name}"
        if name in TAKEN or name[0].isdigit() or name.startswith(("sna_", "arduino"))
        else name
    )


def enumerators(names: Iterable[str], taken: set[str], other: str, prefix: str = "") -> list[str]:
    """Names after `prefix`, in capitals: the plain word, `other` and the position without one, a
    number where two would meet.

    `taken` grows by what is returned. A name that could be one of an output, or a macro of the
    header or of C, begins with IN_.
    """
    out = []
    for position, text in enumerate(names):
        base = word(text).upper() or f"{other}{position}"
        if other == "INPUT_" and _meets(base, prefix):
            base = f"IN_{base}"
        made, number = base, 2
        while made in taken:
            made, number = f"{base}_{number}", number + 1
        taken.add(made)
        out.append(made)
    return out


def _meets(base: str, prefix: str) -> bool:
    """Whether an input of this name could be taken for another one, or is a macro."""
    return (
        base in OWN
        or base.startswith(("OUT_", "IN_", "RAW_"))
        or MACROS.fullmatch(f"{prefix}_{base}") is not None
    )
