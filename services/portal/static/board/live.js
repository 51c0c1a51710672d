// Keeps the figures of today up to date; without it the page shows those of its loading.
"use strict";
const EVERY_MS = 10000;

async function refresh() {
  if (document.hidden) return;
  const live = document.getElementById("live");
  try {
    const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    if (fresh) live.replaceChildren(...fresh.childNodes);
  } catch {
    live.querySelector(".stale").hidden = false;
  }
}

setInterval(refresh, EVERY_MS);
