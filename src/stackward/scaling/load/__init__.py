"""Load-based scaling as a pure decision.

Samples become frames (`frames`), a frame becomes a reading of each metric (`reading`), readings say how things stand
with each condition (`conditions`) and for how long (`windows`), and `decision` turns that into starts and stops.
"""
