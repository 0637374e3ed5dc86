// Small helps; every page works without them.
"use strict";

// Say once what is wrong, where the eye is.
document.getElementById("problems")?.focus();

// On a phone the list of sections scrolls: the present one is in sight.
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Ask before what can't be undone.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});

// Leaving a page with unsaved text asks first.
let changed = false;
document.addEventListener("input", (event) => {
  if (event.target.closest("form[data-keep]")) changed = true;
});
document.addEventListener("submit", () => { changed = false; });
window.addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});

// A session that has ended shows the door instead of half a page.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.responseURL.includes("/console/login")) {
    event.detail.shouldSwap = false;
    window.location.reload();
  }
  if (event.detail.xhr.status === 422) event.detail.shouldSwap = true;
});
