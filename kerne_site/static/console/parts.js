// Small manners: sheets, copy buttons, one submit per form, ages that grow, log tails.

const sheet = document.getElementById("sheet");
const sheetBody = document.getElementById("sheet-body");

const SHEET_MILLISECONDS = 8_000; // then the link is followed as a link

// A link with data-sheet opens its page's confirmation here; without us it is a page.
async function openSheet(link) {
  const answer = await fetch(link.href, {
    credentials: "same-origin", signal: AbortSignal.timeout(SHEET_MILLISECONDS),
  });
  if (!answer.ok || answer.redirected) throw new Error(`HTTP ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const content = page.querySelector("[data-sheet-content]");
  if (!content) throw new Error("no confirmation in the page");
  sheetBody.replaceChildren(document.adoptNode(content));
  sheet.showModal();
}

// The clipboard of the browser exists only under TLS and on this machine; elsewhere an
// old way is left, by a field that nobody sees.
async function put(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
  field.className = "visually-hidden";
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("the browser does not let us");
  return undefined;
}

function copied(button) {
  const text = button.dataset.copyText ?? document.querySelector(button.dataset.copy).innerText;
  const said = button.dataset.copyText ? null : button.querySelector("[data-said]") ?? button;
  const before = said?.textContent;
  const say = (word) => {
    button.dataset.copied = word;
    if (said) said.textContent = word;
    setTimeout(() => {
      delete button.dataset.copied;
      if (said) said.textContent = before;
    }, 1500);
  };
  put(text).then(() => say("Copied"), () => say("Not copied"));
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open)?.showModal();

  const link = event.target.closest("a[data-sheet]");
  if (link && sheet && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    if (link.ariaBusy === "true") return; // asked already: a double click opens one sheet
    link.ariaBusy = "true";
    openSheet(link)
      .catch(() => { location.href = link.href; })
      .finally(() => { link.ariaBusy = null; });
  }
  if (event.target.closest("#sheet [data-cancel]")) {
    event.preventDefault();
    sheet.close();
  }
  const copy = event.target.closest("[data-copy], [data-copy-text]");
  if (copy) copied(copy);

  // A chip's box closes when the click goes elsewhere.
  for (const open of document.querySelectorAll("details.prov[open], details.more[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.prov[open], details.more[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-once]")) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});

// Back brings a page as it was left: its forms may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});

// What can be taken back is offered for ten seconds, longer while somebody points at it
// or has its button in focus.
for (const toast of document.querySelectorAll(".message[data-fades]")) {
  const go = () => {
    if (toast.matches(":hover, :focus-within")) setTimeout(go, 2_000);
    else toast.remove();
  };
  setTimeout(go, 10_000);
}

// Ages. The server wrote the first words; these keep them true between two readings.
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function relative(seconds) {
  const size = Math.abs(seconds);
  if (size < 1) return "now";
  const [unit, word] = UNITS.find(([least]) => size >= least);
  const text = `${Math.floor(size / unit)} ${word}`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    time.textContent = relative((Date.now() - Date.parse(time.dateTime)) / 1000);
  }
}, 1000);

document.addEventListener("pointerover", (event) => {
  const time = event.target.closest?.("time");
  if (!time || time.dataset.local) return;
  time.dataset.local = "yes";
  time.title += `\nHere: ${new Date(time.dateTime).toLocaleString()}`;
});

// Fields that count only for a choice: data-when="name=value" in a form, for any of
// several: "name=value,other", for two choices at once: "name=value&other=value".
function showChosen(form) {
  const chosen = new FormData(form);
  const holds = (condition) => {
    const [name, values] = condition.split("=");
    return values.split(",").includes(chosen.get(name));
  };
  for (const part of form.querySelectorAll("[data-when]")) {
    part.hidden = !part.dataset.when.split("&").every(holds);
  }
}
for (const form of document.querySelectorAll("form:has([data-when])")) {
  showChosen(form);
  form.addEventListener("change", () => showChosen(form));
}

// A fresh form proposes the browser's own time zone: data-propose-zone="field's name".
for (const form of document.querySelectorAll("form[data-propose-zone]")) {
  const field = form.elements[form.dataset.proposeZone];
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (field && here) field.value = here;
}

// The browser's own zone, offered to a field that keeps another: data-browser-zone="id".
for (const offer of document.querySelectorAll("[data-browser-zone]")) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const button = offer.querySelector("button");
  button.textContent = here;
  button.addEventListener("click", () => {
    document.getElementById(offer.dataset.browserZone).value = here;
  });
  offer.hidden = !here;
}

// What somebody folded or opened stays so in this browser: details[data-remember] with an
// id. Until then it is folded on a small screen, where what it says would hide the figures.
const small = matchMedia("(max-width: 720px)");
document.body.addEventListener("htmx:afterSettle", (event) => {
  for (const box of event.target.querySelectorAll?.("details[data-remember]") ?? []) {
    const kept = localStorage.getItem(`kerne-open-${box.id}`);
    box.open = kept ? kept === "yes" : !small.matches;
    box.querySelector("summary").addEventListener("click", () => {
      localStorage.setItem(`kerne-open-${box.id}`, box.open ? "no" : "yes"); // not turned yet
    });
  }
});
