"""The API's own description: valid, complete, and kept to by every answer, whatever is sent."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.clients import PASSWORD
from tests.conftest import StartHub
from tests.services import HubProcess

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 15
METHODS = ("get", "put", "post", "delete", "patch")


class Person:
    """Somebody who fuzzes: with a fresh account whenever the fuzzing has ended the one before."""

    def __init__(self, hub: HubProcess, role: str) -> None:
        self.hub = hub
        self.role = role
        self.number = 0
        self.http = httpx.Client(base_url=hub.base_url, trust_env=False, timeout=30)
        self.token = ""

    def headers(self) -> dict[str, str]:
        """What makes a request this person's."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if not self.token or self.http.get("/api/auth/me", headers=headers).status_code != 200:
            self.token = self._new_token()
        return {"Authorization": f"Bearer {self.token}"}

    def _new_token(self) -> str:
        self.number += 1
        credentials = {"username": f"{self.role}-{self.number}", "password": PASSWORD}
        self.http.post("/api/auth/register", json=credentials).raise_for_status()
        if self.role != "visitor":
            self.hub.run("user", "role", credentials["username"], self.role)
        token: str = self.http.post("/api/auth/login", json=credentials).json()["access_token"]
        return token


def description(hub: HubProcess) -> dict[str, Any]:
    answer = httpx.get(f"{hub.base_url}/openapi.json", trust_env=False)
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield f"{method.upper()} {path}", operation


def test_the_description_is_valid_openapi(hub: HubProcess) -> None:
    document = description(hub)
    schemathesis.openapi.from_dict(document).validate()
    references = set(re.findall(r"#/components/schemas/([^'\"]+)", str(document)))
    assert references <= set(document["components"]["schemas"])
    assert document["openapi"].startswith("3.1")


def test_every_operation_says_what_it_takes_and_answers(hub: HubProcess) -> None:
    names = []
    for name, operation in operations(description(hub)):
        names.append(operation["operationId"])
        answers = operation["responses"]
        assert operation["summary"] and operation["tags"], name
        assert any(status < "400" for status in answers), name
        assert {f"{{{one['name']}}}" for one in operation["parameters"] if one["in"] == "path"} == set(
            re.findall(r"\{\w+\}", name)
        ), name
        if "requestBody" in operation:
            assert {"400", "413", "422"} <= set(answers), name
        if operation["security"] == [{"bearer": []}]:
            assert "401" in answers, name
        for status, answer in answers.items():
            content = set(answer.get("content", {}))
            assert (status in ("204", "304")) == (not content), f"{name} {status}"
            assert status < "400" or "application/problem+json" in content, f"{name} {status}"
    assert len(set(names)) == len(names)


def test_the_description_covers_every_route_of_the_contract(hub: HubProcess) -> None:
    described = {re.sub(r"\{\w+\}", "{}", name) for name, _ in operations(description(hub))}
    assert {
        "POST /api/channels/{}/reviews",
        "GET /api/channels/{}/reviews",
        "PUT /api/reviews/{}",
        "DELETE /api/channels/{}/rating",
        "POST /api/analytics/bulk",
        "GET /api/analytics/summary",
        "GET /api/channels/{}/history",
        "POST /api/auth/login",
    } <= described


@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", ["visitor", "admin"])
def test_no_answer_is_an_error_of_ours_or_one_that_is_not_described(start_hub: StartHub, role: str) -> None:
    hub = start_hub()
    person = Person(hub, role)
    slugs = [one["slug"] for group in _channels(hub) for one in group["channels"]]
    schema = schemathesis.openapi.from_dict(description(hub))
    failures: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        if role == "visitor" or not operation.path.startswith("/api/auth"):
            failures += _fuzz(operation, person, slugs)
    assert not failures, "\n\n".join(failures)
    assert "Traceback" not in hub.log


def _channels(hub: HubProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{hub.base_url}/api/channels", trust_env=False).json()["items"]
    return found


def _fuzz(operation: Any, person: Person, slugs: list[str]) -> list[str]:
    """Send what the description allows and what it does not; what came back wrong, one text for each kind."""
    failures: dict[str, str] = {}
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE) if _has_input(operation) else (GenerationMode.POSITIVE,)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def run(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from(modes))
        case: Case = data.draw(operation.as_strategy(generation_mode=mode))
        _make_likely(case, data, slugs)
        headers = person.headers()
        try:
            response = case.call(base_url=person.hub.base_url, headers=headers)
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                failures[f"{operation.label} {type(failure).__name__}"] = f"{failure}\n{case.as_curl_command()}"

    run()
    return [f"{kind}: {text}" for kind, text in failures.items()]


def _has_input(operation: Any) -> bool:
    return bool(operation.body or operation.query or operation.path_parameters)


def _make_likely(case: Case, data: st.DataObject, slugs: list[str]) -> None:
    """Mostly ask for things that there are: what is made up is hardly ever found."""
    for name in case.path_parameters:
        if data.draw(st.integers(0, 3)) == 0:
            continue
        if name == "slug":
            case.path_parameters[name] = data.draw(st.sampled_from(slugs))
        elif name.endswith("id"):
            case.path_parameters[name] = data.draw(st.integers(1, 12))
    if isinstance(case.body, dict) and isinstance(case.body.get("channel"), str):
        case.body["channel"] = data.draw(st.sampled_from(slugs))
