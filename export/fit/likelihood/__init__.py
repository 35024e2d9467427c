"""Fits by likelihood: classes, counts and positive targets.

    labels or numbers -> features of the inputs -> penalised likelihood, strengths by left-out folds
    -> calibrated in the space of the link -> the same model with links logistic, softmax or exp

`front.fit_by_likelihood` is the whole way; a file per subject: `families` (what is likely),
`features` (what a linear part is made of), `penalised` (how it is found), `candidates` (which one),
`calibration`, `figures` (how good).
"""
