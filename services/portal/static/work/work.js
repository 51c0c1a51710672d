// What makes the workbench quicker; every page works without it.
import "../drafts.js";

function focusSearchOnSlash() {
  const search = document.getElementById("q");
  document.addEventListener("keydown", (event) => {
    const busy = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key !== "/" || busy || !search || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
  });
}

function hideInTime() {
  const shown = document.getElementById("revealed");
  if (!shown) return;
  const hide = () => {
    shown.remove();
    location.replace(shown.dataset.back);
  };
  setTimeout(hide, Number(shown.dataset.seconds) * 1000);
  window.addEventListener("pagehide", () => shown.remove());
}

function countTicks() {
  const all = document.getElementById("all");
  const told = document.getElementById("ticked");
  if (!all || !told) return;
  const boxes = Array.from(document.querySelectorAll("input[name=case]"));
  const tell = () => {
    const ticked = boxes.filter((each) => each.checked).length;
    told.textContent = ticked ? "✓ " + ticked : "";
  };
  all.hidden = false;
  all.addEventListener("click", () => {
    const every = boxes.every((each) => each.checked);
    boxes.forEach((each) => { each.checked = !every; });
    tell();
  });
  boxes.forEach((each) => each.addEventListener("change", tell));
}

function weighFiles() {
  for (const input of document.querySelectorAll("input[data-most]")) {
    input.addEventListener("change", () => {
      const weight = Array.from(input.files).reduce((sum, each) => sum + each.size, 0);
      input.setCustomValidity(weight > Number(input.dataset.most) ? input.dataset.heavy : "");
      input.reportValidity();
    });
  }
}

weighFiles();
focusSearchOnSlash();
hideInTime();
countTicks();
