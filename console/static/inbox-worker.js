// Keeps the inbox while there is no connection: the page as it was, its styles and scripts. Nothing else goes through here,
// and no answer is ever made up: what the page sends goes to the store's system, or waits on the page.
const KEEP = "shelfstream-inbox-1";
const scope = new URL(self.registration.scope).pathname;
const isPage = (url) => url.pathname === `${scope}alerts` || url.pathname.startsWith(`${scope}alerts/`);
const isPart = (url) => url.pathname.startsWith(`${scope}static/`) || url.pathname.startsWith(`${scope}_nicegui/`)
  || url.pathname.startsWith(`${scope}pictures/evidence/`);

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== KEEP) await caches.delete(name);
  await self.clients.claim();
})()));

const fromNetwork = async (request) => {
  const answer = await fetch(request);
  if (answer.ok && !answer.redirected) {
    const keep = await caches.open(KEEP);
    await keep.put(request, answer.clone());
    const kept = await keep.keys();
    for (const old of kept.slice(0, Math.max(0, kept.length - 300))) await keep.delete(old);
  }
  // Who is not signed in any more is shown nothing that was kept.
  if (answer.redirected || answer.status === 401 || answer.status === 403) await caches.delete(KEEP);
  return answer;
};

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || !(isPage(url) || isPart(url))) return;
  event.respondWith((async () => {
    try {
      return await fromNetwork(event.request);
    } catch (failure) {
      const kept = await caches.match(event.request) ?? (isPage(url) ? await caches.match(`${scope}alerts`) : undefined);
      if (kept) return kept;
      throw failure;
    }
  })());
});
