// Keeps ages true in the browser, so that they go on growing when the server is gone: an old picture is never
// shown as a live one. Ages count by the server's time as it was when the page came.
(() => {
  const told = document.querySelector('meta[name="server-time"]');
  const offsetMs = told ? Number(told.content) * 1000 - Date.now() : 0;
  const nowS = () => (Date.now() + offsetMs) / 1000;

  const words = (seconds) => {
    if (seconds < 60) return `${Math.floor(seconds)} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes} min`;
    const hours = Math.floor(minutes / 60);
    if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
    return `${Math.floor(hours / 24)} days`;
  };

  const tell = (element) => {
    const seconds = Math.max(0, nowS() - Number(element.dataset.since));
    const ago = element.dataset.form === "ago";
    const text = ago && seconds < 2 ? "just now" : words(seconds) + (ago ? " ago" : "");
    if (element.textContent !== text) element.textContent = text;
  };

  const judge = (element) => {
    const old = nowS() - Number(element.dataset.taken) > Number(element.dataset.oldAfter);
    element.toggleAttribute("data-old", old);
  };

  const all = () => {
    document.querySelectorAll("[data-since]").forEach(tell);
    document.querySelectorAll("[data-old-after]").forEach(judge);
  };

  setInterval(all, 1000);
  new MutationObserver((changes) => {
    if (changes.some((change) => change.addedNodes.length)) all();
  }).observe(document.documentElement, { childList: true, subtree: true });
  all();
})();
