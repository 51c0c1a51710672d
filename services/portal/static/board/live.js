// Keeps the figures of today up to date; without it the page shows those of its loading.
"use strict";
const EVERY_MS = 10000;

// Only what differs is changed: a link that is being pressed or has the focus stays where it is.
function renew(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName || old.childNodes.length !== fresh.childNodes.length) {
    old.replaceWith(fresh);
  } else if (old.nodeType === Node.TEXT_NODE) {
    old.data = fresh.data;
  } else {
    dress(old, fresh);
    const pairs = Array.from(old.childNodes, (each, at) => [each, fresh.childNodes[at]]);
    for (const pair of pairs) renew(...pair);
  }
}

function dress(old, fresh) {
  for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
}

async function refresh() {
  if (document.hidden) return;
  const live = document.getElementById("live");
  try {
    const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    if (fresh) renew(live, fresh);
  } catch {
    live.querySelector(".stale").hidden = false;
  }
}

setInterval(refresh, EVERY_MS);
