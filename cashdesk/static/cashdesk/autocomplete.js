// Links Django's autocomplete fields to their labels. Select2 draws these fields without the label, so a screen reader would
// read the chosen value but not the name of the field.
function nameChoices() {
  for (const shown of document.querySelectorAll(".select2-selection__rendered")) {
    const label = shown.closest(".select2-container").previousElementSibling?.labels?.[0];
    if (label) {
      label.id ||= `${label.htmlFor}_label`;
      shown.setAttribute("aria-labelledby", label.id);
      shown.parentElement.setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
    }
  }
}

// jQuery calls its ready callbacks in the order of registration. At "load" Select2's callback is already registered, so this
// one runs after it.
window.addEventListener("load", () => django.jQuery(nameChoices));
