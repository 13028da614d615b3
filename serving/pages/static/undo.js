"use strict";
// The bar that undoes the last act: it counts down, and goes when it is too late.

(() => {
  const bar = document.querySelector("[data-undo]");
  if (!bar) return;
  const ends = performance.now() + 1000 * Number(bar.dataset.left);
  const seconds = bar.querySelector("[data-seconds]");

  function tick() {
    const left = Math.ceil((ends - performance.now()) / 1000);
    if (left <= 0) {
      bar.classList.add("over");
      return;
    }
    seconds.textContent = left;
    setTimeout(tick, 250);
  }
  tick();

  // A reload must not offer it anew.
  const here = new URL(location.href);
  here.searchParams.delete("undo");
  here.searchParams.delete("left");
  history.replaceState(history.state, "", here);
})();
