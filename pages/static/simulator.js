// The simulator's page: says what the citizen does, shows what comes back, now or later.

import { answer, bubble, event, failure, make, mine, waiting } from "./bubbles.js";
import { explain } from "./why.js";

const LATE_EVERY_MS = 2000;
const TIME_GAP_MS = 3 * 60 * 1000;
const byId = (id) => document.getElementById(id);
const chat = byId("chat");
const channel = byId("channel");
const face = document.querySelector("h1").textContent.trim().slice(0, 1) || "厅";
const wide = window.matchMedia("(min-width: 62rem)");
const EVENTS = { subscribe: "你关注了公众号", unsubscribe: "你取消了关注", image: "[图片]", voice: "[语音]", location: "[位置]" };

let user = "";
let after = document.body.dataset.now;
let seen = new Set();
const lateTurns = new Map();
let lastTime = 0;
let polls = Promise.resolve();

function newUser() {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  user = "sim_" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem("user", user);
}

function showMode() {
  byId("mode").textContent = channel.selectedOptions[0]?.dataset.mode ?? "";
  byId("who").textContent = user;
}

function stamp() {
  const now = Date.now();
  if (now - lastTime > TIME_GAP_MS) {
    const text = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "numeric", minute: "2-digit", hour12: false }).format(now);
    chat.append(make("li", { class: "time" }, text));
  }
  lastTime = now;
}

function add(node) {
  byId("empty").hidden = true;
  stamp();
  chat.append(node);
  show(node);
  return node;
}

// The newest message at the bottom; one that is taller than the window from its beginning.
function show(node) {
  const scroll = byId("scroll");
  const tall = node.offsetHeight > scroll.clientHeight - 16;
  scroll.scrollTop = tall ? node.offsetTop - scroll.offsetTop - 12 : scroll.scrollHeight;
}

function showWhy(turn, { open = false } = {}) {
  explain(byId("why"), turn);
  if (open) {
    byId("why-box").open = true;
    if (!wide.matches) byId("why-box").scrollIntoView({ block: "start" });
  }
}

function reason(turn, title = "为什么这样答") {
  return make("button", { type: "button", class: "reason", onclick: () => showWhy(turn, { open: true }) }, title);
}

function replyNode(turn) {
  const said = turn.bubbles.map((each) => bubble(each, tap));
  if (said.length) return answer(face, ...said, reason(turn));
  const node = event(turn.late ? "已收下，答复稍后送到" : "按规则不用答复");
  node.append(reason(turn));
  return node;
}

async function push(body, shown, asked) {
  const from = user;
  add(shown);
  const dots = add(waiting(face));
  let turn;
  try {
    const response = await fetch("/simulator/push", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user, channel: channel.value, ...body }),
    });
    turn = await response.json();
  } catch {
    turn = { error: "连不上服务。请看看程序还在不在运行，再发一次。", bubbles: [] };
  }
  if (from !== user) return;
  turn.asked = asked;
  if (turn.key && turn.late) lateTurns.set(turn.key, turn);
  if (turn.late) await late();
  dots.remove();
  if (turn.late && seen.has(turn.key)) return;
  const node = turn.error ? failure(face, "没有送到", turn.error) : replyNode(turn);
  if (turn.error && turn.raw_request) node.lastChild.append(reason(turn, "看详情"));
  add(node);
  showWhy(turn);
}

function say(text, menuId = "") {
  if (text.trim()) push({ type: "text", text, menu_id: menuId }, mine(text), text);
}

function tap(text, menuId) {
  say(text, menuId);
  byId("text").focus();
}

// One poll after another, so that the same reply is never drawn twice.
function late() {
  polls = polls.then(poll);
  return polls;
}

async function poll() {
  const from = user;
  try {
    const query = new URLSearchParams({ user, channel: channel.value, after });
    const response = await fetch(`/simulator/late?${query}`);
    if (response.ok && from === user) showLate(await response.json());
  } catch {
    // The next round tries again; a message that is sent meanwhile says what is wrong.
  }
}

function showLate(found) {
  for (const item of found.items) {
    if (seen.has(item.id)) continue;
    seen.add(item.id);
    const turn = { asked: "稍后送到的消息", ...lateTurns.get(item.id), ...item, late: false };
    add(replyNode(turn));
    showWhy(turn);
  }
  after = found.after;
}

function clear() {
  chat.replaceChildren();
  seen = new Set();
  lastTime = 0;
  byId("empty").hidden = false;
  byId("why").replaceChildren(make("p", { class: "hint" }, "发一条消息，这里会写明是哪条规则答的、有多大把握、依据是什么。"));
}

function toggle(button, panel, open = panel.hidden) {
  panel.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
}

byId("compose").addEventListener("submit", (happened) => {
  happened.preventDefault();
  const input = byId("text");
  say(input.value);
  input.value = "";
  input.focus();
});

byId("scene-form").addEventListener("submit", (happened) => {
  happened.preventDefault();
  const scene = byId("scene").value.trim() || byId("scene").placeholder;
  const asked = `你扫了二维码 ${scene}`;
  push({ type: "event", event: "SCAN", event_key: scene }, event(asked), asked);
});

for (const button of document.querySelectorAll("[data-push]")) {
  const what = button.dataset.push;
  const isEvent = what.endsWith("subscribe");
  const asked = EVENTS[what];
  button.addEventListener("click", () =>
    isEvent ? push({ type: "event", event: what }, event(asked), asked) : push({ type: what }, mine(asked), asked),
  );
}

for (const button of document.querySelectorAll("[data-menu]")) {
  const asked = `你点了菜单“${button.textContent.trim()}”`;
  button.addEventListener("click", () =>
    push({ type: "event", event: "CLICK", event_key: button.dataset.menu }, event(asked), asked),
  );
}

for (const button of document.querySelectorAll(".example")) {
  button.addEventListener("click", () => tap(button.textContent.trim(), ""));
}

byId("more").addEventListener("click", () => toggle(byId("more"), byId("tools")));
byId("scan").addEventListener("click", () => {
  toggle(byId("scan"), byId("scene-form"));
  if (!byId("scene-form").hidden) byId("scene").focus();
});
byId("renew").addEventListener("click", () => {
  newUser();
  clear();
  showMode();
  byId("text").focus();
});
channel.addEventListener("change", () => {
  clear();
  showMode();
});
wide.addEventListener("change", () => {
  byId("why-box").open = wide.matches;
});

user = sessionStorage.getItem("user") || "";
if (!user) newUser();
showMode();
byId("why-box").open = wide.matches;
setInterval(() => {
  if (!document.hidden && chat.childElementCount) late();
}, LATE_EVERY_MS);
if (wide.matches) {
  toggle(byId("more"), byId("tools"), window.innerHeight >= 720);
  byId("text").focus();
}
