"""A model fitted anew from its recipe and logs of measured parts: options, what is asked for, what
is read, the fit and its judgement."""
