// Makes the setup faster: the country fills in its fields at once, and Enter saves the step of the field. The page works
// without it.
"use strict";

const form = document.querySelector("[data-setup]");
const field = (name) => form.elements.namedItem(name);
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Moves the time zones of the chosen country to the top of the list, and returns their options. */
function ownZones(country) {
  const zone = field("zone");
  const own = zone.querySelector("[data-own]");
  const other = zone.querySelector("[data-other]");
  const chosen = zone.value;
  const all = new Map([...zone.options].map((option) => [option.value, option]));
  other.prepend(...own.children);
  const found = country.dataset.zones.split(" ").map((name) => all.get(name));
  own.append(...found);
  own.label = country.textContent;
  zone.value = chosen;
  return found;
}

/** Fills in a field. The hidden field tells the server that a later choice is not this suggestion. */
function suggest(name, value) {
  field(name).value = value;
  field(`was_${name}`).value = value;
}

/** Fills in currency, time zone and language. In a country with several clocks the browser's time zone decides. */
function fillIn() {
  const country = field("country").selectedOptions[0];
  if (!country.value) return;
  const zones = ownZones(country).map((option) => option.value);
  suggest("country", country.value);
  suggest("zone", country.dataset.zone || (zones.includes(here) ? here : ""));
  suggest("currency", country.dataset.currency);
  suggest("language", country.dataset.language);
}

if (form) {
  field("country").addEventListener("change", fillIn);
  if ("fresh" in form.dataset) {
    // The clock of this computer says more about the country than the language of the browser does.
    const country = [...field("country").options].find(({ dataset }) => (dataset.zones || "").split(" ").includes(here));
    if (country) country.selected = true;
    fillIn();
  }
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input, select")) return;
    event.preventDefault();
    form.requestSubmit(event.target.closest("[data-part]").querySelector("[name='save']"));
  });
}
