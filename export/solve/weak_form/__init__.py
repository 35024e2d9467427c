"""Problems as they are stated: axes, forms, lifts, separated coefficients."""
