// Opens the scoring page without signal. A cache holds one version whole: the page and every file that it names. Data
// are no business of this worker: the page keeps them sealed. What is posted or put is never touched.

const PAGE = '/phone';
const PREFIX = 'phone-';

/** Keeps a page with the files that it names, all or nothing, and drops the versions before it. */
async function keep(response) {
  const text = await response.clone().text();
  const version = /\/assets\/([0-9A-Za-z]+)\/phone\/app\.js/.exec(text)?.[1];
  if (!version) throw new Error('not the scoring page');
  const name = PREFIX + version;
  const cache = await caches.open(name);
  const addresses = [...new Set(text.match(/\/assets\/[0-9A-Za-z]+\/phone\/[a-z.]+/g))];
  const known = new Set((await cache.keys()).map((request) => new URL(request.url).pathname));
  await cache.addAll(addresses.filter((address) => !known.has(address)));
  await cache.put(PAGE, response);
  const others = (await caches.keys()).filter((other) => other.startsWith(PREFIX) && other !== name);
  await Promise.all(others.map((other) => caches.delete(other)));
}

const isPage = (response) => response.ok && !response.redirected && response.type === 'basic';

self.addEventListener('install', (event) => {
  const first = async () => {
    const response = await fetch(PAGE, { credentials: 'same-origin', redirect: 'manual', cache: 'no-store' });
    if (!isPage(response)) throw new Error('nobody is logged in');
    await keep(response);
    await self.skipWaiting();
  };
  event.waitUntil(first());
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

/** How long the page may take before the one that is kept is shown, in milliseconds: where the signal is bad, nothing comes,
 * and no word of it either. */
const PATIENCE = 4000;

const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** Whether the page was opened by itself or anew. Who comes from another page, the log-in before all, waits for the server:
 * the page that is kept may be somebody else's. */
const isOpened = ({ referrer }) => !referrer || new URL(referrer).pathname === PAGE;

const NOTHING_KEPT = `<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>评分</title>
<h1>现在没有信号</h1><p>本机还没有可以离线打开的评分页。请在有信号的地方登录并打开一次，之后没有信号也能评分。</p>`;

async function page(event) {
  const answer = fetch(event.request);
  event.waitUntil(answer.then((response) => isPage(response) && keep(response.clone())).catch(() => {}));
  try {
    const response = await (isOpened(event.request) ? Promise.race([answer, pause(PATIENCE)]) : answer);
    if (response && response.status < 500) return response;
    return (await caches.match(PAGE)) ?? (await answer);
  } catch {
    const kept = await caches.match(PAGE);
    return kept ?? new Response(NOTHING_KEPT, { status: 503, headers: { 'content-type': 'text/html; charset=utf-8' } });
  }
}

async function file(request) {
  return (await caches.match(request)) ?? fetch(request);
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (request.mode === 'navigate' && pathname === PAGE) event.respondWith(page(event));
  else if (pathname.startsWith('/assets/')) event.respondWith(file(request));
});
