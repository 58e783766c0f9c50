"""SVG and HTML of the panels that `preview.py` shows."""

import html
import math
import time

COLORS = {"green": "#73bf69", "yellow": "#f2cc0c", "red": "#f2495c", "blue": "#5794f2", "orange": "#ff9830"}
PALETTE = ["#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0", "#508642", "#cca300",
           "#447ebc", "#c15c17", "#890f02", "#0a437c", "#6d1f62", "#584477"]
# The width of a letter of the axes, about.
LETTER = 6.7
STYLE = """
body{background:#111217;color:#ccccdc;font:12px sans-serif;margin:0 8px;position:relative;overflow:hidden}
h1{font-size:20px;margin:10px 0 2px;font-weight:500}h1 small{color:#8e8e9a;font-size:13px;margin-left:14px;font-weight:400}
nav{color:#8e8e9a}h2{position:absolute;font-size:14px;margin:0;padding-top:4px;font-weight:500}
.panel{position:absolute;background:#181b1f;border:1px solid #2a2d33;border-radius:3px;box-sizing:border-box;overflow:hidden}
h3{font-size:13px;margin:6px 8px;font-weight:500}.none{color:#6e6e7a;text-align:center;margin-top:70px}
.bad{color:#f2495c;margin:8px}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:3px 8px;border-top:1px solid #2a2d33}
th{color:#6e9fff;font-weight:500;border:0}.big{display:flex;flex-wrap:wrap;height:190px;padding:0 8px;align-content:center}
.big div{flex:1;min-width:90px;text-align:center;margin:4px}.big b{display:block;font-size:22px;font-weight:500}
.legend{padding:0 8px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;color:#9a9aaa}
.legend i{display:inline-block;width:12px;height:3px;margin:0 4px 3px 8px}
.bar{position:relative;margin:3px 8px;height:20px}.bar span{position:absolute;left:4px;top:3px;z-index:1}
.bar em{position:absolute;right:4px;top:3px;font-style:normal}.bar u{display:block;height:20px;opacity:.45}
"""


class Panel:
    """The description of a panel, and the place that it has."""

    def __init__(self, model, width, height, times):
        self.model, self.width, self.height, self.times = model, width, height, times
        self.defaults = model["fieldConfig"]["defaults"]

    def steps(self):
        return [(-math.inf if step["value"] is None else step["value"], step["color"])
                for step in self.defaults["thresholds"]["steps"]]

    def color(self, value):
        words = self.words()
        if words:
            return COLORS[words[str(int(value))]["color"]] if str(int(value)) in words else "#8e8e9a"
        return COLORS[[color for at, color in self.steps() if value >= at][-1]]

    def words(self):
        mappings = self.defaults.get("mappings")
        return mappings[0]["options"] if mappings else None

    def text(self, value):
        words = self.words()
        if words and str(int(value)) in words:
            return words[str(int(value))]["text"]
        return unit(round(value) if self.defaults.get("decimals") == 0 else value, self.defaults["unit"])


def scaled(value, base, names):
    for name in names:
        if abs(value) < base or name == names[-1]:
            return f"{value:.3g} {name}".strip() if abs(value) < 1000 else f"{value:.0f} {name}".strip()
        value /= base


def unit(value, name):
    if name == "dateTimeFromNow":
        away = time.time() - value / 1000
        return f"{seconds(abs(away))} ago" if away >= 0 else f"in {seconds(-away)}"
    if name == "percentunit":
        return f"{100 * value:.3g} %"
    if name == "s":
        return ("-" if value < 0 else "") + seconds(abs(value))
    if name in ("bytes", "binBps"):
        return scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]) + ("/s" if name == "binBps" else "")
    if name == "locale":
        return f"{value:,.2f}"
    return scaled(value, 1000, ["", "K", "M", "G"]) + {"reqps": " req/s", "cps": " c/s"}.get(name, "")


def seconds(value):
    if value == 0:
        return "0 s"
    for limit, divisor, name in [(1e-3, 1e-6, "µs"), (1, 1e-3, "ms"), (120, 1, "s"), (7200, 60, "min"),
                                 (172800, 3600, "h"), (math.inf, 86400, "d")]:
        if value < limit:
            return f"{value / divisor:.3g} {name}"


def legend(found):
    entries = (f'<i style="background:{PALETTE[i % len(PALETTE)]}"></i>{html.escape(name)}' for i, (name, _, _) in enumerate(found))
    return f'<div class="legend">{"".join(entries)}</div>'


def timeseries(panel, found):
    bars = panel.defaults["custom"]["drawStyle"] == "bars"
    totals = {}
    for _, _, points in found:
        for at, value in points:
            totals[at] = totals.get(at, 0) + value
    values = list(totals.values()) if bars else [value for _, _, points in found for _, value in points]
    low = min([0, *values]) if panel.defaults["custom"].get("axisSoftMin") == 0 else min(values)
    high = max(values)
    limits = [(at, color) for at, color in panel.steps() if math.isfinite(at)]
    high = high if high > low else low + (1.2 * limits[-1][0] if limits and limits[-1][0] > 1e-6 else 1)
    ticks = [low + (high - low) * tick / 4 for tick in range(5)]
    if panel.defaults.get("decimals") == 0:
        # Half an event is none.
        ticks = sorted({round(value) for value in ticks if low <= round(value) <= high})
    left = 14 + LETTER * max(len(panel.text(value)) for value in ticks)
    top, width, height = 6, panel.width - left - 10, panel.height - 44
    x = lambda at: left + (at - panel.times[0]) / (panel.times[1] - panel.times[0]) * width
    y = lambda value: top + height - (value - low) / (high - low) * height
    parts = []
    for value in ticks:
        parts.append(f'<line x1="{left}" x2="{left + width}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#2a2d33"/>'
                     f'<text x="{left - 6}" y="{y(value) + 4:.1f}" text-anchor="end" fill="#8e8e9a">{html.escape(panel.text(value))}</text>')
    for tick in range(4):
        at = panel.times[0] + (panel.times[1] - panel.times[0]) * (tick + 0.5) / 4
        parts.append(f'<text x="{x(at):.0f}" y="{top + height + 16}" text-anchor="middle" fill="#8e8e9a">{time.strftime("%H:%M", time.gmtime(at))}</text>')
    base = {}
    for index, (name, _, points) in enumerate(found):
        color = PALETTE[index % len(PALETTE)]
        if bars:
            for at, value in points:
                bottom = base.get(at, 0)
                base[at] = bottom + value
                start, end = max(left, x(at) - width / 34), min(left + width, x(at) + width / 34)
                parts.append(f'<rect x="{start:.1f}" y="{y(bottom + value):.1f}" width="{max(0, end - start):.1f}" '
                             f'height="{max(0, y(bottom) - y(bottom + value)):.1f}" fill="{color}" opacity=".75"/>')
            continue
        path = "M" + "L".join(f"{x(at):.1f},{y(value):.1f}" for at, value in points)
        # The dashboards dash the lines of limits, and of nothing else.
        dashes = ' stroke-dasharray="8 8"' if name.startswith("Limit") else ""
        parts.append(f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.5"{dashes}/>')
        if len(points) == 1:
            parts.append(f'<circle cx="{x(points[0][0]):.1f}" cy="{y(points[0][1]):.1f}" r="2" fill="{color}"/>')
    area = panel.defaults["custom"]["thresholdsStyle"]["mode"] == "area"
    below = dict(zip([at for at, _ in limits], [color for _, color in panel.steps()]))
    for at, color in limits:
        color = below[at] if area else color
        if low <= at <= high:
            parts.append(f'<line x1="{left}" x2="{left + width}" y1="{y(at):.1f}" y2="{y(at):.1f}" stroke="{COLORS[color]}" stroke-dasharray="6 4"/>')
    return f'<svg width="{panel.width}" height="{panel.height - 20}">{"".join(parts)}</svg>{legend(found)}'


def stat(panel, found):
    boxes = (f'<div><b style="color:{panel.color(points[-1][1])}">{html.escape(panel.text(points[-1][1]))}</b>{html.escape(name)}</div>'
             for name, _, points in found)
    return f'<div class="big">{"".join(boxes)}</div>'


def bars(panel, found):
    highest = panel.defaults.get("max") or max(max(points[-1][1] for _, _, points in found), 1e-12)
    rows = (f'<div class="bar"><span>{html.escape(name)}</span><em>{html.escape(panel.text(points[-1][1]))}</em>'
            f'<u style="width:{max(0, min(1, points[-1][1] / highest)):.0%};background:{panel.color(points[-1][1])}"></u></div>'
            for name, _, points in sorted(found, key=lambda one: -one[2][-1][1]))
    return "".join(rows)


def pie(panel, found):
    total = sum(points[-1][1] for _, _, points in found) or 1
    rows = (f'<div class="bar"><span>{html.escape(name)}</span><em>{points[-1][1] / total:.0%}</em>'
            f'<u style="width:{points[-1][1] / total:.0%};background:{PALETTE[i % len(PALETTE)]}"></u></div>'
            for i, (name, _, points) in enumerate(sorted(found, key=lambda one: -one[2][-1][1])))
    return "".join(rows)


def table(panel, found):
    options = panel.model["transformations"][0]["options"] if panel.model["transformations"] else {}
    hidden, renamed, order = options.get("excludeByName", {}), options.get("renameByName", {}), options.get("indexByName", {})
    keys = sorted({key for _, labels, _ in found for key in labels if not hidden.get(key)} | ({"Value"} - {key for key in hidden if hidden[key]}),
                  key=lambda key: (order.get(key, 99 if key == "Value" else 50), key))
    colored = {override["matcher"]["options"]: override["properties"] for override in panel.model["fieldConfig"]["overrides"]}
    rows = []
    for _, labels, points in found:
        cells = []
        for key in keys:
            text, style = labels.get(key, ""), ""
            if key == "Value":
                text = panel.text(points[-1][1])
                style = f"background:{panel.color(points[-1][1])};color:#111" if "number" in colored else ""
            for one in colored.get(key, []):
                if one["id"] == "mappings" and text in one["value"][0]["options"]:
                    style = f'background:{COLORS[one["value"][0]["options"][text]["color"]]};color:#111'
                elif one["id"] == "links":
                    style = "color:#6e9fff"
            cells.append(f'<td style="{style}">{html.escape(text)}</td>')
        rows.append(f'<tr>{"".join(cells)}</tr>')
    head = "".join(f"<th>{html.escape(renamed.get(key, key))}</th>" for key in keys)
    return f'<table><tr>{head}</tr>{"".join(rows)}</table>'


def bands(panel, found, color):
    names = [name if LETTER * len(name) < panel.width / 2 else "…" + name[-int(panel.width / 2 / LETTER):] for name, _, _ in found]
    left = 14 + LETTER * max(map(len, names))
    width, height = panel.width - left - 10, min(26, (panel.height - 20) / len(found))
    span = panel.times[1] - panel.times[0]
    parts = []
    for index, (_, _, points) in enumerate(found):
        step = points[1][0] - points[0][0] if len(points) > 1 else span / 60
        for at, value in points:
            parts.append(f'<rect x="{left + (at - panel.times[0]) / span * width:.1f}" y="{index * height + 4:.1f}" '
                         f'width="{step / span * width + 1:.1f}" height="{max(1, height - 4):.1f}" fill="{color(value)}"/>')
        if height > 9:
            parts.append(f'<text x="{left - 6}" y="{index * height + height / 2 + 6:.1f}" text-anchor="end" fill="#ccccdc">{html.escape(names[index])}</text>')
    return f'<svg width="{panel.width}" height="{panel.height}">{"".join(parts)}</svg>'


def timeline(panel, found):
    return bands(panel, found, panel.color)


def heatmap(panel, found):
    highest = max(value for _, _, points in found for _, value in points) or 1
    return bands(panel, found, lambda value: f"rgba(255,152,48,{max(0.04, value / highest):.2f})")


KINDS = {"timeseries": timeseries, "stat": stat, "gauge": bars, "bargauge": bars, "piechart": pie, "table": table,
         "state-timeline": timeline, "heatmap": heatmap, "geomap": table}
