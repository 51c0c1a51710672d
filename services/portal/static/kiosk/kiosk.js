// A kiosk's page: wires what it keeps, what it sends and what it shows.

import { Asking } from "./asking.js";
import { openOutbox } from "./outbox.js";
import { show, speakOther, one } from "./screens.js";
import { Sending } from "./sending.js";
import { Line } from "./signing.js";
import { enrol, mark, prepareOffline, watchMark, watchPanel } from "./staff.js";

const [SHORTEST_S, USUAL_S, LONGEST_S] = [5, 30, 600];
const PLACE = "/kiosk/";

async function begin() {
  one("#language").addEventListener("click", speakOther);
  const outbox = await openOutbox();
  if (!(await outbox.me())) await enrol(outbox);
  serve(outbox);
}

function serve(outbox) {
  const sending = new Sending(outbox, new Line(outbox), mark);
  const asking = new Asking(outbox, idleSeconds(), () => sending.soon());
  const arrive = async () => {
    await outbox.finishAll();
    const { device } = await outbox.me();
    history.replaceState(null, "", `${PLACE}${device}${location.search}`);
    asking.begin();
    sending.all();
  };
  stayAwake();
  watchMark();
  watchPanel(() => sending.all(), () => enrol(outbox).then(arrive));
  prepareOffline(renewedWhenFree(asking));
  arrive();
}

/** Keep the screen on where the browser can. A tablet that sleeps sends nothing, and the clock that
 * says how long ago somebody pressed stands still meanwhile. */
function stayAwake() {
  if (!("wakeLock" in navigator)) return;
  const ask = () => document.hidden || navigator.wakeLock.request("screen").catch(console.warn);
  document.addEventListener("visibilitychange", ask);
  ask();
}

/** `?idle=45` at the end of the address, in seconds. */
function idleSeconds() {
  const wished = Number(new URLSearchParams(location.search).get("idle")) || USUAL_S;
  return Math.min(LONGEST_S, Math.max(SHORTEST_S, Math.round(wished)));
}

/** A new edition of this page has been fetched: begin with it once nobody is in the middle. */
function renewedWhenFree(asking) {
  return () => setInterval(() => asking.free && location.reload(), 1000);
}

begin().catch((error) => {
  console.error(error);
  show("broken");
});
