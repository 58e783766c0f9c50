"""Draws dashboards with the data of a running Prometheus, for people to judge without a Grafana.

    preview.py http://127.0.0.1:9090 OUTPUT DASHBOARD.json...

Writes one page of HTML for each dashboard. A headless Chromium makes a picture of it: see `pictures`. The page shows what
the dashboard's JSON says: the layout, queries, legends, units, limits, words and colours. It is not Grafana: fonts, spacing
and interaction differ.
"""

import html
import json
import pathlib
import re
import sys
import time
import urllib.parse
import urllib.request

import drawing

# What is drawn: the last quarter of an hour.
RANGE = 900
COLUMN = 64
ROW = 30


def fill(expression, variables):
    """Fills variables in as Grafana does when all values are chosen."""
    built_in = {"__rate_interval": "1m", "__interval_ms": "60000", "__interval": "1m",
                "__range_s": str(RANGE), "__range": f"{RANGE}s"}
    for variable in variables:
        built_in[variable["name"]] = variable.get("allValue") or variable.get("current", {}).get("value") or ""
    return re.sub(r"\$(\w+)", lambda found: built_in[found.group(1)], expression)


def ask(url, path, **parameters):
    with urllib.request.urlopen(f"{url}{path}?{urllib.parse.urlencode(parameters)}", timeout=30) as answer:
        return json.load(answer)["data"]["result"]


def named(legend, labels):
    """Fills labels in; a label that a series does not have is empty."""
    text = re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found.group(1), ""), legend)
    return " ".join(text.split()) or ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))


def series(url, panel, target, variables, now):
    """Returns the series of one query: name, labels, points."""
    expression = fill(target["expr"], variables)
    if target["instant"]:
        found = ask(url, "/api/v1/query", query=expression, time=now)
        points = [(one["metric"], [one["value"]]) for one in found]
    else:
        step = 60 if panel.get("interval") else 5
        found = ask(url, "/api/v1/query_range", query=expression, start=now - RANGE, end=now, step=step)
        points = [(one["metric"], one["values"]) for one in found]
    return [(named(target["legendFormat"], labels), labels, [(float(at), float(value)) for at, value in values])
            for labels, values in points]


def draw(url, panel, variables, now):
    """Returns the inside of a panel."""
    found = []
    for target in panel["targets"]:
        try:
            found += series(url, panel, target, variables, now)
        except urllib.error.HTTPError as error:
            return f'<p class="bad">{html.escape(error.read().decode()[:300])}</p>'
    found = [(name, labels, [point for point in points if point[1] == point[1]]) for name, labels, points in found]
    found = [one for one in found if one[2]]
    if not found:
        return f'<p class="none">{html.escape(panel["fieldConfig"]["defaults"].get("noValue", "No data"))}</p>'
    width, height = panel["gridPos"]["w"] * COLUMN - 24, panel["gridPos"]["h"] * ROW - 46
    kind = drawing.KINDS[panel["type"]]
    return kind(drawing.Panel(panel, width, height, (now - RANGE, now)), found)


def page(url, dashboard, now):
    variables = dashboard["templating"]["list"]
    boxes, bottom = [], 0
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        bottom = max(bottom, place["y"] + place["h"])
        style = (f'left:{place["x"] * COLUMN}px;top:{place["y"] * ROW + 60}px;'
                 f'width:{place["w"] * COLUMN - 8}px;height:{place["h"] * ROW - 8}px')
        title = html.escape(panel["title"])
        if panel["type"] == "row":
            boxes.append(f'<h2 style="{style}">{title}</h2>')
            continue
        hint = html.escape(panel["description"])
        boxes.append(f'<div class="panel" style="{style}" title="{hint}"><h3>{title}</h3>'
                     f"{draw(url, panel, variables, now)}</div>")
    height = bottom * ROW + 70
    choices = " · ".join(html.escape(variable.get("label") or variable["name"]) for variable in variables)
    return (f'<!doctype html><meta charset="utf-8"><title>{html.escape(dashboard["title"])}</title>'
            f"<style>{drawing.STYLE}</style>"
            f'<body style="width:{24 * COLUMN}px;height:{height}px"><h1>{html.escape(dashboard["title"])}'
            f'<small>{html.escape(dashboard["description"])}</small></h1><nav>{choices}</nav>{"".join(boxes)}'), height


def main():
    url, output, *paths = sys.argv[1:]
    now = time.time()
    for path in map(pathlib.Path, paths):
        text, height = page(url, json.loads(path.read_text(encoding="utf-8")), now)
        target = pathlib.Path(output) / f"{path.stem}.html"
        target.write_text(text, encoding="utf-8")
        print(target, 24 * COLUMN, height)


if __name__ == "__main__":
    main()
