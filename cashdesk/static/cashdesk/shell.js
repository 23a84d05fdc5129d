// Small helps around the bars, which work without this script: "/" goes to the search field, or to its link at the desk.
// Escape or a click elsewhere closes an open menu.

const menus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    for (const menu of menus()) {
      const holdsFocus = menu.contains(document.activeElement);
      menu.open = false;
      if (holdsFocus) menu.querySelector("summary").focus();
    }
  }
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || isTyping) return;
  const found = [...document.querySelectorAll("[data-search]")].filter((one) => one.checkVisibility());
  const search = found.find((one) => one.matches("input")) ?? found[0];
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select?.(); // a link has no text to select
});

document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
