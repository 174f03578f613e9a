// Keys for a list of steps, and the focus after htmx has changed the page. Every page works without this file.
//   j, k   next, previous step      1-9  its buttons in order      z  undo      ?  the list of keys
// A key alone can get in the way of speech input, so `?` also switches them off; the choice stays in this browser.
(() => {
  "use strict";
  const OFF = "voc-keys-off";
  const steps = () => [...document.querySelectorAll(".step")];
  const here = () => document.querySelector(".step.here");

  function move(by) {
    const all = steps();
    if (!all.length) return;
    const at = all.indexOf(here());
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    all.forEach((step) => { step.classList.remove("here"); step.removeAttribute("aria-current"); });
    next.classList.add("here");
    next.setAttribute("aria-current", "step");
    next.setAttribute("tabindex", "-1");
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  function press(index) {
    const buttons = here()?.querySelectorAll(".acts > .btn, .acts > form > .btn, .acts > details > summary");
    const button = buttons?.[index];
    if (button) { button.focus(); button.click(); }
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (event.key === "?") { localStorage.setItem(OFF, localStorage.getItem(OFF) ? "" : "1"); say(); return; }
    if (localStorage.getItem(OFF)) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "z") document.querySelector(".undo button")?.click();
    else if (/^[1-9]$/.test(event.key)) press(Number(event.key) - 1);
  });

  function say() {
    const line = document.querySelector("#keys-state");
    if (line) line.textContent = localStorage.getItem(OFF) ? "Keys are off" : "Keys are on";
  }

  // "I'll write it myself": the own mail program opens, and the form says that it was. Without script there is a link.
  document.addEventListener("submit", (event) => {
    const mail = event.target.dataset?.opens;
    if (mail) window.location.href = mail;
  }, true);

  // A filter answers at once; without script its button does the same.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-at-once]");
    if (form) form.requestSubmit();
  });

  // What is worth less is folded on a phone; where there is room, and on paper, it stands open.
  const roomy = window.matchMedia("(min-width: 761px)");
  const unfold = () => document.querySelectorAll("details.fold:not([open])").forEach((one) => { one.open = true; });
  window.addEventListener("beforeprint", unfold);

  document.addEventListener("htmx:after:swap", (event) => {
    // What renews itself while somebody reads or types must not take the focus away.
    if (event.detail?.ctx?.target?.matches?.("[data-live]") || event.target.closest?.("[data-live]")) return;
    document.querySelector("#main")?.focus({ preventScroll: true });
    if (roomy.matches) unfold();
    say();
  });
  if (roomy.matches) unfold();
  say();
})();
