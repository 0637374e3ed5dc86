// The desk, live. Without this file the page works as plain forms.
"use strict";

(() => {
  const desk = document.getElementById("desk");
  if (!desk) return;
  const { chat, stream, news, state } = desk.dataset;
  const byId = (id) => document.getElementById(id);
  const title = document.title;
  let after = Number(desk.dataset.after);
  let unread = 0;
  let heardAt = Date.now();

  const toEnd = () => { const box = byId("scroll"); if (box) box.scrollTop = box.scrollHeight; };
  toEnd();
  byId("text")?.focus();

  const addLines = (html, order) => {
    if (order <= after) return;
    const lines = byId("lines"), made = document.createElement("template");
    made.innerHTML = html;
    for (const line of [...made.content.children]) {
      if (Number(line.dataset.order) > after) lines.append(line);
    }
    after = order;
    toEnd();
  };

  const addRest = (rest) => {
    const lists = byId("lists");
    if (!lists.contains(document.activeElement)) lists.innerHTML = rest.lists;
    unread = rest.unread;
    if (!chat) return;
    if (rest.state !== state && !byId("text")?.value) window.location.reload();
    for (const each of document.querySelectorAll("[data-outbox]")) {
      each.textContent = rest.deliveries[each.dataset.outbox] ?? each.textContent;
    }
    const left = byId("window");
    if (left) left.textContent = rest.window;
  };

  const source = new EventSource(`${stream}?chat=${chat}&after=${after}`);
  source.addEventListener("lines", (event) => {
    heardAt = Date.now();
    addLines(JSON.parse(event.data).html, Number(event.lastEventId));
  });
  source.addEventListener("rest", (event) => { heardAt = Date.now(); addRest(JSON.parse(event.data)); });
  source.addEventListener("gone", () => { source.close(); window.location.assign("/console/desk?done=desk_gone"); });
  window.addEventListener("pagehide", () => source.close());

  // Where a proxy holds streams back, ask.
  const ask = async () => {
    const answer = await fetch(`${news}?chat=${chat}&after=${after}`);
    if (!answer.ok || answer.redirected) return window.location.reload();
    const found = await answer.json();
    if (found.lines) addLines(found.lines, found.order);
    addRest(found);
  };
  window.setInterval(() => {
    if (source.readyState !== EventSource.OPEN || Date.now() - heardAt > 60000) ask().catch(() => {});
  }, 5000);

  // The title blinks while something new waits in a window that nobody looks at.
  let lit = false;
  window.setInterval(() => {
    lit = document.hidden && unread > 0 && !lit;
    document.title = lit ? `【${unread} 条新消息】` : title;
  }, 1000);

  // Send without leaving the page; the key makes a second try the same line.
  const composer = byId("composer"), box = byId("text");
  composer?.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (!box.value.trim() || composer.dataset.busy) return;
    composer.dataset.busy = "1";
    const form = new FormData(composer, event.submitter ?? undefined);
    if (!form.get("as")) form.set("as", "agent");
    try {
      const answer = await fetch(composer.action, { method: "POST", body: new URLSearchParams(form) });
      if (!answer.ok) return composer.submit();
      box.value = "";
      composer.elements.key.value = Array.from(crypto.getRandomValues(new Uint8Array(12)), (each) =>
        each.toString(16).padStart(2, "0")).join("");
      await ask();
    } catch {
      byId("window").textContent = "网络不通，没有发出。请再点一次发送，不会重复。";
    } finally {
      delete composer.dataset.busy;
    }
  });

  const put = (text) => { if (box) { box.value = box.value ? `${box.value}\n${text}` : text; box.focus(); } };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-put]");
    if (link && box) { event.preventDefault(); put(link.dataset.put); }
  });

  document.addEventListener("keydown", (event) => {
    if (event.target === box && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      composer.requestSubmit(composer.querySelector('[value="agent"]'));
    } else if (event.altKey && event.code === "KeyJ") {
      event.preventDefault();
      byId("next").click();
    } else if (event.altKey && event.code === "KeyK") {
      event.preventDefault();
      byId("q")?.focus();
    } else if (event.altKey && /^Digit[1-9]$/.test(event.code)) {
      const found = document.querySelector(`[data-key="${event.code.slice(5)}"]`);
      if (found) { event.preventDefault(); put(found.dataset.put); }
    } else if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const rows = [...document.querySelectorAll("[data-mine]")];
      const here = rows.findIndex((each) => each.hasAttribute("aria-current"));
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (rows.length) rows[(here + step + rows.length) % rows.length].click();
    }
  });
})();
