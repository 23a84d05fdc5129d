"""Translates the words of models: their names, and the names, help texts and choices of their fields.

A model says them in English, often only by the name of a field. `WordedApp` makes them lazy when its models are loaded, so
that the admin shows them in the language of the page. `make messages` collects those that the admin shows. Migrations keep
the English words.
"""

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.db.models import Model
from django.utils.functional import Promise, lazy
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy

from cashdesk.enums import Language

# A text, or a text that is translated when a page shows it.
if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise
else:
    Words = Any


class WordedApp(AppConfig):
    """An app whose models say their words in the language of the page.

    Import the module, not the class: Django would take each class in an apps.py for the app's own.
    """

    def import_models(self) -> None:
        """Loads the models. No form or serializer exists yet, so that each one takes the lazy words."""
        super().import_models()
        for model in self.models.values():
            translate_words(model)


def translate_words(model: type[Model]) -> None:
    """Makes the words of a model lazy. Words of Django's own models are lazy already, and stay as they are."""
    if not isinstance(model._meta.verbose_name, Promise):
        # Django makes the plural out of the name, lazily, with an "s".
        model._meta.verbose_name_plural = gettext_lazy(str(model._meta.verbose_name_plural))
        model._meta.verbose_name = gettext_lazy(str(model._meta.verbose_name))
    for field in model._meta.local_fields:
        field.verbose_name = lazy_name(field.verbose_name)
        field.help_text = lazy_words(field.help_text)
        if field.choices and field.choices != Language.choices:
            # Each language keeps its own name.
            field.choices = [(value, lazy_words(label)) for value, label in field.choices]


def lazy_name(name: Any) -> Any:
    """Returns the name of a field as a lazy translation. Catalogs have it as a label, with a capital letter."""
    return name if isinstance(name, Promise) else _lazy_name(name)


def lazy_words(words: Any) -> Any:
    """Returns the words as a lazy translation. Empty and lazy words stay as they are."""
    return words if not words or isinstance(words, Promise) else gettext_lazy(words)


def _name(name: str) -> str:
    """Returns the name of a field in the language of the page. In English it keeps its small letter, as in sentences."""
    label = capfirst(name)
    found = gettext(label)
    return name if found == label else found


_lazy_name = lazy(_name, str)
