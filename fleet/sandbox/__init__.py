"""A stand-in for RunPod: its REST v2 contract, its money rules, and its faults on order.

One ASGI process, started by ``python -m fleet.sandbox``. It knows nothing of Django, so
that it starts in a fraction of a second and a test may kill it at any moment.
"""
