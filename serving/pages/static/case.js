"use strict";
// A case by keyboard: a letter takes a decision's button into view with its consequence, Enter does
// it; other letters open what else can be done.

(() => {
  function reach(key) {
    const found = document.querySelector(`[data-acts] [data-key="${key}"]`);
    if (!found) return false;
    if (found.tagName === "SUMMARY") {
      found.parentElement.open = true;
      found.parentElement.querySelector("input:not([type=hidden]), textarea")?.focus();
    } else {
      found.focus();
    }
    found.scrollIntoView({ block: "nearest" });
    return true;
  }

  const acts = {
    c: () => document.querySelector('[data-acts] [data-key="c"]')?.click(),
    n: () => document.querySelector("[data-next]")?.click(),
    q: () => document.querySelector("[data-queue-link]")?.click(),
    u: () => document.querySelector("[data-undo] button")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("dialog")) return;
    if (window.jaga.isTyping(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (acts[event.key]) {
      event.preventDefault();
      acts[event.key]();
    } else if (event.key.length === 1 && reach(event.key)) {
      event.preventDefault();
    }
  });

  // Enter in a decision's text field must not decide by the form's first button.
  document.querySelector("[data-decide]")?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault();
  });

  // One press, one act.
  for (const form of document.querySelectorAll("[data-acts] form")) {
    form.addEventListener("submit", () => setTimeout(() => {
      for (const button of form.querySelectorAll("button")) button.disabled = true;
    }));
  }
})();
