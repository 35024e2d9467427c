"""What callers write: numbers, levels, units, frames, documents; strict, nothing cut to make it
fit."""
