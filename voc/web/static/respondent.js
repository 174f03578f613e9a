// Keeps what is typed as one goes and says how far one is. It never sends an answer: only the button does.
(() => {
  "use strict";
  const form = document.getElementById("answer");
  if (!form) return;
  const saved = document.getElementById("saved");
  const progress = document.getElementById("progress");
  const main = form.dataset.main.split(" ");
  let changed = false;
  let timer = 0;

  const save = () => {
    timer = 0;
    if (!changed) return;
    changed = false;
    fetch(form.dataset.save, { method: "POST", body: new URLSearchParams(new FormData(form)), keepalive: true })
      .then((answer) => {
        if (answer.status === 204 && answer.headers.get("X-Kept") === "yes") saved.hidden = false;
        else if (answer.ok) changed = true;
      })
      .catch(() => { changed = true; });
  };

  const count = () => {
    const data = new FormData(form);
    const done = main.filter((key) => data.getAll(key).some((value) => value.trim() !== "")).length;
    progress.textContent = form.dataset.progress.replace("{count}", done).replace("{limit}", main.length);
    progress.hidden = false;
  };

  form.addEventListener("input", () => {
    changed = true;
    if (!timer) timer = setTimeout(save, 2000);
    if (progress) count();
  });
  form.addEventListener("submit", () => { changed = false; clearTimeout(timer); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(); });

  // A link of the mail or of the list of mistakes may lead into a part that is folded away.
  const unfold = () => {
    const aim = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const around = aim && aim.closest("details");
    if (around) { around.open = true; aim.scrollIntoView(); }
  };
  addEventListener("hashchange", unfold);
  unfold();

  const problems = document.getElementById("problems");
  if (problems) problems.focus();
})();
