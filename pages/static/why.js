// Writes why a turn was answered as it was.

import { make } from "./bubbles.js";

function fact(name, ...value) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, ...value));
}

function confidence(value) {
  const percent = Math.round(value * 100);
  return [make("meter", { min: "0", max: "100", value: String(percent), "aria-label": "把握" }), `${percent}%`];
}

function nearest(rows) {
  return make(
    "table",
    { class: "near" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "条目"), make("th", { scope: "col" }, "得分"))),
    make(
      "tbody",
      {},
      ...rows.map((each) =>
        make(
          "tr",
          {},
          make(
            "td",
            {},
            make("a", { href: each.url, target: "_blank", rel: "noopener" }, each.title),
            each.phrasing && each.phrasing !== each.title ? make("small", {}, `最像的说法：${each.phrasing}`) : null,
          ),
          make("td", {}, each.score.toFixed(2)),
        ),
      ),
    ),
  );
}

function raw(title, text) {
  return text ? make("details", { class: "raw" }, make("summary", {}, title), make("pre", { tabindex: "0" }, text)) : null;
}

export function explain(shown, turn) {
  const why = turn.why;
  const facts = make("dl");
  if (why) {
    facts.append(fact("规则", why.rule_name), fact("结果", why.outcome_name));
    if (why.confidence !== null) facts.append(fact("把握", ...confidence(why.confidence)));
    if (why.entry) facts.append(fact("条目", make("a", { href: why.entry.url, target: "_blank", rel: "noopener" }, why.entry.title)));
    facts.append(fact("送出", why.delivery_name));
  }
  if (turn.elapsed_ms !== undefined) {
    const again = turn.deliveries > 1 ? `，推送了 ${turn.deliveries} 次` : "";
    facts.append(fact("用时", `${turn.elapsed_ms} 毫秒${again}`));
  }
  if (turn.status) facts.append(fact("接口", `HTTP ${turn.status}`));
  const parts = [turn.asked ? make("p", { class: "asked" }, turn.asked) : null, facts];
  if (why && why.lines.length) {
    parts.push(make("h3", {}, "依据"), make("ul", { class: "lines" }, ...why.lines.map((line) => make("li", {}, line))));
  }
  if (why && why.nearest.length) parts.push(make("h3", {}, "最接近的条目"), nearest(why.nearest));
  parts.push(raw("推送原文", turn.raw_request), raw("应答原文", turn.raw_answer));
  shown.replaceChildren(...parts.filter(Boolean));
}
