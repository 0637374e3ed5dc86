"""The OpenAPI 3.1 description, made of the table of routes and the models of its bodies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from api.problems import MEDIA_TYPE, Problem
from api.shapes import ID
from api.table import ROOT, Need, Route

VERSION: Final = "1"
JSON: Final = "application/json"
_PATH_VALUE: Final = re.compile(r"\{(\w+)\}")
_SECURITY: Final = {
    "staffToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "管理后台“我的账号 › 接口令牌”里新建的令牌，以 ljt_ 开头。",
    },
    "session": {
        "type": "http",
        "scheme": "bearer",
        "description": "POST /sessions 得到的小程序登录，以 ljs_ 开头，两小时有效。",
    },
}
Schema = dict[str, Any]


def describe(routes: Sequence[Route]) -> Schema:
    """Make the whole description."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Problem, "serialization")]
    for route in routes:
        wanted += [(each, "validation") for each in (route.body, route.query) if each]
        wanted += [(each, "serialization") for each in route.answers.values() if each]
    named, schemas = models_json_schema(
        list(dict.fromkeys(wanted)), ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, Schema] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, named)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "零距离接口",
            "version": VERSION,
            "description": "政务服务大厅的问答：编辑后台的程序接口，和小程序的接口。",
        },
        "servers": [{"url": ROOT}],
        "paths": paths,
        "components": {"schemas": schemas.get("$defs", {}), "securitySchemes": _SECURITY},
    }


Named = Mapping[Any, Schema]
"""By model and mode, as pydantic gives it."""


def _operation(route: Route, named: Named) -> Schema:
    operation: Schema = {
        "summary": route.summary,
        "operationId": route.handle.__name__,
        "security": _security(route.needs),
        "parameters": [*_path_values(route.path), *_query(route.query), *_version(route)],
        "responses": {
            **{str(status): _answer(model, named) for status, model in route.answers.items()},
            "default": {
                "description": "没有做成；原因见 detail。",
                "content": {MEDIA_TYPE: {"schema": named[Problem, "serialization"]}},
            },
        },
    }
    if route.needs not in {"anyone", "session"}:
        operation["x-permission"] = route.needs
    if route.body is not None:
        schema = named[route.body, "validation"]
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return operation


def _security(needs: Need) -> list[dict[str, list[str]]]:
    if needs == "anyone":
        return []
    return [{"session" if needs == "session" else "staffToken": []}]


def _path_values(path: str) -> Iterable[Schema]:
    for name in _PATH_VALUE.findall(path):
        number = name == "number"
        schema: Schema = (
            {"type": "integer", "minimum": 1} if number else {"type": "string", "pattern": f"^{ID}$"}
        )
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query(model: type[BaseModel] | None) -> Iterable[Schema]:
    if model is None:
        return
    for name, schema in model.model_json_schema()["properties"].items():
        known = {key: value for key, value in schema.items() if key not in {"title", "description"}}
        yield {"name": name, "in": "query", "schema": known, "description": schema.get("description", "")}


def _version(route: Route) -> Iterable[Schema]:
    if route.versioned:
        yield {
            "name": "If-Match",
            "in": "header",
            "schema": {"type": "string"},
            "description": '读到的 version，如 "7"；也可以写在内容的 version 里。两处都不写就是 428。',
        }


def _answer(model: type[BaseModel] | None, named: Named) -> Schema:
    if model is None:
        return {"description": "做好了。"}
    schema = named[model, "serialization"]
    return {"description": "做好了。", "content": {JSON: {"schema": schema}}}
