// For the staff: a mark in the corner, a panel behind a long press on it, and enrolment.

import { all, one, put, show, tell } from "./screens.js";
import { enrolled, secure } from "./signing.js";

const LONG_MS = 1000;
const LOOK_AGAIN_MS = 600000;
const BEGIN = ["pointerdown", "keydown"];
const END = ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"];
const panel = one("#staff");

/** How the kiosk is; a citizen sees a dot at most, and a number. */
export function mark({ link, waiting, refused, told, me }) {
  one("#mark").dataset.link = link;
  one("#mark").dataset.refused = refused;
  one("#count").textContent = waiting || "";
  tell("link", link);
  put("device", me.device);
  put("epoch", me.epoch);
  put("waiting", waiting);
  put("refused", refused);
  put("told", told ? told.toLocaleTimeString("zh-CN") : "—");
}

/** Open the panel after a long press, by hand or by key. */
export function watchMark() {
  let timer = 0;
  const open = () => panel.open || panel.showModal();
  BEGIN.forEach((kind) => one("#mark").addEventListener(kind, (event) => {
    if (event.repeat || event.key === "Tab") return;
    clearTimeout(timer);
    timer = setTimeout(open, LONG_MS);
  }));
  END.forEach((kind) => one("#mark").addEventListener(kind, () => clearTimeout(timer)));
  one("#mark").addEventListener("contextmenu", (event) => event.preventDefault());
}

/** What the panel can do: close, send at once, fill the screen, enrol anew. */
export function watchPanel(send, enrolAnew) {
  const acts = { send, close() {}, full: () => document.documentElement.requestFullscreen(),
    anew: enrolAnew };
  all("[data-act]", panel).forEach((button) => button.addEventListener("click", () => {
    panel.close();
    acts[button.dataset.act]();
  }));
}

/** Ask for a code until one is good, or until the staff of an enrolled kiosk keep what it has. */
export async function enrol(outbox) {
  show("enrol");
  const form = one("#enrolment");
  form.reset();
  tell("enrolment", "ask");
  one("#keep").hidden = !(await outbox.me());
  return new Promise((resolve) => {
    one("#keep").onclick = resolve;
    form.onsubmit = async (event) => {
      event.preventDefault();
      if (await accepted(outbox, form.code.value.trim())) resolve();
    };
  });
}

async function accepted(outbox, code) {
  const button = one("#enrolment button");
  button.disabled = true;
  tell("enrolment", "busy");
  try {
    await outbox.become(await enrolled(code));
    return true;
  } catch (error) {
    tell("enrolment", error.status && error.status < 500 ? "wrong" : "unreachable");
    one("#enrolment [name=code]").select();
    return false;
  } finally {
    button.disabled = false;
  }
}

/** Make the kiosk work offline, where the browser lets it; the staff see whether it does.
 * `changed` is called when another edition has taken the place of the one before. */
export async function prepareOffline(changed) {
  const can = secure() && navigator.serviceWorker;
  const stays = can && (await navigator.storage.persist());
  tell("storage", stays ? "kept" : "may-go");
  const works = can && (await keepPage(changed));
  tell("offline", works ? "on" : "off");
  one("#mark").dataset.offline = works ? "on" : "off";
}

async function keepPage(changed) {
  try {
    let before = Boolean(await navigator.serviceWorker.getRegistration());
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      if (before) changed();
      before = true;
    });
    const worker = await navigator.serviceWorker.register("/kiosk/worker.js");
    await navigator.serviceWorker.ready;
    setInterval(() => worker.update().catch(console.warn), LOOK_AGAIN_MS);
    return true;
  } catch (error) {
    console.warn(error);
    return false;
  }
}
