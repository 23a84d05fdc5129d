"""Reads the form that sets up the first store. It has three steps on one page, and every button sends all of them."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from django.contrib.auth import password_validation
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from cashdesk import money
from cashdesk.countries import Country, countries, currency_names, time_zone_names
from cashdesk.domain.setup.first_store import NewPerson, NewStore
from cashdesk.domain.setup.suggested_amounts import suggested_float, suggested_tolerance
from cashdesk.enums import Language
from cashdesk.errors import InvalidInput
from cashdesk.formats import amount_typed, style, write_as
from cashdesk.models import User

STEPS: Final = ("store", "people", "drawer")

FIELDS: Final = {
    "store": ("store", "number", "company", "country", "currency", "zone", "language"),
    "people": ("owner", "owner_sign_in", "owner_password", "cashier", "cashier_sign_in", "cashier_password"),
    "drawer": ("registers", "float", "safe", "tolerance", "cut_off"),
}
PASSWORDS: Final = ("owner_password", "cashier_password")
SUGGESTED: Final = ("country", "currency", "zone", "language", "float", "tolerance")
"""The fields that the page fills in. A hidden field keeps each suggestion: the page replaces it while nobody changed it."""

NAME_MAX: Final = 200
SIGN_IN_MAX: Final = 150
NUMBER_MAX: Final = 20
REGISTERS_MAX: Final = 50


class SetupForm:
    """The typed text, the errors by field, and the hashes of the passwords that were typed before.

    `kept` maps the names of password fields to hashes: pages never show a password again, and forget none. The form
    adds each valid password to it.
    """

    def __init__(self, sent: Mapping[str, str] | None, *, kept: dict[str, str], country: str, on: date) -> None:
        """Reads a sent form, or begins a new one. `country` is the first suggestion. `on` is the day for currencies."""
        self.on = on
        self.kept = kept
        self.errors: dict[str, str] = {}
        self._amounts: dict[str, int] = {}
        names = [name for step in STEPS for name in FIELDS[step] if name not in PASSWORDS]
        first = {"country": country, "number": "1", "registers": "1", "safe": "0", "cut_off": "4"}
        self.typed = {name: _line((sent or first).get(name, "")) for name in names}
        self.was = {name: _line((sent or {}).get(f"was_{name}", "")) for name in SUGGESTED}
        self._passwords = {name: (sent or {}).get(name, "") for name in PASSWORDS}
        self._suggest()
        if sent is not None:
            self._read()

    @property
    def country(self) -> Country | None:
        """The chosen country."""
        return countries(on=self.on).get(self.typed["country"])

    @property
    def fields(self) -> dict[str, dict[str, str]]:
        """Each field's name, text and error, for the page."""
        names = [name for step in STEPS for name in FIELDS[step]]
        return {
            name: {"name": name, "value": self.typed.get(name, ""), "error": self.errors.get(name, "")}
            for name in names
        }

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """The suggestions that this page shows."""
        return [(f"was_{name}", self.was[name]) for name in SUGGESTED]

    def has_errors(self, step: str) -> bool:
        """Whether a field of the step has an error."""
        return any(name in self.errors for name in FIELDS[step])

    def forgive(self, *steps: str) -> None:
        """Removes the errors of steps that the person has not saved yet."""
        for name in (name for step in steps for name in FIELDS[step]):
            self.errors.pop(name, None)

    @property
    def new_store(self) -> NewStore:
        """The store to create. Use it only if the form has no errors."""
        typed = self.typed
        return NewStore(
            company=typed["company"] or typed["store"],
            name=typed["store"],
            number=typed["number"],
            currency=typed["currency"],
            time_zone=typed["zone"],
            language=Language(typed["language"]),
            cut_off_hour=int(typed["cut_off"]),
            registers=int(typed["registers"]),
            float_minor=self._amounts["float"],
            tolerance_minor=self._amounts["tolerance"],
            safe_minor=self._amounts["safe"],
        )

    def owner(self, *, language: str) -> NewPerson:
        """The owner to create, whose pages are in this language. Use it only if the form has no errors."""
        return self._person("owner", language="" if language == self.typed["language"] else language)

    @property
    def cashier(self) -> NewPerson | None:
        """The first cashier to create, or None. Use it only if the form has no errors."""
        return self._person("cashier") if self.has_cashier else None

    @property
    def has_cashier(self) -> bool:
        """Whether any field of the first cashier has input."""
        return bool(self.typed["cashier"] or self.typed["cashier_sign_in"] or self._passwords["cashier_password"])

    # --- Suggestions -----------------------------------------------------------------------------------------------------

    def _suggest(self) -> None:
        """Fills in the suggestions for the country and the currency, unless the person has changed an earlier suggestion."""
        country = self.country
        if country is not None and country.code != self.was["country"]:
            self._fill("currency", country.currency)
            self._fill("zone", country.time_zone)
            self._fill("language", country.language.value)
        self.was["country"] = self.typed["country"]
        currency = self.typed["currency"]
        if currency in currency_names(Language.ENGLISH, on=self.on) and self.typed["language"] in Language.values:
            write_as(self.typed["language"], currency, self.typed["zone"])
            self._fill("float", style().digits(suggested_float(currency), currency))
            self._fill("tolerance", style().digits(suggested_tolerance(currency), currency))

    def _fill(self, name: str, suggestion: str) -> None:
        if self.typed[name] == self.was[name]:
            self.typed[name] = suggestion
        self.was[name] = suggestion

    # --- Reading ---------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        self._read_store()
        self._read_person("owner", missing=_("Enter your name."))
        if self.has_cashier:
            self._read_person("cashier", missing=_("Enter the cashier's name."))
            self._refuse_one_name()
        else:
            self.kept.pop("cashier_password", None)
        self._read_drawer()

    def _read_store(self) -> None:
        self._text("company", length_max=NAME_MAX)
        self._text("store", length_max=NAME_MAX, missing=_("Enter the name of your store."))
        self._text("number", length_max=NUMBER_MAX, missing=_("Enter a number for your store, such as 1."))
        self._one_of("country", countries(on=self.on), missing=_("Choose a country."))
        self._one_of("currency", currency_names(Language.ENGLISH, on=self.on), missing=_("Choose a currency."))
        self._one_of("zone", time_zone_names(Language.ENGLISH), missing=_("Choose a time zone."))
        self._one_of("language", Language.values, missing=_("Choose a language."))

    def _read_person(self, who: str, *, missing: str) -> None:
        self._text(who, length_max=NAME_MAX, missing=missing)
        name = f"{who}_sign_in"
        self._text(name, length_max=SIGN_IN_MAX, missing=_("Enter a name to sign in with."))
        if "@" in self.typed[name] and name not in self.errors:
            try:
                validate_email(self.typed[name])
            except ValidationError:
                self.errors[name] = _("Enter a full address, such as erika@example.com.")
        self._read_password(who)

    def _read_password(self, who: str) -> None:
        field = f"{who}_password"
        typed = self._passwords[field]
        if not typed:
            if field not in self.kept:
                self.errors[field] = _("Enter a password.")
            return
        sign_in = self.typed[f"{who}_sign_in"]
        person = User(username=sign_in, email=sign_in if "@" in sign_in else "", name=self.typed[who])
        try:
            password_validation.validate_password(typed, person)
        except ValidationError as error:
            self.errors[field] = " ".join(error.messages)
            self.kept.pop(field, None)
        else:
            self.kept[field] = make_password(typed)

    def _refuse_one_name(self) -> None:
        mine, theirs = self.typed["owner_sign_in"], self.typed["cashier_sign_in"]
        if theirs and mine.casefold() == theirs.casefold():
            self.errors["cashier_sign_in"] = _("You sign in with this name yourself. Enter another one.")

    def _read_drawer(self) -> None:
        self._whole("registers", least=1, most=REGISTERS_MAX)
        self._whole("cut_off", least=0, most=23)
        for name in ("float", "safe", "tolerance"):
            self._amount(name)

    def _text(self, name: str, *, length_max: int, missing: str = "") -> None:
        if missing and not self.typed[name]:
            self.errors[name] = missing
        elif len(self.typed[name]) > length_max:
            self.errors[name] = _("Enter at most %(limit)s characters.") % {"limit": length_max}

    def _one_of(self, name: str, known: Collection[str], *, missing: str) -> None:
        if self.typed[name] not in known:
            self.errors[name] = missing

    def _whole(self, name: str, *, least: int, most: int) -> None:
        try:
            number = money.parse_whole(self.typed[name], field=name)
        except InvalidInput:
            number = -1
        if not least <= number <= most:
            words = _("Enter a whole number from %(least)s to %(most)s.")
            self.errors[name] = words % {"least": least, "most": most}

    def _amount(self, name: str) -> None:
        """Reads an amount in the currency of the store. Without a currency, the first step has an error already."""
        if self.errors.keys() & {"currency", "language"}:
            return
        typed = self.typed[name] or ("0" if name == "safe" else "")
        try:
            self._amounts[name] = amount_typed(typed, self.typed["currency"], field=name)
        except InvalidInput as error:
            self.errors |= error.on_pages

    def _person(self, who: str, *, language: str = "") -> NewPerson:
        sign_in = self.typed[f"{who}_sign_in"]
        return NewPerson(
            name=self.typed[who],
            username=sign_in,
            email=sign_in if "@" in sign_in else "",
            password_hash=self.kept[f"{who}_password"],
            language=language,
        )


def _line(text: str) -> str:
    """Returns a line of text without control characters and outer spaces."""
    spaced = "".join(" " if sign.isspace() else sign for sign in text.strip())
    return "".join(sign for sign in spaced if sign.isprintable())
