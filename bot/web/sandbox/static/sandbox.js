"use strict";
/* The page shows what the server says and passes on what a visitor does; it knows nothing by itself. */

const find = (selector) => document.querySelector(selector);
const parts = ["clock", "who", "women", "chat", "hand", "sms", "back"];
let woman = document.body.dataset.woman;
let phone = "guardian";
let news = null;

async function act(path, body = {}) {
  for (const screen of document.querySelectorAll(".screen")) delete screen.dataset.held;
  const trouble = find("#trouble");
  try {
    const answer = await fetch(`/sandbox/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Sandbox": "page" },
      body: JSON.stringify(body),
    });
    trouble.hidden = answer.ok;
    if (!answer.ok) trouble.textContent = answer.status === 409 ? "现在不行：时钟还在走，或者她还没有关注。" : "没有成功，请再试一次。";
  } catch {
    trouble.hidden = false;
    trouble.textContent = "连不上服务。它还在运行吗？";
  }
}

const ofWoman = (deed, body) => act(`women/${woman}/${deed}`, body);

function show(part, html) {
  const place = document.getElementById(part);
  place.innerHTML = html;
  if (place.matches(".screen")) toNewest(place);
  if (part === "clock") followClock(place.querySelector("time").dataset);
  if (part === "sms") find("#answer").hidden = place.querySelector(".owner") === null;
  if (part === "chat") {
    const away = place.querySelector(".invite") !== null;
    for (const one of document.querySelectorAll("#talk, .menu, #hand")) one.inert = away;
    find("#unfollow").hidden = away;
  }
}

/* Down to what came last, but not past the beginning of it: her last word, or the hour at which something came. */
function toNewest(screen) {
  if (screen.dataset.held) return;
  const beginning = [...screen.querySelectorAll(".mine, .time")].pop();
  const end = screen.scrollHeight - screen.clientHeight;
  screen.scrollTop = beginning ? Math.min(end, beginning.offsetTop - 12) : end;
}

function followClock({ moving, answering, ready }) {
  for (const button of document.querySelectorAll("[data-move]")) {
    button.hidden = moving === "yes";
    button.disabled = ready !== "yes";
  }
  find("#stand-still").hidden = moving !== "yes";
  find("#answering").setAttribute("aria-checked", String(answering === "yes"));
}

function listen() {
  if (news) news.close();
  news = new EventSource(`/sandbox/events?woman=${woman}&phone=${phone}`);
  for (const part of parts) news.addEventListener(part, (event) => show(part, JSON.parse(event.data)));
  for (const screen of document.querySelectorAll(".screen")) delete screen.dataset.held;
}

function choose(key) {
  woman = key;
  find("#chooser").open = false;
  history.replaceState(null, "", `/sandbox/?woman=${key}`);
  listen();
}

function choosePhone(whose) {
  phone = whose;
  for (const button of document.querySelectorAll("[data-phone]")) {
    button.setAttribute("aria-pressed", String(button.dataset.phone === whose));
  }
  listen();
}

const deeds = {
  say: (text) => ofWoman("say", { text }),
  answer: (text) => ofWoman(`sms?phone=${phone}`, { text }),
  tap: (text) => ofWoman("tap", { text }),
  act: (deed) => ofWoman(deed),
  move: (move) => act("clock", { move }),
  choose,
  phone: choosePhone,
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) {
    for (const [name, deed] of Object.entries(deeds)) if (name in button.dataset) deed(button.dataset[name]);
  }
  for (const menu of document.querySelectorAll(".menu details[open], #chooser[open]")) {
    if (!menu.contains(event.target) || "tap" in (button?.dataset ?? {})) menu.open = false;
  }
});

for (const [form, name] of [["#talk", "say"], ["#answer", "answer"]]) {
  find(form).addEventListener("submit", (event) => {
    event.preventDefault();
    const input = event.target.elements.text;
    const said = input.value.trim();
    input.value = "";
    if (said) deeds[name](said);
  });
}

for (const screen of document.querySelectorAll(".screen")) {
  for (const gesture of ["wheel", "touchmove", "keydown"]) {
    screen.addEventListener(gesture, () => { screen.dataset.held = "yes"; }, { passive: true });
  }
  new ResizeObserver(() => toNewest(screen)).observe(screen);
}
find("#stand-still").addEventListener("click", () => act("clock/stop"));
find("#answering").addEventListener("click", (event) => {
  act("answering", { on: event.currentTarget.getAttribute("aria-checked") !== "true" });
});
find("#hint-seen").addEventListener("click", () => {
  find("#hint").hidden = true;
  localStorage.setItem("hint-seen", "yes");
});
find("#hint").hidden = localStorage.getItem("hint-seen") === "yes";
listen();
