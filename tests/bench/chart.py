"""An SVG of CPU a request: one group of bars a case."""

from xml.sax.saxutils import escape

BAR, GAP, GROUP = 16, 3, 30  # heights
LEFT, WIDTH, RIGHT = 240, 560, 90
COLORS = {"libmicrohttpd": "#9aa0a6", "nginx": "#5f8f4e",
          "HAProxy": "#7c6fb0"}
OURS = ["#c96f2e", "#d98a4e", "#e5a877", "#efc9a8"]


def bars(results):
    """`results`: {case: {name: {"cpu_us": ...}}}"""
    out, y, ours = [], 44, {}
    for case, rows in results.items():
        most = max(row["cpu_us"] for row in rows.values())
        out.append('<text x="8" y="%d" font-weight="bold">%s</text>' % (
            y, escape(case)))
        y += 8
        for name, row in rows.items():
            color = COLORS.get(name) or ours.setdefault(
                name, OURS[len(ours) % len(OURS)])
            width = WIDTH * row["cpu_us"] / most
            out.append(
                '<text x="%d" y="%d" text-anchor="end">%s</text>'
                '<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>'
                '<text x="%.1f" y="%d">%.1f</text>' % (
                    LEFT - 8, y + BAR - 4, escape(name), LEFT, y, width, BAR,
                    color, LEFT + width + 6, y + BAR - 4, row["cpu_us"]))
            y += BAR + GAP
        y += GROUP
    head = ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
            'font-family="sans-serif" font-size="12">\n'
            '<rect width="100%%" height="100%%" fill="white"/>\n'
            '<text x="8" y="18" font-size="14">CPU microseconds a request '
            '(user and system, one core; less is better)</text>\n' % (
                LEFT + WIDTH + RIGHT, y))
    return head + "\n".join(out) + "\n</svg>\n"
