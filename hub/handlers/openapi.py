"""The API's description (OpenAPI 3.1), made from the routes, their models, and what their handlers call.

A handler that calls `writer` can answer 401 and 429, one that calls `body` can answer 400, 413 and 422, and so on:
the description follows from the code, so a route cannot forget to say what it may answer.
"""

import inspect
from collections.abc import Callable, Iterator
from http import HTTPStatus
from types import CodeType, FunctionType
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from quart_schema.openapi import (
    PATH_RE,
    QUART_SCHEMA_TAG_ATTRIBUTE,
    OpenAPIProvider,
)
from quart_schema.validation import (
    QUART_SCHEMA_QUERYSTRING_ATTRIBUTE,
    QUART_SCHEMA_REQUEST_ATTRIBUTE,
    QUART_SCHEMA_RESPONSE_ATTRIBUTE,
)
from werkzeug.routing.converters import IntegerConverter
from werkzeug.routing.rules import Rule

from hub.cursor import DEFAULT_LIMIT, MAX_LIMIT
from hub.errors import HubError
from hub.handlers.problems import Problem
from hub.model import Slug

F = TypeVar("F", bound=Callable[..., Any])
Json = dict[str, Any]

_REF = "#/components/schemas/{name}"
_ALSO = "_hub_also_as"
_MAY_ANSWER: dict[str, tuple[int, ...]] = {
    "member": (401,),
    "with_role": (403,),
    "identity_or_none": (401,),
    "body": (400, 413, 422),
    "args": (422,),
    "unchanged": (304,),
    "guard": (412,),
    "database": (503,),
    "ranger": (503,),
    "locations": (503,),
    "invalid_field": (422,),
    **{error.__name__: (error.status,) for error in HubError.__subclasses__()},
}
_EMPTY = (204, 304)
_SECURITY_SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "refresh": {"type": "apiKey", "in": "cookie", "name": "hub_refresh"},
}
_LIMIT: Json = {
    "name": "limit",
    "in": "query",
    "description": "How many at most.",
    "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
}
_CURSOR: Json = {
    "name": "cursor",
    "in": "query",
    "description": "The `next` of the page before.",
    "schema": {"type": "string"},
}
_UNLESS: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of what you have: 304 when it is still so.",
    "schema": {"type": "string"},
}
_ONLY_IF: Json = {
    "name": "If-Match",
    "in": "header",
    "description": "The `ETag` of what your change is based on: 412, with what is there, when that has changed.",
    "schema": {"type": "string"},
}
_ETAG: Json = {"ETag": {"description": "The version, for `If-Match`.", "schema": {"type": "string"}}}
_WAIT: Json = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_HEADERS: dict[int, Json] = {
    401: {"WWW-Authenticate": {"description": "`Bearer`.", "schema": {"type": "string"}}},
    429: _WAIT,
    412: _ETAG,
    503: _WAIT,
}


def also_as(content_type: str) -> Callable[[F], F]:
    """Say that a route gives its success as text of `content_type` as well."""

    def decorate(handler: F) -> F:
        setattr(handler, _ALSO, content_type)
        return handler

    return decorate


class Description(OpenAPIProvider):
    """Describes msgspec models with all their parts, and every answer that a route may give."""

    _document: Json | None = None

    def schema(self) -> Json:
        """The whole document, made once."""
        if self._document is None:
            models = sorted(self._models(), key=repr)
            schemas, components = msgspec.json.schema_components(models, ref_template=_REF)
            self._schemas = dict(zip(models, schemas, strict=True))
            self._document = {
                **super().schema(),
                "components": {"schemas": components, "securitySchemes": _SECURITY_SCHEMES},
            }
        return self._document

    def build_paths(self, rule: Rule) -> tuple[Json, Json]:
        """The operations of a rule; `schema` gathers the components itself."""
        path = PATH_RE.sub(r"{\1}", rule.rule)
        return {path: {method.lower(): self._operation(rule, method) for method in self.generate_methods(rule)}}, {}

    def _models(self) -> set[Any]:
        models: set[Any] = {Problem}
        for rule in self.generate_rules():
            handler = self._app.view_functions[rule.endpoint]
            if (request := getattr(handler, QUART_SCHEMA_REQUEST_ATTRIBUTE, None)) is not None:
                models.add(request[0])
            models |= {model for model, _ in getattr(handler, QUART_SCHEMA_RESPONSE_ATTRIBUTE, {}).values()}
        return models

    def _operation(self, rule: Rule, method: str) -> Json:
        handler = self._app.view_functions[rule.endpoint]
        blueprint, _, name = rule.endpoint.rpartition(".")
        tagged = (handler, self._app.blueprints.get(blueprint))
        summary, _, description = (inspect.getdoc(handler) or name).partition("\n")
        calls = set(names_called(handler))
        operation: Json = {
            "operationId": f"{blueprint}_{name}".strip("_"),
            "summary": summary,
            "tags": sorted({tag for one in tagged for tag in getattr(one, QUART_SCHEMA_TAG_ATTRIBUTE, ())}),
            "security": _security(calls),
            "parameters": [*_path_parameters(rule), *_query_parameters(handler, calls)],
            "responses": self._responses(rule, method, handler, calls),
        }
        if description.strip():
            operation["description"] = description.strip()
        if (request := getattr(handler, QUART_SCHEMA_REQUEST_ATTRIBUTE, None)) is not None:
            operation["requestBody"] = self._request_body(request[0])
        return operation

    def _request_body(self, model: Any) -> Json:
        required = not (inspect.isclass(model) and issubclass(model, Struct)) or any(
            field.required for field in msgspec.structs.fields(model)
        )
        return {"required": required, "content": {"application/json": {"schema": self._schemas[model]}}}

    def _responses(self, rule: Rule, method: str, handler: Any, calls: set[str]) -> Json:
        responses: Json = {}
        for status in sorted(_may_answer(rule, method, handler, calls)):
            headers = _HEADERS.get(status, {})
            described: Json = {"description": HTTPStatus(status).phrase, **({"headers": headers} if headers else {})}
            if status >= 400:
                described["content"] = {"application/problem+json": {"schema": self._schemas[Problem]}}
            responses[str(status)] = described
        for status, (model, _) in getattr(handler, QUART_SCHEMA_RESPONSE_ATTRIBUTE, {}).items():
            described = responses.setdefault(str(status), {"description": HTTPStatus(status).phrase})
            if "tagged" in calls:
                described["headers"] = _ETAG
            if status not in _EMPTY:
                described.setdefault("content", {}).update(self._content(model, handler))
        return dict(sorted(responses.items()))

    def _content(self, model: Any, handler: Any) -> Json:
        if model is str:
            return {"text/plain": {"schema": {"type": "string"}}}
        also = getattr(handler, _ALSO, None)
        as_text = {} if also is None else {also: {"schema": {"type": "string"}}}
        return {"application/json": {"schema": self._schemas[model]}, **as_text}


def names_called(handler: Any, seen: set[Any] | None = None) -> Iterator[str]:
    """The names that a handler uses, directly and through other functions of the handlers."""
    function = inspect.unwrap(handler)
    seen = set() if seen is None else seen
    if not isinstance(function, FunctionType) or function in seen:
        return
    seen.add(function)
    for name in _names(function.__code__):
        yield name
        used = function.__globals__.get(name)
        if isinstance(used, FunctionType) and used.__module__.startswith("hub.handlers"):
            yield from names_called(used, seen)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _may_answer(rule: Rule, method: str, handler: Any, calls: set[str]) -> set[int]:
    """The statuses besides success."""
    statuses = {status for name in calls for status in _MAY_ANSWER.get(name, ())}
    if rule.rule.startswith("/api/"):
        statuses |= {429} if method == "GET" else {415, 429}
    if rule.rule.startswith("/api/auth/"):
        statuses.add(403)
    if rule.arguments:
        statuses.add(404)
    if any(isinstance(converter, IntegerConverter) for converter in rule._converters.values()):
        statuses.add(410)
    if method != "GET":
        statuses |= {403, 409} if "member" in calls else {409}
    model, _ = getattr(handler, QUART_SCHEMA_REQUEST_ATTRIBUTE, (None, None))
    if "client_id" in getattr(model, "__struct_fields__", ()):
        statuses.add(410)
    return statuses


def _security(calls: set[str]) -> list[Json]:
    if "_refresh_token" in calls:
        return [{"refresh": []}, {"bearer": []}, {}]
    if "member" in calls:
        return [{"bearer": []}]
    return [{"bearer": []}, {}] if "identity_or_none" in calls else []


def _path_parameters(rule: Rule) -> Iterator[Json]:
    for name, converter in rule._converters.items():
        schema: Json = {"type": "string", "minLength": 1}
        if isinstance(converter, IntegerConverter):
            schema = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
        elif name == "slug":
            schema = msgspec.json.schema(Slug)
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(handler: Any, calls: set[str]) -> Iterator[Json]:
    model = getattr(handler, QUART_SCHEMA_QUERYSTRING_ATTRIBUTE, None)
    if model is not None:
        described = msgspec.json.schema_components([model])[1][model.__name__]
        for name, schema in described["properties"].items():
            yield {"name": name, "in": "query", "required": name in described["required"], "schema": schema}
    if "page_limit" in calls:
        yield _LIMIT
    if "cursor" in handler.__code__.co_consts:
        yield _CURSOR
    if "unchanged" in calls:
        yield _UNLESS
    if "guard" in calls:
        yield _ONLY_IF
