"use strict";
// Everything is kept at once, by the server: the page only says what was wished, and loads anew what holds then.
const body = document.body, form = document.getElementById("decision"), said = document.getElementById("said");
const field = (id) => document.getElementById(id);
let busy = false;

function tell(words) {
  said.textContent = words;
  said.hidden = !words;
}

async function send(address, what) {
  if (busy) return false;
  busy = true;
  try {
    const answer = await fetch(address, {
      method: "POST", body: JSON.stringify(what),
      headers: { "Content-Type": "application/json", [body.dataset.csrfHeader]: body.dataset.csrf },
    });
    if (answer.ok) return true;
    const told = (answer.headers.get("Content-Type") || "").includes("json") ? (await answer.json()).said : await answer.text();
    tell(told);
  } catch (error) {
    tell("The application can't be reached: what you wrote stands here, and isn't kept yet.");
  } finally {
    busy = false;
  }
  return false;
}

const number = (text) => (text.trim() ? Number(text.trim().replace(",", ".")) : null);
// Of a group of several wordings those that are ticked.
const leftOut = () => new Set([...document.querySelectorAll("input.with:not(:checked)")].flatMap((box) => box.dataset.keys.split(" ").map(decodeURIComponent)));
const chosen = (pairs) => Object.fromEntries([...new URLSearchParams(pairs)].filter(([key]) => !leftOut().has(key)));
const versions = () => Object.fromEntries(Object.entries(chosen(form.dataset.versions)).map(([key, version]) => [key, Number(version)]));
const seen = () => ({
  problem: form.dataset.problem, check: form.dataset.check, most: Number(form.dataset.most), versions: versions(),
  submissions: chosen(form.dataset.submissions),
});
const applied = () => form.dataset.items.split(" ").filter(Boolean);

function wish(changes) {
  return {
    ...seen(), points: number(field("points").value), items: applied(),
    comment: field("comment").value, reason: field("reason").value, flagged: form.dataset.flagged === "1", ...changes,
  };
}

async function decide(changes, next) {
  const what = wish(changes);
  if (Number.isNaN(what.points)) return tell("Points are a number.");
  if (!Object.keys(what.versions).length) return tell("No answer is ticked.");
  const nothing = what.points === null && !what.items.length && !what.comment && !what.reason && !what.flagged;
  if (next && nothing && form.dataset.decided !== "1") return go("next"); // nothing was said, so nothing is kept
  if (await send(`/question/${form.dataset.number}/${form.dataset.action}`, what)) {
    forget();
    if (next) nextOpen(); else stay();
  }
}

// The same group again, which is no longer open, so that more can be said of it.
function stay() {
  const here = new URL(location.href);
  here.searchParams.set("key", Object.keys(versions())[0]);
  location.replace(here);
}

function nextOpen() {
  const here = new URL(location.href);
  if ((here.searchParams.get("see") || "open") === "open") { // what was decided is no longer in the list
    here.searchParams.delete("key");
    return location.replace(here);
  }
  const button = document.querySelector("[data-do=next]");
  if (button && button.dataset.go) location.assign(button.dataset.go); else location.reload();
}

function toggle(item) {
  const items = applied();
  decide({ points: null, items: items.includes(item) ? items.filter((other) => other !== item) : [...items, item] });
}

function make(old) {
  const dialog = field("making");
  field("item-text").value = old ? old.text : "";
  field("item-points").value = old ? old.points : "";
  field("item-remove").hidden = !old;
  dialog.onclose = async () => {
    if (!["keep", "remove"].includes(dialog.returnValue)) return;
    const what = {
      problem: form.dataset.problem, check: form.dataset.check, id: old ? old.item : "", version: old ? Number(old.version) : 0, text: field("item-text").value,
      points: number(field("item-points").value), removed: dialog.returnValue === "remove",
    };
    if (await send(`/question/${form.dataset.number}/item`, what)) stay();
  };
  dialog.returnValue = "";
  dialog.showModal();
}

// What was written and not yet kept outlives a page that is left or closed by mistake, in this tab and nowhere else.
const written = ["points", "comment", "reason"];
const draft = () => `draft ${form.dataset.problem} ${form.dataset.check} ${Object.keys(versions())[0]}`;
const forget = () => sessionStorage.removeItem(draft());
function remember() {
  sessionStorage.setItem(draft(), JSON.stringify(Object.fromEntries(written.map((id) => [id, field(id).value]))));
}
function recall() {
  const kept = JSON.parse(sessionStorage.getItem(draft()) || "null");
  if (!kept || written.every((id) => field(id).value === kept[id])) return;
  for (const id of written) field(id).value = kept[id];
  field("reason").closest("label").hidden &&= !kept.reason;
  tell("What you wrote here before stands in the fields again; it isn't kept yet.");
}

// Of the comments given before those that hold every word that is being written.
const MOST_EARLIER = 8;
function earlier() {
  const list = field("earlier"), words = field("comment").value.toLowerCase().split(/\s+/).filter(Boolean);
  if (!list) return;
  let shown = 0;
  for (const line of list.querySelectorAll("li")) {
    const said = line.textContent.toLowerCase();
    line.hidden = shown >= MOST_EARLIER || !words.every((word) => said.includes(word));
    shown += !line.hidden;
  }
  if (words.length) list.open = shown > 0;
}

const go = (name) => {
  const button = document.querySelector(`[data-do=${name}]`);
  if (button && button.dataset.go) location.assign(button.dataset.go);
};
const actions = {
  last: () => go("last"), next: () => go("next"), apart: () => go("apart"), near: () => go("near"),
  full: () => decide({ points: Number(form.dataset.most), items: [] }),
  zero: () => decide({ points: 0, items: [] }),
  flag: () => decide({ flagged: form.dataset.flagged !== "1" }),
  undo: async () => { if (await send(`/question/${form.dataset.number}/undo`, seen())) stay(); },
  item: () => make(null),
  blind: async () => { if (await send("/blind", {})) location.reload(); },
  help: () => {
    const help = field("help");
    help.hidden = !help.hidden;
    document.querySelector("[data-do=help]").setAttribute("aria-expanded", String(!help.hidden));
  },
};
const keys = { j: "next", k: "last", x: "apart", w: "near", f: "full", z: "zero", m: "flag", u: "undo", n: "item", b: "blind", "?": "help" };
const fields = { p: "points", c: "comment", r: "reason" };

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.do) actions[button.dataset.do]();
  else if (button.dataset.settle) settle(button);
  else if (button.className === "item") toggle(button.dataset.item);
  else if (button.className === "edit") make(button.dataset);
  else if (button.className === "before") { field("comment").value = button.textContent; remember(); field("comment").focus(); }
});
if (form) {
  form.addEventListener("submit", (event) => { event.preventDefault(); decide({}, true); });
  form.addEventListener("input", () => { remember(); earlier(); });
  recall();
}

// What the machine is to go by is kept like all else, and the machine judges again at once.
const settling = field("settling");
async function settle(button) {
  const held = settling.dataset, network = held.network ? JSON.parse(held.network) : null;
  const wished = {
    back: { network: null, trainings: 0 },
    network: { network: JSON.parse(button.dataset.network || "null"), trainings: 0 },
    more: { network, trainings: Number(held.trainings) + Number(button.dataset.more) },
  }[button.dataset.settle];
  const what = { key: held.key, submission: held.submission, version: Number(held.version), ...wished };
  if (await send(`/question/${held.number}/settle`, what)) stay();
}

const EVERY = 2000; // milliseconds
async function watch(before) {
  let told;
  try { told = await (await fetch("/again")).json(); } catch (error) { told = { state: "", said: "" }; }
  const shown = field("again");
  shown.textContent = told.said;
  shown.hidden = !told.state || (told.state === "ended" && before !== "running");
  if (told.state === "running") setTimeout(watch, EVERY, "running");
}
watch("");

for (const office of document.querySelectorAll("form[data-office]")) {
  office.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { question, version, ...what } = Object.fromEntries(new FormData(office));
    if (question !== undefined) Object.assign(what, { problem: question, check: office.elements.question.selectedOptions[0].dataset.check });
    if (version !== undefined) what.version = Number(version);
    if (await send(`/office/${office.dataset.office}`, what)) location.reload();
  });
}

function overQuestions(key) {
  const links = [...document.querySelectorAll("a.question")], at = links.indexOf(document.activeElement);
  if (key === "j") (links[at + 1] || links[0]).focus();
  if (key === "k") (links[at - 1] || links[links.length - 1]).focus();
}

document.addEventListener("keydown", (event) => {
  const writing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox";
  if (field("making") && field("making").open) return;
  if (writing) {
    if (event.key === "Escape") event.target.blur();
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); decide({}, true); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "h") return location.assign("/");
  if (!form) {
    if ("jk".includes(event.key)) overQuestions(event.key);
    if (keys[event.key] === "blind" || keys[event.key] === "help") actions[keys[event.key]]();
    if ("xwjk".includes(event.key)) go(keys[event.key]);
    return;
  }
  if (/^[1-9]$/.test(event.key)) {
    const item = document.querySelectorAll("button.item")[Number(event.key) - 1];
    if (item) toggle(item.dataset.item);
  } else if (keys[event.key]) { event.preventDefault(); actions[keys[event.key]](); }
  else if (fields[event.key]) {
    event.preventDefault();
    const wanted = field(fields[event.key]);
    wanted.closest("label").hidden = false;
    wanted.focus();
  } else if (event.key === "Enter" && !/^(BUTTON|A|SUMMARY)$/.test(event.target.tagName)) decide({}, true);
});
