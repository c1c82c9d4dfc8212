// The inbox: shows what is open, sends answers, and keeps both while there is no connection. An answer is written down on
// this device before it is sent and struck out once the store's system has it; the same answer twice is one answer there.
(() => {
  const QUEUE = "shelfstream-answers";
  const KEPT = "shelfstream-inbox";
  const SOUND = "shelfstream-sound";
  const EVERY_MS = 1000;
  const RETRY_MS = 3000;
  const past = {
    acknowledged: "Taken", handed_over: "Handed over", refilled: "Refilled", not_empty: "Not empty",
    no_stock_in_back: "No stock in the back", wrong_product: "Another product stood there",
    plan_is_wrong: "The plan is wrong", discontinued: "No longer sold", later: "Put off",
  };
  const at = (id) => document.getElementById(id);
  const base = new URL(document.querySelector("base").href);
  const store = new URLSearchParams(location.search).get("store") || "";
  const keptKey = `${KEPT}:${store}`;
  let tag = "";
  let asked = "";
  let lostAt = null;
  let known = new Set();

  const read = (key, otherwise) => {
    try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; }
  };
  const write = (key, value) => {
    try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* full: the page goes on without */ }
  };
  const queue = () => read(QUEUE, []);

  const toast = (text, cls = "") => {
    const element = document.createElement("p");
    element.textContent = text;
    element.className = cls;
    at("toasts").append(element);
    setTimeout(() => element.remove(), 5000);
  };

  // Marks what waits on this device for its way.
  const mark = () => {
    const waiting = queue();
    document.querySelectorAll("[data-alert]").forEach((card) => {
      const mine = waiting.filter((each) => each.alert_id === card.dataset.alert);
      card.querySelectorAll("[data-answer]").forEach((button) => {
        if (mine.some((each) => each.kind === button.dataset.answer)) button.disabled = true;
      });
      const late = mine.filter((each) => each.told);
      let line = card.querySelector(".kept");
      if (!late.length) {
        line?.remove();
        return;
      }
      if (!line) {
        line = document.createElement("p");
        line.className = "status kept";
        card.querySelector("footer")?.before(line);
      }
      const told = late.map((each) => past[each.kind] ?? each.kind).join(", ");
      line.textContent = `${told}: kept on this device until it can be sent`;
    });
  };

  const showCards = (cards) => {
    const holder = at("cards");
    const there = new Map([...holder.children].map((element) => [element.dataset.key, element]));
    cards.forEach(([key, markup], place) => {
      let element = there.get(key);
      if (!element) {
        element = document.createElement("div");
        element.className = "alertholder";
        element.dataset.key = key;
      }
      there.delete(key);
      if (element.shown !== markup) {
        element.shown = markup;
        element.innerHTML = markup;
      }
      if (holder.children[place] !== element) holder.insertBefore(element, holder.children[place] ?? null);
    });
    there.forEach((element) => element.remove());
  };

  const show = (parts) => {
    for (const name of ["nav", "stores", "troubles", "head", "nothing", "held", "closed"]) {
      const element = at(name);
      if (element.shown !== parts[name]) {
        element.shown = parts[name];
        element.innerHTML = parts[name];
      }
    }
    showCards(parts.cards);
    const ids = parts.cards.map(([key]) => key);
    if (known.size && ids.some((id) => !known.has(id) && !id.includes("/"))) ring();
    known = new Set(ids);
    navigator.setAppBadge?.(parts.open_count).catch(() => {});
    mark();
  };

  const lost = (isLost) => {
    if (isLost && lostAt === null) lostAt = new Date();
    if (!isLost) lostAt = null;
    const time = lostAt?.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const told = isLost ? `No connection since ${time}: this is what was known then. Answers are kept and sent later.` : "";
    const element = at("lost");
    if (element.dataset.told === told) return;
    element.dataset.told = told;
    element.replaceChildren();
    if (told) {
      const line = document.createElement("p");
      line.textContent = told;
      element.append(line);
    }
  };

  const away = () => { location.href = new URL(`signin?next=${encodeURIComponent("alerts" + location.search)}`, base); };

  const look = async () => {
    try {
      const address = new URL(`inbox/now?store=${encodeURIComponent(store)}`, base);
      const answer = await fetch(address, { headers: tag ? { "If-None-Match": tag } : {}, signal: AbortSignal.timeout(8000) });
      if (answer.status === 401) return away();
      if (answer.status === 304) return lost(false);
      if (!answer.ok) throw new Error(answer.status);
      tag = answer.headers.get("ETag") ?? "";
      const parts = await answer.json();
      lost(false);
      write(keptKey, parts);
      show(parts);
    } catch {
      // A page that was opened without a connection is as old as the worker's copy; what was shown last is newer.
      const kept = lostAt === null && !tag ? read(keptKey, null) : null;
      if (kept) show(kept);
      lost(true);
    }
  };

  // One after the other, in the order in which they were given; what the bus has is struck out.
  let sending = false;
  const send = async () => {
    if (sending) return;
    sending = true;
    try {
      for (let next = queue()[0]; next; next = queue()[0]) {
        const answer = await fetch(new URL("api/answers", base), {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ alert_id: next.alert_id, kind: next.kind }),
          signal: AbortSignal.timeout(20000),
        });
        if (answer.status === 401) return away();
        if (answer.status >= 500) throw new Error(answer.status);
        write(QUEUE, queue().filter((each) => each.id !== next.id));
        await tell(answer);
        tag = "";
      }
    } catch {
      if (queue().some((each) => !each.told)) {
        write(QUEUE, queue().map((each) => ({ ...each, told: true })));
        toast("Not sent yet: it is kept on this device and sent as soon as that is possible.", "bad");
      }
      setTimeout(send, RETRY_MS);
    } finally {
      sending = false;
      mark();
    }
    look();
  };

  const tell = async (answer) => {
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) return toast(said.repeated ? "That was answered before." : "Thank you, sent.", "good");
    toast(said.error ?? "That could not be taken.", "bad");
  };

  const give = (alertId, kind) => {
    const given = queue();
    if (!given.some((each) => each.alert_id === alertId && each.kind === kind)) {
      write(QUEUE, [...given, { id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, alert_id: alertId, kind }]);
    }
    mark();
    send();
  };

  const openMenu = (alertId) => {
    asked = alertId;
    at("asked").textContent = document.querySelector(`[data-alert="${CSS.escape(alertId)}"] h3`)?.firstChild?.textContent ?? "";
    at("menu").showModal();
  };

  const turnTheme = () => {
    const dark = !document.body.classList.contains("body--dark");
    document.body.classList.toggle("body--dark", dark);
    document.body.classList.toggle("body--light", !dark);
    document.cookie = `theme=${dark ? "dark" : "light"};path=/;max-age=31536000;samesite=strict`;
  };

  let audio = null;
  const ring = () => {
    if (read(SOUND, false) !== true) return;
    audio ??= new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.setValueAtTime(0.15, audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.5);
    tone.frequency.value = 660;
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.5);
  };
  const showSound = () => {
    const on = read(SOUND, false) === true;
    const button = document.querySelector('[data-more="sound"]');
    button.setAttribute("aria-pressed", String(on));
    button.querySelector("i").textContent = on ? "notifications_active" : "notifications_off";
  };
  const turnSound = () => {
    write(SOUND, read(SOUND, false) !== true);
    showSound();
    ring();
  };

  document.addEventListener("click", (event) => {
    const tapped = event.target.closest("[data-answer],[data-more],[data-aisle]");
    if (!tapped || tapped.disabled) return;
    const { answer, more, aisle } = tapped.dataset;
    if (aisle !== undefined) {
      const free = [...document.querySelectorAll("[data-free]")].filter((card) => card.dataset.free === aisle);
      free.forEach((card) => give(card.dataset.alert, "acknowledged"));
    } else if (answer !== undefined) {
      const card = tapped.closest("[data-alert]");
      at("menu").close();
      give(card ? card.dataset.alert : asked, answer);
    } else if (more === "close") at("menu").close();
    else if (more === "theme") turnTheme();
    else if (more === "sound") turnSound();
    else openMenu(more);
  });

  if (!document.body.className && matchMedia("(prefers-color-scheme: dark)").matches) document.body.classList.add("body--dark");
  navigator.serviceWorker?.register(new URL("inbox-worker.js", base), { scope: base.pathname }).catch(() => {});
  document.querySelectorAll("#cards > [data-key]").forEach((element) => known.add(element.dataset.key));
  document.querySelector(".signout form")?.addEventListener("submit", () => {
    Object.keys(localStorage).filter((key) => key.startsWith(KEPT)).forEach((key) => localStorage.removeItem(key));
    globalThis.caches?.keys().then((names) => names.forEach((name) => caches.delete(name)));
  });
  const pointed = document.body.dataset.pointed;
  if (pointed) {
    const card = document.querySelector(`[data-key="${CSS.escape(pointed)}"]`);
    card?.classList.add("pointed");
    card?.scrollIntoView();
  }
  showSound();
  mark();
  if (queue().length) send();
  setInterval(look, EVERY_MS);
  look();
})();
