"use strict";

// Swagger UI has dark colors for html.dark-mode, but sets the class itself only in a layout that we do not use.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
follow();
dark.addEventListener("change", follow);
