"use strict";
// What every page can do: toasts, the keys' help, menus that close, and words for a lost answer.

(() => {
  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

  function toast(text) {
    const made = document.getElementById("a-toast").content.cloneNode(true);
    made.querySelector("p").textContent = text;
    document.getElementById("toasts").append(made);
  }

  document.addEventListener("click", (event) => {
    const closing = event.target.closest("[data-close]");
    if (closing) closing.closest("[data-toast]").remove();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details.menu[open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
    if (event.key === "?" && !isTyping(event.target) && !event.ctrlKey && !event.metaKey) {
      const keys = document.getElementById("keys");
      if (!keys.open) keys.showModal();
      event.preventDefault();
    }
  });

  for (const lost of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(lost, () => toast(document.body.dataset.lost));
  }
  let waiting = 0;
  const busy = (step) => {
    waiting = Math.max(0, waiting + step);
    document.getElementById("progress").classList.toggle("on", waiting > 0);
  };
  document.addEventListener("htmx:beforeRequest", () => busy(1));
  document.addEventListener("htmx:afterRequest", () => busy(-1));

  window.jaga = { toast, isTyping };
})();
