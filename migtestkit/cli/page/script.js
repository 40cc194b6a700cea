(function () {
  "use strict";
  var items = Array.prototype.slice.call(document.querySelectorAll("#revisions li"));
  var filter = document.getElementById("filter");
  var only = document.getElementById("only");
  var count = document.getElementById("count");
  var bars = {};
  document.querySelectorAll(".timeline a").forEach(function (bar) {
    bars[bar.getAttribute("href")] = bar;
  });
  document.documentElement.classList.add("script");
  var chosen = null;

  // What a search looks at: the row, and all that is known of the revision.
  var texts = items.map(function (item) {
    var article = document.getElementById(item.dataset.article);
    return (item.textContent + " " + article.textContent).toLowerCase();
  });

  function mark(item, on) {
    item.classList.toggle("chosen", on);
    var link = item.querySelector("a");
    if (on) { link.setAttribute("aria-current", "true"); } else { link.removeAttribute("aria-current"); }
    document.getElementById(item.dataset.article).classList.toggle("chosen", on);
    var bar = bars["#" + item.dataset.article];
    if (bar) { bar.classList.toggle("chosen", on); }
  }

  function choose(item, move) {
    if (!item) { return; }
    if (chosen) { mark(chosen, false); }
    chosen = item;
    mark(item, true);
    document.querySelector(".revision").scrollTop = 0;
    item.scrollIntoView({ block: "nearest" });
    if (move) { item.querySelector("a").focus({ preventScroll: true }); }
    history.replaceState(null, "", "#" + item.dataset.article);
  }

  function shown() { return items.filter(function (item) { return !item.hidden; }); }

  function step(by, test) {
    var list = shown();
    var at = list.indexOf(chosen);
    for (at = at < 0 && by < 0 ? list.length : at, at += by; at >= 0 && at < list.length; at += by) {
      if (!test || test(list[at])) { choose(list[at], true); return; }
    }
  }

  function hasFinding(item) { return item.classList.contains("failed"); }

  function narrow() {
    var words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    items.forEach(function (item, at) {
      var fits = words.every(function (word) { return texts[at].indexOf(word) >= 0; });
      item.hidden = !fits || (only.checked && !hasFinding(item));
    });
    var left = shown();
    count.textContent = left.length + " of " + items.length;
    if (chosen && chosen.hidden) { choose(left[0], false); }
  }

  items.forEach(function (item) {
    item.querySelector("a").addEventListener("click", function (event) {
      event.preventDefault();
      choose(item, true);
    });
  });
  window.addEventListener("hashchange", byHash);
  filter.addEventListener("input", narrow);
  only.addEventListener("change", narrow);
  filter.form.addEventListener("submit", function (event) { event.preventDefault(); step(1); });

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    var typing = event.target === filter;
    if (event.key === "Escape") {
      filter.value = ""; only.checked = false; narrow();
      if (chosen) { choose(chosen, true); }
      return;
    }
    if (event.key === "ArrowDown") { step(1); }
    else if (event.key === "ArrowUp") { step(-1); }
    else if (typing) { return; }
    else if (event.key === "j") { step(1); }
    else if (event.key === "k") { step(-1); }
    else if (event.key === "n") { step(1, hasFinding); }
    else if (event.key === "p") { step(-1, hasFinding); }
    else if (event.key === "/") { filter.focus(); }
    else { return; }
    event.preventDefault();
  });

  function byHash() {
    var name = decodeURIComponent(location.hash.slice(1));
    var found = items.filter(function (item) { return item.dataset.article === name; })[0];
    if (found) { choose(found, false); }
    return Boolean(found);
  }
  if (!byHash()) { choose(items.filter(hasFinding)[0] || items[0], false); }
}());
