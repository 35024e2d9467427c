"""modelDescription.xml of FMI 2.0 and 3.0, and the list of sources of 3.0."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from sna_edge.values.units import SCALES, TEMPERATURES, ZEROS, parsed

from .plan import About
from .variables import Variable

BASE = {"kg", "m", "s", "A", "K", "mol", "cd", "rad"}
CATEGORIES = {
    "logStatusWarning": "outside the domain, and yet answered",
    "logStatusDiscard": "no value: an input is outside the domain",
    "logStatusError": "a call that the FMU cannot answer",
}


def description(fmi: int, about: About, variables: list[Variable], stop: int) -> bytes:
    """The XML of modelDescription.xml in FMI `fmi` (2 or 3); the default experiment ends at
    `stop`."""
    root = _second(about, variables) if fmi == 2 else _third(about, variables)
    experiment = root.find("DefaultExperiment")
    if experiment is not None:
        experiment.set("stopTime", str(stop))
    return _written(root)


def build_description(about: About) -> bytes:
    """sources/buildDescription.xml of FMI 3.0."""
    root = Element("fmiBuildDescription", fmiVersion="3.0")
    build = SubElement(root, "BuildConfiguration", modelIdentifier=about.identifier)
    files = SubElement(build, "SourceFileSet", language="C99")
    for name in about.sources:
        SubElement(files, "SourceFile", name=name)
    return _written(root)


def _head(about: About, version: str, token: str) -> Element:
    return Element(
        "fmiModelDescription",
        {
            "fmiVersion": version,
            "generationTool": about.tool,
            "modelName": legal(about.name),
            token: about.token,
            "description": legal(about.description),
            "version": about.version,
            "variableNamingConvention": "structured",
        },
    )


def _second(about: About, variables: list[Variable]) -> Element:
    root = _head(about, "2.0", "guid")
    can = {
        "modelIdentifier": about.identifier,
        "canNotUseMemoryManagementFunctions": "true",
        "canGetAndSetFMUstate": "true",
        "canSerializeFMUstate": "true",
        "providesDirectionalDerivative": "true",
    }
    steps = {"canHandleVariableCommunicationStepSize": "true"}
    for kind, more in (("ModelExchange", {}), ("CoSimulation", steps)):
        files = SubElement(SubElement(root, kind, {**can, **more}), "SourceFiles")
        for name in about.sources:
            SubElement(files, "File", name=name)
    _shared(root, variables, 2)
    where = SubElement(root, "ModelVariables")
    for v in variables:
        told = SubElement(where, "ScalarVariable", _facts(v))
        kind = "Real" if v.continuous else "Enumeration"
        SubElement(told, kind, _numbers(v))
    structure = SubElement(root, "ModelStructure")
    computed = [i for i, v in enumerate(variables, 1) if v.causality == "output"]
    for part in ("Outputs", "InitialUnknowns"):
        listed = SubElement(structure, part)
        for index in computed:
            SubElement(listed, "Unknown", index=str(index))
    return root


def _third(about: About, variables: list[Variable]) -> Element:
    root = _head(about, "3.0", "instantiationToken")
    can = {
        "modelIdentifier": about.identifier,
        "canGetAndSetFMUState": "true",
        "canSerializeFMUState": "true",
        "providesDirectionalDerivatives": "true",
        "providesAdjointDerivatives": "true",
    }
    SubElement(root, "ModelExchange", {**can, "needsCompletedIntegratorStep": "true"})
    SubElement(root, "CoSimulation", {**can, "canHandleVariableCommunicationStepSize": "true"})
    _shared(root, variables, 3)
    where = SubElement(root, "ModelVariables")
    for v in variables:
        kind = "Float64" if v.continuous else "Enumeration"
        SubElement(where, kind, {**_facts(v), **_numbers(v)})
    facts = {"valueReference": "0", "causality": "independent", "variability": "continuous"}
    SubElement(where, "Float64", {"name": "time", **facts})
    structure = SubElement(root, "ModelStructure")
    for part in ("Output", "InitialUnknown"):
        for v in variables:
            if v.causality == "output":
                SubElement(structure, part, valueReference=str(v.reference))
    return root


def _shared(root: Element, variables: list[Variable], fmi: int) -> None:
    """What both versions say in nearly the same words."""
    if units := sorted({legal(v.unit) for v in variables if v.unit}):
        listed = SubElement(root, "UnitDefinitions")
        for unit in units:
            made = SubElement(listed, "Unit", name=unit)
            if base := base_unit(unit):
                SubElement(made, "BaseUnit", base)
    types = SubElement(root, "TypeDefinitions")
    for v in variables:
        if v.items:
            _type(types, v, fmi)
    categories = SubElement(root, "LogCategories")
    for name, told in CATEGORIES.items():
        SubElement(categories, "Category", name=name, description=told)
    SubElement(root, "DefaultExperiment", startTime="0", stepSize="1")


def _type(types: Element, v: Variable, fmi: int) -> None:
    """The enumeration of one variable."""
    if fmi == 2:
        made = SubElement(SubElement(types, "SimpleType", name=type_name(v)), "Enumeration")
    else:
        made = SubElement(types, "EnumerationType", name=type_name(v))
    taken: set[str] = set()
    for name, number, told in v.items:
        shown = legal(name)
        if shown in taken:  # levels that differed in what XML cannot hold
            shown = f"{shown} {number}"
        taken.add(shown)
        SubElement(made, "Item", {"name": shown, "value": str(number), "description": legal(told)})


def type_name(v: Variable) -> str:
    """Name of the type of an enumeration: no variable has it, since none ends like this."""
    return f"{v.name} levels" if v.causality == "input" else f"{v.name} numbers"


def _facts(v: Variable) -> dict[str, str]:
    """Of the variable whatever it holds."""
    variability = "fixed" if v.causality == "parameter" else _variability(v)
    initial = {"output": {"initial": "calculated"}, "parameter": {"initial": "exact"}}
    return {
        "name": v.name,
        "valueReference": str(v.reference),
        "description": legal(v.description),
        "causality": v.causality,
        "variability": variability,
        **initial.get(v.causality, {}),
    }


def _variability(v: Variable) -> str:
    return "continuous" if v.continuous else "discrete"


def _numbers(v: Variable) -> dict[str, str]:
    """Type, unit, limits and start."""
    if v.items:
        found: dict[str, object] = {"declaredType": type_name(v), "start": v.start}
    else:
        found = {
            "unit": legal(v.unit) or None,
            "min": v.least,
            "max": v.most,
            "nominal": v.nominal,
            "start": v.start,
        }
    return {key: str(value) for key, value in found.items() if value is not None}


def base_unit(unit: str) -> dict[str, str]:
    """BaseUnit of a unit that is known: exponents of SI units, factor and offset; else nothing.

    >>> base_unit("mm/s"), base_unit("degC")
    ({'m': '1', 's': '-1', 'factor': '0.001'}, {'K': '1', 'factor': '1.0', 'offset': '273.15'})
    """
    if warm := TEMPERATURES.get(unit):
        zero = {"offset": str(float(ZEROS[warm]))} if ZEROS[warm] else {}
        return {"K": "1", "factor": str(float(SCALES[warm])), **zero}
    found = parsed(unit)
    if found is None or not {symbol for symbol, _ in found[1]} <= BASE:
        return {}
    return {**{symbol: str(power) for symbol, power in found[1]}, "factor": str(float(found[0]))}


def legal(text: str) -> str:
    """Text without characters that XML 1.0 cannot hold, or would change in an attribute."""
    return "".join(c if _holds(ord(c)) else " " for c in text)


def _holds(code: int) -> bool:
    return 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF


def _written(root: Element) -> bytes:
    ElementTree.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + _text(root) + b"\n"


def _text(root: Element) -> bytes:
    return ElementTree.tostring(root, encoding="unicode").encode("utf-8")
