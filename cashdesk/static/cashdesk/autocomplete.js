// Django's choice by typing is drawn by Select2, which knows nothing of the label beside it: whoever listens to the page
// would hear what is chosen and not what for.
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

// jQuery calls whoever waits for the page in the order in which they asked: at "load" those who draw have asked already.
window.addEventListener("load", () => django.jQuery(nameChoices));
