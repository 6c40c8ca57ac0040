"""The OpenAPI 3.1 description of the API, made of the same data that serves it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kerne_site.api import schemas as s
from kerne_site.api.encode import BECAUSE
from kerne_site.api.endpoint import Endpoint, Parameter
from kerne_site.api.problems import CONTENT_TYPE

VERSION = "1"
DESCRIPTION: s.Schema = {"type": "object", "required": ["openapi", "info", "paths"]}
PROBLEM = {
    **s.record(
        type=s.TEXT,
        title=s.TEXT,
        status=s.WHOLE,
        detail=s.TEXT,
        errors=s.many(s.record(parameter=s.TEXT, detail=s.TEXT)),
    ),
    "additionalProperties": True,  # `plan` of a plan that moved
}
REFUSALS = {
    "400": "A parameter is wrong; errors[] has a sentence for each.",
    "401": "No session, or a token that opens nothing.",
    "404": "There is nothing at this address.",
    "405": "This address does not answer this method.",
}
ACTS = {  # what acts may answer besides
    "403": "A session, or a token that may not act.",
    "409": "It may not be done as things are; `plan` is the new plan where it moved.",
    "413": "The body is too large.",
    "429": "This token acted too often within a minute; Retry-After says how long to wait.",
}

MODEL: s.Schema = {
    "type": "object",
    "required": ["id", "name", "input_modalities", "output_modalities", "is_ready"],
}
# What a marketplace polls; its fields are of OpenRouter's schema 2.4.
OUTSIDE = {
    "/v1/models": {
        "get": {
            "operationId": "market_models",
            "summary": "The list of models that a marketplace polls; see docs/market.md.",
            "security": [{}, {"marketKey": []}],
            "parameters": [
                {
                    "name": "format",
                    "in": "query",
                    "required": False,
                    "description": "Schema 2.4, or the flat format before it; 2.4.",
                    "schema": s.words("2.4", "flat"),
                }
            ],
            "responses": {
                "200": {
                    "description": "Every model that is offered.",
                    "content": {
                        "application/json": {"schema": s.record(data=s.many(MODEL))}
                    },
                },
                "400": {"$ref": "#/components/responses/400"},
                "401": {"$ref": "#/components/responses/401"},
            },
        }
    }
}


def description(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The whole description, ready for JSON."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kerne Inference Fleet",
            "version": VERSION,
            "description": "What acts is planned, then confirmed. Amounts are strings "
            "with every digit, their unit stands in the field's name; instants are UTC. "
            f"A figure that is not known is null, with the reason in <name>{BECAUSE}.",
        },
        "paths": {
            each.address: {each.method.lower(): operation(each)} for each in endpoints
        }
        | OUTSIDE,
        "components": {
            "schemas": {"Problem": PROBLEM},
            "responses": {code: refusal(line) for code, line in (REFUSALS | ACTS).items()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "marketKey": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{"token": []}],
    }


def operation(endpoint: Endpoint) -> dict[str, Any]:
    told = {**REFUSALS, **(ACTS if endpoint.method == "POST" else {})}
    refusals = {code: {"$ref": f"#/components/responses/{code}"} for code in told}
    return {
        "operationId": endpoint.name.replace(".", "_").replace("/", "_"),
        "summary": endpoint.line,
        "parameters": [parameter(each) for each in endpoint.parameters],
        "responses": {
            "200": {
                "description": endpoint.line,
                "content": {"application/json": {"schema": endpoint.answer}},
            },
            **refusals,
        },
        **({"requestBody": body(endpoint.body)} if endpoint.body else {}),
    }


def body(schema: s.Schema) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def parameter(given: Parameter) -> dict[str, Any]:
    told = {
        "name": given.name,
        "in": given.place,
        "required": given.required,
        "description": given.line,
        "schema": given.schema,
    }
    return told | ({"example": given.example} if given.example else {})


def refusal(line: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": line, "content": {CONTENT_TYPE: {"schema": schema}}}
