"""The template tag that shows the contributions of other apps on a page."""

from django import template
from django.template import Context, Engine
from django.utils.safestring import SafeString, mark_safe

from cashdesk.contributions import fragments_at

register = template.Library()


@register.simple_tag(takes_context=True)
def contributed(context: Context, spot: str) -> SafeString:
    """Renders the templates that apps contribute to a spot, with the context of the page."""
    engine = Engine.get_default()
    shown = [engine.get_template(name).render(context).rstrip("\n") for name in fragments_at(spot)]
    return mark_safe("\n".join(shown))  # noqa: S308 (each part is a rendered template)
