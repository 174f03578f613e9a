"""Made-up customers whose truth is known: what the figures say of them, over and over.

Small and seeded in `tests/metrics/test_simulations.py`; the long ones by `python -m tests.simulations`.
"""
