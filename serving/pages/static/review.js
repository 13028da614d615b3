"use strict";
// The queue by keyboard: j and k move, Enter opens, n opens the next case, / searches.

(() => {
  const entries = () => [...document.querySelectorAll("[data-queue] a.entry")];

  function move(step) {
    const all = entries();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  }

  const acts = {
    j: () => move(1),
    k: () => move(-1),
    n: () => document.querySelector("[data-next]")?.click(),
    "/": () => document.querySelector("[data-find]")?.focus(),
    u: () => document.querySelector("[data-undo] button")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || window.jaga.isTyping(event.target)) return;
    if (event.target.closest("dialog")) return;
    const act = acts[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
})();
