"""Trains DDPM networks (Ho, Jain and Abbeel 2020) into diffusers folders that tools/convert takes.

`python -m train --help` lists the settings; README.md beside this package says how to set it up.
"""
