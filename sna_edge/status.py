"""One numbered status list, shared by Python, C, the command line and the docs."""

from enum import IntEnum


class Status(IntEnum):
    """What an answer is worth: 0 is plain, positive carries a remark, negative means no value."""

    OK = 0
    SEVERAL = 1
    TANGENT = 2
    EXTRAPOLATED = 3
    EDGE = 4
    UNFAMILIAR = 5
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
    Status.TANGENT: (
        "answered; the curve only touches the target, or solutions lie closer than 1e-6 of the axis"
    ),
    Status.EXTRAPOLATED: (
        "answered outside the domain, as requested: continued linearly from the boundary"
    ),
    Status.EDGE: "answered inside the domain, but where there are no training data",
    Status.UNFAMILIAR: (
        "answered inside the domain, but inputs like these were hardly ever seen in training"
    ),
    Status.OUT_OF_DOMAIN: "no value: an input is outside the domain",
    Status.BAD_INPUT: "no value: an input is missing, not a number or unusable",
    Status.UNREACHABLE: "no solution: the target is not reached anywhere in the domain",
    Status.NOT_CONVERGED: "no solution found within the tolerance",
    Status.DEADLINE: "stopped at the deadline; the answer is the best so far",
    Status.NOT_VERIFIED: "the model has not passed its checks",
    Status.CORRUPT: "the artifact breaks a rule of its format",
    Status.UNSUPPORTED: "the artifact or the request needs a feature this runtime does not have",
    Status.NO_SPACE: "the caller's buffer is too small",
}
