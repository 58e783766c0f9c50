"""Checks dashboards against Grafana's typed models.

    validate.py DASHBOARD.json...

A model takes what it knows and ignores the rest, so each dashboard is read into the model and written back: whatever is
lost or changed on the way is unknown to Grafana or of another type. Then every value is compared with the type that the
model declares for it. Findings go to the output, one a line; the exit code is 1 if there are any.
"""

import enum
import json
import sys
import types
import typing

from grafana_foundation_sdk.cog import plugins, runtime
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard


def lost(given, kept, place, findings):
    """Finds what the model did not write back."""
    if isinstance(given, dict):
        if not isinstance(kept, dict):
            findings.append(f"{place}: the model has no object here")
            return
        for key, value in given.items():
            if key in kept:
                lost(value, kept[key], f"{place}.{key}", findings)
            elif value is not None:
                findings.append(f"{place}.{key}: the model does not know this field")
    elif isinstance(given, list):
        if not isinstance(kept, list) or len(kept) != len(given):
            findings.append(f"{place}: the model has no such list here")
            return
        for index, (value, kept_value) in enumerate(zip(given, kept)):
            lost(value, kept_value, f"{place}[{index}]", findings)
    elif given != kept or isinstance(given, bool) != isinstance(kept, bool):
        findings.append(f"{place}: {given!r} became {kept!r}")


def fits(value, expected):
    """Says whether a value has the declared type."""
    origin = typing.get_origin(expected)
    if expected is typing.Any or expected is object or isinstance(expected, typing.TypeVar):
        return True
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, one) for one in typing.get_args(expected))
    if origin is typing.Literal:
        return value in typing.get_args(expected)
    if origin is list:
        (inner,) = typing.get_args(expected)
        return isinstance(value, list) and all(fits(one, inner) for one in value)
    if origin is dict:
        inner = typing.get_args(expected)[1]
        return isinstance(value, dict) and all(fits(one, inner) for one in value.values())
    if expected is None or expected is type(None):
        return value is None
    if expected is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if expected is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(expected, type) and issubclass(expected, enum.Enum):
        return value in [one.value for one in expected]
    if isinstance(value, dict) and hasattr(expected, "from_json"):
        # Some models leave what is inside them as they found it.
        return not findings_of(value, expected)
    return not isinstance(expected, type) or isinstance(value, expected)


def findings_of(given, model_type, place=""):
    """Returns what is wrong with an object that should be of a type of the models."""
    try:
        model = model_type.from_json(given)
        kept = json.loads(json.dumps(model, cls=JSONEncoder))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return [f"{place}: the model cannot read it: {error!r}"]
    findings = []
    lost(given, kept, place, findings)
    mistyped(model, place, findings)
    return findings


def mistyped(model, place, findings):
    """Finds values that do not have the type that their model declares."""
    if isinstance(model, dict):
        for key, value in model.items():
            mistyped(value, f"{place}.{key}", findings)
    elif isinstance(model, list):
        for index, value in enumerate(model):
            mistyped(value, f"{place}[{index}]", findings)
    elif type(model).__module__.startswith("grafana_foundation_sdk.models") and not isinstance(model, enum.Enum):
        hints = typing.get_type_hints(type(model))
        for name, value in vars(model).items():
            if name in hints and not fits(value, hints[name]):
                findings.append(f"{place}.{name}: {value!r} is not of the type {hints[name]}")
            mistyped(value, f"{place}.{name}", findings)


def unknown_plugins(model, place):
    """Returns the panels and queries that the models take without looking at them."""
    findings = []
    for index, panel in enumerate(model.panels or []):
        if isinstance(panel, dashboard.RowPanel):
            findings += unknown_plugins(panel, f"{place}.panels[{index}]")
            continue
        if runtime.panelcfg_config(panel.type_val) is None:
            findings.append(f"{place}.panels[{index}].type: {panel.type_val!r} is no panel of Grafana")
        for number, target in enumerate(panel.targets or []):
            if isinstance(target, runtime.UnknownDataquery):
                findings.append(f"{place}.panels[{index}].targets[{number}]: no query of a known data source")
    return findings


def check(path):
    """Returns the findings of one file."""
    with open(path, encoding="utf-8") as file:
        given = json.load(file)
    findings = findings_of(given, dashboard.Dashboard, path)
    return findings or unknown_plugins(dashboard.Dashboard.from_json(given), path)


def main():
    plugins.register_default_plugins()
    findings = [finding for path in sys.argv[1:] for finding in check(path)]
    print("\n".join(findings))
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
