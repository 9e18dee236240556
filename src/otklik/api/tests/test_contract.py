"""The contract: the document that is kept, and a fuzzer that holds the API to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client

from otklik.api.document import document

KEPT = Path(__file__).resolve().parents[4] / "docs" / "api" / "openapi.json"


def test_the_kept_document_is_the_one_that_is_served():
    """Written by ``otklik openapi > docs/api/openapi.json``; a change of the promise is seen in review."""
    assert json.loads(KEPT.read_text()) == document()


@pytest.mark.django_db
def test_anybody_may_read_the_document():
    answer = Client().get("/api/v1/openapi.json")
    assert (answer.status_code, answer.json()["openapi"]) == (200, "3.1.0")


def test_every_write_takes_an_idempotency_key_and_every_operation_declares_its_refusals():
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            names = {one["name"] for one in operation.get("parameters", [])}
            assert ("Idempotency-Key" in names) == (method != "get"), (method, path)
            assert {"400", "401", "403", "404", "409", "413", "422", "429", "503"} <= operation["responses"].keys()
            assert operation["security"], (method, path)


@pytest.mark.django_db
def test_an_address_with_a_line_end_is_answered_in_the_form_of_the_api():
    answer = Client().get("/api/v1/attachments/v%0AC")
    assert (answer.status_code in {401, 404}, answer["Content-Type"]) == (True, "application/problem+json")
