"""One numbered status list, shared by Python, C, the command line and the docs."""

from enum import IntEnum


class Status(IntEnum):
    """What an answer is worth: 0 is plain, positive carries a remark, negative means no value."""

    OK = 0
    SEVERAL = 1
    TANGENT = 2
    EXTRAPOLATED = 3
    EDGE = 4
    OUT_OF_DOMAIN = -1
    BAD_INPUT = -2
    UNREACHABLE = -3
    NOT_CONVERGED = -4
    DEADLINE = -5
    NOT_VERIFIED = -6
    CORRUPT = -7
    UNSUPPORTED = -8
    NO_SPACE = -9

    @property
    def label(self) -> str:
        """The word used in JSON, tables and messages: ``out_of_domain``."""
        return self.name.lower()


MEANING: dict[Status, str] = {
    Status.OK: "answered",
    Status.SEVERAL: "answered; more than one solution",
    Status.TANGENT: "answered; solutions touch or lie closer than 1e-6 of the axis",
    Status.EXTRAPOLATED: (
        "answered outside the domain because it was asked for; linear from the boundary"
    ),
    Status.EDGE: "answered inside the domain where training rows are missing",
    Status.OUT_OF_DOMAIN: "no value: an input is outside the closed domain",
    Status.BAD_INPUT: "no value: an input is missing, not a number or not usable",
    Status.UNREACHABLE: "no solution: the target is not reached inside the domain",
    Status.NOT_CONVERGED: "no solution found that satisfies the tolerance",
    Status.DEADLINE: "stopped at the deadline; best so far is given",
    Status.NOT_VERIFIED: "the model has not passed its checks",
    Status.CORRUPT: "the artifact breaks a rule of its format",
    Status.UNSUPPORTED: "the artifact or the request needs something this runtime does not have",
    Status.NO_SPACE: "the caller's buffer is too small",
}
