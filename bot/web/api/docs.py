"""The REST interface as one page, rendered from its own description: it works without the internet."""

from functools import cache
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader

METHODS = ("get", "post", "put", "delete")


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("bot.web.api"), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def render(spec: dict[str, Any]) -> HTMLResponse:
    operations = [
        (path, method.upper(), item[method])
        for path, item in spec["paths"].items()
        for method in METHODS
        if method in item
    ]
    template = _environment().get_template("docs.html")
    return HTMLResponse(template.render(spec=spec, operations=operations, name=_name))


def _name(schema: dict[str, Any]) -> str:
    """A schema in a few words: the name of a shape, or a plain type."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " | ".join(_name(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"[{_name(schema.get('items', {}))}]"
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    return str(schema.get("format") or schema.get("type") or schema.get("const") or "any")
