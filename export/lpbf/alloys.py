"""Cards of five alloys of laser powder bed fusion, each value with its source.

Values are facts as printed; straight lines between them, steps of 2 K where a source has a step,
and what lies between the range of a source and the next row is an assumption that the note of a
curve says. No source was at hand in full: most were read where others repeat them, which `read_in`
says. What was found nowhere is None: AlSi10Mg has no melting range, latent heat or absorptivity.

>>> from sna_export.lpbf.alloys import ALLOYS
>>> round(float(ALLOYS["IN625"].conductivity(500.0)), 1)  # W/(m K) at 500 K
12.8
"""

from __future__ import annotations

import numpy as np

from .material import Constant, Curve, Material, Source, celsius, lines

SMC_063 = Source(
    "Special Metals, INCONEL alloy 625, SMC-063 (2006): density, melting range, tables of specific"
    " heat and thermal conductivity",
    "armi (materials/inconel625)",
)
SMC_045 = Source(
    "Special Metals, INCONEL alloy 718, SMC-045 (2007): density, melting range",
    "an open melt solver's inputs for AM-Bench",
)
LIM = Source(
    "Lim et al., arXiv:2302.03146 (2023), table 1: polynomials that JMatPro computed for alloy 625",
    "an open melt solver's inputs for AM-Bench",
)
AGAZHANOV = Source(
    "Agazhanov, Samoshkin & Kozlovskii, J. Phys.: Conf. Ser. 1382 (2019) 012175: laser flash and"
    " calorimetry, 298 .. 1375 K",
    "an open fluid network code (solid materials)",
)
MILLS = Source(
    "Mills, Recommended values of thermophysical properties for selected commercial alloys,"
    " Woodhead (2002)",
    "open solvers that repeat it",
)
KIM = Source(
    "Kim, Thermophysical properties of stainless steels, ANL-75-55, Argonne (1975)",
    "MOOSE (laser welding of 316L) and ORNL mist; the latter's lines in K have a wrong constant",
)
KUMAR = Source(
    "Suresh Kumar, Sparks & Liou, Parameter determination and experimental validation of a wire"
    " feed additive manufacturing model, Missouri University of Science and Technology"
    " (2015; the year could not be verified)",
    "an open code of that model",
)
BOIVINEAU = Source(
    "Boivineau et al., Int. J. Thermophys. 27 (2006) 507: pulse heating", "an Elmer user function"
)
BROOKS = Source(
    "Brooks, Robinson, Chapman & Richardson, High Temp. - High Press. 35/36 (2003/2007) 193:"
    " calorimetry",
    "its abstract",
)
AKWABOA = Source(
    "Akwaboa et al., Materials 16 (2023) 4920: as built by laser powder bed fusion",
    "an open gallery of materials",
)
EOS = Source("EOS, material data sheet of Aluminium AlSi10Mg: density", "sellers' data sheets")
YE = Source(
    "Ye et al., Adv. Eng. Mater. 21 (2019) 1900185, table 1: calorimetry, bare foils, 57 um beam",
    "an open collection of measured absorptivities",
)
TRAPP = Source(
    "Trapp, Rubenchik, Guss & Matthews, Appl. Mater. Today 9 (2017) 341: calorimetry, bare discs",
    "an open collection of measured absorptivities, read off its figures",
)
SIMONDS_316L = Source(
    "Simonds et al., Phys. Rev. Appl. 10 (2018) 044061, table III: resting spot",
    "an open collection of measured absorptivities",
)
SIMONDS_TI64 = Source(
    "Simonds et al., NIST data set mds2-2525 (2022): resting spot",
    "an open collection of measured absorptivities",
)
HONDA = Source(
    "Honda & Watanabe, Mater. Trans. 66 (2025) 107: powders of nickel alloys", "ORNL Myna"
)

_K625 = [9.8, 10.1, 10.8, 12.5, 14.1, 15.7, 17.5, 19.0, 20.8, 22.8, 25.2]
_C625 = [410.0, 427.0, 456.0, 481.0, 511.0, 536.0, 565.0, 590.0, 620.0, 645.0, 670.0]
_T625 = (1563.15, 1623.15)  # K

IN625 = Material(
    name="IN625",
    conductivity=Curve(
        np.r_[celsius(21, 38, 93, 204, 316, 427, 538, 649, 760, 871, 982), _T625],
        np.r_[_K625, [0.56 + 2.9e-2 * t - 7e-6 * t * t for t in _T625]],
        "W/(m K)", SMC_063, (294.15, 1255.15),
        note="at solidus and liquidus: Lim et al. (2023); constant in the liquid (assumption)",
    ),
    specific_heat=Curve(
        np.r_[celsius(21, 93, 204, 316, 427, 538, 649, 760, 871, 982, 1093), _T625],
        np.r_[_C625, [360.4 + 0.26 * t - 4e-5 * t * t for t in _T625]],
        "J/(kg K)", SMC_063, (294.15, 1366.15),
        note="at solidus and liquidus: Lim et al. (2023); constant in the liquid (assumption)",
    ),
    density=Constant(8440.0, "kg/m3", SMC_063, note="at room temperature"),
    latent_heat=Constant(
        209.2e3, "J/kg", LIM,
        note="computed; 290e3 stands in Capriccioli & Frosi, Fusion Eng. Des. 84 (2009) 546",
    ),
    solidus=Constant(_T625[0], "K", SMC_063),
    liquidus=Constant(_T625[1], "K", SMC_063),
    absorptivity=(
        Constant(0.28, "", YE, note="bare, the least over power: a flat melt"),
        Constant(0.36, "", HONDA, note="powder"),
    ),
)  # fmt: skip

_KIM_T = (298.0, 1670.0, 1730.0, 2500.0)  # K
SS316L = Material(
    name="316L",
    conductivity=Curve(
        np.array(_KIM_T),
        np.array([9.248 + 0.01571 * t for t in _KIM_T[:2]]
                 + [12.41 + 0.003279 * t for t in _KIM_T[2:]]),
        "W/(m K)", KIM, (298.0, 2500.0),
        uncertainty="10 % for the solid of 316 in Mills (2002)",
        note="measured to 1200 K, extended by the source beyond",
    ),
    specific_heat=Curve(
        np.array(_KIM_T),
        np.array([458.98 + 0.1328 * t for t in _KIM_T[:2]] + [794.96, 794.96]),
        "J/(kg K)", KIM, (298.0, 2500.0),
        uncertainty="5 % for the solid of 316 in Mills (2002)",
        note="measured to 1170 K, extended by the source beyond",
    ),
    density=Constant(7955.0, "kg/m3", KIM, uncertainty="3 % for 316 in Mills (2002)"),
    latent_heat=Constant(268e3, "J/kg", KIM),
    solidus=Constant(1670.0, "K", KIM),
    liquidus=Constant(1730.0, "K", KIM),
    absorptivity=(
        Constant(0.28, "", YE, note="bare, the least over power: a flat melt"),
        Constant(0.31, "", SIMONDS_316L, note="bare, without a keyhole"),
        Constant(0.78, "", TRAPP, note="bare, 0.76 .. 0.79: plateau of deep keyholes"),
        Constant(0.86, "", SIMONDS_316L, note="bare, deepest keyhole"),
    ),
)  # fmt: skip

_LOW = [298.0, 400.0, 500.0, 600.0, 700.0, 800.0]
_MIDDLE = [850.0, 900.0]
_K_HIGH = [1173.0, 1240.0, 1310.0, 1375.0]
_C_HIGH = [1070.0, 1375.0]
_T718 = (1533.15, 1609.15)  # K
IN718 = Material(
    name="IN718",
    conductivity=Curve(
        np.r_[_LOW, _K_HIGH, _T718[1]],
        np.r_[[5.291 + 0.0152 * t + 1.382e-6 * t * t for t in _LOW],
              [11.75 + 0.011 * t - 9.327e-7 * t * t for t in _K_HIGH], 29.6],
        "W/(m K)", AGAZHANOV, (298.0, 1375.0),
        note="800 .. 1173 K, where precipitates form, and 1375 K to the liquidus: straight lines"
        f" (assumption); liquid: 29.6, {MILLS.printed}",
    ),
    specific_heat=Curve(
        np.r_[_LOW, _MIDDLE, _C_HIGH, _T718[1]],
        np.r_[[362 + 0.2118 * t for t in _LOW],
              [-946 + 2.95 * t - 1.379e-3 * t * t for t in _MIDDLE],
              [639 - 3.355e-3 * t for t in _C_HIGH], 720.0],
        "J/(kg K)", AGAZHANOV, (298.0, 1361.0),
        note="900 .. 1070 K, where precipitates form, and 1375 K to the liquidus: straight lines"
        f" (assumption); liquid: 720, {MILLS.printed}; 775 in Hosaeus et al., High Temp. - High"
        " Press. 33 (2001) 405",
    ),
    density=Constant(8193.0, "kg/m3", SMC_045, note="annealed; 8170 in the source of the curves"),
    latent_heat=Constant(196.85e3, "J/kg", AGAZHANOV, note=f"210e3 in {MILLS.printed}"),
    solidus=Constant(_T718[0], "K", SMC_045),
    liquidus=Constant(_T718[1], "K", SMC_045),
    absorptivity=(Constant(0.36, "", HONDA, note="powder"),),
)  # fmt: skip

_K64, _C64 = (
    lines((298.0, 1268.0, 1.2595, 0.0157), (1268.0, 1873.0, 3.5127, 0.0127)),
    lines((298.0, 1268.0, 483.04, 0.215), (1268.0, 1873.0, 412.7, 0.1801)),
)
TI64 = Material(
    name="Ti-6Al-4V",
    conductivity=Curve(
        np.r_[_K64[0], 1950.0, 2700.0],
        np.r_[_K64[1], [-6.66 + 0.0183 * t for t in (1950.0, 2700.0)]],
        "W/(m K)", KUMAR, (298.0, 1873.0),
        note=f"liquid: {BOIVINEAU.printed}, whose solid is 6 % lower at 1400 K; straight between",
    ),
    specific_heat=Curve(
        np.r_[_C64[0], 1923.0], np.r_[_C64[1], 830.0],
        "J/(kg K)", KUMAR, (298.0, 3000.0), note="drops at the beta transus, 1268 K",
    ),
    density=Constant(4420.0, "kg/m3", KUMAR, note="at room temperature"),
    latent_heat=Constant(295e3, "J/kg", BROOKS, uncertainty="15e3", note="286e3 in Suresh Kumar"),
    solidus=Constant(1873.0, "K", KUMAR, note="1948 computed by Brooks et al."),
    liquidus=Constant(1923.0, "K", KUMAR, note="1962 computed by Brooks et al."),
    absorptivity=(
        Constant(0.26, "", YE, note="bare, the least over power: a flat melt"),
        Constant(0.325, "", SIMONDS_TI64, note="bare, before a keyhole"),
        Constant(0.62, "", SIMONDS_TI64, uncertainty="0.07 within a trace", note="with a keyhole"),
    ),
)  # fmt: skip

ALSI10MG = Material(
    name="AlSi10Mg",
    conductivity=Curve(
        np.array([373.0, 473.0, 573.0, 673.0]), np.array([138.4, 153.9, 169.8, 155.2]),
        "W/(m K)", AKWABOA, (373.0, 673.0),
        note="the state changes while it is heated: below 373 K constant (assumption)",
    ),
    specific_heat=Curve(
        np.array([373.0, 473.0, 573.0, 673.0]), np.array([800.0, 835.0, 862.0, 758.0]),
        "J/(kg K)", AKWABOA, (373.0, 673.0), note="below 373 K constant (assumption)",
    ),
    density=Constant(2670.0, "kg/m3", EOS),
)  # fmt: skip

ALLOYS = {m.name: m for m in (IN625, IN718, SS316L, TI64, ALSI10MG)}
