// The progress of an action: read again when the server says that it moved, beside the
// page's heartbeat, which slows down when nobody touches the page.

const part = () => document.getElementById("action-live");
let source = null;

function read() {
  if (part()) htmx.trigger(part(), "moved");
}

function close() {
  source?.close();
  source = null;
}

function open() {
  const address = part()?.dataset.stream;
  if (source || !address || !window.EventSource || document.hidden) return;
  source = new EventSource(address);
  source.addEventListener("moved", read);
  source.addEventListener("ended", () => { close(); read(); });
  source.addEventListener("trouble", () => { delete part()?.dataset.stream; close(); });
  source.addEventListener("error", () => {
    if (source?.readyState === EventSource.CLOSED) close(); // the heartbeat is left
  });
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) close();
  else open();
});
addEventListener("pagehide", close);
open();
