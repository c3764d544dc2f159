// The console's small share of script: clocks, keys, the sound of a new emergency. Pages work without it.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector) => document.querySelector(selector);

// Clocks: a due time counts down, and up once it has passed.
function span(minutes, [day, hour, minute]) {
  if (minutes < 60) return `${minutes}${minute}`;
  if (minutes >= 2880) return `${Math.floor(minutes / 1440)}${day}`;
  return `${Math.floor(minutes / 60)}${hour}${minutes % 60 ? `${minutes % 60}${minute}` : ""}`;
}

// The house's clock counts, not this computer's.
let drift = 0;
const setClock = (root) => { if (root?.dataset.now) drift = Number(root.dataset.now) - Date.now() / 1000; };

function tick() {
  for (const due of all("time.due")) {
    const left = Math.floor((Number(due.dataset.due) - (Date.now() / 1000 + drift)) / 60);
    const text = `${left < 0 ? due.dataset.late : due.dataset.left} ${span(Math.abs(left), due.dataset.units.split("|"))}`;
    if (due.textContent !== text) due.textContent = text;
    due.classList.toggle("late", left < 0);
  }
}

// The queue: a new open emergency is announced, heard and counted in the title.
const title = document.title;
const openEmergencies = () => all('.queue li[data-urgency="emergency"][data-open="1"]');
let known = new Set(openEmergencies().map((row) => row.id));

function news() {
  const summary = one(".counts")?.dataset.summary;
  if (summary && one("#summary").textContent !== summary) one("#summary").textContent = summary;
  const waiting = openEmergencies();
  document.title = waiting.length ? `(${waiting.length}) ${title}` : title;
  const fresh = waiting.filter((row) => !known.has(row.id));
  if (fresh.length) {
    one("#announce").textContent = fresh.map((row) => row.dataset.said).join("。");
    for (const row of fresh) row.classList.add("fresh");
    chime();
  }
  known = new Set(waiting.map((row) => row.id));
}

// A browser lets a page sound only after a touch or key, so the sound is switched on by hand.
let sound = null;
const button = one("#sound");

function switchSound(on) {
  sound = on ? sound || new AudioContext() : null;
  sound?.resume();
  button.setAttribute("aria-pressed", String(on));
  button.textContent = on ? button.dataset.on : button.dataset.off;
  localStorage.setItem("sound", on ? "on" : "off");
}

function chime() {
  if (!sound) return;
  for (const [at, pitch] of [[0, 660], [0.22, 880], [0.7, 660], [0.92, 880]]) {
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    const from = sound.currentTime + at;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, from);
    volume.gain.exponentialRampToValueAtTime(0.12, from + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.35);
    tone.connect(volume).connect(sound.destination);
    tone.start(from);
    tone.stop(from + 0.4);
  }
}

if (button) {
  button.addEventListener("click", () => {
    switchSound(button.getAttribute("aria-pressed") !== "true");
    chime();
  });
  if (localStorage.getItem("sound") === "on") {
    addEventListener("pointerdown", () => sound || switchSound(true), { once: true });
    addEventListener("keydown", () => sound || switchSound(true), { once: true });
  }
}

// The line: when the stream of news breaks, the page says so instead of looking calm.
function line(lost) {
  const mark = one("#line");
  if (!mark) return;
  mark.classList.toggle("lost", lost);
  const text = one("#line span");
  text.dataset.well ??= text.textContent;
  text.textContent = lost ? mark.dataset.lost : text.dataset.well;
}

addEventListener("htmx:sseError", () => line(true));
addEventListener("htmx:sendError", () => line(true));
addEventListener("htmx:responseError", () => line(true));
addEventListener("htmx:sseOpen", () => line(false));

// The thread stays at its end unless somebody has scrolled up to read.
let atEnd = true;
const thread = one("#thread");
const toEnd = () => { if (thread && atEnd) thread.scrollTop = thread.scrollHeight; };
thread?.addEventListener("scroll", () => {
  atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 40;
});

addEventListener("htmx:beforeSwap", (event) => {
  // Whoever reads older entries is not torn away by a refresh.
  if (event.detail.target === thread && !atEnd) event.detail.shouldSwap = false;
});
addEventListener("htmx:afterSettle", (event) => {
  setClock(one(".counts"));
  tick();
  if (event.detail.target.id === "queue") { line(false); news(); }
  if (event.detail.target === thread) toEnd();
});

// Cards.
one("#print")?.addEventListener("click", () => print());
one("#tick")?.addEventListener("click", () => {
  const boxes = all(".invitees input[type=checkbox]");
  const ticked = !boxes.every((box) => box.checked);
  for (const box of boxes) box.checked = ticked;
});

// Keys.
const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

function step(by) {
  const rows = all(".queue h2 a, .hits a");
  const at = rows.indexOf(document.activeElement);
  const inside = rows.findIndex((row) => row.closest("li").contains(document.activeElement));
  const next = rows[Math.min(Math.max((at < 0 ? inside : at) + by, 0), rows.length - 1)];
  next?.focus();
  next?.closest("li").scrollIntoView({ block: "nearest" });
}

function open(summary) {
  if (!summary) return;
  summary.closest("details").open = true;
  summary.closest("details").querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  c: () => (document.activeElement.closest(".queue li")?.querySelector(".claim") || one("#claim"))?.click(),
  r: () => one("#reply")?.focus(),
  e: () => open(one("#resolve")),
  q: () => { location.href = "/console"; },
  "/": () => one("#q")?.focus(),
};

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && typing(event.target)) event.target.blur();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form?.requestSubmit();
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

// What was typed but not sent survives a closed tab.
const reply = one("#reply");
if (reply) {
  const draft = `draft:${location.pathname}`;
  if (!reply.value) reply.value = sessionStorage.getItem(draft) || "";
  reply.addEventListener("input", () => sessionStorage.setItem(draft, reply.value));
  reply.form.addEventListener("submit", () => sessionStorage.removeItem(draft));
}

// A form is sent once.
addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  for (const submit of all("button", event.target)) submit.setAttribute("aria-disabled", "true");
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => all("form").forEach((form) => delete form.dataset.sent));

setClock(document.body);
tick();
toEnd();
if (one("#queue")) news();
setInterval(tick, 5000);
