"""REST under ``/api/v1/``: one file per resource; the contract is ``docs/api/openapi.json``, promised as a whole."""
