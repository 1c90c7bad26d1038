"""Side-by-side measurements: hybridctl against what it replaces, in one run on one machine.

`make bench` runs them all, `make bench ONLY=startup` one. A measurement is a module named in `registry.py` whose
`contests(workshop)` yields one `Contest` after the other.
"""
