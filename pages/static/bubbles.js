// Draws what was said. Everything becomes text nodes: nothing of an answer is ever read as markup.

export function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") node.addEventListener("click", value);
    else if (value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// The server lets only http and https through; this is the second look.
function address(url) {
  return /^https?:\/\//i.test(url || "") ? url : null;
}

function outward(url, ...children) {
  const href = address(url);
  if (!href) return make("span", {}, ...children);
  return make("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function run(each, tap) {
  if (each.tap) {
    const say = (happened) => {
      happened.preventDefault();
      tap(each.tap, each.menu_id || "");
    };
    // A link, as in WeChat: a button would not break over lines within the sentence.
    return make("a", { href: "#text", class: "tap", onclick: say }, each.text);
  }
  return each.href ? outward(each.href, each.text) : document.createTextNode(each.text);
}

export function bubble(said, tap) {
  switch (said.kind) {
    case "text":
      return make("div", { class: "bubble" }, ...said.runs.map((each) => run(each, tap)));
    case "news":
      return make(
        "div",
        { class: "card" },
        ...said.articles.map((each) =>
          outward(each.url, make("b", {}, each.title), each.description ? make("span", {}, each.description) : null),
        ),
      );
    default:
      return make("p", { class: "note" }, said.text || "这种消息模拟器画不出来。");
  }
}

export function mine(text) {
  return make(
    "li",
    { class: "row mine" },
    make("span", { class: "face", "aria-hidden": "true" }, "我"),
    make("div", { class: "stack" }, make("div", { class: "bubble" }, make("span", { class: "hidden" }, "我说："), text)),
  );
}

export function event(text) {
  return make("li", { class: "event" }, make("span", {}, text));
}

export function answer(letter, ...children) {
  return make(
    "li",
    { class: "row" },
    make("span", { class: "face", "aria-hidden": "true" }, letter),
    make("div", { class: "stack" }, ...children),
  );
}

export function waiting(letter) {
  const dots = make("div", { class: "bubble waiting" }, make("i"), make("i"), make("i"), make("span", { class: "hidden" }, "正在回复"));
  const node = answer(letter, dots);
  node.setAttribute("aria-hidden", "true");
  return node;
}

export function failure(letter, title, reason) {
  return answer(letter, make("div", { class: "bubble bad" }, make("strong", {}, title), reason));
}
