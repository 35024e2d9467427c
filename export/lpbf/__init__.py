"""Laser powder bed fusion: melt pools, planes and robust sweeps of a solved temperature."""
