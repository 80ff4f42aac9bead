"""The runtime against real processes: workers, web and Postgres are killed, stopped and cut off while jobs run.

``python -m tests.chaos --seed 1 --seconds 60`` runs it once. Nothing of the product is patched, but where a fault is
planted on purpose to prove that the check would see it (``faults.py``).
"""
