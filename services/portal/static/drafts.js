// What somebody types stays in this browser until it is sent, for each case and move:
// `data-draft` names a form, `data-sent` one that has arrived.
const PREFIX = "haoping-draft:";
const KEPT_MS = 7 * 24 * 3600 * 1000;

function read(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch (_) { return null; }
}

function write(key, said) {
  try { localStorage.setItem(key, JSON.stringify({ at: Date.now(), said })); } catch (_) { /* full or forbidden */ }
}

function fields(form) {
  return Array.from(form.elements).filter((each) => each.name && !["hidden", "file", "submit"].includes(each.type));
}

function typed(form) {
  const said = {};
  for (const each of fields(form)) {
    if (each.type === "radio" || each.type === "checkbox") {
      if (each.checked) said[each.name + "=" + each.value] = true;
    } else if (each.value) said[each.name] = each.value;
  }
  return said;
}

function begun(form) {
  return fields(form).some((each) => each.checked !== each.defaultChecked
    || (each.defaultValue !== undefined && each.value !== each.defaultValue));
}

function restore(form, said) {
  let any = false;
  for (const each of fields(form)) {
    if (each.type === "radio" || each.type === "checkbox") {
      if (said[each.name + "=" + each.value]) each.checked = true;
    } else if (!each.value && said[each.name]) {
      each.value = said[each.name];
      any = true;
    }
  }
  return any;
}

function forgetOld() {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    const kept = read(key);
    if (!kept || Date.now() - kept.at > KEPT_MS) localStorage.removeItem(key);
  }
}

function keepDrafts(root) {
  try { forgetOld(); } catch (_) { return; }
  const sent = root.querySelector("[data-sent]");
  if (sent) localStorage.removeItem(PREFIX + sent.dataset.sent);
  for (const form of root.querySelectorAll("form[data-draft]")) {
    const key = PREFIX + form.dataset.draft;
    const kept = read(key);
    const early = begun(form); // before this script was here
    if (kept && restore(form, kept.said)) {
      const folded = form.closest("details");
      if (folded) folded.open = true;
      form.classList.add("restored");
    }
    if (early) write(key, typed(form));
    form.addEventListener("input", () => write(key, typed(form)));
  }
}

keepDrafts(document);
